"""An approved case goes to a real archive without a window: what then stands in the study there, and whether it is what the table says."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import highdicom as hd
import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest
from orthanc_server import AE_TITLE, Orthanc
from pydicom import Dataset, dcmread

from napari_t12_bodycomp import cli
from napari_t12_bodycomp.dicom.codes import INDEX, REGIONS, TISSUES
from napari_t12_bodycomp.model.pacs import Node, NodeKind
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.workflow.pacs_nodes import nodes_file, save_node

SAMPLE = Path(__file__).resolve().parents[1] / "sample_data" / "chest_5mm"
PASSWORD = "correct horse"
SERIES = {
    "Body composition, regions": ("SEG", "1.2.840.10008.5.1.4.1.1.66.4"),
    "Body composition, tissues": ("SEG", "1.2.840.10008.5.1.4.1.1.66.4"),
    "Body composition, report": ("SR", "1.2.840.10008.5.1.4.1.1.88.33"),
    "Body composition, picture": ("OT", "1.2.840.10008.5.1.4.1.1.7"),
}
"""What is added to the scan: modality and SOP class by series description."""
AREAS = {
    Tissue.MUSCLE: ("muscle_area_cm2", "smd_hu"),
    Tissue.VISCERAL_FAT: ("visceral_fat_area_cm2", "visceral_fat_mean_hu"),
    Tissue.SUBCUTANEOUS_FAT: ("subcutaneous_fat_area_cm2", "subcutaneous_fat_mean_hu"),
    Tissue.INTERMUSCULAR_FAT: ("intermuscular_fat_area_cm2", "intermuscular_fat_mean_hu"),
}
COLUMNS = {"SMI": "smi_cm2_m2", "VFI": "vfi_cm2_m2", "SFI": "sfi_cm2_m2", "VSR": "vsr"}


@dataclass(frozen=True)
class Sent:
    """What the archive tells, the row of the table, and the archive itself."""

    scan: Path
    orthanc: Orthanc
    study_uid: str
    row: dict[str, str]
    again: Callable[[], int]

    def series(self) -> list[dict[str, Any]]:
        """The study's series by QIDO-RS: description, modality, instance count and UID."""
        fields = "includefield=0008103E&includefield=00201209&includefield=00200011"
        found = json.loads(self.orthanc.ask(f"dicom-web/studies/{self.study_uid}/series?{fields}"))
        return [{tag: (value.get("Value") or [""])[0] for tag, value in one.items()} for one in found]

    def instances(self, description: str) -> list[Dataset]:
        """The objects of the series so described, fetched from the archive."""
        found = []
        for one in self.series():
            if one.get("0008103E") == description:
                for number in json.loads(self.orthanc.ask("tools/lookup", one["0020000E"].encode())):
                    held = json.loads(self.orthanc.ask(f"series/{number['ID']}"))["Instances"]
                    found += [dcmread(BytesIO(self.orthanc.ask(f"instances/{uid}/file"))) for uid in held]
        return found

    def one(self, description: str) -> Dataset:
        (found,) = self.instances(description)
        return found


@pytest.fixture(scope="module")
def sent(orthanc: Orthanc, tmp_path_factory: pytest.TempPathFactory) -> Sent:
    """The sample, as if made with 100 kV: drafted, submitted, approved with ``--send`` and exported as a table."""
    folder = tmp_path_factory.mktemp("study")
    scan = folder / "scan"
    scan.mkdir()
    for path in SAMPLE.iterdir():
        image = dcmread(path)
        image.KVP = "100"
        image.save_as(scan / path.name)
    save_node(Node("hospital", NodeKind.DIMSE, host="127.0.0.1", port=orthanc.dicom_port, ae_title=AE_TITLE))
    database = str(folder / "study.sqlite")

    def study(*words: str) -> int:
        return cli.main(["study", *words, "--db", database])

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("T12_STUDY_PASSWORD", PASSWORD)
        patch.setenv("T12_STUDY_NEW_PASSWORD", PASSWORD)
        assert cli.main(["pacs", "send", "hospital", str(scan)]) == 0
        assert study("create", "--name", "Trial", "--lead", "lena") == 0
        assert study("user", "ann", "--role", "assessor", "--as", "lena") == 0
        assert study("user", "rev", "--role", "reviewer", "--as", "lena") == 0
        assert study("add", str(scan), "--case-id", "P-001", "--height-cm", "165", "--as", "lena") == 0
        assert study("draft", "P-001", "--confirm-level", "--as", "ann") == 0
        assert study("submit", "P-001", "--as", "ann") == 0
        assert study("approve", "P-001", "--send", "hospital", "--as", "rev") == 0
        assert study("export", "--out", str(folder / "table")) == 0
    with (folder / "table" / "indices.csv").open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)

    def again() -> int:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("T12_STUDY_PASSWORD", PASSWORD)
            save_node(Node("hospital", NodeKind.DIMSE, host="127.0.0.1", port=orthanc.dicom_port, ae_title=AE_TITLE))
            code = study("send", "P-001", "--to", "hospital", "--as", "rev")
            nodes_file().unlink(missing_ok=True)
            return code

    nodes_file().unlink(missing_ok=True)
    return Sent(scan, orthanc, row["study_instance_uid"], row, again)


