"""The arguments of ``t12-bodycomp study``."""

from __future__ import annotations

import argparse
from pathlib import Path

from napari_t12_bodycomp.cli_study.double_arguments import add_double_arguments
from napari_t12_bodycomp.cli_study.protocol_options import add_protocol_options
from napari_t12_bodycomp.model.study import CaseState, ExclusionReason, Role
from napari_t12_bodycomp.model.worklist import SORT_KEYS


def add_arguments(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add all of its commands to the parser of ``study``; each sets `deed` to its name."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, about: str, deed: str, signed_in: bool = True, case: bool = False) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=about, description=about, allow_abbrev=False)
        one.set_defaults(deed=deed)
        one.add_argument(
            "--db", metavar="URL", help="SQLite file, or postgresql+psycopg://...; default: study.t12.sqlite here, or T12_STUDY_DB"
        )
        one.add_argument("--json", action="store_true", help="print one JSON object")
        one.add_argument("-v", "--verbose", action="store_true", help="say on standard error what is being done")
        if signed_in:
            one.add_argument("--as", dest="account", metavar="NAME", required=True, help="who does it")
            _add_passwords(one)
        if case:
            one.add_argument("case", metavar="CASE", help="the case's name in the study")
        return one

    create = command("create", "Make a study in one step, with its first lead.", "create", signed_in=False)
    create.add_argument("--name", required=True, help="name of the study")
    create.add_argument("--lead", metavar="NAME", required=True, help="sign-in name of the first lead")
    create.add_argument("--keep-patient-ids", action="store_true", help="store patient IDs beside the pseudonyms")
    _add_passwords(create)
    add_protocol_options(create)

    user = command("user", "Add an account, or change one.", "user")
    user.add_argument("user", metavar="NAME", nargs="?", help="the account; without it, all are listed")
    user.add_argument("--role", action="append", choices=[role.value for role in Role], help="may be given several times")
    user.add_argument("--disable", action="store_true")
    user.add_argument("--enable", action="store_true")
    user.add_argument("--unlock", action="store_true", help="let them try again at once after too many wrong passwords")
    user.add_argument("--set-password", action="store_true", help="set a new password for an existing account")

    protocol = command("protocol", "Change the protocol; after the first approval, as a new version of it.", "protocol")
    protocol.add_argument("--note", required=True, help="why")
    add_protocol_options(protocol)

    options = command("options", "What the study keeps and shows.", "options")
    options.add_argument("--patient-ids", choices=["keep", "drop"])
    options.add_argument("--review", choices=["blind", "open"], help="whether reviewers decide before they see the numbers")

    add = command("add", "Take in scans as cases, or a list of cases.", "add")
    add.add_argument("path", metavar="PATH", nargs="*", type=Path, help="DICOM folder, DICOM file, zip of DICOM, or NIfTI: one case each")
    add.add_argument("--list", metavar="TABLE.csv", type=Path, help="a table with a row for each case")
    add.add_argument("--dry-run", action="store_true", help="only say what is wrong with the table")
    add.add_argument("--case-id", metavar="NAME", default="", help="the case's name, for one PATH")
    add.add_argument("--series", metavar="UID")
    add.add_argument("--acquisition", metavar="N", type=int)
    add.add_argument("--height-cm", metavar="H", type=float)

    listing = command("list", "The worklist.", "list", signed_in=False)
    listing.add_argument("--state", action="append", choices=[state.value for state in CaseState], help="may be given several times")
    listing.add_argument("--search", metavar="TEXT", default="", help="part of a case's name")
    listing.add_argument("--assessor", metavar="NAME", help="assigned to; '-': to nobody")
    listing.add_argument("--reviewer", metavar="NAME", help="assigned to; '-': to nobody")
    listing.add_argument("--sort", default="pseudonym", choices=SORT_KEYS)
    listing.add_argument("--descending", action="store_true")
    listing.add_argument("--page", metavar="N", type=int, default=1)
    listing.add_argument("--per-page", metavar="N", type=int, default=100)

    listing.add_argument("--reading-by", metavar="NAME", help="with a second reading that this account may draw now; '-': anybody")
    listing.add_argument(
        "--adjudication-by", metavar="NAME", help="with two readings that disagree, to be decided by this account; '-': anybody"
    )

    command("show", "One case: its versions, decisions and comments.", "show", case=True)

    command("history", "Everything that happened to one case: who, when, what, before and after.", "history", case=True)

    assign = command("assign", "Assign cases; a name of '-' sets them free.", "assign")
    assign.add_argument("cases", metavar="CASE", nargs="+")
    assign.add_argument("--assessor", metavar="NAME")
    assign.add_argument("--reviewer", metavar="NAME")

    draft = command("draft", "Measure a case without a window and save it as a version.", "draft", case=True)
    draft.add_argument("--z-mm", metavar="Z", type=float, help="the slice nearest to this z instead of the T12 found")
    draft.add_argument("--regions", metavar="FILE.nii.gz", type=Path, help="these regions instead of the draft")
    draft.add_argument("--height-cm", metavar="H", type=float)
    draft.add_argument("--confirm-level", action="store_true", help="you have looked at the level and confirm it")
    draft.add_argument("--reading", action="store_true", help="as the second reading that was asked of you")

    add_double_arguments(command)

    command("submit", "Hand your drawing in for review.", "submit", case=True)
    approve = command("approve", "Sign a submitted case off; the password signs.", "approve", case=True)
    approve.add_argument("--send", metavar="NODE", help="also send the results to this archive (t12-bodycomp pacs node list)")
    send = command("send", "Send the results of an approved case to an archive, as DICOM.", "send", case=True)
    send.add_argument("--to", metavar="NODE", required=True, help="the archive (t12-bodycomp pacs node list)")
    for name, about in (
        ("return", "Send a submitted case back, with a reason."),
        ("reopen", "Unlock an approved case, with a reason (lead)."),
    ):
        command(name, about, name, case=True).add_argument("--reason", required=True)
    exclude = command("exclude", "Take a case out of the study.", "exclude", case=True)
    exclude.add_argument("--reason", required=True, choices=[reason.value for reason in ExclusionReason])
    exclude.add_argument("--note", default="")
    command("include", "Take an excluded case in again (lead).", "include", case=True)

    relocate = command("relocate", "Find moved scans again by their UIDs.", "relocate")
    relocate.add_argument("root", metavar="FOLDER", type=Path, help="where to look")

    export = command(
        "export", "Write the table of indices, its data dictionary and the counts of the flow chart.", "export", signed_in=False
    )
    export.add_argument("--out", metavar="DIR", type=Path, required=True)
    export.add_argument(
        "--state", action="append", choices=[s.value for s in CaseState], help="others than the approved cases; several times"
    )

    export.add_argument("--sheet", action="store_true", help="also a PDF with the picture of every result; reads every scan again")
    export.add_argument(
        "--dicom",
        metavar="DIR",
        type=Path,
        help="also every result as DICOM for the archive, with the patient's identity as the scan has it",
    )

    verify = command("verify", "Whether anybody changed the study behind the program's back.", "verify", signed_in=False)
    verify.add_argument("--head", metavar="HASH", default="", help="a head that an earlier verify printed and somebody noted")

    command("backup", "Write the study into one file.", "backup", signed_in=False).add_argument("file", metavar="FILE", type=Path)
    command("restore", "Put a backup into an empty database or a new file.", "restore", signed_in=False).add_argument(
        "file", metavar="FILE", type=Path
    )
    return parser


def _add_passwords(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--password-stdin", action="store_true", help="the password is the next line of standard input, a new one the line after"
    )
    parser.add_argument("--password-fd", metavar="N", type=int, help="the password is the next line of this file descriptor, likewise")
