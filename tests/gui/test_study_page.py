"""Signing in, making a study, the worklist, and a case of it, in one real window on an SQLite file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from study_windows import PASSWORD, SAMPLE, Person, make_study

from napari_t12_bodycomp.model.study import CaseState, ExclusionReason, Role
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.workflow import case_view, review, study
from napari_t12_bodycomp.workflow.seat import open_case


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with the sample scan as CASE-2 and names without files around it."""
    folder = tmp_path_factory.mktemp("template")
    make_study(str(folder / "study.sqlite"), folder, {"CASE-1": None, "CASE-2": SAMPLE, **{f"CASE-{k}": None for k in range(3, 8)}})
    return folder / "study.sqlite"


@pytest.fixture
def where(template: Path, tmp_path: Path) -> str:
    """A copy of the study for one test."""
    file = tmp_path / "study.sqlite"
    file.write_bytes(template.read_bytes())
    return str(file)


@pytest.fixture
def person(tmp_path: Path, qtbot: QtBot) -> Iterator[Person]:
    """Somebody at a window, not signed in."""
    somebody = Person(tmp_path / "kept", qtbot)
    yield somebody
    somebody.leave()


def test_a_study_is_made_in_one_step_and_somebody_is_taken_in(person: Person, tmp_path: Path) -> None:
    page = person.bench.study_page
    person.key(Qt.Key.Key_F3)
    assert page.isVisible() and page.stack.currentWidget().isAncestorOf(page.sign_in)
    page.sign_in.make.click()
    form = page.create
    for line, text in ((form.where, tmp_path / "new.sqlite"), (form.title, "New"), (form.name, "lena"), (form.password, PASSWORD)):
        line.setText(str(text))
    form.again.setText("something else")
    form.button.click()
    assert "twice is wanted" in form.wrong.text()
    form.again.setText(PASSWORD)
    QTest.keyClick(form.again, Qt.Key.Key_Return)
    person.until(lambda: person.bench.seat.state.sheet is not None)
    assert page.stack.currentWidget() is page.worklist and page.worklist.title.text() == "New"
    assert form.password.text() == form.again.text() == ""

    page.worklist.people.click()
    account = page.account
    account.name.setText("ann")
    account.password.setText("short")
    account.button.click()
    person.rest()
    assert "at least 8 characters" in account.wrong.text()
    account.password.setText(PASSWORD)
    account.button.click()
    person.rest()
    assert page.stack.currentWidget() is page.worklist
    assert {a.name for a in person.bench.seat.state.sheet.people} == {"lena", "ann"}


def test_a_wrong_password_is_told_and_is_nowhere_kept(person: Person, where: str) -> None:
    form = person.bench.study_page.sign_in
    person.bench.actions.trigger("study")
    form.where.setText(where)
    form.name.setText("ann")
    form.password.setText("wrong horse")
    QTest.keyClick(form.password, Qt.Key.Key_Return)
    person.rest()
    assert "do not fit together" in form.wrong.text() and not form.password.text()
    assert not person.bench.seat.state.is_signed_in
    form.where.setText(f"{where}.not")
    form.password.setText(PASSWORD)
    form.button.click()
    person.rest()
    assert "does not exist" in form.wrong.text()
    kept = [str(person.bench.settings.value(key)) for key in person.bench.settings.allKeys()]
    assert not any("horse" in value for value in kept)


def test_the_worklist_is_filtered_searched_sorted_and_assigned(person: Person, where: str) -> None:
    person.sign_in(where, "lena")
    page = person.bench.study_page.worklist
    table = page.table

    def names() -> list[str]:
        person.rest()
        return [row.pseudonym for row in table.rows.rows]

    assert names() == [f"CASE-{k}" for k in range(1, 8)]
    page.filters.search.setText("-3")
    person.until(lambda: names() == ["CASE-3"])
    page.filters.search.clear()
    person.until(lambda: len(names()) == 7)
    table.sorted.emit("pseudonym", True)
    assert names()[0] == "CASE-7"
    table.sorted.emit("pseudonym", False)
    page.filters.chips[CaseState.APPROVED].click()
    assert names() == [] and page.deeds.where.text() == "no case fits the filters"
    page.filters.chips[None].click()
    assert len(names()) == 7
    table.selectRow(0)
    person.bench.study.assign([row.id for row in table.selected()], assessor="ben")
    assert names() and table.rows.rows[0].assessor == "ben"
    place = page.filters.assessor.findText("ben's")
    page.filters.assessor.setCurrentIndex(place)
    page.filters.assessor.activated.emit(place)
    assert names() == ["CASE-1"]
    page.filters.assessor.activated.emit(0)
    person.bench.study.exclude(person.case("CASE-7").id, ExclusionReason.NO_CHEST_CT)
    assert names() and table.rows.rows[-1].exclusion == "no chest CT"
    assert "1 excluded" in page.progress.text()


def test_a_list_with_bad_rows_is_named_and_a_good_one_is_taken_in(person: Person, where: str, tmp_path: Path) -> None:
    person.sign_in(where, "lena")
    page = person.bench.study_page.worklist
    table = tmp_path / "more.csv"
    table.write_text("case_id,height_cm\nCASE-1,170\nCASE-8,17\nCASE-9,171\n")
    page.list.check(str(table))
    person.rest()
    said = page.list.words.text()
    assert "2 of 3 rows are bad" in said and "line 2" in said and "line 3" in said and page.list.take_in.isHidden()
    table.write_text(f"case_id,path\nCASE-8,{SAMPLE}\n")
    page.list.check(str(table))
    person.rest()
    assert "the case 'CASE-2' already" in page.list.words.text(), "one scan is one case, whatever it is called"
    table.write_text("case_id,height_cm\nCASE-8,170\nCASE-9,171\n")
    page.list.check(str(table))
    person.rest()
    assert "2 cases would be taken in" in page.list.words.text()
    assert len(person.bench.seat.state.sheet.page.rows) == 7, "nothing is taken in before it is asked for"
    page.list.take_in.click()
    person.rest()
    assert len(person.bench.seat.state.sheet.page.rows) == 9 and page.list.isHidden()


