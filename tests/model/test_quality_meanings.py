"""Every flag that the program raises can be put into words where its code alone was stored."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import napari_t12_bodycomp
from napari_t12_bodycomp.model.quality import MEANINGS, OUTSIDE_T12, stored_flag
from napari_t12_bodycomp.workflow.options import DRAFTED_OPTIONS

SOURCE = Path(napari_t12_bodycomp.__file__).parent
RAISERS = [*(SOURCE / "analysis").glob("*.py"), *(SOURCE / "workflow").glob("*.py")]


def _raised() -> Iterator[str]:
    """First words of `QualityFlag(...)` and of pairs of a code and a sentence, as they stand in the source."""
    for path in RAISERS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            made = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "QualityFlag"
            words = node.args if made else node.elts if isinstance(node, ast.Tuple) and path.name in ("patient.py", "doubt.py") else []
            first = words[0] if len(words) == 2 else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
            elif isinstance(first, ast.Name) and first.id == "OUTSIDE_T12":
                yield OUTSIDE_T12


def test_every_code_has_its_meaning() -> None:
    raised = {*_raised(), *DRAFTED_OPTIONS.values()}
    assert raised == set(MEANINGS)


def test_an_unknown_code_is_kept_and_said_to_be_unknown() -> None:
    assert stored_flag("noise_high").sentence.startswith("The scan is noisy")
    assert stored_flag("made_up").code == "made_up"
    assert "another version" in stored_flag("made_up").sentence
