"""A batch: what is missing is measured by a crew, written here as it comes, and told at the end. Headless, and ignorant of who the crew is."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.batch import BatchReport, Checked, Failed, FailureKind, Looked, Measured, Outcome
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.workflow import batch_records
from napari_t12_bodycomp.workflow.batch_case import Job
from napari_t12_bodycomp.workflow.batch_lock import alone_in
from napari_t12_bodycomp.workflow.batch_plan import BatchOptions, Plan, make_plan, refuse_changed
from napari_t12_bodycomp.workflow.batch_records import Record, read_records
from napari_t12_bodycomp.workflow.batch_tables import BatchTables
from napari_t12_bodycomp.workflow.export import write_atomically, write_sentence
from napari_t12_bodycomp.workflow.manifest import Manifest

Crew = Callable[[Sequence[Job]], Generator[Outcome, None, None]]
"""Brings the outcome of each job, in whatever order they are done; closing it ends what is under way."""
SHEET_NAME = "contact_sheet.pdf"


def run_batch(manifest: Manifest, out_dir: str | Path, options: BatchOptions, crew: Crew, progress: Progress = no_progress) -> BatchReport:
    """Measure the cases of `manifest` that are missing in `out_dir`, and write tables and files there.

    A bad scan never stops it: each case ends in ``indices.csv`` or in ``failures.csv``. Ctrl+C ends it early; what was measured is kept.

    Raises
    ------
    InputError
        Where the directory cannot be used, another batch is at work there, or cases that are done were asked for otherwise (unless
        `options` say that these are measured again).
    """
    out = Path(out_dir)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with alone_in(out):
            records = read_records(out)
            plan = make_plan(manifest, records, options)
            tables = BatchTables(out, manifest.cases, manifest.other_columns, records)
            if not options.redo:
                refuse_changed(plan, manifest)
            for case_id in plan.changed:
                batch_records.forget(out, case_id)
            run = _Run(out, manifest, plan, tables, options, progress)
            run.measure(crew)
            if options.contact_sheet:
                _write_sheet(out, run.records, manifest)
            return run.report()
    except OSError as error:
        raise InputError(write_sentence(out, error)) from error


class _Run:
    """One run of a batch: the only one who writes."""

    def __init__(self, out: Path, manifest: Manifest, plan: Plan, tables: BatchTables, options: BatchOptions, progress: Progress) -> None:
        self._out, self._manifest, self._plan, self._tables, self._progress = out, manifest, plan, tables, progress
        self.records: dict[str, Record] = {c: r for c, r in plan.records.items() if c not in plan.changed}
        self._before = frozenset(self.records)
        skipped = tables.failures.keys() if options.skip_failed else ()
        self._jobs = [job for job in plan.jobs if batch_records.cell_of(job.case_id) not in skipped]
        self._failed: dict[str, Failed] = {}
        self._is_stopped = False
        self._begun = time.monotonic()

    def measure(self, crew: Crew) -> None:
        """Have the missing cases measured, and write what comes."""
        self._tables.set_in_order(self.records)
        try:
            with contextlib.closing(self._outcomes(crew)) as outcomes:
                for n, outcome in enumerate(outcomes, 1):
                    self._take(outcome)
                    self._tell(n)
        except KeyboardInterrupt:
            self._is_stopped = True
        self._tables.set_in_order(self.records)

    def _outcomes(self, crew: Crew) -> Generator[Outcome, None, None]:
        """Each case's outcome; who crashed is tried once more at the end and alone, since another case may have taken the memory."""
        again: list[Job] = []
        by_id = {job.case_id: job for job in self._jobs}
        with contextlib.closing(crew(self._jobs)) as outcomes:
            for outcome in outcomes:
                if isinstance(outcome, Failed) and outcome.kind is FailureKind.CRASHED:
                    again.append(by_id[outcome.case_id])
                else:
                    yield outcome
        for job in again:
            with contextlib.closing(crew([job])) as outcomes:
                yield from outcomes

    def _take(self, outcome: Outcome) -> None:
        if isinstance(outcome, Measured):
            record = batch_records.keep(self._out, outcome, self._plan.asked[outcome.case_id])
            self.records[outcome.case_id] = record
            self._add(lambda: self._tables.add(record))
        elif isinstance(outcome, Failed):
            failed = self._failed[outcome.case_id] = outcome
            self._add(lambda: self._tables.add_failure(failed))

    def _add(self, add: Callable[[], None]) -> None:
        """Add a row; a table that another program holds open gets it at the end."""
        with contextlib.suppress(PermissionError):
            add()

    def _tell(self, n: int) -> None:
        passed = time.monotonic() - self._begun
        left_s = passed / n * (len(self._jobs) - n)
        failed = f", {len(self._failed)} not measured" if self._failed else ""
        self._progress(n / len(self._jobs), f"{n} of {len(self._jobs)} cases{failed}, {in_words(left_s)} left")

    def report(self) -> BatchReport:
        """What came of it, over all cases of the manifest."""
        ids = [case.case_id for case in self._manifest.cases]
        done = {c: self.records[c].cells for c in ids if c in self.records}
        kinds = {
            c: self._tables.failures[cell]["kind"]
            for c in ids
            if (cell := batch_records.cell_of(c)) in self._tables.failures and c not in done
        }
        slices: dict[str, list[str]] = {}
        for case_id, cells in done.items():
            slices.setdefault(cells.get("slice_sha256", ""), []).append(case_id)
        return BatchReport(
            cases=len(ids),
            measured_now=sum(c not in self._before for c in done),
            measured_before=sum(c in self._before for c in done),
            failures={kind: n for kind in FailureKind if (n := sum(k == kind.value for k in kinds.values()))},
            not_reached=sum(c not in done and c not in kinds for c in ids),
            without_height=sum(not cells.get("height_m") for cells in done.values()),
            same_slice=tuple(tuple(group) for digest, group in slices.items() if digest and len(group) > 1),
            is_stopped=self._is_stopped,
            seconds=time.monotonic() - self._begun,
            out=self._out,
            csv=self._tables.csv,
            failures_csv=self._tables.failures_csv,
        )


