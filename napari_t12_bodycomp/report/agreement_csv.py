"""The agreement of two sets of readings as two tables: one row a quantity, and one row a case."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from napari_t12_bodycomp.model.agreement import Agreement, CaseComparison, Overlap, OverlapAgreement, QuantityAgreement, Spread
from napari_t12_bodycomp.report.indices_csv import as_text, cell

_FORMAT = ".10g"
_PARTS = ("dice", "jaccard", "surface_mm", "hausdorff95_mm")


@dataclass(frozen=True, slots=True)
class _Row:
    """What one row is made of."""

    quantity: QuantityAgreement
    overlap: OverlapAgreement | None


Get = Callable[[_Row], object]


def _mean(side: str) -> Get:
    def get(row: _Row) -> object:
        values: tuple[float, ...] = getattr(row.quantity, side)
        return math.fsum(values) / len(values) if values and row.quantity.quantity.has_zero else None

    return get


def _of(part: str, name: str, end: int | None = None) -> Get:
    """Attribute `name` of the quantity's `part`, or one end of it where it is an interval."""

    def get(row: _Row) -> object:
        value = getattr(getattr(row.quantity, part), name)
        return value if end is None else value[end]

    return get


def _icc(form: str, name: str, end: int | None = None) -> Get:
    def get(row: _Row) -> object:
        value = getattr(row.quantity.icc[form], name)
        return value if end is None else value[end]

    return get


def _overlap(part: str, name: str, end: int | None = None) -> Get:
    def get(row: _Row) -> object:
        if row.overlap is None:
            return None
        spread: Spread = getattr(row.overlap, part)
        value = getattr(spread, name)
        return value if end is None else value[end]

    return get


def _columns() -> Iterator[tuple[str, Get]]:
    yield "quantity", lambda r: r.quantity.quantity.name
    yield "unit", lambda r: r.quantity.quantity.unit
    yield "n", lambda r: len(r.quantity.cases)
    yield "n_left_out", lambda r: r.quantity.n_left_out
    yield "mean_first", _mean("first")
    yield "mean_second", _mean("second")
    for form, short in (("ICC(2,1)", "icc_2_1"), ("ICC(3,1)", "icc_3_1")):
        yield short, _icc(form, "value")
        yield f"{short}_ci_low", _icc(form, "ci", 0)
        yield f"{short}_ci_high", _icc(form, "ci", 1)
        yield f"{short}_f", _icc(form, "f")
        yield f"{short}_df1", _icc(form, "df", 0)
        yield f"{short}_df2", _icc(form, "df", 1)
        yield f"{short}_p", _icc(form, "p")
    yield "ccc", _of("concordance", "value")
    yield "ccc_ci_low", _of("concordance", "ci", 0)
    yield "ccc_ci_high", _of("concordance", "ci", 1)
    for name in ("cv_rms_percent", "cv_mean_percent", "tem", "rtem_percent", "sdc"):
        yield name, _of("repeatability", name)
    ba = "bland_altman"
    yield "bias", _of(ba, "bias")
    yield "bias_ci_low", _of(ba, "bias_ci", 0)
    yield "bias_ci_high", _of(ba, "bias_ci", 1)
    yield "bias_t", _of(ba, "t")
    yield "bias_p", _of(ba, "t_p")
    yield "sd_difference", _of(ba, "sd")
    for end, which in enumerate(("lower", "upper")):
        yield f"{which}_limit", _of(ba, "limits", end)
        yield f"{which}_limit_ci_low", _of(ba, f"{which}_limit_ci", 0)
        yield f"{which}_limit_ci_high", _of(ba, f"{which}_limit_ci", 1)
    yield "slope_on_mean", _of(ba, "slope")
    yield "slope_on_mean_p", _of(ba, "slope_p")
    yield "bias_percent", _of(ba, "percent_bias")
    yield "lower_limit_percent", _of(ba, "percent_limits", 0)
    yield "upper_limit_percent", _of(ba, "percent_limits", 1)
    yield "mean_abs_difference", _of(ba, "mean_abs")
    yield "max_abs_difference", _of(ba, "max_abs")
    for part in _PARTS:
        yield f"{part}_n", _overlap(part, "n")
        yield f"{part}_median", _overlap(part, "median")
        yield f"{part}_q1", _overlap(part, "quartiles", 0)
        yield f"{part}_q3", _overlap(part, "quartiles", 1)
        yield f"{part}_mean", _overlap(part, "mean")
        yield f"{part}_sd", _overlap(part, "sd")
        yield f"{part}_min", _overlap(part, "range", 0)
        yield f"{part}_max", _overlap(part, "range", 1)
    yield "not_available", lambda r: "; ".join(why_empty(r.quantity))


