"""Scans without identity, in a folder of their own: all of it appears, or nothing. The originals are only read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from napari_t12_bodycomp.analysis.burned_text import has_text
from napari_t12_bodycomp.dicom.archive import CLOSED, ByteSource, open_sources
from napari_t12_bodycomp.dicom.deid_keys import Keys
from napari_t12_bodycomp.dicom.deid_pixels import Candidate, Left, candidate
from napari_t12_bodycomp.dicom.deid_streams import CutShortError
from napari_t12_bodycomp.dicom.deidentify import Cleaned, StillThereError, deidentified
from napari_t12_bodycomp.dicom.enhanced import ENHANCED_CT, read_headers
from napari_t12_bodycomp.dicom.headers import SliceHeader
from napari_t12_bodycomp.dicom.nifti import is_nifti
from napari_t12_bodycomp.dicom.pixels import stored_pixels
from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.workflow.deid_report import (
    NOT_DECODED,
    NOT_SAID,
    PICTURE,
    TEXT_SEEN,
    UNUSED_BITS,
    DeidentifyOptions,
    LeftOut,
    Tally,
)
from napari_t12_bodycomp.workflow.source import folder_of_directory
from napari_t12_bodycomp.workflow.whole_folder import whole_folder

_MOST_WAITING = 64
"""Slices that wait to be looked at, before writing waits too: their files are in memory's cache until then."""


def deidentify(
    path: str | Path,
    out_dir: str | Path,
    keys: Keys,
    options: DeidentifyOptions | None = None,
    progress: Progress = no_progress,
) -> Tally:
    """Write the CT images below `path` without their identity into `out_dir`, as PATIENT/STUDY/SERIES/IMAGE.dcm, with a report.

    The same key gives the same pseudonyms, UIDs and shifts, so that visits of a patient stay linked, in later runs too. A file that
    cannot be read is left out and counted, and `Tally.missing` says so.

    Raises
    ------
    InputError
        Where there is no CT image to take, or `out_dir` is not empty or cannot be written. Nothing is left in `out_dir` then.
    Cancelled
        Where `progress` raised it; likewise.
    """
    path, out = Path(path), Path(out_dir)
    if is_nifti(path) and not path.is_dir():
        raise InputError("DICOM images are wanted, a NIfTI file came, which carries no identity that could be taken out: give DICOM.")
    folder = folder_of_directory(path)
    if folder.is_dir() and out.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"A directory outside the scan's own is wanted, {out} lies within it: choose another one.")
    run = _Run(Tally(options or DeidentifyOptions(), keys.mark), keys)
    with whole_folder(out) as partial:
        with open_sources(folder, run.pass_over) as sources, run.looking():
            for source in sources:
                run.take(source, partial)
                progress(1 - 200 / (200 + run.tally.seen), f"{run.tally.seen} files seen, {run.tally.written} written")
        if not run.tally.written:
            seen = "; ".join(f"{count} x {why}" for why, count in run.tally.skipped.most_common())
            raise InputError(
                f"CT images are wanted, none came that may be taken ({seen or 'no file at all'}): give the folder of a CT scan."
            )
        run.tally.write(partial)
    progress(1.0, f"{run.tally.written} images written")
    return run.tally


class _Run:
    """One run: files one after another, while a second thread looks for text in what was taken."""

    def __init__(self, tally: Tally, keys: Keys) -> None:
        self.tally = tally
        self._keys = keys
        self._looks: list[tuple[str, Future[str]]] = []
        self._pool: ThreadPoolExecutor | None = None

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Inside, slices are looked at in a thread of their own; at the end all have been."""
        with ThreadPoolExecutor(1, "look for text") as self._pool:
            try:
                yield
                self._hear(0)
            finally:
                self._pool.shutdown(wait=False, cancel_futures=True)

    def pass_over(self, path: str, why: str) -> None:
        """Count what lies there and is not looked into."""
        self._leave_out(path, 0, Left.UNREADABLE if why == CLOSED else Left.NOT_DICOM)

    def take(self, source: ByteSource, folder: Path) -> None:
        """Write what `source` holds into `folder`, or count why not."""
        try:
            found = candidate(source, self.tally.options.wishes)
        except InputError:
            self._leave_out(*source.key[:2], Left.UNREADABLE)
            return
        made = found.why_not or self._made(found)
        if isinstance(made, Left):
            self._leave_out(*source.key[:2], made)
            return
        target = _free_name(folder, made)
        target.write_bytes(made.content)
        self.tally.seen += 1
        self.tally.add(made)
        image = target.relative_to(folder).as_posix()
        if made.has_unused_bits:
            self.tally.look_at.append((image, UNUSED_BITS))
        self._note(found, image)

    def _made(self, found: Candidate) -> Cleaned | Left:
        options = self.tally.options
        try:
            return deidentified(found.data, self._keys, options.shift_dates, options.keep_times, not found.is_picture)
        except StillThereError:
            return Left.IN_STREAM
        except (CutShortError, InputError):
            return Left.CUT_SHORT
        except Exception:  # pydicom meets broken bytes with many kinds of error
            return Left.DAMAGED

    def _leave_out(self, path: str, size: int, why: Left) -> None:
        self.tally.seen += 1
        self.tally.left_out.append(LeftOut(self.tally.seen, size, why.value, why.is_failure, path))

    def _note(self, found: Candidate, image: str) -> None:
        """Say what a person has to look at in `image`."""
        if found.is_picture:
            self.tally.look_at.append((image, PICTURE))
        elif found.is_doubtful:
            self.tally.look_at.append((image, NOT_SAID))
        if found.header is not None and found.header.modality == "CT" and not found.is_picture and self._pool is not None:
            self._looks.append((image, self._pool.submit(_look, found.header)))
            self._hear(_MOST_WAITING)

    def _hear(self, most: int) -> None:
        """Take in what was seen, until no more than `most` slices wait."""
        while len(self._looks) > most:
            image, look = self._looks.pop(0)
            if why := look.result():
                self.tally.look_at.append((image, why))


def _look(header: SliceHeader) -> str:
    """What a person has to look at in the pixels of one object."""
    frames = read_headers(header.source) if header.sop_class in ENHANCED_CT else (header,)
    try:
        return TEXT_SEEN if any(has_text(stored_pixels(frame)) for frame in frames) else ""
    except InputError:
        return NOT_DECODED


def _free_name(folder: Path, made: Cleaned) -> Path:
    """PATIENT/STUDY/SERIES/IMAGE.dcm; an image that came twice gets a number."""
    place = folder / made.patient / (made.study_uid or "study") / (made.series_uid or "series")
    place.mkdir(parents=True, exist_ok=True)
    target, number = place / f"{made.sop_uid}.dcm", 1
    while target.exists():
        number += 1
        target = place / f"{made.sop_uid}_{number}.dcm"
    return target


def refuse_names(path: Path, out: Path) -> None:
    """UsageError where the names of files that were left out would lie among the images, or in place of something."""
    if path.exists() or path.resolve().is_relative_to(out.resolve()):
        raise UsageError(f"A new file outside the images is wanted for names, {path} is not one: choose another one.")


def write_private(path: str | Path, text: str) -> None:
    """Write `text` into a new file that only its owner may read; InputError where it cannot be made."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
    except OSError as error:
        raise InputError(f"A new file is wanted for the names of what was left out, {path} cannot be made ({error.strerror}).") from error
