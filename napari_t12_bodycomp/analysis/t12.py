"""Find T12: the vertebra that bears the last pair of ribs, checked from the first rib and from the sacrum where they are in the scan."""

from __future__ import annotations

from napari_t12_bodycomp.analysis.column import Column, find_column
from napari_t12_bodycomp.analysis.finding import decide
from napari_t12_bodycomp.model.level import LevelFinding, LevelStatus
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.volume import CTVolume

MIN_SLICES = 5
MIN_SPAN_MM = 60.0
"""Two vertebrae's height: less shows no sequence that could be counted."""


def locate_t12(volume: CTVolume, progress: Progress = no_progress) -> LevelFinding:
    """Find the slice through the middle of T12's body.

    The spinal canal is followed, the scan resampled in planes across it, vertebrae cut at their foramina and ribs followed outward. Every way to
    number the vertebrae, with 11 to 13 rib pairs and 4 to 6 lumbar vertebrae, is weighed against all that is seen; the first rib, the last rib and
    the sacrum must then each agree as far as they lie in the scan.

    Parameters
    ----------
    volume : CTVolume
        int16 HU (Z, Y, X), caudal to cranial.
    progress : callable
        Told the share done; may raise `Cancelled`.

    Returns
    -------
    LevelFinding
        `found` only where nothing in the scan speaks against the count; `uncertain` with ranked candidates; `absent` where the middle of T12 is not
        in the scan or no count is possible. z in LPS mm; `slice_index` is the slice nearest to the plane midway between T12's endplates.

    Raises
    ------
    Cancelled
        Where `progress` raised it.
    """
    progress(0.0, "reading the scan's outline")
    span = float(volume.z_mm[-1] - volume.z_mm[0])
    if len(volume.z_mm) < MIN_SLICES or span < MIN_SPAN_MM:
        return _absent(f"T12 cannot be told from {len(volume.z_mm)} slices over {span:.0f} mm: no count of vertebrae is possible.")
    column = find_column(volume, progress)
    if column is None:
        return _absent("T12 is not in the scan: no spinal canal was seen.")
    if not isinstance(column, Column):
        return LevelFinding(LevelStatus.ABSENT, "T12 is not in the scan: fewer than three vertebrae were seen.", canal=column)
    progress(0.9, "counting vertebrae and ribs")
    finding = decide(volume, column)
    progress(1.0, finding.message)
    return finding


def _absent(message: str) -> LevelFinding:
    return LevelFinding(LevelStatus.ABSENT, message)
