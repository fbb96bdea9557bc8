"""A real archive, over DIMSE (C-GET and C-MOVE) and over DICOMweb: searched, read, written, and stopped half-way."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from archive_scans import N_THIN, NAME, PATIENT, STUDY, THICK, THIN, change, scan, write_study
from orthanc_server import AE_TITLE, PASSWORD, USER, Orthanc, free_port
from pydicom import dcmread
from pynetdicom.dimse import DIMSEServiceProvider

from napari_t12_bodycomp.dicom.pacs import association
from napari_t12_bodycomp.dicom.pacs.archive import Archive
from napari_t12_bodycomp.dicom.pacs.dimse import DimseArchive
from napari_t12_bodycomp.dicom.pacs.faults import Interrupted, NotDicom
from napari_t12_bodycomp.dicom.pacs.retrieve import Patience, retrieve_series
from napari_t12_bodycomp.dicom.pacs.web import WebArchive
from napari_t12_bodycomp.dicom.write_phantom import write_series
from napari_t12_bodycomp.errors import Cancelled, InputError
from napari_t12_bodycomp.model.pacs import Credential, Node, NodeKind, Retrieval, StudyQuery
from napari_t12_bodycomp.workflow.pacs import offered_series, retrieve, send_files
from napari_t12_bodycomp.workflow.source import load_volume

WAYS = ("get", "move", "web")


def archive_of(server: Orthanc, way: str) -> Archive:
    if way == "web":
        node = Node("web", NodeKind.DICOMWEB, url=server.url, credential=Credential.BASIC, user=USER)
        return WebArchive(node, PASSWORD)
    return DimseArchive(dimse_node(server, Retrieval(way)))


def dimse_node(server: Orthanc, retrieval: Retrieval = Retrieval.GET) -> Node:
    return Node(
        "hospital",
        NodeKind.DIMSE,
        "127.0.0.1",
        server.dicom_port,
        AE_TITLE,
        retrieval=retrieval,
        listen_address="127.0.0.1",
        listen_port=server.move_port,
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def server(orthanc: Orthanc, files: list[Path]) -> Orthanc:
    """The archive, with one study in it."""
    DimseArchive(dimse_node(orthanc)).send(files, lambda count: None)
    assert orthanc.count() >= len(files)
    return orthanc


@pytest.fixture(params=WAYS)
def archive(server: Orthanc, request: pytest.FixtureRequest) -> Archive:
    return archive_of(server, request.param)


@pytest.fixture
def running(server: Orthanc) -> Iterator[Orthanc]:
    """The archive, started again where a test left it down."""
    yield server
    server.stop()
    server.start()


def names_and_uids(folder: Path) -> tuple[list[str], Counter[str]]:
    found = sorted(folder.iterdir())
    return [f.name for f in found], Counter(str(dcmread(f, stop_before_pixels=True).SOPInstanceUID) for f in found)


def assert_complete(folder: Path, n: int = N_THIN, series: str = THIN) -> None:
    """Nothing missing, nothing double, nothing else."""
    names, uids = names_and_uids(folder)
    assert set(uids) == {f"{series}.{k + 1}" for k in range(n)}
    assert set(uids.values()) == {1}
    assert len(names) == n


# -- asking --------------------------------------------------------------------------------------------------------------------------------


def test_it_answers(archive: Archive) -> None:
    assert "answers at" in archive.echo()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (StudyQuery(patient_id="*-7"), True),
        (StudyQuery(patient_id="*-8"), False),
        (StudyQuery(description="Staging*"), True),
        (StudyQuery(date_from="20240101", date_to="20240102"), True),
        (StudyQuery(date_from="20240103"), False),
        (StudyQuery(date_to="20240103", modality="CT"), True),
        (StudyQuery(date_from="20240102", date_to="20240102", modality="MR"), False),
    ],
)
def test_studies_are_found_with_their_own_letters(archive: Archive, query: StudyQuery, found: bool) -> None:
    studies = [s for s in archive.find_studies(query) if s.study_instance_uid == STUDY]
    assert len(studies) == found
    for study in studies:
        assert (study.patient_id, study.description, study.study_date) == (PATIENT, "Staging für T12", "20240102")
        assert set(study.modalities) == {"CT", "SR"}
        assert (study.n_series, study.n_images) == (5, N_THIN + 24 + 20 + 1 + 1)


def test_letters_beyond_ascii_can_be_searched_for(server: Orthanc) -> None:
    found = archive_of(server, "get").find_studies(StudyQuery(patient_id="Ä-7", description="*für*"))
    assert [study.study_instance_uid for study in found] == [STUDY]


def test_the_thin_axial_series_is_preferred_and_the_others_say_why_not(archive: Archive) -> None:
    found = offered_series(archive, STUDY)
    assert found.chosen is not None
    assert found.chosen.series_instance_uid == THIN
    assert found.chosen.description == "Thorax 1.25 Br40 für T12"
    assert "374 mm long" in found.reason
    assert "1.25 mm slices" in found.reason
    refused = {offer.series_instance_uid.removeprefix(STUDY): offer.refusal for offer in found.offers if offer.refusal}
    assert refused.keys() == {".3", ".4", ".5"}
    assert "coronal" in refused[".3"]
    assert "localizer" in refused[".4"]
    assert "report" in refused[".5"]


# -- retrieving ----------------------------------------------------------------------------------------------------------------------------


def test_a_series_comes_whole_and_opens_like_a_folder(archive: Archive, files: list[Path], tmp_path: Path) -> None:
    retrieve(archive, STUDY, THICK, tmp_path / "new" / "folder")
    volume = load_volume(tmp_path / "new" / "folder", THICK)
    assert_complete(tmp_path / "new" / "folder", 24, THICK)
    assert np.array_equal(volume.hu, scan(24, THICK, "", 5.0).hu)


def test_files_come_as_they_are_stored(server: Orthanc, files: list[Path], tmp_path: Path) -> None:
    """Not one of the ways lets the archive turn one syntax into another."""
    sent = {dcmread(f).SOPInstanceUID: dcmread(f) for f in files if THICK in str(dcmread(f, stop_before_pixels=True).SeriesInstanceUID)}
    for way in WAYS:
        retrieve_series(archive_of(server, way), STUDY, THICK, tmp_path / way)
        for file in (tmp_path / way).iterdir():
            came = dcmread(file)
            original = sent[came.SOPInstanceUID]
            assert came.file_meta.TransferSyntaxUID == original.file_meta.TransferSyntaxUID
            assert came.PixelData == original.PixelData
            assert came.PatientName == NAME


def test_what_is_there_is_not_fetched_again_and_halves_are(archive: Archive, tmp_path: Path) -> None:
    assert retrieve_series(archive, STUDY, THICK, tmp_path).n_fetched == 24
    there = sorted(tmp_path.iterdir())
    there[0].unlink()
    there[1].write_bytes(there[1].read_bytes()[:-40])
    there[2].write_bytes(b"")
    change(there[3], SeriesInstanceUID="1.2.3")
    left = tmp_path / ".left.dcm.77.part"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    untouched = there[9].stat().st_mtime_ns
    assert retrieve_series(archive, STUDY, THICK, tmp_path).n_fetched == 4
    assert there[9].stat().st_mtime_ns == untouched
    assert_complete(tmp_path, 24, THICK)
    assert retrieve_series(archive, STUDY, THICK, tmp_path).n_fetched == 0


def test_cancelled_retrieval_keeps_what_came_and_goes_on_from_there(archive: Archive, tmp_path: Path) -> None:
    def cancel(share: float, words: str) -> None:
        if share > 0.15:
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        retrieve_series(archive, STUDY, THICK, tmp_path, cancel)
    here = len(list(tmp_path.iterdir()))
    assert 3 < here < 24
    assert all(file.suffix == ".dcm" for file in tmp_path.iterdir())
    assert retrieve_series(archive, STUDY, THICK, tmp_path).n_fetched == 24 - here
    assert_complete(tmp_path, 24, THICK)


@pytest.mark.parametrize("way", WAYS)
def test_the_archive_is_stopped_and_started_again_half_way(running: Orthanc, way: str, tmp_path: Path) -> None:
    once = threading.Lock()
    starting: list[threading.Timer] = []

    def stop_half_way(share: float, words: str) -> None:
        """Told by the threads that images come on."""
        if share >= 0.5 and once.acquire(blocking=False):
            running.stop()
            starting.append(threading.Timer(0.7, running.start))
            starting[0].start()

    done = retrieve_series(archive_of(running, way), STUDY, THIN, tmp_path, stop_half_way)
    starting[0].join()
    assert done.n_interruptions >= 1
    assert (done.n_images, done.n_fetched) == (N_THIN, N_THIN)
    assert_complete(tmp_path)


@pytest.mark.parametrize("went_away", [True, False])
def test_an_archive_that_is_being_started_is_waited_for_and_another_program_is_not(
    running: Orthanc, went_away: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = archive_of(running, "get")
    fetch, troubles = archive.fetch, [*([Interrupted("The line broke.")] if went_away else []), NotDicom("It does not speak DICOM.")]

    def troubled(*arguments: object) -> None:
        if troubles:
            raise troubles.pop(0)
        fetch(*arguments)

    monkeypatch.setattr(archive, "fetch", troubled)
    if went_away:
        assert retrieve_series(archive, STUDY, THICK, tmp_path, patience=Patience(0.1, 0.2, 5.0)).n_images == 24
    else:
        with pytest.raises(NotDicom):
            retrieve_series(archive, STUDY, THICK, tmp_path, patience=Patience(0.1, 0.2, 5.0))


@pytest.mark.parametrize("way", WAYS)
def test_an_archive_that_stays_away_is_told_and_a_later_run_completes(running: Orthanc, way: str, tmp_path: Path) -> None:
    def stop(share: float, words: str) -> None:
        if share >= 0.4:
            running.stop()

    with pytest.raises(
        InputError, match=r"try again.*\d+ of 24 images lie in the folder; the next run fetches the rest|nothing listens"
    ) as e:
        retrieve_series(archive_of(running, way), STUDY, THICK, tmp_path, stop, Patience(0.1, 0.2, 0.4))
    here = len(list(tmp_path.iterdir()))
    assert f"{here} of 24 images lie in the folder" in str(e.value)
    assert 0 < here < 24
    running.start()
    assert retrieve_series(archive_of(running, way), STUDY, THICK, tmp_path).n_fetched == 24 - here
    assert_complete(tmp_path, 24, THICK)


class SlowToWake(threading.Event):
    """As on a busy machine: who waited goes on a little later."""

    def wait(self, timeout: float | None = None) -> bool:
        there = super().wait(timeout)
        time.sleep(0.03)
        return there


def test_an_answer_is_not_lost_to_another_reader_of_the_line(server: Orthanc, files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pynetdicom's own reader is slow to wake after one request and we are slow to listen after the next, the answer is still ours."""

    def send_slowly(self: DIMSEServiceProvider, *arguments: Any) -> None:
        send(self, *arguments)
        time.sleep(0.08)

    send = DIMSEServiceProvider.send_msg
    monkeypatch.setattr(DIMSEServiceProvider, "send_msg", send_slowly)
    monkeypatch.setattr(threading, "Event", SlowToWake)
    monkeypatch.setattr(association, "SECONDS_TO_ANSWER", 2.0)
    DimseArchive(dimse_node(server)).send(files[:5], lambda count: None)


