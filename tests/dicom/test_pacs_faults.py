"""What goes wrong while images come: one sentence, nothing half-written, and the next run goes on. On lines that are real."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from archive_scans import scan
from odd_archives import MRImageStorage, Odd, odd_dimse, odd_web
from orthanc_server import AE_TITLE, PASSWORD, USER, NoOrthanc, Orthanc, orthanc
from pydicom import dcmread

from napari_t12_bodycomp.dicom.pacs import association, web
from napari_t12_bodycomp.dicom.pacs.archive import Archive
from napari_t12_bodycomp.dicom.pacs.dimse import DimseArchive
from napari_t12_bodycomp.dicom.pacs.faults import Interrupted
from napari_t12_bodycomp.dicom.pacs.retrieve import Patience, retrieve_series
from napari_t12_bodycomp.dicom.pacs.web import WebArchive
from napari_t12_bodycomp.dicom.write_phantom import write_series
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.pacs import Credential, Node, NodeKind, Retrieval

STUDY, SERIES, N = "1.2.826.13", "1.2.826.13.1", 6
WAYS = ("get", "move", "web")
pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
SHORT = Patience(0.05, 0.1, 0.2)


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    files = write_series(scan(N, SERIES, "x", 5.0, STUDY), tmp_path_factory.mktemp("scan"), "explicit")
    return [file.read_bytes() for file in files]


@contextmanager
def served(odd: Odd, way: str, cut_at: int = 0) -> Iterator[Archive]:
    if way == "web":
        with odd_web(odd, cut_at):
            yield WebArchive(Node("odd", NodeKind.DICOMWEB, url=f"http://127.0.0.1:{odd.port}"))
        return
    with odd_dimse(odd):
        place = ("127.0.0.1", odd.port, AE_TITLE)
        yield DimseArchive(
            Node("odd", NodeKind.DIMSE, *place, retrieval=Retrieval(way), listen_address="127.0.0.1", listen_port=odd.move_port)
        )


def changed(content: bytes, **values: object) -> bytes:
    one, stream = dcmread(BytesIO(content)), BytesIO()
    for keyword, value in values.items():
        setattr(one, keyword, value)
    one.save_as(stream)
    return stream.getvalue()


def whole(folder: Path) -> int:
    """How many files lie there; all of them are whole, and there is nothing else."""
    for file in folder.iterdir():
        assert file.suffix == ".dcm"
        assert len(dcmread(file).PixelData) == 64 * 64 * 2
    return len(list(folder.iterdir()))


@pytest.mark.parametrize("way", WAYS)
def test_an_archive_that_hangs_half_way_is_told_and_the_next_run_goes_on(
    contents: list[bytes], way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (association, web):
        monkeypatch.setattr(module, "SECONDS_TO_ANSWER", 0.4)
    started = time.monotonic()
    with (
        served(Odd(contents, hang_after=3), way) as archive,
        pytest.raises(Interrupted, match=rf"\d of {N} images lie in the folder; the next run fetches the rest"),
    ):
        retrieve_series(archive, STUDY, SERIES, tmp_path, patience=SHORT)
    assert time.monotonic() - started < 10
    here = whole(tmp_path)
    assert 0 < here < N
    with served(Odd(contents), way) as archive:
        assert retrieve_series(archive, STUDY, SERIES, tmp_path, patience=SHORT).n_fetched == N - here
    assert whole(tmp_path) == N


@pytest.mark.parametrize("way", WAYS)
def test_an_object_that_was_not_asked_for_or_is_broken_is_not_kept(contents: list[bytes], way: str, tmp_path: Path) -> None:
    sent = [*contents]
    sent[1] = changed(contents[1], SOPInstanceUID="1.2.3.4")
    sent[2] = changed(contents[2], PixelData=bytes(100))
    with (
        served(Odd(contents, sent), way) as archive,
        pytest.raises(InputError, match=rf"lists {N} images and does not deliver 2 of them, \d+ that came were not what was asked for"),
    ):
        retrieve_series(archive, STUDY, SERIES, tmp_path, patience=SHORT)
    assert whole(tmp_path) == N - 2


def test_a_server_that_refuses_to_be_asked_for_much_at_once(contents: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_PAGE", N)
    with served(Odd(contents), "web") as archive:
        assert len(archive.instances(STUDY, SERIES)) == N


def test_an_answer_that_ends_too_early_is_not_kept(contents: list[bytes], tmp_path: Path) -> None:
    with served(Odd(contents), "web", cut_at=3000) as archive, pytest.raises(Interrupted, match=r"odd.*broke"):
        retrieve_series(archive, STUDY, SERIES, tmp_path, patience=SHORT)
    assert whole(tmp_path) == 0


def test_an_archive_that_does_not_send_ct_images_is_told_at_once(contents: list[bytes], tmp_path: Path) -> None:
    with (
        served(Odd(contents, takes=MRImageStorage), "get") as archive,
        pytest.raises(InputError, match=r"does not send objects of this kind \(CT Image Storage\) by C-GET: retrieve by C-MOVE"),
    ):
        retrieve_series(archive, STUDY, SERIES, tmp_path)
    assert whole(tmp_path) == 0


@pytest.mark.parametrize(("way", "words"), [("get", "C-GET .A702.: retrieve by C-MOVE"), ("move", "could not send images .* no firewall")])
def test_an_archive_that_cannot_send_at_all_is_not_waited_for(contents: list[bytes], way: str, words: str, tmp_path: Path) -> None:
    started = time.monotonic()
    with served(Odd(contents, refusal=0xA702), way) as archive, pytest.raises(InputError, match=words):
        retrieve_series(archive, STUDY, SERIES, tmp_path)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("way", ["get", "web"])
def test_a_disk_that_is_really_full_is_told_and_the_next_run_goes_on(contents: list[bytes], way: str, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="limits of this kind are Unix's")
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    with served(Odd(contents), way) as archive:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, usual[1]))
        try:
            with pytest.raises(InputError, match=r"could not be written \(File too large\): free some space"):
                retrieve_series(archive, STUDY, SERIES, tmp_path, patience=SHORT)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, usual)
        assert whole(tmp_path) == 0
        assert retrieve_series(archive, STUDY, SERIES, tmp_path, patience=SHORT).n_fetched == N
    assert whole(tmp_path) == N


def test_two_windows_that_retrieve_the_same_do_not_disturb_each_other(contents: list[bytes], tmp_path: Path) -> None:
    """What another run is just writing is left alone; both have everything at the end."""
    writing = tmp_path / f".{SERIES}.1.dcm.77.88.part"
    writing.write_bytes(contents[0][:500])
    with served(Odd(contents), "get") as first, served(Odd(contents), "web") as second, ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(retrieve_series, archive, STUDY, SERIES, tmp_path, patience=SHORT) for archive in (first, second) * 2]
        assert [run.result().n_images for run in runs] == [N] * 4
    assert writing.read_bytes() == contents[0][:500]
    writing.unlink()
    assert whole(tmp_path) == N


def test_an_image_that_is_damaged_in_the_archive_is_told(contents: list[bytes], tmp_path: Path) -> None:
    """A real archive whose disk lost the end of a file."""
    with orthanc_or_skip(MaximumStorageCacheSize=0) as server:
        files = write_series(scan(3, SERIES, "x", 5.0, STUDY), tmp_path / "sent", "explicit")
        orthanc_by(server, "get").send(files, lambda count: None)
        pixels = dcmread(files[1]).PixelData
        stored = next(f for f in (server.folder / "storage").rglob("*") if len(f.name) == 36 and pixels in f.read_bytes())
        content = stored.read_bytes()
        for way in WAYS:
            stored.write_bytes(content[:-3000])
            with pytest.raises(InputError, match="lists 3 images and does not deliver 1 of them"):
                retrieve_series(orthanc_by(server, way), STUDY, SERIES, tmp_path / way, patience=SHORT)
            assert whole(tmp_path / way) == 2
            stored.write_bytes(content)
            assert retrieve_series(orthanc_by(server, way), STUDY, SERIES, tmp_path / way, patience=SHORT).n_fetched == 1


@contextmanager
def orthanc_or_skip(**options: object) -> Iterator[Orthanc]:
    try:
        with orthanc(**options) as server:
            yield server
    except NoOrthanc as error:
        pytest.skip(f"no archive: {error}")


def orthanc_by(server: Orthanc, way: str) -> Archive:
    if way == "web":
        return WebArchive(Node("web", NodeKind.DICOMWEB, url=server.url, credential=Credential.BASIC, user=USER), PASSWORD)
    place = ("127.0.0.1", server.dicom_port, AE_TITLE)
    return DimseArchive(
        Node("h", NodeKind.DIMSE, *place, retrieval=Retrieval(way), listen_address="127.0.0.1", listen_port=server.move_port)
    )
