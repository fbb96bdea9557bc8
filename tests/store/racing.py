"""Two clients that save the same case at the same moment, round after round."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import trial

from napari_t12_bodycomp.errors import Conflict
from napari_t12_bodycomp.workflow import case_view, review
from napari_t12_bodycomp.workflow.study import Desk, everybody, open_study


@dataclass(slots=True)
class Race:
    """What came of it: versions that count, versions put aside, and the losers' messages."""

    won: list[int] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def race(url: str, case_id: int, rounds: int) -> Race:
    """`ann` and `ben`, each with connections of their own, save on the same base `rounds` times; drawing k of either has k % 20 + 1 rows of muscle."""
    outcome = Race()
    barrier = threading.Barrier(2)
    lock = threading.Lock()

    def client(name: str) -> None:
        store = open_study(url)
        desk = next(Desk(store, account.id, name) for account in everybody(store) if account.name == name)
        try:
            for k in range(rounds):
                base = case_view.case_by_id(store, case_id).current_version
                drawing = trial.result(name, k % 20 + 1)
                barrier.wait(timeout=120)
                try:
                    number = review.save_version(desk, case_id, base, drawing).number
                    with lock:
                        outcome.won.append(number)
                except Conflict as conflict:
                    with lock:
                        outcome.kept.append(conflict.kept_version or 0)
                        outcome.messages.append(str(conflict))
                barrier.wait(timeout=120)
        except Exception as error:
            outcome.failures.append(repr(error))
            barrier.abort()
        finally:
            store.close()

    clients = [threading.Thread(target=client, args=(name,)) for name in ("ann", "ben")]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    return outcome


def losses(url: str, case_id: int, rounds: int, outcome: Race) -> list[str]:
    """Everything that two clients' drawings should have left and did not, in words."""
    store = open_study(url)
    wrong = list(outcome.failures)
    versions = case_view.versions_of(store, case_id)
    if len(outcome.won) != rounds or len(outcome.kept) != rounds:
        wrong.append(f"{rounds} winners and losers are wanted, {len(outcome.won)} won and {len(outcome.kept)} lost")
    if [v.number for v in versions] != list(range(1, 2 * rounds + 1)):
        wrong.append(f"{2 * rounds} versions without a gap are wanted, {len(versions)} came")
    if sorted(v.number for v in versions if v.kept) != sorted(outcome.kept):
        wrong.append("what the losers were told is not what was put aside")
    if len({(v.author, v.base) for v in versions}) != 2 * rounds:
        wrong.append("a base was saved on twice by the same person")
    for version in versions:
        k = (version.number - 1) // 2
        if not (case_view.regions_of(store, case_id, version.number).regions == trial.regions(k % 20 + 1)).all():
            wrong.append(f"version {version.number} is not what {version.author} drew")
    if case_view.case_by_id(store, case_id).current_version not in outcome.won:
        wrong.append("the version that counts is none that won")
    wrong += [finding.sentence for finding in store.verify().findings]
    store.close()
    return wrong
