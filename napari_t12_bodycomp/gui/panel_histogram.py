"""The HU histogram of the drawn regions, with the tissues' HU windows behind it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_t12_bodycomp.analysis.histogram import BIN_HU, HU_RANGE, HUBins, bin_edges
from napari_t12_bodycomp.gui import format as fmt
from napari_t12_bodycomp.gui import theme, widgets
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.workflow.session_state import SessionState, Work

AXIS_PX = 16


class Histogram(QWidget):
    """Draws step lines; counts only when it is painted, so that strokes never wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self._work: Work | None = None
        self._axial: AxialSlice | None = None
        self._bins: HUBins | None = None
        self._counts: dict[Region, npt.NDArray[np.int64]] | None = None
        self._protocol = Protocol()
        self._background: QPixmap | None = None
        self.setMinimumHeight(60)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(200, 150)

    def show_work(self, work: Work | None) -> None:
        """Show another drawing, None for none."""
        self._work, self._counts = work, None
        self.update()

    def show_protocol(self, protocol: Protocol) -> None:
        """Show other HU windows."""
        self._protocol, self._background = protocol, None
        self.update()

    def counts(self) -> dict[Region, npt.NDArray[np.int64]]:
        """Pixels per bin in each region of the drawing on show."""
        if self._counts is None:
            self._counts = {}
            if self._work is not None:
                if self._work.axial is not self._axial or self._bins is None:
                    self._axial, self._bins = self._work.axial, HUBins.of(self._work.axial.hu)
                self._counts = self._bins.counts(self._work.regions)
        return self._counts

    # -- painting ----------------------------------------------------------------------------------------------------------------------

    def _x(self, hu: float) -> float:
        return (hu - HU_RANGE[0]) / (HU_RANGE[1] - HU_RANGE[0]) * (self.width() - 24) + 12

    def resizeEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._background = None

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        base = self.height() - AXIS_PX
        if self._background is None:
            self._background = self._painted_background(base)
        painter.drawPixmap(0, 0, self._background)
        counts = self.counts()
        top = max((int(c.max()) for c in counts.values()), default=0)
        edges = [self._x(float(hu)) for hu in bin_edges()]
        for region, values in counts.items():
            if not values.any():
                continue
            line = QPolygonF()
            for k, y in enumerate((base - values / top * (base - 6)).tolist()):
                line.append(QPointF(edges[k], y))
                line.append(QPointF(edges[k + 1], y))
            painter.setPen(QPen(QColor(theme.region_colour(region)), 1))
            painter.drawPolyline(line)
        painter.end()

    def _painted_background(self, base: int) -> QPixmap:
        """HU windows and axis."""
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(QColor(0, 0, 0, 0))
        painter = QPainter(pixmap)
        preset = self._protocol.preset
        for bounds, colour in ((preset.visceral_fat, QColor(255, 255, 255, 34)), (preset.muscle, QColor(213, 94, 0, 40))):
            low, high = max(bounds.low, HU_RANGE[0]), min(bounds.high + 1, HU_RANGE[1])
            painter.fillRect(QRectF(self._x(low), 0, self._x(high) - self._x(low), base), colour)
        font = self.font()
        font.setPixelSize(10)
        painter.setFont(font)
        painter.setPen(QColor(theme.MUTED))
        painter.drawLine(QPointF(self._x(HU_RANGE[0]), base), QPointF(self._x(HU_RANGE[1]), base))
        for hu in range(HU_RANGE[0], HU_RANGE[1] + 1, 50):
            x = self._x(hu)
            painter.drawLine(QPointF(x, base), QPointF(x, base + 3))
            painter.drawText(QRectF(x - 20, base + 3, 40, AXIS_PX - 3), Qt.AlignmentFlag.AlignCenter, fmt.number(hu, 0))
        painter.end()
        return pixmap


class HistogramPanel(Panel):
    """HU in the regions of the measured slice."""

    def _build(self) -> None:
        self.plot = Histogram()
        self.setLayout(widgets.column(widgets.label("HU IN THE REGIONS", "heading"), self.plot, gap=2))

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        if old is None or old.work is not new.work or old.numbers_hidden != new.numbers_hidden:
            self.plot.show_work(None if new.numbers_hidden else new.work)
        if old is None or old.protocol is not new.protocol:
            self.plot.show_protocol(new.protocol)
            preset = new.protocol.preset
            self.plot.setToolTip(
                f"Pixels per {BIN_HU} HU in each region. Grey: visceral fat's window {fmt.window(preset.visceral_fat)} HU; "
                f"orange: muscle's window {fmt.window(preset.muscle)} HU."
            )
