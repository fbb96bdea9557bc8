"""Results of a tilted scan: masks lie on the upright plane that was measured, where readers that are not ours find them, and come back exactly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import highdicom as hd
import numpy as np
import numpy.typing as npt
import pytest
from ct_files import slice_dataset
from pydicom import Dataset, dcmread
from results import WHOLE, Scan, checked, item

from napari_t12_bodycomp.analysis.measure import slice_tissues
from napari_t12_bodycomp.dicom.read_labels import read_regions
from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.level import LevelMethod, MeasuredLevel
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.subject import Subject, ValueSource
from napari_t12_bodycomp.model.tissue import Region, Tissue
from napari_t12_bodycomp.workflow.dicom_results import dicom_results
from napari_t12_bodycomp.workflow.export import build_result
from napari_t12_bodycomp.workflow.source import dicom_sources, load_volume

Floats = npt.NDArray[np.float64]
ROWS, COLUMNS, SPACING = 96, 128, (1.9, 1.3)
CENTRE = np.array([12.0, -7.0, 0.0])
Z_MM = np.arange(-60, 61, 5.0)
MUSCLE_HU, FAT_HU, AIR_HU = 50, -100, -1000
COS, SIN = float(np.cos(np.radians(15))), float(np.sin(np.radians(15)))
LEANING = {
    "supine": ([1, 0, 0], [0, COS, SIN]),
    "leaning the other way": ([1, 0, 0], [0, COS, -SIN]),
    "prone": ([-1, 0, 0], [0, -COS, SIN]),
    "on the side": ([0, COS, SIN], [-1, 0, 0]),
    "sideways": ([COS, 0, SIN], [0, 1, 0]),
}
"""Along a row and down a column of the files."""


def body(point: Floats) -> Floats:
    """HU of a cone at LPS points (..., 3): a core of muscle off its axis, fat around it, air outside. Nothing of it is symmetric."""
    x, y, z = np.moveaxis(point - CENTRE, -1, 0)
    grown = 1 + 0.004 * z
    fat = (x / (60 * grown)) ** 2 + (y / (40 * grown)) ** 2 < 1
    muscle = ((x - 10 - 0.2 * z) / 30) ** 2 + ((y + 5) / (18 * grown)) ** 2 < 1
    return np.where(muscle, MUSCLE_HU, np.where(fat, FAT_HU, AIR_HU)).astype(float)


def leaning_slice(z_mm: float, row: Floats, column: Floats) -> Dataset:
    """A slice whose middle lies at `z_mm` on the body's axis."""
    corner = np.array([CENTRE[0], CENTRE[1], z_mm]) - (ROWS - 1) / 2 * SPACING[0] * column - (COLUMNS - 1) / 2 * SPACING[1] * row
    i, j = np.mgrid[:ROWS, :COLUMNS]
    hu = body(corner + i[..., None] * SPACING[0] * column + j[..., None] * SPACING[1] * row)
    hu += np.random.default_rng(round(z_mm) + 1000).normal(0, 6, hu.shape).clip(-18, 18)
    placed = {
        "ImagePositionPatient": [f"{v:.5f}" for v in corner],
        "ImageOrientationPatient": [f"{v:.8f}" for v in (*row, *column)],
        "PixelSpacing": list(SPACING),
    }
    return slice_dataset(0, np.maximum(hu.round(), -1024).astype(np.int16), **(WHOLE | placed))


def leaning(lying: str, folder: Path) -> Scan:
    row, column = (np.array(v, float) for v in LEANING[lying])
    folder.mkdir()
    for k, z in enumerate(Z_MM):
        leaning_slice(float(z), row, column).save_as(folder / f"IM{(k * 7) % len(Z_MM)}", enforce_file_format=True)
    return Scan(folder, load_volume(folder))


