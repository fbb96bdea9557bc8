"""Regions and the tools to draw them."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QFrame, QPushButton, QSizePolicy, QSlider, QToolButton, QWidget

from napari_t12_bodycomp.gui import theme, widgets
from napari_t12_bodycomp.gui.actions import Actions
from napari_t12_bodycomp.gui.format import key_words, millimetres, window
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.gui.widgets import ActionButton
from napari_t12_bodycomp.model.tissue import MAIN_TISSUE, Region
from napari_t12_bodycomp.model.tools import Tool, ToolState
from napari_t12_bodycomp.workflow.session_state import SessionState

TOOL_ACTIONS = {
    Tool.MOVE: "tool_move",
    Tool.BRUSH: "tool_brush",
    Tool.ERASE: "tool_erase",
    Tool.POLYGON: "tool_polygon",
    Tool.FILL: "tool_fill",
    Tool.LIVEWIRE: "tool_livewire",
    Tool.SEED: "tool_seed",
    Tool.PUSH: "tool_push",
}
NAPARI_TOOLS = 5
"""So many of them are napari's own and stand in the first row."""
REGION_ACTIONS = {Region.MUSCLE: "region_muscle", Region.VISCERAL: "region_visceral", Region.SUBCUTANEOUS: "region_subcutaneous"}


class RegionButton(QFrame):
    """One region: its colour, name and key, and a padlock that protects it from the other regions' strokes."""

    def __init__(self, region: Region, actions: Actions) -> None:
        super().__init__()
        self.region = region
        self.setObjectName(f"region{region.value}")
        self.choose = QPushButton(theme.REGION_TITLES[region])
        self.choose.setIcon(widgets.dot_icon(theme.region_colour(region)))
        self.choose.setIconSize(QSize(10, 10))
        self.choose.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.choose.setStyleSheet("background: transparent; border: none; padding: 3px 0 3px 5px; text-align: left;")
        self.choose.setToolTip(actions.tooltip(REGION_ACTIONS[region]))
        self.choose.clicked.connect(lambda: actions.trigger(REGION_ACTIONS[region]))
        self.key = widgets.label(key_words(actions.key(REGION_ACTIONS[region])), "key")
        self.protect = QToolButton()
        self.protect.setCheckable(True)
        self.protect.setIconSize(QSize(15, 15))
        self.protect.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.protect.setStyleSheet("background: transparent; border: none; padding: 0; min-width: 18px; max-width: 18px;")
        self._icons = {True: widgets.lock_icon(True, theme.TEXT), False: widgets.lock_icon(False, theme.FAINT)}
        layout = widgets.row(self.choose, None, self.key, self.protect, gap=2)
        layout.setAlignment(self.key, Qt.AlignmentFlag.AlignVCenter)
        layout.setContentsMargins(0, 1, 2, 1)
        self.setLayout(layout)

    def show_state(self, active: bool, protected: bool) -> None:
        """Show whether the region is the active one, and whether it is protected."""
        border = theme.region_colour(self.region) if active else theme.EDGE
        fill = theme.RAISED if active else "transparent"
        self.setStyleSheet(
            f"QFrame#{self.objectName()} {{ background: {fill}; border: {2 if active else 1}px solid {border}; border-radius: 4px; "
            f"margin: {0 if active else 1}px; }}"
        )
        self.protect.setIcon(self._icons[protected])
        self.protect.setChecked(protected)
        name = self.region.name.lower()
        self.protect.setToolTip(
            f"The {name} region is protected: strokes of other regions leave it alone. Click to release it."
            if protected
            else f"Protect the {name} region: strokes of other regions will leave it alone."
        )


