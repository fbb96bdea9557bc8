"""Where bytes come from: files of a folder, one file, or the members of a zip or tar. No member is ever written under its own name."""

from __future__ import annotations

import errno
import os
import stat
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from napari_t12_bodycomp.dicom.tar import is_tar, open_tar
from napari_t12_bodycomp.errors import InputError

MAX_FILES = 200_000
MAX_MEMBER_BYTES = 1 << 30
MAX_ZIP_BYTES = 16 << 30
SAME_TIME_NS = 2_000_000_000
"""Some file systems know the time of a change no better."""
_SMALL_BYTES = 1 << 23
MAX_ZIP_RATIO = 1000
_SKIPPED_SUFFIXES = {".nii", ".gz", ".md", ".txt", ".json", ".csv", ".png", ".jpg", ".jpeg", ".pdf", ".xml", ".html", ".py", ".zst"}
BY_NAME, CLOSED = "no DICOM by its name", "cannot be opened"
PassedOver = Callable[[str, str], None]
"""Called with the path of what is not offered as a source, and with why (`BY_NAME`, `CLOSED`)."""


def _nobody(path: str, why: str) -> None:
    """Tell nobody."""


class ByteSource(Protocol):
    """Something that holds one DICOM object."""

    @property
    def name(self) -> str: ...
    @property
    def key(self) -> tuple[str, int, int]: ...
    @property
    def is_lasting(self) -> bool: ...
    def head(self, n: int) -> bytes: ...
    def read(self, offset: int = 0, length: int = -1) -> bytes: ...
    def __hash__(self) -> int: ...


def is_dicom(source: ByteSource) -> bool:
    """Whether it says, behind a preamble, that it is DICOM."""
    return source.head(132)[128:] == b"DICM"


