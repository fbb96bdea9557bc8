"""What is still to be sent: approved cases whose results have not reached their archive yet, remembered on this computer over a restart.

One small file for each, so that windows do not get into each other's way. It names the study by a digest: its address may hold a password.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.workflow.export import write_atomically


@dataclass(frozen=True, slots=True, order=True)
class Unsent:
    """Results of one case, which the archive called `archive` is to get."""

    study: str
    pseudonym: str
    case_id: int
    archive: str


def outbox_folder() -> Path:
    """Where they stand."""
    return Path(platformdirs.user_data_dir("napari-t12-bodycomp", appauthor=False)) / "outbox"


def study_key(where: str) -> str:
    """What stands for the study at `where`, a file or an address, however its path is written."""
    place = where if "://" in where else str(Path(where).resolve())
    return hashlib.sha256(place.encode()).hexdigest()[:32]


def remember(unsent: Unsent) -> None:
    """Remember that these results are still to be sent.

    Raises
    ------
    InputError
        Where this computer takes no file.
    """
    file = _file(unsent)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps(asdict(unsent)).encode())
    except OSError as error:
        raise InputError(f"A place to note what is to be sent is wanted, {file.parent} cannot be written ({error.strerror}).") from error


def forget(unsent: Unsent) -> None:
    """These results were sent, or are to be sent no longer."""
    with suppress(OSError):
        _file(unsent).unlink(missing_ok=True)


def unsent_of(where: str) -> tuple[Unsent, ...]:
    """What of the study at `where` is still to be sent, by name; a file that cannot be read is passed over."""
    found = []
    for file in outbox_folder().glob("*.json"):
        with suppress(OSError, ValueError, TypeError):
            found.append(Unsent(**json.loads(file.read_text(encoding="utf-8"))))
    return tuple(sorted(one for one in found if one.study == study_key(where)))


def _file(unsent: Unsent) -> Path:
    name = hashlib.sha256(json.dumps(asdict(unsent)).encode()).hexdigest()[:32]
    return outbox_folder() / f"{name}.json"
