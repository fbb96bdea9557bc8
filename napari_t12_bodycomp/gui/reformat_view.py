"""One reformat on screen: the picture in its true proportions, and what is drawn over it. Knows no session."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from qtpy.QtCore import QPointF, QRectF, Qt, Signal
from qtpy.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF, QWheelEvent
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_t12_bodycomp.analysis.reformat import Reformat, to_grey
from napari_t12_bodycomp.gui import theme
from napari_t12_bodycomp.gui.reformat_place import Placement, place
from napari_t12_bodycomp.model.level import RibHint, Vertebra

GRAB_PX = 7
LABEL_PX = 11


class View(Enum):
    """Which way one looks, and the least that must be seen sideways (mm)."""

    SAGITTAL = 150.0
    CORONAL = 250.0


@dataclass(frozen=True, slots=True)
class Hint:
    """A candidate's line."""

    text: str
    z_mm: float


@dataclass(frozen=True, slots=True)
class Scene:
    """What is drawn over the picture; z is LPS mm. A level that is locked has no grip."""

    view_z_mm: float | None = None
    level_z_mm: float | None = None
    level_confirmed: bool = False
    may_set: bool = False
    locked: bool = False
    body_z_mm: tuple[float, float] | None = None
    vertebrae: tuple[Vertebra, ...] = ()
    ribs: tuple[RibHint, ...] = ()
    hints: tuple[Hint, ...] = ()
    ribs_seen: str = ""


