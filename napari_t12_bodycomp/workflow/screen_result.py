"""From what a session shows to the result that is saved."""

from __future__ import annotations

from napari_t12_bodycomp.workflow.analyse import draft_slice
from napari_t12_bodycomp.workflow.export import Result, build_result
from napari_t12_bodycomp.workflow.session_state import SessionState, why_not_final


def result_on_screen(state: SessionState) -> Result:
    """The measurement of the drawing in `state`, confirmed where nothing speaks against it; a level and a drawing must be there.

    Takes up to a second where nothing was drafted on the slice yet, as the draft's judgement of the slice belongs to the row.
    """
    assert state.volume is not None and state.level is not None and state.work is not None
    quality, draft = state.work.quality, state.work.draft
    if draft is None:
        drawn = draft_slice(state.volume, state.level, state.finding, state.protocol)
        quality, draft = drawn.quality, drawn.draft
    return build_result(
        state.volume,
        state.finding,
        state.level,
        state.work.axial,
        state.work.regions,
        state.protocol,
        state.subject,
        quality,
        assessor=state.assessor,
        status="draft" if why_not_final(state) else "confirmed",
        draft=draft,
        follows=state.work.follows,
    )
