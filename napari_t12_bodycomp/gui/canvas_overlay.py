"""The words on the picture: who and which slice, the HU-lock, the region in hand, which side is which, and a scale bar.

One widget over the canvas that paints text and takes no mouse. What it says is computed by `overlay_words` from the session's state alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen, QTextOption
from qtpy.QtWidgets import QWidget

from napari_t12_bodycomp.gui.words import absent_words
from napari_t12_bodycomp.model.level import LevelMethod, LevelStatus
from napari_t12_bodycomp.model.tissue import MAIN_TISSUE, Region
from napari_t12_bodycomp.model.tools import Tool, ToolState
from napari_t12_bodycomp.workflow.drawing import DRAFT_NAME, Difference, reference
from napari_t12_bodycomp.workflow.session_state import Reference, SessionState

MARGIN = 14
PAD = 7
"""How far a plate reaches beyond its words (pixels)."""
LINE = 18
PLATE = QColor(0, 0, 0, 165)
SCALE_BAR_MM = (200, 100, 50, 20, 10, 5, 2, 1)
Line = tuple[tuple[str, bool], ...]
"""Pieces of a line: text, and whether it is bold."""
REGION_NAMES = {Region.MUSCLE: "Muscle", Region.VISCERAL: "Visceral", Region.SUBCUTANEOUS: "Subcutaneous"}


@dataclass(frozen=True, slots=True)
class OverlayWords:
    """Lines of (text, bold) pieces at the top left, the badge at the top right and the line at the bottom.

    `notes` are further lines at the top left.
    """

    who: tuple[tuple[str, bool], ...] = ()
    where: tuple[tuple[str, bool], ...] = ()
    notes: tuple[tuple[tuple[str, bool], ...], ...] = ()
    badge: str = ""
    badge_colour: str = "#888888"
    locked: bool = False
    bottom: str = ""


def _number(value: float, digits: int = 1) -> str:
    return f"{value:.{digits}f}".replace("-", "−")


def case_name(state: SessionState) -> str:
    """A pseudonym for the screen: the header's id where it is short and plain, never a name."""
    patient_id = state.subject.patient_id
    return patient_id if patient_id else "unnamed case"


def overlay_words(state: SessionState, lock_key: str = "I", hide_key: str = "H", compared: Difference | None = None) -> OverlayWords:
    """What the picture says about `state`; `compared` is how the drawing differs from its reference, where that is shown."""
    volume = state.volume
    if volume is None:
        return OverlayWords()
    a, s = volume.acquisition, state.subject
    facts = [s.sex, "" if s.age_years is None else f"{s.age_years:.0f} y"]
    thickness = "" if a.slice_thickness_mm is None else f" {a.slice_thickness_mm:.1f} mm"
    facts += [f"CT{thickness}", "" if a.kvp is None else f"{a.kvp:.0f} kV"]
    facts += ["" if a.contrast is None else "no contrast" if a.contrast == "none" else f"contrast {a.contrast}"]
    who = ((case_name(state), True), ("".join(f" · {f}" for f in facts if f), False))
    index = state.view_index
    place = f"slice {index + 1} / {len(volume.hu)} · z {_number(float(volume.z_mm[index]))} mm"
    region = state.tools.region
    window = state.protocol.preset.window(MAIN_TISSUE[region])
    on_level = state.level is not None and state.level.slice_index == index
    badge = f"HU-lock {_number(window.low, 0)}…{_number(window.high, 0)}" if state.tools.hu_lock else "HU-lock off"
    pieces = [REGION_NAMES[region], tool_words(state.tools)]
    if state.work is not None and state.work.undo:
        pieces.append("undo: " + ", ".join(f"“{e.name}”" for e in reversed(state.work.undo[-2:])))
    drawable = state.work is not None and not state.locked
    pieces = [*(pieces if drawable else ()), f"hold {hide_key}: hide overlay"]
    return OverlayWords(
        who=who,
        where=((place, False), *_level_words(state, on_level)),
        notes=_notes(state, compared, on_level),
        badge=f"{badge}  {lock_key}" if drawable else "",
        badge_colour=MAIN_TISSUE[region].colour,
        locked=state.tools.hu_lock,
        bottom=" · ".join(pieces) if state.work is not None else "",
    )


