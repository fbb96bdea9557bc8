"""What a user installs: the wheel's content, the plugin manifest, the program's name, and the pinned versions."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from npe2 import PluginManifest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "napari_t12_bodycomp"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINS = [
    Requirement(line) for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Names inside a wheel that is built from a copy of the tree, without the network."""
    pytest.importorskip("setuptools", minversion="77", reason="a wheel is built with setuptools 77 or newer")
    tree = tmp_path_factory.mktemp("tree")
    for name in ("pyproject.toml", "setup.cfg", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / name, tree)
    shutil.copytree(PACKAGE, tree / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    build = "import setuptools.build_meta as b, sys; print(b.build_wheel(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", build, str(tree)], cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tree / done.stdout.splitlines()[-1]) as archive:
        return archive.namelist()


def test_the_wheel_carries_every_module_the_manifest_and_the_type_marker(wheel: list[str]) -> None:
    ours = {name for name in wheel if name.startswith("napari_t12_bodycomp/")}
    files = {p.relative_to(ROOT).as_posix() for p in PACKAGE.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    assert ours == files
    assert {"napari_t12_bodycomp/napari.yaml", "napari_t12_bodycomp/py.typed"} <= ours


def test_the_wheel_carries_nothing_else_but_its_metadata(wheel: list[str]) -> None:
    assert {name.split("/")[0].split("-")[0] for name in wheel} == {"napari_t12_bodycomp"}
    assert any(name.endswith("licenses/LICENSE") for name in wheel)


def test_the_manifest_is_valid_and_bears_the_distribution_s_name() -> None:
    manifest = PluginManifest.from_file(PACKAGE / "napari.yaml")
    assert manifest.name == PROJECT["name"]
    assert (ROOT / "napari.yaml").read_bytes() == (PACKAGE / "napari.yaml").read_bytes()
    commands = manifest.contributions.commands or []
    assert all(command.id.startswith(f"{PROJECT['name']}.") for command in commands)


@pytest.mark.window
def test_every_command_of_the_manifest_leads_to_something_to_call() -> None:
    manifest = PluginManifest.from_file(PACKAGE / "napari.yaml")
    for command in manifest.contributions.commands or []:
        module, _, name = (command.python_name or "").partition(":")
        assert callable(getattr(importlib.import_module(module), name)), command.id


def test_the_program_and_the_plugin_are_installed_under_their_names() -> None:
    (program,) = [e for e in entry_points(group="console_scripts") if e.name == "t12-bodycomp"]
    assert callable(program.load())
    (plugin,) = [e for e in entry_points(group="napari.manifest") if e.name == PROJECT["name"]]
    assert plugin.value == "napari_t12_bodycomp:napari.yaml"


def test_versions_are_pinned_by_name_and_nothing_else() -> None:
    assert all(len(pin.specifier) == 1 and next(iter(pin.specifier)).operator == "==" and not pin.url for pin in PINS)
    unconditional = [canonicalize_name(pin.name) for pin in PINS if pin.marker is None]
    assert len(unconditional) == len(set(unconditional))


def test_every_dependency_is_pinned_within_its_bounds() -> None:
    extras = PROJECT["optional-dependencies"]
    wanted = [Requirement(r) for group in (PROJECT["dependencies"], *extras.values()) for r in group]
    for requirement in wanted:
        if requirement.name == PROJECT["name"]:
            assert requirement.extras <= set(extras)
            continue
        pins = [p for p in PINS if canonicalize_name(p.name) == canonicalize_name(requirement.name)]
        assert pins, f"{requirement.name} has no version in constraints.txt"
        for pin in pins:
            assert requirement.specifier.contains(next(iter(pin.specifier)).version), str(requirement)


def test_the_extras_have_their_documented_names() -> None:
    assert set(PROJECT["optional-dependencies"]) == {"pyqt5", "pyqt6", "postgres", "pacs", "batch", "totalsegmentator", "all", "dev"}


def test_the_citation_names_this_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(rf"^version: {re.escape(PROJECT['version'])}$", citation, re.MULTILINE)
    assert re.search(rf"^title: {re.escape(PROJECT['name'])}$", citation, re.MULTILINE)


@pytest.mark.skipif(not sys.platform.startswith("linux") or shutil.which("Xvfb") is None, reason="Xvfb is not installed")
@pytest.mark.parametrize("code", [0, 7])
def test_the_virtual_display_hands_the_exit_code_on(code: int) -> None:
    command = ["sh", str(ROOT / "scripts" / "with_display.sh"), "sh", "-c", f'echo "on $DISPLAY"; exit {code}']
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert re.match(r"on :\d+$", done.stdout)
