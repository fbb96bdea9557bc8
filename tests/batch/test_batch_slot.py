"""Cases next door: a scan that ends its process, or never ends, is a failure of its own, and order and number of workers change nothing."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import psutil
import pytest
from batch_trial import Bomb, Here, Sleeper, read, table

from napari_t12_bodycomp import cli
from napari_t12_bodycomp.batch.local import local_crew, usual_workers
from napari_t12_bodycomp.batch.slot import Slot
from napari_t12_bodycomp.model.batch import Failed, FailureKind, Measured, Outcome
from napari_t12_bodycomp.report import indices_csv
from napari_t12_bodycomp.workflow.analyse import MeasureRequest
from napari_t12_bodycomp.workflow.batch import Crew, run_batch
from napari_t12_bodycomp.workflow.batch_case import Job
from napari_t12_bodycomp.workflow.batch_plan import BatchOptions

ROOT = Path(__file__).resolve().parents[2]
Rows = list[dict[str, object]]
Write = Callable[..., Path]


def _with_bombs(crew: Crew, bombs: dict[str, object], sent: list[str]) -> Crew:
    """`crew`, to whom some cases come with something that ends its process in the place of the path."""

    def bombed(jobs: Sequence[Job]) -> Generator[Outcome, None, None]:
        sent.extend(job.case_id for job in jobs)
        yield from crew([replace(job, path=cast(Any, bombs.get(job.case_id, job.path))) for job in jobs])

    return bombed


def test_a_segmentation_fault_and_a_lack_of_memory_hit_one_case_each(rows: Rows, write_manifest: Write, tmp_path: Path) -> None:
    bombs: dict[str, object] = {"P-1": Bomb(signal.SIGSEGV), "P-3": Bomb(signal.SIGKILL)}
    sent: list[str] = []
    report = run_batch(read(write_manifest(*rows)), tmp_path / "out", BatchOptions(), _with_bombs(local_crew(2, 60), bombs, sent))
    assert [row["case_id"] for row in table(tmp_path / "out" / "indices.csv")] == ["P-2", "P-4"]
    failed = table(tmp_path / "out" / "failures.csv")
    assert [(row["case_id"], row["kind"], row["exit_code"]) for row in failed] == [("P-1", "crashed", "1"), ("P-3", "crashed", "1")]
    assert "SIGSEGV" in failed[0]["message"] and "lack of memory" in failed[1]["message"]
    assert report.failures == {FailureKind.CRASHED: 2}
    assert {case: sent.count(case) for case in sent} == {"P-1": 2, "P-2": 1, "P-3": 2, "P-4": 1}  # once more alone, and then no more


def test_two_workers_write_the_same_bytes_as_one(rows: Rows, write_manifest: Write, tmp_path: Path) -> None:
    run_batch(read(write_manifest(*rows[:3])), tmp_path / "here", BatchOptions(), Here())
    run_batch(read(write_manifest(*rows[:3])), tmp_path / "two", BatchOptions(), local_crew(2, 60))
    files = sorted(p.relative_to(tmp_path / "here") for p in (tmp_path / "here").rglob("*") if p.is_file())
    assert len(files) == 4 + 4 * 3
    assert [f for f in files if (tmp_path / "here" / f).read_bytes() != (tmp_path / "two" / f).read_bytes()] == []


def test_the_sample_and_a_real_scan_measure_as_they_do_one_by_one(shared_data: Path, write_manifest: Write, tmp_path: Path) -> None:
    scans = {"real": shared_data / "ct" / "cptac_pda_upper_abdomen_5mm", "sample": ROOT / "sample_data" / "chest_5mm"}
    manifest = write_manifest(*({"case_id": name, "path": path, "height_m": 1.6} for name, path in scans.items()))
    assert run_batch(read(manifest), tmp_path / "out", BatchOptions(), local_crew(2, 300)).measured == 2
    for cells in table(tmp_path / "out" / "indices.csv"):
        name = cells["case_id"]
        assert cli.main(["measure", str(scans[name]), "--out", str(tmp_path / name), "--height-cm", "160"]) == 0
        (one,) = table(tmp_path / name / "indices.csv")
        assert {c for c in one if one[c] != cells[c]} == {"height_source", *indices_csv.FILE_COLUMNS}


def test_a_case_that_never_ends_is_ended(rows: Rows) -> None:
    slot = Slot(limit_s=2.0)
    outcome = slot.run(Job("P-1", cast(Any, Sleeper()), MeasureRequest()))
    assert isinstance(outcome, Failed) and outcome.kind is FailureKind.OUT_OF_TIME and "2 s" in outcome.message
    slot.limit_s = 60
    job = Job("P-2", Path(str(rows[1]["path"])), MeasureRequest(z_mm=float(str(rows[1]["z_mm"]))))
    assert isinstance(slot.run(job), Measured)
    slot.close()


def test_a_process_that_was_killed_from_outside_is_tried_once_more(rows: Rows, write_manifest: Write, tmp_path: Path) -> None:
    def kill() -> None:
        begun = time.monotonic()
        while not (children := psutil.Process().children()) and time.monotonic() - begun < 30:
            time.sleep(0.01)
        children[0].kill()

    killer = threading.Thread(target=kill)
    killer.start()
    report = run_batch(read(write_manifest(rows[0])), tmp_path / "out", BatchOptions(), local_crew(1, 60))
    killer.join()
    assert report.measured == 1 and report.failures == {}


def test_a_process_that_went_home_is_started_again(rows: Rows, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "sitecustomize.py"
    home.write_text("import napari_t12_bodycomp.batch.child as child\nchild.IDLE_S = 0.2\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    slot = Slot(limit_s=60)
    job = Job("P-1", Path("/no/where"), MeasureRequest())
    for _ in range(2):
        outcome = slot.run(job)
        assert isinstance(outcome, Failed) and outcome.kind is FailureKind.NOT_THERE
        time.sleep(1.0)
    slot.close()
    assert isinstance(stopped := slot.run(job), Failed) and stopped.kind is FailureKind.CRASHED


def test_some_worker_there_always_is() -> None:
    assert 1 <= usual_workers() <= (psutil.cpu_count() or 1)
