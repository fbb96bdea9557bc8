"""Passwords and tokens of archives: in the system's keyring, or nowhere. Never in a file, never in a log."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any

from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.pacs import Credential, Node

log = logging.getLogger(__name__)

SERVICE = "napari-t12-bodycomp"
ENV_SECRET = "T12_PACS_SECRET"
"""Environment variable that goes before the keyring: for scripts."""
NO_KEYRING = (
    f"There is no system keyring here, so nothing is kept: you are asked each time, or a script sets the environment variable {ENV_SECRET}."
)
_KEPT_IN_FILES = ("keyrings.alt", "keyring.backends.null", "keyring.backends.fail")
"""Keyrings that keep nothing, or keep it in a file of their own."""


class SecretMissing(UsageError):
    """A password or token is wanted, none is kept, and nobody gave one."""


Ask = Callable[[str], str]
"""Asks a person for a secret, with these words."""


def keyring_name() -> str:
    """What the system keyring is called; "" where there is none."""
    backend = _keyring()
    return str(backend.name) if backend is not None else ""


def kept_secret(node: Node) -> str:
    """The password or token of `node`, from the environment or the keyring; "" where neither has it."""
    if given := os.environ.get(ENV_SECRET, ""):
        return given
    backend = _keyring()
    if backend is None:
        return ""
    try:
        return backend.get_password(SERVICE, _entry(node)) or ""
    except Exception as error:  # keyrings differ in what they raise; a locked one is as good as none
        log.info("the keyring did not answer (%s)", type(error).__name__)
        return ""


def secret_of(node: Node, ask: Ask | None = None) -> str:
    """The password or token of `node`; "" where it needs none. `ask` is called where none is kept.

    Raises
    ------
    SecretMissing
        Where none is kept and nobody gives one.
    """
    if not node.needs_secret:
        return ""
    secret = kept_secret(node) or (ask(f"{_kind(node)} for the archive {node.name}: ") if ask is not None else "")
    if not secret:
        raise SecretMissing(
            f"The {_kind(node).lower()} for the archive {node.name!r} is wanted and is not kept here: run this in a terminal, or set {ENV_SECRET}."
        )
    return secret


def keep_secret(node: Node, secret: str) -> bool:
    """Keep it in the system keyring; False where there is none.

    Raises
    ------
    InputError
        Where the keyring refuses.
    """
    backend = _keyring()
    if backend is None:
        return False
    try:
        backend.set_password(SERVICE, _entry(node), secret)
    except Exception as error:
        raise InputError(f"The system keyring refuses to keep it ({type(error).__name__}): unlock it and try again.") from error
    return True


def forget_secret(node: Node) -> None:
    """Take it out of the keyring, where it is there."""
    backend = _keyring()
    if backend is None or not node.needs_secret:
        return
    try:
        if backend.get_password(SERVICE, _entry(node)) is not None:
            backend.delete_password(SERVICE, _entry(node))
    except Exception as error:
        raise InputError(f"The system keyring refuses to forget it ({type(error).__name__}): unlock it and try again.") from error


def _kind(node: Node) -> str:
    return "Token" if node.credential is Credential.BEARER else f"Password of {node.user}"


def _entry(node: Node) -> str:
    """The address is part of it: a secret never goes to another server that was given the same name."""
    return f"pacs {node.name} {node.url} {node.user}"


def _keyring() -> Any:
    """The keyring that is not a file; None where there is none, or the package is missing."""
    try:
        import keyring
    except ImportError:
        return None
    chosen: Any = keyring.get_keyring()
    for backend in getattr(chosen, "backends", None) or [chosen]:
        if not type(backend).__module__.startswith(_KEPT_IN_FILES):
            return backend
    return None
