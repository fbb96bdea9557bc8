"""Small series with known values: order, orientation, rescaling, padding, repeated and missing slices."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from ct_files import body_hu, slice_dataset, write_series
from pydicom.dataset import Dataset
from pydicom.uid import RLELossless, generate_uid

from napari_t12_bodycomp.errors import Cancelled, InputError
from napari_t12_bodycomp.model.subject import ValueSource
from napari_t12_bodycomp.workflow.source import list_series, load_volume

Z = (0, 5, 10, 15, 20, 25)


def test_order_comes_from_position_and_values_are_exact(tmp_path: Path) -> None:
    write_series(tmp_path, Z[::-1])
    (tmp_path / "README.md").write_text("not DICOM")
    (tmp_path / "notes").write_text("not DICOM either")
    volume = load_volume(tmp_path)
    np.testing.assert_array_equal(volume.z_mm, Z)
    for k, z in enumerate(Z):
        np.testing.assert_array_equal(volume.hu[k], body_hu(z))
    assert volume.pixel_spacing_mm == (0.8, 0.7)
    assert volume.origin_xy_mm == (-100, -90)


@pytest.mark.parametrize(
    ("orientation", "stored"),
    [
        ([1, 0, 0, 0, 1, 0], lambda a: a),
        ([-1, 0, 0, 0, -1, 0], lambda a: a[::-1, ::-1]),
        ([1, 0, 0, 0, -1, 0], lambda a: a[::-1]),
        ([-1, 0, 0, 0, 1, 0], lambda a: a[:, ::-1]),
        ([0, 1, 0, 1, 0, 0], lambda a: a.T),
        ([0, 1, 0, -1, 0, 0], lambda a: a[:, ::-1].T),
        ([0, -1, 0, 1, 0, 0], lambda a: a[::-1].T),
    ],
)
def test_every_way_round_gives_the_same_grid(tmp_path: Path, orientation: list[int], stored: object) -> None:
    """The same body stored prone, feet first or lying on the side: position and orientation say where each pixel is."""
    rows, columns, spacing_y, spacing_x = 48, 64, 0.8, 0.7
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    corner = np.array([-100.0, -90.0])
    if (row + column)[0] < 0:
        corner[0] += (columns - 1) * spacing_x
    if (row + column)[1] < 0:
        corner[1] += (rows - 1) * spacing_y
    transposed = row[0] == 0
    for z in Z:
        hu = np.ascontiguousarray(stored(body_hu(z)))  # type: ignore[operator]
        dataset = slice_dataset(
            z,
            hu,
            ImageOrientationPatient=orientation,
            ImagePositionPatient=[*corner, z],
            PixelSpacing=[spacing_x, spacing_y] if transposed else [spacing_y, spacing_x],
        )
        dataset.save_as(tmp_path / f"{z}.dcm", enforce_file_format=True)
    volume = load_volume(tmp_path)
    np.testing.assert_array_equal(volume.hu[3], body_hu(15))
    assert volume.pixel_spacing_mm == (spacing_y, spacing_x)
    assert volume.origin_xy_mm == pytest.approx((-100, -90))


def test_each_slice_has_its_own_slope_and_intercept(tmp_path: Path) -> None:
    write_series(tmp_path, Z[:-1])
    raw = (body_hu(25).astype(np.int32) + 1000) * 2
    slice_dataset(25, RescaleIntercept="-1000", RescaleSlope="0.5", PixelData=np.maximum(raw, 0).astype("<u2").tobytes()).save_as(
        tmp_path / "last", enforce_file_format=True
    )
    volume = load_volume(tmp_path)
    np.testing.assert_array_equal(volume.hu[-1], np.maximum(body_hu(25), -1000))


def test_signed_padding_that_would_wrap_around_becomes_air_outside_the_field(tmp_path: Path) -> None:
    for z in Z:
        raw = body_hu(z).astype(np.int32) + 1024
        raw[:4] = -32768
        raw[4, 0] = -2000
        slice_dataset(
            z, BitsStored=16, HighBit=15, PixelRepresentation=1, PixelPaddingValue=-32768, PixelData=raw.astype("<i2").tobytes()
        ).save_as(tmp_path / str(z), enforce_file_format=True)
    volume = load_volume(tmp_path)
    assert volume.hu[0, :4].min() == volume.hu[0, :4].max() == volume.hu[0, 4, 0] == -1024
    assert volume.outside_fov is not None
    assert volume.outside_fov[:4].all()
    assert volume.outside_fov[4, 0]
    assert volume.outside_fov.sum() == 4 * 64 + 1


def test_padding_value_that_tissue_has_is_kept_and_said(tmp_path: Path) -> None:
    write_series(tmp_path, PixelPaddingValue=1064)
    volume = load_volume(tmp_path)
    np.testing.assert_array_equal(volume.hu[0], body_hu(0))
    assert any("40 HU padding" in w for w in volume.acquisition.warnings)


def test_high_values_do_not_wrap_around(tmp_path: Path) -> None:
    for z in Z:
        raw = body_hu(z).astype(np.int32) + 1024
        raw[0, 0] = 65000
        slice_dataset(z, BitsStored=16, HighBit=15, PixelData=raw.astype("<u2").tobytes()).save_as(
            tmp_path / str(z), enforce_file_format=True
        )
    assert load_volume(tmp_path).hu[0, 0, 0] == 32767


def test_overlay_bits_above_bits_stored_are_dropped(tmp_path: Path) -> None:
    for z in Z:
        raw = (body_hu(z).astype(np.int32) + 1024) | 0x8000
        slice_dataset(z, PixelData=raw.astype("<u2").tobytes()).save_as(tmp_path / str(z), enforce_file_format=True)
    np.testing.assert_array_equal(load_volume(tmp_path).hu[2], body_hu(10))


def test_identical_repeats_are_used_once(tmp_path: Path) -> None:
    write_series(tmp_path)
    slice_dataset(10).save_as(tmp_path / "again", enforce_file_format=True)
    volume = load_volume(tmp_path)
    assert len(volume.z_mm) == len(Z)
    assert any("came twice" in w for w in volume.acquisition.warnings)


def test_two_different_images_at_one_place_are_refused(tmp_path: Path) -> None:
    write_series(tmp_path)
    slice_dataset(10, body_hu(99)).save_as(tmp_path / "other", enforce_file_format=True)
    with pytest.raises(InputError, match=r"Two different images lie at z 10\.0 mm"):
        load_volume(tmp_path)


def test_missing_slice_is_said_and_not_filled(tmp_path: Path) -> None:
    write_series(tmp_path, (0, 5, 10, 20, 25, 30))
    volume = load_volume(tmp_path)
    assert len(volume.hu) == 6
    assert volume.gaps_mm() == ((10.0, 20.0),)
    assert any("z 10.0 and 20.0 mm" in w and "missing" in w for w in volume.acquisition.warnings)


def test_overlapping_acquisitions_are_split_and_following_ones_stay_together(tmp_path: Path) -> None:
    write_series(tmp_path / "a", (0, 5, 10, 15, 20), AcquisitionNumber=1)
    write_series(tmp_path / "b", (2.5, 7.5, 12.5, 17.5, 22.5, 27.5), AcquisitionNumber=2)
    listed = list_series(tmp_path)
    assert sorted((o.acquisition_number, o.n_slices) for o in listed.offers) == [(1, 5), (2, 6)]
    assert load_volume(tmp_path, acquisition=1).z_mm[-1] == 20
    with pytest.raises(InputError, match="not in the input"):
        load_volume(tmp_path, acquisition=3)
    step_and_shoot = tmp_path / "c"
    for k, z in enumerate(Z):
        step_and_shoot.mkdir(exist_ok=True)
        slice_dataset(z, AcquisitionNumber=k, SeriesInstanceUID="1.2.3").save_as(step_and_shoot / str(z), enforce_file_format=True)
    assert load_volume(step_and_shoot).shape[0] == len(Z)


def test_an_offer_names_its_stack_even_where_numbers_do_not(tmp_path: Path) -> None:
    """Two reconstructions in one series, at the same places, with one acquisition number."""
    write_series(tmp_path / "a", ConvolutionKernel="B31f", AcquisitionNumber=1)
    write_series(tmp_path / "b", (0, 5, 10, 15, 20), ConvolutionKernel="B70f", AcquisitionNumber=1)
    listed = list_series(tmp_path)
    assert listed.chosen is not None
    assert listed.chosen.kernel == "B31f"
    sharp = next(o for o in listed.offers if o.kernel == "B70f")
    assert load_volume(tmp_path, offer=sharp).acquisition.kernel == "B70f"
    with pytest.raises(InputError, match="no longer in the input"):
        load_volume(tmp_path / "a", offer=sharp)


def test_two_patients_are_refused_until_one_is_chosen(tmp_path: Path) -> None:
    other = generate_uid()
    write_series(tmp_path / "a")
    write_series(tmp_path / "b", PatientID="P2", SeriesInstanceUID=other)
    with pytest.raises(InputError, match="2 patients") as caught:
        load_volume(tmp_path)
    assert "Doe" not in str(caught.value)
    assert load_volume(tmp_path, series=other).subject.patient_id == "P2"


@pytest.mark.parametrize(
    ("size", "height", "warned"),
    [("1.62", 1.62, False), ("162", None, True), ("0", None, False), ("", None, False), ("17", None, True), ("0.000", None, False)],
)
def test_height_is_believed_only_in_metres(tmp_path: Path, size: str, height: float | None, warned: bool) -> None:
    write_series(tmp_path, PatientSize=size, PatientWeight="0", PatientAge="071Y", PatientSex="F")
    volume = load_volume(tmp_path)
    assert volume.subject.height_m == height
    assert volume.subject.height_source == (ValueSource.DICOM if height else ValueSource.UNKNOWN)
    assert volume.subject.weight_kg is None
    assert volume.subject.age_years == 71
    assert any("height" in w for w in volume.acquisition.warnings) == warned


def test_compressed_slices_decode_to_the_same_values(tmp_path: Path) -> None:
    for z in Z:
        dataset = slice_dataset(z)
        dataset.compress(RLELossless)
        dataset.save_as(tmp_path / str(z), enforce_file_format=True)
    np.testing.assert_array_equal(load_volume(tmp_path).hu[5], body_hu(25))


def test_cancelling_stops_the_threads(tmp_path: Path) -> None:
    write_series(tmp_path, range(0, 200, 5))

    def cancel(share: float, words: str) -> None:
        if words.startswith("slice"):
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        load_volume(tmp_path, progress=cancel)
    assert not [t for t in threading.enumerate() if t.name.startswith("t12-decode")]


def test_progress_grows_to_one(tmp_path: Path) -> None:
    write_series(tmp_path)
    shares: list[float] = []
    load_volume(tmp_path, progress=lambda share, words: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)


def test_names_in_other_scripts_are_read_and_never_told(tmp_path: Path) -> None:
    write_series(tmp_path, SpecificCharacterSet="GB18030", SeriesDescription="胸部平扫", PatientName="王^小东", PatientID="")
    listed = list_series(tmp_path)
    assert listed.offers[0].description == "胸部平扫"
    volume = load_volume(tmp_path)
    assert "王" not in repr((listed, volume.acquisition, volume.subject))


@pytest.mark.parametrize("compressed", [False, True])
def test_enhanced_multi_frame_is_read_like_single_images(tmp_path: Path, compressed: bool) -> None:
    """Frames stored from head to foot, with geometry in the functional groups."""
    dataset = slice_dataset(0, SOPClassUID="1.2.840.10008.5.1.4.1.1.2.1", NumberOfFrames=len(Z))
    stack = np.stack([body_hu(z) for z in Z[::-1]]).astype(np.int32) + 1024
    dataset.PixelData = stack.astype("<u2").tobytes()
    shared, frames = Dataset(), []
    shared.PlaneOrientationSequence = [_with(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]
    shared.PixelMeasuresSequence = [_with(PixelSpacing=[0.8, 0.7], SliceThickness=5)]
    shared.PixelValueTransformationSequence = [_with(RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU")]
    for z in Z[::-1]:
        frames.append(_with(PlanePositionSequence=[_with(ImagePositionPatient=[-100, -90, z])]))
    dataset.SharedFunctionalGroupsSequence, dataset.PerFrameFunctionalGroupsSequence = [shared], frames
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope", "RescaleIntercept"):
        delattr(dataset, keyword)
    if compressed:
        dataset.compress(RLELossless)
    dataset.save_as(tmp_path / "enhanced.dcm", enforce_file_format=True)
    volume = load_volume(tmp_path / "enhanced.dcm")
    np.testing.assert_array_equal(volume.z_mm, Z)
    np.testing.assert_array_equal(volume.hu, np.stack([body_hu(z) for z in Z]))


def _with(**values: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset
