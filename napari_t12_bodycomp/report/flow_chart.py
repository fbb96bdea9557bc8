"""The enrolment flow chart of a study, drawn from its counts."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_t12_bodycomp.model.study import CaseState, ExclusionReason
from napari_t12_bodycomp.model.worklist import StudyCounts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE_IN, DPI = (7.0, 6.0), 150
INK = "#222222"
_SMALL, _LARGE = (0.24, 0.12), (0.44, 0.24)
_IN_WORK = (CaseState.NEW, CaseState.DRAFTED, CaseState.SUBMITTED, CaseState.RETURNED)


def flow_chart_png(counts: StudyCounts) -> bytes:
    """The chart as PNG, the same bytes each time: screened, excluded with reasons, included, and how far the included cases are."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE_IN, dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_axis_off()
    screened = _box(axes, 0.27, 0.9, _SMALL, f"Screened\nn = {counts.screened}")
    excluded = _box(axes, 0.73, 0.69, _LARGE, excluded_text(counts), align="left")
    included = _box(axes, 0.27, 0.48, _SMALL, f"Included\nn = {counts.included}")
    approved = _box(axes, 0.27, 0.16, _SMALL, f"Approved\nn = {counts.approved}")
    in_work = _box(axes, 0.73, 0.16, _LARGE, in_work_text(counts), align="left")
    _arrow(axes, screened.below, included.above)
    _arrow(axes, (screened.x, excluded.y), excluded.left)
    _arrow(axes, included.below, approved.above)
    _arrow(axes, (included.x, 0.35), (in_work.x, 0.35), head=False)
    _arrow(axes, (in_work.x, 0.35), in_work.above)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def excluded_text(counts: StudyCounts) -> str:
    """The box of the excluded cases, a line for each reason."""
    reasons = [f"  {reason.value}: {counts.by_exclusion.get(reason.value, 0)}" for reason in ExclusionReason]
    return "\n".join([f"Excluded, n = {counts.excluded}", *reasons])


def in_work_text(counts: StudyCounts) -> str:
    """The box of the included cases that are not approved yet, a line for each state."""
    states = [f"  {state.value}: {counts.by_state.get(state, 0)}" for state in _IN_WORK]
    return "\n".join([f"Not approved yet, n = {counts.included - counts.approved}", *states])


@dataclass(frozen=True, slots=True)
class _Box:
    """A box around (x, y), and where arrows meet it; all in shares of the picture."""

    x: float
    y: float
    size: tuple[float, float]

    @property
    def above(self) -> tuple[float, float]:
        return self.x, self.y + self.size[1] / 2

    @property
    def below(self) -> tuple[float, float]:
        return self.x, self.y - self.size[1] / 2

    @property
    def left(self) -> tuple[float, float]:
        return self.x - self.size[0] / 2, self.y


def _box(axes: Axes, x: float, y: float, size: tuple[float, float], words: str, align: str = "center") -> _Box:
    from matplotlib.patches import Rectangle

    width, height = size
    axes.add_patch(Rectangle((x - width / 2, y - height / 2), width, height, facecolor="white", edgecolor=INK))
    at = x if align == "center" else x - width / 2 + 0.02
    axes.text(at, y, words, ha=align, va="center", multialignment=align, fontsize=11, color=INK)
    return _Box(x, y, size)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], head: bool = True) -> None:
    arrow = {"arrowstyle": "-|>" if head else "-", "color": INK, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=end, xytext=start, arrowprops=arrow)
