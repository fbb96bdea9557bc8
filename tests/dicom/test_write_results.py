"""Results as DICOM: what is written comes back exactly, checkers find no error, and what is unknown is not there."""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

import highdicom as hd
import numpy as np
import pytest
from ct_files import write_series
from highdicom.sr import srread
from PIL import Image
from pydicom import Dataset, dcmread
from results import FORMS, Scan, checked, folder_of, measured, plain, regions, scan_of

from napari_t12_bodycomp import cli
from napari_t12_bodycomp.analysis.measure import slice_tissues
from napari_t12_bodycomp.dicom.codes import INDEX, REGIONS, TISSUES
from napari_t12_bodycomp.dicom.deid_keys import Keys
from napari_t12_bodycomp.dicom.read_labels import read_regions
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.level import LevelFinding, LevelMethod, LevelStatus, MeasuredLevel
from napari_t12_bodycomp.model.quality import OUTSIDE_T12, QualityFlag, stored_flag
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.model.tissue import Region, Tissue
from napari_t12_bodycomp.phantom import PhantomOptions, make_phantom, write_phantom_series
from napari_t12_bodycomp.report.overlay_png import overlay_png
from napari_t12_bodycomp.workflow.deidentify import deidentify
from napari_t12_bodycomp.workflow.dicom_results import dicom_results
from napari_t12_bodycomp.workflow.source import load_volume

NOON = datetime(2026, 1, 2, 12, 0, 0)
LATER = datetime(2026, 1, 2, 12, 0, 1)
SEG, DATA, ALL = frozenset({"seg"}), frozenset({"seg", "sr"}), frozenset({"seg", "sr", "sc"})
NAMES = {"regions.seg.dcm", "tissues.seg.dcm", "report.sr.dcm", "overlay.sc.dcm"}


@pytest.fixture
def scan(tmp_path: Path) -> Scan:
    return scan_of("folder", tmp_path / "in")


@pytest.fixture(scope="module")
def sample_series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("series")
    write_phantom_series(make_phantom(PhantomOptions(pixel_mm=1.5, n_pixels=256, z_range_mm=(-25.0, 40.0))), folder, "explicit")
    return folder


def _written(scan: Scan, result: Result, folder: Path, **options: object) -> dict[str, Path]:
    folder.mkdir(exist_ok=True)
    made = dicom_results(scan.path, scan.volume, result, made_at=NOON, **({"kinds": DATA} | options))
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in made}


def _content(dataset: Dataset) -> list[Dataset]:
    """Every content item of a report, in order."""
    found = [dataset]
    for item in dataset.get("ContentSequence", ()):
        found += _content(item)
    return found


def _numbers(dataset: Dataset) -> dict[str, float]:
    """Numeric items by tracking identifier and name."""
    numbers = {}
    for group in _content(dataset):
        if group.get("ValueType") == "CONTAINER" and group.ConceptNameCodeSequence[0].CodeMeaning == "Measurement Group":
            (who,) = [i.TextValue for i in group.ContentSequence if i.ConceptNameCodeSequence[0].CodeMeaning == "Tracking Identifier"]
            for item in group.ContentSequence:
                if item.ValueType == "NUM":
                    value = item.MeasuredValueSequence[0]
                    numbers[f"{who}|{item.ConceptNameCodeSequence[0].CodeMeaning}"] = float(value.FloatingPointValue)
    return numbers


