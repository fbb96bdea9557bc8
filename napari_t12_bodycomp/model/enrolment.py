"""The flow chart of enrolment as numbers that add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from napari_t12_bodycomp.errors import InputError


@dataclass(frozen=True, slots=True)
class CentreFlow:
    """One centre: `groups` hold the patients by outcome, `n_unknown` those whose outcome is unknown.

    `matched` holds, by outcome, who is in a pair; None where this centre was not matched.
    """

    centre: str
    groups: Mapping[str, int]
    n_unknown: int = 0
    matched: Mapping[str, int] | None = None

    def __post_init__(self) -> None:
        for group, n in (self.matched or {}).items():
            if n > self.groups.get(group, 0):
                raise InputError(
                    f"No more matched patients than there are is wanted, {n} of {self.groups.get(group, 0)} in group {group!r} of centre "
                    f"{self.centre} came: check the pairs."
                )
        if self.matched is not None and len(set(self.matched.values())) > 1:
            raise InputError(f"As many matched patients in each group are wanted, {dict(self.matched)} came: match one to one.")

    @property
    def n(self) -> int:
        return sum(self.groups.values()) + self.n_unknown


@dataclass(frozen=True, slots=True)
class FlowChart:
    """From screening to pairs. `excluded` holds the patients left out, by reason, each once.

    Raises
    ------
    InputError
        Where the numbers do not add up.
    """

    n_screened: int
    excluded: Mapping[str, int]
    centres: tuple[CentreFlow, ...]

    def __post_init__(self) -> None:
        if any(n < 0 for n in self.excluded.values()):
            raise InputError("Numbers of patients from 0 on are wanted, an exclusion has fewer: correct it.")
        if self.n_included != sum(centre.n for centre in self.centres):
            raise InputError(
                f"{self.n_screened} screened less {self.n_excluded} excluded are {self.n_included}, the centres hold "
                f"{sum(centre.n for centre in self.centres)}: find the patients that differ."
            )

    @property
    def n_excluded(self) -> int:
        return sum(self.excluded.values())

    @property
    def n_included(self) -> int:
        return self.n_screened - self.n_excluded
