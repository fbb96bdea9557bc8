"""Named cut-off sets: none is chosen until a person chooses one; the judgement stands with its source."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox

from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.judged import judgement_sentences
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.model.cutoffs import CUTOFF_SETS
from napari_t12_bodycomp.workflow.session_state import SessionState

NONE = "none chosen"


class CutoffsPanel(Panel):
    """The choice of a set, and what it says."""

    def _build(self) -> None:
        self.choice = QComboBox()
        self.choice.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.choice.addItem(NONE, "")
        for name, one in CUTOFF_SETS.items():
            self.choice.addItem(name, name)
            self.choice.setItemData(self.choice.count() - 1, f"{one.source}: {one.basis}", Qt.ItemDataRole.ToolTipRole)
        self.choice.setToolTip("Published cut-offs disagree: choose a set by name, or none")
        self.verdict = widgets.label("", "note", wrap=True)
        self.setLayout(widgets.column(widgets.row(widgets.label("CUT-OFFS", "heading"), self.choice, None), self.verdict))

    def _connect(self) -> None:
        self.choice.activated.connect(lambda place: self.session.choose_cutoffs(self.choice.itemData(place)))

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        if old is None or old.cutoffs != new.cutoffs:
            self.choice.setCurrentIndex(self.choice.findData(new.cutoffs))
        told = ("cutoffs", "measurement", "subject", "numbers_hidden")
        if old is None or any(getattr(old, name) is not getattr(new, name) for name in told):
            widgets.set_text(self.verdict, "\n".join(judgement_sentences(new)), hide_empty=True)
            chosen = CUTOFF_SETS.get(new.cutoffs)
            self.verdict.setToolTip("" if chosen is None else f"{chosen.basis}. Beyond the limit: {chosen.group}.")
