"""The archives that this computer knows: a small file in the user's configuration folder, without passwords."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import platformdirs

from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.pacs import Credential, Node, NodeKind, Retrieval, Tls

FORMAT = 1


def nodes_file() -> Path:
    """Where they stand."""
    return Path(platformdirs.user_config_dir("napari-t12-bodycomp", appauthor=False)) / "pacs.json"


def known_nodes(file: Path | None = None) -> list[Node]:
    """All of them, by name.

    Raises
    ------
    InputError
        Where the file is damaged.
    """
    file = file or nodes_file()
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
        if facts["format"] != FORMAT:
            raise ValueError("format")
        return sorted((_node(one) for one in facts["nodes"]), key=lambda node: node.name)
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError, UsageError, OSError) as error:
        raise InputError(f"The list of archives in {file} cannot be read: repair it, or remove it and add the archives again.") from error


def node_named(name: str, file: Path | None = None) -> Node:
    """The archive called `name`; UsageError where there is none."""
    nodes = known_nodes(file)
    for node in nodes:
        if node.name == name:
            return node
    known = f"known are {', '.join(node.name for node in nodes)}" if nodes else "none is known yet"
    raise UsageError(f"The archive {name!r} is wanted, {known}: add it with t12-bodycomp pacs node add.")


def save_node(node: Node, file: Path | None = None) -> bool:
    """Add `node`, or put it in the place of the one with its name; True where there was one."""
    nodes = known_nodes(file)
    others = [one for one in nodes if one.name != node.name]
    _write([*others, node], file or nodes_file())
    return len(others) < len(nodes)


def remove_node(name: str, file: Path | None = None) -> Node:
    """Forget the archive called `name`, and give it back; UsageError where there is none."""
    gone = node_named(name, file)
    _write([node for node in known_nodes(file) if node.name != name], file or nodes_file())
    return gone


def _write(nodes: Iterable[Node], file: Path) -> None:
    """Whole or not at all, for nobody else to read."""
    text = json.dumps({"format": FORMAT, "nodes": [asdict(node) for node in nodes]}, indent=2, ensure_ascii=False)
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text + "\n", encoding="utf-8")
        part.chmod(0o600)
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(f"The list of archives could not be written into {file.parent} ({error.strerror}): check the folder.") from error


def _node(facts: dict[str, Any]) -> Node:
    known = {field.name for field in fields(Node)}
    values = {name: value for name, value in facts.items() if name in known}
    values["kind"], values["retrieval"] = NodeKind(values["kind"]), Retrieval(values.get("retrieval", Retrieval.GET))
    values["credential"] = Credential(values.get("credential", Credential.NONE))
    values["tls"] = Tls(**values["tls"]) if values.get("tls") is not None else None
    return Node(**values)
