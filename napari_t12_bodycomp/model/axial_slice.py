"""The slice that is drawn on and measured, possibly the average of a few thin ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.volume import CTVolume


@dataclass(frozen=True, slots=True, eq=False)
class AxialSlice:
    """HU of one axial slice.

    Parameters
    ----------
    hu : int16 array (Y, X)
        Row 0 anterior, column 0 the patient's right; the rounded mean of `indices`.
    index, z_mm : int, float
        The slice at the level and its LPS z (mm).
    indices : tuple of int
        The slices averaged, in order; just `index` where nothing was averaged.
    thickness_mm : float
        Thickness that the average stands for (mm); NaN where unknown.
    """

    hu: npt.NDArray[np.int16]
    index: int
    z_mm: float
    indices: tuple[int, ...]
    pixel_spacing_mm: tuple[float, float]
    thickness_mm: float


def axial_slice(volume: CTVolume, index: int, slab_mm: float = 5.0) -> AxialSlice:
    """The slice `index` of `volume`, averaged with its neighbours to about `slab_mm` where slices are thinner.

    Neighbours are taken in equal number from above and below, as long as what they cover together, their own thickness included, does not
    exceed `slab_mm`; at the end of a scan fewer are taken on both sides, so that the average stays centred on the level.

    Raises
    ------
    IndexError
        Where `volume` has no slice `index`; counting from the end is not meant here.
    """
    if not 0 <= index < len(volume.z_mm):
        raise IndexError(f"a slice from 0 to {len(volume.z_mm) - 1} is wanted, {index} came")
    thickness, spacing = volume.acquisition.slice_thickness_mm, volume.slice_spacing_mm
    own = spacing if thickness is None else thickness
    z, half = volume.z_mm, 0
    if np.isfinite(spacing) and own < 0.75 * slab_mm:
        while index - half - 1 >= 0 and index + half + 1 < len(z) and z[index + half + 1] - z[index - half - 1] + own <= slab_mm * 1.001:
            half += 1
    indices = tuple(range(index - half, index + half + 1))
    hu = volume.hu[index] if half == 0 else np.rint(volume.hu[indices[0] : indices[-1] + 1].mean(axis=0, dtype=np.float64)).astype(np.int16)
    covered = float(z[indices[-1]] - z[indices[0]]) + own
    return AxialSlice(hu, index, float(z[index]), indices, volume.pixel_spacing_mm, covered)
