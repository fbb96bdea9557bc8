"""The differences of two readings as one sheet of Bland-Altman plots."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

from napari_t12_bodycomp.model.agreement import Agreement, QuantityAgreement

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS, PANEL_IN, DPI = 3, (3.7, 3.0), 150
BLUE, VERMILION, INK = "#0072B2", "#D55E00", "#222222"
"""Okabe-Ito colours, which colour-blind people tell apart."""


def bland_altman_png(agreement: Agreement, title: str) -> bytes:
    """A PNG with one panel for each quantity that has a complete pair, the same bytes each time."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = [q for q in agreement.quantities if q.cases and q.quantity.has_zero]
    rows = max(1, math.ceil(len(shown) / COLUMNS))
    figure = Figure(figsize=(COLUMNS * PANEL_IN[0], rows * PANEL_IN[1] + 0.9), dpi=DPI, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    sides = f"{agreement.first_reader or 'first'} minus {agreement.second_reader or 'second'}"
    if agreement.first_reader == agreement.second_reader:
        sides = "first minus second reading"
    figure.suptitle(f"{title}\ndifferences are {sides}", fontsize=10, color=INK)
    for k, quantity in enumerate(shown):
        _panel(figure.add_subplot(rows, COLUMNS, k + 1), quantity)
    if not shown:
        figure.text(0.5, 0.5, "No quantity is known on both sides.", ha="center", color=INK)
    legend = "line: bias; dashed: limits of agreement, bias -/+ 1.96 SD; bands: their 95% intervals; dotted: no difference"
    figure.supxlabel(legend, fontsize=8, color=INK)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _panel(axes: Axes, found: QuantityAgreement) -> None:
    quantity, differences = found.quantity, found.bland_altman
    means = [(one + other) / 2 for one, other in zip(found.first, found.second, strict=True)]
    axes.scatter(means, [one - other for one, other in zip(found.first, found.second, strict=True)], s=16, color=BLUE, alpha=0.8, zorder=3)
    axes.axhline(0, color=INK, linewidth=0.8, linestyle=":")
    axes.axhline(differences.bias, color=INK, linewidth=1.2)
    unit = f" ({quantity.unit})" if quantity.unit else ""
    axes.set_xlabel(f"mean of both{unit}", fontsize=8)
    axes.set_ylabel(f"difference{unit}", fontsize=8)
    axes.tick_params(labelsize=7)
    axes.margins(0.1, 0.15)
    axes.spines[["top", "right"]].set_visible(False)
    if differences.why_empty:
        words = f"n = {differences.n}, bias {differences.bias:.3g}; no limits"
    else:
        _limits(axes, found)
        words = f"n = {differences.n}, bias {differences.bias:.3g}, limits {differences.limits[0]:.3g} to {differences.limits[1]:.3g}"
    axes.set_title(f"{quantity.title}\n{words}", fontsize=8.5, color=INK)


def _limits(axes: Axes, found: QuantityAgreement) -> None:
    differences = found.bland_altman
    axes.axhspan(*differences.bias_ci, color=INK, alpha=0.12, linewidth=0)
    for limit, interval in zip(differences.limits, (differences.lower_limit_ci, differences.upper_limit_ci), strict=True):
        axes.axhline(limit, color=VERMILION, linewidth=1.2, linestyle="--")
        axes.axhspan(*interval, color=VERMILION, alpha=0.12, linewidth=0)