def tool_words(tools: ToolState) -> str:
    """The tool in hand, with its size and how it is used."""
    if tools.tool in (Tool.BRUSH, Tool.ERASE, Tool.PUSH):
        return f"{tools.tool.value} {tools.brush_mm:.1f} mm"
    if tools.tool is Tool.SEED:
        bounds = "HU window" if tools.tolerance_hu is None else f"±{tools.tolerance_hu} HU"
        return f"seed fill within {tools.reach_mm:.1f} mm, {bounds}"
    return "livewire: double click closes" if tools.tool is Tool.LIVEWIRE else tools.tool.value


def _notes(state: SessionState, compared: Difference | None, on_level: bool) -> tuple[Line, ...]:
    """What is shown besides the drawing, or instead of it."""
    other = reference(state)
    if state.tools.flicker and state.work is not None:
        return flicker_notes(state, other)
    if not state.tools.compare or not on_level:
        return ()
    if other is not None and state.work is not None and other.slice_index != state.work.axial.index:
        return (
            ((f"{_title(other)} was drawn on slice {other.slice_index + 1}: two slices are not compared, hold F to look at it", False),),
        )
    return difference_notes(compared, DRAFT_NAME if other is None else other.name, bool(state.numbers_hidden))


def _title(other: Reference) -> str:
    return other.name[:1].upper() + other.name[1:]


def flicker_notes(state: SessionState, other: Reference | None) -> tuple[Line, ...]:
    """Which drawing is shown while the key is held, and where."""
    if other is None:
        return ((("No automatic draft to show", False),),)
    elsewhere = state.work is not None and other.slice_index != state.work.axial.index
    where = f" · contours on slice {other.slice_index + 1}, where it was drawn" if elsewhere else ""
    return ((("Shown: ", False), (other.name, True), (where, False)),)


def difference_notes(found: Difference | None, name: str = DRAFT_NAME, hide_areas: bool = False) -> tuple[Line, ...]:
    """How the drawing differs from the one called `name`, a line for each region that does."""
    if found is None:
        return (((f"No {name} to compare with", False),),)
    named = f"the {name}" if name == DRAFT_NAME else name
    if found.is_empty:
        return (((f"Just as {named}", False),),)
    lines: list[Line] = [((f"Against {named}: white was added, purple removed", False),)]
    if hide_areas:
        return tuple(lines)
    for region, (gained, lost) in found.areas_cm2.items():
        if gained or lost:
            lines.append(((f"{REGION_NAMES[region]} ", True), (f"{gained:.1f} cm² added, {lost:.1f} cm² removed", False)))
    return tuple(lines)


def _level_words(state: SessionState, on_level: bool) -> tuple[tuple[str, bool], ...]:
    level, finding, volume = state.level, state.finding, state.volume
    assert volume is not None
    if level is None:
        if finding is None:
            return ((" · T12 not searched yet", False),)
        if finding.status is LevelStatus.ABSENT:
            return ((f" · {absent_words(finding)}", False),)
        return ((" · T12 uncertain: choose", False),)
    if not on_level:
        away = abs(float(volume.z_mm[state.view_index]) - level.z_mm)
        return ((f" · {away:.0f} mm {'above' if volume.z_mm[state.view_index] > level.z_mm else 'below'} the level", False),)
    how = "T12 mid-body" if level.method is LevelMethod.AUTOMATIC else "level set by hand"
    return ((" · ", False), (how, True), (f" confirmed by {level.confirmed_by}" if level.is_confirmed else " · not confirmed", False))


