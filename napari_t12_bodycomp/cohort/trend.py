"""The straight line through a scatter plot, and how surely its height is known: the shaded band of a correlation figure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from napari_t12_bodycomp.cohort.complete import ROUNDING, complete_rows, why_too_few
from napari_t12_bodycomp.cohort.design import cells, numbers
from napari_t12_bodycomp.model.roc import Trend

METHOD = (
    "Least-squares line with the 95% confidence band of the mean (t, n - 2 degrees of freedom); it illustrates, the rank correlation tests."
)


def trend(x: npt.ArrayLike, y: npt.ArrayLike, n_steps: int = 101) -> Trend:
    """The line of `y` (rows,) on `x` (rows,) at `n_steps` places from the smallest x to the largest; rows with a NaN are left out."""
    whole, n_left_out = complete_rows(np.stack([numbers("x", cells(x)), numbers("y", cells(y))], axis=1))
    n = len(whole)
    points = tuple((float(a), float(b)) for a, b in whole)
    if why := why_too_few(n):
        return Trend(n, n_left_out, points, why_empty=why, method=METHOD)
    across, up = whole.T
    if np.ptp(across) <= ROUNDING * np.abs(across).max():
        return Trend(n, n_left_out, points, why_empty="all cases have the same value on the x axis: there is no line", method=METHOD)
    centre = across - across.mean()
    spread = float((centre**2).sum())
    slope = float((centre * up).sum()) / spread
    rest = float(((up - up.mean() - slope * centre) ** 2).sum()) / (n - 2)
    at = np.linspace(across.min(), across.max(), n_steps)
    line = up.mean() + slope * (at - across.mean())
    half = float(special.stdtrit(n - 2, 0.975)) * np.sqrt(rest * (1 / n + (at - across.mean()) ** 2 / spread))
    return Trend(
        n=n,
        n_left_out=n_left_out,
        points=points,
        intercept=float(up.mean() - slope * across.mean()),
        slope=slope,
        x=tuple(at.tolist()),
        line=tuple(line.tolist()),
        low=tuple((line - half).tolist()),
        high=tuple((line + half).tolist()),
        method=METHOD,
    )
