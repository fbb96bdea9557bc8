"""Two stored readings of a case set beside each other, as soon as both are there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from napari_t12_bodycomp.model.double_reading import AskedReading, ReadingKind, ReadingState, compared
from napari_t12_bodycomp.model.study import Account, Case
from napari_t12_bodycomp.store import readings, versions
from napari_t12_bodycomp.store.ledger import Writer


def note_first(writer: Writer, actor: Account, case: Case) -> None:
    """The current version of `case` is handed in by `actor`: it is the first reading of those that were asked for and are not decided."""
    for reading in readings.of_case(writer.connection, case.id):
        if reading.kind is ReadingKind.DOUBLE and reading.state in (ReadingState.WAITING, ReadingState.DRAWN):
            settle(writer, case, replace(reading, first_reader_id=actor.id, first_version_id=case.current_version_id))
        elif reading.kind is ReadingKind.REREAD and reading.state is ReadingState.WAITING and reading.reader_id == actor.id:
            days = readings.plan(writer.connection, reading.plan_id).choice.washout_days
            readings.change(writer, reading, first_version_id=case.current_version_id, not_before=days_after(writer.at, days))


def note_open_again(writer: Writer, case: Case) -> None:
    """The first drawing of `case` is to be changed: what comes back to its assessor waits until it is handed in anew."""
    for reading in readings.of_case(writer.connection, case.id):
        if reading.kind is ReadingKind.REREAD and reading.state is ReadingState.WAITING:
            readings.change(writer, reading, not_before=None)


def days_after(at: str, days: int) -> str:
    """The time `days` later than `at` (UTC, ISO 8601 to the microsecond)."""
    return (datetime.fromisoformat(at) + timedelta(days=days)).isoformat(timespec="microseconds")


def settle(writer: Writer, case: Case, reading: AskedReading) -> AskedReading:
    """Write `reading` with what is there of it by now; where both drawings are, they are compared and it is said whether they agree."""
    ids = (reading.first_version_id, reading.version_id)
    differences = reading.differences
    state = reading.state
    if reading.version_id is not None:
        state = ReadingState.DRAWN
    if None not in ids:
        limits = readings.plan(writer.connection, reading.plan_id).choice.limits
        first, second = (versions.reading_of(writer.connection, case.pseudonym, number) for number in ids if number is not None)
        differences = compared(first, second, limits)
        state = ReadingState.DISAGREES if any(d.is_beyond for d in differences) else ReadingState.AGREES
    readings.change(
        writer,
        reading,
        state=state.value,
        first_reader_id=reading.first_reader_id,
        first_version_id=reading.first_version_id,
        version_id=reading.version_id,
        finished_at=reading.finished_at,
        differences=readings.differences_text(differences),
    )
    return readings.by_id(writer.connection, reading.id)
