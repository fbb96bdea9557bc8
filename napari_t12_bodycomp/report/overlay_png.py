"""The picture of a measurement: the slice with its contours and tissues, where it lies in the spine, and the numbers."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.tissue import MAIN_TISSUE, Region, Tissue
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.report.overlay_layout import INK, MUTED, PANEL, WARNING, WINDOW_HU, bare, level_name, mark, minus
from napari_t12_bodycomp.report.overlay_numbers import draw_numbers
from napari_t12_bodycomp.report.overlay_sagittal import draw_sagittal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH_PX, HEIGHT_PX, DPI = 1600, 960, 100
AXIAL_PX, SAGITTAL_PX = 1040, 440
LINE_PT = 1.5 * 72 / DPI
TISSUE_ALPHA = 0.42
MARGIN_MM = 12.0
BODY_HU = -250


def overlay_png(volume: CTVolume, result: Result, tissues: npt.NDArray[np.uint8]) -> bytes:
    """The picture as PNG, the same bytes each time; it carries neither name nor patient ID.

    `tissues` (uint8, (Y, X)) holds `Tissue` values on the measured slice.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, facecolor=PANEL)
    FigureCanvasAgg(figure)
    share = AXIAL_PX / WIDTH_PX
    axial = figure.add_axes((0, 0, share, 1), facecolor="black")
    sagittal = figure.add_axes((share + 0.005, 1 - SAGITTAL_PX / HEIGHT_PX, 1 - share - 0.005, SAGITTAL_PX / HEIGHT_PX), facecolor="black")
    numbers = figure.add_axes((share + 0.005, 0, 1 - share - 0.005, 1 - SAGITTAL_PX / HEIGHT_PX), facecolor=PANEL)
    _draw_axial(axial, result, tissues)
    draw_sagittal(sagittal, volume, result)
    draw_numbers(numbers, result)
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor=PANEL, metadata={"Software": None}, pil_kwargs={"compress_level": 4})
    return out.getvalue()


def _draw_axial(axes: Axes, result: Result, tissues: npt.NDArray[np.uint8]) -> None:
    axial = result.axial
    dy, dx = axial.pixel_spacing_mm
    rows, columns = axial.hu.shape
    extent = (-0.5 * dx, (columns - 0.5) * dx, (rows - 0.5) * dy, -0.5 * dy)
    low, high = WINDOW_HU
    axes.imshow(axial.hu, cmap="gray", vmin=low, vmax=high, extent=extent, interpolation="bilinear")
    axes.imshow(_colours(tissues), extent=extent, interpolation="nearest")
    _draw_contours(axes, result)
    _fit(axes, axial.hu, result.regions, dy, dx)
    _mark_sides(axes)
    _scale_bar(axes)
    _captions(axes, result)


def _colours(tissues: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    from matplotlib.colors import to_rgba

    table = np.zeros((len(Tissue) + 1, 4), np.float32)
    for tissue in Tissue:
        table[tissue] = to_rgba(tissue.colour, TISSUE_ALPHA)
    return table[tissues]


def _draw_contours(axes: Axes, result: Result) -> None:
    from matplotlib.collections import LineCollection
    from skimage import measure

    find_contours: Any = measure.find_contours
    scale = np.array(result.axial.pixel_spacing_mm)
    doubtful: list[npt.NDArray[np.float64]] = []
    for region in (Region.SUBCUTANEOUS, Region.MUSCLE, Region.VISCERAL):
        mask = np.pad((result.regions == region).astype(np.float32), 1)
        lines = [line - 1 for line in find_contours(mask, 0.7)]
        colour = MAIN_TISSUE[region].colour
        axes.add_collection(LineCollection([(line * scale)[:, ::-1] for line in lines], colors=colour, linewidths=LINE_PT))
        if result.doubtful is not None:
            doubtful += [(part * scale)[:, ::-1] for line in lines for part in _parts_in(line, result.doubtful)]
    if doubtful:
        axes.add_collection(LineCollection(doubtful, colors="white", linewidths=LINE_PT, linestyles=[(0, (3, 3))]))


def _parts_in(line: npt.NDArray[np.float64], mask: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.float64]]:
    """The stretches of `line` (N, 2), as (row, column), that run inside `mask`."""
    row, column = np.clip(np.rint(line).astype(int), 0, np.array(mask.shape) - 1).T
    inside = mask[row, column]
    cuts = np.flatnonzero(np.diff(inside.astype(np.int8))) + 1
    return [part for part, is_in in zip(np.split(line, cuts), inside[np.r_[0, cuts]], strict=True) if is_in and len(part) > 1]


