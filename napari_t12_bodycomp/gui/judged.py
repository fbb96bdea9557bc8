"""How the numbers stand to the cut-off set that was chosen; no Qt in here."""

from __future__ import annotations

import math
from dataclasses import dataclass

from napari_t12_bodycomp.gui.format import number
from napari_t12_bodycomp.model.cutoffs import cutoff_set, judge
from napari_t12_bodycomp.model.measurement import Measurement
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.workflow.session_state import SessionState


@dataclass(frozen=True, slots=True)
class Judgement:
    """One number against one cut-off: short for a card, as a sentence for the rest."""

    text: str
    sentence: str
    beyond: bool


def values_to_judge(measurement: Measurement) -> dict[str, float]:
    """Everything that a cut-off can be about, in the units of the cut-off sets."""
    return {**measurement.indices, "SMD": measurement.smd_hu, "IMAT": measurement.areas_cm2[Tissue.INTERMUSCULAR_FAT]}


def judged(state: SessionState, quantity: str) -> Judgement | None:
    """How `quantity` stands to the chosen set's cut-off; None where no set is chosen, it has none, or the value or the limit is unknown."""
    if not state.cutoffs or state.measurement is None:
        return None
    chosen = cutoff_set(state.cutoffs)
    cut, value = chosen.cutoff(quantity), values_to_judge(state.measurement)[quantity]
    sentence = judge(chosen, quantity, value, state.subject.sex)
    limit = None if cut is None else cut.limit(state.subject.sex)
    if cut is None or limit is None or sentence is None or not math.isfinite(value):
        return None
    beyond = value < limit if cut.side == "below" else value > limit
    sign = {("below", True): "<", ("below", False): "≥", ("above", True): ">", ("above", False): "≤"}[cut.side, beyond]
    return Judgement(f"{sign} {number(limit, 2).rstrip('0').rstrip('.')}", sentence, beyond)


def judgement_sentences(state: SessionState) -> list[str]:
    """What the chosen set says on everything that it has a cut-off for, and where it comes from; empty where none is chosen."""
    if not state.cutoffs:
        return []
    chosen = cutoff_set(state.cutoffs)
    said: list[str | None] = []
    if state.measurement is not None:
        values = values_to_judge(state.measurement)
        said = [judge(chosen, c.quantity, values[c.quantity], state.subject.sex) for c in chosen.cutoffs]
    known = list(dict.fromkeys(sentence for sentence in said if sentence))
    return [*(known or [state.numbers_hidden or "The numbers that this set judges are not there yet."]), f"Source: {chosen.source}."]
