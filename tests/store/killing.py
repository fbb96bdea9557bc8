"""A client that is killed at random moments while it draws, saves, submits and decides; and what must be true afterwards."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trial

from napari_t12_bodycomp.model.double_reading import ReadingKind, Take
from napari_t12_bodycomp.workflow import autosave, double_reading, reading_choice, reading_list, review
from napari_t12_bodycomp.workflow.session import Session
from napari_t12_bodycomp.workflow.study import Desk, everybody, open_study

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(
    [
        f"napari_t12_bodycomp.workflow.{name}"
        for name in ("review", "study", "autosave", "session", "analyse", "double_reading", "reading_choice", "reading_list")
    ]
)


def work(url: str, strokes: str, first: int, told_file: str, seed: int) -> None:
    """Draw strokes, save, submit, return or approve, case after case; each thing done is told in a file once it is kept."""
    told = os.open(told_file, os.O_WRONLY | os.O_APPEND)
    rng = random.Random(seed)
    store = open_study(url)
    desks = {account.name: Desk(store, account.id, account.name) for account in everybody(store)}
    number = first
    while True:
        (case,) = trial.add_cases(desks["lena"], 1, number)
        os.write(told, b"deed\n")
        draw(strokes, rng, told)
        version = review.save_version(desks["ann"], case.id, None, trial.result("ann", rng.randint(1, 20)))
        os.write(told, b"deed\n")
        is_read_twice = rng.random() < 0.5
        if is_read_twice:
            reading_choice.ask_reading(desks["lena"], case.id, ReadingKind.DOUBLE, "ben")
            os.write(told, b"deed\n")
        review.submit(desks["ann"], case.id, version.number)
        os.write(told, b"deed\n")
        if is_read_twice:
            read_twice(desks, case.id, rng, told)
        ticket = review.ticket_for(store, case.id)
        if rng.random() < 0.3:
            review.return_case(desks["rev"], ticket, "thin")
        else:
            review.approve(desks["rev"], ticket, trial.PASSWORD)
        os.write(told, b"deed\n")
        number += 1


def read_twice(desks: dict[str, Desk], case_id: int, rng: random.Random, told: int) -> None:
    """A second reading, and a decision where it disagrees."""
    double_reading.save_reading(desks["ben"], case_id, trial.result("ben", rng.randint(1, 20)))
    os.write(told, b"deed\n")
    if not reading_list.why_not_adjudicate(desks["rev"], case_id):
        double_reading.adjudicate(desks["rev"], case_id, rng.choice([Take.FIRST, Take.SECOND]))
        os.write(told, b"deed\n")


def draw(folder: str, rng: random.Random, told: int) -> None:
    """Some strokes of a session with its autosave."""
    session = Session("ann")
    saver = autosave.Autosave(session, Path(folder))
    session.open(trial.volume("1.2.3"), "/scans/one")
    session.choose_level(4)
    for n in range(1, rng.randint(2, 6)):
        drawn = np.zeros((40, 50), np.uint8)
        drawn.ravel()[: 7 * n] = 1
        session.edit(f"stroke {n}", drawn)
        saver.flush()
        os.write(told, f"stroke {n}\n".encode())
    saver.close()
    os.write(told, b"stroke 0\n")


@dataclass(frozen=True, slots=True)
class Killed:
    """What the client had told before it was killed: deeds that are kept, and strokes of its last drawing."""

    deeds: int
    strokes: int


def kill_once(url: str, strokes: Path, first: int, seed: int, longest_s: float = 0.4) -> Killed:
    """Start a client, let it work for a random time up to `longest_s` once it has begun, and kill it."""
    rng = random.Random(seed)
    told = strokes / "told"
    told.write_bytes(b"")
    client = context.Process(target=work, args=(url, str(strokes), first, str(told), seed), daemon=True)
    client.start()
    waited = time.monotonic()
    while not told.stat().st_size:
        assert client.is_alive() and time.monotonic() - waited < 60, "the client did not begin"
        time.sleep(0.01)
    time.sleep(rng.uniform(0, longest_s))
    assert client.pid is not None
    os.kill(client.pid, signal.SIGKILL)
    client.join()
    lines = told.read_text().splitlines()
    drawn = [int(line.split()[1]) for line in lines if line.startswith("stroke")]
    return Killed(lines.count("deed"), drawn[-1] if drawn else 0)


def deeds_kept(url: str) -> int:
    """How many of the client's deeds the audit holds."""
    from sqlalchemy import func
    from sqlalchemy import select as sql_select

    from napari_t12_bodycomp.store.tables import audit

    store = open_study(url)
    actions = [f"case.{deed}" for deed in ("import", "save", "submit", "approve", "return", "adjudicate")]
    actions += ["reading.ask", "reading.save"]
    with store.reading() as connection:
        query = sql_select(func.count(func.distinct(audit.c.at))).where(audit.c.action.in_(actions))
        n: int = connection.execute(query).scalar_one()
    store.close()
    return n


def strokes_kept(folder: Path) -> int:
    """How many strokes of the last drawing come back."""
    found = autosave.unfinished_for(trial.volume("1.2.3"), folder)
    return 0 if found is None else len(found.undo)


def kill_often(url: str, folder: Path, times: int, seed: int, longest_s: float = 0.4) -> list[str]:
    """Kill clients one after the other on one database; everything that was not as it must be, in words."""
    from napari_t12_bodycomp.workflow.study import verify_study

    wrong: list[str] = []
    kept = deeds_kept(url)
    for k in range(times):
        killed = kill_once(url, folder, 1 + 1000 * (k + 1), seed + k, longest_s)
        before, kept = kept, deeds_kept(url)
        if not killed.deeds <= kept - before <= killed.deeds + 1:
            wrong.append(f"kill {k}: {killed.deeds} deeds were told, {kept - before} are kept")
        if killed.strokes and strokes_kept(folder) < killed.strokes:
            wrong.append(f"kill {k}: {killed.strokes} strokes were saved, {strokes_kept(folder)} come back")
        wrong += [f"kill {k}: {finding.sentence}" for finding in verify_study(url).findings]
    return wrong
