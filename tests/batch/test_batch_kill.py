"""A batch that is killed at any moment: no half row, no row twice, nothing that was done is lost, and the next run ends as if nothing had been."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from multiprocessing import get_context
from pathlib import Path

import psutil
import pytest
from batch_trial import Here, read, table
from ctrl_c import heed_ctrl_c

from napari_t12_bodycomp.model.batch import Measured, Outcome
from napari_t12_bodycomp.workflow.batch import run_batch
from napari_t12_bodycomp.workflow.batch_case import Job
from napari_t12_bodycomp.workflow.batch_plan import BatchOptions

Rows = list[dict[str, object]]
Write = Callable[..., Path]
N, KILLS = 100, 12


def _measured(job: Job) -> Measured:
    """A made-up measurement, quickly: what is tried here is how it is written."""
    cells = {"series_instance_uid": f"1.2.{job.case_id}", "z_mm": "1.000", "hu_preset": "t12-study", "slice_sha256": job.case_id}
    return Measured(job.case_id, cells, {c: job.case_id.encode() * 20_000 for c in ("overlay_file", "regions_file", "tissues_file")})


def _crew(jobs: Sequence[Job]) -> Generator[Outcome, None, None]:
    for job in jobs:
        time.sleep(0.005)  # so that there is something left for every kill
        yield _measured(job)


def _work(manifest: Path, out: Path) -> None:
    run_batch(read(manifest), out, BatchOptions(), _crew)


def test_killed_again_and_again_nothing_is_lost_halved_or_doubled(write_manifest: Write, tmp_path: Path) -> None:
    manifest, out = write_manifest(*({"case_id": f"P-{n}", "path": "x"} for n in range(N))), tmp_path / "out"
    context, rng, before = get_context("forkserver"), random.Random(5), set[str]()
    context.set_forkserver_preload(["napari_t12_bodycomp.workflow.batch", "batch_trial"])
    kills = 0
    for _ in range(KILLS):
        client = context.Process(target=_work, args=(manifest, out))
        client.start()
        begun = time.monotonic()
        while not (out / "failures.csv").exists() and time.monotonic() - begun < 60:
            time.sleep(0.005)
        n_before = len(before)
        while len(list(out.glob("cases/*/case.json"))) <= n_before and client.is_alive():
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.03))
        client.kill()
        client.join()
        kills += client.exitcode == -signal.SIGKILL
        done = {p.parent.name for p in out.glob("cases/*/case.json")}
        assert done >= before
        before = done
    assert kills > KILLS / 2
    crew: list[str] = []

    def rest(jobs: Sequence[Job]) -> Generator[Outcome, None, None]:
        crew.extend(job.case_id for job in jobs)
        yield from map(_measured, jobs)

    report = run_batch(read(manifest), out, BatchOptions(), rest)
    assert not before & set(crew) and len(before) + len(crew) == N == report.measured
    run_batch(read(manifest), tmp_path / "at once", BatchOptions(), _crew)
    assert (out / "indices.csv").read_bytes() == (tmp_path / "at once" / "indices.csv").read_bytes()
    left = {p.name for p in out.rglob("*") if p.is_file()}
    assert left == {
        "indices.csv",
        "failures.csv",
        "data_dictionary.csv",
        ".batch.lock",
        "case.json",
        "overlay.png",
        "regions.nii.gz",
        "tissues.nii.gz",
    }


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_the_program_itself_is_stopped_and_goes_on(how: signal.Signals, rows: Rows, write_manifest: Write, tmp_path: Path) -> None:
    rows = rows[:3]
    manifest, out = write_manifest(*rows), tmp_path / "out"
    run_batch(read(manifest), tmp_path / "at once", BatchOptions(), Here())
    command = [sys.executable, "-m", "napari_t12_bodycomp", "batch", str(manifest), "--out", str(out), "--workers", "1", "--json"]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_ctrl_c)
    begun = time.monotonic()
    while not any(out.glob("cases/*/case.json")):
        assert program.poll() is None and time.monotonic() - begun < 60
        time.sleep(0.01)
    children = psutil.Process(program.pid).children()
    os.kill(program.pid, how)
    said, _ = program.communicate(timeout=30)
    assert psutil.wait_procs(children, timeout=30)[1] == []  # nobody goes on measuring for nobody
    if how is not signal.SIGKILL:
        assert program.returncode == 130 and '"status": "stopped"' in said
        assert 1 <= len(table(out / "indices.csv")) < len(rows)
    crew = Here()
    report = run_batch(read(manifest), out, BatchOptions(), crew)
    assert report.measured == len(rows) > len(crew.asked)
    assert (out / "indices.csv").read_bytes() == (tmp_path / "at once" / "indices.csv").read_bytes()
