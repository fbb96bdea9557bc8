"""How a level comes about: put on a slice, put back as it was saved, confirmed, left by its assessor. Pure: a level in, a level out."""

from __future__ import annotations

from dataclasses import replace

from napari_t12_bodycomp.errors import LevelError, UsageError
from napari_t12_bodycomp.model.level import LevelFinding, LevelMethod, MeasuredLevel
from napari_t12_bodycomp.model.level_choice import chosen_by_hand
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.session_state import SessionState, why_not_confirmable


def level_on(volume: CTVolume | None, slice_index: int, method: LevelMethod, finding: LevelFinding | None) -> MeasuredLevel:
    """The level on `slice_index`; by hand, it bears the reason that `finding` gives. UsageError where there is no such slice."""
    if volume is None or not 0 <= slice_index < len(volume.hu):
        raise UsageError(f"A slice of the scan is wanted as level, {slice_index} came: choose one inside the scan.")
    z_mm = float(volume.z_mm[slice_index])
    if method is LevelMethod.MANUAL:
        return chosen_by_hand(finding, slice_index, z_mm)
    return MeasuredLevel(slice_index, z_mm, method)


def restored(level: MeasuredLevel, volume: CTVolume | None, assessor: str, confirmed_by: str) -> MeasuredLevel:
    """A saved level, confirmed only where `assessor` or `confirmed_by` did so. UsageError where it lies outside the scan."""
    if volume is None or not 0 <= level.slice_index < len(volume.hu):
        raise UsageError("The autosaved level lies outside this scan: open the scan that it belongs to.")
    return level if level.confirmed_by in (assessor, confirmed_by) else replace(level, confirmed_by="")


def confirmed(state: SessionState) -> MeasuredLevel:
    """The level of `state`, confirmed in its assessor's name. LevelError says why where it cannot be."""
    why = why_not_confirmable(state)
    if why:
        raise LevelError(why)
    assert state.level is not None
    return replace(state.level, confirmed_by=state.assessor)


def under(assessor: str, level: MeasuredLevel | None) -> MeasuredLevel | None:
    """`level` with `assessor` at work: what was confirmed under another name must be confirmed again."""
    if level is None or level.confirmed_by in ("", assessor):
        return level
    return replace(level, confirmed_by="")
