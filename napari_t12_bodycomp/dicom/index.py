"""Headers that were read once are remembered, so that a known folder opens at once."""

from __future__ import annotations

import threading

from napari_t12_bodycomp.dicom.archive import ByteSource
from napari_t12_bodycomp.dicom.enhanced import read_headers
from napari_t12_bodycomp.dicom.headers import SliceHeader


class HeaderIndex:
    """Headers by path, size and modification time; the older half goes when it is full."""

    def __init__(self, limit: int = 50_000) -> None:
        self._limit = limit
        self._known: dict[tuple[str, int, int], tuple[SliceHeader, ...]] = {}
        self._lock = threading.Lock()

    def read(self, source: ByteSource) -> tuple[SliceHeader, ...]:
        """The headers in `source`, from memory where it has not changed."""
        key = source.key
        known = self._known.get(key)
        if known is not None:
            return known
        headers = read_headers(source)
        if source.is_lasting:
            with self._lock:
                if len(self._known) >= self._limit:
                    for old in list(self._known)[: self._limit // 2]:
                        del self._known[old]
                self._known[key] = headers
        return headers
