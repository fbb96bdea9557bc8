"""Organs as bright as bone, drawn by hand: 1 mm pixels, the canal at row 200, column 150."""

import numpy as np

from napari_t12_bodycomp.analysis.organs import bright_organs, without_bright_organs

CANAL = (200.0, 150.0)
SPACING = (1.0, 1.0)


def trunk() -> np.ndarray:
    """Soft tissue with a vertebra and a rib 9 mm thick at the side."""
    hu = np.full((260, 300), 40, np.int16)
    hu[150:190, 130:170] = 300
    hu[100:150, 270:279] = 400
    return hu


def test_ribs_and_the_vertebra_are_no_organs() -> None:
    hu = trunk()
    assert bright_organs(hu, SPACING, CANAL) is None
    assert without_bright_organs(hu, SPACING, CANAL) is hu


def test_an_enhanced_spleen_beside_a_rib_is_darkened_and_the_rib_is_not() -> None:
    hu = trunk()
    hu[90:160, 215:266] = 210
    organs = bright_organs(hu, SPACING, CANAL)
    assert organs is not None
    assert organs[95:155, 220:262].all()
    assert not organs[100:150, 271:279].any()
    assert not organs[150:190, 130:170].any()
    dark = without_bright_organs(hu, SPACING, CANAL)
    assert dark[120, 240] == 100 and dark[120, 274] == 400


def test_pixels_that_are_not_square_are_measured_in_mm() -> None:
    hu = trunk()[::2]
    hu[45:80, 215:266] = 210
    organs = bright_organs(hu, (2.0, 1.0), (100.0, 150.0))
    assert organs is not None and organs[50:76, 222:260].all() and not organs[50:75, 271:279].any()
