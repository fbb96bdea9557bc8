"""Text drawn into a slice is seen, at any size and place; noise, bone, wires, clips, rings and saturated metal are not taken for it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from napari_t12_bodycomp.analysis.burned_text import has_text

Hu = npt.NDArray[np.int16]


def slice_hu(seed: int = 0, size: int = 256, noise: float = 25.0) -> Hu:
    """Air, an ellipse of soft tissue, bright ribs and a vertebra, with the blur and the noise of a scanner."""
    y, x = np.mgrid[:size, :size] / size - 0.5
    hu = np.where((x / 0.42) ** 2 + (y / 0.32) ** 2 < 1, 40.0, -1000.0)
    for angle in np.linspace(0, 2 * np.pi, 14):
        hu[(x - 0.36 * np.cos(angle)) ** 2 + (y - 0.26 * np.sin(angle)) ** 2 < 0.0006] = 1100
    hu[(x**2 + (y - 0.15) ** 2) < 0.004] = 700
    hu = ndimage.gaussian_filter(hu, 0.9) + np.random.default_rng(seed).normal(0, noise, hu.shape)
    return np.clip(hu, -1024, 3071).astype(np.int16)


def drawn(hu: Hu, text: str, at: tuple[int, int], size: int, value: int = 3071) -> Hu:
    """`hu` with `text` in `value`; `size` 0 takes letters without soft edges."""
    font = ImageFont.load_default(size) if size else ImageFont.load_default_imagefont()
    paper = Image.new("L", hu.shape[::-1])
    ImageDraw.Draw(paper).text(at, text, fill=255, font=font)
    share = np.asarray(paper) / 255
    return np.round(hu * (1 - share) + value * share).astype(np.int16)


@pytest.mark.parametrize("size", [0, 14, 20, 32])
@pytest.mark.parametrize("at", [(5, 5), (60, 120), (20, 220)])
def test_text_is_seen(size: int, at: tuple[int, int]) -> None:
    assert has_text(drawn(slice_hu(), "DOE J 1947", at, size))


@pytest.mark.parametrize("value", [1500, 2500])
def test_text_less_bright_than_the_brightest_is_seen_over_air(value: int) -> None:
    hu = slice_hu()
    hu[128:131, 128:131] = 3071
    assert has_text(drawn(hu, "DOE JANE", (5, 5), 0, value))


def test_stored_values_of_any_kind_are_taken() -> None:
    stored = (drawn(slice_hu(), "DOE JANE", (5, 5), 0).astype(np.int32) + 1024).astype(np.uint16)
    assert has_text(stored)
    assert has_text(stored.astype(np.int32) * 16)


@pytest.mark.parametrize("noise", [0.0, 25.0, 120.0])
def test_a_slice_without_text_is_no_text(noise: float) -> None:
    assert not any(has_text(slice_hu(seed, noise=noise)) for seed in range(4))


def test_metal_wires_clips_and_rings_are_no_text() -> None:
    for saturated in (False, True):
        bright = np.zeros((256, 256))
        for k in range(6):
            bright[60 + 7 * k : 62 + 7 * k, 100 + 11 * k : 104 + 11 * k] = 9000  # clips, scattered
        bright[150, 40:200] = 9000  # a wire
        bright[40:70, 30] = 9000
        hu = slice_hu() + ndimage.gaussian_filter(bright, 0.8)
        hu = np.clip(hu, -1024, 3071 if saturated else 20_000).astype(np.int16)
        assert not has_text(hu)
    y, x = np.mgrid[:256, :256] - 128
    ringed = slice_hu()
    ringed[np.abs(np.hypot(y, x) - 120) < 1] = 3071
    assert not has_text(ringed)


def test_an_empty_slice_is_no_text() -> None:
    assert not has_text(np.zeros((64, 64), np.int16))
    assert not has_text(np.full((64, 64), -1024, np.int16))