def check_batch(
    manifest: Manifest, out_dir: str | Path, options: BatchOptions, crew: Crew, progress: Progress = no_progress
) -> list[Checked]:
    """What a run would do with each case, found out from headers alone. Nothing is written."""
    out = Path(out_dir)
    plan = make_plan(manifest, read_records(out) if out.is_dir() else {}, options)
    found = {c: Checked(c, "changed", f"done, but asked for otherwise: {words}") for c, words in plan.changed.items()}
    jobs = [job.looking() for job in plan.jobs if job.case_id not in found]
    with contextlib.closing(crew(jobs)) as outcomes:
        for n, outcome in enumerate(outcomes, 1):
            if isinstance(outcome, Looked):
                found[outcome.case_id] = Checked(outcome.case_id, "to measure", outcome.words)
            elif isinstance(outcome, Failed):
                found[outcome.case_id] = Checked(outcome.case_id, outcome.kind.value, outcome.message)
            progress(n / len(jobs), f"{n} of {len(jobs)} cases looked at")
    return [found.get(case.case_id, Checked(case.case_id, "done", "measured before")) for case in manifest.cases]


def in_words(seconds: float) -> str:
    """A time as a person says it: "40 s", "12 min", "3.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _write_sheet(out: Path, records: Mapping[str, Record], manifest: Manifest) -> None:
    import tempfile

    from napari_t12_bodycomp.report.contact_sheet import write_contact_sheet

    ids = [case.case_id for case in manifest.cases]
    pictures = ((c, (out / records[c].cells["overlay_file"]).read_bytes()) for c in ids if c in records)
    with tempfile.TemporaryDirectory() as passing:
        made = Path(passing) / SHEET_NAME
        write_contact_sheet(made, pictures, [f"{c}: not measured" for c in ids if c not in records])
        write_atomically(out / SHEET_NAME, made.read_bytes())
