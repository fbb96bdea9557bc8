"""In a blinded review no number is in the window before the decision, wherever one looks; after it all of them are."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QListWidget, QWidget
from reviewing import CTRL, PASSWORD, Room, result

from napari_t12_bodycomp.gui.format import UNKNOWN, number
from napari_t12_bodycomp.model.quality import QualityFlag
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.workflow import study
from napari_t12_bodycomp.workflow.drawing import against_reference
from napari_t12_bodycomp.workflow.second_opinion import Asked
from napari_t12_bodycomp.workflow.session_state import Step

SENTENCE = "The review is blinded: the numbers are shown once you have decided."


def texts(room: Room) -> Iterator[str]:
    """Everything that the window says, shown or hidden, in labels, buttons, lines, lists, tooltips, on the picture and in the layers."""
    for widget in room.bench.frame.main.findChildren(QWidget):
        yield from (widget.toolTip(), widget.windowTitle(), widget.statusTip(), widget.whatsThis(), widget.accessibleName())
        if isinstance(widget, (QLabel, QAbstractButton, QLineEdit)):
            yield widget.text()
        if isinstance(widget, QComboBox):
            yield from (widget.itemText(k) for k in range(widget.count()))
        if isinstance(widget, QListWidget):
            yield from (text for row in range(widget.count()) for text in (widget.item(row).text(), widget.item(row).toolTip()))
    yield str(room.bench.canvas.overlay.words)
    yield from (f"{layer.name} {layer.metadata.keys()} {getattr(layer, 'features', '')}" for layer in room.bench.viewer.layers)
    yield room.bench.viewer.status if isinstance(room.bench.viewer.status, str) else str(room.bench.viewer.status)


def true_numbers() -> set[str]:
    """The numbers of the drawing as the window writes them; a digit alone would be found everywhere."""
    m = result("ann").measurement
    values = [*m.areas_cm2.values(), *m.mean_hu.values(), *m.indices.values(), m.low_attenuation_muscle_cm2]
    written = {number(value, places) for value in values for places in (1, 2)}
    return {text for text in written if "." in text and text not in (UNKNOWN, "0.0", "0.00")}


def leaked(room: Room) -> set[str]:
    said = "\n".join(texts(room))
    return {text for text in true_numbers() if re.search(rf"(?<![\d.]){re.escape(text)}(?![\d.])", said)}


def every_page(room: Room) -> set[str]:
    """What leaks on any page, in any display."""
    found = set()
    for step in Step:
        room.bench.panel.show_step(step)
        room.rest()
        found |= leaked(room)
    room.bench.panel.show_step(Step.REVIEW)
    return found


def test_no_number_is_seen_before_the_decision_and_all_are_after_it(room: Room) -> None:
    room.submit()
    room.sit("rita")
    bench = room.bench
    bench.session.choose_cutoffs("insights-2021")
    assert every_page(room) == set()
    for action in ("compare_levels", "compare_draft", "help", "help"):
        bench.actions.trigger(action)
        room.rest()
        assert leaked(room) == set(), action
    assert bench.session.state.measurement is None and bench.session.state.sensitivity is None
    assert {card.value.text() for card in bench.panel.stats.cards.values()} == {UNKNOWN}
    assert {bench.panel.stats.cells[t.key, 2].text() for t in Tissue} == {UNKNOWN}
    assert bench.panel.stats.why.text() == SENTENCE and bench.panel.stats.cards["SMI"].toolTip() == SENTENCE
    assert SENTENCE in bench.panel.cutoffs.verdict.text()
    assert not bench.panel.histogram.isVisible() and not any(c.any() for c in bench.panel.histogram.plot.counts().values())
    gained = against_reference(bench.session.state, bench.session.state.work.regions).areas_cm2
    assert any(a > 0 for a, _ in gained.values()) and "cm²" not in room.notes and "white was added" in room.notes

    room.key(Qt.Key.Key_D, Qt.KeyboardModifier.ShiftModifier)
    room.key(Qt.Key.Key_Return, CTRL)
    room.type(bench.panel.decide.password, PASSWORD)
    seen = leaked(room)
    m = result("ann").measurement
    assert {number(a) for a in m.areas_cm2.values()} <= seen and number(m.indices["SMI"]) in seen and number(m.smd_hu) in seen
    assert bench.panel.histogram.isVisible() and any(c.any() for c in bench.panel.histogram.plot.counts().values())
    assert SENTENCE not in "\n".join(texts(room))
    room.key(Qt.Key.Key_D, Qt.KeyboardModifier.ShiftModifier)
    assert "cm² added" in room.notes


def test_numbers_come_with_a_return_and_with_a_saved_correction_too(room: Room) -> None:
    room.submit()
    room.sit("rita")
    room.key(Qt.Key.Key_Backspace)
    room.type(room.bench.panel.decide.reason, "cut off")
    assert room.bench.session.state.measurement is not None and leaked(room)
    room.submit()
    room.sit("rita")
    assert room.bench.session.state.measurement is None, "hidden again for the next decision"
    room.click(room.bench.panel.decide.correct)
    regions = room.bench.session.state.work.regions.copy()
    regions[14:16] = 0
    room.bench.session.edit("erase", regions)
    room.bench.session.preview(regions)
    assert room.bench.session.state.measurement is None, "a stroke shows no number either"
    room.click(room.bench.panel.save.next)
    assert room.bench.session.state.measurement is not None


def test_flags_keep_their_words_and_lose_their_numbers(room: Room) -> None:
    room.submit()
    room.sit("rita")
    session = room.bench.session
    work = session.state.work
    flag = QualityFlag("muscle_fatty", "The muscle is fatty or watery (mean 27 HU, 33% of its region reads as fat).")
    session.set_judgement(work.draft, (flag,), work.axial.index, session.state.protocol.slab_mm)
    assert room.bench.panel.flags.box.text() == "The muscle is fatty or watery (mean … HU, …% of its region reads as fat)."


@pytest.mark.parametrize("name", ["ann", "lena"])
def test_who_drew_and_who_leads_see_the_numbers(room: Room, name: str) -> None:
    room.submit()
    room.sit(name)
    assert room.bench.session.state.measurement is not None and number(result("ann").measurement.indices["SMI"]) in leaked(room)


def test_an_open_review_shows_them_from_the_start(room: Room) -> None:
    study.set_options(room.at("lena"), blind_review=False)
    room.submit()
    room.sit("rita")
    assert room.bench.seat.state.opened.is_review and room.bench.session.state.measurement is not None


def test_a_second_opinion_on_tissues_waits_as_well(room: Room) -> None:
    room.submit()
    room.sit("rita")
    room.bench.level_flow._tell_tissues(Asked(room.bench.session.state.finding))
    assert room.message == SENTENCE
