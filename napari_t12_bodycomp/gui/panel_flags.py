"""What a reader of the numbers must know, in plain words: quality flags, the draft's doubts, warnings of the reader and the level."""

from __future__ import annotations

import re

from napari_t12_bodycomp.gui import widgets
from napari_t12_bodycomp.gui.panel import Panel
from napari_t12_bodycomp.workflow.options import option_flags
from napari_t12_bodycomp.workflow.session_state import SessionState

MAX_SHOWN = 3
_MEASURED = re.compile(r"[−-]?\d+(\.\d+)?(?=\s?(cm2|cm²|HU|% of))")
"""What is left out of a flag while the numbers are hidden: areas, HU and shares of them."""


def flag_sentences(state: SessionState) -> list[str]:
    """All sentences, each once; what the regions do otherwise than the protocol says goes first, since only a hand can mend it."""
    said: list[str] = []
    if state.work is not None:
        said += [flag.sentence for flag in (*option_flags(state.protocol, state.work.draft, state.work.follows), *state.work.quality)]
        if state.work.draft is not None:
            said += state.work.draft.notes
    if state.volume is not None:
        said += state.volume.acquisition.warnings
    if state.numbers_hidden:
        said = [_MEASURED.sub("…", sentence) for sentence in said]
    return list(dict.fromkeys(said))


def flag_text(sentences: list[str]) -> tuple[str, str]:
    """What is shown and what the tooltip adds."""
    if len(sentences) < 2:
        return "".join(sentences), ""
    dotted = [f"• {sentence}" for sentence in sentences]
    if len(dotted) <= MAX_SHOWN:
        return "\n".join(dotted), ""
    rest = len(dotted) - MAX_SHOWN
    return "\n".join([*dotted[:MAX_SHOWN], f"… and {rest} more: point here."]), "\n".join(dotted)


class FlagsPanel(Panel):
    """Flags in an amber box; one calm line where there are none."""

    def _build(self) -> None:
        self.box = widgets.label("", "warning", wrap=True)
        self.calm = widgets.label("Nothing to note about this scan and draft.", "muted", wrap=True)
        self.setLayout(widgets.column(self.box, self.calm))

    def _redraw(self, old: SessionState | None, new: SessionState) -> None:
        if old is not None and old.volume is new.volume and self._notes_of(old) == self._notes_of(new):
            return
        text, tip = flag_text(flag_sentences(new))
        widgets.set_text(self.box, text, hide_empty=True)
        self.box.setToolTip(tip)
        self.calm.setHidden(bool(text) or new.work is None or new.work.draft is None)

    @staticmethod
    def _notes_of(state: SessionState) -> tuple[object, ...]:
        work = state.work
        return () if work is None else (id(work.quality), id(work.draft), work.follows, state.protocol, state.numbers_hidden)
