"""The agreement of two sets of readings in words, and as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from napari_t12_bodycomp.model.agreement import Agreement, OverlapAgreement, QuantityAgreement, Spread
from napari_t12_bodycomp.report.agreement_csv import why_empty

NOT_AVAILABLE = "n/a"
_HOW = """## How it was counted

- Differences are first minus second. A quantity is compared over the cases in which both readings know it; a case in which one of
  them is missing is left out of that quantity whole, and counted above.
- ICC(2,1): two-way random, absolute agreement, single reader. ICC(3,1): two-way, consistency, single reader; it forgives a constant
  difference. 95% intervals of Shrout and Fleiss (1979).
- CV: the SD of a case's two values in percent of their mean, over the cases as root mean square (rms) and as mean.
- TEM: technical error of measurement, sqrt(sum of squared differences / 2n) (Dahlberg); rTEM in percent of the grand mean;
  SDC: smallest detectable change, 1.96 sqrt(2) TEM. All three hold a constant difference between the readers.
- Limits of agreement: bias -/+ 1.96 SD of the differences (n - 1), with the intervals of Bland and Altman (1999).
- Dice and distances only where both readings measured the same slice of the same scan. Distances are between contour pixels, both
  ways: their mean, and the greater of the two 95th percentiles (HD95). Quartiles are of type 7 (linear interpolation).
