"""What a batch says at its end, to people and to programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from napari_t12_bodycomp.model.batch import BatchReport, Checked
from napari_t12_bodycomp.report.text import table

_SHOWN = 5
"""So many groups of cases on one slice are named."""


def batch_text(report: BatchReport) -> str:
    """How many were measured, why others were not, what to look at, and where the files are."""
    before = f" ({report.measured_before} of them before)" if report.measured_before else ""
    lines = [f"{report.measured} of {report.cases} cases measured{before}, in {report.seconds:.0f} s."]
    if report.failures:
        rows = [(str(n), kind.value, kind.words) for kind, n in report.failures.items()]
        lines += ["", "Not measured:", table(rows, frozenset({0}))]
    if report.not_reached:
        were, them = ("1 case was", "it") if report.not_reached == 1 else (f"{report.not_reached} cases were", "them")
        lines += ["", f"{were} not reached: the same command goes on with {them}."]
    notes = []
    if report.without_height:
        have = "1 case has" if report.without_height == 1 else f"{report.without_height} cases have"
        notes.append(f"! {have} no height: SMI, VFI and SFI are empty there.")
    notes += [f"! {' and '.join(group)} are one and the same slice." for group in report.same_slice[:_SHOWN]]
    if len(report.same_slice) > _SHOWN:
        notes.append(f"! ... and {len(report.same_slice) - _SHOWN} more such groups.")
    if report.measured:
        notes.append("All numbers are automatic drafts that nobody confirmed, unless the manifest gave regions and level.")
    return "\n".join(
        [
            *lines,
            "",
            *notes,
            "",
            f"table: {report.csv}",
            f"failures: {report.failures_csv}",
            f"pictures and label maps: {report.out / 'cases'}",
        ]
    )


def batch_json(report: BatchReport) -> dict[str, Any]:
    """The same as plain values."""
    failed = sum(report.failures.values())
    return {
        "status": "stopped" if report.is_stopped else "done",
        "message": f"{report.measured} of {report.cases} cases measured, {failed} not measured, {report.not_reached} not reached.",
        "cases": report.cases,
        "measured": report.measured,
        "measured_now": report.measured_now,
        "measured_before": report.measured_before,
        "failed": failed,
        "failures": {kind.value: n for kind, n in report.failures.items()},
        "not_reached": report.not_reached,
        "without_height": report.without_height,
        "same_slice": [list(group) for group in report.same_slice],
        "seconds": round(report.seconds, 2),
        "files": {"csv": report.csv.name, "failures": report.failures_csv.name, "cases": "cases"},
    }


def checked_text(checked: Sequence[Checked]) -> str:
    """What a run would do with each case, and how many there are of each."""
    counts: dict[str, int] = {}
    for one in checked:
        counts[one.state] = counts.get(one.state, 0) + 1
    said = ", ".join(f"{n} {state}" for state, n in counts.items())
    return "\n".join(
        [table([(one.case_id, one.state, one.words) for one in checked]), "", f"{len(checked)} cases: {said}. Nothing was written."]
    )


def checked_json(checked: Sequence[Checked]) -> dict[str, Any]:
    """The same as plain values."""
    return {
        "status": "checked",
        "message": f"{sum(one.state == 'to measure' for one in checked)} of {len(checked)} cases would be measured.",
        "cases": [{"case_id": one.case_id, "state": one.state, "message": one.words} for one in checked],
    }
