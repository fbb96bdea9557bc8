"""Series judged before they are fetched, and objects judged when they come."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest
from archive_scans import scan
from pydicom import dcmread
from pydicom.dataset import Dataset

from napari_t12_bodycomp.dicom.pacs.archive import Archive
from napari_t12_bodycomp.dicom.pacs.inbox import Inbox, file_name
from napari_t12_bodycomp.dicom.pacs.judge import offer_of
from napari_t12_bodycomp.dicom.pacs.retrieve import retrieve_series
from napari_t12_bodycomp.dicom.write_phantom import write_series
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.pacs import FoundSeries, Instance
from napari_t12_bodycomp.workflow.source import preselected

STUDY, SERIES = "1.2.9", "1.2.9.1"


def series(description: str, n: int | None, modality: str = "CT", body_part: str = "") -> FoundSeries:
    return FoundSeries(STUDY, f"{STUDY}.{abs(hash(description)) % 10**9}", 1, modality, description, body_part, n)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (series("Thorax COR 3.0", 80), "coronal"),
        (series("Thorax Sag MPR 2 mm", 80), "sagittal"),
        (series("Scout", 1), "localizer"),
        (series("Surview AP", 2), "localizer"),
        (series("Thorax MIP 10/5", 60), "projections"),
        (series("Dose Report", 1), "localizer|1 image"),
        (series("Dose Report", 3, "SR"), "structured report"),
        (series("Thorax", 2), "holds 2 images"),
        (series("Thorax", None), "holds 0 images"),
        (series("Thorax", 1), "holds 1 image: choose the scan itself"),
        (series("T2 tse", 30, "MR"), "modality of this one is MR"),
        (series("", 30, ""), "not given"),
    ],
)
def test_what_an_archive_that_tells_little_gives_away(found: FoundSeries, words: str) -> None:
    assert re.search(words, offer_of(found).refusal)


@pytest.mark.parametrize("modality", ["SEG", "SR", "OT", "RTSTRUCT"])
def test_what_the_archive_did_not_say_is_not_held_against_a_series(modality: str) -> None:
    assert "SOP class" not in offer_of(series("Body composition", 1, modality)).refusal


def test_by_descriptions_alone_the_soft_axial_chest_is_preferred() -> None:
    offers = [
        offer_of(series(words, n))
        for words, n in [("Hals 3.0 B30f", 100), ("Thorax 10 mm", 35), ("Thorax 5.0 B30f", 70), ("Schädel 5,0", 70)]
    ]
    chosen, reason = preselected(offers)
    assert chosen is not None
    assert chosen.description == "Thorax 5.0 B30f"
    assert chosen.slice_thickness_mm == 5
    assert "of the chest by its description" in reason
    assert "by its description alone" in reason


def test_an_image_s_own_attributes_go_before_the_description(tmp_path: Path) -> None:
    sample = dcmread(write_series(scan(2, SERIES, "Thorax COR", 5.0, STUDY), tmp_path, "explicit")[0], stop_before_pixels=True)
    offer = offer_of(series("Thorax COR", 60), sample)
    assert (offer.refusal, offer.orientation, offer.n_slices) == ("", "axial", 60)
    assert "295 mm long" in offer.why
    sample.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
    assert "coronal" in offer_of(series("Thorax axial", 60), sample).refusal


@pytest.mark.parametrize(
    "odd", [{"Rows": "many"}, {"ImagePositionPatient": [1]}, {"SliceThickness": ["1", "2"]}, {"ImageOrientationPatient": [0] * 6}]
)
def test_odd_answers_are_no_fault(odd: dict[str, object], tmp_path: Path) -> None:
    sample = dcmread(write_series(scan(2, SERIES, "Thorax", 5.0, STUDY), tmp_path, "explicit")[0], stop_before_pixels=True)
    for keyword, value in odd.items():
        sample.add_new(keyword, "UT" if isinstance(value, str) else "DS", value)
    assert offer_of(series("Thorax 5.0", 60), sample).n_slices == 60


# -- what comes ----------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def contents(tmp_path: Path) -> list[bytes]:
    return [file.read_bytes() for file in write_series(scan(3, SERIES, "x", 5.0, STUDY), tmp_path / "scan", "explicit")]


def changed(content: bytes, **values: str) -> bytes:
    one = dcmread(BytesIO(content))
    for keyword, value in values.items():
        setattr(one, keyword, value)
    stream = BytesIO()
    one.save_as(stream)
    return stream.getvalue()


def test_only_what_was_asked_for_is_kept(contents: list[bytes], tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "in", STUDY, SERIES, [f"{SERIES}.1", f"{SERIES}.2"])
    assert inbox.keep(contents[0], f"{SERIES}.1")
    assert inbox.keep(contents[0], f"{SERIES}.1"), "the same once more is no harm, and is written once"
    assert not inbox.keep(contents[2], f"{SERIES}.3"), "of the series, but not asked for"
    assert not inbox.keep(contents[2], f"{SERIES}.2"), "announced as another one"
    assert not inbox.keep(changed(contents[1], SeriesInstanceUID="1.2.3"), f"{SERIES}.2")
    assert not inbox.keep(changed(contents[1], StudyInstanceUID="1.2.3"), f"{SERIES}.2")
    assert not inbox.keep(contents[1][:-10], f"{SERIES}.2"), "too short"
    assert not inbox.keep(b"<html>", f"{SERIES}.2")
    assert (inbox.n_here, inbox.n_fetched, inbox.n_refused) == (1, 1, 6)
    assert [f.name for f in (tmp_path / "in").iterdir()] == [f"{SERIES}.1.dcm"]


@pytest.mark.parametrize("uid", ["../../etc/passwd", "/etc/passwd", "..", "", "1.2.3\n", "1" * 65, "C:\\x", "1..2"])
def test_a_uid_is_never_a_path(uid: str) -> None:
    assert file_name(uid).removesuffix(".dcm").isalnum()


class Odd:
    """An archive that delivers what it likes."""

    def __init__(self, contents: Sequence[bytes], listed: int) -> None:
        self.contents, self.listed = contents, listed

    def instances(self, study_uid: str, series_uid: str) -> list[Instance]:
        return [Instance(f"{SERIES}.{k + 1}") for k in range(self.listed)]

    def fetch(self, study: str, series: str, wanted: Sequence[Instance], whole: bool, keep: object, stop: object) -> None:
        for content in self.contents:
            keep(content, str(dcmread(BytesIO(content)).SOPInstanceUID))  # type: ignore[operator]


def test_an_archive_that_does_not_deliver_what_it_lists_is_told(contents: list[bytes], tmp_path: Path) -> None:
    odd: Archive = Odd([*contents, changed(contents[0], SOPInstanceUID="1.9")], 5)  # type: ignore[assignment]
    with pytest.raises(InputError, match=r"lists 5 images and does not deliver 2 of them, \d+ that came were not what was asked for"):
        retrieve_series(odd, STUDY, SERIES, tmp_path / "in")
    assert len(list((tmp_path / "in").iterdir())) == 3


def test_a_full_disk_is_told(contents: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    odd: Archive = Odd(contents, 3)  # type: ignore[assignment]
    with pytest.raises(InputError, match="No space left on device"):
        retrieve_series(odd, STUDY, SERIES, tmp_path / "in")
    assert list((tmp_path / "in").iterdir()) == []


def test_threads_that_bring_the_same_write_it_once(contents: list[bytes], tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "in", STUDY, SERIES, [f"{SERIES}.{k + 1}" for k in range(3)])
    threads = [threading.Thread(target=inbox.keep, args=(contents[k % 3], f"{SERIES}.{k % 3 + 1}")) for k in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (inbox.n_fetched, len(inbox.missing)) == (3, 0)
    assert len(list((tmp_path / "in").iterdir())) == 3


def test_a_sample_without_anything(tmp_path: Path) -> None:
    assert offer_of(series("Thorax 5.0", 60), Dataset()).refusal == ""