# -- sending -------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["get", "web"])
def test_files_are_stored_once_however_often_they_are_sent(server: Orthanc, way: str, tmp_path: Path) -> None:
    study = f"1.2.826.9.{len(way)}"
    write_series(scan(5, f"{study}.1", "new", 5.0, study, "P-9"), tmp_path / "scan", "explicit")
    (tmp_path / "scan" / "notes").write_text("no DICOM")
    archive = archive_of(server, way)
    for _ in range(2):
        assert send_files(archive, [tmp_path / "scan", *sorted((tmp_path / "scan").glob("*.dcm"))[:1]]) == 5
    assert len(archive.instances(study, f"{study}.1")) == 5


def test_what_is_no_dicom_is_not_sent(server: Orthanc, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("no DICOM")
    with pytest.raises(InputError, match="none is there"):
        send_files(archive_of(server, "get"), [tmp_path])


def test_a_file_that_contradicts_itself_is_told(server: Orthanc, tmp_path: Path) -> None:
    files = write_series(scan(2, "1.2.826.10.1", "x", 5.0, "1.2.826.10"), tmp_path, "explicit")
    one = dcmread(files[1])
    one.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    one.save_as(files[1])
    with pytest.raises(InputError, match="file 2 of 2 does not: export it again; 1 file before it is stored"):
        archive_of(server, "get").send(files, lambda count: None)


# -- what goes wrong, in a sentence --------------------------------------------------------------------------------------------------------


def node_but(server: Orthanc, **changes: object) -> Node:
    values = {"name": "hospital", "kind": NodeKind.DIMSE, "host": "127.0.0.1", "port": server.dicom_port, "ae_title": AE_TITLE}
    return Node(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ae_title": "NOBODY"}, "does not call itself 'NOBODY'"),
        ({"own_ae_title": "STRANGER"}, "does not (know this computer as|offer this service to) 'STRANGER'"),
        ({"host": "nowhere.invalid"}, "knows no computer of that name"),
        ({"port": "closed"}, "nothing listens on"),
        ({"port": "http"}, "does not speak DICOM without TLS there"),
    ],
)
def test_a_wrong_address_is_told_in_one_sentence(server: Orthanc, changes: dict[str, object], sentence: str) -> None:
    ports = {"closed": free_port(), "http": server.http_port}
    changes = {name: ports.get(str(value), value) for name, value in changes.items()}
    with pytest.raises(InputError, match=sentence):
        DimseArchive(node_but(server, **changes)).echo()


