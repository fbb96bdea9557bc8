"""What the assessor's hand holds: tool, region, HU-lock, brush, display."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from napari_t12_bodycomp.model.tissue import Region

BRUSH_RANGE_MM = (0.5, 60.0)
REACH_RANGE_MM = (2.0, 100.0)
TOLERANCE_RANGE_HU = (10, 200)


class Tool(StrEnum):
    MOVE = "move"
    BRUSH = "brush"
    ERASE = "erase"
    FILL = "fill"
    POLYGON = "polygon"
    LIVEWIRE = "livewire"
    SEED = "seed"
    PUSH = "push"


CORRECTING_TOOLS = (Tool.LIVEWIRE, Tool.SEED, Tool.PUSH)
"""The tools that napari's Labels layer does not have."""
SIZE_STEP = 1.15


class Display(StrEnum):
    BOTH = "both"
    CONTOURS = "contours"
    TISSUES = "tissues"


@dataclass(frozen=True, slots=True)
class ToolState:
    """Tool state.

    `brush_mm` is the brush's diameter, `reach_mm` the radius that a seed fill stays within. `tolerance_hu` is how far HU may lie from those at
    the seed; None takes the HU window of the region. `protected` regions are never painted over or erased unless they are the active one.
    With `compare`, the drawing is compared with its reference; with `flicker`, the reference is shown instead of it.
    """

    tool: Tool = Tool.MOVE
    region: Region = Region.MUSCLE
    hu_lock: bool = True
    protected: frozenset[Region] = frozenset()
    brush_mm: float = 6.0
    reach_mm: float = 25.0
    tolerance_hu: int | None = None
    display: Display = Display.BOTH
    opacity: float = 0.5
    hidden: bool = False
    compare: bool = False
    flicker: bool = False

    def __post_init__(self) -> None:
        if not BRUSH_RANGE_MM[0] <= self.brush_mm <= BRUSH_RANGE_MM[1]:
            raise ValueError(f"a brush of {BRUSH_RANGE_MM[0]} to {BRUSH_RANGE_MM[1]} mm is wanted, not {self.brush_mm}")
        if not REACH_RANGE_MM[0] <= self.reach_mm <= REACH_RANGE_MM[1]:
            raise ValueError(f"a reach of {REACH_RANGE_MM[0]} to {REACH_RANGE_MM[1]} mm is wanted, not {self.reach_mm}")
        if self.tolerance_hu is not None and not TOLERANCE_RANGE_HU[0] <= self.tolerance_hu <= TOLERANCE_RANGE_HU[1]:
            raise ValueError(f"a tolerance of {TOLERANCE_RANGE_HU[0]} to {TOLERANCE_RANGE_HU[1]} HU is wanted, not {self.tolerance_hu}")
        if not 0 <= self.opacity <= 1:
            raise ValueError(f"opacity must be 0 to 1, not {self.opacity}")

    @property
    def size_mm(self) -> float:
        """What the size keys change: the reach of a seed fill, else the brush's diameter (mm)."""
        return self.reach_mm if self.tool is Tool.SEED else self.brush_mm

    @property
    def size_range_mm(self) -> tuple[float, float]:
        """The range of `size_mm`."""
        return REACH_RANGE_MM if self.tool is Tool.SEED else BRUSH_RANGE_MM

    def with_size(self, size_mm: float) -> ToolState:
        """The same with another `size_mm`."""
        return replace(self, reach_mm=size_mm) if self.tool is Tool.SEED else replace(self, brush_mm=size_mm)

    def resized(self, steps: int) -> ToolState:
        """`size_mm` made `steps` larger (negative: smaller), in steps of about 15%, at least 0.5 mm, kept in range."""
        low, high = self.size_range_mm
        size = self.size_mm
        for _ in range(abs(steps)):
            wanted = max(size * SIZE_STEP, size + 0.5) if steps > 0 else min(size / SIZE_STEP, size - 0.5)
            size = min(max(round(wanted * 2) / 2, low), high)
        return self.with_size(size)

    def with_tolerance(self, steps: int) -> ToolState:
        """The tolerance `steps` of 10 HU wider (negative: narrower); below the narrowest stands the region's own HU window."""
        low, high = TOLERANCE_RANGE_HU
        now = low - 10 if self.tolerance_hu is None else self.tolerance_hu
        wanted = min(now + 10 * steps, high)
        return replace(self, tolerance_hu=wanted if wanted >= low else None)
