"""``pacs node``: the archives that this computer knows."""

from __future__ import annotations

import argparse
import getpass
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from napari_t12_bodycomp.cli_pacs.desk import Answer, aligned, command
from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.pacs import OWN_AE_TITLE, Credential, Node, NodeKind, Retrieval, Tls
from napari_t12_bodycomp.model.progress import Progress


def add_commands(commands: Any) -> None:
    """Declare ``node list``, ``node add`` and ``node remove``."""
    node = commands.add_parser("node", help="The archives that this computer knows.", allow_abbrev=False)
    deeds = node.add_subparsers(metavar="COMMAND", required=True)
    command(deeds, "list", "List them.", _list_nodes)
    command(deeds, "remove", "Forget one, and its password.", _remove_node).add_argument("node", metavar="NODE")
    add = command(deeds, "add", "Add one, or change it. Either --host, --port and --aet (DICOM), or --url (DICOMweb).", _add_node)
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


def _add_node(args: argparse.Namespace, progress: Progress) -> Answer:
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


def _list_nodes(args: argparse.Namespace, progress: Progress) -> Answer:
    from napari_t12_bodycomp.workflow.pacs_nodes import known_nodes

    nodes = known_nodes()
    lines = aligned([(node.name, node.kind.value, node.address, "TLS" if _is_safe(node) else "open line") for node in nodes])
    return {"nodes": [_facts(node) for node in nodes]}, lines or "No archive is known yet: t12-bodycomp pacs node add."


def _remove_node(args: argparse.Namespace, progress: Progress) -> Answer:
    from napari_t12_bodycomp.workflow.pacs_nodes import remove_node
    from napari_t12_bodycomp.workflow.pacs_secrets import forget_secret

    gone = remove_node(args.node)
    forget_secret(gone)
    return {"node": gone.name}, f"The archive {gone.name!r} is forgotten."


def _is_safe(node: Node) -> bool:
    return node.tls is not None or node.url.startswith("https:")


def _facts(node: Node) -> dict[str, Any]:
    return {name: value for name, value in asdict(node).items() if value not in ("", 0, None)}


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
