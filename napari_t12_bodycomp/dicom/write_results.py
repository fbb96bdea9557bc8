"""A result as DICOM objects in the scan's own study: segmentations, report and picture."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from highdicom import SOPClass

from napari_t12_bodycomp.dicom.authorship import Making, as_file, finished, quietly
from napari_t12_bodycomp.dicom.write_sc import overlay_sc
from napari_t12_bodycomp.dicom.write_seg import regions_seg, tissues_seg
from napari_t12_bodycomp.dicom.write_sr import report_sr

REGIONS, TISSUES, REPORT, OVERLAY = "regions", "tissues", "report", "overlay"


def written(making: Making, tissues: npt.NDArray[np.uint8], png: bytes | None, with_report: bool) -> dict[str, bytes]:
    """Files by kind: ``regions`` and ``tissues`` where there are any, ``report`` if asked for, ``overlay`` where there is a picture.

    `tissues` (uint8, (Y, X)) holds `Tissue` values on the measured slice. The report points at the segmentations, so these are always made.
    """

    def make() -> dict[str, bytes]:
        drawn, measured = (None if seg is None else finished(seg, making) for seg in (regions_seg(making), tissues_seg(making, tissues)))
        made: dict[str, SOPClass | None] = {REGIONS: drawn, TISSUES: measured}
        if with_report:
            made[REPORT] = finished(report_sr(making, measured, drawn), making)
        if png is not None:
            made[OVERLAY] = finished(overlay_sc(making, png), making)
        return {kind: as_file(one, making) for kind, one in made.items() if one is not None}

    return quietly(make)