@pytest.mark.parametrize(
    ("changes", "secret", "sentence"),
    [
        ({}, "wrong", "does not accept the user and password"),
        ({"url": "{url}/wrong"}, PASSWORD, "has nothing there"),
        ({"url": "http://localhost:{closed}"}, PASSWORD, "nothing listens at"),
        ({"url": "http://localhost:{dicom}"}, PASSWORD, "broke off"),
        ({"url": "http://localhost:{http}/app/explorer.html"}, PASSWORD, "has nothing there|not as DICOMweb should"),
    ],
)
def test_a_wrong_url_is_told_in_one_sentence(server: Orthanc, changes: dict[str, str], secret: str, sentence: str) -> None:
    values = {"url": server.url, "closed": free_port(), "dicom": server.dicom_port, "http": server.http_port}
    url = changes.get("url", "{url}").format(**values)
    with pytest.raises(InputError, match=sentence):
        WebArchive(Node("web", NodeKind.DICOMWEB, url=url, credential=Credential.BASIC, user=USER), secret).echo()


def test_a_series_that_is_not_there(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no such series"):
        retrieve_series(archive, STUDY, "1.2.3.999", tmp_path)


def test_a_port_for_images_that_is_taken_or_that_the_archive_does_not_know(server: Orthanc, tmp_path: Path) -> None:
    for port, sentence in ((server.http_port, "Port {} of this computer"), (free_port(), "enter this computer's address with port {}")):
        node = node_but(server, retrieval=Retrieval.MOVE, listen_address="127.0.0.1", listen_port=port)
        with pytest.raises(InputError, match=sentence.format(port)):
            retrieve_series(DimseArchive(node), STUDY, THICK, tmp_path)


def test_no_log_names_the_patient(running: Orthanc, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    with caplog.at_level(logging.DEBUG):
        for way in WAYS:
            archive = archive_of(running, way)
            archive.find_studies(StudyQuery(patient_id="Ä-7"))
            retrieve_series(archive, STUDY, THICK, tmp_path / way)
        running.stop()
        for way in WAYS:
            with pytest.raises(InputError, match="nothing listens"):
                archive_of(running, way).find_studies(StudyQuery(patient_id="Ä-7"))
    said = caplog.text
    assert not any(word in said for word in ("Grünwald", "Käthe", "Ä-7", "%C3%84-7", PASSWORD, "Authorization"))
