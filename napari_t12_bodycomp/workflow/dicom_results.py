"""Results as DICOM, in the study that the scan belongs to: for an archive, beside the images that they were measured on."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from napari_t12_bodycomp.analysis.measure import slice_tissues
from napari_t12_bodycomp.dicom.nifti import is_nifti
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.report.overlay_png import overlay_png
from napari_t12_bodycomp.workflow.export import ExportedFiles, write_atomically
from napari_t12_bodycomp.workflow.source import NO_DICOM, dicom_originals

SEG, SR, SC = "seg", "sr", "sc"
ALL_KINDS = frozenset({SEG, SR, SC})
_NAMES = {"regions": "regions.seg.dcm", "tissues": "tissues.seg.dcm", "report": "report.sr.dcm", "overlay": "overlay.sc.dcm"}


def dicom_results(
    path: str | Path,
    volume: CTVolume,
    result: Result,
    kinds: frozenset[str] = ALL_KINDS,
    made_at: datetime | None = None,
    organisation: str = "",
) -> dict[str, bytes]:
    """`result` as DICOM files by name: ``regions.seg.dcm``, ``tissues.seg.dcm``, ``report.sr.dcm``, ``overlay.sc.dcm``.

    Patient and study are the scan's own. The UIDs follow from the result: the same result has the same instances, any change makes new ones
    in the same series. With `made_at` fixed (an approved result takes the time of its approval) the files are the same bytes each time.

    Parameters
    ----------
    path : str or Path
        What `volume` was read from: folder, file, zip or tar.
    kinds : frozenset of str
        Out of ``seg``, ``sr`` and ``sc``. A report brings the segmentations that it points at.
    organisation : str
        Whose observers assessor and reviewer are; "" takes the institution that the scan names.

    Raises
    ------
    InputError
        Where the scan is no DICOM, or its files are not there any more.
    """
    from napari_t12_bodycomp.dicom.authorship import Making
    from napari_t12_bodycomp.dicom.write_results import written

    at = (made_at or _approved_at(result) or datetime.now()).astimezone().replace(tzinfo=None)
    making = Making(result, dicom_originals(path, volume, result.axial.indices), at, organisation)
    tissues = slice_tissues(result.axial, result.regions, result.measurement.protocol)
    png = overlay_png(volume, result, tissues) if SC in kinds else None
    made = written(making, tissues, png, with_report=SR in kinds)
    wanted = {"regions", "tissues"} if kinds & {SEG, SR} else set()
    return {_NAMES[kind]: content for kind, content in made.items() if kind in wanted | {"report", "overlay"}}


def check_dicom_source(path: str | Path) -> None:
    """InputError where `path` is a NIfTI file, which belongs to no study in an archive: asked before the work is done in vain."""
    path = Path(path)
    if is_nifti(path) and not path.is_dir():
        raise InputError(NO_DICOM)


def _approved_at(result: Result) -> datetime | None:
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(result.reviewed_at)
    return None


def write_dicom_results(contents: Mapping[str, bytes], files: ExportedFiles) -> dict[str, Path]:
    """Write what `dicom_results` made beside the other `files` of the measurement, and say where by kind (``regions_seg``, ``report_sr``, ...).

    They carry the number that the other files have. A file that holds the same instance already stays as it is.
    """
    from napari_t12_bodycomp.dicom.authorship import instance_of

    number = files.regions.name.removesuffix(".nii.gz").removeprefix("regions")
    written: dict[str, Path] = {}
    for name, content in contents.items():
        stem, kind, ending = name.split(".")
        target = files.csv.with_name(f"{stem}{number}.{kind}.{ending}")
        try:
            if not target.is_file() or instance_of(target.read_bytes()) != instance_of(content):
                write_atomically(target, content)
        except OSError as error:
            raise InputError(f"A place to write into is wanted, {target} cannot be used ({error.strerror}): choose another one.") from error
        written[f"{stem}_{kind}"] = target
    return written
