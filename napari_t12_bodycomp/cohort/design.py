"""Columns of a table as an outcome and a matrix: complete rows, categories as comparisons with a reference, columns that tell nothing new."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.cohort.complete import ROUNDING
from napari_t12_bodycomp.errors import InputError, UsageError

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
_COLLINEAR = 1e-7
"""A column of which less than this share is left when the earlier ones are taken out is one of their combinations (as in R's glm)."""


@dataclass(frozen=True, slots=True)
class Label:
    """Which column of the matrix this is: the predictor, and the category with its reference ("" where it is a number)."""

    name: str
    level: str = ""
    reference: str = ""

    def __str__(self) -> str:
        return f"{self.name} = {self.level}" if self.level else self.name


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """`outcome` (rows,) of 0 and 1, `matrix` (rows, columns) without intercept, `kept` (all rows,) which rows of the table are complete."""

    outcome: Floats
    matrix: Floats
    labels: tuple[Label, ...]
    kept: Bools
    warnings: tuple[str, ...] = ()

    @property
    def n_left_out(self) -> int:
        return int((~self.kept).sum())

    def columns(self, wanted: Sequence[int]) -> Design:
        """The same rows with these columns alone."""
        return replace(self, matrix=self.matrix[:, list(wanted)], labels=tuple(self.labels[i] for i in wanted))

    def indices_of(self, names: Sequence[str]) -> list[int]:
        return [i for i, label in enumerate(self.labels) if label.name in names]

    @property
    def terms(self) -> tuple[str, ...]:
        """The predictors' names, each once, in order."""
        return tuple(dict.fromkeys(label.name for label in self.labels))


def build(
    outcome: npt.ArrayLike, predictors: Mapping[str, npt.ArrayLike], references: Mapping[str, str], also: Bools | None = None
) -> Design:
    """The complete rows of `outcome` (rows,) and of the columns by name; `also` (rows,) marks rows that other columns leave in.

    A column with text is a category; its reference is the one named in `references`, else the first in alphabetical order. NaN, None and ""
    are missing.

    Raises
    ------
    InputError
        Where the outcome holds something else than 0 and 1, or columns differ in length or hold infinite values.
    UsageError
        Where a reference is no category of its column, or no text stands in that column.
    """
    y = numbers("the outcome", cells(outcome))
    if not np.isin(y[~np.isnan(y)], (0, 1)).all():
        found = ", ".join(f"{v:g}" for v in np.unique(y[~np.isnan(y)])[:4])
        raise InputError(f"An outcome of 0 and 1 is wanted (1 the event), it holds {found}: recode it.")
    kept = ~np.isnan(y) if also is None else ~np.isnan(y) & also
    columns = {name: cells(values) for name, values in predictors.items()}
    for name, entries in columns.items():
        if len(entries) != len(y):
            raise InputError(f"{len(y)} values are wanted as the outcome has them, {name!r} has {len(entries)}.")
        kept &= np.array([not is_missing(cell) for cell in entries], dtype=bool)
    coded, warnings = [], []
    for name, entries in columns.items():
        if any(isinstance(cell, str) for cell in entries):
            more, warning = _categories(name, entries, kept, references.get(name, ""))
            coded += more
            warnings += [warning] if warning else []
        elif name in references:
            raise UsageError(
                f"{name!r} holds numbers, which have no reference category {references[name]!r}: write the categories as text."
            )
        else:
            coded.append((Label(name), numbers(name, entries)[kept]))
    matrix = np.stack([values for _, values in coded], axis=1) if coded else np.empty((int(kept.sum()), 0))
    return Design(y[kept], matrix, tuple(label for label, _ in coded), kept, tuple(warnings))


def cells(values: npt.ArrayLike) -> list[object]:
    """A column's entries one by one, as they are."""
    return list(np.asarray(values, dtype=object).ravel())


def is_missing(cell: object) -> bool:
    """Whether a cell is None, "", NaN or pandas' NA."""
    return cell is None or type(cell).__name__ in ("NAType", "NaTType") or cell == "" or cell != cell


def numbers(name: str, entries: Sequence[object]) -> Floats:
    """A column of finite numbers, missing ones as NaN; InputError, naming the column, where others stand there."""
    try:
        found = np.array([math.nan if is_missing(cell) else float(cell) for cell in entries], dtype=np.float64)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InputError(f"Numbers are wanted in {name}, other values stand there: correct or recode them.") from None
    if np.isinf(found).any():
        raise InputError(f"Finite numbers are wanted in {name}, an infinite one stands there: leave the cell empty where it is unknown.")
    return found


def _categories(name: str, entries: Sequence[object], kept: Bools, reference: str) -> tuple[list[tuple[Label, Floats]], str]:
    """A column of 0 and 1 for each category but the reference, and a warning where the wanted reference has no complete row."""
    everywhere = sorted({str(cell) for cell in entries if not is_missing(cell)})
    words = np.array([str(cell) for cell, keep in zip(entries, kept, strict=True) if keep], dtype=object)
    levels = sorted(set(words))
    if reference and reference not in everywhere:
        raise UsageError(f"A reference of {name!r} is wanted among {', '.join(everywhere)}, {reference!r} is none of them.")
    warning = ""
    if reference and reference not in levels:
        warning = f"{name}: no complete row has the wanted reference {reference!r}, so that another one is taken."
    chosen = reference if reference in levels else (levels[0] if levels else "")
    compared = [level for level in levels if level != chosen]
    if not compared:
        return [(Label(name), np.zeros(len(words)))], warning
    return [(Label(name, level, chosen), (words == level).astype(np.float64)) for level in compared], warning


def split_redundant(design: Design, within: Floats | None = None, where: str = "in the complete rows") -> tuple[Design, dict[Label, str]]:
    """The design without columns that tell nothing beyond earlier ones, and why each of these was left out.

    `within` (rows, columns) is the matrix with what the model takes out anyway (its mean, or each set's mean) taken out.
    """
    centred = design.matrix - design.matrix.mean(axis=0) if within is None else within
    size = np.abs(design.matrix).max(axis=0, initial=0)
    wanted: list[int] = []
    why: dict[Label, str] = {}
    for i, label in enumerate(design.labels):
        column = centred[:, i]
        if np.abs(column).max(initial=0) <= ROUNDING * max(size[i], 1e-300):
            why[label] = f"{label} does not vary {where}: it tells nothing and is left out"
            continue
        basis = centred[:, wanted] / np.linalg.norm(centred[:, wanted], axis=0)
        weights = np.linalg.lstsq(basis, column, rcond=None)[0]
        if np.linalg.norm(column - basis @ weights) > _COLLINEAR * np.linalg.norm(column):
            wanted.append(i)
            continue
        share = np.abs(weights) > 1e-6 * np.linalg.norm(column)
        others = ", ".join(str(design.labels[j]) for j, shares in zip(wanted, share, strict=True) if shares)
        why[label] = f"{label} is a combination of {others}: the later column is left out"
    return design.columns(wanted), why
