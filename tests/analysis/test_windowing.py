"""Windows and tissues, on arrays to check on paper."""

from __future__ import annotations

import numpy as np
import pytest

from napari_t12_bodycomp.analysis.windowing import in_window, tissue_map
from napari_t12_bodycomp.model.tissue import PRESETS, HUWindow, Region, Tissue

M, V, S = Region.MUSCLE, Region.VISCERAL, Region.SUBCUTANEOUS


def test_both_bounds_belong_to_a_window() -> None:
    hu = np.array([-30, -29, 0, 150, 151], np.int16)
    assert in_window(hu, HUWindow(-29, 150)).tolist() == [False, True, True, True, False]


def test_the_ends_of_int16_do_not_wrap() -> None:
    hu = np.array([-32768, 32767], np.int16)
    assert not in_window(hu, HUWindow(-150, -50)).any()


def test_a_tissue_needs_its_region_and_its_window() -> None:
    hu = np.array([[50, -100, -40], [-100, 50, -151], [-100, -50, 0]], np.int16)
    regions = np.array([[M, M, M], [V, V, V], [S, S, 0]], np.uint8)
    assert tissue_map(hu, regions, PRESETS["t12-study"]).tolist() == [
        [Tissue.MUSCLE, Tissue.INTERMUSCULAR_FAT, 0],
        [Tissue.VISCERAL_FAT, 0, 0],
        [Tissue.SUBCUTANEOUS_FAT, Tissue.SUBCUTANEOUS_FAT, 0],
    ]


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("t12-study", (-29, 150, -150, -50, -150, -50, -150, -50)),
        ("alberta", (-29, 150, -150, -50, -190, -30, -190, -30)),
        ("uniform", (-29, 150, -190, -30, -190, -30, -190, -30)),
        ("imagej-hupr", (-29, 199, -190, -30, -190, -30, -190, -30)),
    ],
)
def test_each_preset_takes_exactly_its_printed_bounds(preset: str, expected: tuple[int, ...]) -> None:
    """Every HU from -300 to 300 in every region: what comes out is the printed window and nothing else."""
    line = np.arange(-300, 301, dtype=np.int16)
    hu = np.tile(line, (3, 1))
    regions = np.repeat(np.array([[M], [V], [S]], np.uint8), line.size, axis=1)
    tissues = tissue_map(hu, regions, PRESETS[preset])
    found: list[int] = []
    for tissue in (Tissue.MUSCLE, Tissue.VISCERAL_FAT, Tissue.SUBCUTANEOUS_FAT, Tissue.INTERMUSCULAR_FAT):
        values = hu[tissues == tissue]
        assert values.size == values.max() - values.min() + 1
        found += [int(values.min()), int(values.max())]
    assert tuple(found) == expected


def test_nothing_drawn_is_no_tissue() -> None:
    hu = np.full((2, 2), 50, np.int16)
    assert not tissue_map(hu, np.zeros((2, 2), np.uint8), PRESETS["uniform"]).any()
