"""Small widgets that the panels share: labels by role, buttons that trigger actions, key badges."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFocusEvent, QIcon, QKeyEvent, QPainter, QPainterPath, QPen, QPixmap
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QLineEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_t12_bodycomp.gui import theme
from napari_t12_bodycomp.gui.actions import Actions
from napari_t12_bodycomp.gui.format import key_words


def label(text: str = "", role: str = "", wrap: bool = False, tip: str = "") -> QLabel:
    """A plain-text label; `role` picks its look from the theme."""
    widget = QLabel(text)
    widget.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        widget.setProperty("role", role)
    if wrap:
        widget.setWordWrap(True)
        widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        widget.setMinimumWidth(1)
    widget.setToolTip(tip)
    return widget


def set_text(widget: QLabel, text: str, hide_empty: bool = False) -> None:
    """Show `text` where it is new; an empty label may hide itself."""
    if widget.text() != text:
        widget.setText(text)
    if hide_empty and widget.isHidden() == bool(text):
        widget.setHidden(not text)


def set_look(widget: QWidget, name: str, value: str) -> None:
    """Set the dynamic property `name` that the style sheet asks for, and restyle where it is new."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def button(text: str, tip: str, function: Callable[[], object] | None = None) -> QPushButton:
    """A button that calls `function`; keys reach it by Tab alone."""
    made = QPushButton(text)
    made.setToolTip(tip)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    if function is not None:
        made.clicked.connect(lambda _=False: function())
    return made


def line() -> QFrame:
    """A hair line."""
    frame = QFrame()
    frame.setProperty("role", "line")
    frame.setFixedHeight(1)
    return frame


def column(*items: QWidget | QLayout, gap: int = theme.GAP, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QVBoxLayout:
    """A column of widgets and layouts."""
    layout = QVBoxLayout()
    _fill(layout, items, gap, margins)
    return layout


def row(*items: QWidget | QLayout | None, gap: int = theme.GAP) -> QHBoxLayout:
    """A row of widgets and layouts; None stands for a stretch."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(gap)
    for item in items:
        if item is None:
            layout.addStretch(1)
        elif isinstance(item, QLayout):
            layout.addLayout(item)
        else:
            layout.addWidget(item)
    return layout


def _fill(layout: QVBoxLayout, items: Iterable[QWidget | QLayout], gap: int, margins: tuple[int, int, int, int]) -> None:
    layout.setContentsMargins(*margins)
    layout.setSpacing(gap)
    for item in items:
        if isinstance(item, QLayout):
            layout.addLayout(item)
        else:
            layout.addWidget(item)


class ActionButton(QPushButton):
    """A button that triggers one action and shows its text, its sentence and, on request, its key.

    `key_of` names an action whose key does the same for the time being.
    """

    def __init__(self, actions: Actions, action_id: str, text: str = "", show_key: bool = False, role: str = "", key_of: str = "") -> None:
        super().__init__()
        self._actions, self._fixed_text, self._show_key, self._key_of = actions, text, show_key, key_of
        self.action_id = action_id
        self._badge: QLabel | None = None
        if role:
            self.setProperty("role", role)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._on_clicked)
        actions.key_changed.connect(self._on_key_changed)
        self.set_action(action_id, text)

    def set_action(self, action_id: str, text: str = "") -> None:
        """Trigger another action from now on."""
        self.action_id, self._fixed_text = action_id, text
        self._redraw()

    def nextCheckState(self) -> None:  # noqa: N802 - Qt's name
        """A click asks; only the state that follows marks the button."""

    def _on_clicked(self) -> None:
        self._actions.trigger(self.action_id)

    def _on_key_changed(self, action_id: str) -> None:
        if action_id in (self.action_id, self._key_of):
            self._redraw()

    def _redraw(self) -> None:
        action = self._actions[self.action_id]
        text = self._fixed_text or action.text
        if self.text() != text:
            self.setText(text)
        key = self._actions.key(self._key_of or self.action_id)
        self.setToolTip(f"{action.tip} ({key})" if self._key_of and key else self._actions.tooltip(self.action_id))
        if self._show_key:
            self._set_badge(key_words(key))

    def _set_badge(self, key: str) -> None:
        if self._badge is None:
            self._badge = label(key, "key")
            self._badge.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            layout = QHBoxLayout(self)
            layout.setContentsMargins(0, 0, 8, 0)
            layout.addStretch(1)
            layout.addWidget(self._badge, 0, Qt.AlignmentFlag.AlignVCenter)
        set_text(self._badge, key, hide_empty=True)
        self.updateGeometry()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        size = super().sizeHint()
        if self._badge is not None and not self._badge.isHidden():
            size.setWidth(size.width() + 2 * self._badge.sizeHint().width() + 10)
        return size

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return self.sizeHint()


class Field(QLineEdit):
    """A field that hands on what was typed on Enter, Tab or a click elsewhere, and takes it back on Escape.

    Enter stays in the field: the window has an Enter of its own.
    """

    entered = Signal(str)

    def __init__(self, tip: str, width: int = 0) -> None:
        super().__init__()
        self._shown = ""
        self.setToolTip(tip)
        if width:
            self.setFixedWidth(width)
            self.setAlignment(Qt.AlignmentFlag.AlignRight)

    def show_value(self, text: str) -> None:
        """Show the accepted value."""
        self._shown = text
        if self.text() != text:
            self.setText(text)
        set_look(self, "bad", "false")

    def refuse(self) -> None:
        """Mark what stands there as refused."""
        set_look(self, "bad", "true")

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            unchanged = self.text() == self._shown
            self.hand_on()
            if unchanged:
                self.clearFocus()
            event.accept()
        elif event.key() == Qt.Key.Key_Escape:
            self.show_value(self._shown)
            self.clearFocus()
            event.accept()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        super().focusOutEvent(event)
        self.hand_on()

    def hand_on(self) -> None:
        """Emit what was typed, where it differs from what was accepted."""
        if self.text() != self._shown:
            self.entered.emit(self.text())


class CardButton(QPushButton):
    """A button that holds lines of text and grows with them."""

    def __init__(self, *lines: QLabel) -> None:
        super().__init__()
        self.setProperty("role", "candidate")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        for one in lines:
            one.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._inside = column(*lines, gap=2, margins=(9, 6, 9, 6))
        self._inside.addStretch(1)
        self.setLayout(self._inside)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def nextCheckState(self) -> None:  # noqa: N802 - Qt's name
        """A click asks; only the state that follows marks the button."""

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        return self._inside.heightForWidth(width)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(100, self._inside.heightForWidth(max(100, self.width())))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(60, 0)


def dot_icon(colour: str) -> QIcon:
    """A small square in a region's colour."""
    pixmap = QPixmap(20, 20)
    pixmap.fill(QColor(0, 0, 0, 0))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawRoundedRect(QRectF(1, 1, 18, 18), 4, 4)
    painter.end()
    return QIcon(pixmap)


def lock_icon(closed: bool, colour: str) -> QIcon:
    """A padlock, open or closed."""
    pixmap = QPixmap(32, 32)
    pixmap.fill(QColor(0, 0, 0, 0))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colour), 3))
    bow = QPainterPath(QPointF(10, 15))
    bow.lineTo(10, 10)
    bow.arcTo(QRectF(10, 4, 12, 12), 180, -180)
    bow.lineTo(22, 15 if closed else 11)
    painter.drawPath(bow)
    if closed:
        painter.setBrush(QColor(colour))
    painter.drawRoundedRect(QRectF(7, 15, 18, 13), 2, 2)
    painter.end()
    return QIcon(pixmap)
