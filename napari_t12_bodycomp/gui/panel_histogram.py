"""The HU histogram of the drawn regions, with the tissues' HU windows behind it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_t12_bodycomp.analysis.histogram import HU_RANGE, HUBins, bin_edges
from napari_t12_bodycomp.gui import format as fmt
from napari_t12_bodycomp.gui import theme, widgets
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue import Region, Tissue
from napari_t12_bodycomp.workflow.session import SessionState

AXIS_PX = 16


class Histogram(QWidget):
    """Draws step lines; holds no session."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[Region, npt.NDArray[np.int64]] = {}
        self.protocol = Protocol()
        self.setMinimumHeight(60)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(200, 132)

    def _x(self, hu: float) -> float:
        return (hu - HU_RANGE[0]) / (HU_RANGE[1] - HU_RANGE[0]) * (self.width() - 24) + 12

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        base = self.height() - AXIS_PX
        self._paint_windows(painter, base)
        self._paint_axis(painter, base)
        top = max((int(c.max()) for c in self.counts.values()), default=0)
        edges = bin_edges()
        for region, counts in self.counts.items():
            if counts.any():
                line = QPolygonF()
                for k, count in enumerate(counts.tolist()):
                    y = base - count / top * (base - 6)
                    line.append(QPointF(self._x(float(edges[k])), y))
                    line.append(QPointF(self._x(float(edges[k + 1])), y))
                painter.setPen(QPen(QColor(theme.region_colour(region)), 1.4))
                painter.drawPolyline(line)
        painter.end()

    def _paint_windows(self, painter: QPainter, base: int) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        fat, muscle = self.protocol.preset.window(Tissue.VISCERAL_FAT), self.protocol.preset.window(Tissue.MUSCLE)
        for bounds, colour in ((fat, QColor(255, 255, 255, 34)), (muscle, QColor(213, 94, 0, 40))):
            low, high = max(bounds.low, HU_RANGE[0]), min(bounds.high + 1, HU_RANGE[1])
            painter.fillRect(QRectF(self._x(low), 0, self._x(high) - self._x(low), base), colour)

    def _paint_axis(self, painter: QPainter, base: int) -> None:
        font = painter.font()
        font.setPixelSize(10)
        painter.setFont(font)
        painter.setPen(QColor(theme.MUTED))
        painter.drawLine(QPointF(self._x(HU_RANGE[0]), base), QPointF(self._x(HU_RANGE[1]), base))
        for hu in range(HU_RANGE[0], HU_RANGE[1] + 1, 50):
            x = self._x(hu)
            painter.drawLine(QPointF(x, base), QPointF(x, base + 3))
            painter.drawText(QRectF(x - 20, base + 3, 40, AXIS_PX - 3), Qt.AlignmentFlag.AlignCenter, fmt.number(hu, 0))


class HistogramPanel(Panel):
    """HU in the regions of the measured slice."""

    def _build(self) -> None:
        self.plot = Histogram()
        self._bins: HUBins | None = None
        self._axial: AxialSlice | None = None
        self.setLayout(widgets.column(widgets.label("HU IN THE REGIONS", "heading"), self.plot, gap=2))

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        if old is None or old.work is not new.work:
            self._count(new)
            self.plot.update()
        if old is None or old.protocol is not new.protocol:
            self.plot.protocol = new.protocol
            preset = new.protocol.preset
            self.plot.setToolTip(
                f"Pixels per 5 HU in each region. Grey: visceral fat's window {fmt.window(preset.visceral_fat)} HU; "
                f"orange: muscle's window {fmt.window(preset.muscle)} HU."
            )
            self.plot.update()

    def _count(self, new: SessionState) -> None:
        if new.work is None:
            self.plot.counts, self._axial = {}, None
            return
        if new.work.axial is not self._axial or self._bins is None:
            self._axial, self._bins = new.work.axial, HUBins.of(new.work.axial.hu)
        self.plot.counts = self._bins.counts(new.work.regions)
