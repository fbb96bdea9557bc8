"""Work off the GUI thread: delivered once, never after a cancel, and failures are sentences."""

import threading

import pytest
from qtpy.QtCore import QThread
from qtpy.QtWidgets import QApplication

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.gui.jobs import Jobs


@pytest.fixture
def told():
    return []


@pytest.fixture
def jobs(qtbot, told):
    made = Jobs(told.append)
    yield made
    made.close()


def test_a_result_comes_back_in_the_gui_thread(jobs, qtbot):
    seen = []
    jobs.start("work", lambda progress: threading.current_thread(), lambda r: seen.append((r, QThread.currentThread())))
    assert jobs.state.running and jobs.state.name == "work"
    qtbot.waitUntil(lambda: bool(seen))
    assert seen[0][0] is not threading.main_thread()
    assert seen[0][1] is QApplication.instance().thread()
    assert not jobs.state.running


def test_progress_is_shown(jobs, qtbot):
    go, states = threading.Event(), []
    jobs.changed.connect(lambda state: states.append((state.share, state.words)))

    def work(progress):
        progress(0.5, "half")
        go.wait(5)

    jobs.start("work", work, lambda r: None)
    qtbot.waitUntil(lambda: (0.5, "half") in states)
    go.set()
    qtbot.waitUntil(lambda: not jobs.state.running)


def test_a_busy_window_hears_the_last_word_only(jobs, qtbot, monkeypatch):
    monkeypatch.setattr("napari_t12_bodycomp.gui.jobs.WORDS_EVERY_S", 0.0)
    said, states = threading.Event(), []
    jobs.changed.connect(lambda state: states.append(state.words))

    def work(progress):
        for n in range(50):
            progress(n / 50, f"word {n}")
        said.set()

    jobs.start("work", work, lambda r: None)
    assert said.wait(5), "the window does nothing meanwhile"
    qtbot.waitUntil(lambda: not jobs.state.running)
    assert states == ["work", "word 49", ""]


def test_a_cancelled_job_never_delivers_and_stops_at_its_next_word(jobs, qtbot):
    seen, go, stopped = [], threading.Event(), threading.Event()

    def work(progress):
        go.wait(5)
        try:
            progress(0.9, "still here")
        finally:
            stopped.set()
        return 1

    jobs.start("work", work, seen.append)
    jobs.cancel()
    assert not jobs.state.running
    go.set()
    qtbot.waitUntil(stopped.is_set)
    qtbot.wait(30)
    assert not seen


def test_a_second_job_overtakes_the_first(jobs, qtbot):
    seen, go = [], threading.Event()
    jobs.start("first", lambda progress: go.wait(5) and "first", seen.append)
    jobs.start("second", lambda progress: "second", seen.append)
    qtbot.waitUntil(lambda: bool(seen))
    go.set()
    qtbot.wait(30)
    assert seen == ["second"]


def test_an_error_of_ours_is_told_in_its_own_sentence(jobs, qtbot, told):
    def work(progress):
        raise InputError("A folder is wanted, a text file came: choose a folder.")

    jobs.start("work", work, lambda r: None)
    qtbot.waitUntil(lambda: bool(told))
    assert told == ["A folder is wanted, a text file came: choose a folder."]


def test_an_unforeseen_error_is_told_without_its_text(jobs, qtbot, told):
    def work(progress):
        raise RuntimeError("DOE^JANE")

    jobs.start("work", work, lambda r: None)
    qtbot.waitUntil(lambda: bool(told))
    assert "unexpectedly (RuntimeError)" in told[0] and "DOE" not in told[0]


def test_a_failing_delivery_is_told_too(jobs, qtbot, told):
    jobs.start("work", lambda progress: 1, lambda r: 1 / 0)
    qtbot.waitUntil(lambda: bool(told))
    assert "ZeroDivisionError" in told[0]


def test_what_a_job_shows_on_its_way_is_shown_only_while_it_is_the_one_that_runs(jobs, qtbot):
    seen, go = [], threading.Event()
    show = jobs.for_window(lambda value: seen.append((value, QThread.currentThread())))

    def work(progress):
        show("first")
        go.wait(5)
        show("late")

    jobs.start("work", work, lambda r: None)
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [("first", QApplication.instance().thread())]
    jobs.start("other", lambda progress: None, lambda r: seen.append("done"))
    go.set()
    qtbot.waitUntil(lambda: "done" in seen)
    qtbot.wait(50)
    assert "late" not in [value[0] for value in seen]
