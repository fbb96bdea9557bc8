"""Make a study of invented cases around one scan, and save pictures of signing in, the worklist, a case from it and its review.

    python docs/make_study_screenshots.py CASE --out FOLDER [--size 1600x960]

Needs a display (``xvfb-run`` will do). Every case but one is invented: the same drawing under another name.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from window_waits import spin, until

from napari_t12_bodycomp.gui.app import close_window, quiet_viewer
from napari_t12_bodycomp.gui.workbench import Workbench, open_workbench
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.study import ExclusionReason, Role
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.workflow import case_list, case_view, review, study
from napari_t12_bodycomp.workflow.analyse import MeasureRequest, locate, measure_volume
from napari_t12_bodycomp.workflow.source import load_volume
from napari_t12_bodycomp.workflow.study import Desk

PASSWORD = "a long password"
CASES = 64
REAL = 11
"""Which case is the scan itself."""


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", type=Path)
    parser.add_argument("--out", type=Path, default=Path("screenshots"))
    parser.add_argument("--size", default="1600x960")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    width, height = (int(v) for v in given.size.split("x"))
    folder = Path(tempfile.mkdtemp())
    where = make_study(folder, given.case.absolute())

    viewer = quiet_viewer()
    bench = open_workbench(viewer, "", folder / "unfinished")
    viewer.show()
    viewer.window.resize(width, height)
    spin(0.5)
    bench.actions.trigger("study")
    bench.study_page.sign_in.where.setText(where)
    bench.study_page.sign_in.name.setText("ann")
    spin(0.3)
    bench.screenshot(str(given.out / "sign_in.png"))
    bench.study.sign_in(where, "ann", PASSWORD)
    until(lambda: bench.seat.state.sheet is not None)
    spin(0.5)
    bench.screenshot(str(given.out / "worklist.png"))
    bench.study_case.open(case_view.case_named(bench.seat.state.desk.store, name_of(REAL)).id)
    until(lambda: bench.session.state.volume is not None)
    _rest(bench)
    bench.actions.trigger("confirm_level")
    spin(0.5)
    bench.screenshot(str(given.out / "study_case.png"))
    _draw_returned_and_corrected(bench, where)
    _review(bench, where, given.out)
    close_window(bench)


def name_of(number: int) -> str:
    """The name of the case with this number."""
    return f"CASE-{number:04d}"


def make_study(folder: Path, scan: Path) -> str:
    """A study in `folder` with cases in every state; its path."""
    where = str(folder / "study.t12.sqlite")
    lead = study.create_study(where, "T12 body composition", "lena", PASSWORD)
    for name, roles in {"ann": {Role.ASSESSOR}, "ben": {Role.ASSESSOR, Role.REVIEWER}, "rita": {Role.REVIEWER}}.items():
        study.add_account(lead, name, PASSWORD, roles)
    people = {account.name: Desk(lead.store, account.id, account.name) for account in study.everybody(lead.store)}
    volume = load_volume(scan)
    result = measure_volume(volume, MeasureRequest(height_cm=165.0), locate(volume))
    table = folder / "cases.csv"
    with table.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["case_id", "path", "series_instance_uid", "sex", "age_years", "height_cm"])
        for k in range(1, CASES + 1):
            uid = volume.acquisition.series_instance_uid if k == REAL else f"1.2.3.{k}"
            rows.writerow([name_of(k), str(scan) if k == REAL else "", uid, "FM"[k % 2], 40 + k % 37, 150 + k % 35])
    numbers = case_list.import_cases(lead, table)
    for k, number in enumerate(numbers, 1):
        bring_on(people, number, k, result)
    return where


def bring_on(people: dict[str, Desk], number: int, k: int, result: Result) -> None:
    """Bring a case some way: the first ones are finished, the last ones new."""
    drawer = people["ann" if k % 3 else "ben"]
    if k in (7, 19):
        review.exclude(people["lena"], number, ExclusionReason.NO_CHEST_CT if k == 7 else ExclusionReason.ARTEFACTS)
        return
    if k < 34:
        review.assign(people["lena"], [number], assessor=drawer.name, reviewer="rita")
    if k >= 26 or k == REAL:
        return
    uid, height = f"1.2.3.{k}", (150 + k % 35) / 100
    drawn = replace(
        result,
        acquisition=replace(result.acquisition, series_instance_uid=uid),
        subject=replace(result.subject, height_m=height),
        level=replace(result.level, confirmed_by=drawer.name),
    )
    version = review.save_version(drawer, number, None, drawn, active_seconds=50 + k)
    if k >= 24:
        return
    review.submit(drawer, number, version.number)
    ticket = review.ticket_for(drawer.store, number)
    if k in (5, 14, 21):
        review.return_case(people["rita"], ticket, "The diaphragm's crura are in the muscle.")
    elif k < 18:
        review.approve(people["rita"], ticket, PASSWORD)


def _draw_returned_and_corrected(bench: Workbench, where: str) -> None:
    """Submit a drawing with an error, send it back as the reviewer, and submit it corrected."""
    session, desk, opened = bench.session, bench.seat.state.desk, bench.seat.state.opened
    drafted = session.state.work.regions.copy()
    rows, columns = np.nonzero(drafted == Region.MUSCLE)
    wrong = drafted.copy()
    behind = (drafted == Region.MUSCLE) & (np.indices(drafted.shape)[0] > np.quantile(rows, 0.8))
    behind &= np.indices(drafted.shape)[1] < np.quantile(columns, 0.4)
    wrong[behind] = 0
    session.edit("erase", wrong)
    bench.actions.trigger("submit")
    _rest(bench)
    rita = study.sign_in(study.open_study(where), "rita", PASSWORD)
    spots = np.argwhere(behind)
    review.add_comment(rita, opened.case.id, 1, "the muscles of the back are missing here", tuple(map(float, spots[len(spots) // 2])))
    review.return_case(rita, review.ticket_for(rita.store, opened.case.id), "muscle: a part is missing")
    rita.store.close()
    bench.study_case.open(opened.case.id)
    _rest(bench)
    spin(0.5)
    session.edit("paint muscle", drafted)
    bench.actions.trigger("submit")
    _rest(bench)
    review.add_comment(desk, opened.case.id, 2, "drawn again from the draft")


def _review(bench: Workbench, where: str, out: Path) -> None:
    """Look at the corrected drawing as its reviewer, against the first version, and approve it."""
    bench.study.sign_in(where, "rita", PASSWORD)
    _rest(bench)
    until(lambda: bench.seat.state.desk is not None and bench.seat.state.desk.name == "rita")
    case = case_view.case_named(bench.seat.state.desk.store, name_of(REAL))
    bench.study_case.open(case.id)
    until(lambda: bench.session.state.volume is not None)
    _rest(bench)
    spin(1.0)
    bench.screenshot(str(out / "review.png"))
    bench.actions.trigger("compare_with", 1)
    _rest(bench)
    bench.actions.trigger("compare_draft")
    bench.actions.trigger("return_case")
    spin(0.5)
    bench.screenshot(str(out / "review_differences.png"))
    bench.actions.trigger("compare_draft")
    bench.actions.trigger("submit")
    spin(0.5)
    bench.screenshot(str(out / "review_sign_off.png"))
    bench.actions.trigger("sign_off", PASSWORD)
    _rest(bench)
    spin(0.5)
    bench.screenshot(str(out / "review_approved.png"))


def _rest(bench: Workbench) -> None:
    """Wait until nothing runs any more."""
    spin(0.3)
    until(lambda: not bench.jobs.state.running and bench.study.errands.is_idle)


if __name__ == "__main__":
    main()
