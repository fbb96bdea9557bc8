"""The inset that shows where the measured slice lies: a sagittal cut that follows the spine, vertebrae labelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.level import LevelStatus
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.report.overlay_layout import INK, LEVEL, MUTED, bare, mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SPAN_Z_MM = 300.0
BONE_WINDOW_HU = (-200, 500)
SLAB_MM = 4.0
BODY_HU = -250


def draw_sagittal(axes: Axes, volume: CTVolume, result: Result) -> None:
    """Draw the cut about the level, its z to scale with its depth."""
    bare(axes)
    z_grid, image = sagittal(volume, result)
    dy = volume.pixel_spacing_mm[0]
    box = axes.get_window_extent()
    step = float(z_grid[1] - z_grid[0]) or 1.0
    extent = (-0.5 * dy, (image.shape[1] - 0.5) * dy, z_grid[0] - step / 2, z_grid[-1] + step / 2)
    low, high = BONE_WINDOW_HU
    axes.imshow(image, cmap="gray", vmin=low, vmax=high, extent=extent, origin="lower", interpolation="bilinear")
    height = max(extent[3] - extent[2], 60.0) * 1.02
    width = height * box.width / box.height
    middle = _depth_middle(image, dy)
    axes.set_xlim(middle - width / 2, middle + width / 2)
    axes.set_ylim((extent[2] + extent[3]) / 2 - height / 2, (extent[2] + extent[3]) / 2 + height / 2)
    axes.set_aspect("auto")
    _label(axes, result, dy, extent)
    mark(axes, 0.02, 0.955, "sagittal, along the spine", size=10, colour=MUTED, ha="left")
    for words, x in (("A", 0.02), ("P", 0.98)):
        mark(axes, x, 0.5, words, size=11, colour=INK, weight="bold")


def sagittal(volume: CTVolume, result: Result) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
    """Positions z (mm), evenly spaced, and HU as (z, row): the mean of a few columns about the spine's middle at each z."""
    z, level = volume.z_mm, result.level.z_mm
    low, high = max(z[0], level - SPAN_Z_MM / 2), min(z[-1], level + SPAN_Z_MM / 2)
    low, high = max(z[0], min(low, high - SPAN_Z_MM)), min(z[-1], max(high, low + SPAN_Z_MM))
    grid = np.linspace(low, high, max(2, min(300, round((high - low) / 1.0) + 1)))
    columns = spine_columns(volume, result, z)
    half = max(0, round(SLAB_MM / 2 / volume.pixel_spacing_mm[1]))
    used = np.unique(np.clip(np.searchsorted(z, grid)[:, None] + (-1, 0), 0, len(z) - 1))
    last = volume.shape[2] - 1
    cut = np.zeros((len(z), volume.shape[1]), np.float32)
    for k in used:
        middle = min(max(round(columns[k]), 0), last)
        cut[k] = volume.hu[k, :, max(0, middle - half) : middle + half + 1].mean(axis=1)
    upper = np.clip(np.searchsorted(z, grid), 1, max(1, len(z) - 1)) if len(z) > 1 else np.zeros(len(grid), int)
    lower = np.maximum(upper - 1, 0)
    gap = np.where(upper > lower, z[upper] - z[lower], 1.0)
    share = np.clip((grid - z[lower]) / gap, 0, 1)[:, None].astype(np.float32)
    return grid, cut[lower] * (1 - share) + cut[upper] * share


def spine_columns(volume: CTVolume, result: Result, z_mm: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The spine's column at each z: by the vertebrae, else by the canal, else the middle of the body on the measured slice."""
    finding = result.finding
    columns: npt.NDArray[np.float64]
    if finding is not None and len(finding.vertebrae) > 1:
        points = sorted((v.z_mm, v.centre_yx[1]) for v in finding.vertebrae)
        columns = np.interp(z_mm, [p[0] for p in points], [p[1] for p in points])
        return columns
    if finding is not None and finding.canal is not None and len(finding.canal):
        order = np.argsort(finding.canal[:, 0])
        columns = np.interp(z_mm, finding.canal[order, 0], finding.canal[order, 2])
        return columns
    wide = np.flatnonzero((result.axial.hu > BODY_HU).sum(axis=0) > result.axial.hu.shape[0] / 10)
    return np.full(len(z_mm), float(wide.mean()) if wide.size else volume.shape[2] / 2)


def _depth_middle(image: npt.NDArray[np.float32], dy: float) -> float:
    rows = np.flatnonzero((image > BODY_HU).mean(axis=0) > 0.25)
    return float(rows[0] + rows[-1]) / 2 * dy if rows.size else image.shape[1] / 2 * dy


def _label(axes: Axes, result: Result, dy: float, extent: tuple[float, float, float, float]) -> None:
    from matplotlib.patheffects import withStroke

    finding = result.finding
    if finding is not None and finding.body_z_mm is not None and finding.status is LevelStatus.FOUND:
        axes.axhspan(*finding.body_z_mm, color=LEVEL, alpha=0.22, linewidth=0)
    axes.axhline(result.level.z_mm, color=LEVEL, linewidth=1.5)
    for vertebra in finding.vertebrae if finding is not None else ():
        if not extent[2] + 4 <= vertebra.z_mm <= extent[3] - 4:
            continue
        is_t12 = vertebra.label == "T12"
        colour = LEVEL if is_t12 else INK
        text = axes.text(vertebra.centre_yx[0] * dy, vertebra.z_mm, vertebra.label, color=colour, fontsize=9, ha="center", va="center")
        text.set_fontfamily("DejaVu Sans")
        text.set_fontweight("bold" if is_t12 else "normal")
        text.set_path_effects([withStroke(linewidth=2.5, foreground="black")])