- n/a is not available, and never 0. Formulas and sources stand in the project's docs/agreement.md.
"""


def agreement_markdown(agreement: Agreement, title: str) -> str:
    """A short report to read, in Markdown."""
    parts = [f"# {title}", _cases_words(agreement)]
    parts += [f"{remark}\n" for remark in agreement.remarks]
    known = [q for q in agreement.quantities if q.cases and q.quantity.has_zero]
    if known:
        parts.append("## Numbers\n\n" + _table(_NUMBER_HEAD, [_number_row(q) for q in known]))
        parts.append(_table(_ERROR_HEAD, [_error_row(q) for q in known]))
    drawn = [o for o in agreement.overlaps if o.dice.n]
    if drawn:
        parts.append("## Drawings\n\n" + _table(_OVERLAP_HEAD, [_overlap_row(o) for o in drawn]))
    parts.append("## Level\n\n" + _level_words(agreement))
    if missing := _missing_words(agreement):
        parts.append("## What is not available\n\n" + "\n".join(f"- {line}" for line in missing) + "\n")
    return "\n".join([*parts, _HOW])


def _cases_words(agreement: Agreement) -> str:
    lines = [f"{len(agreement.cases)} cases were read twice: {agreement.first_name}, and {agreement.second_name}."]
    for side, names in (("first", agreement.only_first), ("second", agreement.only_second)):
        if names:
            lines.append(f"{len(names)} stand only in the {side} set and are not compared: {_listed(names)}.")
    return "\n".join(lines) + "\n"


def _listed(names: Sequence[str], most: int = 20) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more (agreement_cases.csv names all)" if len(names) > most else shown


def figure(value: float, digits: int = 3) -> str:
    """`value` to so many digits after the point, or to three significant ones where it is small."""
    if math.isnan(value):
        return NOT_AVAILABLE
    return f"{value:.{digits}f}" if value == 0 or abs(value) >= 10 ** (1 - digits) else f"{value:.2g}"


def _interval(interval: tuple[float, float], digits: int = 3) -> str:
    return NOT_AVAILABLE if any(map(math.isnan, interval)) else f"{figure(interval[0], digits)} to {figure(interval[1], digits)}"


_NUMBER_HEAD = ("quantity", "n", "left out", "mean first", "mean second", "ICC(2,1) (95% CI)", "ICC(3,1) (95% CI)")
_ERROR_HEAD = ("quantity", "bias (95% CI)", "SD", "limits of agreement", "CV rms / mean %", "TEM", "rTEM %", "SDC")
_OVERLAP_HEAD = ("drawing", "n", "left out", "Dice, median (IQR)", "lowest", "surface distance mm, median (IQR)", "HD95 mm, median (IQR)")


def _number_row(q: QuantityAgreement) -> tuple[str, ...]:
    iccs = (q.icc[form] for form in ("ICC(2,1)", "ICC(3,1)"))
    means = (figure(math.fsum(side) / len(side), 2) for side in (q.first, q.second))
    return (_name(q), str(len(q.cases)), str(q.n_left_out), *means, *(f"{figure(i.value)} ({_interval(i.ci)})" for i in iccs))


def _error_row(q: QuantityAgreement) -> tuple[str, ...]:
    differences, errors = q.bland_altman, q.repeatability
    return (
        _name(q),
        f"{figure(differences.bias, 2)} ({_interval(differences.bias_ci, 2)})",
        figure(differences.sd, 2),
        _interval(differences.limits, 2),
        f"{figure(errors.cv_rms_percent, 2)} / {figure(errors.cv_mean_percent, 2)}",
        figure(errors.tem, 2),
        figure(errors.rtem_percent, 2),
        figure(errors.sdc, 2),
    )


def _overlap_row(o: OverlapAgreement) -> tuple[str, ...]:
    return (
        o.title,
        str(o.dice.n),
        str(o.n_left_out),
        _median(o.dice),
        figure(o.dice.range[0]),
        _median(o.surface_mm, 2),
        _median(o.hausdorff95_mm, 2),
    )


def _median(spread: Spread, digits: int = 3) -> str:
    return f"{figure(spread.median, digits)} ({_interval(spread.quartiles, digits)})"


def _name(q: QuantityAgreement) -> str:
    return f"{q.quantity.title}, {q.quantity.unit}" if q.quantity.unit else q.quantity.title


def _level_words(agreement: Agreement) -> str:
    level = next(q for q in agreement.quantities if not q.quantity.has_zero)
    n, differences = len(level.cases), level.bland_altman
    if n == 0:
        return "In no case is the measured slice known on both sides.\n"
    same = sum(abs(one - other) < 0.05 for one, other in zip(level.first, level.second, strict=True))
    words = f"Both measured the same slice in {same} of {n} cases"
    unknown = f"; in {level.n_left_out} more it is unknown, or two scans were measured" if level.n_left_out else ""
    apart = f"mean difference {figure(differences.bias, 2)} mm, mean distance {figure(differences.mean_abs, 2)} mm, "
    apart += f"greatest {figure(differences.max_abs, 2)} mm"
    limits = "" if differences.why_empty else f"; SD {figure(differences.sd, 2)} mm, limits {_interval(differences.limits, 2)} mm"
    return f"{words}{unknown}. Levels: {apart}{limits}.\n"


def _missing_words(agreement: Agreement) -> list[str]:
    """What is missing and why: quantities, and drawings by the reason that they could not be compared."""
    lines = []
    for q in agreement.quantities:
        if not q.cases:
            lines.append(f"{_name(q)}: no case in which both readings know it.")
        elif q.quantity.has_zero:
            lines += [f"{_name(q)}: {why}." for why in why_empty(q)]
    for o in agreement.overlaps:
        reasons: dict[str, int] = {}
        for case in agreement.cases:
            if why := case.overlaps[o.name].why_empty:
                plain = "two slices were measured" if why.startswith("two slices") else why
                reasons[plain] = reasons.get(plain, 0) + 1
        lines += [f"{o.title}, overlap: {why} ({n} of {len(agreement.cases)} cases)." for why, n in reasons.items()]
    return lines


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


def agreement_json(agreement: Agreement) -> dict[str, Any]:
    """The numbers as plain dicts; unknown is None."""
    return {
        "first": agreement.first_name,
        "second": agreement.second_name,
        "cases": len(agreement.cases),
        "only_first": list(agreement.only_first),
        "only_second": list(agreement.only_second),
        "remarks": list(agreement.remarks),
        "quantities": {q.quantity.name: _quantity_json(q) for q in agreement.quantities},
        "overlaps": {o.name.removesuffix("_area_cm2"): _overlap_json(o) for o in agreement.overlaps},
    }


def _quantity_json(q: QuantityAgreement) -> dict[str, Any]:
    differences, errors = q.bland_altman, q.repeatability
    return {
        "unit": q.quantity.unit,
        "n": len(q.cases),
        "n_left_out": q.n_left_out,
        "icc": {form: {"value": _known(i.value), "ci": _known_pair(i.ci), "p": _known(i.p)} for form, i in q.icc.items() if form[4] != "1"},
        "ccc": {"value": _known(q.concordance.value), "ci": _known_pair(q.concordance.ci)},
        "bias": _known(differences.bias),
        "bias_ci": _known_pair(differences.bias_ci),
        "sd_difference": _known(differences.sd),
        "limits": _known_pair(differences.limits),
        "limits_ci": [_known_pair(differences.lower_limit_ci), _known_pair(differences.upper_limit_ci)],
        "mean_abs_difference": _known(differences.mean_abs),
        "max_abs_difference": _known(differences.max_abs),
        **{name: _known(getattr(errors, name)) for name in ("tem", "rtem_percent", "sdc", "cv_rms_percent", "cv_mean_percent")},
        "not_available": why_empty(q),
    }


def _overlap_json(o: OverlapAgreement) -> dict[str, Any]:
    parts = {"dice": o.dice, "jaccard": o.jaccard, "surface_mm": o.surface_mm, "hausdorff95_mm": o.hausdorff95_mm}
    spreads = {
        name: {
            "n": s.n,
            "median": _known(s.median),
            "quartiles": _known_pair(s.quartiles),
            "mean": _known(s.mean),
            "range": _known_pair(s.range),
        }
        for name, s in parts.items()
    }
    return {"n_left_out": o.n_left_out, **spreads}


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _known_pair(pair: tuple[float, float]) -> list[float] | None:
    return [float(value) for value in pair] if all(map(math.isfinite, pair)) else None
