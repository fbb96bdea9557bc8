#!/usr/bin/env python3
"""Thousands of damaged inputs through the reader: only its own errors may come out, within bounded memory and time.

    python benchmarks/fuzz_reading.py [--inputs 1000] [--seed 0] [--seconds 20] [--gigabytes 3] [--chunk 500]

Real files are damaged (bytes flipped, cut and doubled; elements dropped, repeated and given broken lengths, other VRs and absurd values;
sequences nested; the end of one file put on another) and read alone, within a series, and within a zip or tar that is damaged too and
whose members want out of it; NIfTI likewise. Chunks of inputs run in a child process one after another, with a limit on its address
space and on the time of each input; a child that dies or hangs counts as a failure. Hypothesis draws the inputs: a failure is printed
in its smallest form. Exit 1 where anything but a reading or a sentence came out.
"""

from __future__ import annotations

import argparse
import collections
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "dicom"))


def chunk(pipe: Connection, seed_number: int, inputs: int, gigabytes: float, skip: int) -> None:
    """Run one chunk in this process; says over `pipe` what each input came to."""
    import hypothesis
    import trials

    trials.originals()
    resource.setrlimit(resource.RLIMIT_AS, (int(gigabytes * 2**30), int(gigabytes * 2**30)))
    folder = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=folder) as top:
        (scratch := Path(top) / "input").mkdir()
        seen = 0

        @hypothesis.seed(seed_number)
        @hypothesis.settings(max_examples=inputs, deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck))
        @hypothesis.given(trials.trials)
        def test(trial: trials.Trial) -> None:
            nonlocal seen
            seen += 1
            if seen <= skip:
                return
            pipe.send(("begin", repr(trial)))
            start = time.perf_counter()
            outcome = trials.run(trial, scratch)
            pipe.send(("done", trial.way, outcome, time.perf_counter() - start))

        try:
            test()
        except BaseException:  # whatever it is, it is what is looked for
            pipe.send(("failed", traceback.format_exc(limit=-6)))
        pipe.send(("end", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20))


class Tally:
    """What came of all inputs."""

    def __init__(self) -> None:
        self.outcomes: collections.Counter[tuple[str, str]] = collections.Counter()
        self.failures: list[str] = []
        self.slowest, self.peak = 0.0, 0.0

    def print(self, seconds: float) -> None:
        ways = sorted({way for way, _ in self.outcomes})
        print("| read as | inputs | read | refused with a sentence | not DICOM |\n|---|---|---|---|---|")
        for way in ways:
            n = [self.outcomes[way, outcome] for outcome in ("read", "refused", "not DICOM")]
            print(f"| {way} | {sum(n)} | {n[0]} | {n[1]} | {n[2]} |")
        total = sum(self.outcomes.values())
        print(
            f"\n{total} inputs in {seconds:.0f} s ({1000 * seconds / max(total, 1):.0f} ms each); {len(self.failures)} failures; ", end=""
        )
        print(f"slowest input {self.slowest:.1f} s; largest resident memory {self.peak:.2f} GB")


def run_chunk(tally: Tally, seed_number: int, inputs: int, given: argparse.Namespace) -> None:
    """One chunk in a child, begun again behind an input that killed it."""
    skip = 0
    context = multiprocessing.get_context("spawn")
    while True:
        here, there = context.Pipe(duplex=False)
        child = context.Process(target=chunk, args=(there, seed_number, inputs, given.gigabytes, skip))
        child.start()
        there.close()
        begun, ended, count = "", False, 0
        try:
            while here.poll(given.seconds if begun else 120):
                message = here.recv()
                if message[0] == "begin":
                    begun, count = message[1], count + 1
                elif message[0] == "done":
                    begun = ""
                    tally.outcomes[message[1], message[2]] += 1
                    tally.slowest = max(tally.slowest, message[3])
                elif message[0] == "failed":
                    tally.failures.append(message[1])
                    print(message[1], flush=True)
                elif message[0] == "end":
                    tally.peak, ended = max(tally.peak, message[1]), True
                    break
        except EOFError:
            pass
        child.join(5 if ended else 0.2)
        died = child.exitcode
        if not ended:
            child.kill()
            child.join()
            tally.failures.append(f"{'killed the process, exit ' + str(died) if died is not None else 'hung'}: {begun}")
            print(tally.failures[-1], flush=True)
            skip += count
            continue
        return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=20.0, help="limit for one input")
    parser.add_argument("--gigabytes", type=float, default=3.0, help="limit of a child's address space")
    parser.add_argument("--chunk", type=int, default=500)
    given = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    tally, start = Tally(), time.perf_counter()
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        _run(given, tally, start)
    tally.print(time.perf_counter() - start)
    sys.exit(bool(tally.failures))


def _run(given: argparse.Namespace, tally: Tally, start: float) -> None:
    for number, first in enumerate(range(0, given.inputs, given.chunk)):
        run_chunk(tally, given.seed + number, min(given.chunk, given.inputs - first), given)
        done = sum(tally.outcomes.values())
        print(f"{done} inputs, {len(tally.failures)} failures, {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
