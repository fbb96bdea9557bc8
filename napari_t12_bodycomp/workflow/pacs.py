"""Scans from an archive, and files into it: search, choose a series, bring it into a folder, open it as any other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.pacs import FoundSeries, FoundStudy, Node, NodeKind, Retrieved, StudyQuery
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.series import SeriesList, SeriesOffer
from napari_t12_bodycomp.workflow.pacs_secrets import Ask, secret_of
from napari_t12_bodycomp.workflow.source import preselected

if TYPE_CHECKING:
    from napari_t12_bodycomp.dicom.pacs.archive import Archive

_PACKAGES = {NodeKind.DIMSE: "pynetdicom", NodeKind.DICOMWEB: "dicomweb_client"}
MISSING = 'The archive needs the packages of the extra [pacs], which are not installed here: pip install "napari-t12-bodycomp[pacs]".'


def open_archive(node: Node, ask: Ask | None = None) -> Archive:
    """The archive at `node`; `ask` is called for a password that is not kept. Nothing is connected yet.

    Raises
    ------
    UsageError
        Where the packages for it are missing, or a password is.
    """
    if find_spec(_PACKAGES[node.kind]) is None:
        raise UsageError(MISSING)
    if node.kind is NodeKind.DIMSE:
        from napari_t12_bodycomp.dicom.pacs.dimse import DimseArchive

        return DimseArchive(node)
    from napari_t12_bodycomp.dicom.pacs.web import WebArchive

    return WebArchive(node, secret_of(node, ask))


def find_studies(archive: Archive, query: StudyQuery) -> list[FoundStudy]:
    """Studies that match, the latest first; UsageError where `query` would match the whole archive."""
    if query.is_empty:
        raise UsageError("Something to search for is wanted: a patient ID, a date, a description or a modality.")
    return archive.find_studies(query)


def offered_series(archive: Archive, study_uid: str, progress: Progress = no_progress) -> SeriesList:
    """The series of a study, judged by what the archive tells of them as those of a folder are, and the one to prefer."""
    from napari_t12_bodycomp.dicom.pacs.judge import offer_of

    found = archive.find_series(study_uid)
    offers: list[SeriesOffer] = []
    for count, series in enumerate(found):
        progress(count / len(found), f"Looking at series {count + 1} of {len(found)}")
        offers.append(offer_of(*_looked_at(archive, series)))
    if not offers:
        raise InputError("The archive holds no series of that study: search again.")
    offers.sort(key=lambda offer: (bool(offer.refusal), -offer.score, offer.series_instance_uid))
    chosen, reason = preselected(offers)
    return SeriesList(tuple(offers), chosen, reason)


def _looked_at(archive: Archive, series: FoundSeries) -> tuple[Any, ...]:
    """A CT series with the attributes of two of its images far apart, and counted where the archive did not say how many it holds."""
    if series.modality != "CT" or series.n_images == 0:
        return (series,)
    if series.n_images is None:
        series = replace(series, n_images=len(archive.instances(series.study_instance_uid, series.series_instance_uid)))
    sample = archive.sample(series)
    if sample is None:
        return (series,)
    number, last = _whole_number(sample.get("InstanceNumber")), series.n_images or 0
    if number is None or last < 2:
        return series, sample
    other = archive.sample(series, last if number <= last / 2 else 1)
    return (series, sample) if other is None else (series, sample, other)


def _whole_number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def series_folder(series_uid: str, root: Path | None = None) -> Path:
    """Where a series lies once it is here: a folder below `root` whose name tells nobody whose it is."""
    return (root or scans_folder()) / hashlib.sha256(series_uid.encode()).hexdigest()[:24]


def scans_folder() -> Path:
    """Where series from archives lie on this computer, if no other folder is chosen."""
    return Path(platformdirs.user_data_dir("napari-t12-bodycomp", appauthor=False)) / "scans"


def retrieve(archive: Archive, study_uid: str, series_uid: str, folder: Path, progress: Progress = no_progress) -> Retrieved:
    """Bring every image of a series into `folder`; what lies there is not fetched again.

    Raises
    ------
    InputError
        Where the archive does not deliver; what came is kept, and a later run fetches the rest.
    Cancelled
        Where `progress` raised it; likewise.
    """
    from napari_t12_bodycomp.dicom.pacs.retrieve import retrieve_series

    return retrieve_series(archive, study_uid, series_uid, folder, progress)


def send_files(archive: Archive, paths: Iterable[Path], progress: Progress = no_progress) -> int:
    """Store DICOM files, and those below folders, in the archive; how many.

    Raises
    ------
    InputError
        Where there are none, or the archive does not take one; it says how many it took.
    """
    from napari_t12_bodycomp.dicom.pacs.outbox import dicom_files

    files = dicom_files(paths)
    progress(0.0, f"0 of {len(files)} files")
    archive.send(files, lambda count: progress(count / len(files), f"{count} of {len(files)} files"))
    return len(files)
