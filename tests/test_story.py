"""From a folder of DICOM files to a row of indices and a picture, without a window."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from napari_t12_bodycomp import cli
from napari_t12_bodycomp.workflow.analyse import draft_slice, locate
from napari_t12_bodycomp.workflow.demo import ANSWERS, SERIES, sample_folder
from napari_t12_bodycomp.workflow.export import build_result, export_result
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.source import load_volume


@pytest.fixture(scope="module")
def sample() -> Path:
    return sample_folder()


def test_a_folder_becomes_a_row(sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = json.loads((sample / ANSWERS).read_text())

    # 1. A folder comes from the archive: shuffled names, other files among them.
    folder = Path(shutil.copytree(sample / SERIES, tmp_path / "from archive"))
    (folder / "README.md").write_text("Exported by the archive.")

    # 2. What is in there?
    assert cli.main(["series", str(folder), "--json"]) == 0
    offer = json.loads(capsys.readouterr().out)["chosen"]
    assert offer["series_instance_uid"] == known["series_instance_uid"]

    # 3. Where is T12?
    assert cli.main(["locate", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["z_mm"] == pytest.approx(known["t12_mid_z_mm"], abs=5)

    # 4. Draft, measure, export.
    out = tmp_path / "results"
    assert cli.main(["measure", str(folder), "--out", str(out), "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    for tissue, share in (("muscle", 0.08), ("visceral_fat", 0.08), ("subcutaneous_fat", 0.05)):
        assert measured["areas_cm2"][tissue] == pytest.approx(known["areas_cm2"][tissue], rel=share), tissue

    # 5. The row says the same, and that nobody has confirmed the level.
    with (out / "indices.csv").open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert float(row["smi_cm2_m2"]) == pytest.approx(measured["indices"]["SMI"], abs=1e-3)
    assert (row["status"], row["level_method"], row["level_confirmed_by"]) == ("draft", "automatic", "")
    assert (row["height_source"], float(row["height_m"])) == ("dicom", known["height_m"])

    # 6. There is a picture to look at, and measuring again changes nothing.
    assert Image.open(out / "overlay.png").size == (1600, 960)
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    assert cli.main(["measure", str(folder), "--out", str(out)]) == 0
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before


def test_what_the_window_saves_and_what_the_command_line_writes_are_the_same_bytes(sample: Path, tmp_path: Path) -> None:
    session = Session()
    session.open(load_volume(sample / SERIES))
    volume = session.state.volume
    assert volume is not None
    session.set_finding(locate(volume))
    session.set_height(165)
    level = session.state.level
    assert level is not None
    drawn = draft_slice(volume, level, session.state.finding, session.state.protocol)
    session.set_draft(drawn.draft, drawn.quality, level.slice_index, session.state.protocol.slab_mm)
    corrected = drawn.regions.copy()
    corrected[corrected.shape[0] // 2 :, : corrected.shape[1] // 4] = 0
    session.edit("erase", corrected)
    state = session.state
    assert state.work is not None
    result = build_result(
        volume,
        state.finding,
        level,
        state.work.axial,
        state.work.regions,
        state.protocol,
        state.subject,
        state.work.quality,
        assessor=state.assessor,
        draft=state.work.draft,
    )
    saved = export_result(volume, result, tmp_path / "window")
    words = ["measure", str(sample / SERIES), "--out", str(tmp_path / "cli"), "--height-cm", "165", "--regions", str(saved.regions)]
    assert cli.main(words) == 0

    for name in ("indices.csv", "overlay.png", "regions.nii.gz", "tissues.nii.gz"):
        assert (tmp_path / "cli" / name).read_bytes() == (tmp_path / "window" / name).read_bytes(), name


def test_the_demo_without_a_window_shows_measured_and_known_and_where_the_files_are(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["demo", "--no-window", "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    known = json.loads((sample / ANSWERS).read_text())
    assert f"{known['areas_cm2']['muscle']:.2f} cm2" in text
    assert str(tmp_path / "indices.csv") in text
    assert str(tmp_path / "overlay.png") in text
    assert (tmp_path / "overlay.png").is_file()
