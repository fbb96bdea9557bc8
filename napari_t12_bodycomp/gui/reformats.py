"""Sagittal and coronal pictures beside the axial slice: labelled vertebrae, T12 shaded, a level line to drag, a click to jump."""

from __future__ import annotations

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QToolButton, QWidget

from napari_t12_bodycomp.analysis.reformat import coronal, sagittal
from napari_t12_bodycomp.gui import theme, widgets, words
from napari_t12_bodycomp.gui.actions import Actions
from napari_t12_bodycomp.gui.reformat_view import Hint, ReformatView, Scene, View
from napari_t12_bodycomp.model.level_choice import candidate_letter, is_vertebra
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.session_state import SessionState

WINDOWS = {
    "soft": {"sagittal": (500.0, 90.0), "coronal": (900.0, 250.0)},
    "bone": {"sagittal": (1600.0, 450.0), "coronal": (1800.0, 550.0)},
}
"""Width and centre (HU) for each picture; the coronal one holds brightest values, which a soft window would drown."""
VIEW_EVERY_MS = 30


class Reformats(QWidget):
    """Both pictures, redrawn from the session; what is dragged or clicked goes back to it."""

    def __init__(self, session: Session, actions: Actions) -> None:
        super().__init__()
        self._session, self._actions = session, actions
        self._wanted_view: int | None = None
        self.setObjectName("t12column")
        self.setStyleSheet(theme.stylesheet())
        self.setMinimumWidth(150)
        self.views = {"sagittal": ReformatView(View.SAGITTAL), "coronal": ReformatView(View.CORONAL)}
        self.window_button = QToolButton()
        self.window_button.setToolTip("Show the pictures in a bone or a soft-tissue window")
        self.window_button.setProperty("role", "link")
        self.window_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._window = "bone"
        pictures = widgets.column(*self.views.values(), gap=4)
        pictures.setStretch(0, 5)
        pictures.setStretch(1, 4)
        self.setLayout(pictures)
        self.window_button.setParent(self.views["sagittal"])
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(VIEW_EVERY_MS)
        self._later.timeout.connect(self._send_view)
        self._connect()
        session.changed.connect(self._redraw)
        self._redraw(None, session.state)
        self._on_window()

    def _connect(self) -> None:
        self.window_button.clicked.connect(self._on_window)
        for view in self.views.values():
            view.jumped.connect(self._on_jump)
            view.dragging.connect(self._on_dragging)
            view.dropped.connect(self._on_dropped)
            view.scrolled.connect(lambda steps: self._session.view(self._session.state.view_index + steps))

    # -- what a person does ------------------------------------------------------------------------------------------------------------

    def _slice_at(self, z_mm: float) -> int:
        volume = self._session.state.volume
        assert volume is not None
        return volume.nearest_slice(z_mm)

    def _on_jump(self, z_mm: float) -> None:
        self._wanted_view = self._slice_at(z_mm)
        if not self._later.isActive():
            self._later.start()

    def _send_view(self) -> None:
        if self._wanted_view is not None:
            index, self._wanted_view = self._wanted_view, None
            self._session.view(index)

    def _on_dragging(self, z_mm: float) -> None:
        if self._session.state.locked:
            return self._session.tell(self._session.state.locked)
        for view in self.views.values():
            view.show_preview(z_mm, f"slice {self._slice_at(z_mm) + 1}")
        return self._on_jump(z_mm)

    def _on_dropped(self, z_mm: float) -> None:
        self._later.stop()
        self._wanted_view = None
        for view in self.views.values():
            view.show_preview(None, "")
        self._session.choose_level(self._slice_at(z_mm))

    def _on_window(self) -> None:
        self._window = "soft" if self._window == "bone" else "bone"
        self.window_button.setText(f"{self._window} window")
        self.window_button.adjustSize()
        for name, view in self.views.items():
            view.set_window(*WINDOWS[self._window][name])

    # -- what the session says ---------------------------------------------------------------------------------------------------------

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        if old is None or old.volume is not new.volume or _spine_changed(old, new):
            self._show_pictures(new)
        shown = ("volume", "finding", "level", "view_index", "locked")
        if old is None or any(getattr(old, name) is not getattr(new, name) for name in shown):
            scene = _scene(new)
            for view in self.views.values():
                view.show_scene(scene)

    def _show_pictures(self, new: SessionState) -> None:
        if new.volume is None:
            for view in self.views.values():
                view.show_picture(None)
            return
        self.views["sagittal"].show_picture(sagittal(new.volume, new.finding))
        self.views["coronal"].show_picture(coronal(new.volume, new.finding))

    def resizeEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self.window_button.move(self.views["sagittal"].width() - self.window_button.width() - 4, 4)


def _spine_changed(old: SessionState, new: SessionState) -> bool:
    before, after = (None if s.finding is None else s.finding.canal for s in (old, new))
    return before is not after


def _scene(state: SessionState) -> Scene:
    """Everything that is drawn over the pictures."""
    volume, finding, level = state.volume, state.finding, state.level
    if volume is None:
        return Scene()
    hints = []
    if finding is not None and level is None:
        hints = [Hint(candidate_letter(n), c.z_mm) for n, c in enumerate(finding.candidates)]
    return Scene(
        view_z_mm=float(volume.z_mm[state.view_index]),
        level_z_mm=None if level is None else level.z_mm,
        level_confirmed=level is not None and level.is_confirmed,
        may_set=level is None and finding is not None and not state.locked,
        locked=bool(state.locked),
        body_z_mm=None if finding is None else finding.body_z_mm,
        vertebrae=() if finding is None else tuple(v for v in finding.vertebrae if is_vertebra(v.label)),
        ribs=() if finding is None else finding.ribs,
        hints=tuple(hints),
        ribs_seen=words.ribs_seen(finding),
    )
