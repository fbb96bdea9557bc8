"""One batch at a time in a directory. The system takes the lock away when its process ends, however it ends."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from napari_t12_bodycomp.errors import InputError

LOCK_NAME = ".batch.lock"
_HELD = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep every other batch out of `folder` meanwhile; InputError where one is at work there.

    On a drive without locks the file itself is the lock; it is stale, and taken over, where its process on this computer is gone.
    """
    path = folder / LOCK_NAME
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            if error.errno in _HELD or _is_at_work(_holder(path)):
                raise _refusal(folder, _holder(path)) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, _who())
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # beyond the words, so that others may read them
        getattr(msvcrt, "locking")(descriptor, getattr(msvcrt, "LK_NBLCK"), 1)  # noqa: B009 - known on Windows alone
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _who() -> bytes:
    return json.dumps({"process": os.getpid(), "computer": socket.gethostname()}).encode()


def _holder(path: Path) -> tuple[int, str]:
    try:
        said = json.loads(path.read_bytes())
        return int(said["process"]), str(said["computer"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0, ""


def _is_at_work(holder: tuple[int, str]) -> bool:
    """Whether the holder may be alive: asked where the drive has no locks."""
    process, computer = holder
    if not process or computer != socket.gethostname():
        return bool(process)
    import psutil

    return psutil.pid_exists(process) and process != os.getpid()


def _refusal(folder: Path, holder: tuple[int, str]) -> InputError:
    process, computer = holder
    who = f"process {process} on {computer} is" if process else "another batch is"
    return InputError(
        f"A directory with one batch at a time is wanted, {who} at work in {folder}: wait for it or choose another directory "
        f"(if you know it is gone, delete {LOCK_NAME} there)."
    )
