"""The house rules: a room looks down, never up and never sideways; read from the imports, and tried with napari and Qt out of reach."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = "napari_t12_bodycomp"
SOURCE = Path(__file__).resolve().parent.parent / PACKAGE
FILES = sorted(SOURCE.rglob("*.py"))

SEES = {
    "errors": set(),
    "model": {"errors"},
    "phantom": {"errors", "model", "dicom"},
    "analysis": {"errors", "model"},
    "cohort": {"errors", "model"},
    "dicom": {"errors", "model"},
    "store": {"errors", "model"},
    "opinion": {"errors", "model"},
    "report": {"errors", "model"},
    "workflow": {"errors", "model", "analysis", "cohort", "dicom", "store", "report", "phantom", "opinion"},
    "batch": {"errors", "model", "workflow"},
    "gui": {"errors", "model", "workflow", "phantom"},
    "cli": {
        "errors",
        "model",
        "report",
        "workflow",
        "batch",
        "gui",
        "phantom",
        "cli_agreement",
        "cli_cohort",
        "cli_batch",
        "cli_scan",
        "cli_study",
        "cli_dicom",
        "cli_pacs",
    },
    "cli_agreement": {"errors", "model", "report", "workflow"},
    "cli_cohort": {"errors", "model", "report", "workflow"},
    "cli_scan": {"errors", "model", "report", "workflow", "cli_study", "cli_dicom"},
    "cli_batch": {"errors", "model", "report", "workflow", "batch", "cli_scan", "cli_study"},
    "cli_study": {"errors", "model", "workflow"},
    "cli_dicom": {"errors", "model", "workflow"},
    "cli_pacs": {"errors", "model", "workflow"},
    "__main__": {"cli"},
    "__init__": set(),
}
"""Which rooms a room may import besides itself."""

ALSO_SEES = {"gui": ("analysis.histogram", "analysis.reformat")}
"""Single modules beyond that: pure pictures of pixels, made for the window alone."""

ONLY_IN = {
    "napari": {"gui"},
    "qtpy": {"gui"},
    "vispy": {"gui"},
    "superqt": {"gui"},
    "magicgui": {"gui"},
    "npe2": {"gui"},
    "pydicom": {"dicom"},
    "pynetdicom": {"dicom"},
    "highdicom": {"dicom"},
    "dicomweb_client": {"dicom"},
    "requests": {"dicom"},
    "keyring": {"workflow"},
    "dicomanonymizer": {"dicom"},
    "nibabel": {"dicom", "report", "opinion"},
    "totalsegmentator": {"opinion"},
    "torch": set(),
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "argon2": {"store"},
    "statsmodels": {"cohort"},
    "psycopg": {"store"},
    "sqlite3": {"store"},
    "dask": {"batch"},
    "distributed": {"batch"},
    "PyQt5": set(),
    "PyQt6": set(),
    "PySide2": set(),
    "PySide6": set(),
}
"""Which rooms may import an outside package; packages that are not listed may stand anywhere."""


def room_of(file: Path) -> str:
    return file.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports_of(source: str, room_path: tuple[str, ...] = ()) -> Iterator[str]:
    """Dotted names that `source` imports, wherever in the file; relative ones are resolved against `room_path`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [PACKAGE, *room_path][: len(room_path) + 2 - node.level] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            yield from ([f"{module}.{alias.name}" for alias in node.names] if module == PACKAGE else [module])


def breaches(source: str, room: str, room_path: tuple[str, ...] = ()) -> list[str]:
    """What `source`, standing in `room`, imports against the rules."""
    found = []
    for name in imports_of(source, room_path):
        first, *rest = name.split(".")
        if ".".join(rest).startswith(ALSO_SEES.get(room, ())):
            continue
        if first == PACKAGE and rest and rest[0] in SEES and rest[0] not in SEES[room] | {room}:
            found.append(f"{room} imports {name}")
        if first in ONLY_IN and room not in ONLY_IN[first]:
            found.append(f"{room} imports {name}")
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.relative_to(SOURCE).as_posix())
def test_a_room_imports_only_what_it_may_see(file: Path) -> None:
    assert room_of(file) in SEES, f"{room_of(file)} is no room of the house: give it a place in SEES"
    assert breaches(file.read_text(encoding="utf-8"), room_of(file), file.relative_to(SOURCE).parts[:-1]) == []


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("analysis", "from napari_t12_bodycomp.dicom.read import read_volume"),
        ("model", "import napari_t12_bodycomp.workflow.analyse"),
        ("report", "from napari_t12_bodycomp import analysis"),
        ("analysis", "from ..dicom import series"),
        ("workflow", "def f():\n    from qtpy.QtWidgets import QWidget"),
        ("gui", "from PyQt5 import QtWidgets"),
        ("gui", "from napari_t12_bodycomp.analysis.draft import draft_regions"),
        ("report", "import pydicom"),
    ],
)
def test_the_reading_of_imports_sees_a_breach(room: str, source: str) -> None:
    assert len(breaches(source, room, (room,))) == 1


def test_the_science_imports_without_a_window_library() -> None:
    """Every module outside gui imports while napari, Qt and their relatives are out of reach."""
    modules = [".".join((PACKAGE, *f.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__") for f in FILES]
    modules = [m for m in modules if not m.startswith(f"{PACKAGE}.gui") and not m.endswith("__main__")]
    blocked = sorted(name for name, rooms in ONLY_IN.items() if rooms <= {"gui"})
    script = (
        "import importlib, sys\n"
        f"for name in {blocked!r}: sys.modules[name] = None\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=SOURCE.parent)
    assert done.returncode == 0, done.stderr