def test_a_case_is_drawn_saved_left_and_found_again_as_it_was(person: Person, where: str) -> None:
    person.sign_in(where, "ann")
    person.open("CASE-2")
    bench, session = person.bench, person.bench.session
    assert session.state.subject.patient_id == "CASE-2" and session.state.subject.height_m == pytest.approx(1.65)
    person.key(Qt.Key.Key_Return)
    regions = session.state.work.regions.copy()
    rows, columns = np.nonzero(regions == Region.MUSCLE)
    regions[rows[:40], columns[:40]] = 0
    session.edit("erase", regions)
    assert bench.study_case.is_changed
    person.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert person.message == "Saved as version 1 of CASE-2." and not bench.study_case.is_changed
    desk = bench.seat.state.desk
    stored = case_view.regions_of(desk.store, person.case("CASE-2").id, 1)
    assert np.array_equal(stored.regions, regions) and stored.version.level_confirmed_by == "ann"
    numbers = case_view.numbers_of(desk, person.case("CASE-2").id, 1)
    assert numbers["smi_cm2_m2"] == pytest.approx(session.state.measurement.indices["SMI"])

    person.key(Qt.Key.Key_N)
    assert "no longer where they were" in person.message, "the next case has no files: that is said, and the window goes on"
    person.open("CASE-2")
    assert np.array_equal(session.state.work.regions, regions) and session.state.level.confirmed_by == "ann"
    assert not bench.study_case.is_changed
    bench.study.leave()
    person.rest()
    assert session.state.volume is None and not bench.seat.state.is_signed_in


def test_who_saves_too_late_keeps_the_drawing_and_is_told(person: Person, where: str) -> None:
    person.sign_in(where, "ann")
    person.open("CASE-2")
    person.key(Qt.Key.Key_Return)
    person.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    ben = study.sign_in(study.open_study(where), "ben", PASSWORD)
    from napari_t12_bodycomp.workflow.screen_result import result_on_screen

    number = person.case("CASE-2").id
    review.save_version(ben, number, 1, result_on_screen(person.bench.session.state))
    session = person.bench.session
    session.edit("erase all muscle", np.where(session.state.work.regions == Region.MUSCLE, 0, session.state.work.regions))
    person.bench.study.ask_for_change()
    person.until(lambda: "Somebody changed this case" in person.message)
    person.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert "yours is kept as version 3" in person.message
    assert open_case(ben, number).base == 2
    ben.store.close()


def test_a_study_that_cannot_be_reached_keeps_the_work_and_saves_once_it_is_there(person: Person, where: str, tmp_path: Path) -> None:
    person.sign_in(where, "ann")
    person.open("CASE-2")
    person.key(Qt.Key.Key_Return)
    person.bench.seat.state.desk.store.engine.dispose()
    away = Path(where).with_suffix(".away")
    Path(where).rename(away)
    Path(where).mkdir()
    person.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    person.until(lambda: bool(person.bench.seat.state.trouble))
    assert person.bench.study_case.is_changed and "cannot be" in person.message
    assert "kept on this computer" in person.bench.seat.state.trouble
    assert list((tmp_path / "kept").glob("*.npz")), "the drawing is on this computer's disk"
    Path(where).rmdir()
    away.rename(where)
    person.bench.study.ask_for_change()
    person.until(lambda: person.case("CASE-2").current_version == 1)
    person.rest()
    assert not person.bench.seat.state.trouble and not person.bench.study_case.is_changed


def test_the_next_scan_is_read_ahead(person: Person, template: Path, tmp_path: Path) -> None:
    import shutil

    from napari_t12_bodycomp.phantom.build import make_phantom
    from napari_t12_bodycomp.phantom.files import write_phantom_series
    from napari_t12_bodycomp.phantom.options import PhantomOptions

    second = tmp_path / "second"
    write_phantom_series(make_phantom(PhantomOptions(seed=5, n_pixels=192, pixel_mm=2.0)), second)
    first = shutil.copytree(SAMPLE, tmp_path / "first")
    place = str(tmp_path / "ahead.sqlite")
    make_study(place, tmp_path, {"A": first, "B": second})
    person.sign_in(place, "ann")
    person.open("A")
    ahead = person.bench.study_case.ahead
    person.until(lambda: ahead.is_ready)
    shutil.rmtree(second)
    person.key(Qt.Key.Key_N)
    person.until(lambda: person.bench.seat.state.opened.case.pseudonym == "B")
    assert person.bench.session.state.finding is not None, "the scan was read and searched before it was asked for"


def test_roles_are_those_of_the_study_not_of_buttons(person: Person, where: str) -> None:
    person.sign_in(where, "rita")
    page = person.bench.study_page.worklist
    assert page.people.isHidden() and page.listed.isHidden() and page.deeds.assign.isHidden()
    person.open("CASE-2")
    assert "needs the role assessor" in person.bench.session.state.locked
    person.bench.study.add_account("eve", PASSWORD, frozenset({Role.LEAD}), lambda sentence: person.bench.session.tell(sentence))
    person.rest()
    assert "Only a lead may" in person.message
