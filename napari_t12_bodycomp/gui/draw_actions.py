"""What a hand asks for while it draws and looks: regions, tools, sizes, the lock, undo, and how the picture shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari_t12_bodycomp.gui.canvas import Canvas
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.model.tools import Display, Tool
from napari_t12_bodycomp.workflow.drawing import OPERATIONS, operate, reference
from napari_t12_bodycomp.workflow.session import Session

OPACITY_STEP = 0.1


def draw_actions(session: Session, canvas: Canvas) -> dict[str, Callable[..., Any]]:
    """Who carries each of these actions out."""
    does: dict[str, Callable[..., Any]] = {
        "toggle_lock": lambda: session.set_tools(hu_lock=not session.state.tools.hu_lock),
        "brush_smaller": lambda: session.set_tools(session.state.tools.resized(-1)),
        "brush_larger": lambda: session.set_tools(session.state.tools.resized(1)),
        "tolerance_narrower": lambda: _change_tolerance(session, -1),
        "tolerance_wider": lambda: _change_tolerance(session, 1),
        "hold_move": canvas.tools.hold_move,
        "give_up": canvas.tools.give_up,
        "undo": lambda: _undo(session),
        "redo": lambda: _redo(session),
        "compare_draft": lambda: _compare(session),
        "hide_overlay": lambda hidden=None: session.set_tools(hidden=not session.state.tools.hidden if hidden is None else hidden),
        "cycle_display": lambda: _cycle_display(session),
        "more_opacity": lambda: _change_opacity(session, OPACITY_STEP),
        "less_opacity": lambda: _change_opacity(session, -OPACITY_STEP),
        "fit_view": canvas.fit,
    }
    for name in ("soft", "bone", "lung"):
        does[f"window_{name}"] = lambda name=name: canvas.set_window(name)
    for operation in OPERATIONS:
        does[operation] = lambda operation=operation: session.edit(*operate(session.state, operation))
    for region in Region:
        does[f"region_{region.name.lower()}"] = lambda region=region: _choose_region(session, region)
    for tool in Tool:
        does[f"tool_{tool.value}"] = lambda tool=tool: session.set_tools(tool=tool)
    return does


def _choose_region(session: Session, region: Region) -> None:
    """Take a region in hand, with its HU-lock."""
    tool = session.state.tools.tool
    session.set_tools(region=region, hu_lock=True, tool=Tool.BRUSH if tool in (Tool.MOVE, Tool.ERASE) else tool)


def _undo(session: Session) -> None:
    """Take the last step back and say which."""
    name = session.undo()
    session.tell(f"Undone: {name}." if name else "There is nothing to undo on this slice.")


def _redo(session: Session) -> None:
    """Do the last undone step again and say which."""
    name = session.redo()
    session.tell(f"Done again: {name}." if name else "There is nothing to redo on this slice.")


def _compare(session: Session) -> None:
    """Compare with the reference, or stop comparing."""
    if not session.state.tools.compare and reference(session.state) is None:
        session.tell("There is no automatic draft of this slice to compare with: draft it first; the step can be undone.")
        return
    session.set_tools(compare=not session.state.tools.compare)


def _change_tolerance(session: Session, steps: int) -> None:
    """Widen or narrow what the seed fill takes."""
    session.set_tools(session.state.tools.with_tolerance(steps))


def _cycle_display(session: Session) -> None:
    """Both, contours, tissues, and round again."""
    order = list(Display)
    session.set_tools(display=order[(order.index(session.state.tools.display) + 1) % len(order)])


def _change_opacity(session: Session, step: float) -> None:
    session.set_tools(opacity=round(min(max(session.state.tools.opacity + step, 0.1), 1.0), 2))