def file_source(path: Path) -> FileSource:
    """The file `path` as it is now."""
    status = path.stat()
    return FileSource(str(path), status.st_size, status.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file on disk; `key` is path, size and modification time (ns)."""

    path: str
    size: int
    mtime_ns: int

    @property
    def name(self) -> str:
        return os.path.basename(self.path)  # noqa: PTH119 - called once for each of many thousand files

    @property
    def key(self) -> tuple[str, int, int]:
        return self.path, self.size, self.mtime_ns

    @property
    def is_lasting(self) -> bool:
        """Whether it can be read again later."""
        return True

    def head(self, n: int) -> bytes:
        """The first `n` bytes, as they are now; what a file that still grows holds is judged when the rest of it is read."""
        return self._read(0, n, as_known=False)

    def read(self, offset: int = 0, length: int = -1) -> bytes:
        """Bytes of the file as it was found.

        Raises
        ------
        InputError
            Where it cannot be read, or has another size or time than it had.
        """
        return self._read(offset, length, as_known=True)

    def _read(self, offset: int, length: int, as_known: bool) -> bytes:
        try:
            with open(self.path, "rb", buffering=0) as file:  # noqa: PTH123
                status = os.fstat(file.fileno())
                if as_known and (status.st_size != self.size or abs(status.st_mtime_ns - self.mtime_ns) > SAME_TIME_NS):
                    raise InputError(
                        "A file of the scan changed while the scan was being read: wait until it has been copied completely, "
                        "and open it again."
                    )
                if offset:
                    file.seek(offset)
                return file.read(length) if length >= 0 else file.read()
        except OSError as error:
            raise InputError(f"A file of the scan cannot be read ({error.strerror}): check its permissions, or copy it again.") from error


@dataclass(frozen=True, slots=True, eq=False)
class ZipSource:
    """A member of an open zip."""

    archive: zipfile.ZipFile
    info: zipfile.ZipInfo
    lock: threading.Lock

    @property
    def name(self) -> str:
        return os.path.basename(self.info.filename)  # noqa: PTH119

    @property
    def key(self) -> tuple[str, int, int]:
        return f"{self.archive.filename}!{self.info.filename}", self.info.file_size, self.info.CRC

    @property
    def is_lasting(self) -> bool:
        return False

    def head(self, n: int) -> bytes:
        return self.read(0, n)

    def read(self, offset: int = 0, length: int = -1) -> bytes:
        if offset and self.info.file_size > _SMALL_BYTES:
            return _whole(self)[offset:] if length < 0 else _whole(self)[offset : offset + length]
        end = self.info.file_size if length < 0 else offset + length
        try:
            with self.lock, self.archive.open(self.info) as member:
                return member.read(min(end, self.info.file_size))[offset:]
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as error:
            raise InputError(
                "A member of the zip cannot be unpacked (damaged or encrypted): unpack it yourself and give the folder."
            ) from error
        except Exception as error:  # zlib.error, lzma.LZMAError and the like have no common base
            raise InputError("A member of the zip is damaged: make the zip again, or give the folder.") from error


@lru_cache(maxsize=1)
def _whole(member: ZipSource) -> bytes:
    """A large member, kept while its frames are read one after another."""
    return member.read()


@contextmanager
def open_sources(path: Path, passed_over: PassedOver = _nobody, tick: Callable[[], None] = lambda: None) -> Iterator[Iterator[ByteSource]]:
    """The byte sources of a folder, a DICOM file, a zip or a tar; an archive stays open inside the `with`.

    What lies there and is not looked into (a text or picture by its name, a folder that may not be opened) is told to `passed_over`.
    `tick` is called for each folder that is looked into, and may raise to stop.

    Raises
    ------
    InputError
        Where `path` does not exist, may not be read, or is a zip that is damaged or far too large.
    """
    kind = _kind(path)
    if kind == "folder":
        yield _walk(path, passed_over, tick)
    elif is_tar(path):
        with open_tar(path) as members:
            yield iter(members)
    elif zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                yield iter(_members(archive, passed_over))
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise InputError("The zip is damaged or uses an unknown method: make it again, or give the folder.") from error
    else:
        yield iter([file_source(path)])


def _kind(path: Path) -> str:
    """ "folder" or "file"; InputError for what is neither, or cannot be looked at."""
    wanted = "A DICOM folder, DICOM file, zip or NIfTI file is wanted"
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise InputError(f"{wanted}, but {path.name[:100]!r} does not exist: check the path.") from error
    except OSError as error:
        raise InputError(f"{wanted}, but the path given cannot be used ({error.strerror}): check it.") from error
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise InputError(f"{wanted}, a device or pipe came: check the path.")
    return "folder" if stat.S_ISDIR(mode) else "file"


def _skipped(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in _SKIPPED_SUFFIXES  # noqa: PTH122


def _walk(folder: Path, passed_over: PassedOver, tick: Callable[[], None]) -> Iterator[ByteSource]:
    """Every regular file below `folder`, links followed, each directory and each file once."""
    seen: set[tuple[int, int]] = set()
    files = 0
    stack = [str(folder)]
    while stack:
        here = stack.pop()
        tick()
        try:
            status = os.stat(here)  # noqa: PTH116
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError as error:
            if here == str(folder):
                raise InputError(f"The folder cannot be read ({error.strerror}): check its permissions.") from error
            passed_over(here, CLOSED)
            continue
        for entry in entries:
            try:
                if entry.is_dir():
                    stack.append(entry.path)
                    continue
                if not entry.is_file():
                    continue
                if entry.name.startswith(".") or _skipped(entry.name):
                    passed_over(entry.path, BY_NAME)
                    continue
                status = entry.stat()
            except OSError as error:
                if error.errno not in (errno.ENOENT, errno.ELOOP):  # a link into the void, or in a circle
                    passed_over(entry.path, CLOSED)
                continue
            if status.st_nlink > 1 or entry.is_symlink():
                if (status.st_dev, status.st_ino) in seen:
                    continue
                seen.add((status.st_dev, status.st_ino))
            files += 1
            if files > MAX_FILES:
                raise InputError(f"The folder holds more than {MAX_FILES} files: give the folder of one patient.")
            yield FileSource(entry.path, status.st_size, status.st_mtime_ns)


def _members(archive: zipfile.ZipFile, passed_over: PassedOver) -> list[ByteSource]:
    files = [i for i in archive.infolist() if not i.is_dir()]
    infos = [i for i in files if not _skipped(i.filename)]
    for info in files:
        if _skipped(info.filename):
            passed_over(info.filename, BY_NAME)
    total = sum(i.file_size for i in infos)
    packed = sum(i.compress_size for i in infos)
    if len(infos) > MAX_FILES or total > MAX_ZIP_BYTES or (total > 1 << 26 and total > MAX_ZIP_RATIO * max(packed, 1)):
        raise InputError("The zip would unpack to far more than a CT scan: give a zip of one study, or the folder.")
    if any(i.file_size > MAX_MEMBER_BYTES for i in infos):
        raise InputError("A file in the zip is larger than 1 GB unpacked: give the folder instead.")
    if any(i.flag_bits & 1 for i in infos):
        raise InputError("The zip is protected by a password: unpack it by hand and give the folder.")
    lock = threading.Lock()
    return [ZipSource(archive, info, lock) for info in infos]
