"""From a path to what it offers, and to the volume that is measured: DICOM folder, DICOM file, zip or tar of DICOM, or NIfTI."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import platformdirs

from napari_t12_bodycomp import __version__
from napari_t12_bodycomp.dicom.archive import CLOSED, ByteSource, is_dicom, open_sources
from napari_t12_bodycomp.dicom.headers import SliceHeader
from napari_t12_bodycomp.dicom.index import HeaderIndex
from napari_t12_bodycomp.dicom.nifti import is_nifti, nifti_offer, read_nifti
from napari_t12_bodycomp.dicom.originals import Sources, sources
from napari_t12_bodycomp.dicom.read import read_stack
from napari_t12_bodycomp.dicom.series import Stack, stacks
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.counted import counted
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.series import SeriesList, SeriesOffer
from napari_t12_bodycomp.model.volume import CTVolume, FirstSlice, no_first_slice

INDEX = HeaderIndex(lambda: Path(platformdirs.user_cache_dir("napari-t12-bodycomp", appauthor=False)), __version__)
"""Headers that were read before, in this run or an earlier one."""
_NO_DICOM = "Results as DICOM belong to a scan in DICOM, which is wanted, but a NIfTI file came: give the DICOM images."
_TELL_SECONDS = 0.1
_SCAN_SHARE = 0.2
"""Part of the progress bar that reading headers takes."""


def list_series(path: str | Path, progress: Progress = no_progress) -> SeriesList:
    """What `path` offers, from headers alone, and which series would be measured and why.

    Raises
    ------
    InputError
        Where there is nothing to read at all (no such path, no DICOM or NIfTI in it).
    Cancelled
        Where `progress` raised it.
    """
    path = Path(path)
    if _is_nifti_file(path):
        offer = nifti_offer(path)
        return SeriesList((offer,), offer, "The file holds one volume.")
    _refuse_nifti_folder(path)
    looking = _Looking(progress)
    with open_sources(folder_of_directory(path), looking.passed_over, looking.tick) as sources:
        listed = _listed(_scan(sources, looking))
    return replace(listed, reason=" ".join((listed.reason, *looking.said())))


def looks_like_a_scan(path: str | Path, most: int) -> bool:
    """Whether `path` is NIfTI by its name, or one of its first `most` files is DICOM by its name or its first bytes: a glance, before anything is read."""
    path = Path(path)
    if _is_nifti_file(path):
        return path.is_file()
    try:
        with open_sources(path) as sources:
            return any(is_dicom(source) or source.name.lower().endswith((".dcm", ".dicom")) for source in islice(sources, most))
    except InputError:
        return False


def series_to_read(
    path: str | Path, series: str | None = None, acquisition: int | None = None, progress: Progress = no_progress
) -> SeriesOffer | None:
    """The offer that `load_volume` would read of these, from headers alone; None where nothing could be measured, or the file has no series.

    Raises
    ------
    InputError
        Where there is nothing to read at all.
    Cancelled
        Where `progress` raised it.
    """
    path = Path(path)
    if _is_nifti_file(path):
        return None
    listed = list_series(path, progress)
    if series is None and acquisition is None:
        return listed.chosen
    matching = [offer for offer in listed.offers if offer.answers_to(series, acquisition)]
    return preselected(matching)[0] if matching else None


def load_volume(
    path: str | Path,
    series: str | None = None,
    acquisition: int | None = None,
    progress: Progress = no_progress,
    offer: SeriesOffer | None = None,
    show: Callable[[FirstSlice], None] = no_first_slice,
    show_z_mm: float | None = None,
) -> CTVolume:
    """The volume that `path` holds: the preselected series, or the one with SeriesInstanceUID `series` and AcquisitionNumber `acquisition`.

    An `offer` from `list_series` names one stack even where a series falls apart into several with the same numbers. `show` is called
    once, in the thread that reads, with the middle slice (or the one nearest to `show_z_mm`), long before the others are decoded.

    Raises
    ------
    InputError
        Where the series does not exist, must not be measured or cannot be read; one sentence says why.
    Cancelled
        Where `progress` raised it; nothing is left running.
    """
    path = Path(path)
    if _is_nifti_file(path):
        if series or acquisition is not None:
            raise InputError("A NIfTI file holds one volume without series or acquisition numbers: leave these out.")
        return read_nifti(path, progress, show, show_z_mm)
    _refuse_nifti_folder(path)
    looking = _Looking(lambda share, words: progress(share * _SCAN_SHARE, words))
    with open_sources(folder_of_directory(path), looking.passed_over, looking.tick) as sources:
        found = _scan(sources, looking)
        stack = _offered(found, offer) if offer is not None else _wanted(found, series, acquisition)
        volume = read_stack(stack, lambda share, words: progress(_SCAN_SHARE + (1 - _SCAN_SHARE) * share, words), show, show_z_mm)
    said = looking.said()
    if not said:
        return volume
    return replace(volume, acquisition=replace(volume.acquisition, warnings=(*said, *volume.acquisition.warnings)))


def dicom_sources(path: str | Path, volume: CTVolume, axial: AxialSlice) -> Sources:
    """The DICOM objects below `path` that the slice `axial` of `volume` was made from.

    Raises
    ------
    InputError
        Where the scan is no DICOM, or its files are not there any more.
    """
    path = Path(path)
    refuse_nifti(path)
    if not volume.sop_instance_uids:
        raise InputError(_NO_DICOM)
    with open_sources(folder_of_directory(path)) as files:
        return sources((header for source in files for header in INDEX.read(source)), volume, axial.indices, axial.index)


def refuse_nifti(path: Path) -> None:
    """InputError where `path` is a NIfTI file, which belongs to no study in an archive: asked before the work is done in vain."""
    if _is_nifti_file(path):
        raise InputError(_NO_DICOM)


def _is_nifti_file(path: Path) -> bool:
    return is_nifti(path) and not os.path.isdir(path)  # noqa: PTH112 - never raises, whatever the path


def folder_of_directory(path: Path) -> Path:
    """The folder that a DICOMDIR lists, else `path` itself."""
    return path.parent if path.name.upper() == "DICOMDIR" and path.parent.is_dir() and not path.is_dir() else path


def _refuse_nifti_folder(path: Path) -> None:
    """InputError where a folder holds NIfTI files and nothing else: which one is the CT, only a person knows."""
    try:
        names = [entry for entry in path.iterdir() if entry.name[0] != "."] if path.is_dir() else []
    except OSError:  # whoever reads the folder says why it cannot be read
        return
    nifti = [entry for entry in names if is_nifti(entry)]
    if nifti and len(nifti) == len(names):
        raise InputError(f"DICOM images are wanted, the folder holds NIfTI files only ({len(nifti)}): give the one that is the CT.")


class _Looking:
    """How far the search has come, told at most every tenth of a second, however slow the disk is and whatever lies there."""

    def __init__(self, progress: Progress) -> None:
        self.files, self.images = 0, 0
        self._progress, self._told, self._closed = progress, 0.0, 0

    def tick(self) -> None:
        """Tell it, where it is time to; whoever listens may stop the search."""
        now = time.monotonic()
        if now - self._told >= _TELL_SECONDS:
            self._told = now
            self._progress(1 - 200 / (200 + self.files), f"{self.files} files seen, {self.images} DICOM images")

    def passed_over(self, path: str, why: str) -> None:
        """Count what could not be opened."""
        self._closed += why == CLOSED

    def said(self) -> tuple[str, ...]:
        """One sentence about what could not be opened; none where everything could."""
        what = counted(self._closed, "folder or file", "folders or files")
        return (f"What cannot be opened was left out: {what}; check the permissions and the disk.",) * bool(self._closed)

    def end(self) -> None:
        self._progress(1.0, f"{self.images} DICOM objects")


def _scan(sources: Iterable[ByteSource], looking: _Looking) -> list[Stack]:
    headers: list[SliceHeader] = []
    try:
        for source in sources:
            headers += INDEX.read(source)
            looking.files, looking.images = looking.files + 1, len(headers)
            looking.tick()
    finally:
        INDEX.save()
    if not headers:
        files = looking.files
        what = (
            f"none of the {files} files there is one"
            if files > 1
            else "the file is none"
            if files
            else "there is no file that could be one"
        )
        wanted = f"DICOM images are wanted, but {what}: give the folder of a CT scan, a zip of it, or a NIfTI file."
        raise InputError(" ".join((wanted, *looking.said())))
    looking.end()
    return stacks(headers)


def _listed(found: Sequence[Stack]) -> SeriesList:
    offers = tuple(stack.offer for stack in found)
    chosen, reason = preselected(offers)
    return SeriesList(offers, chosen, reason)


def preselected(offers: Sequence[SeriesOffer]) -> tuple[SeriesOffer | None, str]:
    """The offer to measure and why; None and the refusal where there is none."""
    good = [offer for offer in offers if offer.is_measurable]
    if not good:
        if len(offers) == 1:
            return None, offers[0].refusal
        largest = max(offers, key=lambda offer: offer.n_slices)
        return (
            None,
            f"None of the {len(offers)} series here can be measured; of the largest ({counted(largest.n_slices, 'image')}): {largest.refusal}",
        )
    patients = {offer.patient_key for offer in good}
    if len(patients) > 1:
        return (
            None,
            f"One patient is wanted, the input holds {len(patients)} patients: give one patient's folder, or choose a series by its UID.",
        )
    best = max(good, key=_rank)
    if len(good) == 1:
        others = f"; {len(offers) - 1} more are not axial CT volumes" if len(offers) > 1 else ""
        return best, f"The only axial CT volume here ({best.why}){others}."
    alike = [o for o in good if o.series_instance_uid == best.series_instance_uid and _rank(o) == _rank(best)]
    if len(alike) > 1:
        others = f" of {len(good)} axial CT volumes" if len(good) > len(alike) else ""
        return best, f"The first of {len(alike)} acquisitions or phases in one series that suit equally{others} ({best.why})."
    second = max((o for o in good if o is not best), key=_rank)
    if _rank(second)[0] == _rank(best)[0] and _rank(second)[1:3] != _rank(best)[1:3]:
        return best, f"The latest of {len(good)} equally suitable axial CT volumes ({best.why})."
    return best, f"The most suitable of {len(good)} axial CT volumes ({best.why}); the next one is {second.why}."


def _rank(offer: SeriesOffer) -> tuple[float, float, str, int]:
    """Score, then the later study: by the patient's age, which survives de-identification better than the date does, then by date."""
    return round(offer.score, 2), offer.age_years or 0.0, offer.study_date, offer.n_slices


def _offered(found: Sequence[Stack], offer: SeriesOffer) -> Stack:
    for stack in found:
        if stack.offer == offer:
            return stack
    raise InputError("The series that was offered is no longer in the input: list what is there and choose again.")


def _wanted(found: Sequence[Stack], series: str | None, acquisition: int | None) -> Stack:
    if series is None and acquisition is None:
        listed = _listed(found)
        if listed.chosen is None:
            raise InputError(listed.reason)
        return next(stack for stack in found if stack.offer is listed.chosen)
    matching = [stack for stack in found if stack.offer.answers_to(series, acquisition)]
    if not matching:
        raise InputError("The series or acquisition asked for is not in the input: list what is there and choose one.")
    offers = tuple(stack.offer for stack in matching)
    chosen, reason = preselected(offers)
    if chosen is None:
        raise InputError(reason)
    return next(stack for stack in matching if stack.offer is chosen)
