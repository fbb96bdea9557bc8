"""Who sits at the command line, at which study, and how it answers. Passwords are typed, piped or handed over, never arguments."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from typing import Any

from napari_t12_bodycomp.errors import UsageError

Say = Callable[[dict[str, Any] | str], None]
ENV_DB, ENV_PASSWORD, ENV_NEW_PASSWORD = "T12_STUDY_DB", "T12_STUDY_PASSWORD", "T12_STUDY_NEW_PASSWORD"
EXIT_DONE, EXIT_CHANGED = 0, 3


def where(args: argparse.Namespace) -> str:
    """The study's database."""
    from napari_t12_bodycomp.workflow.study import DEFAULT_FILE

    return str(args.db or os.environ.get(ENV_DB) or DEFAULT_FILE)


def open_store(args: argparse.Namespace) -> Any:
    """The study's store."""
    from napari_t12_bodycomp.workflow.study import open_study

    return open_study(where(args))


def desk_of(args: argparse.Namespace) -> tuple[Any, str]:
    """The desk that the arguments sign in to, and the password that did."""
    from napari_t12_bodycomp.workflow.study import sign_in

    store = open_store(args)
    password = ask_password(args, f"Password of {args.account}: ", ENV_PASSWORD)
    return sign_in(store, args.account, password), password


def ask_password(args: argparse.Namespace, prompt: str, variable: str, twice: bool = False) -> str:
    """The next password: from standard input or a file descriptor where the arguments say so, else from the environment, else typed."""
    if args.password_stdin:
        return _line(sys.stdin.readline())
    if args.password_fd is not None:
        return _line(_line_of(args.password_fd))
    if variable in os.environ:
        return os.environ[variable]
    if not sys.stdin.isatty():
        raise UsageError(f"A password is wanted: type it at a terminal, pipe it with --password-stdin or --password-fd, or set {variable}.")
    typed = getpass.getpass(prompt)
    if twice and getpass.getpass("The same again: ") != typed:
        raise UsageError("The same password twice is wanted, two different ones came: try again.")
    return typed


def ask_new_password(args: argparse.Namespace) -> str:
    """A password for the account that the arguments name."""
    return ask_password(args, f"A password for {args.user}: ", ENV_NEW_PASSWORD, twice=True)


def _line_of(descriptor: int) -> str:
    """The next line of an open file, read byte by byte so that the line after it stays for the next question."""
    line = bytearray()
    try:
        while (byte := os.read(descriptor, 1)) not in (b"", b"\n"):
            line += byte
    except OSError as error:
        raise UsageError(f"An open file descriptor with the password is wanted, {descriptor} cannot be read.") from error
    return line.decode("utf-8", "replace")


def _line(text: str) -> str:
    if not (line := text.rstrip("\r\n")):
        raise UsageError("A password is wanted, an empty line came.")
    return line


def say_done(say: Say, args: argparse.Namespace, answer: dict[str, Any], text: str) -> int:
    """Print the answer as JSON or as text."""
    say({"status": "done", **answer} if args.json else text)
    return EXIT_DONE


def say_case(say: Say, args: argparse.Namespace, case: Any) -> int:
    """Print where a case stands now."""
    return say_done(say, args, {"case_id": case.pseudonym, "state": case.state.value}, f"{case.pseudonym} is {case.state.value}.")
