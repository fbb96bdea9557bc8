"""Where T12 is, on what evidence, who says so."""

from __future__ import annotations

from qtpy.QtWidgets import QGridLayout, QWidget

from napari_t12_bodycomp.gui import format as fmt
from napari_t12_bodycomp.gui import widgets, words
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.gui.reason_box import ReasonBox
from napari_t12_bodycomp.gui.widgets import ActionButton
from napari_t12_bodycomp.model.level import LevelCandidate, LevelMethod, LevelStatus
from napari_t12_bodycomp.model.level_choice import candidate_letter, needs_reason, neighbour
from napari_t12_bodycomp.workflow.seat import SeatState
from napari_t12_bodycomp.workflow.session_state import SessionState, why_not_confirmable

MAX_EVIDENCE = 4
CARDS_IN_A_ROW = 3


class CandidateCard(widgets.CardButton):
    """One candidate with its reason; a click puts the level there."""

    def __init__(self, position: int, candidate: LevelCandidate) -> None:
        letter = candidate_letter(position)
        super().__init__(
            widgets.label(f"{letter} · {fmt.number(candidate.confidence * 100, 0)} %", "strong"),
            widgets.label(f"slice {candidate.slice_index + 1} · z {fmt.number(candidate.z_mm)} mm", "muted", wrap=True),
            widgets.label(candidate.reason, "small", wrap=True),
        )
        self.candidate = candidate
        self.setToolTip(f"Measure slice {candidate.slice_index + 1} (line {letter} in the pictures): {candidate.reason}")


