"""The study's secret key in a file: made once, for its owner alone; whoever else can read it can recognise patients."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from napari_t12_bodycomp.dicom.deid_keys import MIN_KEY_BYTES, Keys
from napari_t12_bodycomp.errors import InputError, UsageError

_LEAST_DIFFERENT_BYTES = 16
"""Of 32 random bytes about 30 differ; fewer than this means that somebody typed the key."""


def read_keys(path: str | Path) -> Keys:
    """The secret key in `path`; InputError where there is none that will do, or where others than its owner may read it."""
    try:
        mode = Path(path).stat().st_mode
        text = Path(path).read_text(encoding="ascii").strip()
        secret = bytes.fromhex(text)
        keys = Keys(secret)
    except OSError as error:
        raise InputError(
            f"A key file is wanted, {path} cannot be read ({error.strerror}): give the study's key, or make one with --new-key."
        ) from error
    except ValueError as error:
        raise InputError(
            f"A key of at least {2 * MIN_KEY_BYTES} hexadecimal digits is wanted in {path}, something else came: make one with --new-key."
        ) from error
    if len(set(secret)) < _LEAST_DIFFERENT_BYTES:
        raise InputError(f"A random key is wanted in {path}, one that could be guessed came: make one with --new-key.")
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InputError(f"A key that its owner alone may read is wanted, {path} is open to others: chmod 600 it, or make a new one.")
    return keys


def make_keys(path: str | Path) -> Keys:
    """Make a new secret key in `path`, which only its owner may read; UsageError where the file exists already."""
    secret = secrets.token_bytes(MIN_KEY_BYTES)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    except FileExistsError as error:
        raise UsageError(f"A new file is wanted for a new key, {path} exists: leave --new-key out to use it.") from error
    except OSError as error:
        raise InputError(f"A place for the key is wanted, {path} cannot be written ({error.strerror}): choose another one.") from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret.hex() + "\n")
    return Keys(secret)


def refuse_key_within(key_file: str | Path, folder: str | Path) -> None:
    """UsageError where the key would lie in `folder`, which is given away."""
    if Path(key_file).resolve().is_relative_to(Path(folder).resolve()):
        raise UsageError(f"A key outside the images is wanted, {key_file} lies within {folder}, which is given away: keep it elsewhere.")
