"""Several stacks in one series: which headers tell them apart, and which leave a good scan whole."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ct_files import body_hu, enhanced, group_of, slice_dataset, write_series

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.workflow.source import dicom_sources, list_series, load_volume

Z = tuple(range(0, 50, 5))
LATER = {z: body_hu(100 + z) for z in Z}
"""The same places in another phase."""


def _two_phases(folder: Path, first: Callable[[int], dict[str, Any]], second: Callable[[int], dict[str, Any]], apart_mm: float = 0) -> None:
    """Ten slices of one phase and nine of the next, all of one series and acquisition."""
    for phase, (hu, changes) in enumerate((({z: body_hu(z) for z in Z}, first), (LATER, second))):
        folder.mkdir(exist_ok=True)
        for k, z in enumerate(Z[: len(Z) - phase]):
            dataset = slice_dataset(z + phase * apart_mm, hu[z], AcquisitionNumber=1, **changes(k))
            dataset.save_as(folder / f"{phase}-{k}", enforce_file_format=True)


@pytest.mark.parametrize("apart_mm", [0, 0.03, 1.3])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda k: {"AcquisitionTime": "101010"}, lambda k: {"AcquisitionTime": "101110"}),
        (lambda k: {"AcquisitionDateTime": "20200101101010"}, lambda k: {"AcquisitionDateTime": "20200101101110"}),
        (lambda k: {"FrameOfReferenceUID": "1.2.3"}, lambda k: {"FrameOfReferenceUID": "1.2.4"}),
        (lambda k: {"InstanceNumber": k + 1}, lambda k: {"InstanceNumber": k + 11}),
        (lambda k: {"InstanceNumber": k + 1}, lambda k: {"InstanceNumber": 30 - k}),
        (
            lambda k: {"AcquisitionTime": f"1010{k:02d}.5", "InstanceNumber": k + 1},
            lambda k: {"AcquisitionTime": f"1011{k:02d}.5", "InstanceNumber": k + 1},
        ),
    ],
)
def test_phases_of_one_acquisition_are_offered_each(tmp_path: Path, first: Any, second: Any, apart_mm: float) -> None:
    _two_phases(tmp_path / "scan", first, second, apart_mm)
    offers = list_series(tmp_path).offers
    assert sorted(o.n_slices for o in offers) == [9, 10]
    for offer in offers:
        hu = [body_hu(z) for z in Z] if offer.n_slices == 10 else [LATER[z] for z in Z[:9]]
        np.testing.assert_array_equal(load_volume(tmp_path, offer=offer).hu, np.stack(hu))


@pytest.mark.parametrize(("number", "given"), [(4, [4, 5]), (None, [1, 2])])
def test_phases_alike_can_each_be_chosen_and_the_first_one_comes_first(tmp_path: Path, number: int | None, given: list[int]) -> None:
    """As many slices in each, and the later one lies first in the folder."""
    phases = [("b", "101010", {z: body_hu(z) for z in Z}), ("a", "101110", LATER)]
    for name, time, hu in phases:
        for k, z in enumerate(Z):
            numbered = {} if number is None else {"AcquisitionNumber": number}
            dataset = slice_dataset(z, hu[z], AcquisitionTime=time, InstanceNumber=k + 1, **numbered)
            dataset.save_as(tmp_path / f"{name}{k}", enforce_file_format=True)
    listed = list_series(tmp_path)
    assert [o.acquisition_number for o in listed.offers] == given
    assert listed.chosen == listed.offers[0]
    assert "The first of 2 acquisitions or phases" in listed.reason
    for offer, wanted, (_, _, hu) in zip(listed.offers, given, phases, strict=True):
        by_number = load_volume(tmp_path, series=offer.series_instance_uid, acquisition=wanted)
        for volume in (load_volume(tmp_path, offer=offer), by_number):
            np.testing.assert_array_equal(volume.hu, np.stack([hu[z] for z in Z]))
            assert volume.acquisition.acquisition_number == wanted
            made_from = dicom_sources(tmp_path, volume, axial_slice(volume, 3, 0.0))
            assert made_from.centre.header.sop_instance_uid == volume.sop_instance_uids[3]


def test_phases_that_nothing_tells_apart_are_refused(tmp_path: Path) -> None:
    _two_phases(tmp_path / "scan", lambda k: {"InstanceNumber": k}, lambda k: {"InstanceNumber": k})
    with pytest.raises(InputError, match="Two different images"):
        load_volume(tmp_path)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("AcquisitionNumber", lambda k: k + 1),
        ("AcquisitionTime", lambda k: f"1010{k:02d}"),
        ("FrameOfReferenceUID", lambda k: f"1.2.{k + 1}"),
        ("InstanceNumber", lambda k: random.Random(3).sample(range(1, 21), 20)[k]),
        ("InstanceNumber", lambda k: sorted(range(1, 21), key=str).index(k + 1)),
    ],
)
def test_numbers_that_change_with_every_slice_do_not_break_a_scan_up(tmp_path: Path, keyword: str, value: Callable[[int], Any]) -> None:
    """Even where one slice came twice, under another number."""
    for k in range(20):
        slice_dataset(5 * k, **{keyword: value(k)}).save_as(tmp_path / f"{k}", enforce_file_format=True)
    slice_dataset(25, **{keyword: value(7)}).save_as(tmp_path / "again", enforce_file_format=True)
    assert len(list_series(tmp_path).offers) == 1
    assert load_volume(tmp_path).shape[0] == 20


def test_images_numbered_at_random_stay_one_scan(tmp_path: Path) -> None:
    """Numbers by which three groups of four slices would run upwards evenly."""
    for number, k in enumerate((0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11)):
        slice_dataset(5 * k, InstanceNumber=number, AcquisitionTime=f"1010{number:02d}").save_as(
            tmp_path / f"{k}", enforce_file_format=True
        )
    assert load_volume(tmp_path).shape[0] == 12


def test_a_slice_that_two_parts_share_does_not_break_a_scan_up(tmp_path: Path) -> None:
    for k, z in enumerate((0, 5, 10, 15, 15, 20, 25, 30)):
        slice_dataset(z, InstanceNumber=k, AcquisitionTime="1010" if k < 4 else "1011").save_as(tmp_path / f"{k}", enforce_file_format=True)
    assert load_volume(tmp_path).shape[0] == 7


@pytest.mark.parametrize(
    "odd",
    [
        {"AcquisitionTime": "111111"},
        {"AcquisitionNumber": 7},
        {"ImageType": ["DERIVED", "PRIMARY", "AXIAL"]},
        {"SliceThickness": "4.9"},
        {"FrameOfReferenceUID": "1.2.9"},
    ],
    ids=str,
)
def test_an_odd_slice_where_none_else_is_belongs_to_the_scan(tmp_path: Path, odd: dict[str, Any]) -> None:
    write_series(tmp_path, Z, AcquisitionTime="101010", AcquisitionNumber=1)
    for path, z in (("IM0008_4", 20), ("IM0005_5", 25)):
        assert (tmp_path / path).is_file()
        slice_dataset(z, **{"AcquisitionTime": "101010", "AcquisitionNumber": 1, **odd}).save_as(tmp_path / path, enforce_file_format=True)
    volume = load_volume(tmp_path)
    np.testing.assert_array_equal(volume.z_mm, Z)


@pytest.mark.parametrize(
    "noisy",
    [
        lambda s: {"ImageOrientationPatient": ["0.99999", f"{0.005 + s * 1e-6:.7f}", "0", f"{-0.005 - s * 1e-6:.7f}", "0.99999", "0"]},
        lambda s: {"PixelSpacing": ["0.8", f"{0.70005 + s * 1e-6:.7f}"]},
    ],
)
def test_noise_in_the_last_digit_does_not_break_a_scan_up(tmp_path: Path, noisy: Callable[[int], dict[str, Any]]) -> None:
    for k, z in enumerate(Z):
        slice_dataset(z, **noisy((-1) ** k)).save_as(tmp_path / f"{k}", enforce_file_format=True)
    assert load_volume(tmp_path).shape[0] == len(Z)


def test_another_pixel_spacing_does(tmp_path: Path) -> None:
    write_series(tmp_path / "a", Z)
    write_series(tmp_path / "b", Z, PixelSpacing=[0.8, 0.701])
    assert len(list_series(tmp_path).offers) == 2


@pytest.mark.parametrize(
    ("sequence", "keyword", "values"),
    [
        ("FrameContentSequence", "TemporalPositionIndex", (1, 2)),
        ("FrameContentSequence", "StackID", ("1", "2")),
        ("FrameContentSequence", "FrameAcquisitionDateTime", ("20200101101010", "20200101101110")),
        ("TemporalPositionSequence", "TemporalPositionTimeOffset", (0.0, 30.0)),
        ("CardiacSynchronizationSequence", "NominalPercentageOfCardiacPhase", (40.0, 75.0)),
        ("FrameContentSequence", "FrameComments", ("", "")),
    ],
)
def test_phases_within_one_multi_frame_object(tmp_path: Path, sequence: str, keyword: str, values: tuple[Any, Any]) -> None:
    frames = [(z, body_hu(z), group_of(sequence, keyword, values[0])) for z in Z]
    frames += [(z, LATER[z], group_of(sequence, keyword, values[1])) for z in Z[:9]]
    enhanced(frames).save_as(tmp_path / "all", enforce_file_format=True)
    assert sorted(o.n_slices for o in list_series(tmp_path).offers) == [9, 10]
    np.testing.assert_array_equal(load_volume(tmp_path).hu, np.stack([body_hu(z) for z in Z]))


def test_a_phase_in_each_multi_frame_object(tmp_path: Path) -> None:
    enhanced([(z, body_hu(z), {}) for z in Z]).save_as(tmp_path / "a", enforce_file_format=True)
    enhanced([(z, LATER[z], {}) for z in Z[:9]]).save_as(tmp_path / "b", enforce_file_format=True)
    np.testing.assert_array_equal(load_volume(tmp_path).hu, np.stack([body_hu(z) for z in Z]))


def test_the_parts_of_a_concatenation_make_one_scan(tmp_path: Path) -> None:
    """The last part holds a single frame."""
    for n, part in enumerate((Z[:4], Z[4:9], Z[9:])):
        dataset = enhanced([(z, body_hu(z), {}) for z in part], ConcatenationUID="1.2.9", InConcatenationNumber=n + 1)
        dataset.save_as(tmp_path / f"{n}", enforce_file_format=True)
    np.testing.assert_array_equal(load_volume(tmp_path).hu, np.stack([body_hu(z) for z in Z]))


@pytest.mark.parametrize("place", ["top", "half"])
def test_rescaling_at_the_top_of_a_multi_frame_object(tmp_path: Path, place: str) -> None:
    """Taken where the functional groups say nothing; half of it there is a contradiction that nobody can solve."""
    dataset = enhanced([(z, body_hu(z), {}) for z in Z])
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1024
    if place == "top":
        del dataset.SharedFunctionalGroupsSequence[0].PixelValueTransformationSequence
    else:
        del dataset.SharedFunctionalGroupsSequence[0].PixelValueTransformationSequence[0].RescaleIntercept
    dataset.save_as(tmp_path / "all", enforce_file_format=True)
    if place == "top":
        np.testing.assert_array_equal(load_volume(tmp_path).hu, np.stack([body_hu(z) for z in Z]))
    else:
        with pytest.raises(InputError, match="Rescale slope and intercept are wanted"):
            load_volume(tmp_path)


def test_of_series_that_suit_equally_the_lower_number_is_taken_whatever_their_uids(tmp_path: Path) -> None:
    """De-identification gives other UIDs and file names, and must not change what is measured."""
    for number, uid in ((7, "1.2.10"), (6, "1.2.11"), (8, "1.2.9")):
        write_series(tmp_path / f"{9 - number}", SeriesInstanceUID=uid, SeriesNumber=number)
    chosen = list_series(tmp_path).chosen
    assert chosen is not None
    assert chosen.series_instance_uid == "1.2.11"


def test_slices_that_came_twice_with_a_little_noise_are_one_place_each(tmp_path: Path) -> None:
    """Whatever the place: 0.005 mm is the edge of a hundredth."""
    for k in range(6):
        for noise in (-0.004, 0.004):
            slice_dataset(5 * k + 0.005 + noise, body_hu(k)).save_as(tmp_path / f"{k}{noise}", enforce_file_format=True)
    (offer,) = list_series(tmp_path).offers
    assert offer.spacing_mm == pytest.approx(5.0)
    volume = load_volume(tmp_path)
    assert len(volume.z_mm) == 6
    assert dicom_sources(tmp_path, volume, axial_slice(volume, 2, 0.0)).centre.header.sop_instance_uid == volume.sop_instance_uids[2]
