import numpy as np
import pytest

from napari_t12_bodycomp.analysis.geometry import STEP_MM, coarse_grid, frames, straighten
from napari_t12_bodycomp.model.volume import CTVolume


def marked(z_mm: np.ndarray, spot: tuple[int, int, int]) -> CTVolume:
    hu = np.zeros((len(z_mm), 200, 240), np.int16)
    hu[:, :8] = -1000
    k, y, x = spot
    hu[k - 1 : k + 2, y - 3 : y + 4, x - 3 : x + 4] = 1000
    return CTVolume(hu, z_mm, (0.7, 0.9))


def test_a_coarse_point_leads_back_to_its_source_pixel() -> None:
    volume = marked(np.arange(60) * 1.5, (30, 120, 90))
    coarse = coarse_grid(volume)
    assert coarse is not None
    k, i, j = np.unravel_index(int(coarse.hu.argmax()), coarse.hu.shape)
    point = np.array([coarse.z_mm[k], i * coarse.spacing_mm[0], j * coarse.spacing_mm[1]])
    assert coarse.to_source(point) == pytest.approx([45.0, 120, 90], abs=2.1)
    assert coarse.indices(point) == pytest.approx([k, i, j])


def test_uneven_slices_keep_their_own_places() -> None:
    z = np.r_[np.arange(20) * 2.0, 38 + np.arange(1, 20) * 5.0]
    coarse = coarse_grid(marked(z, (30, 120, 90)))
    assert coarse is not None
    index = coarse.indices(np.array([[z[0] - 2, 0, 0], [z[-1] + 5, 0, 0]]))
    assert index[0, 0] < 0 and index[1, 0] > len(coarse.z_mm) - 1


def test_air_alone_has_no_grid() -> None:
    assert coarse_grid(CTVolume(np.full((8, 64, 64), -1000, np.int16), np.arange(8.0), (1.0, 1.0))) is None


def test_frames_are_orthonormal_and_point_back_and_left() -> None:
    t = np.linspace(0, 1, 50)
    path = np.stack([100 * t, 10 * np.sin(3 * t), 8 * t**2], axis=1)
    tangent, back, left = frames(path)
    for a, b in ((tangent, back), (tangent, left), (back, left)):
        assert np.abs((a * b).sum(1)).max() < 1e-9
    assert (back[:, 1] > 0.9).all() and (left[:, 2] > 0.9).all() and (tangent[:, 0] > 0).all()


def test_a_tilted_rod_becomes_straight() -> None:
    z = np.arange(80) * 2.0
    hu = np.zeros((80, 160, 160), np.int16)
    for k in range(80):
        y = 60 + 0.4 * k
        hu[k, round(y) - 2 : round(y) + 3, 78:83] = 1000
    coarse = coarse_grid(CTVolume(hu, z, (2.0, 2.0)))
    assert coarse is not None
    s = np.arange(10, 70)
    path = np.stack([z[s], (60 + 0.4 * s) * 2.0, np.full(60, 160.0)], axis=1)
    arc = np.r_[0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))]
    even = np.arange(0, arc[-1], STEP_MM)
    straight = straighten(coarse, np.stack([np.interp(even, arc, path[:, a]) for a in range(3)], axis=1))
    assert straight.hu[:, straight.v0, straight.u0].min() > 900
    assert straight.point(5, 0, 0) == pytest.approx(straight.origin[5])
