"""Searching by words: spaces, letters of every script, any case; on a real archive, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from archive_scans import change, scan
from orthanc_server import AE_TITLE, PASSWORD, USER, NoOrthanc, Orthanc, orthanc

from napari_t12_bodycomp.dicom.pacs import dimse, web
from napari_t12_bodycomp.dicom.pacs.archive import Archive
from napari_t12_bodycomp.dicom.pacs.dimse import DimseArchive
from napari_t12_bodycomp.dicom.pacs.matching import matching_studies
from napari_t12_bodycomp.dicom.pacs.web import WebArchive
from napari_t12_bodycomp.dicom.write_phantom import write_series
from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.pacs import MOST_STUDIES, Credential, FoundStudy, Node, NodeKind, StudyQuery, anywhere
from napari_t12_bodycomp.workflow.pacs import find_studies

DESCRIPTIONS = {
    "1": ("Thorax nativ 5 mm", "ISO_IR 100"),
    "2": ("CT Thorax/Abdomen", "ISO_IR 192"),
    "3": ("Wirbelsäule", "ISO_IR 100"),
    "4": ("Wirbelsäule BWS + LWS (100%)", "ISO_IR 192"),
    "5": ("Αξονική θώρακα", "ISO_IR 126"),
    "6": ("胸部 単純", "\\ISO 2022 IR 87"),
    "7": ("THORAX NATIV", "ISO_IR 192"),
}
IDS = {"1": "A 1", "3": "ab-Ü3"}


def _archives(server: Orthanc) -> dict[str, Archive]:
    node = Node("web", NodeKind.DICOMWEB, url=server.url, credential=Credential.BASIC, user=USER)
    return {
        "dimse": DimseArchive(Node("h", NodeKind.DIMSE, "127.0.0.1", server.dicom_port, AE_TITLE)),
        "web": WebArchive(node, PASSWORD),
    }


@contextmanager
def _filled(folder: Path, letters_of_answers: str) -> Iterator[Orthanc]:
    """An archive that answers in this character set, with one study for each description."""
    try:
        with orthanc(DefaultEncoding=letters_of_answers) as server:
            files = []
            for key, (words, letters) in DESCRIPTIONS.items():
                file = write_series(scan(2, f"1.9.{key}.1", "x", 5.0, f"1.9.{key}"), folder / key, "explicit")[0]
                identity = {"SpecificCharacterSet": letters.split("\\"), "StudyDescription": words, "PatientID": IDS.get(key, key)}
                files.append(change(file, **identity))
            _archives(server)["dimse"].send(files, lambda count: None)
            yield server
    except NoOrthanc as error:
        pytest.skip(f"no archive: {error}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with _filled(tmp_path_factory.mktemp("studies"), "Utf8") as server:
        yield server


@pytest.fixture(params=["dimse", "web"])
def archive(server: Orthanc, request: pytest.FixtureRequest) -> Archive:
    return _archives(server)[request.param]


def found(archive: Archive, **query: str) -> str:
    return "".join(sorted(study.study_instance_uid[-1] for study in archive.find_studies(StudyQuery(**query))))


@pytest.mark.parametrize(
    ("typed", "studies"),
    [
        ("Thorax nativ 5 mm", "1"),
        ("thorax", "127"),
        ("THORAX NATIV", "17"),
        ("ct thorax", "2"),
        ("Wirbelsäule", "34"),
        ("säule", "34"),
        ("wirbelSÄULE", "34"),
        ("s?ule", ""),
        ("*s?ule*", "34"),
        ("lws (100%)", "4"),
        ("Thorax*5?mm", "1"),
        ("Thorax?5?mm", ""),
    ],
)
def test_a_part_of_a_description_is_found_whatever_its_letters_and_case(archive: Archive, typed: str, studies: str) -> None:
    assert found(archive, description=anywhere(typed)) == studies


@pytest.mark.parametrize(("typed", "study"), [("Αξονική θώρακα", "5"), ("*θώρακα", "5"), ("胸部 単純", "6"), ("胸*", "6")])
def test_other_scripts_are_found(archive: Archive, typed: str, study: str) -> None:
    assert found(archive, description=typed) == study


def test_an_archive_that_answers_in_latin_1_finds_what_it_can(tmp_path: Path) -> None:
    """It leaves other letters out; over DICOMweb, where it does not read them either, nothing can be told."""
    with _filled(tmp_path, "Latin1") as server:
        archives = _archives(server)
        for archive in archives.values():
            assert found(archive, description="*säule*") == found(archive, description="*SÄULE*") == "34"
            assert found(archive, description="thorax nativ 5 mm") == "1"
        assert found(archives["dimse"], description="Αξονική*") == "5"
        assert found(archives["web"], description="Αξονική*") == ""


@pytest.mark.parametrize(("typed", "studies"), [("A 1", "1"), ("a 1", "1"), ("ab-Ü3", "3"), ("AB-ü*", "3"), ("A  1", ""), ("B 1", "")])
def test_patient_ids_with_spaces_and_umlauts(archive: Archive, typed: str, studies: str) -> None:
    assert found(archive, patient_id=typed) == studies


def test_what_goes_over_the_wire_is_encoded_as_the_standard_wants(server: Orthanc) -> None:
    archive = _archives(server)["web"]
    asked: list[str] = []
    archive._client._session.hooks["response"].append(lambda answer, **_: asked.append(answer.request.url))  # type: ignore[attr-defined]
    archive.find_studies(StudyQuery(description="*ä 5+5/?"))
    assert "StudyDescription=*%C3%A4%205%2B5/?&" in asked[0]


@pytest.mark.parametrize("query", [StudyQuery(modality="CT"), StudyQuery(patient_id="*"), StudyQuery(description="*")])
@pytest.mark.parametrize("page", [2, 7])
def test_all_pages_of_a_search_come(server: Orthanc, query: StudyQuery, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_PAGE", page)
    assert len(_archives(server)["web"].find_studies(query)) == len(DESCRIPTIONS)


def test_a_search_gives_up_after_so_many(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (web, dimse):
        monkeypatch.setattr(module, "MOST_STUDIES", 3)
    assert len(archive.find_studies(StudyQuery(modality="CT"))) == 4


# -- on answers made up, since no archive of so many studies fits into a test --------------------------------------------------------------


def many(n: int) -> list[FoundStudy]:
    return [FoundStudy(f"1.{k}", "P", "20240101", f"Kopf {k}") for k in range(n)]


def test_too_many_to_look_through_are_told() -> None:
    def ask(query: StudyQuery) -> list[FoundStudy]:
        return many(MOST_STUDIES + 1) if query.description == "" else []

    with pytest.raises(InputError, match="no study by these letters, and more than 2000 without them: give a patient ID or a date"):
        matching_studies(ask, StudyQuery(description="胸"), str.isascii)


def test_an_id_that_is_found_is_asked_for_once_and_an_archive_without_wildcards_is_no_fault() -> None:
    asked: list[StudyQuery] = []

    def ask(query: StudyQuery) -> list[FoundStudy]:
        asked.append(query)
        if len(asked) > 1:
            raise InputError("no wildcards here")
        return many(1)

    assert matching_studies(ask, StudyQuery(patient_id="P"), str.isascii) == many(1)
    assert len(asked) == 1
    asked.clear()
    assert matching_studies(ask, StudyQuery(description="Kopf 0"), str.isascii) == many(1)
    assert len(asked) == 3


@pytest.mark.parametrize("description", ["", "*", "**"])
def test_a_search_for_everything_is_refused(description: str) -> None:
    with pytest.raises(UsageError, match="Something to search for"):
        find_studies(None, StudyQuery(description=description))  # type: ignore[arg-type]  # nobody is asked
