"""What napari is offered: a reader that leaves other people's files alone, a writer on the CT's own grid, sample data, a widget."""

import shutil
from importlib import import_module
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from npe2 import PluginManifest

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.gui import _reader, _writer
from napari_t12_bodycomp.gui.layers import PLACE, body_box, dashes, hatch, outline

MANIFEST = Path(_reader.__file__).parents[1] / "napari.yaml"


def test_every_command_of_the_manifest_can_be_imported():
    manifest = PluginManifest.from_file(MANIFEST)
    assert manifest.name == "napari-t12-bodycomp"
    for command in manifest.contributions.commands:
        module, name = command.python_name.split(":")
        assert callable(getattr(import_module(module), name))


@pytest.mark.parametrize("name", ["notes.txt", "photo.png", "regions.nii", "empty.zip", "empty.tar.gz"])
def test_files_of_others_are_left_alone(tmp_path, name):
    file = tmp_path / name
    file.write_bytes(b"not a scan")
    assert _reader.get_reader(str(file)) is None
    assert _reader.get_reader(str(tmp_path)) is None
    assert _reader.get_reader([str(file), str(file)]) is None


def test_a_ct_folder_is_read_in_mm(tmp_path):
    from napari_t12_bodycomp.phantom import PhantomOptions, make_phantom, write_phantom_series

    options = PhantomOptions(z_range_mm=(-10, 10), slice_spacing_mm=5.0, n_pixels=64, pixel_mm=6.0)
    made = make_phantom(options, with_areas=False)
    write_phantom_series(made, tmp_path / "ct")
    for kind in ("zip", "tar", "gztar"):
        assert _reader.get_reader(shutil.make_archive(str(tmp_path / "packed"), kind, tmp_path / "ct")) is _reader.read_ct
    reader = _reader.get_reader(str(tmp_path / "ct"))
    assert reader is _reader.read_ct
    [(data, looks, kind)] = reader(str(tmp_path / "ct"))
    assert kind == "image" and np.array_equal(data, made.volume.hu)
    assert looks["units"] == ("mm",) * 3 and looks["axis_labels"] == ("z", "y", "x")
    assert looks["scale"] == pytest.approx((5.0, 6.0, 6.0))


def test_regions_are_written_on_the_slice_they_were_drawn_on(tmp_path, volume):
    labels = np.zeros((1, 40, 60), np.uint8)
    labels[0, 10, 20] = 2
    [path] = _writer.write_regions(str(tmp_path / "mine.nii.gz"), labels, {"metadata": {PLACE: (volume, 3)}})
    image = nib.load(path)
    data = np.asarray(image.dataobj)
    assert data.sum() == 2 and data[20, 10, 3] == 2
    x, y, z, _ = image.affine @ (20, 10, 3, 1)
    assert (-x, -y, z) == pytest.approx((-30 + 20 * 1.0, -40 + 10 * 2.0, volume.z_mm[3]))


def test_layers_of_others_are_not_written_as_regions(tmp_path):
    with pytest.raises(InputError, match="Regions"):
        _writer.write_regions(str(tmp_path / "x.nii.gz"), np.zeros((2, 2), np.uint8), {})


def test_the_outline_of_one_pixel_goes_once_around_it():
    mask = np.zeros((5, 5), bool)
    mask[2, 3] = True
    segments = outline(mask)
    assert segments.shape == (4, 2, 2)
    assert np.abs(segments - (2, 3)).max() < 0.5
    assert segments.reshape(-1, 2).mean(axis=0) == pytest.approx((2, 3))


def test_every_end_of_an_outline_is_shared_by_two_segments():
    rng = np.random.default_rng(3)
    ends = outline(rng.random((30, 30)) > 0.5).reshape(-1, 2).round(3)
    _, counts = np.unique(ends, axis=0, return_counts=True)
    assert (counts % 2 == 0).all()


def test_dashes_are_some_of_the_doubtful_segments():
    mask = np.zeros((80, 80), bool)
    mask[20:60, 20:60] = True
    doubtful = np.zeros_like(mask)
    doubtful[:, :40] = True
    segments = outline(mask)
    dashed = dashes(segments, doubtful)
    assert 0.2 * len(segments) / 2 < len(dashed) < 0.8 * len(segments) / 2
    assert dashed[..., 1].max() < 41


@pytest.mark.parametrize("rising", [True, False])
def test_a_hatch_is_slanted_lines_within_its_mask(rising):
    mask = np.zeros((20, 30), bool)
    mask[5:15, 8:22] = True
    segments = hatch(mask, rising)
    middle = segments.mean(axis=1)
    assert mask[tuple(middle.astype(int).T)].all() and len(segments) == pytest.approx(mask.sum() / 4, rel=0.1)
    across = np.diff(segments[..., 1], axis=1) * np.diff(segments[..., 0], axis=1)
    assert (across < 0).all() if rising else (across > 0).all()
    assert len(hatch(~mask & mask, rising)) == 0


def test_the_body_is_framed_without_the_table():
    hu = np.full((120, 120), -1000, np.int16)
    hu[20:80, 30:90] = 40
    hu[100:102, :] = 300
    top, bottom, left, right = body_box(hu)
    assert abs(top - 20) <= 4 and abs(bottom - 79) <= 4 and abs(left - 30) <= 4 and abs(right - 89) <= 4
