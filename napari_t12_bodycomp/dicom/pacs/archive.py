"""The one interface to an archive, whichever language it speaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from pydicom.dataset import Dataset

from napari_t12_bodycomp.model.pacs import FoundSeries, FoundStudy, Instance, Stop, StudyQuery

Keep = Callable[[bytes, str], bool]
"""Takes one object that came (a whole DICOM file) and the SOP Instance UID that it was announced by; False where it is refused."""
Told = Callable[[int], None]
"""Told how many files were sent so far; may raise `Cancelled`."""


class Archive(Protocol):
    """What can be asked of an archive.

    Every method raises `InputError` with one sentence where the archive refuses or cannot be understood, and `Interrupted`, which is one,
    where it cannot be reached now and may be later.
    """

    def echo(self) -> str:
        """Ask whether it is there; a sentence that says what answered."""

    def find_studies(self, query: StudyQuery) -> list[FoundStudy]:
        """Studies that match, the latest first."""

    def find_series(self, study_uid: str) -> list[FoundSeries]:
        """The series of a study."""

    def sample(self, series: FoundSeries, number: int | None = None) -> Dataset | None:
        """What the archive tells about one image of a series, without pixels: any, or the one with this InstanceNumber; None for nothing."""

    def instances(self, study_uid: str, series_uid: str) -> list[Instance]:
        """Every object of a series."""

    def fetch(self, study_uid: str, series_uid: str, wanted: Sequence[Instance], whole: bool, keep: Keep, stop: Stop) -> None:
        """Hand each object of `wanted` to `keep`, once; `whole` says that they are all that the series holds.

        Objects may be missing afterwards without an error: who calls counts them.
        """

    def send(self, files: Sequence[Path], told: Told) -> None:
        """Store DICOM files in the archive."""


SECONDS_TO_CONNECT = 10.0
SECONDS_TO_ANSWER = 60.0
