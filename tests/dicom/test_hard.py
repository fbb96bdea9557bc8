"""Every awkward folder is read right or refused with its sentence, and lossless encodings decode to the reference's values."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from ct_files import CT, HARD
from pydicom import dcmread

from napari_t12_bodycomp.dicom.archive import FileSource
from napari_t12_bodycomp.dicom.elements import raw_elements, walk
from napari_t12_bodycomp.dicom.enhanced import read_headers
from napari_t12_bodycomp.dicom.headers import _WANTED, SliceHeader, read_header
from napari_t12_bodycomp.dicom.pixels import slice_hu, stored_pixels
from napari_t12_bodycomp.dicom.told_apart import z_of
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.workflow.source import list_series, load_volume

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import reading_table

pytestmark = pytest.mark.skipif(not HARD.is_dir(), reason="the shared scans are not here")


def _source(path: Path) -> FileSource:
    return FileSource(str(path), path.stat().st_size, path.stat().st_mtime_ns)


def _header(path: Path) -> SliceHeader:
    header = read_header(_source(path))
    assert header is not None
    return header


@pytest.mark.parametrize(
    ("folder", "sentence"),
    [
        ("broken_jpeg2000", "lie 140 mm apart"),
        ("broken_series/slicecount/001", "modality of this one is MR"),
        ("broken_series/sliceorientation/001", "modality of this one is MR"),
        ("broken_series/notavolume/001", "4 images of one place"),
        ("broken_series/sliceincrement/001", "values from -1024 to -770"),
        ("broken_series/slicecount/001_ground_truth.nii.gz", "Hounsfield units of a body"),
        ("broken_series/sliceincrement/002_ground_truth.nii.gz", "turned by"),
        ("coronal_reformat", "coronal reformats"),
        ("label_map_as_ct", "a segmentation"),
        ("localizer_headless", "None of the 3 series"),
        ("localizer_headless/CT_JPEG70.dcm", "a localizer"),
        ("localizer_headless/CT_Implicit_Little_Headless_Retired.dcm", "Position, orientation and pixel spacing"),
        ("localizer_headless/CT_Explicit_Little.dcm", "one slice only"),
        ("mixed_orientations", "None of the 18 series"),
        ("mixed_orientations/A067967/sagittal/19001006-070.dcm", "sagittal reformats"),
        ("odd_files/MR_truncated.dcm", "modality of this one is MR"),
        ("odd_files/rtdose_expb.dcm", "a radiotherapy dose"),
        ("seg_and_enhanced", "2 patients"),
        ("seg_and_enhanced/liver.dcm", "a segmentation"),
        ("odd_files/eCT_Supplemental.dcm", "computed map"),
        ("odd_files/LICENSE.txt", "DICOM images are wanted"),
    ],
)
def test_refused_with_its_sentence(folder: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        load_volume(HARD / folder)
    assert len(str(caught.value)) < 400


def test_pelvis_in_jpeg_2000_is_read() -> None:
    volume = load_volume(HARD / "pelvis_j2k")
    assert volume.shape == (20, 512, 512)
    assert volume.slice_spacing_mm == 2.0
    assert volume.acquisition.contrast == "APPLIED"
    path = next((HARD / "pelvis_j2k" / "ct").iterdir())
    dataset = dcmread(path)
    k = volume.nearest_slice(float(dataset.ImagePositionPatient[2]))
    expected = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
    np.testing.assert_array_equal(volume.hu[k], np.maximum(expected, -1024))


@pytest.mark.parametrize(
    "name",
    [
        "BigEndianExplicitTransferSyntax_1.2.840.10008.1.2.2",
        "DeflatedExplicitVRLittleEndianTransferSyntax_1.2.840.10008.1.2.1.99",
        "JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90",
        "JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80",
        "JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70",
        "JPEGProcess14TransferSyntax_1.2.840.10008.1.2.4.57",
        "LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1",
        "LittleEndianImplicitTransferSyntax_1.2.840.10008.1.2",
        "RLELosslessTransferSyntax_1.2.840.10008.1.2.5",
    ],
)
def test_lossless_syntax_is_bit_exact(name: str) -> None:
    folder = HARD / "transfer_syntaxes"
    reference = dcmread(folder / "CTImage.dcm").pixel_array
    np.testing.assert_array_equal(stored_pixels(_header(folder / f"CTImage.dcm_{name}.dcm")), reference)


@pytest.mark.parametrize(
    "name", ["JPEGProcess10_12TransferSyntax_1.2.840.10008.1.2.4.55", "JPEGProcess6_8TransferSyntax_1.2.840.10008.1.2.4.53"]
)
def test_undecodable_syntax_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="cannot be decoded"):
        stored_pixels(_header(HARD / "transfer_syntaxes" / f"CTImage.dcm_{name}.dcm"))


def test_broken_jpeg_2000_is_refused() -> None:
    for path in (HARD / "broken_jpeg2000").glob("*.dcm"):
        with pytest.raises(InputError, match="cannot be decoded"):
            stored_pixels(_header(path))


def _reference(name: str, scratch: Path) -> npt.NDArray[np.int16]:
    if shutil.which("zstd") is None:
        pytest.skip("zstd is not installed, which unpacks the reference")
    target = scratch / name
    subprocess.run(["zstd", "-dqf", str(HARD / "nema_wg04" / "REF" / f"{name}_UNC.zst"), "-o", str(target)], check=True)
    array: npt.NDArray[np.int16] = dcmread(target, force=True).pixel_array
    return array


@pytest.mark.parametrize("name", ["CT1", "CT2"])
@pytest.mark.parametrize("syntax", ["J2KR", "JLSL", "JPLL", "RLE"])
def test_nema_images_are_bit_exact(name: str, syntax: str, tmp_path: Path) -> None:
    np.testing.assert_array_equal(stored_pixels(_header(HARD / "nema_wg04" / syntax / f"{name}_{syntax}")), _reference(name, tmp_path))


@pytest.mark.parametrize("name", ["CT1", "CT2"])
@pytest.mark.parametrize(("syntax", "bound"), [("JLSN", 10), ("J2KI", 500)])
def test_nema_images_with_loss_are_near(name: str, syntax: str, bound: int, tmp_path: Path) -> None:
    decoded = stored_pixels(_header(HARD / "nema_wg04" / syntax / f"{name}_{syntax}")).astype(np.int32)
    difference = np.abs(decoded - _reference(name, tmp_path))
    assert difference.max() <= bound
    assert difference.mean() < 30


def test_fast_walk_and_pydicom_agree_on_every_file() -> None:
    walked = 0
    for path in sorted(p for folder in (HARD, CT) for p in folder.rglob("*") if p.is_file()):
        data = path.read_bytes()
        try:
            found = walk(data, _WANTED)
        except Exception:  # what the walk leaves to pydicom
            continue
        expected = raw_elements(data, _WANTED, headless=False)
        found.values = {tag: value.rstrip(b" \0") for tag, value in found.values.items() if value}
        expected.values = {tag: value.rstrip(b" \0") for tag, value in expected.values.items() if value}
        assert found.values == expected.values, path.name
        assert found.syntax == expected.syntax
        walked += 1
    assert walked > 600


@pytest.mark.parametrize("size", ["23x38x3", "24x38x3"])
def test_enhanced_frames_equal_the_single_images(size: str) -> None:
    folder = HARD / "seg_and_enhanced" / size
    frames = sorted(read_headers(_source(folder / "multiframe" / "mf.dcm")), key=z_of)
    images = sorted((_header(p) for p in (folder / "image").iterdir()), key=z_of)
    assert [z_of(h) for h in frames] == [z_of(h) for h in images]
    for frame, image in zip(frames, images, strict=True):
        np.testing.assert_array_equal(slice_hu(frame)[0], slice_hu(image)[0])
        assert frame.slice_thickness_mm == image.slice_thickness_mm == 2.5
    offer = next(o for o in list_series(folder / "multiframe").offers)
    assert (offer.n_slices, offer.orientation, offer.refusal) == (3, "axial", "")


@pytest.mark.parametrize("folder", sorted(p.name for p in HARD.iterdir() if p.is_dir()) if HARD.is_dir() else [])
def test_every_value_is_that_of_the_twin_or_of_another_reader(folder: str) -> None:
    row = reading_table.row(HARD / folder)
    assert not row.is_wrong, row
    assert "that nothing else reads" not in row.checked


def test_everything_at_once_ends_in_one_sentence() -> None:
    listed = list_series(HARD)
    assert len(listed.offers) > 40
    with pytest.raises(InputError):
        load_volume(HARD)
