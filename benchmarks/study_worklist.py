#!/usr/bin/env python3
"""The worklist of a large study: opening, filtering, searching, sorting and paging, beside plain SQL on the same database.

    python benchmarks/study_worklist.py [--cases 100000] [--repeat 9]

Runs on SQLite, and on PostgreSQL where it is installed (a server of its own in a temporary folder). The slowest of N runs counts. Plain SQL
is one SELECT that joins what the worklist shows, through the database's own driver. Fails where a step takes 0.3 s or more.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "store"))

import postgres
import trial

from napari_t12_bodycomp.model.double_reading import ReadingChoice
from napari_t12_bodycomp.model.study import CaseState, SeriesReference
from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.model.worklist import WorklistQuery
from napari_t12_bodycomp.store import cases
from napari_t12_bodycomp.store.cases import NewCase
from napari_t12_bodycomp.workflow.reading_choice import choose_readings
from napari_t12_bodycomp.workflow.reading_list import reading_counts
from napari_t12_bodycomp.workflow.seat import waiting_case
from napari_t12_bodycomp.workflow.study import Desk, open_study, study_counts, worklist

LIMIT_S = 0.3
LINES = (
    "SELECT c.id, c.pseudonym, c.state, a.name, r.name, v.number, c.exclusion, c.updated_at FROM cases c "
    "LEFT JOIN accounts a ON a.id = c.assessor_id LEFT JOIN accounts r ON r.id = c.reviewer_id "
    "LEFT JOIN region_versions v ON v.id = c.current_version_id "
)
DUE = "c.id IN (SELECT g.case_id FROM readings g WHERE g.state = 'waiting' AND g.not_before < '9'"
N_DISAGREEING = 100
STEPS: dict[str, tuple[WorklistQuery, str]] = {
    "open, first page": (WorklistQuery(), "ORDER BY c.pseudonym LIMIT 100"),
    "filter by state": (WorklistQuery(frozenset({CaseState.NEW})), "WHERE c.state = 'new' ORDER BY c.pseudonym LIMIT 100"),
    "filter by assessor": (WorklistQuery(assessor_id=2), "WHERE c.assessor_id = 2 ORDER BY c.pseudonym LIMIT 100"),
    "search": (WorklistQuery(search="99-9"), "WHERE lower(c.pseudonym) LIKE '%99-9%' ORDER BY c.pseudonym LIMIT 100"),
    "sort by last change": (WorklistQuery(sort="updated_at", descending=True), "ORDER BY c.updated_at DESC, c.pseudonym DESC LIMIT 100"),
    "sort by assessor": (WorklistQuery(sort="assessor"), "ORDER BY c.assessor_id, c.pseudonym LIMIT 100"),
    "readings due for me": (WorklistQuery(reading_by=3), f"WHERE {DUE} AND g.reader_id = 3) ORDER BY c.pseudonym LIMIT 100"),
    "readings due": (WorklistQuery(reading_by=0), f"WHERE {DUE}) ORDER BY c.pseudonym LIMIT 100"),
    "to be adjudicated": (
        WorklistQuery(adjudication_by=4),
        "WHERE c.id IN (SELECT g.case_id FROM readings g WHERE g.state = 'disagrees' AND g.kind = 'double') ORDER BY c.pseudonym LIMIT 100",
    ),
    "page in the middle": (WorklistQuery(offset=50_000), "ORDER BY c.pseudonym LIMIT 100 OFFSET 50000"),
    "last page": (WorklistQuery(offset=99_900), "ORDER BY c.pseudonym LIMIT 100 OFFSET 99900"),
}


def fill(url: str, n: int) -> tuple[float, float]:
    """A study of `n` cases, every tenth assigned, a tenth read twice; seconds for the import and for choosing these."""
    t = trial.make_trial(url)
    new = [NewCase(f"S{k % 97:02d}-{k:06d}", Subject(), SeriesReference(f"1.2.{k}", "1.2", 1, f"/scans/{k}")) for k in range(n)]
    start = time.perf_counter()
    with t.store.writing(1, "case.import") as writer:
        ids = cases.insert(writer, new)
    seconds = time.perf_counter() - start
    with t.store.writing(1, "case.assign") as writer:
        for number in ids[: 10 * min(1000, n // 10) : 10]:
            cases.change(writer, cases.by_id(writer.connection, number), assessor_id=2)
    start = time.perf_counter()
    choose_readings(t.lena, ReadingChoice(10.0, 5.0))
    choosing = time.perf_counter() - start
    for number in range(N_DISAGREEING):
        trial.disagreeing(t, n + number)
    t.store.close()
    return seconds, choosing


def slowest(work: Callable[[], object], repeat: int) -> float:
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return max(times) if repeat < 20 else statistics.quantiles(times, n=20)[-1]


def plain(url: str) -> Callable[[str], object]:
    """Runs SQL through the driver alone."""
    if "://" not in url:
        connection = sqlite3.connect(url)
        return lambda sql: connection.execute(LINES + sql).fetchall()
    import psycopg

    server = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
    return lambda sql: server.execute((LINES + sql).encode()).fetchall()


def measure(name: str, url: str, n: int, repeat: int) -> bool:
    imported, choosing = fill(url, n)
    print(f"\n{name}: {n} cases, taken in with their audit in {imported:.1f} s; a tenth chosen for double reading in {choosing:.1f} s")
    print(f"{'step':22s} {'ours ms':>9s} {'plain SQL ms':>13s}")
    run = plain(url)
    good = True

    def opened() -> object:
        store = open_study(url)
        return worklist(store, WorklistQuery()), study_counts(store), store.close()

    store = open_study(url)
    rows = [("connect, open, count", slowest(opened, repeat), float("nan"))]
    for step, (query, sql) in STEPS.items():
        rows.append((step, slowest(lambda q=query: worklist(store, q), repeat), slowest(lambda s=sql: run(s), repeat)))
    rows.append(("progress counts", slowest(lambda: study_counts(store), repeat), float("nan")))
    desk = Desk(store, 3, "ben")
    rows.append(("what waits for me", slowest(lambda: reading_counts(desk), repeat), float("nan")))
    rows.append(("next case for me", slowest(lambda: waiting_case(desk, WorklistQuery(), ""), repeat), float("nan")))
    for step, ours, theirs in rows:
        good &= ours < LIMIT_S
        print(f"{step:22s} {1000 * ours:9.1f} {'' if theirs != theirs else f'{1000 * theirs:13.1f}'}")
    start = time.perf_counter()
    found = store.verify()
    print(
        f"verify: {found.rows} rows, {found.length} audit rows, {time.perf_counter() - start:.1f} s, {'clean' if found.is_clean else 'CHANGED'}"
    )
    store.close()
    return good and found.is_clean


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=9)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        good = measure("SQLite", str(Path(folder) / "study.sqlite"), args.cases, args.repeat)
    try:
        with postgres.server(durable=True) as server:
            good &= measure("PostgreSQL", postgres.new_database(server), args.cases, args.repeat)
    except postgres.NoServer as error:
        print(f"\nno PostgreSQL: {error}")
    print(f"\nevery step under {LIMIT_S} s: {'yes' if good else 'NO'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
