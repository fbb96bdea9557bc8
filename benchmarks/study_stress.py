#!/usr/bin/env python3
"""A study under stress: clients killed at random moments, two clients on one case, and many clients at once.

    python benchmarks/study_stress.py [kill|race|crowd ...] [--kills 200] [--rounds 1000] [--clients 20] [--seconds 60]

kill: clients are killed by SIGKILL while they draw, save, submit and decide, on SQLite and on PostgreSQL; after each, the study must verify
clean, and nothing that was kept may be gone. race: two clients save the same case on the same base, on PostgreSQL; exactly one counts each
time, the other is told and keeps the drawing as a version. crowd: clients with a process each look, draw, save, submit and decide without a
pause, on PostgreSQL with every commit on disk; no error may come. Prints figures; fails where something is not as it must be.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "store"))

import killing
import postgres
import racing
import trial

from napari_t12_bodycomp.errors import Refused
from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.model.worklist import WorklistQuery
from napari_t12_bodycomp.workflow import review
from napari_t12_bodycomp.workflow.study import Desk, everybody, open_study, study_counts, worklist


def report(wrong: list[str]) -> bool:
    for sentence in wrong[:10]:
        print(f"  WRONG: {sentence}")
    return not wrong


def kill(url: str, name: str, times: int) -> bool:
    trial.make_trial(url).store.close()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as strokes:
        wrong = killing.kill_often(url, Path(strokes), times, seed=1, longest_s=1.2)
    store = open_study(url)
    found, counts = store.verify(), study_counts(store)
    store.close()
    print(
        f"kill, {name}: {times} clients killed in {time.perf_counter() - start:.0f} s; {counts.screened} cases, {counts.approved} approved, "
        f"{found.length} audit rows; {len(wrong)} things wrong"
    )
    return report(wrong)


def race(url: str, rounds: int) -> bool:
    t = trial.make_trial(url)
    (case,) = trial.add_cases(t.lena)
    t.store.close()
    start = time.perf_counter()
    outcome = racing.race(url, case.id, rounds)
    seconds = time.perf_counter() - start
    wrong = racing.losses(url, case.id, rounds, outcome)
    print(
        f"race, PostgreSQL: {rounds} rounds in {seconds:.0f} s; {len(outcome.won)} saved, {len(outcome.kept)} told and put aside; "
        f"{len(wrong)} things wrong"
    )
    return report(wrong)


def client(url: str, number: int, seconds: float, results: multiprocessing.Queue) -> None:
    """Works without a pause on cases of its own: look at the worklist, draw, save, correct, submit, decide."""
    rng = random.Random(number)
    times: dict[str, list[float]] = {}
    errors: list[str] = []
    store = open_study(url)
    desks = {account.name: Desk(store, account.id, account.name) for account in everybody(store)}
    drawings = {(name, rows): trial.result(name, rows) for name in ("ann", "ben") for rows in (18, 19)}

    def timed(step: str, work: object, *args: object) -> object:
        start = time.perf_counter()
        try:
            return work(*args)  # type: ignore[operator]
        except Refused as refusal:
            errors.append(f"{step}: {refusal}")
            return None
        except Exception as error:
            errors.append(f"{step}: {error!r}")
            return None
        finally:
            times.setdefault(step, []).append(time.perf_counter() - start)

    end = time.monotonic() + seconds
    case_id = number
    while time.monotonic() < end and not errors:
        timed("worklist", worklist, store, WorklistQuery(frozenset({CaseState.NEW}), offset=rng.randrange(100)))
        drawer, checker = rng.choice([("ann", "rev"), ("ben", "rev"), ("ann", "ben")])
        base = None
        for rows in (18, 19):
            saved = timed("save", review.save_version, desks[drawer], case_id, base, drawings[drawer, rows])
            base = saved.number if saved else None  # type: ignore[attr-defined]
        timed("submit", review.submit, desks[drawer], case_id, base)
        ticket = timed("look", review.ticket_for, store, case_id)
        if rng.random() < 0.3:
            timed("return", review.return_case, desks[checker], ticket, "thin")
        else:
            timed("approve, with argon2", review.approve, desks[checker], ticket, trial.PASSWORD)
        case_id += 20
    store.close()
    results.put((times, errors))


def crowd(url: str, clients: int, seconds: float) -> bool:
    t = trial.make_trial(url)
    trial.add_cases(t.lena, 20_000)
    context = multiprocessing.get_context("fork")
    t.store.close()
    results = context.Queue()
    workers = [context.Process(target=client, args=(url, 1 + k, seconds, results)) for k in range(clients)]
    for worker in workers:
        worker.start()
    answers = [results.get(timeout=seconds + 300) for _ in workers]
    for worker in workers:
        worker.join()
    errors = [sentence for _, said in answers for sentence in said]
    print(f"crowd, PostgreSQL: {clients} clients for {seconds:.0f} s; {len(errors)} errors")
    print(f"  {'step':22s} {'times':>6s} {'median ms':>10s} {'95% ms':>8s} {'most ms':>8s}")
    for step in answers[0][0]:
        all_times = sorted(1000 * s for times, _ in answers for s in times.get(step, []))
        late = statistics.quantiles(all_times, n=20)[-1] if len(all_times) > 1 else all_times[0]
        print(f"  {step:22s} {len(all_times):6d} {statistics.median(all_times):10.1f} {late:8.1f} {all_times[-1]:8.1f}")
    store = open_study(url)
    start = time.perf_counter()
    found = store.verify()
    print(f"  verify: {found.rows} rows in {time.perf_counter() - start:.1f} s, {'clean' if found.is_clean else 'CHANGED'}")
    store.close()
    return report(errors + [finding.sentence for finding in found.findings])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=["kill", "race", "crowd", []], default=[])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    args = parser.parse_args()
    parts = args.parts or ["kill", "race", "crowd"]
    good = True
    if "kill" in parts:
        with tempfile.TemporaryDirectory() as folder:
            good &= kill(str(Path(folder) / "study.sqlite"), "SQLite", args.kills)
    try:
        with postgres.server(durable=True) as server:
            if "kill" in parts:
                good &= kill(postgres.new_database(server), "PostgreSQL", args.kills)
            if "race" in parts:
                good &= race(postgres.new_database(server), args.rounds)
            if "crowd" in parts:
                good &= crowd(postgres.new_database(server), args.clients, args.seconds)
    except postgres.NoServer as error:
        print(f"no PostgreSQL: {error}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
