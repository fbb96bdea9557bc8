"""Headers that were read once are remembered, in this run and on disk, so that a known folder opens at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from napari_t12_bodycomp.dicom.archive import MAX_FILES, ByteSource
from napari_t12_bodycomp.dicom.enhanced import read_headers
from napari_t12_bodycomp.dicom.headers import SliceHeader
from napari_t12_bodycomp.dicom.index_file import IndexFiles, KeptFile, Who, file_digest


@dataclass(slots=True)
class _Directory:
    """What is known of one directory: kept by an earlier run (None: not looked at yet), and met in this scan."""

    kept: dict[str, KeptFile] | None = None
    known: dict[int, Who] = field(default_factory=dict)
    met: dict[str, tuple[SliceHeader, ...]] = field(default_factory=dict)
    is_new: bool = False


class HeaderIndex:
    """Headers by path, size and modification time; the older half goes when memory holds `limit` files.

    `folder` says where to keep them on disk (asked for when it is first needed); without it they live as long as the index. What
    another `version` of the program kept is not used.
    """

    def __init__(self, folder: Callable[[], Path] | None = None, version: str = "", limit: int = MAX_FILES) -> None:
        self._limit, self._folder, self._version = limit, folder, version
        self._files: IndexFiles | None = None
        self._known: dict[tuple[str, int, int], tuple[SliceHeader, ...]] = {}
        self._directories: dict[str, _Directory] = {}
        self._lock = threading.Lock()

    def read(self, source: ByteSource) -> tuple[SliceHeader, ...]:
        """The headers in `source`, from memory or disk where it has not changed."""
        if not source.is_lasting:
            return read_headers(source)
        key = source.key
        headers = self._known.get(key)
        if self._folder is None:
            return headers if headers is not None else self._remember(key, read_headers(source))
        directory, digest = self._directory(os.path.dirname(key[0])), file_digest(source.name, key[1], key[2])  # noqa: PTH120
        if headers is None:
            headers = self._remember(key, self._kept(directory, digest, source))
        directory.met[digest] = headers
        return headers

    def save(self) -> None:
        """Keep on disk what was met since the last time, where anything of it is new."""
        with self._lock:
            directories, self._directories = self._directories, {}
        new = {path: d for path, d in directories.items() if d.is_new}
        if self._files is None or not new:
            return
        for path, directory in new.items():
            self._files.save(path, directory.met)
        self._files.tidy()

    def _directory(self, path: str) -> _Directory:
        known = self._directories.get(path)
        if known is None:
            with self._lock:
                known = self._directories.setdefault(path, _Directory())
        return known

    def _kept_in(self, path: str) -> dict[str, KeptFile]:
        with self._lock:
            if self._files is None and self._folder is not None:
                self._files = IndexFiles(self._folder(), self._version)
        return self._files.load(path) if self._files is not None else {}

    def _kept(self, directory: _Directory, digest: str, source: ByteSource) -> tuple[SliceHeader, ...]:
        """From disk where it is kept; the first file of each patient is read all the same, because only it says who that is."""
        if directory.kept is None:
            directory.kept = self._kept_in(os.path.dirname(source.key[0]))  # noqa: PTH120
        kept = directory.kept.get(digest)
        headers = kept.headers(source, directory.known) if kept is not None else None
        if headers is not None:
            return headers
        headers = read_headers(source)
        if kept is None or len(kept.patients) != len(headers):
            directory.is_new = True
        else:
            directory.known.update(zip(kept.patients, ((h.patient_id, h.patient_key) for h in headers), strict=True))
        return headers

    def _remember(self, key: tuple[str, int, int], headers: tuple[SliceHeader, ...]) -> tuple[SliceHeader, ...]:
        with self._lock:
            if len(self._known) >= self._limit:
                for old in list(self._known)[: self._limit // 2]:
                    del self._known[old]
            self._known[key] = headers
        return headers
