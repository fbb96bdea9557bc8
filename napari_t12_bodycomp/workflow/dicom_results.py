"""Results as DICOM, in the study that the scan belongs to: for an archive, beside the images that they were measured on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from napari_t12_bodycomp.analysis.measure import slice_tissues
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.report.overlay_png import overlay_png
from napari_t12_bodycomp.workflow.export import ExportedFiles, write_atomically
from napari_t12_bodycomp.workflow.source import dicom_sources

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

    Patient and study are the scan's own. The UIDs follow from all that is said: the same content is the same instance, any change makes a new one
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

    at = (made_at or _approved_at(result) or datetime.now()).astimezone()
    making = Making(result, dicom_sources(path, volume, result.axial), at, organisation)
    tissues = slice_tissues(result.axial, result.regions, result.measurement.protocol)
    png = overlay_png(volume, result, tissues) if SC in kinds else None
    made = written(making, tissues, png, with_report=SR in kinds)
    wanted = {"regions", "tissues"} if kinds & {SEG, SR} else set()
    return {_NAMES[kind]: content for kind, content in made.items() if kind in wanted | {"report", "overlay"}}


def _approved_at(result: Result) -> datetime | None:
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(result.reviewed_at)
    return None


def write_dicom_results(
    contents: Mapping[str, bytes], files: ExportedFiles, made_at: Callable[[datetime], Mapping[str, bytes]]
) -> dict[str, Path]:
    """Write what `dicom_results` made beside the other `files` of the measurement, and say where by kind (``regions_seg``, ``report_sr``, ...).

    They carry the number that the other files have. What lies there stays as it is where it says the same but for the time: `made_at` makes
    the contents as they would have been at another time.
    """
    number = files.regions.name.removesuffix(".nii.gz").removeprefix("regions")
    targets: dict[str, Path] = {}
    for name in contents:
        stem, kind, ending = name.split(".")
        targets[name] = files.csv.with_name(f"{stem}{number}.{kind}.{ending}")
    try:
        kept = _same_but_for_time({name: target.read_bytes() for name, target in targets.items() if target.is_file()}, made_at)
        for name in contents.keys() - kept:
            write_atomically(targets[name], contents[name])
    except OSError as error:
        raise InputError(
            f"A place to write into is wanted, {files.csv.parent} cannot be used ({error.strerror}): choose another one."
        ) from error
    return {"_".join(name.split(".")[:2]): target for name, target in targets.items()}


def _same_but_for_time(there: Mapping[str, bytes], made_at: Callable[[datetime], Mapping[str, bytes]]) -> set[str]:
    """The names of the files in `there` that are what would be written, had it been written when they were."""
    from napari_t12_bodycomp.dicom.authorship import time_of

    again: dict[datetime, Mapping[str, bytes]] = {}
    kept = set()
    for name, content in there.items():
        at = time_of(content)
        if at is not None and at not in again:
            again[at] = made_at(at)
        if at is not None and again[at].get(name) == content:
            kept.add(name)
    return kept
