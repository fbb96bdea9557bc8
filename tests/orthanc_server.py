"""An Orthanc of its own for a test run: free loopback ports, a temporary folder, gone afterwards. It can be stopped and started again."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

AE_TITLE, OWN_AE_TITLE = "ARCHIVE", "T12BODYCOMP"
USER, PASSWORD = "reader", "pass word: Grüße"


class NoOrthanc(Exception):
    """Why there is no Orthanc here, in a sentence."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _program() -> str:
    found = shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise NoOrthanc("Orthanc is not installed here (Debian and Ubuntu: the packages orthanc and orthanc-dicomweb)")
    return found


def _plugin() -> str:
    for pattern in ("lib/orthanc/libOrthancDicomWeb.so*", "share/orthanc/plugins/libOrthancDicomWeb.so*"):
        for root in (Path("/usr"), Path("/usr/local")):
            for found in sorted(root.glob(pattern)):
                return str(found.resolve())
    raise NoOrthanc("Orthanc's DICOMweb plug-in is not installed here (Debian and Ubuntu: the package orthanc-dicomweb)")


@dataclass
class Orthanc:
    """A server that can be started and stopped."""

    folder: Path
    options: dict[str, Any] = field(default_factory=dict)
    http_port: int = field(default_factory=free_port)
    dicom_port: int = field(default_factory=free_port)
    move_port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None
    _stopping: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.http_port}/dicom-web"

    def start(self) -> None:
        """Start and wait until it answers."""
        file = self.folder / "orthanc.json"
        file.write_text(json.dumps(self._configuration()))
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen([_program(), str(file)], stdout=log, stderr=log, cwd=self.folder)
        log.close()
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise RuntimeError(f"Orthanc ended: {(self.folder / 'log').read_text(errors='replace')[-2000:]}")
            if self._answers(self.http_port) and self._answers(self.dicom_port):
                return
            time.sleep(0.05)
        raise RuntimeError("Orthanc did not answer in time")

    def stop(self) -> None:
        """Stop it, hard: as if the power had gone. Any thread may ask for it."""
        with self._stopping:
            if self._process is not None:
                self._process.kill()
                self._process.wait()
                self._process = None

    def ask(self, path: str, content: bytes | None = None) -> bytes:
        """What its own REST interface or its DICOMweb plug-in answers to `path` (not over TLS)."""
        word = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {word}"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.http_port}/{path}", content, headers)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            found: bytes = answer.read()
            return found

    def count(self, kind: str = "instances") -> int:
        """How many ``patients``, ``studies``, ``series`` or ``instances`` it holds."""
        return len(json.loads(self.ask(kind)))

    @staticmethod
    def _answers(port: int) -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            return False
        return True

    def _configuration(self) -> dict[str, Any]:
        storage = str(self.folder / "storage")
        return {
            "Name": "test",
            "StorageDirectory": storage,
            "IndexDirectory": storage,
            "Plugins": [_plugin()],
            "HttpPort": self.http_port,
            "DicomPort": self.dicom_port,
            "DicomAet": AE_TITLE,
            "DicomCheckCalledAet": True,
            "DicomAlwaysAllowEcho": False,
            "DicomAlwaysAllowStore": False,
            "DicomCheckModalityHost": True,
            "DicomModalities": {
                "t12": {
                    "AET": OWN_AE_TITLE,
                    "Host": "127.0.0.1",
                    "Port": self.move_port,
                    "AllowGet": True,
                    "AllowMove": True,
                    "AllowFind": True,
                },
            },
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": True,
            "RegisteredUsers": {USER: PASSWORD},
            "DicomAssociationCloseDelay": 0,
            "SyncStorageArea": False,
            "SaveJobs": False,
            "OverwriteInstances": False,
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "EnableWado": False},
            **self.options,
        }


@contextmanager
def orthanc(**options: Any) -> Iterator[Orthanc]:
    """A server that runs inside the `with`; `options` go into its configuration."""
    if not sys.platform.startswith("linux"):
        raise NoOrthanc("the tests start Orthanc on Linux only")
    _program()
    _plugin()
    folder = Path(tempfile.mkdtemp(prefix="t12orthanc"))
    server = Orthanc(folder, options)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def tls_in_front(port: int, certificate: Path, key: Path) -> Iterator[int]:
    """A port that speaks TLS and hands everything on to `port`, as a hospital's proxy does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def pump(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(65536):
                target.sendall(content)
        for line in (source, target):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def serve(line: socket.socket) -> None:
        with (
            suppress(OSError),
            line,
            context.wrap_socket(line, server_side=True) as safe,
            socket.create_connection(("127.0.0.1", port)) as inner,
        ):
            back = threading.Thread(target=pump, args=(inner, safe), daemon=True)
            back.start()
            pump(safe, inner)
            back.join()

    def listen() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(door.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=listen, daemon=True).start()
        yield door.getsockname()[1]
        door.shutdown(socket.SHUT_RDWR)
