"""The picture of a measurement: the slice with its contours and tissues, where it lies in the spine, and the numbers."""

from __future__ import annotations

import io

from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.volume import CTVolume


def overlay_png(volume: CTVolume, result: Result) -> bytes:
    """The picture as PNG, the same bytes each time; it carries no name and no patient ID."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(16, 9.6), dpi=100)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 0.6, 1))
    axes.imshow(result.axial.hu, cmap="gray", vmin=-160, vmax=240)
    axes.contour(result.regions, levels=[0.5, 1.5, 2.5])
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
