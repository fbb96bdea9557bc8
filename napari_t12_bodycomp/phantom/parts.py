"""The parts a phantom is painted from: one code per pixel, with its HU and the region it belongs to."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.tissue import Region


class Part(IntEnum):
    """Codes of the geometric label map."""

    AIR = 0
    TABLE = 1
    SKIN = 2
    SUBCUTANEOUS_FAT = 3
    INTERMUSCULAR_FAT = 4
    VISCERAL_FAT = 5
    ORGAN = 6
    LUNG = 7
    GAS = 8
    BONE = 9
    CARTILAGE = 10
    CANAL = 11
    DIAPHRAGM = 12
    GLAND = 13
    ARM = 14
    DISC = 15
    ERECTOR_SPINAE = 20
    MULTIFIDUS = 21
    LATISSIMUS_DORSI = 22
    SERRATUS_POSTERIOR_INFERIOR = 23
    EXTERNAL_OBLIQUE = 24
    INTERNAL_OBLIQUE = 25
    TRANSVERSUS = 26
    RECTUS_ABDOMINIS = 27
    INTERCOSTALS = 28
    PSOAS = 29
    QUADRATUS_LUMBORUM = 30
    SERRATUS_ANTERIOR = 31
    PECTORALS = 32
    TRAPEZIUS = 33
    SUBSCAPULARIS = 34
    INFRASPINATUS = 35
    NECK_MUSCLE = 36
    GLUTEALS = 37

    @property
    def is_muscle(self) -> bool:
        """Skeletal muscle that the study counts (diaphragm and crura are not)."""
        return self >= Part.ERECTOR_SPINAE


def region_lut() -> npt.NDArray[np.uint8]:
    """`Region` by `Part` code: uint8 array (256,)."""
    lut = np.zeros(256, np.uint8)
    for part in Part:
        if part.is_muscle or part is Part.INTERMUSCULAR_FAT:
            lut[part] = Region.MUSCLE
    lut[[Part.VISCERAL_FAT, Part.ORGAN, Part.LUNG, Part.GAS, Part.DIAPHRAGM]] = Region.VISCERAL
    lut[[Part.SUBCUTANEOUS_FAT, Part.GLAND]] = Region.SUBCUTANEOUS
    return lut


FAT_HU, VISCERAL_FAT_HU, MUSCLE_HU, SKIN_HU = -103.0, -102.0, 54.0, 30.0
LUNG_HU, CORTEX_HU, DISC_HU, CARTILAGE_HU, CALCIFIED_HU = -855.0, 720.0, 85.0, 105.0, 420.0
