"""Keys: every action's key, also where napari's own layers bind the same one, changeable in napari's shortcut settings.

The actions are registered with napari's action manager under the viewer, which makes them appear in the settings. The manager binds them to the
viewer's keymap, which comes after the active layer's; so the same keys are put into the keymaps of the workbench's own layers, too.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

from napari import Viewer
from napari.components.viewer_model import ViewerModel
from napari.layers import Layer
from napari.utils.action_manager import action_manager
from napari.utils.key_bindings import coerce_keybinding

from napari_t12_bodycomp.gui.actions import Action, Actions

PREFIX = "napari-t12-bodycomp"
NAPARI_ACTIONS = {
    "tool_move": "napari:activate_labels_pan_zoom_mode",
    "tool_brush": "napari:activate_labels_paint_mode",
    "tool_erase": "napari:activate_labels_erase_mode",
    "tool_polygon": "napari:activate_labels_polygon_mode",
    "tool_fill": "napari:activate_labels_fill_mode",
}
"""On the regions layer 1..6 are napari's own actions; ours stand in for them while another layer is active."""

REPEATED = ("slice_", "brush_", "tolerance_")
"""Actions that go on while their key stays down, by the beginnings of their names."""


def qualified(action_id: str) -> str:
    """The action's name in napari's settings."""
    return f"{PREFIX}:{action_id}"


class Keys:
    """Binds the keys of `actions` while the workbench is open."""

    def __init__(self, viewer: Viewer, actions: Actions) -> None:
        self._viewer, self._actions = viewer, actions
        self._layers: list[Layer] = []
        self._before: dict[Any, Any] = dict(ViewerModel.class_keymap)
        self._functions: dict[str, Callable[..., Any]] = {}
        for action in actions:
            if action.key and action.id not in NAPARI_ACTIONS:
                self._functions[action.id] = _held(actions, action.id) if action.hold else _pressed(actions, action)
        self.take()
        action_manager.events.shortcut_changed.connect(self._on_shortcut)
        self._read_keys()

    def take(self) -> None:
        """Register the actions with napari: at first, and again after another window, which shares them, gave them back."""
        mine = [action for action in self._actions if action.id in self._functions]
        keys = {
            action.id: (self._actions.key(action.id), action.also) for action in mine
        }  # read first: each binding is told, and read anew
        for action in mine:
            name, function = qualified(action.id), self._functions[action.id]
            action_manager.register_action(name, function, action.tip, ViewerModel, repeatable=action.id.startswith(REPEATED))
            if not action_manager._shortcuts.get(name):
                for key in filter(None, keys[action.id]):
                    _bind_quietly(name, key)

    def close(self) -> None:
        """Give napari its keys back."""
        action_manager.events.shortcut_changed.disconnect(self._on_shortcut)
        for action_id in self._functions:
            action_manager._shortcuts.pop(qualified(action_id), None)
            action_manager._actions.pop(qualified(action_id), None)
        ViewerModel.class_keymap.clear()
        ViewerModel.class_keymap.update(self._before)
        for layer in self._layers:
            layer.keymap = {}

    def add_layer(self, layer: Layer) -> None:
        """Let the workbench's keys go before this layer's own."""
        self._layers = [*(known for known in self._layers if known in self._viewer.layers), layer]
        self._bind(layer)

    def _on_shortcut(self, event: Any = None) -> None:
        self._read_keys()
        for layer in self._layers:
            self._bind(layer)

    def _read_keys(self) -> None:
        for action in self._actions:
            name = NAPARI_ACTIONS.get(action.id, qualified(action.id))
            bound = action_manager._shortcuts.get(name)
            if bound:
                self._actions.set_key(action.id, str(coerce_keybinding(bound[0])).replace("Digit", ""))
            elif action.id in self._functions:
                self._actions.set_key(action.id, "")

    def _bind(self, layer: Layer) -> None:
        keymap: dict[Any, Any] = {}
        for action_id, function in self._functions.items():
            for key in action_manager._shortcuts.get(qualified(action_id), ()):
                keymap[key] = function
        layer.keymap = keymap


def _bind_quietly(name: str, key: str) -> None:
    """Bind a key; napari warns of keys it has no symbol for (F1, Home), which work all the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        action_manager.bind_shortcut(name, coerce_keybinding(key))


def _pressed(actions: Actions, action: Action) -> Callable[..., Any]:
    def press(provider: Any = None) -> None:
        actions.trigger(action.id)

    press.__name__ = f"t12_{action.id}"
    return press


def _held(actions: Actions, action_id: str) -> Callable[..., Any]:
    def hold(provider: Any = None) -> Iterator[None]:
        actions.trigger(action_id, True)
        yield
        actions.trigger(action_id, False)

    hold.__name__ = f"t12_{action_id}"
    return hold