class LevelPanel(Panel):
    """Found with evidence, uncertain with candidates, absent with a way out; then confirm."""

    def _build(self) -> None:
        self.title = widgets.label("", "strong", wrap=True)
        self.place = widgets.label("", "muted", wrap=True)
        self.message = widgets.label("", "", wrap=True)
        self.evidence = widgets.label("", "muted", wrap=True)
        self.warnings = widgets.label("", "warning", wrap=True)
        self.way_out = widgets.label("", "note", wrap=True)
        self.cards: list[CandidateCard] = []
        self._card_box = QWidget()
        self._card_grid = QGridLayout(self._card_box)
        self._card_grid.setContentsMargins(0, 0, 0, 0)
        self.assessor = widgets.Field("Who assesses: written into every row, and to the level that is confirmed")
        self.assessor.setPlaceholderText("name or code")
        self.assessor.setMinimumWidth(90)
        self.here = ActionButton(self.actions, "set_level_here")
        self.go = ActionButton(self.actions, "go_to_level")
        self.again = ActionButton(self.actions, "locate_again")
        self.down = ActionButton(self.actions, "vertebra_down")
        self.up = ActionButton(self.actions, "vertebra_up")
        self.ask = ActionButton(self.actions, "second_opinion")
        self.ask_file = ActionButton(self.actions, "opinion_file")
        self.opinion = widgets.label("", "muted", wrap=True)
        self.reason = ReasonBox("Why the level is here: kept in the row and in the unfinished work")
        self._reason_row = QWidget()
        self._reason_row.setLayout(widgets.row(widgets.label("Reason", "muted"), self.reason))
        self.refusal = widgets.label("", "muted", wrap=True)
        self.setLayout(
            widgets.column(
                widgets.label("T12 LEVEL", "heading"),
                self.title,
                self.place,
                self.message,
                self._card_box,
                self.evidence,
                self.opinion,
                self.warnings,
                self.way_out,
                self._reason_row,
                widgets.row(self.down, self.go, self.up, self.here, None, gap=5),
                widgets.row(self.again, self.ask, self.ask_file, None, gap=5),
                widgets.row(widgets.label("Assessor", "muted"), self.assessor),
                self.refusal,
            )
        )

    def _connect(self) -> None:
        self.assessor.entered.connect(self._on_assessor)
        self.seat.changed.connect(self._on_seat)
        self._on_seat(None, self.seat.state)
        self.reason.entered.connect(self._on_reason)
        self.jobs.changed.connect(self._on_jobs)

    def _on_seat(self, old: SeatState | None, new: SeatState) -> None:
        """Who is signed in to a study is who assesses, until they sign out."""
        if old is None or old.is_signed_in != new.is_signed_in:
            self.assessor.setEnabled(not new.is_signed_in)

    def _on_assessor(self, name: str) -> None:
        self.session.set_assessor(name.strip())
        self.assessor.show_value(name.strip())
        self.assessor.clearFocus()

    def _on_reason(self, reason: str) -> None:
        self.session.set_level_reason(reason)

    def _on_jobs(self, _: object = None) -> None:
        self._show_level(self.session.state)

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        if old is None or old.finding is not new.finding:
            self._show_finding(new)
            self._show_cards(new)
        if old is None or (old.finding, old.level, old.assessor, old.volume) != (new.finding, new.level, new.assessor, new.volume):
            self._show_level(new)
        if old is None or (old.finding, old.view_index, old.volume) != (new.finding, new.view_index, new.volume):
            self._show_neighbours(new)

    def _show_finding(self, new: SessionState) -> None:
        finding = new.finding
        widgets.set_text(self.message, finding.message if finding else "", hide_empty=True)
        evidence = finding.evidence if finding else ()
        widgets.set_text(self.evidence, "\n".join(f"• {e}" for e in evidence[:MAX_EVIDENCE]), hide_empty=True)
        widgets.set_text(self.warnings, "\n".join(finding.warnings if finding else ()), hide_empty=True)
        asked = finding.second_opinion if finding else None
        cautions = asked.cautions if asked else ()
        is_said = asked is None or asked.sentence in evidence[:MAX_EVIDENCE] or (finding is not None and asked.sentence in finding.message)
        widgets.set_text(self.opinion, "" if asked is None or is_said else f"Second opinion: {asked.sentence}", hide_empty=True)
        self.opinion.setToolTip("\n".join(cautions))
        self.evidence.setToolTip("\n".join((*evidence, *cautions)))

    def _show_cards(self, new: SessionState) -> None:
        for card in self.cards:
            self._card_grid.removeWidget(card)
            card.deleteLater()
        finding = new.finding
        candidates = finding.candidates if finding and finding.status is LevelStatus.UNCERTAIN else ()
        self.cards = [CandidateCard(n, c) for n, c in enumerate(candidates)]
        across = 2 if len(candidates) in (2, 4) else CARDS_IN_A_ROW
        for n, card in enumerate(self.cards):
            card.clicked.connect(lambda _=False, c=card.candidate: self.session.choose_level(c.slice_index))
            self._card_grid.addWidget(card, n // across, n % across)
        self._card_box.setVisible(bool(self.cards))

    def _mark_cards(self, new: SessionState) -> None:
        for card in self.cards:
            card.setChecked(new.level is not None and new.level.slice_index == card.candidate.slice_index)

    def _show_neighbours(self, new: SessionState) -> None:
        """Name the vertebrae next to the slice on screen on the two buttons that lead there."""
        z = float(new.volume.z_mm[new.view_index]) if new.volume is not None else 0.0
        for button, sign, step in ((self.down, "▾", -1), (self.up, "▴", 1)):
            there = neighbour(new.finding, z, step) if new.volume is not None else None
            button.set_action(button.action_id, f"{sign} {there.label if there else '–'}")
            button.setEnabled(there is not None)

    def _show_level(self, new: SessionState) -> None:
        confirmed = new.level is not None and new.level.is_confirmed
        widgets.set_text(self.title, words.level_title(new, self.jobs.state.running))
        widgets.set_look(self.title, "role", "good" if confirmed else "strong")
        widgets.set_text(self.place, words.level_place(new), hide_empty=True)
        widgets.set_text(self.way_out, words.level_way_out(new), hide_empty=True)
        self._mark_cards(new)
        if not self.assessor.hasFocus():
            self.assessor.show_value(new.assessor)
        why = why_not_confirmable(new)
        searching = new.finding is None and self.jobs.state.running
        quiet = new.volume is None or searching or bool(words.level_way_out(new))
        widgets.set_text(self.refusal, "" if quiet else why, hide_empty=True)
        by_hand = new.level if new.level is not None and new.level.method is LevelMethod.MANUAL else None
        self._reason_row.setVisible(by_hand is not None)
        if by_hand is not None:
            self.reason.show_reason(by_hand.reason, missing=needs_reason(by_hand, new.finding))
        self.ask.setEnabled(new.finding is not None and not self.jobs.state.running)
        self.ask_file.setEnabled(new.finding is not None and not self.jobs.state.running)
        self.go.setEnabled(new.level is not None)
        self.here.setEnabled(new.volume is not None)
        self.again.setEnabled(new.volume is not None)