def leaning_frames(folder: Path) -> Scan:
    """The same as one multi-frame object."""
    row, column = (np.array(v, float) for v in LEANING["supine"])
    frames = [leaning_slice(float(z), row, column) for z in Z_MM]
    whole = frames[0]
    whole.SOPClassUID = whole.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
    whole.NumberOfFrames = len(frames)
    shared = item(
        PixelMeasuresSequence=[item(PixelSpacing=list(SPACING), SliceThickness="1")],
        PlaneOrientationSequence=[item(ImageOrientationPatient=whole.ImageOrientationPatient)],
        PixelValueTransformationSequence=[item(RescaleSlope="1", RescaleIntercept="-1024", RescaleType="HU")],
    )
    whole.SharedFunctionalGroupsSequence = [shared]
    whole.PerFrameFunctionalGroupsSequence = [
        item(PlanePositionSequence=[item(ImagePositionPatient=f.ImagePositionPatient)]) for f in frames
    ]
    whole.PixelData = b"".join(f.PixelData for f in frames)
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness"):
        delattr(whole, keyword)
    folder.mkdir()
    whole.save_as(folder / "one.dcm", enforce_file_format=True)
    return Scan(folder, load_volume(folder))


def measured(scan: Scan, slab_mm: float = 0.0) -> Result:
    """The upright slice nearest to z 0: muscle and fat as regions, by their HU."""
    index = scan.volume.nearest_slice(0.0)
    axial = axial_slice(scan.volume, index, slab_mm)
    regions = np.zeros(axial.hu.shape, np.uint8)
    regions[(axial.hu >= -150) & (axial.hu <= -50)] = Region.SUBCUTANEOUS
    regions[axial.hu > 0] = Region.MUSCLE
    level = MeasuredLevel(index, float(scan.volume.z_mm[index]), LevelMethod.MANUAL, confirmed_by="RA1")
    subject = Subject("P1", "F", 71.0, 1.6, ValueSource.DICOM)
    return build_result(scan.volume, None, level, axial, regions, Protocol(slab_mm=slab_mm), subject, assessor="RA1", status="confirmed")


def written(scan: Scan, result: Result, folder: Path, *kinds: str) -> dict[str, Path]:
    folder.mkdir()
    made = dicom_results(scan.path, scan.volume, result, frozenset(kinds))
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in made}


MAKERS: dict[str, Callable[[Path], Scan]] = {lying: lambda folder, lying=lying: leaning(lying, folder) for lying in LEANING}
MAKERS["multi-frame"] = leaning_frames


@pytest.mark.parametrize("form", MAKERS)
def test_another_reader_finds_the_body_where_the_masks_lie(form: str, tmp_path: Path) -> None:
    """highdicom's own volume says where each pixel lies; what is there is known from the body that was scanned."""
    scan = MAKERS[form](tmp_path / "in")
    result = measured(scan)
    seg = hd.seg.segread(written(scan, result, tmp_path / "out", "seg")["tissues.seg.dcm"])
    labels = [s.SegmentLabel for s in seg.SegmentSequence]
    volume = seg.get_volume(rescale_fractional=False)
    assert volume.spatial_shape[0] == 1
    normal = volume.direction[:, 0]
    np.testing.assert_allclose(np.abs(normal), (0, 0, 1), atol=1e-6)
    for label, hu in (("skeletal muscle", MUSCLE_HU), ("subcutaneous adipose tissue", FAT_HU)):
        mask = volume.array[0, ..., labels.index(label)] == 1
        inner = mask & np.roll(mask, 1, 0) & np.roll(mask, -1, 0) & np.roll(mask, 1, 1) & np.roll(mask, -1, 1)
        place = volume.map_indices_to_reference(np.column_stack([np.zeros(inner.sum(), int), *np.nonzero(inner)]))
        assert len(place) > 500
        np.testing.assert_allclose(place[:, 2], result.level.z_mm, atol=1e-3)
        assert (body(place) == hu).mean() > 0.995
        i, j = np.mgrid[: volume.spatial_shape[1], : volume.spatial_shape[2]]
        everywhere = volume.map_indices_to_reference(np.column_stack([np.zeros(i.size, int), i.ravel(), j.ravel()]))
        true_cm2 = float((body(everywhere) == hu).sum()) * np.prod(volume.spacing[1:]) / 100
        tissue = Tissue.MUSCLE if hu == MUSCLE_HU else Tissue.SUBCUTANEOUS_FAT
        assert result.measurement.areas_cm2[tissue] == pytest.approx(true_cm2, rel=0.03)


