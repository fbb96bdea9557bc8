"""``t12-bodycomp pacs``: archives from the command line. Passwords and tokens are typed, piped or kept by the system, never arguments."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.pacs import OWN_AE_TITLE, Credential, FoundStudy, Node, NodeKind, Retrieval, StudyQuery, Tls
from napari_t12_bodycomp.model.progress import Progress
from napari_t12_bodycomp.model.series import SeriesList

Say = Callable[[dict[str, Any] | str], None]
EXIT_DONE = 0


def run(words: list[str], new_parser: Callable[[str, str], argparse.ArgumentParser], say: Say, progress: Progress) -> int:
    """Run ``pacs`` with the arguments `words`; the exit code."""
    parser = new_parser("pacs", "Archives (PACS): search, retrieve, send.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_node_commands(commands)
    _add_archive_commands(commands)
    args = parser.parse_args(words)
    answer, text = args.deed(args, progress)
    say({"status": "done", **answer} if args.json else text)
    return EXIT_DONE


# -- arguments -----------------------------------------------------------------------------------------------------------------------------


def _command(commands: Any, name: str, about: str, deed: Callable[..., Any]) -> argparse.ArgumentParser:
    one: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about, allow_abbrev=False)
    one.set_defaults(deed=deed)
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one.add_argument("-v", "--verbose", action="store_true", help="say on standard error what is being done")
    return one


def _add_node_commands(commands: Any) -> None:
    node = commands.add_parser("node", help="The archives that this computer knows.", allow_abbrev=False)
    deeds = node.add_subparsers(metavar="COMMAND", required=True)
    _command(deeds, "list", "List them.", _list_nodes)
    _command(deeds, "remove", "Forget one, and its password.", _remove_node).add_argument("node", metavar="NODE")
    add = _command(deeds, "add", "Add one, or change it. Either --host, --port and --aet (DICOM), or --url (DICOMweb).", _add_node)
    add.add_argument("node", metavar="NODE", help="what to call it here")
    add.add_argument("--host", default="", help="its address")
    add.add_argument("--port", type=int, default=0, help="its DICOM port")
    add.add_argument("--aet", metavar="TITLE", default="", help="its AE title")
    add.add_argument(
        "--own-aet", metavar="TITLE", default=OWN_AE_TITLE, help=f"what this computer is called there (default: {OWN_AE_TITLE})"
    )
    add.add_argument("--move", action="store_true", help="retrieve with C-MOVE instead of C-GET; needs --listen-port")
    add.add_argument(
        "--listen-port", metavar="PORT", type=int, default=0, help="C-MOVE: the port of this computer that the archive sends to"
    )
    add.add_argument("--listen-address", metavar="ADDRESS", default="", help="C-MOVE: only on this interface")
    add.add_argument("--tls", action="store_true", help="DICOM over TLS; implied by --ca and --cert")
    add.add_argument("--ca", metavar="FILE", default="", help="PEM file of the authorities to trust (default: the system's)")
    add.add_argument("--cert", metavar="FILE", default="", help="PEM certificate of this computer")
    add.add_argument("--key", metavar="FILE", default="", help="its key")
    add.add_argument("--url", default="", help="root of its DICOMweb services, such as https://pacs.example/dicom-web")
    add.add_argument("--user", default="", help="DICOMweb: user's name; the password is asked for")
    add.add_argument("--bearer", action="store_true", help="DICOMweb: a token, which is asked for")
    add.add_argument("--secret-stdin", action="store_true", help="the password or token is the next line of standard input")


def _add_archive_commands(commands: Any) -> None:
    _command(commands, "echo", "Ask whether an archive answers.", _echo).add_argument("node", metavar="NODE")
    find = _command(commands, "find", "Search for studies; of one study, list the series and say which to prefer.", _find)
    find.add_argument("node", metavar="NODE")
    find.add_argument("--patient-id", metavar="ID", default="", help="* and ? stand for any characters, here and below")
    find.add_argument("--date", metavar="FROM-TO", default="", help="YYYYMMDD, YYYYMMDD-YYYYMMDD, or open at one end")
    find.add_argument("--description", metavar="TEXT", default="", help="of the study")
    find.add_argument("--modality", metavar="CT", default="")
    find.add_argument("--study", metavar="UID", default="", help="list the series of this study")
    get = _command(commands, "get", "Retrieve a series; what is there already is not fetched again.", _get)
    get.add_argument("node", metavar="NODE")
    get.add_argument("--study", metavar="UID", required=True)
    get.add_argument("--series", metavar="UID", default="", help="default: the one to prefer")
    get.add_argument("--out", metavar="DIR", type=Path, required=True, help="the folder that its images go to")
    send = _command(commands, "send", "Store DICOM files in an archive.", _send)
    send.add_argument("node", metavar="NODE")
    send.add_argument("path", metavar="PATH", nargs="+", type=Path, help="DICOM files, or folders of them")


# -- the list of archives ------------------------------------------------------------------------------------------------------------------


def _add_node(args: argparse.Namespace, progress: Progress) -> tuple[dict[str, Any], str]:
    from napari_t12_bodycomp.workflow.pacs_nodes import nodes_file, save_node
    from napari_t12_bodycomp.workflow.pacs_secrets import NO_KEYRING, keep_secret, keyring_name

    node = _node_of(args)
    secret = _ask_secret(node, args.secret_stdin) if node.needs_secret and (keyring_name() or args.secret_stdin) else ""
    changed = save_node(node)
    sentence = f"The archive {node.name!r} is {'changed' if changed else 'added'} in {nodes_file()}."
    if node.needs_secret:
        kept = bool(secret) and keep_secret(node, secret)
        sentence += f" The {_secret_word(node)} is kept in {keyring_name()}." if kept else f" {NO_KEYRING}"
    return {"node": _facts(node)}, sentence


def _node_of(args: argparse.Namespace) -> Node:
    if bool(args.url) == bool(args.host or args.port or args.aet):
        raise UsageError("Either --host, --port and --aet, or --url is wanted: an archive speaks DICOM or DICOMweb.")
    if args.user and args.bearer:
        raise UsageError("One of --user and --bearer is wanted, both came.")
    files = [str(Path(file).absolute()) if file else "" for file in (args.ca, args.cert, args.key)]
    tls = Tls(*files) if args.tls or any(files) else None
    if args.url:
        credential = Credential.BEARER if args.bearer else Credential.BASIC if args.user else Credential.NONE
        return Node(args.node, NodeKind.DICOMWEB, url=args.url, credential=credential, user=args.user, tls=tls)
    return Node(
        args.node,
        NodeKind.DIMSE,
        args.host,
        args.port,
        args.aet,
        args.own_aet,
        Retrieval.MOVE if args.move else Retrieval.GET,
        args.listen_address,
        args.listen_port,
        tls=tls,
    )


def _list_nodes(args: argparse.Namespace, progress: Progress) -> tuple[dict[str, Any], str]:
    from napari_t12_bodycomp.workflow.pacs_nodes import known_nodes

    nodes = known_nodes()
    lines = _aligned([(node.name, node.kind.value, node.address, "TLS" if _is_safe(node) else "open line") for node in nodes])
    return {"nodes": [_facts(node) for node in nodes]}, lines or "No archive is known yet: t12-bodycomp pacs node add."


def _remove_node(args: argparse.Namespace, progress: Progress) -> tuple[dict[str, Any], str]:
    from napari_t12_bodycomp.workflow.pacs_nodes import remove_node
    from napari_t12_bodycomp.workflow.pacs_secrets import forget_secret

    gone = remove_node(args.node)
    forget_secret(gone)
    return {"node": gone.name}, f"The archive {gone.name!r} is forgotten."


def _is_safe(node: Node) -> bool:
    return node.tls is not None or node.url.startswith("https:")


def _facts(node: Node) -> dict[str, Any]:
    return {name: value for name, value in asdict(node).items() if value not in ("", 0, None)}


# -- the archive ---------------------------------------------------------------------------------------------------------------------------


def _echo(args: argparse.Namespace, progress: Progress) -> tuple[dict[str, Any], str]:
    sentence = _archive(args).echo()
    return {"message": sentence}, sentence


def _find(args: argparse.Namespace, progress: Progress) -> tuple[dict[str, Any], str]:
    from napari_t12_bodycomp.workflow.pacs import find_studies, offered_series

    archive = _archive(args)
    if args.study:
        found = offered_series(archive, args.study, progress)
        progress(1.0, "")
        return _series_facts(found), _series_text(found)
    start, end = _dates(args.date)
    studies = find_studies(archive, StudyQuery(args.patient_id, start, end, args.description, args.modality.upper()))
    answer: dict[str, Any] = {"studies": [asdict(study) for study in studies]}
    text = _studies_text(studies)
    if len(studies) == 1:
        found = offered_series(archive, studies[0].study_instance_uid, progress)
        progress(1.0, "")
        answer |= _series_facts(found)
        text += "\n\n" + _series_text(found)
    return answer, text


def _get(args: argparse.Namespace, progress: Progress) -> tuple[dict[str, Any], str]:
    from napari_t12_bodycomp.workflow.pacs import offered_series, retrieve

    archive = _archive(args)
    series, why = args.series, ""
    if not series:
        found = offered_series(archive, args.study, progress)
        if found.chosen is None:
            raise UsageError(f"A series is wanted, none is to be preferred: {found.reason} Name one with --series.")
        series, why = found.chosen.series_instance_uid, f" {found.reason}"
    done = retrieve(archive, args.study, series, args.out, progress)
    answer = {"series_instance_uid": series, "folder": str(args.out), **asdict(done)}
    already = done.n_images - done.n_fetched
    return answer, f"{done.n_images} images lie in {args.out}{f', {already} of them from before' if already else ''}.{why}"


def _send(args: argparse.Namespace, progress: Progress) -> tuple[dict[str, Any], str]:
    from napari_t12_bodycomp.workflow.pacs import send_files

    count = send_files(_archive(args), args.path, progress)
    return {"n_files": count}, f"{count} file{'' if count == 1 else 's'} stored in the archive {args.node!r}."


def _archive(args: argparse.Namespace) -> Any:
    from napari_t12_bodycomp.workflow.pacs import open_archive
    from napari_t12_bodycomp.workflow.pacs_nodes import node_named

    return open_archive(node_named(args.node), getpass.getpass if sys.stdin.isatty() else None)


def _ask_secret(node: Node, from_stdin: bool) -> str:
    if from_stdin:
        secret = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        secret = getpass.getpass(f"The {_secret_word(node)} for the archive {node.name}: ")
    else:
        raise UsageError(f"The {_secret_word(node)} is wanted: type it at a terminal, or pipe it with --secret-stdin.")
    if not secret:
        raise UsageError(f"The {_secret_word(node)} is wanted, an empty line came.")
    return secret


def _secret_word(node: Node) -> str:
    return "token" if node.credential is Credential.BEARER else "password"


def _dates(text: str) -> tuple[str, str]:
    """First and last day of ``FROM-TO``; dates may hold hyphens themselves."""
    digits = "".join(c for c in text if c.isdigit())
    if not text:
        return "", ""
    if len(digits) == 16:
        return digits[:8], digits[8:]
    if len(digits) == 8:
        return (digits, "") if text.endswith("-") else ("", digits) if text.startswith("-") else (digits, digits)
    raise UsageError(f"A date as YYYYMMDD or a range as YYYYMMDD-YYYYMMDD is wanted, {text!r} came.")


# -- answers -------------------------------------------------------------------------------------------------------------------------------


def _studies_text(studies: Sequence[FoundStudy]) -> str:
    if not studies:
        return "The archive has no study that matches."
    head = ("patient ID", "date", "description", "modalities", "series", "images", "study UID")
    rows = [
        (s.patient_id, s.study_date, s.description, ", ".join(s.modalities), _count(s.n_series), _count(s.n_images), s.study_instance_uid)
        for s in studies
    ]
    return _aligned([head, *rows])


def _series_facts(found: SeriesList) -> dict[str, Any]:
    names = (
        "series_instance_uid",
        "study_instance_uid",
        "description",
        "modality",
        "n_slices",
        "slice_thickness_mm",
        "kernel",
        "orientation",
    )
    series = [{name: getattr(o, name) for name in names} | {"refusal": o.refusal, "why": o.why} for o in found.offers]
    return {"series": series, "chosen": found.chosen.series_instance_uid if found.chosen else None, "reason": found.reason}


def _series_text(found: SeriesList) -> str:
    head = ("", "description", "modality", "images", "thickness", "series UID")
    rows = [
        (
            ">" if o is found.chosen else "",
            o.description or "-",
            o.modality,
            str(o.n_slices),
            f"{o.slice_thickness_mm:g} mm" if o.slice_thickness_mm else "",
            o.series_instance_uid,
        )
        for o in found.offers
    ]
    refused = [f"  {o.description or 'series without a description'}: {o.refusal}" for o in found.offers if o.refusal]
    parts = [_aligned([head, *rows]), found.reason]
    return "\n\n".join([*parts, "Not to be measured:\n" + "\n".join(refused)] if refused else parts)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def _count(number: int | None) -> str:
    return "" if number is None else str(number)
