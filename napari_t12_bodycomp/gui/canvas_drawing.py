"""Tissues, contours and differences of the drawing. They are made in the next pass of the event loop, so that numbers never wait for the picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Labels
from qtpy.QtCore import QTimer

from napari_t12_bodycomp.gui import layers
from napari_t12_bodycomp.gui.canvas_compare import DifferenceLines
from napari_t12_bodycomp.gui.canvas_lines import ContourLines
from napari_t12_bodycomp.workflow import drawing
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import SessionState


class CanvasDrawing:
    """Shows regions, which may be a stroke that is still being drawn, as tissues and as contours."""

    def __init__(self, session: Session, lines: ContourLines, differences: DifferenceLines) -> None:
        self._session, self._lines, self._differences = session, lines, differences
        self.tissues: Labels | None = None
        self.compared: drawing.Difference | None = None
        """How what is shown differs from the reference, while that is asked for."""
        self.on_drawn: Callable[[], object] = lambda: None
        self._waiting: npt.NDArray[np.uint8] | None = None
        self._shown: tuple[Any, ...] = ()
        self._shown_regions = np.zeros((0, 0), np.uint8)
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._draw_waiting)

    @property
    def is_waiting(self) -> bool:
        """Whether something is still to be drawn."""
        return self._waiting is not None

    def draw_soon(self, regions: npt.NDArray[np.uint8]) -> None:
        """Draw `regions` (Y, X) in the next pass of the event loop; of several, only the last."""
        self._waiting = regions
        self._timer.start()

    def draw(self, regions: npt.NDArray[np.uint8]) -> None:
        """Draw `regions` (Y, X) now; nothing happens where just that is shown."""
        self.forget()
        state = self._session.state
        if self.tissues is None or state.work is None or state.volume is None or regions.shape != state.work.regions.shape:
            return
        other = drawing.reference(state)
        flicker = state.tools.flicker and other is not None and other.regions.shape == regions.shape
        compare = state.tools.compare and not flicker
        doubtful = None if state.work.draft is None or (flicker and state.reference is not None) else state.work.draft.doubtful
        against = other.regions if other is not None and (compare or flicker) else None
        what = (state.work.axial, state.protocol.preset, doubtful, compare, flicker, against)
        same = len(what) == len(self._shown) and all(a is b for a, b in zip(what, self._shown, strict=True))
        if same and np.array_equal(regions, self._shown_regions):
            return
        self._shown, self._shown_regions = what, regions.copy()
        shown = other.regions if other is not None and flicker else regions
        if not flicker or drawing.shown_slice(state) == state.work.axial.index:
            self._put_tissues(self.tissues, drawing.tissues(state, shown), state.view_index == state.work.axial.index)
        place = layers.grid(state.volume)["translate"]
        where = state.volume.pixel_spacing_mm, (place[1], place[2])
        self._lines.draw(shown, doubtful, *where)
        self.compared = drawing.against_reference(state, regions) if compare else None
        self._differences.draw(self.compared, *where)
        self.on_drawn()

    def forget(self, shown: bool = False) -> None:
        """Draw nothing of what waits; with `shown`, what is shown counts as gone, too."""
        self._timer.stop()
        self._waiting = None
        if shown:
            self._shown = ()

    def _draw_waiting(self) -> None:
        if self._waiting is not None:
            self.draw(self._waiting)

    @staticmethod
    def _put_tissues(layer: Labels, tissues: npt.NDArray[np.uint8], on_screen: bool) -> None:
        """Show `tissues`; on the slice on screen only what changed goes to the graphics card."""
        if not on_screen:
            layer.data[0] = tissues
            layer.refresh(extent=False, thumbnail=False)
            return
        rows, columns = np.nonzero(layer.data[0] != tissues)
        if rows.size:
            layer.data_setitem((np.zeros_like(rows), rows, columns), tissues[rows, columns])


def drawn_otherwise(old: SessionState, new: SessionState) -> bool:
    """Whether one drawing is shown in another way."""
    before, after = ((s.protocol, s.tools.compare, s.tools.flicker, s.reference) for s in (old, new))
    return any(a is not b for a, b in zip(before, after, strict=True))
