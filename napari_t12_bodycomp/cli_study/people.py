"""Deeds of ``t12-bodycomp study`` about the study and its people."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from napari_t12_bodycomp.cli_study.desk import (
    ENV_PASSWORD,
    Say,
    ask_new_password,
    ask_password,
    desk_of,
    say_done,
    where,
)
from napari_t12_bodycomp.cli_study.protocol_options import protocol_of
from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.progress import Progress
from napari_t12_bodycomp.model.study import Role


def _create(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.study import create_study

    password = ask_password(args, f"A password for {args.lead}: ", ENV_PASSWORD, twice=True)
    create_study(where(args), args.name, args.lead, password, protocol_of(args), args.keep_patient_ids)
    return say_done(say, args, {"study": args.name, "lead": args.lead}, f"The study {args.name!r} is made; {args.lead} leads it.")


def _user(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow import study

    desk, own = desk_of(args)
    known = {account.name: account for account in study.everybody(desk.store)}
    roles = [Role(role) for role in args.role or ()]
    if args.user is None:
        people = [{"name": a.name, "roles": sorted(a.roles), "disabled": a.disabled} for a in known.values()]
        lines = [f"{a.name:20s} {', '.join(sorted(a.roles))}{' (disabled)' if a.disabled else ''}" for a in known.values()]
        return say_done(say, args, {"accounts": people}, "\n".join(lines))
    if args.enable and args.disable:
        raise UsageError("One of --enable and --disable is wanted, both came.")
    if args.user not in known:
        account = study.add_account(desk, args.user, ask_new_password(args), roles)
    else:
        if args.set_password:
            study.set_password(desk, args.user, ask_new_password(args), own)
        if args.unlock:
            study.lift_lock(desk, args.user)
        account = known[args.user]
        if roles or args.enable or args.disable:
            account = study.change_account(desk, args.user, roles or None, True if args.disable else False if args.enable else None)
    words = f"{account.name}: {', '.join(sorted(account.roles))}{' (disabled)' if account.disabled else ''}"
    return say_done(say, args, {"name": account.name, "roles": sorted(account.roles), "disabled": account.disabled}, words)


def _protocol(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.study import change_protocol

    desk, _ = desk_of(args)
    number = change_protocol(desk, protocol_of(args), args.note)
    return say_done(say, args, {"protocol_version": number}, f"Version {number} of the protocol holds from now on.")


def _options(args: argparse.Namespace, say: Say, progress: Progress) -> int:
    from napari_t12_bodycomp.workflow.study import set_options, study_record

    desk, _ = desk_of(args)
    keep = None if args.patient_ids is None else args.patient_ids == "keep"
    set_options(desk, keep, None if args.review is None else args.review == "blind")
    now = study_record(desk.store)
    words = f"Patient IDs are {'kept' if now.keep_patient_ids else 'not kept'}; review is {'blind' if now.blind_review else 'open'}."
    return say_done(say, args, {"keep_patient_ids": now.keep_patient_ids, "blind_review": now.blind_review}, words)


DEEDS: dict[str, Callable[[argparse.Namespace, Say, Progress], int]] = {
    "create": _create,
    "user": _user,
    "protocol": _protocol,
    "options": _options,
}
