"""One drawing and its steps: do, take back, do again. A step carries the protocol that the regions follow along with the regions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.edit import Edit
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.roi_map import check_roi_map
from napari_t12_bodycomp.workflow.session_state import Work

UNDO_STEPS = 200


def edited(work: Work, name: str, regions: npt.NDArray[np.uint8], follows: Protocol | None = None) -> Work:
    """`work` with `regions` (uint8, (Y, X)) as one more step called `name`; `work` itself where nothing changed.

    `follows` is the protocol that they were made by where they were not drawn here: a draft, or a copy.
    """
    check_roi_map(regions)
    edit = Edit.between(name, work.regions, regions)
    if edit.is_empty:
        return work if follows is None or follows == work.follows else replace(work, follows=follows)
    if follows is not None:
        edit = replace(edit, follows=(work.follows, follows))
    return replace(work, regions=regions.copy(), undo=(*work.undo, edit)[-UNDO_STEPS:], redo=(), follows=follows or work.follows)


def undone(work: Work) -> Work:
    """`work` with its last step taken back; there must be one."""
    edit = work.undo[-1]
    return replace(_applied(work, edit.inverse()), undo=work.undo[:-1], redo=(*work.redo, edit))


def redone(work: Work) -> Work:
    """`work` with the step taken back last done again; there must be one."""
    edit = work.redo[-1]
    return replace(_applied(work, edit), undo=(*work.undo, edit), redo=work.redo[:-1])


def _applied(work: Work, edit: Edit) -> Work:
    follows = work.follows if edit.follows is None else edit.follows[1]
    return replace(work, regions=edit.apply(work.regions), follows=follows)
