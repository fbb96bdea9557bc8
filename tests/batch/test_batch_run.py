"""A batch in one process: the same numbers as one by one, only what is missing, and never two protocols in one table."""

from __future__ import annotations

import csv
import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from batch_trial import Here, read, table

from napari_t12_bodycomp import cli
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.batch import BatchReport, FailureKind
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue import PRESETS
from napari_t12_bodycomp.report import indices_csv
from napari_t12_bodycomp.workflow import batch_records
from napari_t12_bodycomp.workflow.batch import check_batch, run_batch
from napari_t12_bodycomp.workflow.batch_lock import alone_in
from napari_t12_bodycomp.workflow.batch_plan import BatchOptions
from napari_t12_bodycomp.workflow.batch_records import folder_name

Rows = list[dict[str, object]]
Write = Callable[..., Path]


def run(manifest: Path, out: Path, crew: Here | None = None, **options: Any) -> BatchReport:
    return run_batch(read(manifest), out, BatchOptions(**options), crew or Here())


def test_the_same_numbers_and_label_maps_as_measured_one_by_one(rows: Rows, write_manifest: Write, tmp_path: Path) -> None:
    rows[0] |= {"height_source": "bedside", "outcome": "=slow"}
    run(write_manifest(*rows[:2]), tmp_path / "out")
    for row, cells in zip(rows, table(tmp_path / "out" / "indices.csv"), strict=False):
        alone = tmp_path / str(row["case_id"])
        height = str(float(str(row["height_m"])) * 100)
        words = ["measure", str(row["path"]), "--out", str(alone), "--height-cm", height, "--z-mm", str(row["z_mm"])]
        assert cli.main(words) == 0
        (one,) = table(alone / "indices.csv")
        differing = {name for name in one if one[name] != cells[name]}
        assert differing == {"height_source", *indices_csv.FILE_COLUMNS}
        assert cells["height_source"] == row.get("height_source", "manifest") and cells["case_id"] == row["case_id"]
        for name in ("regions.nii.gz", "tissues.nii.gz"):
            assert (alone / name).read_bytes() == (tmp_path / "out" / "cases" / str(row["case_id"]) / name).read_bytes()
        assert all((tmp_path / "out" / cells[column]).is_file() for column in indices_csv.FILE_COLUMNS)
    first, second = table(tmp_path / "out" / "indices.csv")
    assert (first["outcome"], second["outcome"]) == ("'=slow", "")
    described = table(tmp_path / "out" / "data_dictionary.csv")
    assert [line["column"] for line in described] == list(first) and all(line["meaning"] for line in described)


def test_a_second_run_does_only_what_is_missing(rows: Rows, write_manifest: Write, tmp_path: Path) -> None:
    out, away = tmp_path / "out", tmp_path / "away"
    manifest = write_manifest(rows[0], rows[1] | {"path": away}, rows[2] | {"z_mm": ""})
    report = run(manifest, out)
    assert (report.measured_now, report.failures) == (1, {FailureKind.UNCERTAIN: 1, FailureKind.NOT_THERE: 1})
    failed = {row["case_id"]: row for row in table(out / "failures.csv")}
    assert {c: (row["kind"], row["exit_code"]) for c, row in failed.items()} == {"P-2": ("not there", "3"), "P-3": ("uncertain", "4")}
    assert "T12" in failed["P-3"]["message"] and str(away) not in (out / "failures.csv").read_text()

    away.symlink_to(str(rows[0]["path"]))
    crew = Here()
    report = run(manifest, out, crew)
    assert crew.asked == ["P-2", "P-3"] and (report.measured_now, report.measured_before) == (1, 1)
    assert [row["case_id"] for row in table(out / "failures.csv")] == ["P-3"]
    assert [row["case_id"] for row in table(out / "indices.csv")] == ["P-1", "P-2"]

    crew, before = Here(), (out / "indices.csv").read_bytes()
    report = run(manifest, out, crew, skip_failed=True)
    assert crew.asked == [] and report.failures == {FailureKind.UNCERTAIN: 1}
    assert (out / "indices.csv").read_bytes() == before

    run(write_manifest(rows[3], name="more.csv"), out)
    assert [row["case_id"] for row in table(out / "indices.csv")] == ["P-1", "P-2", "P-4"]
    assert [row["case_id"] for row in table(out / "failures.csv")] == ["P-3"]


