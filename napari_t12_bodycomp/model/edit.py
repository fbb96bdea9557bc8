"""Edits as values: what changed on the label map, under which name, and how to take it back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.model.protocol import Protocol


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """One named change of a label map.

    `where` holds flat indices into the map (row-major), `before` and `after` the labels there. `follows` are the protocols whose options the map
    followed before and after, where the edit put another map in its place: a draft, or a copy.
    """

    name: str
    where: npt.NDArray[np.int32]
    before: npt.NDArray[np.uint8]
    after: npt.NDArray[np.uint8]
    follows: tuple[Protocol | None, Protocol | None] | None = None

    @classmethod
    def between(cls, name: str, before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8]) -> Edit:
        """The edit that turns `before` into `after`, both (Y, X)."""
        if before.shape != after.shape:
            raise ValueError(f"maps of one shape are wanted, {before.shape} and {after.shape} came")
        where = np.flatnonzero(before != after).astype(np.int32)
        return cls(name, where, before.ravel()[where], after.ravel()[where])

    @property
    def is_empty(self) -> bool:
        return self.where.size == 0

    def apply(self, regions: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """A new map with the edit made; ValueError where `regions` is not the map that the edit was made on."""
        result = regions.copy()
        flat = result.reshape(-1)
        if not np.array_equal(flat[self.where], self.before):
            raise ValueError(f"the edit {self.name!r} was made on another map")
        flat[self.where] = self.after
        return result

    def inverse(self) -> Edit:
        """The edit that takes this one back."""
        return Edit(self.name, self.where, self.after, self.before, None if self.follows is None else (self.follows[1], self.follows[0]))