def _fit(axes: Axes, hu: npt.NDArray[np.int16], regions: npt.NDArray[np.uint8], dy: float, dx: float) -> None:
    """Show the regions, else the body, with a margin, filling the axes."""
    shown = regions > 0 if regions.any() else hu > BODY_HU
    if not shown.any():
        shown = np.ones_like(shown)
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    top, bottom = rows[0] * dy - MARGIN_MM, rows[-1] * dy + MARGIN_MM
    left, right = columns[0] * dx - MARGIN_MM, columns[-1] * dx + MARGIN_MM
    middle_y, middle_x, room = (top + bottom) / 2, (left + right) / 2, HEIGHT_PX - 150
    scale = max((bottom - top) / room, (right - left) / AXIAL_PX)
    axes.set_xlim(middle_x - scale * AXIAL_PX / 2, middle_x + scale * AXIAL_PX / 2)
    axes.set_ylim(middle_y + scale * HEIGHT_PX / 2, middle_y - scale * HEIGHT_PX / 2)
    axes.set_aspect("auto")
    bare(axes)


def _mark_sides(axes: Axes) -> None:
    for words, x, y in (("R", 0.018, 0.5), ("L", 0.982, 0.5), ("A", 0.5, 0.925), ("P", 0.5, 0.075)):
        mark(axes, x, y, words, size=14, colour=INK, weight="bold")


def _scale_bar(axes: Axes, length_mm: float = 50.0) -> None:
    right = axes.transAxes.transform((0.975, 0.055))
    unit = axes.transData.transform((1.0, 0.0))[0] - axes.transData.transform((0.0, 0.0))[0]
    left = right[0] - unit * length_mm
    ends = axes.transAxes.inverted().transform([(left, right[1]), tuple(right)])
    axes.plot(ends[:, 0], ends[:, 1], color=INK, linewidth=2.2, transform=axes.transAxes, solid_capstyle="butt")
    mark(axes, float(ends[:, 0].mean()), 0.032, f"{length_mm:.0f} mm", size=11, colour=INK)


def _captions(axes: Axes, result: Result) -> None:
    a, level, slab = result.acquisition, result.level, result.axial
    vertebra = level_name(result)
    mark(axes, 0.015, 0.972, f"{vertebra}z {minus(f'{level.z_mm:.1f}')} mm", size=13, colour=INK, weight="bold", ha="left")
    words = f"level confirmed by {level.confirmed_by}" if level.is_confirmed else f"{level.method.value} level, NOT CONFIRMED by anybody"
    mark(axes, 0.015, 0.944, words, size=11, colour=INK if level.is_confirmed else WARNING, ha="left")
    facts = [
        "" if a.slice_thickness_mm is None else f"{a.slice_thickness_mm:g} mm slices",
        f"mean of {len(slab.indices)} ({slab.thickness_mm:.1f} mm)" if len(slab.indices) > 1 else "",
        "" if a.kvp is None else f"{a.kvp:g} kV",
        {None: "contrast unknown", "none": "no contrast"}.get(a.contrast, "contrast given"),
        a.kernel and f"kernel {a.kernel}",
        f"W {WINDOW_HU[1] - WINDOW_HU[0]} L {sum(WINDOW_HU) // 2}",
    ]
    mark(axes, 0.015, 0.024, "  ·  ".join(filter(None, facts)), size=10, colour=MUTED, ha="left")
    if result.doubtful is not None and (result.doubtful & (result.regions > 0)).any():
        mark(axes, 0.015, 0.05, "dashed white: the draft is in doubt here", size=10, colour=INK, ha="left")
