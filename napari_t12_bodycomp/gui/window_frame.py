"""What the workbench does to napari's window: its own docks in, napari's layer list and controls out, and all of it back again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from napari import Viewer
from napari._app_model import get_app_model
from napari._qt.dialogs.qt_notification import NapariQtNotification
from qtpy.QtCore import Qt
from qtpy.QtGui import QAction, QKeySequence
from qtpy.QtWidgets import QDockWidget, QToolBar, QWidget


class WindowFrame:
    """The main window around the canvas."""

    def __init__(self, viewer: Viewer) -> None:
        self._window: Any = viewer.window
        self.main: Any = self._window._qt_window
        self._qt_viewer: Any = self._window._qt_viewer
        self._docks: list[QDockWidget] = []
        self._footer: QToolBar | None = None
        self._taken: list[tuple[QAction, QKeySequence]] = []
        self._wanted: set[str] = set()
        self.plain = False

    @property
    def picture(self) -> QWidget:
        """The part of the window that napari takes drops on."""
        widget: QWidget = self._qt_viewer
        return widget

    @property
    def centre(self) -> QWidget:
        """What lies between menu, docks and footer."""
        widget: QWidget = self.main.centralWidget()
        return widget

    def add_column(self, name: str, widget: QWidget, width: int) -> None:
        """Add a column at the right edge, right of the columns before it."""
        dock = self._window.add_dock_widget(widget, name=name, area="right", add_vertical_stretch=False)
        dock.setTitleBarWidget(QWidget(dock))
        dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        widget.setFixedWidth(width)
        if self._docks:
            self.main.splitDockWidget(self._docks[-1], dock, Qt.Orientation.Horizontal)
        self._docks.append(dock)

    def add_footer(self, widget: QWidget) -> None:
        """Put `widget` along the whole lower edge, in place of the status bar."""
        bar = QToolBar("T12 footer", self.main)
        bar.setObjectName("t12footerbar")
        bar.setMovable(False)
        bar.setFloatable(False)
        bar.setStyleSheet("QToolBar { border: none; padding: 0; margin: 0; spacing: 0; }")
        bar.addWidget(widget)
        self.main.addToolBar(Qt.ToolBarArea.BottomToolBarArea, bar)
        self._footer = bar

    def show_plain(self, plain: bool) -> None:
        """Show napari's own layer list, controls, sliders and status bar, or not."""
        self.plain = plain
        with self._laid_out_once():
            for dock in (self._qt_viewer.dockLayerList, self._qt_viewer.dockLayerControls):
                dock.setVisible(plain)
            self._qt_viewer.dims.setVisible(plain)
            self.main.statusBar().setVisible(plain)
            for dock in self._docks[:-1]:
                dock.setVisible(not plain)

    @contextmanager
    def _laid_out_once(self) -> Iterator[None]:
        """While several parts come or go, the window is laid out once, at the end: the picture is drawn anew for each of its sizes."""
        layouts = [self.main.layout(), self._qt_viewer.dims.parentWidget().layout()]
        for layout in layouts:
            layout.setEnabled(False)
        try:
            yield
        finally:
            for layout in layouts:
                layout.setEnabled(True)
                layout.activate()

    def fade_notices(self) -> None:
        """Let napari's word about the age of PyQt5 fade now instead of in a few seconds: it lies over the picture."""
        for notice in self.main.findChildren(NapariQtNotification):
            if "PyQt5" in notice.message.text():
                notice.close_with_fade()

    def take_keys(self, keys: set[str]) -> None:
        """Take `keys` from napari's menu entries; two owners of one key would leave it dead."""
        self._wanted = {QKeySequence(key).toString() for key in keys if key}
        get_app_model().menus.menus_changed.connect(self.take_again)
        self.take_again()

    def take_again(self, *_: object) -> None:
        """Take the keys from the entries that are there now: napari makes them anew when a menu changes or another window opens."""
        for action in _menu_actions(self.main.menuBar().actions()):
            if action.shortcut().toString() in self._wanted and not action.shortcut().isEmpty():
                self._taken.append((action, action.shortcut()))
                action.setShortcut(QKeySequence())

    def close(self) -> None:
        """Leave the window as napari made it."""
        self.show_plain(True)
        get_app_model().menus.menus_changed.disconnect(self.take_again)
        for action, shortcut in self._taken:
            with suppress(RuntimeError):  # Qt has deleted the entry meanwhile
                action.setShortcut(shortcut)
        self._taken.clear()
        for dock in self._docks:
            self._window.remove_dock_widget(dock)
        self._docks.clear()
        if self._footer is not None:
            self.main.removeToolBar(self._footer)
            self._footer.deleteLater()
            self._footer = None


def _menu_actions(actions: Iterable[QAction]) -> Iterator[QAction]:
    for action in actions:
        yield action
        if action.menu() is not None:
            yield from _menu_actions(action.menu().actions())
