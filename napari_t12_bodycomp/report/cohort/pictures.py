"""Figures as PNG and SVG: the same analysis gives the same bytes."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_t12_bodycomp.model.cohort_analysis import CohortAnalysis, Matched, Place, Sample
from napari_t12_bodycomp.report.cohort.curves import samples
from napari_t12_bodycomp.report.cohort.matching import MOST_SMD
from napari_t12_bodycomp.report.cohort.sheet import interval, number, p_cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 150
INK, BAND = "#222222", "#999999"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
"""Okabe-Ito colours, which colour-blind people tell apart."""
_STYLES = ("-", "--", "-.", ":")


@dataclass(frozen=True, slots=True)
class Picture:
    """One figure, `width_in` inches wide; `name` is the files' without its ending, `words` say what is seen, for who does not see it."""

    name: str
    title: str
    words: str
    width_in: float
    png: bytes
    svg: bytes


def drawn(name: str, title: str, words: str, size_in: tuple[float, float], draw: Callable[[Figure], None]) -> Picture:
    """Have `draw` fill a figure, and keep it as PNG and SVG."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "path", "font.size": 9, "axes.unicode_minus": True}):
        figure = Figure(figsize=size_in, dpi=DPI, facecolor="white", layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure)
        png, svg = io.BytesIO(), io.BytesIO()
        figure.savefig(png, format="png", metadata={"Software": None})
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    return Picture(name, title, words, size_in[0], png.getvalue(), svg.getvalue())


def scatter(analysis: CohortAnalysis) -> Picture | None:
    """The change in RUSH on each marker, centre by centre, as the study's Figure 4; None where no change is known."""
    places = [place.sample for place in analysis.places if place.key != "all" or len(analysis.places) == 1]
    markers = [name for name in analysis.plan.markers if any(name in sample.trends for sample in places)]
    if not markers:
        return None

    def draw(figure: Figure) -> None:
        for r, sample in enumerate(places):
            for c, name in enumerate(markers):
                axes = figure.add_subplot(len(places), len(markers), r * len(markers) + c + 1)
                _scatter_panel(axes, analysis, sample, name, chr(ord("A") + r * len(markers) + c))

    size = (3.6 * len(markers), 3.1 * len(places))
    words = "Each dot is a patient; line: least squares; band: its 95% confidence band. The rank correlation is Spearman's."
    return drawn("correlations", "Change in RUSH from day 1 to month 1, and the indices", words, size, draw)


def _scatter_panel(axes: Axes, analysis: CohortAnalysis, sample: Sample, name: str, letter: str) -> None:
    trend, found = sample.trends[name], sample.correlations.get(name)
    if trend.points:
        x, y = zip(*trend.points, strict=True)
        axes.scatter(x, y, s=9, color=COLOURS[0], alpha=0.55, linewidths=0)
    if trend.line:
        axes.fill_between(trend.x, trend.low, trend.high, color=COLOURS[1], alpha=0.25, linewidth=0)
        axes.plot(trend.x, trend.line, color=COLOURS[1], linewidth=1.4)
    axes.set_xlabel(analysis.variables[name].label)
    axes.set_ylabel("change in RUSH")
    said = "" if found is None or found.value is None else f"\nρ = {number(found.value)}, {p_words(found.p)}, n = {found.n}"
    axes.set_title(f"{letter}  {sample.title}, {name}{said}", fontsize=9, loc="left", color=INK)
    axes.spines[["top", "right"]].set_visible(False)


def p_words(p: float | None) -> str:
    text = p_cell(p)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def roc_curves(analysis: CohortAnalysis) -> Picture:
    """The markers' curves, a panel for each sample, as the study's Figure 5; dots are the cut-offs."""
    shown = [sample for sample, _ in samples(analysis)]
    columns = min(len(shown), 2)
    rows = math.ceil(len(shown) / columns)

    def draw(figure: Figure) -> None:
        for k, sample in enumerate(shown):
            _roc_panel(figure.add_subplot(rows, columns, k + 1), sample, chr(ord("A") + k))

    words = f"The event is {analysis.plan.groups[0]}; dots mark the cut-offs with the largest Youden index; the diagonal is chance."
    return drawn("roc", "Receiver operating characteristic", words, (4.0 * columns, 4.1 * rows), draw)


def _roc_panel(axes: Axes, sample: Sample, letter: str) -> None:
    axes.plot([0, 1], [0, 1], color=BAND, linewidth=0.9, linestyle=":")
    for k, found in enumerate(sample.rocs):
        roc, colour = found.roc, COLOURS[k % len(COLOURS)]
        if not roc.points:
            continue
        corners = sorted((1 - point.specificity, point.sensitivity) for point in roc.points)
        side = "high" if roc.is_high_positive else "low"
        label = f"{side} {found.marker}: {number(roc.auc)} ({interval(roc.ci)})"
        axes.plot(*zip(*corners, strict=True), color=colour, linestyle=_STYLES[k % 4], linewidth=1.5, label=label)
        if roc.chosen and roc.chosen.specificity.estimate is not None and roc.chosen.sensitivity.estimate is not None:
            axes.plot(1 - roc.chosen.specificity.estimate, roc.chosen.sensitivity.estimate, "o", color=colour, markersize=5)
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.set_aspect("equal")
    axes.set_xlabel("1 - specificity")
    axes.set_ylabel("sensitivity")
    axes.set_title(f"{letter}  {sample.title} (events {sample.groups[0]} of {sum(sample.groups)})", fontsize=9, loc="left", color=INK)
    axes.legend(loc="lower right", fontsize=8, frameon=False, title="AUC (95% CI)", title_fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def balance_plot(place: Place, pairs: Matched, labels: dict[str, str]) -> Picture:
    """The standardised differences before and after matching."""
    before, after = pairs.matching.balance.pooled_before, pairs.matching.balance.pooled_after
    names = [name for name in before if before[name] is not None or after.get(name) is not None]

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot(1, 1, 1)
        for side, mark, colour, label in ((before, "o", COLOURS[1], "before matching"), (after, "s", COLOURS[0], "after matching")):
            known = [(value, y) for y, name in enumerate(reversed(names)) if (value := side.get(name)) is not None]
            axes.plot([x for x, _ in known], [y for _, y in known], mark, color=colour, label=label, markersize=5)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.axvline(MOST_SMD, color=BAND, linewidth=0.9, linestyle="--")
        axes.set_yticks(range(len(names)), [labels.get(name, name) for name in reversed(names)])
        axes.set_xlabel("absolute standardised difference (pooled SD)")
        figure.legend(fontsize=8, frameon=False, loc="outside upper center", ncols=2)
        axes.spines[["top", "right"]].set_visible(False)

    title = f"{place.title}: balance of the covariates"
    return drawn(f"balance_{place.stem}", title, f"The dashed line marks {MOST_SMD:g}.", (6.6, 0.28 * len(names) + 1.2), draw)
