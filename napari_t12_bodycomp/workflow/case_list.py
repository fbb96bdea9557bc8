"""Cases come into a study: one by one from their scans, or all at once from a table, with a dry run that names every bad row."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import replace
from pathlib import Path

from napari_t12_bodycomp.errors import InputError, Refused, UsageError
from napari_t12_bodycomp.model.case_list import BadRow, CaseList, KnownScans, ListedCase, header_problem, listed_case
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.review import why_not_lead
from napari_t12_bodycomp.model.study import Account, Case, Role, SeriesReference
from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.store import cases, studies
from napari_t12_bodycomp.store.cases import NewCase
from napari_t12_bodycomp.store.studies import StudyStore
from napari_t12_bodycomp.workflow.source import list_series, load_volume, series_to_read
from napari_t12_bodycomp.workflow.study import Desk, acting, refuse


def add_scan(
    desk: Desk,
    path: str | Path,
    case_id: str = "",
    series: str | None = None,
    acquisition: int | None = None,
    height_cm: float | None = None,
    progress: Progress = no_progress,
) -> Case:
    """Take the scan at `path` in as a case: its preselected series, or the one named.

    Its name in the study is `case_id`, else a pseudonym made from the patient ID under the study's key.
    """
    from napari_t12_bodycomp.workflow.analyse import MeasureRequest

    volume = load_volume(path, series, acquisition, progress)
    acquired = volume.acquisition
    subject = MeasureRequest(height_cm=height_cm).subject(volume.subject)
    reference = SeriesReference(
        acquired.series_instance_uid, acquired.study_instance_uid, acquired.acquisition_number, str(Path(path).absolute())
    )
    with desk.store.writing(desk.account_id, "case.add") as writer:
        _may_add(acting(writer, desk))
        known = KnownScans(cases.known_series(writer.connection), cases.known_paths(writer.connection)).where(reference)
        if known:
            raise Refused(f"A scan that is not in the study yet is wanted, this series is the case {known!r} already.")
        name = (
            case_id or cases.keyed_pseudonym(studies.pseudonym_key(writer.connection), subject.patient_id)
            if subject.patient_id
            else case_id
        )
        if name and cases.known_pseudonyms(writer.connection, [name]):
            raise Refused(f"A new name for the case is wanted, {name!r} is in the study already: give another one with --case-id.")
        (number,) = cases.insert(writer, [NewCase(name, subject, reference)])
        return cases.by_id(writer.connection, number)


def _may_add(actor: Account) -> None:
    if not actor.has(Role.ASSESSOR):
        refuse(why_not_lead(actor, "add cases without the role assessor"))


def read_case_list(store: StudyStore, file: str | Path, progress: Progress = no_progress) -> CaseList:
    """Read a table of cases (CSV, UTF-8, comma) and name every bad row; nothing is taken in.

    Of a row with a path, the headers there are read: the good row names the series that would be measured, and a scan that has a case, or
    a row, is refused under whichever path or name it comes. Where headers say nothing, the path alone tells scans apart.

    Columns: ``case_id`` (or ``patient_id``, of which a pseudonym is made), ``path`` (relative to the table), ``series_instance_uid``,
    ``study_instance_uid``, ``acquisition_number``, ``sex``, ``age_years``, ``height_m`` or ``height_cm``, ``weight_kg``; others are kept as
    covariates.
    """
    header, lines = _table(Path(file))
    if problem := header_problem(header):
        return CaseList((), (BadRow(1, problem),))
    with store.reading() as connection:
        key = studies.pseudonym_key(connection)
        taken = dict.fromkeys(cases.known_pseudonyms(connection), "in the study")
        scans = KnownScans(
            {scan: f"the case {name!r}" for scan, name in cases.known_series(connection).items()},
            {path: f"the case {name!r}" for path, name in cases.known_paths(connection).items()},
        )
    good: list[ListedCase] = []
    bad: list[BadRow] = []
    folder = Path(file).absolute().parent
    for n, (line, cells) in enumerate(lines):
        part = _part(progress, n, len(lines))
        try:
            case = _checked(line, header, cells, folder)
            name = case.case_id or cases.keyed_pseudonym(key, case.subject.patient_id)
            _once(taken, name, line, "case_id" if case.case_id else "patient_id")
            case = _with_series(case, part)
            scan = _reference(case)
            if where := scans.where(scan):
                raise UsageError(f"A scan that has no case yet is wanted, this one is {where} already: take one of the two out.")
            scans.note(scan, f"on line {line}")
        except UsageError as error:
            bad.append(BadRow(line, str(error)))
        else:
            good.append(case)
    if not good and not bad:
        bad.append(BadRow(1, "A row for each case is wanted, the table holds none."))
    return CaseList(tuple(good), tuple(bad))


def _table(file: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"A table of cases is wanted, {file} cannot be read ({error.strerror}): check the path.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"A table in UTF-8 is wanted, {file} has another encoding: save it as CSV UTF-8.") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        lines = [(reader.line_num, line) for line in reader if any(cell.strip() for cell in line)]
    except csv.Error as error:
        raise InputError(f"A table with commas is wanted, line {reader.line_num} of {file} cannot be read ({error}).") from error
    return header, lines


def _part(progress: Progress, n: int, of: int) -> Progress:
    """Progress of the row after `n` others, of `of`."""
    return lambda share, words: progress((n + share) / of, f"row {n + 1} of {of}: {words}")


def _checked(line: int, header: list[str], cells: list[str], folder: Path) -> ListedCase:
    if len(cells) != len(header):
        raise UsageError(f"{len(header)} cells are wanted, as the header has, {len(cells)} came.")
    case = listed_case(line, dict(zip(header, (cell.strip() for cell in cells), strict=True)))
    if case.path and not (folder / case.path).exists():
        raise UsageError("The path leads nowhere: check it, or leave it empty and say later where the files are.")
    return replace(case, path=os.path.normpath(folder / case.path) if case.path else "")


def _with_series(case: ListedCase, progress: Progress) -> ListedCase:
    """`case` with the series and acquisition that would be read at its path; unchanged where nothing there says which."""
    if not case.path:
        return case
    try:
        offer = series_to_read(case.path, case.series_instance_uid or None, case.acquisition_number, progress)
    except InputError:  # said when the case is opened; a scan that cannot be read may well be a case, to be excluded with a reason
        return case
    if offer is None:
        _refuse_other_series(case)
        return case
    return replace(
        case,
        series_instance_uid=offer.series_instance_uid,
        study_instance_uid=case.study_instance_uid or offer.study_instance_uid,
        acquisition_number=offer.acquisition_number,
    )


def _refuse_other_series(case: ListedCase) -> None:
    """UsageError where other series than the one that the row names lie at its path."""
    wanted = case.series_instance_uid
    if wanted and wanted not in {offer.series_instance_uid for offer in list_series(case.path).offers}:
        raise UsageError("The series is not among those at the path: check series_instance_uid and path, or leave the former empty.")


def _reference(case: ListedCase) -> SeriesReference:
    return SeriesReference(case.series_instance_uid, case.study_instance_uid, case.acquisition_number, case.path)


def _once(seen: dict[str, str], name: str, line: int, kind: str) -> None:
    if name in seen:
        raise UsageError(f"A new {kind} is wanted, this one is {seen[name]} already.")
    seen[name] = f"on line {line}"


def import_cases(desk: Desk, file: str | Path, progress: Progress = no_progress) -> list[int]:
    """Take in all cases of a table, or none where a row is bad; their ids."""
    listed = read_case_list(desk.store, file, progress)
    if listed.bad:
        first = listed.bad[0]
        raise InputError(
            f"A table without bad rows is wanted, {len(listed.bad)} came, the first on line {first.line}: {first.sentence} "
            "Nothing was taken in; --dry-run names all of them."
        )
    new = [NewCase(case.case_id, case.subject, _reference(case), case.covariates) for case in listed.cases]
    with desk.store.writing(desk.account_id, "case.import") as writer:
        refuse(why_not_lead(acting(writer, desk), "import a list of cases"))
        return cases.insert(writer, new)


def subject_of(case: Case, from_header: Subject) -> Subject:
    """Who was scanned: what the study knows goes before what the header says. The patient ID is not among it."""
    known = case.subject
    height = (known.height_m, known.height_source) if known.height_m is not None else (from_header.height_m, from_header.height_source)
    weight = (known.weight_kg, known.weight_source) if known.weight_kg is not None else (from_header.weight_kg, from_header.weight_source)
    return Subject(
        "", known.sex or from_header.sex, known.age_years if known.age_years is not None else from_header.age_years, *height, *weight
    )