@pytest.fixture(scope="module")
def ct(sent: Sent) -> dict[str, Dataset]:
    """The scan's images by SOP Instance UID."""
    images = [dcmread(path) for path in sent.scan.iterdir()]
    return {str(image.SOPInstanceUID): image for image in images}


def test_the_study_holds_the_results_beside_the_scan(sent: Sent, ct: dict[str, Dataset]) -> None:
    there = {one["0008103E"]: one for one in sent.series()}
    (scan,) = {image.SeriesDescription for image in ct.values()}
    assert set(there) == {*SERIES, scan}
    assert (there[scan]["00080060"], there[scan]["00201209"]) == ("CT", len(ct))
    for description, (modality, sop_class) in SERIES.items():
        assert (there[description]["00080060"], there[description]["00201209"]) == (modality, 1)
        assert sent.one(description).SOPClassUID == sop_class
    (study,) = json.loads(sent.orthanc.ask("tools/lookup", sent.study_uid.encode()))
    held = json.loads(sent.orthanc.ask(f"studies/{study['ID']}"))
    assert len(held["Series"]) == 1 + len(SERIES)
    assert len(json.loads(sent.orthanc.ask(f"patients/{held['ParentPatient']}"))["Studies"]) == 1


def test_the_table_for_the_hospitals_it_is_what_the_archive_holds(sent: Sent, ct: dict[str, Dataset]) -> None:
    text = (SAMPLE.parents[1] / "docs" / "it.md").read_text(encoding="utf-8")
    lines = itertools.takewhile(lambda line: line.startswith("|"), text[text.index("| series | number |") :].splitlines()[2:])
    printed = {tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines}
    held = {
        (one["0008103E"], str(one["00200011"]), one["00080060"], sent.instances(one["0008103E"])[0].SOPClassUID, str(one["00201209"]))
        for one in sent.series()
    }
    assert {(name, number, modality, uid.split()[0], n) for name, number, modality, uid, n in printed} == held


def test_what_is_fetched_refers_to_images_that_the_archive_holds(sent: Sent, ct: dict[str, Dataset]) -> None:
    image = ct[sent.row["sop_instance_uid"]]
    tissues, regions = sent.one("Body composition, tissues"), sent.one("Body composition, regions")
    for mask in (tissues, regions):
        assert mask.FrameOfReferenceUID == image.FrameOfReferenceUID
        for groups in mask.PerFrameFunctionalGroupsSequence:
            (source,) = groups.DerivationImageSequence[0].SourceImageSequence
            assert (source.ReferencedSOPInstanceUID, source.ReferencedSOPClassUID) == (image.SOPInstanceUID, image.SOPClassUID)
            assert groups.PlanePositionSequence[0].ImagePositionPatient == image.ImagePositionPatient
        assert mask.ReferencedSeriesSequence[0].SeriesInstanceUID == image.SeriesInstanceUID
    assert [i.ReferencedSOPInstanceUID for i in sent.one("Body composition, picture").SourceImageSequence] == [image.SOPInstanceUID]
    report = sent.one("Body composition, report")
    (study,) = report.CurrentRequestedProcedureEvidenceSequence
    named = {i.ReferencedSOPInstanceUID for series in study.ReferencedSeriesSequence for i in series.ReferencedSOPSequence}
    assert study.StudyInstanceUID == sent.study_uid
    assert named == {image.SOPInstanceUID, tissues.SOPInstanceUID, regions.SOPInstanceUID}
    assert (report.VerificationFlag, str(report.VerifyingObserverSequence[0].VerifyingObserverName)) == ("VERIFIED", "rev")


def _masks(mask: Dataset, sop_instance_uid: str) -> dict[str, npt.NDArray[np.bool_]]:
    """By highdicom's reader, on the rows and columns of the image; by segment label."""
    read = hd.seg.Segmentation.from_dataset(mask)
    pixels = read.get_pixels_by_source_instance([sop_instance_uid])[0]
    return {segment.SegmentLabel: pixels[..., k] == 1 for k, segment in enumerate(read.SegmentSequence)}