def _plate(painter: QPainter, box: QRectF) -> None:
    """A dark plate that lets the picture shine through and keeps the words on it legible."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(PLATE)
    painter.drawRoundedRect(box, 4, 4)


def _text(painter: QPainter, at: QPointF, text: str, colour: str) -> None:
    painter.setPen(QColor(colour))
    painter.drawText(at, text)


class CanvasOverlay(QWidget):
    """Paints `OverlayWords`, side marks and the scale bar over the canvas."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.words = OverlayWords()
        self.pixels_per_mm = 0.0
        self.setGeometry(parent.rect())

    def show_words(self, words: OverlayWords) -> None:
        """Say something else."""
        if words != self.words:
            self.words = words
            self.update()

    def show_scale(self, pixels_per_mm: float) -> None:
        """Draw the scale bar for this zoom."""
        if abs(pixels_per_mm - self.pixels_per_mm) > 1e-6:
            self.pixels_per_mm = pixels_per_mm
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        if not self.words.who:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        self._lines(painter)
        self._badge(painter)
        self._sides(painter)
        self._bottom(painter)
        painter.end()

    def _font(self, bold: bool = False, size: float = 12.5) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(round(size))
        font.setBold(bold)
        return font

    def _width(self, pieces: tuple[tuple[str, bool], ...]) -> float:
        return sum(QFontMetricsF(self._font(bold)).horizontalAdvance(text) for text, bold in pieces)

    def _pieces(self, painter: QPainter, y: float, pieces: tuple[tuple[str, bool], ...]) -> None:
        x = float(MARGIN)
        for text, bold in pieces:
            font = self._font(bold)
            painter.setFont(font)
            _text(painter, QPointF(x, y), text, "#ffffff" if bold else "#c9ccd1")
            x += QFontMetricsF(font).horizontalAdvance(text)

    def _lines(self, painter: QPainter) -> None:
        lines = (self.words.who, self.words.where, *self.words.notes)
        wide = max(self._width(line) for line in lines)
        _plate(painter, QRectF(MARGIN - PAD, MARGIN - 5, wide + 2 * PAD, len(lines) * LINE + 6))
        for number, line in enumerate(lines):
            self._pieces(painter, MARGIN + 10 + number * LINE, line)

    def _badge(self, painter: QPainter) -> None:
        if not self.words.badge:
            return
        font = self._font(bold=True)
        width = QFontMetricsF(font).horizontalAdvance(self.words.badge) + 18
        box = QRectF(self.width() - MARGIN - width, MARGIN - 2, width, 25)
        colour = QColor(self.words.badge_colour)
        if self.words.locked:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            text = QColor("#000000" if colour.lightnessF() > 0.5 else "#ffffff")
        else:
            painter.setPen(QPen(colour, 1.5, Qt.PenStyle.DashLine))
            painter.setBrush(QColor(0, 0, 0, 160))
            text = colour
        painter.drawRoundedRect(box, 4, 4)
        painter.setFont(font)
        painter.setPen(text)
        painter.drawText(box, self.words.badge, QTextOption(Qt.AlignmentFlag.AlignCenter))

    def _sides(self, painter: QPainter) -> None:
        painter.setFont(self._font(bold=True, size=14))
        painter.setPen(QColor("#9aa0a8"))
        w, h = self.width(), self.height()
        middle = QTextOption(Qt.AlignmentFlag.AlignCenter)
        for text, box in (
            ("A", QRectF(w / 2 - 15, 44, 30, 20)),
            ("P", QRectF(w / 2 - 15, h - 52, 30, 20)),
            ("R", QRectF(4, h / 2 - 10, 24, 20)),
            ("L", QRectF(w - 28, h / 2 - 10, 24, 20)),
        ):
            painter.drawText(box, text, middle)

    def _bottom(self, painter: QPainter) -> None:
        self._scale_bar(painter)
        if self.words.bottom:
            font = self._font(size=12)
            painter.setFont(font)
            wide = QFontMetricsF(font).horizontalAdvance(self.words.bottom)
            _plate(painter, QRectF(MARGIN - PAD, self.height() - MARGIN - 16, wide + 2 * PAD, 23))
            _text(painter, QPointF(MARGIN, self.height() - MARGIN), self.words.bottom, "#c9ccd1")

    def _scale_bar(self, painter: QPainter) -> None:
        length = next((mm for mm in SCALE_BAR_MM if mm * self.pixels_per_mm <= self.width() / 5), 0)
        if not length or self.pixels_per_mm <= 0:
            return
        width, y = length * self.pixels_per_mm, self.height() - MARGIN - 18.0
        x = self.width() - MARGIN - width
        _plate(painter, QRectF(x - PAD, y - 7, width + 2 * PAD, 32))
        painter.setPen(QPen(QColor("#ffffff"), 2))
        painter.drawLine(QPointF(x, y), QPointF(x + width, y))
        font, text = self._font(size=12), f"{length} mm"
        painter.setFont(font)
        middle = x + width / 2 - QFontMetricsF(font).horizontalAdvance(text) / 2
        _text(painter, QPointF(middle, self.height() - MARGIN), text, "#c9ccd1")
