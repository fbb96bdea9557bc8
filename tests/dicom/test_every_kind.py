"""Every kind of series that an archive holds: read with the right values and places, or refused with its sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ct_files import body_hu, slice_dataset, write_series
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, generate_uid

from napari_t12_bodycomp.dicom.archive import open_sources
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.volume import FirstSlice
from napari_t12_bodycomp.workflow.source import list_series, load_volume

Z = (0, 5, 10, 15, 20, 25)
COS, SIN = float(np.cos(0.9)), float(np.sin(0.9))


def _save(folder: Path, dataset: Dataset, name: object) -> None:
    folder.mkdir(exist_ok=True)
    dataset.save_as(folder / str(name), enforce_file_format=True)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ImageOrientationPatient": [1, 0, 0, 0, 0, -1]}, "coronal reformats"),
        ({"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}, "sagittal reformats"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, COS, SIN]}, "oblique reformats"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "unknown orientation"),
        ({"ImageOrientationPatient": None}, "headers lack them"),
        ({"PixelSpacing": None}, "headers lack them"),
        ({"PixelSpacing": [0, 0]}, "pixel spacing between"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "a localizer"),
        ({"SeriesDescription": "Topogram 0.6"}, "a localizer"),
        ({"ImageType": ["DERIVED", "SECONDARY", "AXIAL", "MIP"]}, "projections or renderings"),
        ({"ImageType": ["DERIVED", "PRIMARY", "IODINE"]}, "computed map"),
        ({"ImageType": ["DERIVED", "PRIMARY", "CT_SOM7 MIP"]}, "projections or renderings"),
        ({"ImageType": ["DERIVED", "SECONDARY", "AXIAL"], "SeriesDescription": "ax MIP 10/5"}, "projections or renderings"),
        ({"ImageType": ["DERIVED", "PRIMARY", "AXIAL"], "SeriesDescription": "Thorax VNC 5.0"}, "computed map"),
        ({"Modality": "PT"}, "modality of this one is PT"),
        ({"Modality": "SEG"}, r"a segmentation \(SEG\), although"),
        ({"Modality": "OT", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "secondary capture"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "another kind of object"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.67", "Modality": "SR"}, "a structured report"),
        ({"RescaleSlope": None}, "Rescale slope and intercept"),
        ({"RescaleSlope": "0"}, "Rescale slope and intercept"),
        ({"RescaleSlope": "nan"}, "Rescale slope and intercept"),
        ({"RescaleType": "MGML"}, "the values of this series are 'MGML'"),
        ({"RescaleType": "Z_EFF"}, "the values of this series are 'Z_EFF'"),
        ({"RescaleType": "DOE^JANE"}, "the values of this series are 'not readable'"),
        ({"RescaleIntercept": "0"}, "looks like a label map"),
        ({"RescaleIntercept": "0", "RescaleType": "US"}, "looks like a label map"),
        ({"HighBit": 15}, "low bits of 16"),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, "colour pictures"),
        ({"NumberOfFrames": 6}, "A position for every frame"),
    ],
)
def test_refused_with_its_sentence(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    for k, z in enumerate(Z):
        dataset = slice_dataset(z)
        for keyword, value in changes.items():
            if value is None:
                delattr(dataset, keyword)
            elif keyword == "RescaleSlope":
                dataset.add_new(keyword, "LO", value)
                dataset[keyword].VR = "LO"
            else:
                setattr(dataset, keyword, value)
        _save(tmp_path / "scan", dataset, k)
    with pytest.raises(InputError, match=sentence) as caught:
        load_volume(tmp_path / "scan")
    assert "JANE" not in str(caught.value).upper()


def test_8_bit_pictures_and_dose_pages_are_refused(tmp_path: Path) -> None:
    for z in Z:
        picture = np.clip((body_hu(z).astype(int) + 160) * 255 / 400, 0, 255).astype(np.uint8)
        dataset = slice_dataset(z, BitsAllocated=8, BitsStored=8, HighBit=7, PixelData=picture.tobytes(), RescaleIntercept="0")
        _save(tmp_path / "scan", dataset, z)
    with pytest.raises(InputError, match="8-bit pixels"):
        load_volume(tmp_path / "scan")


def test_a_label_map_in_ct_clothes_is_refused(tmp_path: Path) -> None:
    for z in Z:
        labels = np.digitize(body_hu(z), [-900, -100, 0, 30, 60]).astype(np.int16) - 1024
        _save(tmp_path / "scan", slice_dataset(z, labels), z)
    with pytest.raises(InputError, match="label map"):
        load_volume(tmp_path / "scan")


def test_padding_does_not_hide_that_zero_is_elsewhere(tmp_path: Path) -> None:
    """Values without their intercept: air reads 24, and only the corners that were never scanned are below."""
    for z in Z:
        raw = body_hu(z).astype(np.int32) + 1024
        raw[:6, :8] = -2000
        dataset = slice_dataset(z, RescaleIntercept="0", PixelRepresentation=1, BitsStored=16, HighBit=15)
        dataset.PixelData = raw.astype("<i2").tobytes()
        _save(tmp_path / "scan", dataset, z)
    with pytest.raises(InputError, match="none of air in the scanned field"):
        load_volume(tmp_path / "scan")


def test_an_unnamed_unit_is_taken_for_hu_where_the_values_are_and_said(tmp_path: Path) -> None:
    write_series(tmp_path, RescaleType="US")
    volume = load_volume(tmp_path)
    np.testing.assert_array_equal(volume.hu[2], body_hu(10))
    assert any("does not name the unit" in w for w in volume.acquisition.warnings)


@pytest.mark.parametrize(
    ("signed", "bits", "intercept"),
    [(0, 12, -1024), (0, 16, -1024), (1, 16, 0), (1, 13, 0), (1, 16, -1024), (0, 16, -32768), (1, 16, -1000)],
)
def test_signed_and_unsigned_give_the_same_hu(tmp_path: Path, signed: int, bits: int, intercept: int) -> None:
    for z in Z:
        raw = body_hu(z).astype(np.int32) - intercept
        stored = (raw & (1 << bits) - 1).astype("<u2")
        changes = {"BitsStored": bits, "HighBit": bits - 1, "PixelRepresentation": signed, "RescaleIntercept": str(intercept)}
        _save(tmp_path / "scan", slice_dataset(z, PixelData=stored.tobytes(), **changes), z)
    np.testing.assert_array_equal(load_volume(tmp_path / "scan").hu, np.stack([body_hu(z) for z in Z]))


def test_a_range_of_padding_values_becomes_air(tmp_path: Path) -> None:
    for z in Z:
        raw = body_hu(z).astype(np.int32) + 1024
        raw[:3, 10:30] = np.arange(100, 120)
        _save(
            tmp_path / "scan", slice_dataset(z, PixelPaddingValue=90, PixelPaddingRangeLimit=130, PixelData=raw.astype("<u2").tobytes()), z
        )
    volume = load_volume(tmp_path / "scan")
    assert (volume.hu[:, :3, 10:30] == -1024).all()
    np.testing.assert_array_equal(volume.hu[:, 3:], np.stack([body_hu(z) for z in Z])[:, 3:])


@pytest.mark.parametrize(
    "changes",
    [
        {"Modality": None},
        {"BitsStored": None},
        {"SliceThickness": None},
        {"SeriesInstanceUID": None},
        {"SOPInstanceUID": "1.2.3"},
        {"SeriesDescription": "Thorax thin for MIP"},
        {"ImageType": ["DERIVED", "SECONDARY", "MPR"], "SeriesDescription": "3D ax MPR"},
    ],
    ids=str,
)
def test_what_may_lack_or_sound_odd_is_read(tmp_path: Path, changes: dict[str, Any]) -> None:
    write_series(tmp_path, **changes)
    np.testing.assert_array_equal(load_volume(tmp_path).hu, np.stack([body_hu(z) for z in Z]))


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("ImagePositionPatient", r"-1.00E+02\ -90.0 \+10"),
        ("ImagePositionPatient", r"-100,0\-90,0\10,0"),
        ("ImagePositionPatient", "-100.0\0\\-90\0\\10.000000000000000000"),
        ("PixelSpacing", r"0,8\0,7"),
        ("PixelSpacing", r"8e-1\.7"),
        ("ImageOrientationPatient", "1\\0\\0\\0\\1\\0\\"),
        ("RescaleSlope", "1,0"),
        ("RescaleIntercept", "-1024\0"),
    ],
)
def test_numbers_as_odd_writers_write_them(tmp_path: Path, keyword: str, value: str) -> None:
    write_series(tmp_path)
    odd = slice_dataset(10)
    tag, raw = Tag(keyword), value.encode() + b" " * (len(value) % 2)
    odd._dict[tag] = RawDataElement(tag, "DS", len(raw), raw, 0, False, True)
    odd.save_as(tmp_path / "IM0002_2", enforce_file_format=True)
    volume = load_volume(tmp_path)
    np.testing.assert_array_equal(volume.hu, np.stack([body_hu(z) for z in Z]))
    np.testing.assert_array_equal(volume.z_mm, Z)


def test_images_for_one_energy_are_said_and_come_last(tmp_path: Path) -> None:
    write_series(tmp_path / "a")
    write_series(tmp_path / "b", SeriesInstanceUID="1.2.3", SeriesDescription="Chest MonoPlus 40 keV", RescaleIntercept="-1034")
    np.testing.assert_array_equal(load_volume(tmp_path).hu[1], body_hu(5))
    assert any("for one energy (40 keV)" in w for w in load_volume(tmp_path, series="1.2.3").acquisition.warnings)


@pytest.mark.parametrize("implicit", [False, True])
def test_headless_files_are_read_like_others(tmp_path: Path, implicit: bool) -> None:
    for z in Z:
        dataset = slice_dataset(z)
        del dataset.file_meta
        dataset.save_as(tmp_path / f"{z}", implicit_vr=implicit, little_endian=True, enforce_file_format=False)
        assert (tmp_path / f"{z}").read_bytes()[128:132] != b"DICM"
    np.testing.assert_array_equal(load_volume(tmp_path).hu, np.stack([body_hu(z) for z in Z]))


def test_big_endian_files_are_read_like_others(tmp_path: Path) -> None:
    for z in Z:
        dataset = slice_dataset(z)
        dataset.PixelData = (body_hu(z).astype(np.int32) + 1024).astype(">u2").tobytes()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        dataset["PixelData"].VR = "OW"
        dataset.save_as(tmp_path / f"{z}", enforce_file_format=True, implicit_vr=False, little_endian=False)
    np.testing.assert_array_equal(load_volume(tmp_path).hu, np.stack([body_hu(z) for z in Z]))


def test_deflated_files_are_read_like_others(tmp_path: Path) -> None:
    for z in Z:
        dataset = slice_dataset(z)
        dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
        dataset.save_as(tmp_path / f"{z}", enforce_file_format=True)
    np.testing.assert_array_equal(load_volume(tmp_path).hu, np.stack([body_hu(z) for z in Z]))


def test_a_file_cut_within_its_pixels_is_refused(tmp_path: Path) -> None:
    path = write_series(tmp_path)[3]
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="cut short"):
        load_volume(tmp_path)


def test_a_file_cut_within_its_header_leaves_a_gap_that_is_said(tmp_path: Path) -> None:
    path = write_series(tmp_path)[3]
    path.write_bytes(path.read_bytes()[:400])
    volume = load_volume(tmp_path)
    assert len(volume.z_mm) == 5
    assert any("missing" in w for w in volume.acquisition.warnings)


def test_variable_spacing_keeps_every_place(tmp_path: Path) -> None:
    places = (0, 4, 9, 15, 20, 26)
    write_series(tmp_path, places)
    volume = load_volume(tmp_path)
    np.testing.assert_array_equal(volume.z_mm, places)
    assert volume.gaps_mm() == ()
    assert any("varies from 4.00 to 6.00 mm" in w for w in volume.acquisition.warnings)


@pytest.mark.parametrize(
    ("charset", "name", "description"),
    [
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎", "胸部単純"),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동", "흉부 CT"),
        ("ISO_IR 192", "王^小东", "胸部平扫 5mm"),
        ("GB18030", "王^小东", "胸部平扫"),
        ("ISO_IR 144", "Люкceмбypг", "Грудь"),
        ("ISO_IR 100", "Müller^Jürgen", "Thorax nativ, ä"),
    ],
)
def test_names_in_every_script(tmp_path: Path, charset: str | list[str], name: str, description: str) -> None:
    write_series(tmp_path, SpecificCharacterSet=charset, PatientName=name, SeriesDescription=description)
    volume = load_volume(tmp_path)
    assert volume.acquisition.description == description
    assert name.split("^")[0] not in repr((list_series(tmp_path), volume.acquisition, volume.subject))


def test_a_name_of_any_length(tmp_path: Path) -> None:
    write_series(tmp_path, PatientName="X" * 3000, PatientID="Y" * 3000, SeriesDescription="Z" * 3000)
    assert load_volume(tmp_path).shape[0] == 6


@pytest.mark.parametrize("position", ["HFS", "HFP", "FFS", "FFP", "HFDR", "HFDL", "FFDR", "FFDL", ""])
def test_the_orientation_decides_and_not_the_name_of_the_position(tmp_path: Path, position: str) -> None:
    write_series(tmp_path, PatientPosition=position)
    np.testing.assert_array_equal(load_volume(tmp_path).hu[1], body_hu(5))


def test_what_lies_beside_the_scan_is_left_alone(tmp_path: Path) -> None:
    """Localizer, dose page, report, coronal reformat and another patient position in the same study."""
    write_series(tmp_path / "a")
    uids = {"StudyInstanceUID": slice_dataset(0).StudyInstanceUID}
    _save(tmp_path / "b", slice_dataset(0, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], SeriesInstanceUID=generate_uid(), **uids), 1)
    _save(tmp_path / "b", slice_dataset(0, Modality="SR", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.67", **uids), 2)
    _save(tmp_path / "b", slice_dataset(0, Modality="OT", SOPClassUID="1.2.840.10008.5.1.4.1.1.7", **uids), 3)
    for y in range(12):
        reformat = slice_dataset(0, ImageOrientationPatient=[1, 0, 0, 0, 0, -1], ImagePositionPatient=[0, y, 0], **uids)
        _save(tmp_path / "b", reformat, f"coronal{y}")
    listed = list_series(tmp_path)
    assert len(listed.offers) == 5
    assert sum(o.is_measurable for o in listed.offers) == 1
    assert load_volume(tmp_path).shape[0] == 6


def test_the_middle_slice_is_shown_before_the_others_are_read(tmp_path: Path) -> None:
    write_series(tmp_path)
    shown: list[FirstSlice] = []
    shares: list[float] = []
    volume = load_volume(tmp_path, progress=lambda share, words: shares.append(share) if shown else None, show=shown.append)
    (first,) = shown
    assert shares
    assert (first.index, first.n_slices, first.z_mm, first.pixel_spacing_mm) == (3, 6, 15.0, (0.8, 0.7))
    np.testing.assert_array_equal(first.hu, volume.hu[3])
    load_volume(tmp_path, show=shown.append, show_z_mm=6.0)
    assert shown[1].z_mm == 5.0
    np.testing.assert_array_equal(shown[1].hu, volume.hu[1])


def test_a_damaged_other_slice_does_not_keep_the_first_from_the_screen(tmp_path: Path) -> None:
    path = write_series(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-100])
    shown: list[FirstSlice] = []
    with pytest.raises(InputError, match="cut short"):
        load_volume(tmp_path, show=shown.append)
    assert len(shown) == 1


def test_a_file_that_vanishes_is_said(tmp_path: Path) -> None:
    write_series(tmp_path)
    with open_sources(tmp_path) as sources:
        source = next(iter(sources))
    Path(source.key[0]).unlink()
    with pytest.raises(InputError, match="A file of the scan cannot be read"):
        source.read()


@pytest.mark.parametrize("path", ["x" * 5000, "/".join(["y" * 200] * 30), "a\0b"])
def test_an_impossible_path_is_refused(path: str) -> None:
    for read in (list_series, load_volume):
        with pytest.raises(InputError, match="is wanted, but"):
            read(path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os = pytest.importorskip("os")
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no named pipes here")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="a device or pipe"):
        load_volume(tmp_path / "pipe")
    write_series(tmp_path)
    assert load_volume(tmp_path).shape[0] == 6
