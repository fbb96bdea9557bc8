"""What the assessor's hand holds: tool, region, HU-lock, brush, display."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from napari_t12_bodycomp.model.tissue import Region

BRUSH_RANGE_MM = (0.5, 60.0)


class Tool(StrEnum):
    MOVE = "move"
    BRUSH = "brush"
    ERASE = "erase"
    FILL = "fill"
    POLYGON = "polygon"


class Display(StrEnum):
    BOTH = "both"
    CONTOURS = "contours"
    TISSUES = "tissues"


@dataclass(frozen=True, slots=True)
class ToolState:
    """Tool state.

    `brush_mm` is the brush's diameter. `protected` regions are never painted over or erased unless they are the active one.
    """

    tool: Tool = Tool.MOVE
    region: Region = Region.MUSCLE
    hu_lock: bool = True
    protected: frozenset[Region] = frozenset()
    brush_mm: float = 6.0
    display: Display = Display.BOTH
    opacity: float = 0.5
    hidden: bool = False

    def __post_init__(self) -> None:
        if not BRUSH_RANGE_MM[0] <= self.brush_mm <= BRUSH_RANGE_MM[1]:
            raise ValueError(f"a brush of {BRUSH_RANGE_MM[0]} to {BRUSH_RANGE_MM[1]} mm is wanted, not {self.brush_mm}")
        if not 0 <= self.opacity <= 1:
            raise ValueError(f"opacity must be 0 to 1, not {self.opacity}")
