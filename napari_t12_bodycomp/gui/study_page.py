"""The study over the picture: sign in, make a study, or the worklist. The same key shows and hides it."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QSettings, Qt
from qtpy.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from napari_t12_bodycomp.gui import theme, widgets
from napari_t12_bodycomp.gui.actions import Actions
from napari_t12_bodycomp.gui.sending import Sending
from napari_t12_bodycomp.gui.study_flow import StudyFlow
from napari_t12_bodycomp.gui.study_forms import AccountForm, CreateForm, Form, ReadTwiceForm, SignInForm
from napari_t12_bodycomp.gui.worklist_page import WorklistPage
from napari_t12_bodycomp.workflow.seat import Seat, SeatState


class StudyPage(QWidget):
    """Covers `picture` while it is shown."""

    def __init__(self, picture: QWidget, seat: Seat, study: StudyFlow, actions: Actions, settings: QSettings, sending: Sending) -> None:
        super().__init__(picture)
        self._picture, self._seat = picture, seat
        self.setObjectName("t12study")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(theme.stylesheet())
        self.sign_in, self.create = SignInForm(study, settings), CreateForm(study, settings)
        self.account = AccountForm(study, lambda: self._show(self.worklist))
        self.twice = ReadTwiceForm(study, lambda: self._show(self.worklist))
        self.worklist = WorklistPage(
            seat, study, actions, sending, lambda: self._show(self._account_page), lambda: self._show(self._twice_page)
        )
        self.stack = QStackedWidget()
        self._sign_in_page, self._create_page = _centred(self.sign_in), _centred(self.create)
        self._account_page, self._twice_page = _centred(self.account), _centred(self.twice)
        self._forms: dict[QWidget, Form] = {
            self._sign_in_page: self.sign_in,
            self._create_page: self.create,
            self._account_page: self.account,
            self._twice_page: self.twice,
        }
        for page in (self._sign_in_page, self._create_page, self._account_page, self._twice_page, self.worklist):
            self.stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)
        self.sign_in.make.clicked.connect(lambda: self._show(self._create_page))
        self.create.back.clicked.connect(lambda: self._show(self._sign_in_page))
        self.account.back.clicked.connect(lambda: self._show(self.worklist))
        self.twice.back.clicked.connect(lambda: self._show(self.worklist))
        seat.changed.connect(self._on_seat)
        picture.installEventFilter(self)
        self.hide()

    def toggle(self) -> None:
        """Show or hide the page."""
        if self.isVisible():
            self.dismiss()
        else:
            self.appear()

    def appear(self) -> None:
        """Cover the picture."""
        self.setGeometry(self._picture.rect())
        self._show(self.worklist if self._seat.state.is_signed_in else self._sign_in_page)
        self.show()
        self.raise_()
        self._focus()

    def dismiss(self) -> None:
        """Show the picture again."""
        self.hide()

    def close_for_good(self) -> None:
        """Leave the picture as it was."""
        self._picture.removeEventFilter(self)
        self._seat.changed.disconnect(self._on_seat)
        self.hide()
        self.deleteLater()

    def _show(self, page: QWidget) -> None:
        self.stack.setCurrentWidget(page)
        self._focus()

    def _focus(self) -> None:
        if self.stack.currentWidget() is self.worklist:
            self.worklist.table.setFocus()
        else:
            self._forms[self.stack.currentWidget()].focus()

    def _on_seat(self, old: SeatState, new: SeatState) -> None:
        if old.is_signed_in != new.is_signed_in:
            self._show(self.worklist if new.is_signed_in else self._sign_in_page)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        if event is not None and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._picture.rect())
        return False


def _centred(form: Form) -> QWidget:
    page = QWidget()
    layout = widgets.column(widgets.row(None, form, None))
    layout.insertStretch(0, 2)
    layout.addStretch(3)
    page.setLayout(layout)
    return page
