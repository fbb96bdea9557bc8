"""Colours and small marks that the parts of the picture share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_t12_bodycomp.model.level import LevelStatus
from napari_t12_bodycomp.model.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANEL, CARD, INK, MUTED, WARNING, LEVEL = "#16181d", "#24272e", "#eceef1", "#a3a9b3", "#FFB454", "#F0E442"
WINDOW_HU = (-160, 240)
"""Soft tissue: width 400, level 40."""


def bare(axes: Axes) -> None:
    """No ticks, no frame."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def mark(axes: Axes, x: float, y: float, words: str, *, size: float, colour: str, weight: str = "normal", ha: str = "center") -> None:
    """Words at a share of the axes' width and height, readable over any grey."""
    from matplotlib.patheffects import withStroke

    text = axes.text(
        x, y, words, transform=axes.transAxes, color=colour, fontsize=size, fontweight=weight, ha=ha, va="center", parse_math=False
    )
    text.set_fontfamily("DejaVu Sans")
    text.set_path_effects([withStroke(linewidth=2.5, foreground="black")])


def plain(
    axes: Axes,
    x: float,
    y: float,
    words: str,
    *,
    size: float,
    colour: str = INK,
    weight: str = "normal",
    ha: str = "left",
    va: str = "center",
) -> None:
    """Words in data coordinates."""
    axes.text(x, y, words, color=colour, fontsize=size, fontweight=weight, ha=ha, va=va, family="DejaVu Sans", parse_math=False)


def minus(number: str) -> str:
    """A number with a true minus sign."""
    return number.replace("-", "\u2212")


def level_name(result: Result) -> str:
    """``"T12 mid-body  ·  "`` where the measured slice is the one found, else the vertebra that it cuts, where that is known."""
    finding, level = result.finding, result.level
    if finding is None or finding.status is not LevelStatus.FOUND:
        return "T12, as confirmed  ·  " if level.is_confirmed else ""
    if finding.slice_index == level.slice_index:
        return "T12 mid-body  ·  "
    if finding.body_z_mm is not None and finding.body_z_mm[0] <= level.z_mm <= finding.body_z_mm[1]:
        return "T12  ·  "
    cut = [v.label for v in finding.vertebrae if v.z_range_mm[0] <= level.z_mm <= v.z_range_mm[1]]
    return f"{cut[0]}, not T12  ·  " if cut else "not T12  ·  "
