"""Everything a person can ask for, by name: buttons, keys and menus trigger the same actions and hold nothing else.

Panels show `Action.text`, `Actions.tooltip(id)` and `Actions.key(id)` and call `Actions.trigger(id)`. Who carries an action out connects to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from psygnal import Signal


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to ask for.

    Parameters
    ----------
    id : str
        Its name in code.
    text : str
        A word or two for a button.
    tip : str
        A sentence for the tooltip, without the key.
    key : str
        The key that it starts with ("" for none), as napari writes keys: ``Ctrl+Shift+Z``.
    group : str
        Heading under which the key help lists it.
    hold : bool
        True where the key is held down.
    also : str
        A second key that it starts with, "" for none.
    """

    id: str
    text: str
    tip: str
    key: str = ""
    group: str = "Case"
    hold: bool = False
    also: str = ""


ACTIONS = (
    Action("open_folder", "Open folder", "Open a folder of DICOM files.", "Ctrl+Shift+D"),
    Action("open_file", "Open file", "Open a DICOM file, a zip or tar of DICOM files, or a NIfTI file."),
    Action("open_pacs", "From the PACS", "Search the hospital's archive for a scan and open it.", "F4"),
    Action("cancel", "Cancel", "Stop what is running."),
    Action("save", "Save", "Write the CSV row, the picture and the regions.", "Ctrl+S"),
    Action("save_draft", "Save as draft", "Write what is there, marked as not confirmed."),
    Action("choose_folder", "Save to ...", "Choose the folder that results are written to."),
    Action("next", "Next case", "Open the next case.", "N"),
    Action("study", "Study", "Show the study: sign in, or choose a case from the worklist.", "F3", "Study"),
    Action("submit", "Submit", "Hand the case in for review; for a reviewer: approve it.", "Ctrl+Enter", "Study"),
    Action("return_case", "Return", "Send the case back to its assessor, with a reason.", "", "Study"),
    Action("correct", "Correct", "Change the drawing yourself: somebody else must then approve it.", "", "Study"),
    Action("reopen_case", "Reopen", "Unlock the approved case, with a reason.", "", "Study"),
    Action("draw_third", "Draw a third", "Take neither reading, and draw what is right.", "", "Study"),
    Action("stop_asking", "Cancel", "Decide later.", "", "Study"),
    Action("comment", "Comment", "Pin a comment to the point under the mouse.", "C", "Study"),
    Action("flicker", "Flicker", "Show the draft, or the version chosen in Review, in place of the drawing.", "F", "Study", hold=True),
    Action("add_to_study", "Add to the study", "Take the scan on screen into the study as a case.", "", "Study"),
    Action("resume", "Resume", "Go on with the unfinished work on this case."),
    Action("discard", "Discard", "Throw the unfinished work on this case away."),
    Action("locate_again", "Find T12 again", "Search for T12 once more."),
    Action("confirm_level", "Confirm level", "Confirm that this slice is the middle of T12.", "Enter", "Level"),
    Action("set_level_here", "Level here", "Measure the slice on screen.", "Shift+L", "Level"),
    Action("go_to_level", "To the level", "Show the slice at the T12 level.", "L", "Level"),
    Action("slice_up", "Slice up", "One slice towards the head.", "PageUp", "Level"),
    Action("slice_down", "Slice down", "One slice towards the feet.", "PageDown", "Level"),
    Action("compare_levels", "±5 mm", "Show how much the areas change 5 mm lower and 5 mm higher, draft against draft.", "", "Level"),
    Action("region_muscle", "Muscle", "Draw muscle, locked to its HU window.", "M", "Draw"),
    Action("region_visceral", "Visceral", "Draw the visceral cavity, locked to its fat.", "V", "Draw"),
    Action("region_subcutaneous", "Subcut.", "Draw the subcutaneous layer, locked to its fat.", "S", "Draw"),
    Action("toggle_lock", "HU-lock", "Keep whatever paints in the HU window.", "I", "Draw"),
    Action("tool_move", "Move", "Move and zoom the picture.", "6", "Draw"),
    Action("tool_brush", "Brush", "Paint the active region.", "2", "Draw"),
    Action("tool_erase", "Erase", "Erase; the HU-lock never binds the eraser.", "1", "Draw"),
    Action("tool_polygon", "Polygon", "Click around an area; Enter fills it.", "3", "Draw"),
    Action("tool_fill", "Fill", "Fill a connected area.", "4", "Draw"),
    Action("tool_livewire", "Livewire", "Click along an edge, the contour snaps to it; a double click closes.", "Q", "Draw"),
    Action("tool_seed", "Seed fill", "Grow from the pixel under the mouse by its HU; a click fills.", "G", "Draw"),
    Action("tool_push", "Push", "Push the border: outward from inside, inward from outside.", "K", "Draw"),
    Action("hold_move", "Move", "Move the picture with the mouse while the key is held.", "Space", "Draw", hold=True),
    Action(
        "point_back",
        "Point back",
        "Take the last point of a contour or polygon away (also X); for a reviewer: return the case.",
        "Backspace",
        "Draw",
        also="X",
    ),
    Action("give_up", "Give up", "Give up a contour, polygon or push that was begun.", "Escape", "Draw"),
    Action("brush_smaller", "Smaller brush", "A smaller brush or seed fill (also Shift+wheel).", "[", "Draw"),
    Action("brush_larger", "Larger brush", "A larger brush or seed fill (also Shift+wheel).", "]", "Draw"),
    Action("tolerance_narrower", "Narrower", "Seed fill: a narrower HU tolerance, at last the HU window.", ",", "Draw"),
    Action("tolerance_wider", "Wider", "Seed fill: HU near the pixel's, 10 HU wider each time.", ".", "Draw"),
    Action("fill_holes", "Fill holes", "Fill the holes in the active region.", "Shift+F", "Draw"),
    Action("simplify", "Simplify", "Remove specks and small holes and smooth the outline.", "Shift+S", "Draw"),
    Action("grow", "Grow", "Grow the active region by one pixel.", "Shift+G", "Draw"),
    Action("shrink", "Shrink", "Shrink the active region by one pixel.", "Shift+K", "Draw"),
    Action("draft_again", "Draft again", "Draft the regions anew, as one undo step.", "D", "Draw"),
    Action("copy_slice", "Copy slice", "Copy the regions of the nearest slice that was drawn on.", "A", "Draw"),
    Action("copy_earlier", "Earlier visit", "Copy the regions of an earlier visit of the same patient.", "Shift+A", "Draw"),
    Action(
        "compare_draft",
        "Compare",
        "Show where the drawing differs from the automatic draft, or from the version chosen in Review.",
        "Shift+D",
        "Draw",
    ),
    Action("undo", "Undo", "Take the last step on this slice back.", "Ctrl+Z", "Draw"),
    Action("redo", "Redo", "Do the step taken back again.", "Ctrl+Shift+Z", "Draw"),
    Action("hide_overlay", "Hide overlay", "Hide the drawing while the key is held.", "H", "View", hold=True),
    Action("cycle_display", "Display", "Contours, tissues, or both.", "T", "View"),
    Action("more_opacity", "More opacity", "Make the tissues more opaque.", "O", "View"),
    Action("less_opacity", "Less opacity", "Make the tissues more transparent.", "Shift+O", "View"),
    Action("window_soft", "Soft tissue", "Soft-tissue window: W 400, L 40.", "W", "View"),
    Action("window_bone", "Bone", "Bone window: W 1800, L 400.", "B", "View"),
    Action("window_lung", "Lung", "Lung window: W 1500, L -600.", "U", "View"),
    Action("fit_view", "Fit", "Fit the body to the view.", "Home", "View"),
    Action("screenshot", "Screenshot", "Save a picture of the window.", "F12", "View"),
    Action("plain_view", "Plain napari", "Show napari's own panels, or hide them.", "F2", "View"),
    Action("help", "Keys", "Show all keys.", "F1", "View"),
    Action("vertebra_up", "Next up", "Look at the middle of the next vertebra towards the head.", "Shift+PageUp", "Level"),
    Action("vertebra_down", "Next down", "Look at the middle of the next vertebra towards the feet.", "Shift+PageDown", "Level"),
    Action("second_opinion", "Second opinion", "Ask TotalSegmentator, on this computer, which vertebra it calls T12.", "", "Level"),
    Action(
        "opinion_file", "From file", "Ask a label map of the vertebrae that was made elsewhere (NIfTI, on this scan's grid).", "", "Level"
    ),
)
"""All actions, in the order in which the key help lists them. Actions with an argument (``open_path``, ``open_series``) have no key."""

