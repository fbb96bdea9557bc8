"""A PostgreSQL server of its own for a test run or a benchmark: a free loopback port, a temporary folder, gone afterwards."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OWNER = "postgres"


class NoServer(Exception):
    """Why there is no PostgreSQL here, in a sentence."""


def _programs() -> Path:
    """The folder of initdb and pg_ctl; the newest where there are several."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]) if p.parts[-3].isdigit() else 0)
    if found:
        return found[-1].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    raise NoServer("PostgreSQL is not installed here (Debian and Ubuntu: the package postgresql)")


def _as_owner() -> list[str]:
    """The server refuses to run as root: the words that run a command as its own user."""
    if os.getuid() != 0:
        return []
    try:
        pwd.getpwnam(OWNER)
    except KeyError:
        raise NoServer(f"PostgreSQL does not run as root, and there is no user {OWNER!r}") from None
    if not shutil.which("runuser"):
        raise NoServer("PostgreSQL does not run as root, and there is no runuser to start it as another user")
    return ["runuser", "-u", OWNER, "--"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def server(durable: bool = False) -> Iterator[str]:
    """Start a server; gives its URL without a database name at the end. `durable` keeps fsync on, as a real study would."""
    if not sys.platform.startswith("linux"):
        raise NoServer("the tests start PostgreSQL on Linux only")
    programs, owner = _programs(), _as_owner()
    folder = Path(tempfile.mkdtemp(prefix="t12pg", dir="/tmp"))
    password = secrets.token_hex(16)
    port = _free_port()
    secret = folder / "password"
    secret.write_text(password)
    if owner:
        for path in (folder, secret):
            shutil.chown(path, OWNER)
    data, log = folder / "data", folder / "log"

    def run(*words: str) -> None:
        done = subprocess.run([*owner, *words], capture_output=True, text=True, cwd="/", check=False)
        if done.returncode:
            raise RuntimeError(f"{words[0]} failed: {done.stderr}{log.read_text() if log.exists() else ''}")

    quick = "" if durable else " -c fsync=off -c full_page_writes=off"
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c max_connections=100{quick}"
    try:
        run(
            str(programs / "initdb"),
            "-D",
            str(data),
            "-U",
            "study",
            "-A",
            "scram-sha-256",
            f"--pwfile={secret}",
            "-E",
            "UTF8",
            "--no-locale",
            "-N",
        )
        run(str(programs / "pg_ctl"), "-D", str(data), "-l", str(log), "-w", "-t", "60", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://study:{password}@127.0.0.1:{port}"
        finally:
            run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(url: str) -> str:
    """The URL of a new, empty database on the server at `url`."""
    import psycopg

    name = f"study_{secrets.token_hex(6)}"
    with psycopg.connect(url.replace("+psycopg", "") + "/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0'.encode())
    return f"{url}/{name}"


def emptied(url: str) -> None:
    """Take everything out of the database at `url`."""
    import psycopg

    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
