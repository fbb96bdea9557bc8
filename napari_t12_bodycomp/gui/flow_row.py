"""A row of widgets that goes on in the next line where the window is too narrow for it."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QPoint, QRect, QSize, Qt
from qtpy.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowRow(QLayout):
    """`left` from the left edge, `right` up to the right one; where both do not fit into one line, all of them one after the other."""

    def __init__(self, left: Sequence[QWidget], right: Sequence[QWidget] = (), gap: int = 8) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self._n_left, self._gap = len(left), gap
        self.setContentsMargins(0, 0, 0, 0)
        for widget in (*left, *right):
            self.addWidget(widget)

    def addItem(self, item: QLayoutItem | None) -> None:  # noqa: N802 - Qt's name
        if item is not None:
            self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # noqa: N802 - Qt's name
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # noqa: N802 - Qt's name
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientations:  # noqa: N802 - Qt's name
        return Qt.Orientations() if hasattr(Qt, "Orientations") else Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        places = self._places(width)
        return max((place.bottom() + 1 for _, place in places), default=0)

    def minimumSize(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(0, max((item.sizeHint().height() for item in self._seen()), default=0))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        seen = self._seen()
        return QSize(sum(i.sizeHint().width() for i in seen) + self._gap * max(0, len(seen) - 1), self.minimumSize().height())

    def setGeometry(self, rect: QRect) -> None:  # noqa: N802 - Qt's name
        super().setGeometry(rect)
        for item, place in self._places(rect.width()):
            item.setGeometry(place.translated(rect.topLeft()))

    def _seen(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _places(self, width: int) -> list[tuple[QLayoutItem, QRect]]:
        """Where each item that is seen goes, in a row of this width."""
        seen = self._seen()
        is_one_line = self.sizeHint().width() <= width
        push = max(0, width - self.sizeHint().width()) if is_one_line else 0
        left = {id(item) for item in self._items[: self._n_left]}
        places: list[tuple[QLayoutItem, QRect]] = []
        x = y = height = 0
        for item in seen:
            size = QSize(min(item.sizeHint().width(), width), item.sizeHint().height())
            if x and x + size.width() > width and not is_one_line:
                x, y, height = 0, y + height + self._gap, 0
            offset = push if id(item) not in left else 0
            places.append((item, QRect(QPoint(x + offset, y), size)))
            x, height = x + size.width() + self._gap, max(height, size.height())
        return [(item, _centred(place, places)) for item, place in places]


def _centred(place: QRect, line: list[tuple[QLayoutItem, QRect]]) -> QRect:
    """`place` in the middle of the height of its line."""
    height = max(other.height() for _, other in line if other.y() == place.y())
    return place.translated(0, (height - place.height()) // 2)
