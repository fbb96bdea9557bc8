"""The numbers beside the picture, and what a reader must know about them."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from napari_t12_bodycomp.model.measurement import INDEX_NAMES
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.subject import ValueSource
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.report.overlay_layout import CARD, INK, MUTED, PANEL, WARNING, bare, minus, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEFT, _RIGHT, _LINE = 16, 536, 17
_SOURCES = {
    ValueSource.DICOM: "from the scan's header",
    ValueSource.TYPED: "typed",
    ValueSource.MANIFEST: "from the manifest",
    ValueSource.UNKNOWN: "",
}


def draw_numbers(axes: Axes, result: Result) -> None:
    """Indices, tissues, height, protocol and quality, laid out in pixels from the top left."""
    bare(axes)
    box = axes.get_window_extent()
    axes.set_xlim(0, box.width)
    axes.set_ylim(box.height, 0)
    _cards(axes, result, 16)
    below = _tissues(axes, result, 120)
    below = _facts(axes, result, below + 14)
    _quality(axes, result, below + 12, box.height - 34)
    version = f"napari-t12-bodycomp {result.software_version}".strip()
    plain(axes, _LEFT, box.height - 14, f"{version}  ·  research use, not a medical device", size=8.5, colour=MUTED)


def _number(value: float, digits: int) -> str:
    return minus(f"{value:.{digits}f}") if math.isfinite(value) else "unknown"


def _cards(axes: Axes, result: Result, top: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    gap, height = 10, 92
    width = (_RIGHT - _LEFT - 3 * gap) / 4
    for i, name in enumerate(INDEX_NAMES):
        left = _LEFT + i * (width + gap)
        card = FancyBboxPatch((left, top), width, height, boxstyle="round,pad=0,rounding_size=6", facecolor=CARD, linewidth=0)
        axes.add_patch(card)
        value = result.measurement.indices[name]
        is_known = math.isfinite(value)
        text = _number(value, 2 if name == "VSR" else 1)
        plain(axes, left + 12, top + 38, text, size=24 if is_known else 14, colour=INK if is_known else MUTED, weight="bold")
        plain(axes, left + 12, top + 74, name if name == "VSR" else f"{name}  cm²/m²", size=10, colour=MUTED)


def _tissues(axes: Axes, result: Result, top: float) -> float:
    from matplotlib.patches import Rectangle

    m = result.measurement
    columns = (_LEFT + 290, _LEFT + 385, _RIGHT)
    for x, words in zip(columns, ("area cm²", "mean HU", "window HU"), strict=True):
        plain(axes, x, top + 10, words, size=10, colour=MUTED, ha="right")
    plain(axes, _LEFT, top + 10, "tissue", size=10, colour=MUTED)
    for row, tissue in enumerate(Tissue):
        y = top + 38 + 27 * row
        axes.plot((_LEFT, _RIGHT), (y - 14, y - 14), color=CARD, linewidth=1)
        axes.add_patch(Rectangle((_LEFT, y - 7), 14, 14, facecolor=tissue.colour, linewidth=0))
        plain(axes, _LEFT + 24, y, tissue.title, size=12)
        window = m.protocol.preset.window(tissue)
        cells = (_number(m.areas_cm2[tissue], 1), _number(m.mean_hu[tissue], 1), minus(f"{window.low} … {window.high}"))
        for x, words, colour in zip(columns, cells, (INK, INK, MUTED), strict=True):
            plain(axes, x, y, words, size=12, colour=MUTED if words == "unknown" else colour, ha="right")
    return top + 38 + 27 * len(Tissue)


def _facts(axes: Axes, result: Result, top: float) -> float:
    subject, protocol = result.subject, result.measurement.protocol
    height = (
        f"height {subject.height_m * 100:.0f} cm, {_SOURCES[subject.height_source]}".rstrip(", ") if subject.height_m else "height unknown"
    )
    options = (
        f"intercostals {'count' if protocol.intercostals_are_muscle else 'do not count'} as muscle, "
        f"crura {'do' if protocol.crura_are_muscle else 'do not'}",
        f"fat above the diaphragm {'counts' if protocol.thoracic_fat_is_visceral else 'does not count'} as visceral, "
        f"gas rims {'do' if protocol.gas_rims_are_fat else 'do not'}",
    )
    who = [f"{deed} by {name}" for deed, name in (("drawn", result.assessor), ("reviewed", result.reviewer)) if name]
    for line in ((height, f"preset {protocol.preset.name}"), (result.status, *who)):
        plain(axes, _LEFT, top, "  ·  ".join(line), size=10.5)
        top += 20
    for words in options:
        plain(axes, _LEFT, top, words, size=8.5, colour=MUTED)
        top += 14
    return top + 4


def _quality(axes: Axes, result: Result, top: float, bottom: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    lines: list[tuple[str, str]] = []
    for flag in result.quality:
        wrapped = textwrap.wrap(flag.sentence, 73)
        lines += [("•" if i == 0 else "", text) for i, text in enumerate(wrapped)]
    room = int((bottom - top - 16) // _LINE)
    if len(lines) > room:
        hidden = sum(mark == "•" for mark, _ in lines[max(room - 1, 0) :])
        lines = [*lines[: max(room - 1, 0)], ("", f"and more ({hidden}): see the quality column of the table" if hidden else "…")]
    if not lines:
        return
    height = len(lines) * _LINE + 14
    box = FancyBboxPatch(
        (_LEFT, top), _RIGHT - _LEFT, height, boxstyle="round,pad=0,rounding_size=5", facecolor=PANEL, edgecolor=WARNING, linewidth=0.8
    )
    axes.add_patch(box)
    for i, (bullet, text) in enumerate(lines):
        y = top + 15 + i * _LINE
        plain(axes, _LEFT + 10, y, bullet, size=9.5, colour=WARNING)
        plain(axes, _LEFT + 22, y, text, size=9.5)
