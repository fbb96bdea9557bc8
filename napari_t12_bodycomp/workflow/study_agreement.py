"""What double reading says about a study, as files: every reading that was asked for, and how well two readings of a case agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from napari_t12_bodycomp.model.double_reading import COMPARED, Adjudication, AskedReading, ReadingKind
from napari_t12_bodycomp.model.reading import Reading
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.model.tissue import Region, Tissue
from napari_t12_bodycomp.report import indices_csv
from napari_t12_bodycomp.store import accounts, readings, versions
from napari_t12_bodycomp.store.studies import StudyStore
from napari_t12_bodycomp.workflow.agreement import agreement_files

READINGS_NAME = "readings.csv"
FOLDERS = {ReadingKind.DOUBLE: "agreement_between_observers", ReadingKind.REREAD: "agreement_within_observers"}
_TITLES = {
    ReadingKind.DOUBLE: "Agreement between two observers",
    ReadingKind.REREAD: "Agreement of one observer with themselves",
}
_QUANTITIES = (*(f"{t.key}_area_percent" for t in Tissue), *(f"{r.name.lower()}_dice" for r in Region), "level_mm")
_HEADER = (
    "case_id",
    "kind",
    "first_reader",
    "second_reader",
    "asked_at",
    "not_before",
    "finished_at",
    "outcome",
    "in_agreement",
    *_QUANTITIES,
    "beyond_limits",
    "adjudicated_by",
    "taken",
    "adjudication_reason",
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A reading with what its row says."""

    reading: AskedReading
    case: str
    state: CaseState
    first_reader: str
    reader: str
    adjudication: Adjudication | None
    protocols: tuple[int, ...]
    """Versions of the protocol that the drawings of the two were measured by, as far as they are there."""

    @property
    def why_not_compared(self) -> str:
        """Why it does not count in the tables of agreement; "" where it does."""
        if self.state is CaseState.EXCLUDED:
            return "the case is excluded"
        if self.reading.state not in COMPARED:
            return f"the reading is {self.reading.state.value}"
        first, second = self.protocols
        return "" if first == second else f"the two are measured by versions {first} and {second} of the protocol"


def agreement_tables(store: StudyStore) -> dict[str, bytes]:
    """The files by name, a folder for each kind of reading; none where no reading was ever asked for.

    ``readings.csv`` lists all readings, those that do not count with the reason. Only cases that are not excluded and whose two readings are
    both finished are compared.
    """
    with store.reading() as connection:
        names = {account.id: account.name for account in accounts.everybody(connection)}
        decided = readings.adjudications_by_reading(connection)
        standing = readings.case_states(connection)
        asked = [
            _Asked(r, *standing[r.case_id], names[r.first_reader_id], names[r.reader_id], decided.get(r.id), _protocols(connection, r))
            for r in readings.everything(connection)
        ]
        pairs: dict[ReadingKind, tuple[list[Reading], list[Reading]]] = {kind: ([], []) for kind in ReadingKind}
        for one in asked:
            if one.why_not_compared or one.reading.first_version_id is None or one.reading.version_id is None:
                continue
            for side, version_id in zip(pairs[one.reading.kind], (one.reading.first_version_id, one.reading.version_id), strict=True):
                side.append(versions.reading_of(connection, one.case, version_id))
    if not asked:
        return {}
    files = {READINGS_NAME: _list_of(asked)}
    for kind, (first, second) in pairs.items():
        if first:
            files |= {f"{FOLDERS[kind]}/{name}": content for name, content in agreement_files(first, second, _TITLES[kind]).items()}
    return files


def _protocols(connection: Any, reading: AskedReading) -> tuple[int, ...]:
    ids = (reading.first_version_id, reading.version_id)
    return tuple(versions.with_id(connection, number).protocol_number for number in ids if number is not None)


def _list_of(asked: Sequence[_Asked]) -> bytes:
    rows = [_row(one) for one in sorted(asked, key=lambda one: (one.reading.kind, one.case, one.reading.id))]
    return indices_csv.as_text(_HEADER, rows).encode()


def _row(one: _Asked) -> indices_csv.Row:
    safe = indices_csv.safe_text
    reading, decided = one.reading, one.adjudication
    why_not = one.why_not_compared
    told = {d.quantity: "" if d.value is None else f"{d.value:.3f}" for d in reading.differences}
    return {
        "case_id": safe(one.case),
        "kind": reading.kind.value,
        "first_reader": safe(one.first_reader),
        "second_reader": safe(one.reader),
        "asked_at": reading.asked_at,
        "not_before": reading.not_before or "",
        "finished_at": reading.finished_at or "",
        "outcome": reading.state.value,
        "in_agreement": f"no: {why_not}" if why_not else "yes",
        **{name: told.get(name, "") for name in _QUANTITIES},
        "beyond_limits": " ".join(d.quantity for d in reading.differences if d.is_beyond),
        "adjudicated_by": safe(decided.account) if decided else "",
        "taken": decided.take.value if decided else "",
        "adjudication_reason": safe(decided.reason) if decided else "",
    }
