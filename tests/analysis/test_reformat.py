"""Reformats: true z, the canal followed, bodies and ribs both seen."""

from __future__ import annotations

import numpy as np
import pytest

from napari_t12_bodycomp.analysis.reformat import coronal, sagittal, spine_path, to_grey
from napari_t12_bodycomp.model.level import LevelFinding, LevelStatus, Vertebra
from napari_t12_bodycomp.model.volume import CTVolume


def _volume(z_mm: np.ndarray) -> CTVolume:
    hu = np.full((len(z_mm), 80, 90), 40, np.int16)
    return CTVolume(hu, z_mm, (1.0, 2.0))


def test_a_sagittal_picture_follows_the_canal_sideways() -> None:
    volume = _volume(np.arange(10) * 10.0)
    columns = 20 + 4 * np.arange(10)  # a curved spine
    for k, column in enumerate(columns):
        volume.hu[k, 50, column - 2 : column + 3] = 900
    canal = np.stack([volume.z_mm, np.full(10, 55.0), columns], axis=1)
    picture = sagittal(volume, LevelFinding(LevelStatus.ABSENT, "", canal=canal))
    assert picture.hu.shape == (91, 80)
    assert picture.u_mm == 1.0
    assert (picture.hu[::10, 50] == 900).all()
    assert (picture.hu[:, 49] == 40).all()


def test_uneven_slices_land_at_their_own_z() -> None:
    volume = _volume(np.array([0.0, 3.0, 13.0]))
    volume.hu[1] = 100
    volume.hu[2] = 200
    picture = sagittal(volume, None)
    assert picture.z_mm[[0, -1]].tolist() == [0.0, 13.0]
    assert picture.hu[:, 0].tolist() == [40, 60, 80, 100, 110, 120, 130, 140, 150, 160, 170, 180, 190, 200]


def test_a_single_slice_has_a_picture_of_one_row() -> None:
    assert coronal(_volume(np.array([5.0])), None).hu.shape == (1, 90)


def test_the_coronal_picture_shows_ribs_beside_and_the_mean_of_bodies_within_the_spine() -> None:
    volume = _volume(np.arange(10) * 5.0)
    volume.hu[:, 60, :] = 700  # a thin bright sheet at the canal's depth, as processes and ribs are
    canal = np.stack([volume.z_mm, np.full(10, 60.0), np.full(10, 45.0)], axis=1)
    body = Vertebra("T12", 20.0, (10.0, 30.0), (35.0, 45.0))
    picture = coronal(volume, LevelFinding(LevelStatus.ABSENT, "", vertebrae=(body,), canal=canal))
    assert picture.hu[20, 45] == 40, "inside the spine the bodies' mean hides what lies behind them"
    assert picture.hu[20, 45 + 12] == 700, "24 mm beside it the brightest value counts"
    assert picture.hu[0, 45] == 700, "below the lowest body there is no body to show"


def test_without_a_canal_the_place_with_most_bone_stands_in() -> None:
    volume = _volume(np.arange(8) * 5.0)
    volume.hu[:, 40:60, 36:48] = 400
    volume.hu[:, 0:20, 0:10] = 1500  # a rail far from the middle
    rows, columns, seen = spine_path(volume, None)
    assert not seen
    assert rows[0] == pytest.approx(50 + 15, abs=6)
    assert columns[0] == pytest.approx(42, abs=6)


def test_grey_values_end_at_the_window() -> None:
    assert to_grey(np.array([-200, -160, 40, 240, 3000], np.int16), 400, 40).tolist() == [0, 0, 127, 255, 255]
