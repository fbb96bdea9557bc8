"""A batch on a real dask cluster: the same bytes as here, also where workers are killed; and what is said where there is no cluster to use."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from batch_trial import Here, InnerBomb, read, table

from napari_t12_bodycomp import cli
from napari_t12_bodycomp.batch import cluster
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.batch import Outcome
from napari_t12_bodycomp.workflow.batch import Crew, run_batch
from napari_t12_bodycomp.workflow.batch_case import Job
from napari_t12_bodycomp.workflow.batch_plan import BatchOptions

distributed = pytest.importorskip("distributed")

Rows = list[dict[str, object]]
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def dask_cluster() -> Iterator[Any]:
    import dask

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 2, "distributed.nanny.environ.PYTHONPATH": os.pathsep.join(sys.path)}),
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as running,
    ):
        yield running


def test_a_cluster_writes_the_same_bytes_though_a_worker_and_a_scan_end(
    dask_cluster: Any, rows: Rows, write_manifest: Write, tmp_path: Path
) -> None:
    bombed = rows[0] | {"case_id": "bomb"}
    manifest = read(write_manifest(*rows[:3], bombed))
    run_batch(read(write_manifest(*rows[:3], name="whole.csv")), tmp_path / "here", BatchOptions(), Here())
    with cluster.cluster_crew(dask_cluster.scheduler_address, 60) as crew:
        run_batch(manifest, tmp_path / "there", BatchOptions(), _killing_a_worker(dask_cluster, _with_bomb(crew)))
    assert (tmp_path / "there" / "indices.csv").read_bytes() == (tmp_path / "here" / "indices.csv").read_bytes()
    (failed,) = table(tmp_path / "there" / "failures.csv")
    assert (failed["case_id"], failed["kind"]) == ("bomb", "crashed") and "SIGSEGV" in failed["message"]


def _with_bomb(crew: Crew) -> Crew:
    def bombed(jobs: Sequence[Job]) -> Generator[Outcome, None, None]:
        yield from crew([replace(job, path=cast(Any, InnerBomb())) if job.case_id == "bomb" else job for job in jobs])

    return bombed


def _killing_a_worker(running: Any, crew: Crew) -> Crew:
    """`crew`, one of whose workers is killed when the first case is done."""
    killed: list[int] = []

    def killing(jobs: Sequence[Job]) -> Generator[Outcome, None, None]:
        for outcome in crew(jobs):
            if not killed:
                killed.append(next(iter(running.workers.values())).process.pid)
                os.kill(killed[0], signal.SIGKILL)
            yield outcome

    return killing


def test_the_command_on_a_cluster(
    dask_cluster: Any, rows: Rows, write_manifest: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = write_manifest(rows[0], rows[1] | {"path": "/no/where"})
    code = cli.main(["batch", str(manifest), "--out", str(tmp_path / "out"), "--scheduler", dask_cluster.scheduler_address, "--json"])
    said = json.loads(capsys.readouterr().out)
    assert code == 0 and (said["status"], said["measured"], said["failures"]) == ("done", 1, {"not there": 1})
    (failed,) = table(tmp_path / "out" / "failures.csv")
    assert "every worker must see the scans under the same path" in failed["message"]


def test_workers_of_another_version_are_refused(dask_cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    here = cluster._of_interest
    calls: list[object] = []

    def first_is_older(said: Any) -> dict[str, str | None]:
        calls.append(said)
        return here(said) | ({"scipy": "1.0"} if len(calls) == 1 else {})

    monkeypatch.setattr(cluster, "_of_interest", first_is_older)
    with (
        pytest.raises(InputError, match=r"scipy 1\.0, as here, is wanted on every worker"),
        cluster.cluster_crew(dask_cluster.scheduler_address, 9),
    ):
        pass


def test_a_cluster_without_workers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_ANSWER_S", 1)
    empty = distributed.LocalCluster(n_workers=0, dashboard_address=":0")
    with empty, pytest.raises(InputError, match="there is none"), cluster.cluster_crew(empty.scheduler_address, 9):
        pass


@pytest.mark.parametrize(("address", "code", "words"), [("10.0.0.5", 2, "such as tcp://"), ("tcp://127.0.0.1:9", 3, "nobody answers")])
def test_no_scheduler(
    address: str,
    code: int,
    words: str,
    rows: Rows,
    write_manifest: Write,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cluster, "_ANSWER_S", 1)
    assert cli.main(["batch", str(write_manifest(rows[0])), "--out", str(tmp_path / "out"), "--scheduler", address]) == code
    assert words in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_without_dask_it_is_said_what_to_install(
    rows: Rows, write_manifest: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    words = ["batch", str(write_manifest(rows[0])), "--out", str(tmp_path / "out"), "--scheduler", "tcp://127.0.0.1:9"]
    assert cli.main(words) == 2
    assert "napari-t12-bodycomp[batch]" in capsys.readouterr().err