def _words(dataset: Dataset) -> list[str]:
    return [item.TextValue for item in _content(dataset) if item.get("ValueType") == "TEXT"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("slab_mm", [0.0, 5.0])
def test_regions_come_back_exactly_from_every_form_of_scan(form: str, slab_mm: float, tmp_path: Path) -> None:
    scan = scan_of(form, tmp_path / "in")
    files = _written(scan, measured(scan, slab_mm), tmp_path / "out", kinds=SEG)
    assert np.array_equal(read_regions(files["regions.seg.dcm"], scan.volume, 4), regions())


@pytest.mark.parametrize("form", ["folder", "upside down", "on its side", "enhanced"])
def test_another_reader_finds_each_tissue_where_it_was_measured(form: str, tmp_path: Path) -> None:
    """highdicom's own reader gives the masks in the rows and columns of the source image that they name."""
    scan = scan_of(form, tmp_path / "in")
    result = measured(scan)
    tissues = slice_tissues(result.axial, result.regions, result.measurement.protocol)
    seg = hd.seg.segread(_written(scan, result, tmp_path / "out", kinds=SEG)["tissues.seg.dcm"])
    present = [tissue for tissue in Tissue if (tissues == tissue).any()]
    assert [d.SegmentLabel for d in seg.SegmentSequence] == [TISSUES[t].label for t in present]
    if form == "enhanced":
        masks = seg.get_pixels_by_source_frame(result.sop_instance_uid, [1])[0]
    else:
        masks = seg.get_pixels_by_source_instance([result.sop_instance_uid])[0]
    for k, tissue in enumerate(present):
        mask = masks[..., k] == 1
        upright = {"upside down": mask[::-1, ::-1], "on its side": mask.T}.get(form, mask)
        assert np.array_equal(upright, tissues == tissue)


@pytest.mark.parametrize("form", ["folder", "on its side", "enhanced"])
@pytest.mark.parametrize("slab_mm", [0.0, 5.0])
def test_the_checkers_find_no_error(form: str, slab_mm: float, tmp_path: Path) -> None:
    scan = scan_of(form, tmp_path / "in")
    files = _written(scan, measured(scan, slab_mm, quality=(QualityFlag("noise", "Noisy."),)), tmp_path / "out", kinds=ALL)
    assert set(files) == NAMES
    for name, file in files.items():
        said = checked("dciodvfy", file)
        assert "Error" not in said, (name, said)
        assert all("99T12BC" in line or "Retired Person Name" in line for line in said.splitlines() if "Warning" in line), said
    source = [scan.path] if scan.path.is_file() else sorted(scan.path.iterdir())
    said = checked("dcentvfy", *source, *files.values())
    assert all("AccessionNumber> IE <" in line for line in said.splitlines() if line), said  # where the checker places it in any report
    assert "Measurement Group" in checked("dsrdump", files["report.sr.dcm"])


def test_the_checker_of_entities_sees_another_patient(scan: Scan, tmp_path: Path) -> None:
    files = _written(scan, measured(scan), tmp_path / "out")
    other = dcmread(files["report.sr.dcm"])
    other.PatientSex = "M"
    other.save_as(files["report.sr.dcm"])
    assert "Error" in checked("dcentvfy", *scan.path.iterdir(), *files.values())


def test_the_report_holds_the_measured_numbers_to_the_last_digit(scan: Scan, tmp_path: Path) -> None:
    result = measured(scan, quality=(QualityFlag("noise", "The scan is noisy."),))
    file = _written(scan, result, tmp_path / "out")["report.sr.dcm"]
    numbers, m = _numbers(dcmread(file)), result.measurement
    for tissue in Tissue:
        who = f"{TISSUES[tissue].label} at T12"
        assert numbers[f"{who}|Area"] == m.areas_cm2[tissue] > 0
        assert numbers[f"{who}|Attenuation Coefficient"] == m.mean_hu[tissue]
    for name, (word, _) in INDEX.items():
        assert numbers[f"indices at T12|{word.meaning}"] == m.indices[name]
    assert numbers["level at T12|z of the measured slice (patient coordinates)"] == 4.0
    said = "\n".join(_words(dcmread(file)))
    for words in (
        "preset t12-study",
        "HU window -29..150",
        "Level method: manual",
        "Level confirmed by: RA1",
        "Reason: counted from T1",
        "noise: The scan is noisy.",
    ):
        assert words in said


def test_another_reader_finds_the_areas_with_their_segments(scan: Scan, tmp_path: Path) -> None:
    result = measured(scan)
    files = _written(scan, result, tmp_path / "out")
    tissues = dcmread(files["tissues.seg.dcm"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        groups = srread(files["report.sr.dcm"]).content.get_planar_roi_measurement_groups()
    assert len(groups) == len(Tissue)
    tracked = {segment.TrackingUID: segment for segment in tissues.SegmentSequence}
    for group in groups:
        (reference,) = [i for i in group[0].ContentSequence if i.ConceptNameCodeSequence[0].CodeValue == "121214"]
        assert reference.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == tissues.SOPInstanceUID
        assert reference.ReferencedSOPSequence[0].ReferencedSegmentNumber == tracked[group.tracking_uid].SegmentNumber
        (area,) = group.get_measurements(name=hd.sr.CodedConcept("42798000", "SCT", "Area"))
        assert (area.value, area.unit.value) in [(v, "cm2") for v in result.measurement.areas_cm2.values()]
    evidence = [i for s in dcmread(files["report.sr.dcm"]).CurrentRequestedProcedureEvidenceSequence for i in s.ReferencedSeriesSequence]
    named = {i.ReferencedSOPInstanceUID for s in evidence for i in s.ReferencedSOPSequence}
    assert named == {result.sop_instance_uid, tissues.SOPInstanceUID, dcmread(files["regions.seg.dcm"]).SOPInstanceUID}


def test_what_is_unknown_is_left_out_with_its_reason(scan: Scan, tmp_path: Path) -> None:
    drawn = regions()
    drawn[drawn == Region.SUBCUTANEOUS] = 0
    level = MeasuredLevel(4, 4.0, LevelMethod.MANUAL)
    result = measured(scan, regions=drawn, subject=Subject(), level=level, assessor="", status="draft")
    assert math.isnan(result.measurement.areas_cm2[Tissue.SUBCUTANEOUS_FAT])
    report = dcmread(_written(scan, result, tmp_path / "out")["report.sr.dcm"])
    numbers = _numbers(report)
    assert not any(key.startswith(("subcutaneous", "indices")) for key in numbers)
    assert {key.split("|")[1] for key, value in numbers.items() if value == 0} <= {"Area of rims of gas and stool in the fat window"}
    said = "\n".join(_words(report))
    assert "Area not given: its region was not drawn." in said
    assert "SMI not given: The height is unknown" in said
    assert "Not known to be T12" in said
    assert "at T12" not in said
    assert not any(i.get("ValueType") == "PNAME" for i in _content(report))
    assert "T12" not in str([i.ConceptCodeSequence[0].CodeMeaning for i in _content(report) if i.get("ValueType") == "CODE"])
    assert (report.CompletionFlag, report.VerificationFlag, report.PreliminaryFlag) == ("PARTIAL", "UNVERIFIED", "PRELIMINARY")
    assert "VerifyingObserverSequence" not in report


def test_a_region_without_fat_has_an_area_of_nothing_and_no_density(scan: Scan, tmp_path: Path) -> None:
    drawn = np.zeros_like(regions())
    drawn[22:26, 34:40] = Region.VISCERAL  # soft tissue, no fat in it
    drawn[28:34, 16:44] = Region.MUSCLE
    result = measured(scan, regions=drawn)
    files = _written(scan, result, tmp_path / "out")
    numbers = _numbers(dcmread(files["report.sr.dcm"]))
    assert numbers["visceral adipose tissue at T12|Area"] == 0
    assert "visceral adipose tissue at T12|Attenuation Coefficient" not in numbers
    assert "Mean HU not given" in "\n".join(_words(dcmread(files["report.sr.dcm"])))
    assert "visceral adipose tissue" not in [s.SegmentLabel for s in dcmread(files["tissues.seg.dcm"]).SegmentSequence]
    assert "Error" not in checked("dciodvfy", files["report.sr.dcm"])


def test_nothing_drawn_gives_a_report_that_says_so_and_no_masks(scan: Scan, tmp_path: Path) -> None:
    files = _written(scan, measured(scan, regions=np.zeros_like(regions())), tmp_path / "out")
    assert set(files) == {"report.sr.dcm"}
    assert "Error" not in checked("dciodvfy", files["report.sr.dcm"])


def test_approval_makes_the_report_final_with_who_and_when(scan: Scan, tmp_path: Path) -> None:
    result = measured(scan, status="approved", reviewer="RB2", reviewed_at="2026-03-04T05:06:07+00:00")
    report = dcmread(_written(scan, result, tmp_path / "out", organisation="Study A")["report.sr.dcm"])
    assert (report.CompletionFlag, report.VerificationFlag, report.PreliminaryFlag) == ("COMPLETE", "VERIFIED", "FINAL")
    (observer,) = report.VerifyingObserverSequence
    assert (str(observer.VerifyingObserverName), observer.VerifyingOrganization) == ("RB2", "Study A")
    assert str(observer.VerificationDateTime).startswith("20260304050607")
    assert [str(i.PersonName) for i in _content(report) if i.get("ValueType") == "PNAME"] == ["RA1"]
    assert "Error" not in checked("dciodvfy", tmp_path / "out" / "report.sr.dcm")


@pytest.mark.parametrize("status", ["draft", "drafted", "returned", "confirmed", "submitted"])
def test_without_approval_nobody_has_verified(scan: Scan, tmp_path: Path, status: str) -> None:
    report = dcmread(_written(scan, measured(scan, status=status, reviewer="RB2"), tmp_path / "out")["report.sr.dcm"])
    assert report.VerificationFlag == "UNVERIFIED"
    assert report.CompletionFlag == ("COMPLETE" if status in ("confirmed", "submitted") else "PARTIAL")


@pytest.mark.parametrize(
    ("origin", "of_regions", "of_tissues"),
    [("draft", "AUTOMATIC", "AUTOMATIC"), ("drawn", "SEMIAUTOMATIC", "SEMIAUTOMATIC"), ("", "MANUAL", "SEMIAUTOMATIC")],
)
def test_segments_say_how_they_were_made(scan: Scan, tmp_path: Path, origin: str, of_regions: str, of_tissues: str) -> None:
    files = _written(scan, replace(measured(scan), regions_origin=origin), tmp_path / "out", kinds=SEG)
    for name, kind in (("regions.seg.dcm", of_regions), ("tissues.seg.dcm", of_tissues)):
        assert {s.SegmentAlgorithmType for s in dcmread(files[name]).SegmentSequence} == {kind}
        assert "Error" not in checked("dciodvfy", files[name])


def test_segments_are_coded_and_coloured(scan: Scan, tmp_path: Path) -> None:
    files = _written(scan, measured(scan), tmp_path / "out", kinds=SEG)
    for name, words in (("regions.seg.dcm", REGIONS), ("tissues.seg.dcm", TISSUES)):
        for segment, coded in zip(dcmread(files[name]).SegmentSequence, words.values(), strict=True):
            codes = (
                segment.SegmentedPropertyCategoryCodeSequence,
                segment.SegmentedPropertyTypeCodeSequence,
                segment.AnatomicRegionSequence,
            )
            assert tuple(c[0].CodeValue for c in codes) == coded.key
            assert {c[0].CodingSchemeDesignator for c in codes} == {"SCT"}
            colour = hd.color.CIELabColor.from_dicom_value(tuple(segment.RecommendedDisplayCIELabValue)).to_rgb()
            wanted = tuple(int(coded.colour[k : k + 2], 16) for k in (1, 3, 5))
            assert max(abs(a - b) for a, b in zip(colour, wanted, strict=True)) <= 1
    assert len({coded.key for coded in (*REGIONS.values(), *TISSUES.values())}) == 7


def test_an_average_names_all_its_slices_and_its_thickness(tmp_path: Path) -> None:
    scan = scan_of("folder", tmp_path / "in")
    result = measured(scan, slab_mm=5.0)
    assert len(result.axial.indices) == 5
    seg = dcmread(_written(scan, result, tmp_path / "out", kinds=SEG)["tissues.seg.dcm"])
    (groups,) = {tuple(i.ReferencedSOPInstanceUID for i in _sources(g)) for g in seg.PerFrameFunctionalGroupsSequence}
    assert groups == scan.volume.sop_instance_uids[2:7]
    assert seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SliceThickness == 5
    assert seg.ContentDescription == "Masks on the mean of 5 slices, 5.0 mm"
    scan = scan_of("enhanced", tmp_path / "in2")
    seg = dcmread(_written(scan, measured(scan, slab_mm=5.0), tmp_path / "out2", kinds=SEG)["tissues.seg.dcm"])
    for groups in seg.PerFrameFunctionalGroupsSequence:
        assert [i.ReferencedFrameNumber for i in _sources(groups)] == [4, 8, 1, 7, 5]
        assert [i.SpatialLocationsPreserved for i in _sources(groups)] == ["NO", "NO", "YES", "NO", "NO"]


def _sources(groups: Dataset) -> list[Dataset]:
    return list(groups.DerivationImageSequence[0].SourceImageSequence)


def test_the_picture_is_the_overlay_pixel_by_pixel(scan: Scan, tmp_path: Path) -> None:
    result = measured(scan)
    capture = dcmread(_written(scan, result, tmp_path / "out", kinds=ALL)["overlay.sc.dcm"])
    tissues = slice_tissues(result.axial, result.regions, result.measurement.protocol)
    picture = np.asarray(Image.open(BytesIO(overlay_png(scan.volume, result, tissues))).convert("RGB"))
    assert np.array_equal(capture.pixel_array, picture)
    assert [i.ReferencedSOPInstanceUID for i in capture.SourceImageSequence] == [result.sop_instance_uid]


def test_patient_and_study_are_the_scans_own_in_any_script(tmp_path: Path) -> None:
    def make(z: int) -> Dataset:
        dataset = plain(z)
        dataset.SpecificCharacterSet, dataset.PatientName = "ISO_IR 100", "Müller^Jürgen"
        return dataset

    path = folder_of(make)(tmp_path / "in")
    scan = Scan(path, load_volume(path))
    source = dcmread(next(path.iterdir()))
    files = _written(scan, measured(scan, subject=Subject("another ID", height_m=1.7)), tmp_path / "out", kinds=ALL)
    kept = "PatientName PatientID PatientBirthDate PatientSex PatientAge PatientSize StudyInstanceUID StudyDate StudyTime StudyID".split()  # noqa: SIM905
    for file in files.values():
        made = dcmread(file)
        for keyword in (*kept, "AccessionNumber", "ReferringPhysicianName", "StudyDescription"):
            assert str(made[keyword].value) == str(source[keyword].value), keyword
        assert made.SeriesInstanceUID != source.SeriesInstanceUID


def test_a_scan_that_lacks_what_the_standard_demands_still_gets_its_results(tmp_path: Path) -> None:
    write_series(tmp_path / "in", (0, 5, 10, 15, 20), PatientSex="female", StudyDate="2021-01-01", SOPClassUID=None, SliceThickness=None)
    scan = Scan(tmp_path / "in", load_volume(tmp_path / "in"))
    files = _written(scan, measured(scan, level=MeasuredLevel(4, 20.0, LevelMethod.MANUAL)), tmp_path / "out")
    assert set(files) == NAMES - {"overlay.sc.dcm"}
    assert np.array_equal(read_regions(files["regions.seg.dcm"], scan.volume, 4), regions())


def test_the_same_content_has_the_same_bytes_and_no_two_objects_share_a_uid(scan: Scan, tmp_path: Path) -> None:
    result = measured(scan)
    first = dicom_results(scan.path, scan.volume, result, DATA, NOON)
    assert dicom_results(scan.path, scan.volume, result, DATA, NOON) == first
    other = regions()
    other[20, 16] = 0
    approved = replace(result, status="approved", reviewer="RB2")
    for changed, when, by in (
        (replace(result, regions=other), NOON, ""),
        (approved, NOON, ""),
        (result, LATER, ""),
        (result, NOON, "Study A"),
    ):
        second = dicom_results(scan.path, scan.volume, changed, DATA, when, by)
        assert second["report.sr.dcm"] != first["report.sr.dcm"]
        for name in first:
            one, two = dcmread(BytesIO(first[name])), dcmread(BytesIO(second[name]))
            assert (one.SOPInstanceUID == two.SOPInstanceUID) == (first[name] == second[name])
            assert one.SeriesInstanceUID == two.SeriesInstanceUID
    tracked = [s.TrackingUID for s in dcmread(BytesIO(first["tissues.seg.dcm"])).SegmentSequence]
    assert [s.TrackingUID for s in dcmread(BytesIO(second["tissues.seg.dcm"])).SegmentSequence] == tracked


def test_approved_results_take_the_time_of_their_approval(scan: Scan) -> None:
    result = measured(scan, status="approved", reviewer="RB2", reviewed_at="2026-03-04T05:06:07+00:00")
    assert dicom_results(scan.path, scan.volume, result, DATA) == dicom_results(scan.path, scan.volume, result, DATA)


def test_no_text_of_the_results_names_the_patient(scan: Scan) -> None:
    report = dcmread(BytesIO(dicom_results(scan.path, scan.volume, measured(scan), DATA)["report.sr.dcm"]))
    assert not any("Doe" in words or "Jane" in words for words in _words(report))


def test_a_scan_that_went_away_is_missed(scan: Scan, tmp_path: Path) -> None:
    for file in scan.path.iterdir():
        file.unlink()
    write_series(scan.path)
    with pytest.raises(InputError, match="not there any more"):
        dicom_results(scan.path, scan.volume, measured(scan))


def test_slices_shifted_against_one_another_keep_their_regions(tmp_path: Path) -> None:
    def make(z: int) -> Dataset:
        dataset = plain(z)
        dataset.ImagePositionPatient = [-100 + 0.1 * z, -90, z]
        return dataset

    path = folder_of(make)(tmp_path / "in")
    scan = Scan(path, load_volume(path))
    files = _written(scan, measured(scan), tmp_path / "out", kinds=SEG)
    assert np.array_equal(read_regions(files["regions.seg.dcm"], scan.volume, 4), regions())


def test_a_scan_without_uids_is_nothing_to_refer_to(tmp_path: Path) -> None:
    write_series(tmp_path / "in", (0, 5, 10, 15, 20), StudyInstanceUID=None)
    scan = Scan(tmp_path / "in", load_volume(tmp_path / "in"))
    with pytest.raises(InputError, match="UIDs of study"):
        dicom_results(scan.path, scan.volume, measured(scan, level=MeasuredLevel(4, 20.0, LevelMethod.MANUAL)), SEG)


def test_regions_of_another_scan_on_the_same_grid_are_refused(scan: Scan, tmp_path: Path) -> None:
    files = _written(scan, measured(scan), tmp_path / "out", kinds=SEG)
    other = replace(scan.volume, sop_instance_uids=tuple(f"2.25.{k}" for k in range(9)))
    with pytest.raises(InputError, match="drawn on other images"):
        read_regions(files["regions.seg.dcm"], other, 4)


def test_tissues_another_grid_and_another_slice_are_no_regions(scan: Scan, tmp_path: Path) -> None:
    files = _written(scan, measured(scan), tmp_path / "out", kinds=SEG)
    with pytest.raises(InputError, match="not the tissues"):
        read_regions(files["tissues.seg.dcm"], scan.volume, 4)
    with pytest.raises(InputError, match=r"--z-mm 4\.0"):
        read_regions(files["regions.seg.dcm"], scan.volume, 6)
    unnamed = dcmread(files["regions.seg.dcm"])
    for groups in unnamed.PerFrameFunctionalGroupsSequence:
        del groups.DerivationImageSequence
    unnamed.save_as(tmp_path / "unnamed.dcm")
    assert np.array_equal(read_regions(tmp_path / "unnamed.dcm", scan.volume, 4), regions())
    with pytest.raises(InputError, match=r"2\.0 mm away"):
        read_regions(tmp_path / "unnamed.dcm", replace(scan.volume, origin_xy_mm=(-98.0, -90.0)), 4)
    with pytest.raises(InputError, match="inf mm away"):
        read_regions(files["regions.seg.dcm"], replace(scan.volume, hu=scan.volume.hu[:, 1:].copy()), 4)
    with pytest.raises(InputError, match="cannot be read"):
        read_regions(next(scan.path.iterdir()), scan.volume, 4)
    files["regions.seg.dcm"].write_bytes(files["regions.seg.dcm"].read_bytes()[:3000])
    with pytest.raises(InputError, match="cannot be read"):
        read_regions(files["regions.seg.dcm"], scan.volume, 4)


def test_a_level_is_t12_by_the_search_or_by_who_confirmed_it(scan: Scan) -> None:
    found = LevelFinding(LevelStatus.FOUND, "T12 found.", 4, 4.0, (0.0, 8.0), 0.9)
    level = MeasuredLevel(4, 4.0, LevelMethod.AUTOMATIC)
    result = measured(scan, level=level)
    assert not result.is_at_t12
    assert replace(result, finding=found).is_at_t12
    assert not replace(result, finding=replace(found, body_z_mm=(6.0, 8.0))).is_at_t12
    confirmed = replace(result, level=replace(level, confirmed_by="RA1"))
    assert confirmed.is_at_t12
    assert not replace(confirmed, finding=replace(found, body_z_mm=(6.0, 8.0))).is_at_t12
    assert not replace(confirmed, finding=None, quality=(stored_flag(OUTSIDE_T12),)).is_at_t12


def _measure(capsys: pytest.CaptureFixture[str], path: Path, out: Path, *words: str) -> tuple[int, dict[str, object], str]:
    code = cli.main(["measure", str(path), "--out", str(out), "--json", *words])
    captured = capsys.readouterr()
    return code, json.loads(captured.out), captured.err


def test_measure_writes_what_is_asked_for_and_names_it(sample_series: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    z_mm = f"{np.median(load_volume(sample_series).z_mm):.1f}"
    asked = ("--z-mm", z_mm, "--dicom-seg", "--dicom-sr", "--dicom-sc")
    code, said, _ = _measure(capsys, sample_series, out, *asked)
    assert code == 0
    named = {
        "regions_seg": "regions.seg.dcm",
        "tissues_seg": "tissues.seg.dcm",
        "report_sr": "report.sr.dcm",
        "overlay_sc": "overlay.sc.dcm",
    }
    assert named.items() <= said["files"].items()  # type: ignore[attr-defined]
    before = {name: (out / name).read_bytes() for name in named.values()}
    code, again, _ = _measure(capsys, sample_series, out, "--regions", str(out / "regions.seg.dcm"), *asked)
    assert (code, again["areas_cm2"], again["mean_hu"]) == (0, said["areas_cm2"], said["mean_hu"])
    assert {name: (out / name).read_bytes() for name in named.values()} == before
    _, other, _ = _measure(capsys, sample_series, out, "--z-mm", z_mm, "--preset", "uniform", "--dicom-seg")
    assert other["files"]["tissues_seg"] == "tissues_2.seg.dcm"  # type: ignore[index]
    assert "report_sr" not in other["files"]  # type: ignore[operator]


def test_without_identity_the_whole_report_is_the_same(sample_series: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deidentify(sample_series, tmp_path / "clean", Keys(b"k" * 32))
    z_mm = f"{np.median(load_volume(sample_series).z_mm):.1f}"
    one, two = (_measure(capsys, path, tmp_path / path.name, "--z-mm", z_mm)[1] for path in (sample_series, tmp_path / "clean"))
    assert one.keys() == two.keys()
    assert {key for key in one if one[key] != two[key]} - {"seconds"} == {"series_instance_uid", "sop_instance_uid"}


def test_a_nifti_scan_has_no_study_to_put_results_into(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ct.nii.gz").write_bytes(b"anything: it is not even opened")
    code, said, err = _measure(capsys, tmp_path / "ct.nii.gz", tmp_path / "out", "--dicom-sr")
    assert (code, said["status"]) == (3, "error")
    assert "belong to a scan in DICOM" in err
    assert not (tmp_path / "out").exists()
