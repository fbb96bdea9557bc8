"""What DeLong's variance is made of: where each case stands among the controls, and each control among the cases.

Source: DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.cohort.design import Floats, cells, numbers
from napari_t12_bodycomp.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Values of the cases (cases,) and of the controls (controls,), and how many rows lacked one."""

    cases: Floats
    controls: Floats
    n_left_out: int

    @property
    def why_empty(self) -> str:
        if len(self.cases) and len(self.controls):
            return ""
        missing = "case" if len(self.controls) else ("control" if len(self.cases) else "case and no control")
        return f"cases and controls are both needed, but there is no {missing} with a known value"


@dataclass(frozen=True, slots=True, eq=False)
class Placements:
    """The share of controls below each case (cases,), and of cases above each control (controls,), ties counting half."""

    of_cases: Floats
    of_controls: Floats

    @property
    def auc(self) -> float:
        return float(self.of_cases.mean())

    def covariance(self, other: Placements) -> float:
        """DeLong's covariance of two areas of the same cases and controls, of an area with itself its variance; NaN for a single case or control."""
        if min(len(self.of_cases), len(self.of_controls)) < 2:
            return float("nan")
        return _covariance(self.of_cases, other.of_cases) + _covariance(self.of_controls, other.of_controls)


def samples(outcome: npt.ArrayLike, *markers: npt.ArrayLike) -> list[Sample]:
    """Each of `markers` (rows,) by `outcome` (rows,), 1 a case and 0 a control, over the rows in which nothing is missing.

    Raises
    ------
    InputError
        Where the outcome holds something else than 0, 1 and missing ones, a marker is no finite number, or lengths differ.
    """
    y = numbers("the outcome", cells(outcome))
    values = [numbers("the marker", cells(marker)) for marker in markers]
    if any(len(marker) != len(y) for marker in values):
        raise InputError(f"{len(y)} values of the marker are wanted as the outcome has them: give both the same rows.")
    if not np.isin(y[~np.isnan(y)], (0, 1)).all():
        raise InputError("An outcome of 0 (control) and 1 (case) is wanted, it holds other values: recode it.")
    whole = ~np.isnan(np.stack([y, *values])).any(axis=0)
    return [Sample(marker[whole & (y == 1)], marker[whole & (y == 0)], int((~whole).sum())) for marker in values]


def placements(sample: Sample, is_high_positive: bool) -> Placements:
    """Of a sample with cases and controls."""
    sign = 1.0 if is_high_positive else -1.0
    cases, controls = sign * sample.cases, sign * sample.controls
    return Placements(_share_below(cases, controls), 1 - _share_below(controls, cases))


def is_high_positive(sample: Sample) -> bool:
    """Whether cases lie higher, by the medians; where these are equal, yes."""
    return bool(np.median(sample.controls) <= np.median(sample.cases))


def _share_below(values: Floats, others: Floats) -> Floats:
    ordered = np.sort(others)
    both = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return np.asarray(both / (2 * len(others)), dtype=np.float64)


def _covariance(first: Floats, second: Floats) -> float:
    n = len(first)
    return float(((first - first.mean()) * (second - second.mean())).sum()) / (n - 1) / n
