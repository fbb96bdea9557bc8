"""Comments on the picture: a numbered pin at each point, what it says under the mouse, and a line to type a new one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from napari import Viewer
from psygnal import Signal
from qtpy.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QToolTip, QWidget

from napari_t12_bodycomp.gui import layers, theme
from napari_t12_bodycomp.gui.canvas_view import CanvasView
from napari_t12_bodycomp.gui.review_words import comment_line, slice_of
from napari_t12_bodycomp.gui.send_line import SendLine
from napari_t12_bodycomp.workflow.seat import OpenCase, Seat
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import SessionState

RADIUS = 9.0
FIELD_WIDTH = 260
INK, PAPER = QColor("#101216"), QColor("#ffffff")
"""Black and white: no tissue's colours, and the same to every eye."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A comment at a point (row, column in pixels) of a slice; `is_current` where it is about the version on screen."""

    number: int
    slice_index: int
    row: float
    column: float
    is_current: bool
    words: str


def pins_of(opened: OpenCase | None) -> tuple[Pin, ...]:
    """The comments of a case that have a point, numbered as in its list."""
    found = []
    for number, comment in enumerate(() if opened is None else opened.comments, 1):
        where = None if opened is None else slice_of(comment, opened)
        if opened is not None and where is not None and comment.row is not None and comment.column is not None:
            words = comment_line(number, comment, opened)
            found.append(Pin(number, where, comment.row, comment.column, comment.version == opened.base, words))
    return tuple(found)


