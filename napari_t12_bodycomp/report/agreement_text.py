"""The agreement of two sets of readings in words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from napari_t12_bodycomp.model.agreement import Agreement, OverlapAgreement, QuantityAgreement, Spread
from napari_t12_bodycomp.report.agreement_csv import why_empty
from napari_t12_bodycomp.report.text import table

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


def agreement_text(agreement: Agreement) -> str:
    """The same in few lines, for a terminal."""
    overlaps = {o.name: o for o in agreement.overlaps}
    rows: list[tuple[str, ...]] = [("quantity", "n", "ICC(2,1) (95% CI)", "bias", "limits of agreement", "TEM", "Dice")]
    for q in agreement.quantities:
        if q.cases and q.quantity.has_zero:
            icc, differences = q.icc["ICC(2,1)"], q.bland_altman
            drawn = overlaps.get(q.quantity.name)
            dice = coefficient(drawn.dice.median) if drawn is not None and drawn.dice.n else ""
            rows.append(
                (
                    _name(q),
                    str(len(q.cases)),
                    f"{coefficient(icc.value)} ({_coefficient_interval(icc.ci)})",
                    figure(differences.bias),
                    _interval(differences.limits),
                    figure(q.repeatability.tem),
                    dice,
                )
            )
    parts = [_cases_words(agreement).strip(), *agreement.remarks, table(rows, frozenset({1, 3, 5, 6})), _level_words(agreement).strip()]
    return "\n".join(filter(None, parts))


def _cases_words(agreement: Agreement) -> str:
    n = len(agreement.cases)
    who = [f"{side} by {name}" for side, name in (("first", agreement.first_reader), ("second", agreement.second_reader)) if name]
    lines = [f"{n} {'case was' if n == 1 else 'cases were'} read twice{', ' if who else ''}{' and '.join(who)}."]
    for side, names in (("first", agreement.only_first), ("second", agreement.only_second)):
        if names:
            lines.append(f"Only in the {side} set, and not compared ({len(names)}): {_listed(names)}.")
    return "\n".join(lines) + "\n"


def _listed(names: Sequence[str], most: int = 20) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more (agreement_cases.csv names all)" if len(names) > most else shown


def figure(value: float) -> str:
    """`value` to two digits after the point, or two significant ones where it is small."""
    if math.isnan(value):
        return NOT_AVAILABLE
    return f"{value + 0.0:.2f}" if value == 0 or abs(value) >= 0.1 else f"{value:.2g}"


def coefficient(value: float) -> str:
    """A coefficient to three digits; one that is not quite 1 does not read as 1."""
    if math.isnan(value):
        return NOT_AVAILABLE
    return ">0.999" if 0.9995 <= value < 1 else f"{value:.3f}"


def _coefficient_interval(interval: tuple[float, float]) -> str:
    return NOT_AVAILABLE if any(map(math.isnan, interval)) else " to ".join(map(coefficient, interval))


def _interval(interval: tuple[float, float]) -> str:
    return NOT_AVAILABLE if any(map(math.isnan, interval)) else f"{figure(interval[0])} to {figure(interval[1])}"


_NUMBER_HEAD = ("quantity", "n", "left out", "mean first", "mean second", "ICC(2,1) (95% CI)", "ICC(3,1) (95% CI)")
_ERROR_HEAD = ("quantity", "bias (95% CI)", "SD", "limits of agreement", "CV rms / mean %", "TEM", "rTEM %", "SDC")
_OVERLAP_HEAD = ("drawing", "n", "left out", "Dice, median (IQR)", "lowest", "surface distance mm, median (IQR)", "HD95 mm, median (IQR)")


def _number_row(q: QuantityAgreement) -> tuple[str, ...]:
    iccs = (q.icc[form] for form in ("ICC(2,1)", "ICC(3,1)"))
    means = (figure(math.fsum(side) / len(side)) for side in (q.first, q.second))
    return (
        _name(q),
        str(len(q.cases)),
        str(q.n_left_out),
        *means,
        *(f"{coefficient(i.value)} ({_coefficient_interval(i.ci)})" for i in iccs),
    )


def _error_row(q: QuantityAgreement) -> tuple[str, ...]:
    differences, errors = q.bland_altman, q.repeatability
    return (
        _name(q),
        f"{figure(differences.bias)} ({_interval(differences.bias_ci)})",
        figure(differences.sd),
        _interval(differences.limits),
        f"{figure(errors.cv_rms_percent)} / {figure(errors.cv_mean_percent)}",
        figure(errors.tem),
        figure(errors.rtem_percent),
        figure(errors.sdc),
    )


def _overlap_row(o: OverlapAgreement) -> tuple[str, ...]:
    return (
        o.title,
        str(o.dice.n),
        str(o.n_left_out),
        f"{coefficient(o.dice.median)} ({_coefficient_interval(o.dice.quartiles)})",
        coefficient(o.dice.range[0]),
        _median(o.surface_mm),
        _median(o.hausdorff95_mm),
    )


def _median(spread: Spread) -> str:
    return f"{figure(spread.median)} ({_interval(spread.quartiles)})"


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
    apart = f"mean difference {figure(differences.bias)} mm, mean distance {figure(differences.mean_abs)} mm, "
    apart += f"greatest {figure(differences.max_abs)} mm"
    limits = "" if differences.why_empty else f"; SD {figure(differences.sd)} mm, limits {_interval(differences.limits)} mm"
    return f"{words}{unknown}. Levels: {apart}{limits}.\n"


def _missing_words(agreement: Agreement) -> list[str]:
    """What is missing and why: quantities, and drawings by the reason that they could not be compared."""
    lines = []
    unknown = [q.quantity.title for q in agreement.quantities if not q.cases]
    if unknown:
        lines.append(f"{', '.join(unknown)}: no case in which both readings know it.")
    numbers: dict[str, list[str]] = {}
    for q in agreement.quantities:
        if q.cases and q.quantity.has_zero:
            for why in why_empty(q):
                numbers.setdefault(why, []).append(q.quantity.title)
    lines += [f"{', '.join(titles)}. {why}." for why, titles in numbers.items()]
    drawings: dict[tuple[str, int], list[str]] = {}
    for o in agreement.overlaps:
        reasons = Counter(_plain(case.overlaps[o.name].why_empty) for case in agreement.cases)
        for why, n in reasons.items():
            if why:
                drawings.setdefault((why, n), []).append(o.title)
    lines += [f"Overlap of {', '.join(titles)}: {why} ({n} of {len(agreement.cases)} cases)." for (why, n), titles in drawings.items()]
    return lines


def _plain(why: str) -> str:
    """The reason without the numbers that differ from case to case."""
    return why.split(",", 1)[0] if why.startswith("two slices") else why


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"
