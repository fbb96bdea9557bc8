"""Discs and endplates, on a straight column painted by hand: bodies 24 mm high, discs 6 mm, a canal behind them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from napari_t12_bodycomp.analysis.endplates import Disc, find_discs
from napari_t12_bodycomp.analysis.geometry import STEP_MM, coarse_grid, straighten
from napari_t12_bodycomp.analysis.vertebrae import Level
from napari_t12_bodycomp.model.volume import CTVolume

PIXEL_MM, SIZE = 2.0, 100
DISCS_MM = np.arange(20.0, 141.0, 30.0)
"""Middles of the discs; the foramina lie 4 mm above unless a test moves them."""
CANAL_YX_MM = (120.0, 100.0)


def painted(spacing_mm: float = 1.0, noise_hu: float = 10.0, plates_hu: float = 300.0, last_mm: float = 160.0) -> CTVolume:
    fine = np.arange(0.0, last_mm, 0.25)
    off = np.abs(fine[:, None] - DISCS_MM[None]).min(1)
    profile = np.select([off < 3, off < 4.5], [80.0, plates_hu], 180.0)
    centres = np.arange(spacing_mm / 2, last_mm, spacing_mm)
    slices = np.interp(centres, fine, ndimage.uniform_filter1d(profile, max(1, round(spacing_mm / 0.25))))
    hu = np.full((len(centres), SIZE, SIZE), 30.0)
    y = round((CANAL_YX_MM[0] - 38) / PIXEL_MM), round((CANAL_YX_MM[0] - 8) / PIXEL_MM)
    x = round((CANAL_YX_MM[1] - 18) / PIXEL_MM), round((CANAL_YX_MM[1] + 18) / PIXEL_MM)
    hu[:, y[0] : y[1], x[0] : x[1]] = slices[:, None, None]
    hu += np.random.default_rng(0).normal(0, noise_hu, hu.shape)
    return CTVolume(hu.astype(np.int16), centres, (PIXEL_MM, PIXEL_MM))


def discs_of(volume: CTVolume, foramina_mm: np.ndarray, high_seen: bool = True) -> list[Disc]:
    """The discs, their `s` in mm above z 0."""
    coarse = coarse_grid(volume)
    assert coarse is not None
    z = np.arange(volume.z_mm[0], volume.z_mm[-1] + 0.1, STEP_MM)
    path = np.stack([z, np.full(len(z), CANAL_YX_MM[0]), np.full(len(z), CANAL_YX_MM[1])], axis=1)
    # Coarse pixels begin where the body does, which fills the picture here.
    straight = straighten(coarse, path)
    planes = (foramina_mm - z[0]) / STEP_MM
    levels = [Level(low, high, 100.0) for low, high in pairwise(planes)]
    if not high_seen:
        levels[-1] = Level(levels[-1].low, levels[-1].high, 100.0, True, False)
    return [Disc(z[0] + d.s * STEP_MM, d.half_mm, d.spread_mm) for d in find_discs(volume, coarse, straight, levels)]


@pytest.mark.parametrize(("spacing", "noise", "error"), [(1.0, 10.0, 0.4), (2.5, 30.0, 0.7), (3.0, 40.0, 1.2), (5.0, 10.0, 2.5)])
def test_discs_are_found_where_they_are_painted(spacing: float, noise: float, error: float) -> None:
    wobble = np.array([0.0, 3.0, -3.0, 2.0, 0.0])
    found = discs_of(painted(spacing, noise), DISCS_MM + 4.0 + wobble)
    assert [d.s for d in found] == pytest.approx(list(DISCS_MM), abs=error)


def test_thin_slices_tell_the_height_of_a_disc() -> None:
    assert [d.half_mm for d in discs_of(painted(), DISCS_MM + 4.0)] == pytest.approx([3.0] * 5, abs=0.4)


def test_without_a_pattern_the_discs_stay_below_the_foramina_and_are_said_to_be_uncertain() -> None:
    volume = painted(plates_hu=180.0)
    even = CTVolume(np.full_like(volume.hu, 180), volume.z_mm, volume.pixel_spacing_mm)
    found = discs_of(even, DISCS_MM + 4.0)
    assert [d.s for d in found] == pytest.approx(list(DISCS_MM), abs=0.5)
    assert min(d.spread_mm for d in found) > 1.0 > max(d.spread_mm for d in discs_of(volume, DISCS_MM + 4.0))


def test_a_disc_is_never_moved_to_the_next_one() -> None:
    found = discs_of(painted(), DISCS_MM + 4.0 + 15.0)
    assert (np.abs(np.array([d.s for d in found]) - DISCS_MM) < 16).all()
    assert (np.diff([d.s for d in found]) > 0.7 * 30).all()


def test_a_body_cut_by_the_scans_edge_gets_its_neighbours_height() -> None:
    short = DISCS_MM + 4.0 - np.array([0, 0, 0, 0, 8.0])
    found = discs_of(painted(last_mm=128.0), short, high_seen=False)
    assert found[-1].s - found[-2].s == pytest.approx(30 * 0.96**2, abs=1.0)
    assert found[-1].spread_mm > found[1].spread_mm
