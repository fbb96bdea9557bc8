"""Named cut-off sets: none is chosen until a person chooses one; the judgement stands with its source."""

from __future__ import annotations

from qtpy.QtWidgets import QComboBox

from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.model.cutoffs import CUTOFF_SETS, cutoff_set, judge
from napari_t12_bodycomp.model.measurement import Measurement
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.workflow.session import SessionState

NONE = "none chosen"


def values_to_judge(measurement: Measurement) -> dict[str, float]:
    """Everything that a cut-off can be about, in the units of the cut-off sets."""
    return {**measurement.indices, "SMD": measurement.smd_hu, "IMAT": measurement.areas_cm2[Tissue.INTERMUSCULAR_FAT]}


def judgements(state: SessionState) -> list[str]:
    """The sentences of the chosen set on the numbers at hand; none where nothing is chosen or known."""
    if not state.cutoffs or state.measurement is None:
        return []
    chosen = cutoff_set(state.cutoffs)
    values = values_to_judge(state.measurement)
    said = [judge(chosen, c.quantity, values[c.quantity], state.subject.sex) for c in chosen.cutoffs]
    return [sentence for sentence in said if sentence]


class CutoffsPanel(Panel):
    """The choice of a set, and what it says."""

    def _build(self) -> None:
        self.choice = QComboBox()
        self.choice.addItem(NONE, "")
        for name, one in CUTOFF_SETS.items():
            self.choice.addItem(name, name)
            self.choice.setItemData(self.choice.count() - 1, f"{one.source}: {one.basis}", 3)
        self.choice.setToolTip("Published cut-offs disagree: choose a set by name, or none")
        self.verdict = widgets.label("", "note", wrap=True)
        self.setLayout(widgets.column(widgets.row(widgets.label("CUT-OFFS", "heading"), self.choice, None), self.verdict))

    def _connect(self) -> None:
        self.choice.activated.connect(lambda place: self.session.choose_cutoffs(self.choice.itemData(place)))

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        if old is None or old.cutoffs != new.cutoffs:
            self.choice.setCurrentIndex(self.choice.findData(new.cutoffs))
        if old is None or old.cutoffs != new.cutoffs or old.measurement is not new.measurement or old.subject is not new.subject:
            widgets.set_text(self.verdict, "\n".join(self._words(new)), hide_empty=True)

    @staticmethod
    def _words(new: SessionState) -> list[str]:
        if not new.cutoffs:
            return []
        chosen = cutoff_set(new.cutoffs)
        return [
            *(judgements(new) or ["The numbers that this set judges are not there yet."]),
            f"Beyond it: {chosen.group}. {chosen.source}.",
        ]
