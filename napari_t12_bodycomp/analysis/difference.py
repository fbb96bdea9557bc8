"""What tells one drawing from another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.tissue import Region

Labels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """Pixels (Y, X) that some region gained and that some region lost; a pixel that went from one region to another is both.

    `areas_cm2` holds what each region gained and lost (cm2).
    """

    gained: Mask
    lost: Mask
    areas_cm2: dict[Region, tuple[float, float]]

    @property
    def is_empty(self) -> bool:
        return not (self.gained.any() or self.lost.any())


def difference(before: Labels, after: Labels, spacing_mm: tuple[float, float]) -> Difference:
    """How `after` differs from `before`, both (Y, X)."""
    changed = before != after
    pixel_cm2 = spacing_mm[0] * spacing_mm[1] / 100
    areas = {r: (float((changed & (after == r)).sum() * pixel_cm2), float((changed & (before == r)).sum() * pixel_cm2)) for r in Region}
    return Difference(changed & (after > 0), changed & (before > 0), areas)