@pytest.mark.parametrize(("form", "slab_mm"), [*((form, 0.0) for form in MAKERS), ("prone", 15.0), ("multi-frame", 15.0)])
def test_the_masks_come_back_exactly_and_the_checkers_find_no_error(form: str, slab_mm: float, tmp_path: Path) -> None:
    scan = MAKERS[form](tmp_path / "in")
    result = measured(scan, slab_mm)
    files = written(scan, result, tmp_path / "out", "seg", "sr", *(("sc",) if slab_mm else ()))
    assert np.array_equal(read_regions(files["regions.seg.dcm"], scan.volume, result.level.slice_index), result.regions)
    seg = hd.seg.segread(files["tissues.seg.dcm"])
    tissues = slice_tissues(result.axial, result.regions, result.measurement.protocol)
    sources = dicom_sources(scan.path, scan.volume, result.axial)
    frames = seg.pixel_array.reshape(-1, seg.Rows, seg.Columns)
    for mask, tissue in zip(frames, [t for t in Tissue if (tissues == t).any()], strict=True):
        assert np.array_equal(sources.plane.turn.apply(mask == 1), tissues == tissue)
    for name, file in files.items():
        assert "Error" not in checked("dciodvfy", file), name
    assert "Error" not in checked("dcentvfy", *sorted(scan.path.iterdir()), *files.values())


def test_the_images_that_were_interpolated_are_named_and_no_other(tmp_path: Path) -> None:
    """Changing an image changes the measured slice if it is named, and does not if it is not."""
    scan = leaning("supine", tmp_path / "in")
    result = measured(scan)
    seg = dcmread(written(scan, result, tmp_path / "out", "seg")["tissues.seg.dcm"])
    (named,) = {
        tuple(i.ReferencedSOPInstanceUID for i in g.DerivationImageSequence[0].SourceImageSequence)
        for g in seg.PerFrameFunctionalGroupsSequence
    }
    kept = {
        i.SpatialLocationsPreserved for g in seg.PerFrameFunctionalGroupsSequence for i in g.DerivationImageSequence[0].SourceImageSequence
    }
    assert kept == {"NO"}
    for path in scan.path.iterdir():
        image = dcmread(path)
        image.PixelData = (image.pixel_array + 7).astype("<u2").tobytes()
        was = path.read_bytes()
        image.save_as(path)
        other = load_volume(scan.path)
        path.write_bytes(was)
        changed = not np.array_equal(other.hu[result.level.slice_index], scan.volume.hu[result.level.slice_index])
        assert changed == (image.SOPInstanceUID in named)


def test_report_and_segmentations_say_that_the_plane_is_interpolated(tmp_path: Path) -> None:
    scan = leaning("supine", tmp_path / "in")
    result = measured(scan)
    files = written(scan, result, tmp_path / "out", "seg", "sr", "sc")
    n = len(dicom_sources(scan.path, scan.volume, result.axial).images)
    said = checked("dsrdump", "+Pl", files["report.sr.dcm"])
    assert f"interpolated between {n} images of a gantry tilted by 15.0 degrees" in said
    assert dcmread(files["regions.seg.dcm"]).ContentDescription == f"Upright, interpolated from {n} tilted images"
    assert "interpolated" in dcmread(files["overlay.sc.dcm"]).DerivationDescription
    assert len(dcmread(files["overlay.sc.dcm"]).SourceImageSequence) == n
