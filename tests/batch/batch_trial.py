"""What the tests of batches share."""

from __future__ import annotations

import csv
import signal
import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from napari_t12_bodycomp.model.batch import Outcome
from napari_t12_bodycomp.workflow.batch_case import Job, run_job
from napari_t12_bodycomp.workflow.manifest import Manifest, read_manifest


def read(path: Path) -> Manifest:
    manifest = read_manifest(path)
    assert isinstance(manifest, Manifest), manifest
    return manifest


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


class Here:
    """A crew that measures in this very process, one case after the other, and remembers which."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, jobs: Sequence[Job]) -> Generator[Outcome, None, None]:
        for job in jobs:
            self.asked.append(job.case_id)
            yield replace(_once(replace(job, case_id=""), job.path.exists()), case_id=job.case_id)


@lru_cache
def _once(job: Job, is_there: bool) -> Outcome:
    """What comes of `job`; what several tests ask for is measured once."""
    return run_job(job)


class Bomb:
    """Ends the process that unpacks it, by the signal `number`."""

    def __init__(self, number: int = signal.SIGSEGV) -> None:
        self.number = number

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return signal.raise_signal, (self.number,)


class Sleeper:
    """Keeps the process that unpacks it from going on."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return time.sleep, (600,)


class InnerBomb:
    """Ends the process next door by a segmentation fault, and leaves the workers that hand it on alone."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        is_next_door = "__import__('sys').argv[0].endswith('child.py')"
        return eval, (f"__import__('signal').raise_signal(11) if {is_next_door} else __import__('batch_trial').InnerBomb()",)
