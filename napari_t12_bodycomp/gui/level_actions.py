"""What a hand asks about the level: search, look, choose, confirm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari_t12_bodycomp.gui.ask_files import AskFiles
from napari_t12_bodycomp.gui.canvas import Canvas
from napari_t12_bodycomp.gui.case_flow import CaseFlow
from napari_t12_bodycomp.gui.level_flow import LevelFlow
from napari_t12_bodycomp.model.level import LevelMethod
from napari_t12_bodycomp.workflow.session import Session


def level_actions(session: Session, canvas: Canvas, flow: CaseFlow, level_flow: LevelFlow, ask: AskFiles) -> dict[str, Callable[..., Any]]:
    """Who carries each of these actions out."""
    return {
        "locate_again": flow.locate,
        "confirm_level": lambda: _confirm(session, canvas),
        "set_level_here": lambda: session.choose_level(session.state.view_index),
        "go_to_level": lambda: _go_to_level(session),
        "slice_up": lambda: session.view(session.state.view_index + 1),
        "slice_down": lambda: session.view(session.state.view_index - 1),
        "vertebra_up": lambda: level_flow.look_at_neighbour(1),
        "vertebra_down": lambda: level_flow.look_at_neighbour(-1),
        "compare_levels": level_flow.compare_levels,
        "second_opinion": lambda: level_flow.ask_opinion(),
        "opinion_file": lambda: _weigh_file(level_flow, ask.opinion()),
    }


def _confirm(session: Session, canvas: Canvas) -> None:
    """Close the contour or polygon that is being drawn, else confirm the level and say so."""
    if canvas.tools.complete():
        return
    session.confirm_level()
    level = session.state.level
    assert level is not None
    how = "" if level.method is LevelMethod.AUTOMATIC else " (set by hand)"
    session.tell(f"Level confirmed by {level.confirmed_by}{how}.")


def _go_to_level(session: Session) -> None:
    """Show the measured slice."""
    level = session.state.level
    if level is None:
        session.tell("No level is set yet: drag the level line to the middle of T12.")
    else:
        session.view(level.slice_index)


def _weigh_file(level_flow: LevelFlow, file: str) -> None:
    """Weigh a label map of the vertebrae as a second opinion; nothing happens where nobody chose one."""
    if file:
        level_flow.ask_opinion(file)
