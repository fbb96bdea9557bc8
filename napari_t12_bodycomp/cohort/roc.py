"""Receiver operating characteristic of one marker, and DeLong's tests of two areas.

Sources: Hanley JA, McNeil BJ. Radiology 1982;143:29-36; DeLong ER et al. Biometrics 1988;44:837-845; the unpaired test takes Welch's degrees of
freedom, as pROC does (Robin X et al. BMC Bioinformatics 2011;12:77).
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy import special

from napari_t12_bodycomp.cohort.cutoff import points_and_best
from napari_t12_bodycomp.cohort.placements import Sample, is_high_positive, placements, samples
from napari_t12_bodycomp.cohort.wald import NORMAL_975
from napari_t12_bodycomp.model.roc import AucComparison, Roc

METHOD = (
    "Area under the empirical ROC curve, ties counting half; standard error, 95% interval and p against 0.5 by DeLong; cut-offs by the "
    "Youden index at midpoints of neighbouring values, ties decided on whole counts, the one with the highest sensitivity chosen."
)
PAIRED = "DeLong's test of two correlated areas on the same rows (z)."
UNPAIRED = "DeLong's test of two independent areas (t with Welch's degrees of freedom)."
_NO_SE = "the standard error is not known with a single case or control"


def roc(outcome: npt.ArrayLike, marker: npt.ArrayLike, *, high_is_positive: bool | None = None) -> Roc:
    """How `marker` (rows,) tells cases from controls, `outcome` (rows,) 1 and 0; rows with a NaN are left out and counted.

    `high_is_positive` fixes which end of the marker means a case; None: the cases' end by the medians. Without cases or controls `why_empty`
    says so. A marker that does not vary has no z, no p and no cut-off but "everybody".

    Raises
    ------
    InputError
        Where the columns are no such table, see `placements.samples`.
    """
    (sample,) = samples(outcome, marker)
    n_cases, n_controls = len(sample.cases), len(sample.controls)
    frame = partial(Roc, n_cases=n_cases, n_controls=n_controls, n_left_out=sample.n_left_out, method=METHOD)
    if sample.why_empty:
        return frame(why_empty=sample.why_empty)
    high = is_high_positive(sample) if high_is_positive is None else high_is_positive
    found = placements(sample, high)
    auc, variance = found.auc, found.covariance(found)
    se = None if math.isnan(variance) else math.sqrt(variance)
    z = None if se is None else _ratio(auc - 0.5, se)
    points, best = points_and_best(sample, high)
    return frame(
        is_high_positive=high,
        auc=auc,
        se=se,
        ci=None if se is None else (max(0.0, auc - NORMAL_975 * se), min(1.0, auc + NORMAL_975 * se)),
        z=z,
        p=_two_sided(z),
        null_se=math.sqrt((n_cases + n_controls + 1) / (12 * n_cases * n_controls)),
        null_p=_mann_whitney_p(sample, auc),
        u_cases=round(2 * (auc if high else 1 - auc) * n_cases * n_controls) / 2,
        points=points,
        best=best,
        chosen=max(best, key=lambda cut: cut.true_positives),
        warnings=tuple(_warnings(sample, auc, se, len(best))),
    )


def compare_paired(
    outcome: npt.ArrayLike,
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    high_is_positive: tuple[bool | None, bool | None] = (None, None),
) -> AucComparison:
    """Two markers (rows,) of the same people, over the rows in which both are known; directions as in `roc`, of the first and of the second."""
    pair = samples(outcome, first, second)
    frame = partial(AucComparison, is_paired=True, n_left_out=pair[0].n_left_out, method=PAIRED)
    if pair[0].why_empty:
        return frame(why_empty=pair[0].why_empty)
    one, two = (
        placements(sample, is_high_positive(sample) if high is None else high) for sample, high in zip(pair, high_is_positive, strict=True)
    )
    frame = partial(frame, auc_first=one.auc, auc_second=two.auc, difference=one.auc - two.auc)
    covariance = one.covariance(two)
    variance = one.covariance(one) + two.covariance(two) - 2 * covariance
    if math.isnan(variance):
        return frame(why_empty=_NO_SE)
    if variance <= 1e-15:
        return frame(covariance=covariance, why_empty="the markers order the rows alike, or do not vary: there is nothing to test")
    se = math.sqrt(variance)
    z = (one.auc - two.auc) / se
    ci = (one.auc - two.auc - NORMAL_975 * se, one.auc - two.auc + NORMAL_975 * se)
    return frame(difference_ci=ci, covariance=covariance, statistic=z, p=_two_sided(z))


def compare_unpaired(
    first: tuple[npt.ArrayLike, npt.ArrayLike],
    second: tuple[npt.ArrayLike, npt.ArrayLike],
    *,
    high_is_positive: tuple[bool | None, bool | None] = (None, None),
) -> AucComparison:
    """A marker in two groups of people, each as (outcome, marker); directions as in `roc`, of the first group and of the second."""
    groups = [samples(*group)[0] for group in (first, second)]
    frame = partial(AucComparison, is_paired=False, n_left_out=sum(group.n_left_out for group in groups), method=UNPAIRED)
    for group in groups:
        if group.why_empty:
            return frame(why_empty=group.why_empty)
    found = [
        placements(group, is_high_positive(group) if high is None else high) for group, high in zip(groups, high_is_positive, strict=True)
    ]
    difference = found[0].auc - found[1].auc
    frame = partial(frame, auc_first=found[0].auc, auc_second=found[1].auc, difference=difference)
    variances = [one.covariance(one) for one in found]
    if math.isnan(sum(variances)):
        return frame(why_empty=_NO_SE)
    if sum(variances) == 0:
        return frame(why_empty="neither area has a standard error above 0: there is no test")
    sizes = [len(group.cases) + len(group.controls) for group in groups]
    df = sum(variances) ** 2 / sum(v**2 / (n - 1) for v, n in zip(variances, sizes, strict=True))
    se = math.sqrt(sum(variances))
    half = float(special.stdtrit(df, 0.975)) * se
    t = difference / se
    return frame(difference_ci=(difference - half, difference + half), statistic=t, df=df, p=2 * float(special.stdtr(df, -abs(t))))


def _ratio(difference: float, se: float) -> float | None:
    if se > 0:
        return difference / se
    return math.copysign(math.inf, difference) if difference else None


def _two_sided(z: float | None) -> float | None:
    return None if z is None else 2 * float(special.ndtr(-abs(z)))


def _mann_whitney_p(sample: Sample, auc: float) -> float | None:
    """Mann-Whitney's p with the correction for ties and without one for continuity; None where all values are equal."""
    n1, n0 = len(sample.cases), len(sample.controls)
    n = n1 + n0
    ties = np.unique(np.concatenate([sample.cases, sample.controls]), return_counts=True)[1].astype(np.float64)
    variance = n1 * n0 / 12 * (n + 1 - float((ties**3 - ties).sum()) / (n * (n - 1)))
    return None if variance <= 0 else _two_sided((auc - 0.5) * n1 * n0 / math.sqrt(variance))


def _warnings(sample: Sample, auc: float, se: float | None, n_best: int) -> list[str]:
    found = []
    if len(np.unique(np.concatenate([sample.cases, sample.controls]))) == 1:
        return ["The marker has one value in all rows: it tells nothing, and there is no cut-off."]
    if se is None:
        found.append(f"DeLong's interval is missing: {_NO_SE}.")
    elif se == 0:
        found.append("The marker parts cases and controls without overlap: a standard error of 0 is this sample's, not the population's.")
    if auc < 0.5:
        found.append("The area is below 0.5: in these data the other end of the marker means a case.")
    if n_best > 1:
        found.append(f"{n_best} cut-offs have the same largest Youden index; the one with the highest sensitivity is chosen.")
    return found