WITH_ARGUMENT: tuple[str, ...] = ("open_path", "open_series", "resume_case", "discard_case", "open_case", "sign_off", "send_back", "unlock")
"""Actions that take one argument: a path, a series offer, unfinished work found at the start, the number of a case, a password or a reason."""
WITH_ARGUMENT += ("add_comment", "go_to_comment", "compare_with", "take_reading")
"""A comment's text; the place of a comment in its list; the number of a version, None for the draft; which reading is taken."""


_ON_THE_CASE = frozenset({"save", "save_draft", "submit", "return_case", "correct", "reopen_case", "draw_third", "comment", "flicker"})


def changes_picture(action_id: str) -> bool:
    """Whether the action is about the drawing or the slice on screen, or decides on what is seen there."""
    return action_id in _ON_THE_CASE or any(a.id == action_id and a.group in ("Level", "Draw") for a in ACTIONS)


class Actions:
    """The actions of one workbench."""

    triggered = Signal(str)
    """Emitted with the action's id after it was carried out."""
    key_changed = Signal(str)
    """Emitted with the action's id when its key changed in napari's settings."""

    def __init__(self) -> None:
        self._by_id = {action.id: action for action in ACTIONS}
        self._keys = {action.id: action.key for action in ACTIONS}
        self._callables: dict[str, Callable[..., Any]] = {}

    def __iter__(self) -> Iterator[Action]:
        return iter(ACTIONS)

    def __getitem__(self, action_id: str) -> Action:
        return self._by_id[action_id]

    def key(self, action_id: str) -> str:
        """The key that triggers the action now, "" for none."""
        return self._keys[action_id]

    def set_key(self, action_id: str, key: str) -> None:
        """Note that another key triggers the action from now on."""
        if self._keys[action_id] != key:
            self._keys[action_id] = key
            self.key_changed.emit(action_id)

    def tooltip(self, action_id: str) -> str:
        """What the action does, with its key."""
        action, key = self._by_id[action_id], self._keys[action_id]
        held = "hold " if action.hold else ""
        return f"{action.tip} ({held}{key})" if key else action.tip

    def connect(self, action_id: str, function: Callable[..., Any]) -> None:
        """Let `function` carry the action out; one function per action, the last one counts."""
        if action_id not in self._by_id and action_id not in WITH_ARGUMENT:
            raise KeyError(f"there is no action {action_id!r}")
        self._callables[action_id] = function

    def trigger(self, action_id: str, *arguments: Any) -> None:
        """Carry the action out; nothing happens where nobody does."""
        function = self._callables.get(action_id)
        if function is not None:
            function(*arguments)
            self.triggered.emit(action_id)
