"""The key help: one sheet over the picture, the same key or a click closes it."""

from __future__ import annotations

from html import escape

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QLabel, QWidget

from napari_t12_bodycomp.gui.actions import Actions

WHEEL = (
    ("Wheel", "One slice up or down."),
    ("Shift+Wheel", "A larger or smaller brush or seed fill."),
    ("Ctrl+Wheel", "Zoom at the pointer."),
)

SMALL = {",": ", (comma)", ".": ". (full stop)"}
"""Keys that are a dot on the sheet, with their name."""


def help_html(actions: Actions) -> str:
    """All keys as a table, by group."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for action in actions:
        key = actions.key(action.id)
        if key:
            groups.setdefault(action.group, []).append((f"{key} (hold)" if action.hold else SMALL.get(key, key), action.tip))
    groups.setdefault("View", []).extend(WHEEL)
    columns = [("Case", "Study", "Level", "View"), ("Draw",)]
    cells = []
    for names in columns:
        rows = ""
        for name in names:
            rows += f"<tr><td colspan=2 style='color:#a2a8b4; padding-top:8px'><b>{name}</b></td></tr>"
            rows += "".join(
                f"<tr><td style='color:#F0E442; padding-right:8px'>{escape(key)}</td><td>{escape(tip)}</td></tr>"
                for key, tip in groups.get(name, [])
            )
        cells.append(f"<td style='padding-right:16px'><table cellspacing=0 cellpadding=1>{rows}</table></td>")
    note = "Every key can be changed in napari's settings, under Shortcuts, Viewer."
    return f"<table><tr valign=top>{''.join(cells)}</tr></table><p style='color:#a2a8b4'>{note}</p>"


class KeyHelp(QLabel):
    """Shows `help_html` in the middle of the canvas."""

    def __init__(self, actions: Actions, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._actions = actions
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setStyleSheet(
            "background: rgba(24,26,31,240); color: #e6e8ec; border: 1px solid #454a55; border-radius: 6px; padding: 10px; font-size: 11px;"
        )
        self.hide()
        canvas.installEventFilter(self)

    def toggle(self) -> None:
        """Show or hide the sheet."""
        if self.isVisible():
            self.hide()
            return
        self.setText(help_html(self._actions))
        self._fit()
        self.show()
        self.raise_()

    def _fit(self) -> None:
        """As wide as its lines, or as the canvas, where they wrap; in the middle."""
        parent = self.parentWidget()
        if parent is not None:
            self.setWordWrap(False)
            width = self.sizeHint().width()
            if width > parent.width():
                self.setWordWrap(True)
                width = parent.width()
            self.resize(width, self.heightForWidth(width) if self.wordWrap() else self.sizeHint().height())
            self.move(max((parent.width() - self.width()) // 2, 0), max((parent.height() - self.height()) // 2, 0))

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        if event is not None and event.type() == QEvent.Type.Resize and self.isVisible():
            self._fit()
        return False

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        self.hide()
