"""How much the level matters in one case: the same measurement a little lower, a little higher, and over the whole body of T12."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from napari_t12_bodycomp.model.measurement import Measurement
from napari_t12_bodycomp.model.tissue import Tissue


@dataclass(frozen=True, slots=True)
class LevelSensitivity:
    """Measurements of automatic drafts around a level, so that they can be compared with each other.

    Parameters
    ----------
    reference : Measurement
        The draft at the level itself, as it was before anybody corrected it.
    shifted : mapping of float to Measurement or None
        By offset along z (mm, towards the head positive); None where the scan has no slice there, or none that can be drafted.
    body_areas_cm2, body_indices : mapping
        Mean over the slices drafted within the T12 body; NaN where the body's extent is unknown.
    body_slices : int
        How many slices that mean is over.
    why_missing : mapping of str to str
        Why something is unknown, in a sentence: by offset as ``"-5"`` or ``"+5"``, and ``"body"`` for the mean over the body.
    """

    reference: Measurement
    shifted: Mapping[float, Measurement | None]
    body_areas_cm2: Mapping[Tissue, float]
    body_indices: Mapping[str, float]
    body_slices: int
    why_missing: Mapping[str, str] = field(default_factory=dict)

    def change_percent(self, tissue: Tissue, offset_mm: float) -> float:
        """Change of the tissue's area at `offset_mm` against the level, in percent; NaN where either is unknown or the level has none."""
        other, own = self.shifted.get(offset_mm), self.reference.areas_cm2[tissue]
        if other is None or not own > 0:
            return math.nan
        return 100.0 * (other.areas_cm2[tissue] / own - 1.0)

    def index_at(self, name: str, offset_mm: float) -> float:
        """The index `name` at `offset_mm`; NaN where it is unknown there."""
        other = self.shifted.get(offset_mm)
        return math.nan if other is None else other.indices[name]
