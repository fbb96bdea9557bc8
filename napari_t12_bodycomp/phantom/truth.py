"""The truth about a phantom, from its geometry."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.tissue import DEFAULT_PRESET, MAIN_TISSUE, PRESETS, Region, Tissue
from napari_t12_bodycomp.phantom.frame import Frame
from napari_t12_bodycomp.phantom.options import PhantomOptions, PhantomTruth
from napari_t12_bodycomp.phantom.painter import Grid
from napari_t12_bodycomp.phantom.parts import Part, region_lut
from napari_t12_bodycomp.phantom.scanner import outside_fov
from napari_t12_bodycomp.phantom.tilt import SlicePainter, build_painter, tilted_z, turn

F32 = npt.NDArray[np.float32]
FINEST_MM = 0.34
"""The areas are counted on pixels of about this size."""


def known_levels(frame: Frame, shift_mm: float) -> PhantomTruth:
    """Vertebrae with their z (LPS, mm); whether they are in the scan or not."""
    scale = frame.options.scale
    z = {v.label: tilted_z(frame, v.z) + shift_mm for v in frame.levels}
    half = scale * float(turn(frame)[2, 2]) / 2
    body = {v.label: (z[v.label] - v.body * half, z[v.label] + v.body * half) for v in frame.levels}
    return PhantomTruth(vertebrae=z, body_z_mm=body, n_rib_pairs=frame.options.n_rib_pairs)


def window_tissues(hu: F32, regions: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Tissue of each pixel under the t12-study windows (HU rounded as in a stored image)."""
    preset = PRESETS[DEFAULT_PRESET]
    whole = np.rint(hu)
    out = np.zeros(regions.shape, np.uint8)
    for tissue in reversed(Tissue):
        window = preset.window(tissue)
        out[(regions == tissue.region) & (whole >= window.low) & (whole <= window.high)] = tissue
    return out


def known_areas(
    known: PhantomTruth, painter: SlicePainter, offsets: npt.NDArray[np.float64], z: float, index: int, clean: F32
) -> PhantomTruth:
    """Add the regions, tissues and areas of the T12 slice at `z` (mm above mid-T12); `clean` is its noise-free image."""
    o = painter.anatomy.frame.options
    lut = region_lut()
    fine = build_painter(painter.anatomy, _finer_grid(painter, z), painter.edge_mm)
    field = np.hypot(fine.grid.x[None, :], fine.grid.y[:, None]) <= o.n_pixels * o.pixel_mm / 2
    fine_hu = fine.mean(z, offsets)
    fine_part = fine.part(z) * field
    fine_regions = lut[fine_part]
    pixel = (fine.grid.pixel_mm / 10.0) ** 2
    counts = np.bincount(window_tissues(fine_hu, fine_regions).ravel(), minlength=len(Tissue) + 1)
    areas = {t: float(counts[t]) * pixel for t in Tissue}
    parts = np.bincount(fine_part.ravel(), minlength=256) * pixel
    geometric = {
        Tissue.MUSCLE: float(sum(parts[q] for q in Part if q.is_muscle)),
        Tissue.VISCERAL_FAT: float(parts[Part.VISCERAL_FAT]),
        Tissue.SUBCUTANEOUS_FAT: float(parts[Part.SUBCUTANEOUS_FAT]),
        Tissue.INTERMUSCULAR_FAT: float(parts[Part.INTERMUSCULAR_FAT]),
    }
    regions = lut[painter.part(z)]
    regions[outside_fov(o)] = 0
    t12 = known.body_z_mm["T12"]
    return replace(
        known,
        t12_body_z_mm=t12,
        t12_z_mm=known.vertebrae["T12"],
        t12_slice_index=index,
        regions=regions,
        tissues=window_tissues(clean, regions),
        areas_cm2=areas,
        geometric_cm2=geometric,
        muscles_cm2={q.name.lower(): round(float(parts[q]), 3) for q in Part if q.is_muscle and parts[q]},
        indices=_indices(areas, o),
    )


def _finer_grid(painter: SlicePainter, z: float) -> Grid:
    """Pixels of about FINEST_MM that divide the scan's, over the body's part of the scan."""
    o = painter.anatomy.frame.options
    reach = (
        float(painter.anatomy.frame.contours(z / o.scale).skin.max()) * o.scale + 2 + abs(o.scoliosis_mm) + 2 * sum(map(abs, o.tilt_deg))
    )
    pixel = painter.grid.pixel_mm / math.ceil(painter.grid.pixel_mm / FINEST_MM)
    half = o.n_pixels * o.pixel_mm / 2
    axes = []
    for shift in o.offset_mm:
        low, high = max(-half, shift - reach), min(half, shift + reach)
        first = int((low + half) / pixel)
        axes.append((np.arange(first, int((high + half) / pixel)) + 0.5) * pixel - half)
    return Grid(axes[0].astype(np.float32), axes[1].astype(np.float32), pixel)


def _indices(areas: dict[Tissue, float], o: PhantomOptions) -> dict[str, float]:
    names = {"SMI": MAIN_TISSUE[Region.MUSCLE], "VFI": MAIN_TISSUE[Region.VISCERAL], "SFI": MAIN_TISSUE[Region.SUBCUTANEOUS]}
    out = {name: areas[tissue] / o.height_m**2 for name, tissue in names.items()}
    fat = areas[Tissue.SUBCUTANEOUS_FAT]
    out["VSR"] = areas[Tissue.VISCERAL_FAT] / fat if fat else float("nan")
    return out