def test_the_masks_come_back_pixel_for_pixel(sent: Sent, tmp_path: Path) -> None:
    """Against the label maps of the same draft, which ``measure`` writes as NIfTI and nibabel reads."""
    assert cli.main(["measure", str(sent.scan), "--out", str(tmp_path), "--height-cm", "165"]) == 0
    index, uid = int(sent.row["slice_index"]), sent.row["sop_instance_uid"]
    for description, name, words in (("regions", "regions", REGIONS), ("tissues", "tissues", TISSUES)):
        labels = np.asarray(nib.load(tmp_path / f"{name}.nii.gz").dataobj)[..., index].T  # type: ignore[attr-defined]
        read = _masks(sent.one(f"Body composition, {description}"), uid)
        assert set(read) == {coded.label for coded in words.values()}
        for label, coded in words.items():
            assert read[coded.label].sum() > 100
            assert np.array_equal(read[coded.label], labels == label), coded.label


def test_the_reports_numbers_are_those_of_the_table(sent: Sent) -> None:
    read = hd.sr.ComprehensiveSR.from_dataset(sent.one("Body composition, report"))
    said = {}
    for group in (*read.content.get_planar_roi_measurement_groups(), *read.content.get_image_measurement_groups()):
        for number in group.get_measurements():
            said[group.tracking_identifier, number.name.meaning] = (float(number.value), number.unit.value)
    wanted = {}
    for tissue, columns in AREAS.items():
        who = f"{TISSUES[tissue].label} at T12"
        for column, what, unit in zip(columns, ("Area", "Attenuation Coefficient"), ("cm2", "[hnsf'U]"), strict=True):
            wanted[who, what] = (sent.row[column], unit)
    for name, column in COLUMNS.items():
        wanted["indices at T12", INDEX[name][0].meaning] = (sent.row[column], "{ratio}" if name == "VSR" else "cm2/m2")
    wanted["level at T12", "z of the measured slice (patient coordinates)"] = (sent.row["z_mm"], "mm")
    wanted["indices at T12", "Height"] = (sent.row["height_m"], "m")
    for key, (text, unit) in wanted.items():
        value, in_unit = said[key]
        digits = len(text.partition(".")[2])
        assert (f"{value:.{digits}f}", in_unit) == (text, unit), key


def test_the_reports_words_can_be_understood_without_the_program(sent: Sent) -> None:
    """Of a stored case the flags' codes alone are kept: their meaning is said, with protocol, level and state."""
    assert sent.row["quality"] == "kvp_outside_protocol"
    report = sent.one("Body composition, report")
    said = {(i.ConceptNameCodeSequence[0].CodeMeaning, i.TextValue) for i in _items(report) if i.get("ValueType") == "TEXT"}
    flags = {words for name, words in said if name == "Quality Assessment"}
    assert flags == {"kvp_outside_protocol: The tube voltage is not the study's 120 kV, which shifts the areas."}
    everything = " ".join(words for _, words in said)
    for words in (
        "At T12 by the word of ann",
        "Level confirmed by: ann",
        "preset t12-study",
        "skeletal muscle -29..150",
        "thinner slices averaged to 5 mm",
        "State: approved.",
        "Height source: typed",
    ):
        assert words in everything
    observers = {i.ConceptNameCodeSequence[0].CodeMeaning: i for i in _items(report) if i.get("RelationshipType") == "HAS OBS CONTEXT"}
    assert str(observers["Person Observer Name"].PersonName) == "ann"
    assert observers["Device Observer Name"].TextValue == f"napari-t12-bodycomp {sent.row['software_version']}"
    language = next(i for i in report.ContentSequence if "Language" in i.ConceptNameCodeSequence[0].CodeMeaning)
    assert language.ConceptCodeSequence[0].CodeValue == "en-US"


def _items(dataset: Dataset) -> list[Dataset]:
    return [inner for item in dataset.get("ContentSequence", ()) for inner in (item, *_items(item))]


def test_sent_again_nothing_is_doubled_and_nothing_changes(sent: Sent) -> None:
    def held() -> dict[str, bytes]:
        found = {}
        for description in SERIES:
            one, file = sent.one(description), BytesIO()
            one.save_as(file)
            found[str(one.SOPInstanceUID)] = file.getvalue()
        return found

    before, count = held(), sent.orthanc.count()
    assert sent.again() == 0
    assert sent.orthanc.count() == count
    assert held() == before