def agreement_csv(agreement: Agreement) -> str:
    """One row a quantity; an empty cell is not available, and `not_available` says why."""
    columns = dict(_columns())
    overlaps = {o.name: o for o in agreement.overlaps}
    rows = [_Row(q, overlaps.get(q.quantity.name)) for q in agreement.quantities]
    return as_text(list(columns), [{name: cell(get(row), _FORMAT) for name, get in columns.items()} for row in rows])


def why_empty(quantity: QuantityAgreement) -> list[str]:
    """Why numbers of a quantity are not available, each reason once, with what it is the reason for."""
    absolute, errors, differences = quantity.icc["ICC(2,1)"], quantity.repeatability, quantity.bland_altman
    by_reason: dict[str, list[str]] = {}
    for what, why in (
        ("ICC", absolute.why_empty),
        ("interval of ICC(2,1)", "" if absolute.why_empty else absolute.why_no_ci),
        ("interval of ICC(3,1)", "" if absolute.why_empty else quantity.icc["ICC(3,1)"].why_no_ci),
        ("CCC" if math.isnan(quantity.concordance.value) else "interval of CCC", quantity.concordance.why_empty),
        ("TEM, SDC", errors.why_empty),
        ("CV, rTEM", "" if errors.why_empty else errors.why_no_percent),
        ("limits", differences.why_empty),
        ("percent differences", "" if differences.why_empty else differences.why_no_percent),
    ):
        if why:
            by_reason.setdefault(why, []).append(what)
    return [f"{', '.join(whats)}: {why}" for why, whats in by_reason.items()]


# -- one row a case ------------------------------------------------------------------------------------------------------------------------


def cases_csv(agreement: Agreement) -> str:
    """One row a case, those on one side only at the end."""
    quantities = [q.quantity.name for q in agreement.quantities if q.quantity.has_zero]
    masks = [o.name for o in agreement.overlaps]
    header = ["case", "compared", "first_reader", "second_reader", "first_z_mm", "second_z_mm", "level_difference_mm"]
    header += [f"{side}_{name}" for name in quantities for side in ("first", "second", "difference")]
    header += [f"{part}_{_short(name)}" for name in masks for part in _PARTS]
    header += ["same_slice", "why_no_overlap"]
    rows = [_case_row(case, quantities, masks) for case in agreement.cases]
    sides = (("first", agreement.only_first), ("second", agreement.only_second))
    rows += [{"case": cell(case, ""), "compared": f"no: only in the {side} set"} for side, names in sides for case in names]
    return as_text(header, rows)


def _case_row(case: CaseComparison, quantities: list[str], masks: list[str]) -> dict[str, str]:
    cells: dict[str, object] = {
        "case": case.case,
        "compared": "yes",
        "first_reader": case.first.reader,
        "second_reader": case.second.reader,
        "first_z_mm": case.first.z_mm,
        "second_z_mm": case.second.z_mm,
        "level_difference_mm": case.level_difference_mm,
        "same_slice": not case.why_no_overlap,
        "why_no_overlap": case.why_no_overlap or "; ".join(_why_no_mask(case.overlaps, masks)),
    }
    for name in quantities:
        first, second = case.values[name]
        cells |= {f"first_{name}": first, f"second_{name}": second, f"difference_{name}": first - second}
    for name in masks:
        cells |= {f"{part}_{_short(name)}": getattr(case.overlaps[name], part) for part in _PARTS}
    return {name: cell(value, _FORMAT if isinstance(value, float) else "") for name, value in cells.items()}


def _why_no_mask(overlaps: Mapping[str, Overlap], masks: list[str]) -> Iterator[str]:
    for name in masks:
        if overlaps[name].why_empty:
            yield f"{_short(name)}: {overlaps[name].why_empty}"


def _short(name: str) -> str:
    return name.removesuffix("_area_cm2")
