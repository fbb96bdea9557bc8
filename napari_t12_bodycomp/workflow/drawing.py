"""What a hand does on a slice: the rules that bind it, and the operations that change a whole region. No window is needed for any of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.analysis import contour
from napari_t12_bodycomp.analysis.contour import Pixels, disc, flood, inside_polygon
from napari_t12_bodycomp.analysis.difference import Difference, difference
from napari_t12_bodycomp.analysis.measure import slice_tissues
from napari_t12_bodycomp.analysis.simplify import simplified
from napari_t12_bodycomp.analysis.windowing import in_window
from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.tissue import MAIN_TISSUE, Region
from napari_t12_bodycomp.workflow.session_state import Reference, SessionState

OPERATIONS = ("fill_holes", "simplify", "grow", "shrink")

__all__ = [
    "OPERATIONS",
    "Difference",
    "PaintRules",
    "Pixels",
    "against_reference",
    "disc",
    "flood",
    "inside_polygon",
    "operate",
    "paint_rules",
    "reference",
    "shown_slice",
    "stroke_name",
    "tissues",
]


@dataclass(frozen=True, slots=True, eq=False)
class PaintRules:
    """What may be painted: the region in hand, the pixels it is locked to (None: all), and the regions that are protected.

    `closed` lets nothing be painted or erased at all.
    """

    active: int = 1
    locked_to: npt.NDArray[np.bool_] | None = None
    protected: frozenset[int] = frozenset()
    closed: bool = False

    def allowed(self, regions: npt.NDArray[np.uint8], label: int) -> npt.NDArray[np.bool_]:
        """Pixels of `regions` (Y, X) that may become `label` (0 erases)."""
        if self.closed:
            return np.zeros(regions.shape, bool)
        return contour.may_change(regions, label, self.active, self.locked_to, self.protected)

    def painted(self, regions: npt.NDArray[np.uint8], mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
        """`regions` with the active region painted over `mask` (both (Y, X)), as far as the rules allow."""
        result = regions.copy()
        result[mask & self.allowed(regions, self.active)] = self.active
        return result

    def kept(self, before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """`after` with every pixel that the rules forbid put back to what it was in `before`."""
        result = after.copy()
        for label in np.unique(after[after != before]):
            broken = (after == label) & (before != label) & ~self.allowed(before, int(label))
            result[broken] = before[broken]
        return result


def paint_rules(state: SessionState) -> PaintRules:
    """The rules that the tools in hand obey: the HU window of the active region's main tissue, unless the lock is off."""
    tools = state.tools
    locked = None
    if tools.hu_lock and state.work is not None:
        locked = in_window(state.work.axial.hu, state.protocol.preset.window(MAIN_TISSUE[tools.region]))
    return PaintRules(int(tools.region), locked, frozenset(int(r) for r in tools.protected), bool(state.locked))


def tissues(state: SessionState, regions: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Tissues of `regions` on the measured slice, both (Y, X)."""
    if state.work is None:
        return np.zeros(regions.shape, np.uint8)
    return slice_tissues(state.work.axial, regions, state.protocol)


DRAFT_NAME = "automatic draft"


def reference(state: SessionState) -> Reference | None:
    """What the drawing is compared with: what was chosen, else the measured slice's automatic draft; None where there is neither."""
    if state.reference is not None or state.work is None or state.work.draft is None:
        return state.reference
    return Reference(DRAFT_NAME, state.work.axial.index, state.work.draft.regions)


def shown_slice(state: SessionState) -> int | None:
    """The slice that what is drawn on the picture belongs to: the measured one, or the reference's while that is shown instead."""
    other = reference(state) if state.tools.flicker else None
    if other is not None:
        return other.slice_index
    return None if state.work is None else state.work.axial.index


def against_reference(state: SessionState, regions: npt.NDArray[np.uint8]) -> Difference | None:
    """How `regions` (Y, X) on the measured slice differ from the reference; None where there is none on this slice."""
    other = reference(state)
    if state.work is None or other is None or other.slice_index != state.work.axial.index or other.regions.shape != regions.shape:
        return None
    return difference(other.regions, regions, state.work.axial.pixel_spacing_mm)


def operate(state: SessionState, operation: str) -> tuple[str, npt.NDArray[np.uint8]]:
    """Run one of `OPERATIONS` on the active region; the undo step's name and the new regions. UsageError where nothing can be changed."""
    if state.work is None:
        raise UsageError("A slice to draw on is wanted first: set the level.")
    region, regions = state.tools.region, state.work.regions
    if not (regions == region).any():
        raise UsageError(f"The {region.name.lower()} region is empty on this slice: draft (D) or paint it first.")
    allowed = paint_rules(state).allowed(regions, int(region))
    if operation == "fill_holes":
        after = contour.fill_holes(regions, region, state.work.axial.pixel_spacing_mm)
    elif operation == "simplify":
        after = simplified(regions, region, allowed, state.work.axial.pixel_spacing_mm)
    elif operation == "grow":
        after = contour.grow(regions, region, allowed)
    elif operation == "shrink":
        after = contour.shrink(regions, region)
    else:
        raise UsageError(f"One of {', '.join(OPERATIONS)} is wanted, {operation!r} came.")
    return f"{operation.replace('_', ' ')} {_word(region)}", after


def stroke_name(verb: str, region: Region) -> str:
    """The undo step's name of a stroke, such as "paint muscle"."""
    return verb if verb == "erase" else f"{verb} {_word(region)}"


def _word(region: Region) -> str:
    return region.name.lower()
