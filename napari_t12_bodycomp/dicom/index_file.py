"""Headers of one folder on disk, so that a folder which is known opens at once in the next run too.

A small file for each folder, named by a digest of its path. It holds no name, no patient ID, no date of birth and no path: files are
known by a digest of name, size and modification time, patients by numbers that mean something within that file alone. Who the patient
is, one file of the folder says again when it is opened. What cannot be read is as good as absent, and written anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import shutil
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from napari_t12_bodycomp.dicom import elements, enhanced, headers
from napari_t12_bodycomp.dicom.archive import ByteSource
from napari_t12_bodycomp.dicom.headers import SliceHeader

MAX_BYTES = 1 << 26
"""Of all files together: headers of about a million slices."""
_MAX_UNPACKED = 1 << 30
_PREFIX = "headers-"
_NAMES = [field.name for field in fields(SliceHeader)]
_PATIENT = _NAMES.index("patient_id")
_KEPT = [name for name in _NAMES if name not in ("source", "patient_id", "patient_key")]
_TUPLES = frozenset({"image_type", "position_mm", "orientation", "pixel_spacing_mm"})

Who = tuple[str, str]
"""`patient_id` and `patient_key` of a header."""
_header: Callable[..., SliceHeader] = SliceHeader


@dataclass(frozen=True, slots=True)
class KeptFile:
    """The headers of one file without who it is: a number of the patient, and the other values in order, for each header."""

    patients: tuple[int, ...]
    rows: tuple[tuple[Any, ...], ...]

    def headers(self, source: ByteSource, known: Mapping[int, Who]) -> tuple[SliceHeader, ...] | None:
        """The headers, in `source`; None where a patient is not `known` yet."""
        if not all(number in known for number in self.patients):
            return None
        before = _PATIENT - 1  # the source, which is no column, comes first
        return tuple(
            _header(source, *row[:before], *known[number], *row[before:]) for number, row in zip(self.patients, self.rows, strict=True)
        )


def file_digest(name: str, size: int, mtime_ns: int) -> str:
    """What a file is known by, and what changes when it does."""
    return hashlib.blake2b(f"{name}|{size}|{mtime_ns}".encode(errors="surrogateescape"), digest_size=12).hexdigest()


class IndexFiles:
    """The files below `folder`; nothing here ever raises for the sake of a cache."""

    def __init__(self, folder: Path, version: str = "") -> None:
        self._all = folder
        self._folder = folder / (_PREFIX + _fingerprint(version))

    def load(self, directory: str) -> dict[str, KeptFile]:
        """What is kept of `directory`, by file digest; empty where there is nothing that can be used."""
        path = self._path(directory)
        try:
            kept = _unpacked(path.read_bytes())
            os.utime(path)
        except Exception:  # absent, cut short, from another program: all the same
            return {}
        return kept

    def save(self, directory: str, files: Mapping[str, tuple[SliceHeader, ...]]) -> None:
        """Keep the headers of `directory` by file digest."""
        path = self._path(directory)
        scratch = path.with_suffix(f".{os.getpid()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            scratch.write_bytes(_packed(files))
            scratch.replace(path)
        except (OSError, ValueError):
            with contextlib.suppress(OSError):
                scratch.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove what other versions left, and the older half where there is too much."""
        try:
            for other in self._all.glob(_PREFIX + "*"):
                if other != self._folder:
                    shutil.rmtree(other, ignore_errors=True)
            found = sorted(((s.st_mtime, s.st_size, p) for p in self._folder.iterdir() for s in [p.stat()]), reverse=True)
            total = 0
            limit = MAX_BYTES if sum(size for _, size, _ in found) <= MAX_BYTES else MAX_BYTES // 2
            for _, size, path in found:
                total += size
                if total > limit:
                    path.unlink(missing_ok=True)
        except OSError:
            return

    def _path(self, directory: str) -> Path:
        return self._folder / hashlib.blake2b(os.path.realpath(directory).encode(errors="surrogateescape"), digest_size=16).hexdigest()


@lru_cache(maxsize=1)
def _fingerprint(version: str) -> str:
    """Changes with the program's version, and with the code that reads headers."""
    digest = hashlib.blake2b(f"{version}{_NAMES}".encode(), digest_size=8)
    for module in (elements, enhanced, headers):
        try:
            digest.update(Path(module.__file__ or "").read_bytes())
        except OSError:
            continue
    return digest.hexdigest()


def _packed(files: Mapping[str, tuple[SliceHeader, ...]]) -> bytes:
    rows = [header for found in files.values() for header in found]
    numbers: dict[Who, int] = {}
    who = [numbers.setdefault((h.patient_id, h.patient_key), len(numbers)) for h in rows]
    columns = [_column([getattr(h, name) for h in rows]) for name in _KEPT]
    content = [list(files), [len(found) for found in files.values()], _column(who), columns]
    return zlib.compress(json.dumps(content, separators=(",", ":"), allow_nan=False).encode(), 1)


def _unpacked(data: bytes) -> dict[str, KeptFile]:
    inflater = zlib.decompressobj()
    digests, counts, who, columns = json.loads(inflater.decompress(data, _MAX_UNPACKED))
    n = sum(counts)
    patients = list(_values(who, n, False))
    rows = list(zip(*(_values(column, n, name in _TUPLES) for name, column in zip(_KEPT, columns, strict=True)), strict=True)) if n else []
    ends = list(itertools.accumulate(counts))
    return {
        digest: KeptFile(tuple(patients[end - count : end]), tuple(rows[end - count : end]))
        for digest, count, end in zip(digests, counts, ends, strict=True)
    }


def _column(values: Sequence[Any]) -> list[Any]:
    """Different values and which row has which, or all values where most differ."""
    places: dict[Any, int] = {}
    which = [places.setdefault((type(value), value), len(places)) for value in values]
    different = [value for _, value in places]
    if len(different) <= 1:
        return [different]
    return [different, which] if 2 * len(different) <= len(values) else [list(values), None]


def _values(column: list[Any], n: int, as_tuples: bool) -> Iterable[Any]:
    different = [tuple(v) if as_tuples and v is not None else v for v in column[0]]
    if len(column) == 1:
        return itertools.repeat(different[0], n) if n else ()
    if column[1] is None:
        if len(different) != n:
            raise ValueError("rows are missing")
        return different
    if len(column[1]) != n:
        raise ValueError("rows are missing")
    return [different[k] for k in column[1]]
