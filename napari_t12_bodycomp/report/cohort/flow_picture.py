"""The flow chart from screening to pairs, as the study's Figure 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from napari_t12_bodycomp.model.cohort_analysis import EVENT, OTHER, CohortAnalysis
from napari_t12_bodycomp.model.enrolment import CentreFlow
from napari_t12_bodycomp.report.cohort.pictures import INK, Picture, drawn

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_CENTRES = 4
_LINE_IN, _PAD_IN, _GAP_IN, _WIDE_IN = 0.2, 0.14, 0.42, 2.0
_LETTER_IN = 0.078


def flow_picture(analysis: CohortAnalysis) -> Picture:
    """Screened, excluded, included, and each centre by outcome and pairs; of many centres the first ones."""
    flow = analysis.flow
    shown = flow.centres[:_MOST_CENTRES]
    excluded = [f"Excluded, n = {flow.n_excluded}", *(f"{why}: {n}" for why, n in flow.excluded.items())]
    centres = [_centre_lines(centre, analysis.plan.groups) for centre in shown]
    has_pairs = any(centre.matched is not None for centre in shown)
    aside = max(_high(excluded), _GAP_IN) if flow.excluded else 0.0
    levels = [_high(["", ""]), aside, _high(["", ""]), max(map(_high, centres)), *([_high(["", ""])] if has_pairs else [])]
    high = sum(levels) + _GAP_IN * (len(levels) - bool(aside))
    wide = max((_WIDE_IN + _GAP_IN) * max(len(shown), 2), 5.2)

    def draw(figure: Figure) -> None:
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, wide)
        axes.set_ylim(0, high)
        axes.set_axis_off()
        middle = wide / 2
        top = high - _GAP_IN / 2
        screened = _box(axes, middle, top, ["Screened", f"n = {flow.n_screened}"])
        below = screened - _GAP_IN / 2 - aside - _GAP_IN / 2 if flow.excluded else screened - _GAP_IN
        _line(axes, (middle, screened), (middle, below), head=True)
        if flow.excluded:
            y = (screened + below) / 2
            x = middle + 0.4
            _box(axes, x + _wide(excluded) / 2, y + _high(excluded) / 2, excluded)
            _line(axes, (middle, y), (x, y), head=True)
        included = _box(axes, middle, below, ["Included", f"n = {flow.n_included}"])
        fork, row = included - _GAP_IN / 2, included - _GAP_IN
        places = [(k + 0.5) * wide / len(shown) for k in range(len(shown))]
        _line(axes, (middle, included), (middle, fork))
        _line(axes, (places[0], fork), (places[-1], fork))
        for x, centre, lines in zip(places, shown, centres, strict=True):
            _line(axes, (x, fork), (x, row), head=True)
            bottom = _box(axes, x, row, lines)
            if centre.matched is not None:
                _line(axes, (x, bottom), (x, bottom - _GAP_IN), head=True)
                _box(axes, x, bottom - _GAP_IN, ["Matched 1:1", f"{next(iter(centre.matched.values()))} pairs"])

    more = f" {len(flow.centres) - _MOST_CENTRES} more centres are in the table." if len(flow.centres) > _MOST_CENTRES else ""
    return drawn("enrolment", "Enrolment", f"From screening to pairs.{more}", (wide, high), draw)


def _centre_lines(centre: CentreFlow, groups: tuple[str, str]) -> list[str]:
    lines = [f"Centre {centre.centre}, n = {centre.n}" if centre.centre else f"All, n = {centre.n}"]
    lines += [f"{title}: {centre.groups.get(value, 0)}" for title, value in zip(groups, (EVENT, OTHER), strict=True)]
    return lines + ([f"outcome unknown: {centre.n_unknown}"] if centre.n_unknown else [])


def _high(lines: Sequence[str]) -> float:
    return len(lines) * _LINE_IN + 2 * _PAD_IN


def _wide(lines: Sequence[str]) -> float:
    return max(max(map(len, lines)) * _LETTER_IN + 2 * _PAD_IN, 1.3)


def _box(axes: Axes, x: float, top: float, lines: Sequence[str]) -> float:
    """A box in inches, `x` its middle; its lower edge."""
    from matplotlib.patches import Rectangle

    wide, high = _wide(lines), _high(lines)
    axes.add_patch(Rectangle((x - wide / 2, top - high), wide, high, facecolor="white", edgecolor=INK, linewidth=0.9))
    axes.text(x, top - high / 2, "\n".join(lines), ha="center", va="center", fontsize=9.5, color=INK, linespacing=1.35)
    return top - high


def _line(axes: Axes, start: tuple[float, float], end: tuple[float, float], *, head: bool = False) -> None:
    arrow = {"arrowstyle": "-|>" if head else "-", "color": INK, "shrinkA": 0, "shrinkB": 0, "linewidth": 0.9}
    axes.annotate("", xy=end, xytext=start, arrowprops=arrow)
