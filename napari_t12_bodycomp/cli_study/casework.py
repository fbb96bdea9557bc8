"""Deeds of ``t12-bodycomp study`` that take cases in and show them."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from napari_t12_bodycomp.cli_study.desk import (
    EXIT_CHANGED,
    EXIT_DONE,
    Say,
    desk_of,
    open_store,
    say_done,
)
from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.progress import Progress
from napari_t12_bodycomp.model.study import CaseState


def _add(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.case_list import add_scan, import_cases, read_case_list

    if bool(args.path) == (args.list is not None):
        raise UsageError("Scans or --list TABLE.csv are wanted, one of them: see t12-bodycomp study add --help.")
    if len(args.path) > 1 and (args.case_id or args.series or args.acquisition is not None or args.height_cm is not None):
        raise UsageError("One PATH is wanted with --case-id, --series, --acquisition or --height-cm: add the scans one by one.")
    desk, _ = desk_of(args)
    if args.list is None:
        cases = [
            add_scan(desk, path, args.case_id, args.series, args.acquisition, args.height_cm, progress).pseudonym for path in args.path
        ]
        return say_done(say, args, {"cases": cases}, "\n".join(cases))
    if args.dry_run:
        listed = read_case_list(desk.store, args.list, progress)
        bad = [{"line": row.line, "message": row.sentence} for row in listed.bad]
        say(
            {"status": "bad" if bad else "done", "good": len(listed.cases), "bad": bad}
            if args.json
            else "\n".join([*(f"line {row.line}: {row.sentence}" for row in listed.bad), f"{len(listed.cases)} good rows, {len(bad)} bad."])
        )
        return EXIT_CHANGED if bad else EXIT_DONE
    n = len(import_cases(desk, args.list, progress))
    return say_done(say, args, {"added": n}, f"{n} cases taken in.")


def _list(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.model.worklist import WorklistQuery
    from napari_t12_bodycomp.workflow.study import everybody, study_counts, worklist

    store = open_store(args)
    numbers: dict[str | None, int | None] = {None: None, "-": 0}
    for account in everybody(store):
        numbers[account.name] = account.id
    for name in (args.assessor, args.reviewer, args.reading_by, args.adjudication_by):
        if name not in numbers:
            raise UsageError(f"The name of an account is wanted, there is no {name!r} in this study.")
    query = WorklistQuery(
        frozenset(CaseState(state) for state in args.state or ()),
        args.search,
        numbers[args.assessor],
        numbers[args.reviewer],
        args.sort,
        args.descending,
        (args.page - 1) * args.per_page,
        args.per_page,
        numbers[args.reading_by],
        numbers[args.adjudication_by],
    )
    page, counts = worklist(store, query), study_counts(store)
    columns = ("pseudonym", "state", "assessor", "reviewer", "version", "updated_at")
    answer = {
        "cases": [{name: getattr(row, name) for name in columns} | {"exclusion": row.exclusion} for row in page.rows],
        "total": page.total,
        "progress": counts.progress,
        "counts": {state.value: counts.by_state.get(state, 0) for state in CaseState},
        "excluded": dict(counts.by_exclusion),
        "readings_due": counts.readings_due,
        "readings_later": counts.readings_later,
        "adjudications": counts.adjudications,
    }
    lines = [
        f"{row.pseudonym:20s} {row.state.value:10s} {row.assessor or '-':12s} {row.reviewer or '-':12s} {row.exclusion}".rstrip()
        for row in page.rows
    ]
    return say_done(say, args, answer, "\n".join([*lines, f"{len(page.rows)} of {page.total} cases shown; {counts.progress}."]))


def _show(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.case_sight import seen_comments, seen_reviews, seen_versions
    from napari_t12_bodycomp.workflow.case_view import case_named

    desk, _ = desk_of(args)
    case = case_named(desk.store, args.case)
    versions, decisions, comments = seen_versions(desk, case.id), seen_reviews(desk, case.id), seen_comments(desk, case.id)
    answer = {
        "case_id": case.pseudonym,
        "state": case.state.value,
        "current_version": case.current_version,
        "versions": [{"number": v.number, "author": v.author, "base": v.base, "kept": v.kept, "at": v.created_at} for v in versions],
        "reviews": [
            {"version": r.version, "account": r.account, "decision": r.decision.value, "reason": r.reason, "at": r.at} for r in decisions
        ],
        "comments": [{"version": c.version, "account": c.account, "text": c.text, "row": c.row, "column": c.column} for c in comments],
    }
    lines = [
        f"{case.pseudonym} is {case.state.value}.",
        *(f"version {v.number} by {v.author}{' (put aside)' if v.kept else ''}, {v.created_at}" for v in versions),
        *(f"version {r.version} {r.decision.value} by {r.account}, {r.at}{': ' + r.reason if r.reason else ''}" for r in decisions),
        *(f"version {c.version}, {c.account}: {c.text}" for c in comments),
    ]
    return say_done(say, args, answer, "\n".join(lines))


def _history(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.case_sight import seen_history
    from napari_t12_bodycomp.workflow.case_view import case_named

    desk, _ = desk_of(args)
    entries = seen_history(desk, case_named(desk.store, args.case).id)
    names = ("id", "at", "account", "action", "table", "row_id", "before", "after")
    lines = [
        f"{e.at[:19]} {e.account or '-':12s} {e.action:14s} {e.table} {e.row_id}: "
        + ", ".join(
            f"{name} {(e.before or {}).get(name)!r} -> {value!r}" if e.before else f"{name} {value!r}" for name, value in e.after.items()
        )
        for e in entries
    ]
    return say_done(say, args, {"history": [{name: getattr(e, name) for name in names} for e in entries]}, "\n".join(lines))


def _assign(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.case_view import case_named
    from napari_t12_bodycomp.workflow.review import assign

    desk, _ = desk_of(args)
    free = {None: None, "-": ""}
    people = [free.get(name, name) for name in (args.assessor, args.reviewer)]
    assign(desk, [case_named(desk.store, name).id for name in args.cases], *people)
    return say_done(say, args, {"cases": args.cases}, f"{len(args.cases)} cases assigned.")


def _relocate(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.places import relocate

    desk, _ = desk_of(args)
    found = relocate(desk, args.root, progress)
    return say_done(say, args, {"found": found}, f"{len(found)} scans found again.")


DEEDS: dict[str, Callable[[argparse.Namespace, Say, Progress], int]] = {
    "add": _add,
    "list": _list,
    "show": _show,
    "history": _history,
    "assign": _assign,
    "relocate": _relocate,
}
