"""What a reader of the numbers must know about the scan."""

from __future__ import annotations

from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.quality import QualityFlag
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.volume import CTVolume


def quality_flags(volume: CTVolume, axial: AxialSlice, draft: Draft, protocol: Protocol) -> tuple[QualityFlag, ...]:
    """What the draft says about itself."""
    return tuple(QualityFlag(code, sentence) for code, sentence in zip(draft.flags, draft.notes, strict=False))
