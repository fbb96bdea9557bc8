"""Deeds of ``t12-bodycomp study`` on the way of one case."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from napari_t12_bodycomp.cli_study.desk import (
    Say,
    desk_of,
    say_case,
    say_done,
    where,
)
from napari_t12_bodycomp.errors import InputError, T12Error
from napari_t12_bodycomp.model.progress import Progress
from napari_t12_bodycomp.model.study import ExclusionReason


def _draft(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.study_draft import draft_case

    desk, _ = desk_of(args)
    saved = draft_case(desk, args.case, args.z_mm, args.regions, args.height_cm, args.confirm_level, args.reading, progress)
    answer = {"case_id": args.case, "version": saved.number, "z_mm": saved.z_mm, "level_confirmed_by": saved.level_confirmed_by}
    return say_done(say, args, answer, f"Saved version {saved.number} of {args.case} at z {saved.z_mm:.1f} mm.")


def _submit(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.case_view import case_named
    from napari_t12_bodycomp.workflow.review import submit

    desk, _ = desk_of(args)
    case = case_named(desk.store, args.case)
    return say_case(say, args, submit(desk, case.id, case.current_version or 0))


def _approve(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.case_view import case_named
    from napari_t12_bodycomp.workflow.pacs_nodes import node_named
    from napari_t12_bodycomp.workflow.review import approve, ticket_for
    from napari_t12_bodycomp.workflow.sending import send_approved

    node = node_named(args.send) if args.send else None
    desk, password = desk_of(args)
    case = approve(desk, ticket_for(desk.store, case_named(desk.store, args.case).id), password)
    if node is not None:
        try:
            send_approved(desk.store, case.id, node, progress=progress)
        except T12Error as error:
            raise InputError(f"{case.pseudonym} is approved, but its results were not sent: {error}") from error
    return say_case(say, args, case)


def _send(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.case_view import case_named
    from napari_t12_bodycomp.workflow.outbox import Unsent, forget, study_key
    from napari_t12_bodycomp.workflow.pacs_nodes import node_named
    from napari_t12_bodycomp.workflow.sending import send_approved

    node = node_named(args.to)
    desk, _ = desk_of(args)
    case = case_named(desk.store, args.case)
    count = send_approved(desk.store, case.id, node, progress=progress)
    forget(Unsent(study_key(where(args)), case.pseudonym, case.id, node.name))
    return say_done(
        say, args, {"case_id": args.case, "sent": count, "to": node.name}, f"{count} results of {args.case} are in {node.name}."
    )


def _return(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.case_view import case_named
    from napari_t12_bodycomp.workflow.review import return_case, ticket_for

    desk, _ = desk_of(args)
    return say_case(say, args, return_case(desk, ticket_for(desk.store, case_named(desk.store, args.case).id), args.reason))


def _reopen(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.case_view import case_named
    from napari_t12_bodycomp.workflow.review import reopen, ticket_for

    desk, _ = desk_of(args)
    return say_case(say, args, reopen(desk, ticket_for(desk.store, case_named(desk.store, args.case).id), args.reason))


def _exclude(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.case_view import case_named
    from napari_t12_bodycomp.workflow.review import exclude

    desk, _ = desk_of(args)
    return say_case(say, args, exclude(desk, case_named(desk.store, args.case).id, ExclusionReason(args.reason), args.note))


def _include(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.case_view import case_named
    from napari_t12_bodycomp.workflow.review import include

    desk, _ = desk_of(args)
    return say_case(say, args, include(desk, case_named(desk.store, args.case).id))


DEEDS: dict[str, Callable[[argparse.Namespace, Say, Progress], int]] = {
    "draft": _draft,
    "submit": _submit,
    "approve": _approve,
    "send": _send,
    "return": _return,
    "reopen": _reopen,
    "exclude": _exclude,
    "include": _include,
}
