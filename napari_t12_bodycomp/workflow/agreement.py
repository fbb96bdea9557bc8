"""How well two sets of readings agree, as files."""

from __future__ import annotations

import math
from collections.abc import Sequence

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.reading import Reading
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.report import indices_csv

CASES_NAME = "agreement_cases.csv"


def agreement_files(first: Sequence[Reading], second: Sequence[Reading], title: str = "Agreement of two readings") -> dict[str, bytes]:
    """The files of the comparison by name; readings are paired by case, differences are first minus second.

    A case that stands on one side only is listed, never dropped. InputError where a case stands twice on one side, or on neither side twice.
    """
    ones, others = _by_case(first, "first"), _by_case(second, "second")
    if not ones.keys() & others.keys():
        raise InputError(
            "Two readings of the same cases are wanted, no case stands on both sides: check that the cases' names are the same."
        )
    header = ["case", "compared", *(f"{t.key}_area_difference_cm2" for t in Tissue)]
    rows = []
    for case in sorted(ones.keys() | others.keys()):
        one, other = ones.get(case), others.get(case)
        cells = {
            "case": indices_csv.safe_text(case),
            "compared": "yes" if one and other else f"no: only in the {'first' if one else 'second'}",
        }
        if one and other:
            for t in Tissue:
                difference = one.areas_cm2.get(t, math.nan) - other.areas_cm2.get(t, math.nan)
                cells[f"{t.key}_area_difference_cm2"] = indices_csv.cell(difference, ".3f")
        rows.append(cells)
    return {CASES_NAME: indices_csv.as_text(header, rows).encode()}


def _by_case(readings: Sequence[Reading], side: str) -> dict[str, Reading]:
    found: dict[str, Reading] = {}
    for reading in readings:
        if reading.case in found:
            raise InputError(f"One reading a case is wanted, the {side} set holds {reading.case!r} twice: choose one of them.")
        found[reading.case] = reading
    return found