def test_what_was_asked_for_otherwise_is_said_and_done_again_only_if_asked(rows: Rows, write_manifest: Write, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(write_manifest(*rows[:2]), out)
    changed = write_manifest(rows[0], rows[1] | {"height_m": 1.75})
    before, crew = (out / "indices.csv").read_bytes(), Here()
    with pytest.raises(InputError, match=r"1 of the cases.*line 3 is 'P-2' \(height_m was 1.7, is 1.75\).*--redo"):
        run(changed, out, crew)
    assert crew.asked == [] and (out / "indices.csv").read_bytes() == before
    (_, second) = check_batch(read(changed), out, BatchOptions(), Here())
    assert second.state == "changed"
    run(changed, out, crew, redo=True)
    assert crew.asked == ["P-2"]
    assert [row["height_m"] for row in table(out / "indices.csv")] == ["1.650", "1.750"]


def test_a_redone_case_that_fails_leaves_no_old_row(rows: Rows, write_manifest: Write, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(write_manifest(*rows[:2]), out)
    report = run(write_manifest(rows[0], rows[1] | {"z_mm": 900}), out, redo=True)
    assert report.failures == {FailureKind.REFUSED: 1}
    assert [row["case_id"] for row in table(out / "indices.csv")] == ["P-1"]
    assert not (out / "cases" / "P-2" / "overlay.png").exists()


def test_a_corrected_drawing_under_the_same_name_is_noticed(rows: Rows, write_manifest: Write, tmp_path: Path) -> None:
    run(write_manifest(*rows[:2]), tmp_path / "draft")
    drawn = tmp_path / "mine.nii.gz"
    drawn.write_bytes((tmp_path / "draft" / "cases" / "P-1" / "regions.nii.gz").read_bytes())
    manifest = write_manifest(rows[0] | {"regions": "mine.nii.gz", "assessor": "ann"}, name="drawn.csv")
    run(manifest, tmp_path / "out")
    drawn.write_bytes((tmp_path / "draft" / "cases" / "P-2" / "regions.nii.gz").read_bytes())
    with pytest.raises(InputError, match=r"\(regions\)"):
        run(manifest, tmp_path / "out")


def test_two_protocols_never_share_a_table(rows: Rows, write_manifest: Write, tmp_path: Path) -> None:
    out, alberta = tmp_path / "out", Protocol(PRESETS["alberta"])
    run(write_manifest(*rows[:2]), out)
    with pytest.raises(InputError, match=r"2 of the cases.*preset was t12-study, is alberta"):
        run(write_manifest(*rows[:3]), out, protocol=alberta)
    with pytest.raises(InputError, match=r"not in this manifest.*preset was t12-study, is alberta.*another directory"):
        run(write_manifest(rows[2]), out, protocol=alberta, redo=True)
    run(write_manifest(*rows[:2]), out, protocol=alberta, redo=True)
    assert [row["hu_preset"] for row in table(out / "indices.csv")] == ["alberta", "alberta"]


def test_cases_of_another_version_are_not_mixed_in(rows: Rows, write_manifest: Write, tmp_path: Path) -> None:
    out = tmp_path / "out"
    manifest = write_manifest(rows[0])
    run(manifest, out)
    record = batch_records.read_records(out)["P-1"]
    old = out / "cases" / "P-1" / "case.json"
    old.write_text(old.read_text().replace(f'"software_version": "{record.asked["software_version"]}"', '"software_version": "0.0.9"', 1))
    with pytest.raises(InputError, match=r"software_version was 0\.0\.9"):
        run(manifest, out)


def test_columns_that_somebody_added_stay_and_lost_rows_come_back(rows: Rows, write_manifest: Write, tmp_path: Path) -> None:
    out, manifest = tmp_path / "out", write_manifest(*rows[:2])
    run(manifest, out)
    whole = (out / "indices.csv").read_bytes()
    (out / "indices.csv").write_bytes(whole[:-40])  # a row that was being added when the computer stopped
    crew = Here()
    run(manifest, out, crew)
    assert crew.asked == [] and (out / "indices.csv").read_bytes() == whole

    kept = table(out / "indices.csv")
    with (out / "indices.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*kept[0], "note"])
        writer.writeheader()
        writer.writerows([row | {"note": f"seen {row['case_id']}"} for row in kept])
    run(write_manifest(*rows[:3]), out)
    assert [row["note"] for row in table(out / "indices.csv")] == ["seen P-1", "seen P-2", ""]


def test_a_case_whose_folder_is_taken_away_is_measured_again(rows: Rows, write_manifest: Write, tmp_path: Path) -> None:
    out, manifest, crew = tmp_path / "out", write_manifest(*rows[:2]), Here()
    run(manifest, out)
    before = (out / "indices.csv").read_bytes()
    (out / "cases" / "P-2" / "overlay.png").unlink()
    run(manifest, out, crew)
    assert crew.asked == ["P-2"] and (out / "indices.csv").read_bytes() == before


def test_a_directory_of_single_measurements_is_refused(rows: Rows, write_manifest: Write, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    assert cli.main(["measure", str(rows[0]["path"]), "--out", str(alone), "--z-mm", str(rows[0]["z_mm"])]) == 0
    with pytest.raises(InputError, match="without case_id"):
        run(write_manifest(rows[0]), alone)


def _hold(folder: Path, held: Any, over: Any) -> None:
    with alone_in(folder):
        held.set()
        over.wait(30)


def test_two_batches_in_one_directory(rows: Rows, write_manifest: Write, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    context = multiprocessing.get_context("spawn")
    held, over = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(out, held, over))
    other.start()
    try:
        assert held.wait(30)
        with pytest.raises(InputError, match=f"process {other.pid} on "):
            run(write_manifest(rows[0]), out)
    finally:
        other.kill()  # its lock goes with it
        other.join()
    assert run(write_manifest(rows[0]), out).measured == 1


def test_a_dry_run_writes_nothing(rows: Rows, write_manifest: Write, tmp_path: Path) -> None:
    manifest = write_manifest(rows[0] | {"series": ""}, rows[1] | {"path": "/no/where"}, rows[2] | {"series": "1.2.3"})
    states = check_batch(read(manifest), tmp_path / "out", BatchOptions(), Here())
    assert [one.state for one in states] == ["to measure", "not there", "refused"]
    assert "slices" in states[0].words and not (tmp_path / "out").exists()


def test_one_slice_under_two_names_is_said(rows: Rows, write_manifest: Write, tmp_path: Path) -> None:
    report = run(write_manifest(rows[0], rows[0] | {"case_id": "again", "height_m": ""}, rows[1]), tmp_path / "out", contact_sheet=True)
    assert report.same_slice == (("P-1", "again"),)
    assert (tmp_path / "out" / "contact_sheet.pdf").read_bytes().startswith(b"%PDF")


def test_names_of_folders_are_safe_and_different() -> None:
    names = ["P-1", "p 1", "p_1", "../x", "..", "CON", "con.txt", "a" * 80, "a" * 79, "Müller", "x/y", "x:y", ".hidden", "-f", "tail."]
    folders = [folder_name(name) for name in names]
    assert folders[0] == "P-1" and len({f.casefold() for f in folders}) == len(names)
    assert all(f and f[0] not in ".-" and f[-1] != "." and len(f) <= 69 and not set(f) & set('/\\:*?"<>| ') for f in folders)
    assert folders[5] != "CON"


def test_only_paths_and_names_are_not_kept(rows: Rows, write_manifest: Write, tmp_path: Path) -> None:
    secret = tmp_path / "DOE^JANE"
    secret.symlink_to(str(rows[0]["path"]))
    run(write_manifest(rows[0] | {"path": secret}, rows[1] | {"path": secret / "none"}), tmp_path / "out")
    texts = [p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.suffix in (".csv", ".json")]
    assert len(texts) == 4 and not any(b"DOE" in text for text in texts)


def test_the_level_of_an_uncertain_scan_is_offered(rows: Rows, write_manifest: Write, tmp_path: Path) -> None:
    run(write_manifest(rows[0] | {"z_mm": ""}), tmp_path / "out")
    (row,) = table(tmp_path / "out" / "failures.csv")
    assert (row["kind"], row["exit_code"]) == ("uncertain", "4") and "z_mm in the manifest" in row["message"]
    assert row["candidates"].startswith("A z -6")
    run(write_manifest(rows[0] | {"level_reason": "counted from T1"}), tmp_path / "out")
    (row,) = table(tmp_path / "out" / "indices.csv")
    assert (row["level_status"], row["level_method"], row["level_reason"]) == ("uncertain", "manual", "counted from T1")
    assert table(tmp_path / "out" / "failures.csv") == []
