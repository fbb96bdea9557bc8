"""Cases measured on the workers of a dask cluster that is there already. The one file that knows dask.

Each worker measures in a process next door, as on one computer, so that a scan that ends its process takes no worker with it.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import re
import socket
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

from napari_t12_bodycomp import __version__
from napari_t12_bodycomp.batch.slot import Slot
from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.batch import Failed, FailureKind, Outcome
from napari_t12_bodycomp.workflow.batch import Crew
from napari_t12_bodycomp.workflow.batch_case import Job

_ANSWER_S = 10
_PACKAGES = {"napari_t12_bodycomp": "napari-t12-bodycomp", "numpy": "numpy", "scipy": "scipy", "scikit-image": "scikit-image"}
"""What the numbers come from: it must be the same on every worker."""
_runs = itertools.count()
_here = threading.local()


@contextlib.contextmanager
def cluster_crew(address: str, limit_s: float) -> Iterator[Crew]:
    """A crew of the workers at the scheduler `address`, such as ``tcp://10.0.0.5:8786``; a case takes `limit_s` seconds at most.

    Raises
    ------
    UsageError
        Where dask is not installed, or the address is none.
    InputError
        Where nobody answers, there is no worker, or a worker has other versions.
    """
    if not re.fullmatch(r"(tcp|tls|ws|wss|ucx)://[^\s/]+:\d+", address):
        raise UsageError(f"The address of a dask scheduler is wanted, such as tcp://10.0.0.5:8786, {address!r} came.")
    try:
        import distributed
    except ImportError as error:
        raise UsageError('A cluster needs dask, which is not installed here: pip install "napari-t12-bodycomp[batch]".') from error
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # what matters of it is said in a sentence
    dask: Any = distributed  # its functions have no types
    try:
        client = dask.Client(address, timeout=_ANSWER_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(f"A dask scheduler is wanted at {address}, nobody answers there: check address and firewall.") from error
    try:
        _refuse_others(client, address)
        yield _crew(client, address, limit_s)
    finally:
        with contextlib.suppress(Exception):  # a scheduler that is gone needs no good-bye
            client.close(timeout=2)


def _refuse_others(client: Any, address: str) -> None:
    with contextlib.suppress(TimeoutError):
        client.wait_for_workers(1, timeout=_ANSWER_S)
    found = client.get_versions(packages=[name for name in _PACKAGES if name != "numpy"])
    if not found["workers"]:
        raise InputError(f"A worker at least is wanted at {address}, there is none: start some with dask worker {address}.")
    wanted = _of_interest(found["client"])
    for worker, said in found["workers"].items():
        came = _of_interest(said) if said else {}
        for name, version in wanted.items():
            if came.get(name) != version:
                have = came.get(name) or "none"
                raise InputError(f"{name} {version}, as here, is wanted on every worker, the one at {worker} has {have}: install the same.")


def _of_interest(said: Mapping[str, Any]) -> dict[str, str | None]:
    packages = said["packages"]
    versions: dict[str, str | None] = {"Python": ".".join(str(packages["python"]).split(".")[:2])}
    return versions | {shown: packages.get(name) for name, shown in _PACKAGES.items()}


def _crew(client: Any, address: str, limit_s: float) -> Crew:
    import distributed

    dask: Any = distributed

    def crew(jobs: Sequence[Job]) -> Generator[Outcome, None, None]:
        run = f"t12-{socket.gethostname()}-{os.getpid()}-{next(_runs)}"
        by_key = {f"{run}-{n}": job for n, job in enumerate(jobs)}
        futures = [client.submit(measure_on_worker, job, limit_s, key=key, pure=False) for key, job in by_key.items()]
        try:
            for future in dask.as_completed(futures, loop=client.loop):
                yield _outcome_of(future, by_key[future.key], address)
                future.release()
        finally:
            with contextlib.suppress(Exception):
                client.cancel(futures, force=True)

    return crew


def _outcome_of(future: Any, job: Job, address: str) -> Outcome:
    from distributed import KilledWorker

    if future.status == "finished":
        outcome: Outcome = future.result()
        return outcome
    error = None if future.status in ("cancelled", "lost") else future.exception()
    if error is None:
        raise InputError(f"The scheduler at {address} is gone: what was measured is kept, and the same command goes on when it is back.")
    if isinstance(error, KilledWorker):
        return Failed(
            job.case_id, FailureKind.CRASHED, "Every worker that measured the case was ended: look at the scan, or at the workers' memory."
        )
    return Failed(job.case_id, FailureKind.FAULT, f"The worker itself failed ({type(error).__name__}): look at its log.")


def measure_on_worker(job: Job, limit_s: float) -> Outcome:
    """Run `job` on this worker, in the process next door that its thread keeps."""
    if job.version != __version__:
        words = f"Version {job.version} is wanted, the worker on {socket.gethostname()} has {__version__}: install the same."
        return Failed(job.case_id, FailureKind.WRONG_REQUEST, words)
    slot = getattr(_here, "slot", None)
    if slot is None:
        slot = _here.slot = Slot(limit_s)
    slot.limit_s = limit_s
    outcome: Outcome = slot.run(job)
    if isinstance(outcome, Failed) and outcome.kind is FailureKind.NOT_THERE:
        words = (
            f"{outcome.message} The worker on {socket.gethostname()} looked for it: every worker must see the scans under the same path."
        )
        return Failed(job.case_id, outcome.kind, words)
    return outcome