class CanvasPins(QWidget):
    """Paints pins over the canvas and takes no mouse; `typed` gives a comment with its point."""

    typed = Signal(str, tuple)

    def __init__(self, viewer: Viewer, view: CanvasView, session: Session, seat: Seat) -> None:
        super().__init__(view.native)
        self._viewer, self._view, self._session, self._seat = viewer, view, session, seat
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.pins: tuple[Pin, ...] = ()
        self.picked = 0
        self._mouse: QPointF | None = None
        self._point: tuple[float, float] = (0.0, 0.0)
        self.field = SendLine("comment, then Enter", "Enter pins the comment here, Escape gives it up")
        self.field.setParent(view.native)
        self.field.setStyleSheet(theme.stylesheet())
        self.field.setFixedWidth(FIELD_WIDTH)
        self.field.hide()
        self.field.sent.connect(self._on_typed)
        self.field.given_up.connect(self._put_away)
        view.native.installEventFilter(self)
        session.changed.connect(self._on_session)
        seat.changed.connect(self._on_seat)
        for event in (viewer.scene.camera.events.zoom, viewer.scene.camera.events.center):
            event.connect(self._on_camera)
        self._fill()
        self.show()

    def close_for_good(self) -> None:
        """Let go of the canvas."""
        self._session.changed.disconnect(self._on_session)
        self._seat.changed.disconnect(self._on_seat)
        for event in (self._viewer.scene.camera.events.zoom, self._viewer.scene.camera.events.center):
            event.disconnect(self._on_camera)
        with suppress(RuntimeError):  # Qt has deleted the canvas meanwhile, with all that lay on it
            self._view.native.removeEventFilter(self)
            for widget in (self.field, self):
                widget.hide()
                widget.deleteLater()

    # -- where -------------------------------------------------------------------------------------------------------------------------

    def _place(self) -> tuple[tuple[float, float], tuple[float, float]]:
        volume = self._session.state.volume
        assert volume is not None
        grid = layers.grid(volume)
        return grid["scale"][1:], grid["translate"][1:]

    def at(self, row: float, column: float) -> QPointF:
        """Where a pixel of the slice lies on the canvas."""
        scale, origin = self._place()
        return self._view.to_screen(row * scale[0] + origin[0], column * scale[1] + origin[1])

    def _pixel(self, point: QPointF) -> tuple[float, float]:
        scale, origin = self._place()
        y, x = self._view.to_world(point)
        return (y - origin[0]) / scale[0], (x - origin[1]) / scale[1]

    def shown(self) -> tuple[Pin, ...]:
        """The pins that are on screen now."""
        state = self._session.state
        if state.volume is None or state.tools.hidden:
            return ()
        return tuple(pin for pin in self.pins if pin.slice_index == state.view_index)

    # -- a new comment -----------------------------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Open a line at the point under the mouse."""
        state, opened = self._session.state, self._seat.state.opened
        if opened is None or state.volume is None:
            self._session.tell("Comments belong to a case of a study: sign in and choose one from the worklist.")
            return
        if opened.base is None or state.level is None:
            self._session.tell("A comment belongs to a saved drawing, none is there yet: save first.")
            return
        drawn_on = next(v.slice_index for v in opened.versions if v.number == opened.base)
        if state.view_index != drawn_on:
            self._session.tell(f"A comment is pinned on the slice that was drawn on, which is slice {drawn_on + 1}: press L to go there.")
            return
        row, column = (-1.0, -1.0) if self._mouse is None else self._pixel(self._mouse)
        rows, columns = state.volume.shape[1:]
        if self._mouse is None or not (0 <= row < rows and 0 <= column < columns):
            self._session.tell("Point at the place in the picture, then press C.")
            return
        self._point = (round(row, 1), round(column, 1))
        spot = self._mouse + QPointF(RADIUS + 4, -self.field.sizeHint().height() / 2)
        free = self._view.native.rect().adjusted(4, 4, -FIELD_WIDTH - 4, -self.field.sizeHint().height() - 4)
        self.field.move(round(min(max(spot.x(), free.left()), free.right())), round(min(max(spot.y(), free.top()), free.bottom())))
        self.field.clear()
        self.field.show()
        self.field.raise_()
        self.field.setFocus()
        self.update()

    def _on_typed(self, text: str) -> None:
        point = self._point
        self._put_away()
        if text.strip():
            self.typed.emit(text, point)

    def _put_away(self) -> None:
        self.field.hide()
        self.focus_picture()
        self.update()

    def focus_picture(self) -> None:
        """Let the picture take the keys again."""
        self._view.native.setFocus()

    def pick(self, number: int) -> None:
        """Mark a pin, and bring it into the picture where it lies outside."""
        self.picked = number
        pin = next((p for p in self.pins if p.number == number), None)
        if pin is not None and self._session.state.volume is not None:
            inside = self._view.native.rect().adjusted(20, 20, -20, -20)
            if not inside.contains(self.at(pin.row, pin.column).toPoint()):
                scale, origin = self._place()
                self._viewer.scene.camera.center = (0.0, pin.row * scale[0] + origin[0], pin.column * scale[1] + origin[1])
        self.update()

    # -- what happens around ------------------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        self.pins = pins_of(self._seat.state.opened)
        self.update()

    def _on_seat(self, old: object, new: object) -> None:
        self._fill()

    def _on_session(self, old: SessionState, new: SessionState) -> None:
        if new.volume is not old.volume:
            self.picked = 0
            self.field.hide()
        if new.view_index != old.view_index or new.tools is not old.tools or new.volume is not old.volume:
            self.update()

    def _on_camera(self, event: object = None) -> None:
        self.update()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        kind = None if event is None else event.type()
        if kind == QEvent.Type.Resize:
            self.setGeometry(self._view.native.rect())
        elif kind == QEvent.Type.MouseMove and event is not None:
            self._mouse = QPointF(event.position() if hasattr(event, "position") else event.pos())
            self._say_pin()
        elif kind == QEvent.Type.Leave:
            self._mouse = None
        return False

    def _say_pin(self) -> None:
        """Say what the pin under the mouse is about."""
        under = next((pin for pin in self.shown() if self._is_under(pin)), None)
        if under is not None:
            assert self._mouse is not None
            QToolTip.showText(self.mapToGlobal(self._mouse.toPoint()), under.words, self._view.native)
        elif QToolTip.isVisible():
            QToolTip.hideText()

    def _is_under(self, pin: Pin) -> bool:
        away = self.at(pin.row, pin.column) - (self._mouse or QPointF())
        return bool(away.x() ** 2 + away.y() ** 2 <= (RADIUS + 2) ** 2)

    # -- painting ----------------------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        pins = self.shown()
        asking = self.field.isVisible()
        if not pins and not asking:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(11)
        font.setBold(True)
        painter.setFont(font)
        for pin in sorted(pins, key=lambda p: p.number == self.picked):
            self._paint(painter, self.at(pin.row, pin.column), str(pin.number), pin.is_current, pin.number == self.picked)
        if asking:
            self._paint(painter, self.at(*self._point), "+", True, True)
        painter.end()

    @staticmethod
    def _paint(painter: QPainter, at: QPointF, text: str, filled: bool, picked: bool) -> None:
        """A filled pin is about the version on screen, a hollow one about an earlier one."""
        radius = RADIUS + 2 * picked
        painter.setPen(QPen(INK, 4 if picked else 3))
        painter.setBrush(PAPER if filled else QColor(0, 0, 0, 150))
        painter.drawEllipse(at, radius, radius)
        painter.setPen(QPen(PAPER, 2 if picked else 1.3, Qt.PenStyle.SolidLine if filled else Qt.PenStyle.DashLine))
        painter.drawEllipse(at, radius, radius)
        painter.setPen(INK if filled else PAPER)
        painter.drawText(QRectF(at.x() - 15, at.y() - 10, 30, 20), Qt.AlignmentFlag.AlignCenter, text)
