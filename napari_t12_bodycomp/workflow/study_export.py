"""A study's results as files: the table of indices, its data dictionary, and the enrolment flow chart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.study import CaseState, ExclusionReason
from napari_t12_bodycomp.model.worklist import StudyCounts
from napari_t12_bodycomp.report import indices_csv
from napari_t12_bodycomp.report.data_dictionary import dictionary_rows
from napari_t12_bodycomp.report.flow_chart import flow_chart_png
from napari_t12_bodycomp.store import cases, readings, studies
from napari_t12_bodycomp.store.results import CaseResult, results
from napari_t12_bodycomp.store.studies import StudyStore
from napari_t12_bodycomp.workflow.export import CSV_NAME, write_atomically
from napari_t12_bodycomp.workflow.study_agreement import agreement_tables

DICTIONARY_NAME = "data_dictionary.csv"
FLOW_NAME, CHART_NAME = "flow.csv", "flow.png"
APPROVED_ONLY = frozenset({CaseState.APPROVED})
_COLUMNS = tuple(column.name for column in indices_csv.COLUMNS)


@dataclass(frozen=True, slots=True)
class StudyFiles:
    """Where the results of a study went, and how many cases they hold."""

    csv: Path
    dictionary: Path
    flow: Path
    chart: Path
    n_cases: int
    agreement: tuple[Path, ...] = ()
    """Tables of double reading: the list of readings, and what the two of each case agree in; empty where none was asked for."""
    n_left_out: int = 0
    """Cases in the wanted states whose second reading is not there yet: their results are shown after that."""


def export_study(store: StudyStore, out_dir: str | Path, states: Iterable[CaseState] = APPROVED_ONLY) -> StudyFiles:
    """Write the results of the cases in `states` that have a drawing: approved ones alone, unless others are asked for.

    ``indices.csv`` has the columns of a single measurement, in front of them ``case_id``, behind them ``version``, ``protocol_version`` and the
    covariates; ``status`` is the case's state. `patient_id` is the case's name unless the study keeps patient IDs. Cases whose second reading is
    not there yet are left out. The tables of agreement are about all finished readings, whatever `states`; see `workflow.study_agreement`.
    """
    wanted = frozenset(states)
    with store.reading() as connection:
        kept = studies.record(connection).keep_patient_ids
        found = results(connection, wanted)
        left_out = readings.n_unfinished(connection, wanted)
        counts = cases.counts(connection)
    covariates = sorted({name for result in found for name in result.covariates})
    titles = {name: _covariate_title(name) for name in covariates}
    header = ["case_id", *_COLUMNS, "version", "protocol_version", *titles.values()]
    rows = [_row(result, titles, kept) for result in found]
    out = Path(out_dir)
    tables = {
        CSV_NAME: indices_csv.as_text(header, rows),
        DICTIONARY_NAME: indices_csv.as_text(("column", "unit", "meaning"), dictionary_rows(list(titles.values()), kept)),
        FLOW_NAME: indices_csv.as_text(("step", "reason", "cases"), flow_rows(counts)),
    }
    agreement = agreement_tables(store)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in tables.items():
            write_atomically(out / name, text.encode())
        for name, content in agreement.items():
            (out / name).parent.mkdir(exist_ok=True)
            write_atomically(out / name, content)
        write_atomically(out / CHART_NAME, flow_chart_png(counts))
    except OSError as error:
        raise InputError(
            f"A directory to write results into is wanted, {out} cannot be used ({error.strerror}): choose another one."
        ) from error
    return StudyFiles(
        out / CSV_NAME,
        out / DICTIONARY_NAME,
        out / FLOW_NAME,
        out / CHART_NAME,
        len(rows),
        tuple(out / name for name in agreement),
        left_out,
    )


def _covariate_title(name: str) -> str:
    taken = name in _COLUMNS or name in ("case_id", "version", "protocol_version")
    return indices_csv.safe_text(f"covariate_{name}" if taken else name)


def _row(result: CaseResult, titles: dict[str, str], kept: bool) -> indices_csv.Row:
    safe = indices_csv.safe_text
    return {
        **result.cells,
        "case_id": safe(result.pseudonym),
        "patient_id": safe(result.patient_id if kept and result.patient_id else result.pseudonym),
        "status": result.state.value,
        "assessor": safe(result.assessor),
        "reviewer": safe(result.reviewer),
        "reviewed_at": result.reviewed_at,
        "version": str(result.version),
        "protocol_version": str(result.protocol_number),
        **{titles[name]: safe(text) for name, text in result.covariates.items()},
    }


def flow_rows(counts: StudyCounts) -> list[indices_csv.Row]:
    """The enrolment flow chart as rows: screened, excluded by reason, included, and how far these are."""
    rows = [("screened", "", counts.screened), ("excluded", "", counts.excluded)]
    rows += [("excluded", reason.value, counts.by_exclusion.get(reason.value, 0)) for reason in ExclusionReason]
    rows += [("included", "", counts.included)]
    rows += [(state.value, "", counts.by_state.get(state, 0)) for state in CaseState if state is not CaseState.EXCLUDED]
    return [{"step": step, "reason": reason, "cases": str(n)} for step, reason, n in rows]
