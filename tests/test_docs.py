"""What the documents say is what the program does."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from napari_t12_bodycomp.model.cohort_variables import CANDIDATES, COVARIATES, EXPOSURES, KNOWN, MARKERS, PAIR_PREDICTORS
from napari_t12_bodycomp.model.cutoffs import CUTOFF_SETS
from napari_t12_bodycomp.model.tissue import PRESETS, Tissue
from napari_t12_bodycomp.report.data_dictionary import MEANINGS
from napari_t12_bodycomp.report.indices_csv import COLUMNS, FILE_COLUMNS

ROOT = Path(__file__).resolve().parent.parent
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")


def table_lines(text: str, header: str) -> list[str]:
    """The lines of the table whose header line begins with `header`."""
    return list(itertools.takewhile(lambda line: line.startswith("|"), text[text.index(header) :].splitlines()[2:]))


def table_rows(text: str, header: str) -> Iterator[tuple[str, ...]]:
    """The cells of the table whose header line begins with `header`."""
    for line in table_lines(text, header):
        yield tuple(cell.strip().strip("`") for cell in line.strip("|").split("|"))


def test_the_data_dictionary_lists_every_column_in_order_with_its_unit() -> None:
    described = [(name, unit) for name, unit, meaning in table_rows(PROTOCOL, "| column | unit |") if meaning]
    assert described == [*((c.name, c.unit) for c in COLUMNS), *((name, "") for name in FILE_COLUMNS)]


@pytest.mark.parametrize("document", ["docs/protocol.md", "README.md"])
def test_the_printed_presets_are_the_shipped_ones(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    printed = {row[0].removesuffix(" (default)").strip("`"): row[1:5] for row in table_rows(text, "| preset |")}
    assert printed == {p.name: tuple(str(p.window(t)) for t in Tissue) for p in PRESETS.values()}


def test_the_printed_cut_offs_are_the_shipped_ones() -> None:
    printed = [row[:4] for row in table_rows(PROTOCOL, "| set | quantity |")]
    assert printed == [(s.name, f"{c.quantity} {c.side}", f"{c.men:g}", f"{c.women:g}") for s in CUTOFF_SETS.values() for c in s.cutoffs]


@pytest.mark.parametrize("document", sorted(p.relative_to(ROOT).as_posix() for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]))
def test_links_and_pictures_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = [t for t in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) if "://" not in t]
    assert [t for t in targets if not (ROOT / document).parent.joinpath(t).exists()] == []


def test_the_exported_data_dictionary_says_what_the_document_says() -> None:
    described = {name: meaning for name, _, meaning in table_rows(PROTOCOL, "| column | unit |") if name not in FILE_COLUMNS}
    assert described == MEANINGS


def test_the_reading_page_quotes_the_sentences_that_the_program_says() -> None:
    text = (ROOT / "docs" / "reading.md").read_text(encoding="utf-8")
    quoted = {q for line in table_lines(text, "| what you give |") for q in re.findall(r"`([^`]+)`", line.split("|")[3])}
    said = "\n".join(
        node.value
        for room in ("dicom", "workflow")
        for file in (ROOT / "napari_t12_bodycomp" / room).glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    assert len(quoted) > 20
    assert [q for q in sorted(quoted) if q not in said] == []


def test_the_page_on_cohorts_lists_the_columns_that_are_recognised() -> None:
    text = (ROOT / "docs" / "cohort.md").read_text(encoding="utf-8")
    printed = [
        (name, tuple(re.findall(r"[^`, ]+", columns)), limits) for name, columns, limits, _ in table_rows(text, "| variable | columns |")
    ]
    shipped = [(v.name, v.names, f"{v.limits[0]:g}..{v.limits[1]:g}" if v.limits else "") for v in KNOWN]
    assert printed == shipped
    defaults = {row[0]: row[2] for row in table_rows(text, "| option | what it sets |")}
    for option, names in (("covariates", COVARIATES), ("exposures", EXPOSURES), ("markers", MARKERS), ("candidates", CANDIDATES)):
        assert defaults[f"--{option}"] == ", ".join(names)
    assert defaults["--paired"] == ", ".join(PAIR_PREDICTORS)
