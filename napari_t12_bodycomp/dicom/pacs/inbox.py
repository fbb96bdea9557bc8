"""The folder that a series is retrieved into: one file for each object, written whole or not at all, and only what was asked for."""

from __future__ import annotations

import hashlib
import os
import re
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.dataset import Dataset

from napari_t12_bodycomp.errors import InputError

_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_LEFT_AFTER_S = 60.0
"""A file that is being written is younger than this."""
_IDENTITY = ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]


def file_name(uid: str) -> str:
    """A file name for the object `uid`: the UID itself, or a hash of it where it is none (nothing that came is ever a path)."""
    if len(uid) <= 64 and _UID.fullmatch(uid):
        return f"{uid}.dcm"
    return f"x{hashlib.sha256(uid.encode()).hexdigest()[:40]}.dcm"


class Inbox:
    """Takes the objects of one series; may be called from several threads.

    Attributes
    ----------
    n_refused : int
        Objects that came and were not asked for, or were not whole.
    n_fetched : int
        Objects that came and were written.
    """

    def __init__(self, folder: Path, study_uid: str, series_uid: str, uids: Iterable[str]) -> None:
        self._folder, self._study, self._series = folder, study_uid, series_uid
        self._wanted = set(uids)
        self._have: set[str] = set()
        self._lock = threading.Lock()
        self._fault: OSError | None = None
        self.n_refused = self.n_fetched = 0
        _guarded(lambda: folder.mkdir(parents=True, exist_ok=True, mode=0o700))

    @property
    def missing(self) -> set[str]:
        """What is still to come."""
        with self._lock:
            return self._wanted - self._have

    @property
    def n_here(self) -> int:
        return len(self._have)

    def look(self) -> None:
        """Find what lies there whole from before; halves and leftovers of a killed run go, what another run is just writing stays."""
        _guarded(self._clear)
        for uid in sorted(self.missing):
            file = self._folder / file_name(uid)
            if file.exists():
                if self._is_it(file, uid):
                    self._have.add(uid)
                else:
                    _guarded(partial(file.unlink, missing_ok=True))

    def _clear(self) -> None:
        for left in self._folder.glob(".*.part"):
            with suppress(FileNotFoundError):
                if left.stat().st_mtime < time.time() - _LEFT_AFTER_S:
                    left.unlink()

    def keep(self, content: bytes, announced: str) -> bool:
        """Write one object; False where it is refused: not one of this series, not asked for, or not what it was announced as."""
        if self._fault is not None or not self._is_it(BytesIO(content), announced):
            with self._lock:
                self.n_refused += 1
            return False
        with self._lock:
            if announced in self._have:
                return True
        try:
            _write(self._folder / file_name(announced), content)
        except OSError as error:
            self._fault = error
            return False
        with self._lock:
            if announced not in self._have:
                self._have.add(announced)
                self.n_fetched += 1
        return True

    def check(self) -> None:
        """InputError where the disk did not take what came."""
        fault = self._fault
        if fault is not None:
            _guarded(lambda: _raise(fault))

    def _is_it(self, content: Any, uid: str) -> bool:
        """Whether `content` (a path or a stream) is the whole object `uid` of this series."""
        if uid not in self._wanted:
            return False
        try:
            one = dcmread(content, defer_size=1024) if isinstance(content, Path) else dcmread(content)
        except Exception:  # pydicom meets broken bytes with many kinds of error; all mean that this is not the object
            return False
        return [str(one.get(keyword, "")) for keyword in _IDENTITY] == [self._study, self._series, uid] and _has_pixels(one)


def _has_pixels(one: Dataset) -> bool:
    """Whether an image holds its pixels: reading stops without an error where a file ends too early."""
    if not one.get("Rows"):
        return True
    if "PixelData" not in one:
        return any(keyword in one for keyword in ("FloatPixelData", "DoubleFloatPixelData"))
    if one.file_meta.TransferSyntaxUID.is_compressed:
        return True
    bits = int(one.get("Rows", 0)) * int(one.get("Columns", 0)) * int(one.get("SamplesPerPixel", 1)) * int(one.get("NumberOfFrames") or 1)
    return len(one.PixelData) * 8 >= bits * int(one.get("BitsAllocated", 16))


def _write(file: Path, content: bytes) -> None:
    """Write beside, then put in place: nobody ever sees half a file."""
    part = file.with_name(f".{file.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        with part.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def _guarded(deed: Any) -> None:
    try:
        deed()
    except OSError as error:
        raise InputError(f"The images could not be written ({error.strerror}): free some space, or choose another folder.") from error


def _raise(error: OSError) -> None:
    raise error
