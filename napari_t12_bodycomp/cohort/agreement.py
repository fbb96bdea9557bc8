"""Two sets of readings of the same cases, set beside each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from napari_t12_bodycomp.cohort.bland_altman import bland_altman
from napari_t12_bodycomp.cohort.icc import intraclass
from napari_t12_bodycomp.cohort.pairing import MASKS, compare_case
from napari_t12_bodycomp.cohort.quantities import LEVEL, getters
from napari_t12_bodycomp.cohort.repeatability import concordance, repeatability
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.agreement import (
    UNKNOWN_RANGE,
    Agreement,
    CaseComparison,
    Concordance,
    Icc,
    OverlapAgreement,
    Quantity,
    QuantityAgreement,
    Repeatability,
    Spread,
)
from napari_t12_bodycomp.model.reading import NAN, Reading


def compare(first: Sequence[Reading], second: Sequence[Reading]) -> Agreement:
    """Pair the readings by case and say how they agree; differences are first minus second.

    Raises
    ------
    InputError
        Where a case stands twice on one side, or no case stands on both.
    """
    ones, others = _by_case(first, "first"), _by_case(second, "second")
    shared = sorted(ones.keys() & others.keys())
    if not shared:
        raise InputError(
            "Two readings of the same cases are wanted, no case stands on both sides: check that the cases' names are the same."
        )
    cases = tuple(compare_case(ones[case], others[case]) for case in shared)
    return Agreement(
        first_reader=_reader(first),
        second_reader=_reader(second),
        cases=cases,
        only_first=tuple(sorted(ones.keys() - others.keys())),
        only_second=tuple(sorted(others.keys() - ones.keys())),
        quantities=tuple(_quantity(quantity, cases) for quantity in getters()),
        overlaps=tuple(_overlaps(quantity, cases) for quantity in MASKS),
        remarks=_remarks(cases),
    )


def _by_case(readings: Sequence[Reading], side: str) -> dict[str, Reading]:
    found: dict[str, Reading] = {}
    for reading in readings:
        if reading.case in found:
            raise InputError(f"One reading a case is wanted, the {side} set holds {reading.case!r} twice: choose one of them.")
        found[reading.case] = reading
    return found


def _reader(readings: Sequence[Reading]) -> str:
    """The reader's name where one person made all readings, else ""."""
    readers = {reading.reader for reading in readings}
    return readers.pop() if len(readers) == 1 else ""


def _remarks(cases: Sequence[CaseComparison]) -> tuple[str, ...]:
    """What a reader of the numbers must know about the pairs."""
    found = []
    protocols = [c for c in cases if c.first.protocol and c.second.protocol and c.first.protocol != c.second.protocol]
    if protocols:
        found.append(
            f"{len(protocols)} of {len(cases)} cases were measured by two protocols: their differences are not the readers' alone."
        )
    same_person = [c for c in cases if c.first.reader and c.first.reader == c.second.reader]
    if same_person:
        found.append(f"{len(same_person)} of {len(cases)} cases were read twice by the same person.")
    without = [c for c in cases if not all(r.indices or r.areas_cm2 for r in (c.first, c.second))]
    if without:
        found.append(
            f"In {len(without)} of {len(cases)} cases a reading is a label map alone, which gives regions: tissues, mean HU and indices need "
            "the scan (measure it with these regions), or a table."
        )
    return tuple(found)


# -- over all cases ------------------------------------------------------------------------------------------------------------------------


def _quantity(quantity: Quantity, cases: Sequence[CaseComparison]) -> QuantityAgreement:
    whole = [c for c in cases if _is_complete(c, quantity)]
    table = np.array([c.values[quantity.name] for c in whole], dtype=np.float64).reshape(-1, 2)
    first, second = table.T
    found = QuantityAgreement(
        quantity=quantity,
        cases=tuple(c.case for c in whole),
        first=tuple(first.tolist()),
        second=tuple(second.tolist()),
        n_left_out=len(cases) - len(whole),
        icc=intraclass(table),
        bland_altman=bland_altman(first, second),
        repeatability=repeatability(table),
        concordance=concordance(first, second),
    )
    return found if quantity.has_zero else _differences_alone(found)


def _is_complete(case: CaseComparison, quantity: Quantity) -> bool:
    is_comparable = quantity != LEVEL or not math.isnan(case.level_difference_mm)
    return is_comparable and not any(math.isnan(value) for value in case.values[quantity.name])


def _differences_alone(found: QuantityAgreement) -> QuantityAgreement:
    """The same without what compares cases with each other, or with zero."""
    why = "each scan puts its zero elsewhere: only differences mean something"
    n = len(found.cases)
    errors, differences = found.repeatability, found.bland_altman
    return replace(
        found,
        icc={form: Icc(form, n, found.n_left_out, why_empty=why, why_no_ci=why) for form in found.icc},
        concordance=Concordance(n, why_empty=why),
        repeatability=Repeatability(n, errors.tem, errors.sdc, why_empty=errors.why_empty, why_no_percent=why),
        bland_altman=replace(differences, slope=NAN, slope_p=NAN, percent_bias=NAN, percent_limits=UNKNOWN_RANGE, why_no_percent=why),
    )


def _overlaps(quantity: Quantity, cases: Sequence[CaseComparison]) -> OverlapAgreement:
    found = [c.overlaps[quantity.name] for c in cases]
    return OverlapAgreement(
        name=quantity.name,
        title=quantity.title.removesuffix(" area"),
        n_left_out=sum(math.isnan(o.dice) for o in found),
        dice=spread([o.dice for o in found]),
        jaccard=spread([o.jaccard for o in found]),
        surface_mm=spread([o.surface_mm for o in found]),
        hausdorff95_mm=spread([o.hausdorff95_mm for o in found]),
    )


def spread(values: Sequence[float]) -> Spread:
    """Median, quartiles (by linear interpolation, type 7), mean, SD and range of the values that are known."""
    known = np.array([v for v in values if not math.isnan(v)], dtype=np.float64)
    n = len(known)
    if n == 0:
        return Spread(0)
    q1, median, q3 = (float(q) for q in np.quantile(known, (0.25, 0.5, 0.75)))
    sd = float(known.std(ddof=1)) if n > 1 else NAN
    return Spread(n, median, (q1, q3), float(known.mean()), sd, (float(known.min()), float(known.max())))
