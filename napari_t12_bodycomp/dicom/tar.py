"""Members of a tar, plain or compressed. A compressed one is unpacked into one nameless temporary file, bounded, that goes with the process."""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import os
import tarfile
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from napari_t12_bodycomp.errors import InputError

MAX_TAR_BYTES = 16 << 30
MAX_TAR_RATIO = 200
_PIECE = 1 << 20
_OPENERS: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}
_BROKEN = (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError, ValueError)


@dataclass(frozen=True, slots=True, eq=False)
class TarSource:
    """A regular member: a stretch of an open, uncompressed tar."""

    path: str
    file: IO[bytes]
    lock: threading.Lock
    start: int
    size: int

    @property
    def name(self) -> str:
        return os.path.basename(self.path)  # noqa: PTH119

    @property
    def key(self) -> tuple[str, int, int]:
        return self.path, self.size, self.start

    @property
    def is_lasting(self) -> bool:
        return False

    def head(self, n: int) -> bytes:
        return self.read(0, n)

    def read(self, offset: int = 0, length: int = -1) -> bytes:
        left = max(self.size - offset, 0)
        with self.lock:
            self.file.seek(self.start + offset)
            return self.file.read(left if length < 0 else min(length, left))


def is_tar(path: Path) -> bool:
    """Whether the name says tar."""
    return path.name.lower().endswith((".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"))


@contextmanager
def open_tar(path: Path) -> Iterator[list[TarSource]]:
    """The regular members of the tar `path`; it stays open inside the `with`.

    Raises
    ------
    InputError
        Where it is damaged, would unpack to far more than a CT scan, or there is no room to unpack it.
    """
    with ExitStack() as stack:
        try:
            file: IO[bytes] = stack.enter_context(path.open("rb"))
            opener = _OPENERS.get(file.read(2))
            if opener is not None:
                file = _unpack(path, opener, stack.enter_context(tempfile.TemporaryFile()))
            file.seek(0)
            lock = threading.Lock()
            with tarfile.open(fileobj=file, mode="r:") as archive:
                members = [TarSource(m.name, file, lock, m.offset_data, m.size) for m in archive if m.isreg() and not m.issparse()]
        except _BROKEN as error:
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise InputError("The temporary folder has no room to unpack the tar: free some space, or give the folder.") from error
            raise InputError("The tar is damaged: make it again, or give the folder.") from error
        yield members


def _unpack(path: Path, opener: Callable[[Path, str], IO[bytes]], spool: IO[bytes]) -> IO[bytes]:
    limit = min(MAX_TAR_BYTES, max(MAX_TAR_RATIO * path.stat().st_size, 1 << 26))
    written = 0
    with opener(path, "rb") as source:
        while piece := source.read(_PIECE):
            written += len(piece)
            if written > limit:
                raise InputError("The tar would unpack to far more than a CT scan: give a tar of one study, or the folder.")
            spool.write(piece)
    return spool
