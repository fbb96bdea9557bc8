"""How another program's tissues lie to the measured ones: information for a reader, never used in a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from napari_t12_bodycomp.model.tissue import Tissue


@dataclass(frozen=True, slots=True)
class TissueOpinion:
    """The other program's tissues on the measured slice.

    Parameters
    ----------
    source : str
        Who says it: a program's name, or the name of a file.
    areas_cm2 : mapping
        Area of each tissue that it labels, within the HU window of the protocol.
    dice : mapping
        Overlap with the measured tissue: twice the common pixels over the sum of both; NaN where both are empty.
    """

    source: str
    areas_cm2: Mapping[Tissue, float]
    dice: Mapping[Tissue, float]
