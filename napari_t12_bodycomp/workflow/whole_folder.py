"""A folder that appears with all that belongs into it, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from napari_t12_bodycomp.errors import InputError

try:
    import fcntl
except ImportError:  # not on Windows, where what a killed run left stays until somebody deletes it
    fcntl = None  # type: ignore[assignment]

_LOCK = ".lock"


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """A new directory to write into, which becomes `out` when the `with` ends well, and goes when it does not.

    It lies beside `out` under a hidden name. What a run that was killed left there goes too.

    Raises
    ------
    InputError
        Where `out` holds something, or cannot be written.
    """
    partial = None
    try:
        _refuse_full(out)
        parent = out.absolute().parent
        parent.mkdir(parents=True, exist_ok=True)
        _remove_left_over(parent, out.name)
        partial = Path(mkdtemp(dir=parent, prefix=_prefix(out.name)))
        with _held(partial / _LOCK):
            yield partial
            (partial / _LOCK).unlink()
            partial.chmod(0o777 & ~_umask())
            if out.exists():
                out.rmdir()
            partial.rename(out)
    except OSError as error:
        raise InputError(_cannot_write(out, error)) from error
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)


def _prefix(name: str) -> str:
    return f".{name}.partial-"


@contextmanager
def _held(lock: Path) -> Iterator[None]:
    """Hold `lock` as long as this process lives, so that another one sees that the directory is in use."""
    with lock.open("w") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _remove_left_over(parent: Path, name: str) -> None:
    """Remove what runs that are no more left half-written for the same folder."""
    if fcntl is None:
        return
    for old in parent.glob(f"{_prefix(name)}*"):
        try:
            with (old / _LOCK).open("r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(old, ignore_errors=True)
        except OSError:  # in use, or not ours
            continue


def _refuse_full(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"An empty or new directory is wanted, {out} holds something: choose another one.")
    if out.is_mount():
        raise InputError(f"A directory that can be put in place as a whole is wanted, {out} is a drive of its own: choose one within it.")


def _cannot_write(out: Path, error: OSError) -> str:
    return f"A directory to write into is wanted, {out} cannot be used ({error.strerror or type(error).__name__}): choose another one."


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