class DrawPanel(Panel):
    """Regions, tools, brush, and the last step with its way back."""

    def _build(self) -> None:
        a = self.actions
        self.regions = {region: RegionButton(region, a) for region in Region}
        self.tools = {tool: ActionButton(a, action) for tool, action in TOOL_ACTIONS.items()}
        for button in self.tools.values():
            button.setCheckable(True)
        self.lock = ActionButton(a, "toggle_lock", "HU-lock I")
        self.lock.setCheckable(True)
        self.compare = ActionButton(a, "compare_draft")
        self.compare.setCheckable(True)
        region_wide = [ActionButton(a, name) for name in ("fill_holes", "simplify", "grow", "shrink")]
        slice_wide = [ActionButton(a, name) for name in ("draft_again", "copy_slice", "copy_earlier")]
        whole = [self.compare, *region_wide, *slice_wide]
        self.brush = QSlider(Qt.Orientation.Horizontal)
        self.brush_name = widgets.label("Brush", "muted")
        self.brush.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.brush.setMinimumWidth(50)
        self.brush_words = widgets.label()
        self.brush_words.setMinimumWidth(46)
        self.undo = ActionButton(a, "undo", "↶")
        self.redo = ActionButton(a, "redo", "↷")
        self.heading = widgets.label("REGION", "heading")
        self.setLayout(
            widgets.column(
                self.heading,
                widgets.row(*self.regions.values()),
                widgets.label("TOOLS", "heading"),
                widgets.row(*[*self.tools.values()][:NAPARI_TOOLS], gap=4),
                widgets.row(*[*self.tools.values()][NAPARI_TOOLS:], self.compare, gap=4),
                widgets.row(*region_wide, gap=4),
                widgets.row(*slice_wide, gap=4),
                widgets.row(self.brush_name, self.brush, self.brush_words, self.lock, self.undo, self.redo, gap=5),
            )
        )
        for button in (*self.tools.values(), *whole):
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setStyleSheet("padding-left: 3px; padding-right: 3px;")
        for item in self.regions.values():
            item.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._needs_work: list[QWidget] = [*whole, *self.tools.values(), self.undo, self.redo]

    def _connect(self) -> None:
        self.brush.valueChanged.connect(self._on_brush)
        for region, button in self.regions.items():
            button.protect.clicked.connect(lambda on, r=region: self._on_protect(r, on))

    def _on_brush(self, half_mm: int) -> None:
        tools = self.session.state.tools
        if half_mm != round(tools.size_mm * 2):
            self.session.set_tools(tools.with_size(half_mm / 2))

    def _on_protect(self, region: Region, on: bool) -> None:
        protected = self.session.state.tools.protected
        self.session.set_tools(protected=protected | {region} if on else protected - {region})

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        if old is None or old.tools != new.tools or old.protocol is not new.protocol:
            self._show_tools(new)
        if old is None or old.work is not new.work:
            self._show_steps(new)

    def _show_tools(self, new: SessionState) -> None:
        tools = new.tools
        for region, button in self.regions.items():
            button.show_state(region is tools.region, region in tools.protected)
        for tool, tool_button in self.tools.items():
            tool_button.setChecked(tool is tools.tool)
        self.lock.setChecked(tools.hu_lock)
        bounds = window(new.protocol.preset.window(MAIN_TISSUE[tools.region]))
        state = f"on: strokes take only {bounds} HU" if tools.hu_lock else "off: strokes take every HU"
        self.lock.setToolTip(f"HU-lock is {state}. The eraser is never locked. ({self.actions.key('toggle_lock')})")
        self.compare.setChecked(tools.compare)
        self._show_size(tools)

    def _show_size(self, tools: ToolState) -> None:
        """Brush, or reach of the seed fill, whichever the tool in hand has."""
        is_reach = tools.tool is Tool.SEED
        low, high = tools.size_range_mm
        self.brush.blockSignals(True)  # another range must not pass for a hand that moves the slider
        self.brush.setRange(round(low * 2), round(high * 2))
        self.brush.setValue(round(tools.size_mm * 2))
        self.brush.blockSignals(False)
        what = "How far the seed fill reaches" if is_reach else "Brush diameter"
        self.brush.setToolTip(f"{what} ({self.actions.key('brush_smaller')} {self.actions.key('brush_larger')}, Shift+wheel)")
        widgets.set_text(self.brush_name, "Reach" if is_reach else "Brush")
        widgets.set_text(self.brush_words, millimetres(tools.size_mm))

    def _show_steps(self, new: SessionState) -> None:
        work = new.work
        for widget in self._needs_work:
            widget.setEnabled(work is not None)
        undo, redo = (work.undo[-1].name if work and work.undo else ""), (work.redo[-1].name if work and work.redo else "")
        self.undo.setEnabled(bool(undo))
        self.redo.setEnabled(bool(redo))
        self.undo.setToolTip(f"Undo “{undo}” ({self.actions.key('undo')})" if undo else "Nothing to undo on this slice")
        self.redo.setToolTip(f"Redo “{redo}” ({self.actions.key('redo')})" if redo else "Nothing to redo on this slice")
