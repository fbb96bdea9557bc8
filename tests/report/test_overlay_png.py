"""The picture: colours where tissues are, every state drawn, nobody's name in it."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.level import LevelFinding, LevelMethod, LevelStatus, MeasuredLevel, Vertebra
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.quality import QualityFlag
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.report.overlay_layout import level_name
from napari_t12_bodycomp.report.overlay_png import AXIAL_PX, HEIGHT_PX, WIDTH_PX, overlay_png
from napari_t12_bodycomp.report.overlay_sagittal import sagittal, spine_columns
from napari_t12_bodycomp.workflow.export import build_result

Regions = npt.NDArray[np.uint8]


def _result(volume: CTVolume, regions: Regions, finding: LevelFinding | None = None, index: int = 4) -> Result:
    level = MeasuredLevel(index, float(volume.z_mm[index]), LevelMethod.AUTOMATIC)
    return build_result(volume, finding, level, axial_slice(volume, index), regions, Protocol(), Subject("SECRET-ID"))


def _pixels(png: bytes) -> npt.NDArray[np.uint8]:
    image = Image.open(io.BytesIO(png))
    assert image.size == (WIDTH_PX, HEIGHT_PX)
    assert not set(image.info) & {"Software", "Creation Time", "Author"}
    return np.asarray(image.convert("RGB"))


def _near(pixels: npt.NDArray[np.uint8], colour: str) -> npt.NDArray[np.bool_]:
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return np.abs(pixels.astype(int) - wanted).max(axis=-1) < 30


def test_each_region_has_a_contour_in_its_colour_on_the_slice(small_volume: CTVolume, small_regions: Regions) -> None:
    pixels = _pixels(overlay_png(small_volume, _result(small_volume, small_regions), small_regions))[:, :AXIAL_PX]
    for tissue in (Tissue.MUSCLE, Tissue.VISCERAL_FAT, Tissue.SUBCUTANEOUS_FAT):
        assert _near(pixels, tissue.colour).sum() > 500, tissue.key


def test_doubtful_stretches_are_drawn_white(small_volume: CTVolume, small_regions: Regions) -> None:
    sure = _result(small_volume, small_regions)
    doubtful = np.zeros(small_regions.shape, bool)
    doubtful[:, :25] = True
    difference = [
        _near(_pixels(overlay_png(small_volume, r, small_regions))[100:850, :AXIAL_PX], "#FFFFFF").sum()
        for r in (sure, replace(sure, doubtful=doubtful))
    ]
    assert difference[1] > difference[0] + 300


def test_an_unconfirmed_level_looks_unlike_a_confirmed_one(small_volume: CTVolume, small_regions: Regions) -> None:
    result = _result(small_volume, small_regions)
    confirmed = replace(result, level=replace(result.level, confirmed_by="A"))
    orange = [_near(_pixels(overlay_png(small_volume, r, small_regions))[40:65, :500], "#FFB454").sum() for r in (result, confirmed)]
    assert orange[0] > 50
    assert orange[1] == 0


@pytest.mark.parametrize("n_slices", [1, 2, 9])
def test_empty_regions_many_flags_and_short_scans_are_drawn(small_volume: CTVolume, n_slices: int) -> None:
    volume = replace(
        small_volume,
        hu=small_volume.hu[:n_slices],
        z_mm=small_volume.z_mm[:n_slices],
        sop_instance_uids=small_volume.sop_instance_uids[:n_slices],
    )
    empty = np.zeros(volume.shape[1:], np.uint8)
    flags = tuple(QualityFlag(f"f{i}", "A long sentence about something that a reader of these numbers must know. " * 2) for i in range(12))
    _pixels(overlay_png(volume, replace(_result(volume, empty, index=0), quality=flags), empty))


def test_the_sagittal_cut_follows_the_vertebrae(small_volume: CTVolume, small_regions: Regions) -> None:
    vertebrae = tuple(Vertebra(label, z, (z - 5, z + 5), (20.0, x)) for label, z, x in (("L1", -700.0, 10.0), ("T12", -680.0, 30.0)))
    finding = LevelFinding(LevelStatus.FOUND, "T12 found.", 4, -680.0, (-685.0, -675.0), 0.9, vertebrae=vertebrae)
    result = _result(small_volume, small_regions, finding)
    assert spine_columns(small_volume, result, np.array([-700.0, -690.0, -680.0])).tolist() == [10.0, 20.0, 30.0]
    z, image = sagittal(small_volume, result)
    assert (z[0], z[-1]) == (-700.0, -660.0)
    assert image[-1, 20] == -90
    assert image[-1, 2] == -1000


def test_the_slice_is_called_t12_only_where_it_is(small_volume: CTVolume, small_regions: Regions) -> None:
    vertebrae = tuple(Vertebra(label, z, (z - 5, z + 5), (20.0, 20.0)) for label, z in (("L1", -695.0), ("T12", -680.0)))
    finding = LevelFinding(LevelStatus.FOUND, "T12 found.", 4, -680.0, (-685.0, -675.0), 0.9, vertebrae=vertebrae)
    names = [level_name(_result(small_volume, small_regions, finding, index=i)) for i in (4, 3, 1)]
    assert [n.split("  ")[0] for n in names] == ["T12 mid-body", "T12", "L1, not T12"]
    uncertain = replace(finding, status=LevelStatus.UNCERTAIN)
    assert level_name(_result(small_volume, small_regions, uncertain)) == ""
