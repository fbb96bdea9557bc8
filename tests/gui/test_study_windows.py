"""Two people at two windows on one database: what one does appears at the other's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from study_windows import PASSWORD, SAMPLE, Person, make_study

from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.workflow import review, study
from napari_t12_bodycomp.workflow.study_export import export_study

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def place(postgres_url: str) -> str:
    """An empty database on a real PostgreSQL."""
    return postgres.new_database(postgres_url)


@pytest.fixture
def two(place: str, tmp_path: Path, qtbot: QtBot) -> Iterator[tuple[Person, Person]]:
    """Ann, who draws, and Rita, who reviews, each at a window."""
    make_study(place, tmp_path, {"CASE-1": SAMPLE, "CASE-2": None, "CASE-3": None})
    ann, rita = Person(tmp_path / "ann", qtbot), Person(tmp_path / "rita", qtbot)
    yield ann, rita
    ann.leave()
    rita.leave()


def test_the_second_persons_approval_appears_in_the_firsts_worklist(two: tuple[Person, Person], place: str, tmp_path: Path) -> None:
    ann, rita = two
    ann.sign_in(place, "ann")
    rita.sign_in(place, "rita")
    assert ann.states() == {"CASE-1": "new", "CASE-2": "new", "CASE-3": "new"}

    ann.open("CASE-1")
    session = ann.bench.session
    assert not ann.bench.study_page.isVisible(), "the picture is shown once a case is open"
    assert session.state.work is not None and not session.state.work.is_empty, "the regions are drafted"
    ann.key(Qt.Key.Key_Return)
    assert session.state.level is not None and session.state.level.confirmed_by == "ann"
    ann.key(Qt.Key.Key_Return, CTRL)
    ann.until(lambda: ann.states()["CASE-1"] == "submitted")
    assert ann.case("CASE-1").state is CaseState.SUBMITTED
    assert session.state.locked, "a submitted case is not drawn on any more by who drew it, unless it is returned"

    rita.until(lambda: rita.states()["CASE-1"] == "submitted")
    rita.key(Qt.Key.Key_N)
    rita.until(lambda: rita.bench.seat.state.opened is not None)
    rita.rest()
    opened = rita.bench.seat.state.opened
    assert opened is not None and opened.is_review and opened.case.pseudonym == "CASE-1"
    shown = rita.bench.session.state
    assert shown.locked and shown.level is not None and shown.level.confirmed_by == "ann"
    rita.bench.session.edit("nothing", shown.work.regions * 0)
    assert rita.bench.session.state.work.regions.any(), "nobody draws by accident on what they review"

    desk, ticket = rita.bench.seat.state.desk, opened.ticket
    rita.bench.deeds.deed("Approving", lambda: review.approve(desk, ticket, PASSWORD), "Approved.")
    ann.until(lambda: ann.states()["CASE-1"] == "approved")
    assert "1 of 3 approved" in ann.bench.panel.study.words.text()

    lena = study.sign_in(study.open_study(place), "lena", PASSWORD)
    export_study(lena.store, tmp_path / "out")
    assert "CASE-1" in (tmp_path / "out" / "indices.csv").read_text()
    assert study.verify_study(place).is_clean
    lena.store.close()
