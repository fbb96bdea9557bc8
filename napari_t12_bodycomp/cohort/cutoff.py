"""Thresholds of a marker: the curve's corners, and the cut-offs with the largest Youden index.

Source: Youden WJ. Cancer 1950;3:32-35. Equal indices are told from whole counts, true positives x controls - false positives x cases, since
sums of fractions differ by rounding.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.cohort.design import Floats
from napari_t12_bodycomp.cohort.placements import Sample
from napari_t12_bodycomp.cohort.proportion import proportion
from napari_t12_bodycomp.model.roc import CutOff, RocPoint


def points_and_best(sample: Sample, is_high_positive: bool) -> tuple[tuple[RocPoint, ...], tuple[CutOff, ...]]:
    """The curve's corners, thresholds ascending from minus to plus infinity, and all finite cut-offs of the largest Youden index.

    A marker with one value has no finite threshold: its one cut-off is the infinite one that calls everybody positive.
    """
    values = np.unique(np.concatenate([sample.cases, sample.controls]))
    thresholds = np.concatenate([[-math.inf], (values[:-1] + values[1:]) / 2, [math.inf]])
    edges = np.concatenate([[-math.inf], values[1:], [math.inf]])
    positives = [_positives(group, edges, is_high_positive) for group in (sample.cases, sample.controls)]
    n_cases, n_controls = len(sample.cases), len(sample.controls)
    points = tuple(
        RocPoint(float(threshold), int(tp), int(fp), int(tp) / n_cases, (n_controls - int(fp)) / n_controls)
        for threshold, tp, fp in zip(thresholds, *positives, strict=True)
    )
    if len(values) == 1:
        return points, (_cut_off(points[0 if is_high_positive else -1], None, None, is_high_positive, n_cases, n_controls),)
    scores = [point.true_positives * n_controls - point.false_positives * n_cases for point in points[1:-1]]
    best = [i for i, score in enumerate(scores) if score == max(scores)]
    cuts = (_cut_off(points[i + 1], float(values[i]), float(values[i + 1]), is_high_positive, n_cases, n_controls) for i in best)
    return points, tuple(cuts)


def _positives(group: Floats, edges: Floats, high: bool) -> npt.NDArray[np.intp]:
    """How many of `group` are positive at each threshold; `edges` are the smallest values above the thresholds."""
    below = np.searchsorted(np.sort(group), edges, "left")
    return len(group) - below if high else below


def _cut_off(point: RocPoint, below: float | None, above: float | None, is_high_positive: bool, n_cases: int, n_controls: int) -> CutOff:
    tp, fp = point.true_positives, point.false_positives
    fn, tn = n_cases - tp, n_controls - fp
    return CutOff(
        threshold=point.threshold,
        below=below,
        above=above,
        is_high_positive=is_high_positive,
        true_positives=tp,
        false_positives=fp,
        true_negatives=tn,
        false_negatives=fn,
        youden=(tp * n_controls - fp * n_cases) / (n_cases * n_controls),
        accuracy=proportion(tp + tn, n_cases + n_controls),
        sensitivity=proportion(tp, n_cases),
        specificity=proportion(tn, n_controls),
        ppv=proportion(tp, tp + fp),
        npv=proportion(tn, tn + fn),
    )
