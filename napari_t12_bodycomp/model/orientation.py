"""From a NIfTI file's own voxel order to this project's (Z, Y, X) grid and back. NIfTI affines are RAS mm."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.volume import CTVolume

_CANONICAL_SIGN = (-1, -1, 1)
"""Columns run to the patient's left (-R), rows to posterior (-A), slices to cranial (+S)."""


def voxel_axes(affine: npt.NDArray[np.float64]) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
    """Which file axis runs along x, y and z, and whether it must be reversed to run to left, posterior and cranial.

    Raises
    ------
    ValueError
        Where the file's axes cannot be told apart (an affine that is singular or turned by 45 degrees).
    """
    linear = np.asarray(affine, dtype=np.float64)[:3, :3]
    norms = np.linalg.norm(linear, axis=0)
    if not np.isfinite(linear).all() or (norms == 0).any():
        raise ValueError("the affine is singular")
    cosines = linear / norms
    axes = tuple(int(np.abs(cosines[world]).argmax()) for world in range(3))
    if len(set(axes)) != 3:
        raise ValueError("the axes of the affine cannot be told apart")
    flips = tuple(bool(cosines[world, axes[world]] * _CANONICAL_SIGN[world] < 0) for world in range(3))
    return (axes[0], axes[1], axes[2]), (flips[0], flips[1], flips[2])


def from_native(data: npt.NDArray[Any], affine: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
    """A view (Z, Y, X) of `data`, which is in the file's own voxel order (3 axes)."""
    axes, flips = voxel_axes(affine)
    view = data.transpose(axes[2], axes[1], axes[0])
    return view[tuple(slice(None, None, -1) if flips[world] else slice(None) for world in (2, 1, 0))]


def to_native(labels: npt.NDArray[Any], volume: CTVolume) -> npt.NDArray[Any]:
    """`labels` (Z, Y, X) on the grid of `volume` as an array in the NIfTI file's own voxel order and shape.

    Raises
    ------
    ValueError
        Where `volume` was not read from NIfTI, or `labels` is not on its grid.
    """
    if volume.nifti_affine is None or volume.nifti_shape is None:
        raise ValueError("the volume was not read from NIfTI")
    if labels.shape != volume.shape:
        raise ValueError(f"labels of shape {volume.shape} are wanted, not {labels.shape}")
    axes, flips = voxel_axes(volume.nifti_affine)
    turned = labels[tuple(slice(None, None, -1) if flips[world] else slice(None) for world in (2, 1, 0))]
    order = [0, 0, 0]
    for world in range(3):
        order[axes[world]] = 2 - world
    return np.ascontiguousarray(turned.transpose(order)).reshape(volume.nifti_shape)
