"""Where the drawing differs from the automatic draft: gained pixels hatched one way, lost ones the other way, moved ones both."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_t12_bodycomp.gui.canvas_lines import ORDER, Segments
from napari_t12_bodycomp.gui.layers import hatch, outline
from napari_t12_bodycomp.workflow.drawing import Difference

GAINED, LOST = "#FFFFFF", "#CC79A7"
"""White and Okabe-Ito's reddish purple: neither is a tissue's colour."""


class DifferenceLines:
    """Outline and hatch of both kinds, in the scene `parent`."""

    def __init__(self, parent: Any) -> None:
        self._gained = [Segments(parent, GAINED, width, ORDER + 2) for width in (1.5, 1.0)]
        self._lost = [Segments(parent, LOST, width, ORDER + 2) for width in (1.5, 1.0)]

    def draw(self, found: Difference | None, spacing_mm: tuple[float, float], origin_mm: tuple[float, float]) -> None:
        """Draw `found`; None shows nothing."""
        if found is None:
            self.hide()
            return
        scale, origin = np.array(spacing_mm), np.array(origin_mm)
        for lines, mask, rising in ((self._gained, found.gained, True), (self._lost, found.lost, False)):
            lines[0].put(outline(mask), scale, origin)
            lines[1].put(hatch(mask, rising), scale, origin)
        self.show(True)

    def show(self, shown: bool) -> None:
        """Show or hide what was drawn."""
        for line in (*self._gained, *self._lost):
            line.show(shown)

    def hide(self) -> None:
        """Show nothing, also later, until something is drawn."""
        for line in (*self._gained, *self._lost):
            line.hide()
