"""The phantom: what it promises about its truth, and its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from napari_t12_bodycomp.analysis.windowing import tissue_map
from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.tissue import PRESETS, Tissue
from napari_t12_bodycomp.phantom import PhantomOptions, make_phantom, write_phantom_series

ONE_SLICE: dict[str, Any] = {"z_range_mm": (0.0, 0.0), "pixel_mm": 1.0, "n_pixels": 400}
LIGHT: dict[str, Any] = {"pixel_mm": 3.0, "n_pixels": 128, "slice_spacing_mm": 10.0, "z_range_mm": (-60.0, 250.0)}


@pytest.mark.parametrize("kind", [{}, {"fat_mm": 24.0, "visceral_fat": 1.6}, {"sex": "M", "height_m": 1.8, "muscle": 1.2, "fat_mm": 8.0}])
def test_measured_areas_are_the_true_ones_at_one_millimetre_and_5_mm_slices(kind: dict[str, Any]) -> None:
    phantom = make_phantom(PhantomOptions(**ONE_SLICE, **kind))
    assert phantom.truth.regions is not None
    tissues = tissue_map(phantom.volume.hu[0], phantom.truth.regions, PRESETS["t12-study"])
    for tissue in (Tissue.MUSCLE, Tissue.VISCERAL_FAT, Tissue.SUBCUTANEOUS_FAT):
        measured = (tissues == tissue).sum() * phantom.volume.pixel_area_cm2
        assert measured == pytest.approx(phantom.truth.areas_cm2[tissue], rel=0.01), tissue.key


def test_the_same_options_give_the_same_pixels_and_another_seed_other_noise() -> None:
    small = LIGHT | {"z_range_mm": (-20.0, 20.0)}
    a, b, c = (make_phantom(PhantomOptions(seed=s, **small)) for s in (1, 1, 2))
    assert np.array_equal(a.volume.hu, b.volume.hu)
    assert a.volume.sop_instance_uids == b.volume.sop_instance_uids
    assert not np.array_equal(a.volume.hu, c.volume.hu)


def test_t12_outside_the_scan_leaves_no_truth_about_its_slice() -> None:
    truth = make_phantom(PhantomOptions(**(LIGHT | {"z_range_mm": (60.0, 80.0)}))).truth
    assert truth.t12_slice_index is None
    assert truth.regions is None
    assert not truth.areas_cm2


@pytest.mark.parametrize("syntax", ["jpeg-ls", "explicit"])
def test_a_written_series_holds_the_volume(tmp_path: Path, syntax: str) -> None:
    phantom = make_phantom(PhantomOptions(**(LIGHT | {"z_range_mm": (-20.0, 20.0)})))
    paths = write_phantom_series(phantom, tmp_path, syntax)
    assert [p.name for p in paths] != sorted(p.name for p in paths)
    for k, path in enumerate(paths):
        ds = pydicom.dcmread(path)
        assert np.array_equal(ds.pixel_array.astype(int) + int(ds.RescaleIntercept), phantom.volume.hu[k])
        assert float(ds.ImagePositionPatient[2]) == pytest.approx(phantom.volume.z_mm[k])
        assert ds.SOPInstanceUID == phantom.volume.sop_instance_uids[k]
        assert ds.SOPInstanceUID.is_valid


def test_impossible_options_are_refused() -> None:
    with pytest.raises(UsageError, match="11, 12 or 13"):
        PhantomOptions(n_rib_pairs=10)
