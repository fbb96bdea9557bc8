"""Ask another program, or a label map that it made, about the level and the tissues."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.analysis.label_names import check_scheme, named
from napari_t12_bodycomp.analysis.second_opinion import opinion_of, weigh
from napari_t12_bodycomp.analysis.tissue_opinion import compare_tissues, shows_tissues
from napari_t12_bodycomp.dicom.read_labels import read_label_map
from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.label_map import LabelMap
from napari_t12_bodycomp.model.level import LevelFinding
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue_opinion import TissueOpinion
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.opinion import totalsegmentator

TOTALSEGMENTATOR = "totalsegmentator"
TOTALSEGMENTATOR_TISSUES = "totalsegmentator-tissues"
_RUNS = {TOTALSEGMENTATOR: "vertebrae", TOTALSEGMENTATOR_TISSUES: "tissues"}


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What was said: the finding with the opinion weighed in, and the map of tissues where one was given."""

    finding: LevelFinding
    tissues: LabelMap | None = None


def check_asked(asked: Sequence[str], scheme: str | None = None) -> None:
    """UsageError where somebody is asked who cannot answer, or `scheme` is none; before the work, so that it is not done in vain."""
    if scheme is not None:
        check_scheme(scheme)
        if all(one in _RUNS for one in asked):
            raise UsageError("A label scheme belongs to the file of a label map: give the file too, with --second-opinion.")
    for one in asked:
        if one in _RUNS:
            why = totalsegmentator.why_not_installed()
            if why:
                raise UsageError(why)
        elif not Path(one).is_file():
            raise UsageError(
                f"{TOTALSEGMENTATOR}, {TOTALSEGMENTATOR_TISSUES} or the file of a label map is wanted for a second opinion, "
                f"{Path(one).name!r} is neither: check the path."
            )


def ask(
    volume: CTVolume, finding: LevelFinding, asked: Sequence[str], scheme: str | None = None, progress: Progress = no_progress
) -> Asked:
    """Ask all of `asked` (``totalsegmentator``, ``totalsegmentator-tissues`` or files) in turn.

    A map of vertebrae is weighed into the finding; a map of tissues is kept for `tissues_beside`. `scheme` says what the labels of a map without
    names stand for. InputError where a map shows neither, or where two maps of the same kind are given.
    """
    weighed, tissues, seen = finding, None, False
    for one in asked:
        labels = _labels(volume, one, scheme, progress)
        if shows_tissues(labels.names):
            if tissues is not None:
                raise InputError("One map of tissues is wanted, two came: give one.")
            tissues = labels
            continue
        if seen:
            raise InputError("One map of vertebrae is wanted, two came: give one.")
        opinion = opinion_of(labels, labels.names, volume, finding)
        if not opinion.vertebrae and one not in _RUNS and not _is_about_vertebrae(labels):
            raise InputError(f"A map of named vertebrae or of tissues is wanted, {labels.source} shows neither: give another one.")
        weighed, seen = weigh(finding, opinion, volume), True
    return Asked(weighed, tissues)


def _labels(volume: CTVolume, one: str, scheme: str | None, progress: Progress) -> LabelMap:
    if one in _RUNS:
        with tempfile.TemporaryDirectory(prefix="t12-opinion-") as folder:
            out = Path(folder) / "labels.nii.gz"
            names = totalsegmentator.run(volume, _RUNS[one], out, progress)
            labels = read_label_map(out, volume, totalsegmentator.NAME)
            return LabelMap(labels.labels, names, labels.source)
    progress(0.1, "reading the label map")
    labels = read_label_map(one, volume)
    progress(0.5, "reading the label map")
    names = named(labels, volume, scheme)
    told_apart = scheme is None and not labels.names and shows_tissues(names)
    return LabelMap(labels.labels, names, f"{labels.source}, labels told apart by HU and place" if told_apart else labels.source)


def _is_about_vertebrae(labels: LabelMap) -> bool:
    return any(name.startswith("vertebrae_") and name != "vertebrae_body" for name in labels.names.values())


def tissues_beside(asked: Asked, axial: AxialSlice, regions: npt.NDArray[np.uint8], protocol: Protocol) -> TissueOpinion | None:
    """How the tissues of the map lie to those of `regions` (uint8, (Y, X)) on `axial`; None where no map of tissues was given."""
    if asked.tissues is None:
        return None
    return compare_tissues(asked.tissues, asked.tissues.names, axial, regions, protocol)