class ReformatView(QWidget):
    """Shows one picture; says where it was clicked and where the level line was dragged."""

    jumped = Signal(float)
    dragging = Signal(float)
    dropped = Signal(float)
    scrolled = Signal(int)

    def __init__(self, view: View) -> None:
        super().__init__()
        self.view = view
        self._picture: Reformat | None = None
        self._image: QImage | None = None
        self._scaled: QPixmap | None = None
        self._placement: Placement | None = None
        self._scene = Scene()
        self._preview: tuple[float, str] | None = None
        self._window = (500.0, 90.0)
        self._held = ""
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(120)
        self.setToolTip("Click: go to that slice. Drag the yellow line: move the level. Wheel: slices.")

    # -- what is shown -----------------------------------------------------------------------------------------------------------------

    def show_picture(self, picture: Reformat | None) -> None:
        """Show another picture, None for none."""
        self._picture = picture
        self._render()

    def set_window(self, width: float, centre: float) -> None:
        """Display window in HU."""
        self._window = (width, centre)
        self._render()

    def show_scene(self, scene: Scene) -> None:
        """Show other lines and labels."""
        self._scene = scene
        self.update()

    def show_preview(self, z_mm: float | None, text: str) -> None:
        """Show the level line where it is being dragged; None where it is not."""
        self._preview = None if z_mm is None else (z_mm, text)
        self.update()

    def _render(self) -> None:
        self._image = None
        if self._picture is not None:
            grey = np.ascontiguousarray(to_grey(self._picture.hu, *self._window)[::-1])
            height, width = grey.shape
            self._image = QImage(grey.tobytes(), width, height, width, QImage.Format.Format_Grayscale8).copy()
        self._fit()

    def _fit(self) -> None:
        self._placement = self._scaled = None
        if self._picture is not None and self._image is not None and self.width() > 0 and self.height() > 0:
            p = self._picture
            self._placement = place(p.z_mm, p.hu.shape[1], p.u_mm, p.spine_u, (self.width(), self.height()), self.view.value)
            ratio = self.devicePixelRatioF()
            size = self._placement.picture_size
            self._scaled = QPixmap.fromImage(
                self._image.scaled(
                    max(1, round(size[0] * ratio)),
                    max(1, round(size[1] * ratio)),
                    Qt.AspectRatioMode.IgnoreAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
            )
            self._scaled.setDevicePixelRatio(ratio)
        self.update()

    def resizeEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._fit()

    # -- painting ----------------------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("black"))
        font = painter.font()
        font.setPixelSize(LABEL_PX)
        painter.setFont(font)
        p = self._placement
        if p is not None and self._scaled is not None:
            painter.drawPixmap(QPointF(p.left, p.top), self._scaled)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_body(painter, p)
            if self.view is View.CORONAL:
                self._paint_ribs(painter, p)
            self._paint_labels(painter, p)
            self._paint_lines(painter, p)
        self._paint_title(painter)
        painter.end()

    def _paint_title(self, painter: QPainter) -> None:
        title = "sagittal" if self.view is View.SAGITTAL else "coronal"
        seen = self._scene.ribs_seen if self.view is View.CORONAL else ""
        words = f"{title} · {seen}" if seen else title
        box = QRectF(8, 5, painter.fontMetrics().horizontalAdvance(words) + 1, 16)
        painter.fillRect(box.adjusted(-3, 0, 3, 0), QColor(0, 0, 0, 140))
        self._text(painter, box, words, QColor(theme.TEXT))

    def _paint_body(self, painter: QPainter, p: Placement) -> None:
        body = self._scene.body_z_mm
        if body is not None:
            top, bottom = p.y(body[1]), p.y(body[0])
            painter.fillRect(QRectF(0, top, self.width(), bottom - top), QColor(240, 228, 66, 42))

    def _paint_ribs(self, painter: QPainter, p: Placement) -> None:
        for rib in self._scene.ribs:
            line = QPolygonF([QPointF(p.x(float(x)), p.y(float(z))) for z, _, x in rib.points])
            last = rib.label.endswith("12")
            painter.setPen(QPen(QColor(theme.LEVEL) if last else QColor(120, 190, 255, 170), 1.4, Qt.PenStyle.DotLine))
            painter.drawPolyline(line)

    def _paint_labels(self, painter: QPainter, p: Placement) -> None:
        room = -1e9
        bold = painter.font()
        for vertebra in sorted(self._scene.vertebrae, key=lambda v: -v.z_mm):
            y = p.y(vertebra.z_mm)
            is_t12 = vertebra.label == "T12"
            if (y - room < LABEL_PX + 1 and not is_t12) or not 26 < y < self.height() - 4:
                continue
            room = y
            bold.setBold(is_t12)
            painter.setFont(bold)
            x = 6.0 if self.view is View.CORONAL else p.x(vertebra.centre_yx[0]) - 22 / p.mm_per_px - 26
            colour = QColor(theme.LEVEL) if is_t12 else QColor(theme.TEXT)
            lines = [z for z in (self._scene.level_z_mm, self._scene.view_z_mm) if z is not None]
            lift = 9 if any(abs(p.y(z) - y) < LABEL_PX for z in lines) else 0
            box = QRectF(max(4.0, x), y - 8 - lift, painter.fontMetrics().horizontalAdvance(vertebra.label) + 1, 16)
            painter.fillRect(box.adjusted(-2, 1, 2, -1), QColor(0, 0, 0, 120))
            self._text(painter, box, vertebra.label, colour)
        bold.setBold(False)
        painter.setFont(bold)

    def _paint_lines(self, painter: QPainter, p: Placement) -> None:
        s = self._scene
        if s.view_z_mm is not None and s.view_z_mm != s.level_z_mm:
            self._line(painter, p.y(s.view_z_mm), QColor(255, 255, 255, 150), 1, Qt.PenStyle.SolidLine)
        for hint in s.hints:
            self._line(painter, p.y(hint.z_mm), QColor(theme.LEVEL), 1, Qt.PenStyle.DashLine)
            self._text(painter, QRectF(self.width() - 22, p.y(hint.z_mm) - 17, 18, 16), hint.text, QColor(theme.LEVEL), right=True)
        if self._preview is not None:
            z_mm, text = self._preview
            self._line(painter, p.y(z_mm), QColor(theme.LEVEL), 2, Qt.PenStyle.SolidLine)
            self._text(painter, QRectF(0, p.y(z_mm) - 18, self.width() - 6, 16), text, QColor(theme.LEVEL), right=True)
        elif s.level_z_mm is not None:
            style = Qt.PenStyle.SolidLine if s.level_confirmed else Qt.PenStyle.DashLine
            self._line(painter, p.y(s.level_z_mm), QColor(theme.LEVEL), 2, style)
            if not s.locked:
                self._grip(painter, p.y(s.level_z_mm))
        elif s.may_set and s.view_z_mm is not None:
            self._line(painter, p.y(s.view_z_mm), QColor(theme.LEVEL), 2, Qt.PenStyle.DotLine)
            self._grip(painter, p.y(s.view_z_mm))
            text = "drag to the middle of T12"
            self._text(painter, QRectF(0, p.y(s.view_z_mm) + 3, self.width() - 6, 16), text, QColor(theme.LEVEL), right=True)

    def _line(self, painter: QPainter, y: float, colour: QColor, width: float, style: Qt.PenStyle) -> None:
        painter.setPen(QPen(colour, width, style))
        painter.drawLine(QPointF(0, y), QPointF(self.width(), y))

    def _grip(self, painter: QPainter, y: float) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.LEVEL))
        x = self.width()
        painter.drawPolygon(QPolygonF([QPointF(x, y - 6), QPointF(x - 8, y), QPointF(x, y + 6)]))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    @staticmethod
    def _text(painter: QPainter, box: QRectF, text: str, colour: QColor, right: bool = False) -> None:
        flags = (Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(0, 0, 0, 210))
        for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            painter.drawText(box.translated(dx, dy), flags, text)
        painter.setPen(colour)
        painter.drawText(box, flags, text)

    # -- mouse -------------------------------------------------------------------------------------------------------------------------

    def grip_y(self) -> float | None:
        """Where the line that can be dragged lies (px from the top); None where there is none."""
        s, p = self._scene, self._placement
        if p is None:
            return None
        if s.level_z_mm is not None:
            return p.y(s.level_z_mm)
        return p.y(s.view_z_mm) if s.may_set and s.view_z_mm is not None else None

    def y_of(self, z_mm: float) -> float:
        """Where `z_mm` lies (px from the top); NaN without a picture."""
        return float("nan") if self._placement is None else self._placement.y(z_mm)

    def _z(self, event: QMouseEvent) -> float | None:
        return None if self._placement is None else self._placement.z(_y(event))

    def _on_grip(self, event: QMouseEvent) -> bool:
        y = self.grip_y()
        return y is not None and abs(_y(event) - y) <= GRAB_PX

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        z = self._z(event)
        if event.button() != Qt.MouseButton.LeftButton or z is None:
            return
        self._held = "level?" if self._on_grip(event) else "view"
        self._pressed_y = _y(event)
        if self._held == "view":
            self.jumped.emit(z)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        z = self._z(event)
        if z is None:
            return
        if self._held == "level?" and abs(_y(event) - self._pressed_y) >= 2:
            self._held = "level"
        if self._held == "level":
            self.dragging.emit(z)
        elif self._held == "view":
            self.jumped.emit(z)
        else:
            grip = not self._scene.locked and (self._held == "level?" or self._on_grip(event))
            self.setCursor(Qt.CursorShape.SizeVerCursor if grip else Qt.CursorShape.CrossCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        held, self._held = self._held, ""
        z = self._z(event)
        if z is None:
            return
        if held == "level":
            self.dropped.emit(z)
        elif held == "level?":
            self.jumped.emit(z)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        steps = event.angleDelta().y()
        if steps:
            self.scrolled.emit(1 if steps > 0 else -1)
        event.accept()


def _y(event: QMouseEvent) -> float:
    """The event's height in the widget, under Qt 5 and 6."""
    return float(event.position().y()) if hasattr(event, "position") else float(event.pos().y())
