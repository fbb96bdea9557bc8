"""Archives that misbehave, on real lines: over DIMSE by pynetdicom, over DICOMweb by a small http server. They list what they are told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

from orthanc_server import AE_TITLE, free_port
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage
from pynetdicom import AE, build_context, evt
from pynetdicom.events import Event
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)


@dataclass
class Odd:
    """What it lists, what it sends instead, and after how many images it hangs (0: never); `gate` lets it go on.

    `refusal` is the status that it answers a request for images with.
    """

    listed: Sequence[bytes]
    sent: Sequence[bytes] = ()
    hang_after: int = 0
    takes: str = CTImageStorage
    refusal: int = 0
    move_port: int = field(default_factory=free_port)
    gate: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    def datasets(self) -> list[Dataset]:
        return [dcmread(BytesIO(content)) for content in self.sent or self.listed]

    def hang(self, count: int) -> None:
        if self.hang_after and count >= self.hang_after:
            self.gate.wait(30)


@contextmanager
def odd_dimse(odd: Odd) -> Iterator[Odd]:
    """Serves `odd` on a port."""

    def on_find(event: Event) -> Iterator[tuple[int, Dataset | None]]:
        for content in odd.listed:
            one, answer = dcmread(BytesIO(content)), Dataset()
            answer.QueryRetrieveLevel, answer.SOPInstanceUID, answer.SOPClassUID = "IMAGE", one.SOPInstanceUID, one.SOPClassUID
            yield 0xFF00, answer

    def images() -> Iterator[Any]:
        found = odd.datasets()
        yield len(found)
        if odd.refusal:
            yield odd.refusal, None
            return
        for count, one in enumerate(found):
            odd.hang(count)
            yield 0xFF00, one

    def on_move(event: Event) -> Iterator[Any]:
        yield "127.0.0.1", odd.move_port, {"contexts": [build_context(odd.takes, ExplicitVRLittleEndian)]}
        yield from images()

    ae = AE(AE_TITLE)
    for kind in (
        StudyRootQueryRetrieveInformationModelFind,
        StudyRootQueryRetrieveInformationModelGet,
        StudyRootQueryRetrieveInformationModelMove,
    ):
        ae.add_supported_context(kind)
    ae.add_supported_context(odd.takes, ExplicitVRLittleEndian, scu_role=True, scp_role=True)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 5
    handlers: list[Any] = [(evt.EVT_C_FIND, on_find), (evt.EVT_C_GET, lambda event: images()), (evt.EVT_C_MOVE, on_move)]
    server: Any = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    odd.port = server.socket.getsockname()[1]
    yield odd
    odd.gate.set()
    server.shutdown()


@contextmanager
def odd_web(odd: Odd, cut_at: int = 0) -> Iterator[Odd]:
    """Serves `odd` over http; `cut_at`: the line breaks after so many bytes of each image."""
    asked = iter(range(1_000_000))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if "limit=100000" in self.path:
                self.send_error(400)
                return
            if path.endswith("/instances"):
                listed = "offset=0" in self.path
                self._answer("application/dicom+json", json.dumps([_listed(one) for one in odd.listed] if listed else []).encode())
                return
            number = next(k for k, one in enumerate(odd.listed) if path.endswith(f"/{dcmread(BytesIO(one)).SOPInstanceUID}"))
            odd.hang(next(asked))
            part = b"--b\r\nContent-Type: application/dicom\r\n\r\n%s\r\n--b--\r\n" % (odd.sent or odd.listed)[number]
            self._answer('multipart/related; type="application/dicom"; boundary=b', part, cut_at)

        def _answer(self, kind: str, body: bytes, cut: int = 0) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(body[:cut] if cut else body)
            if cut:
                self.close_connection = True

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    odd.port = server.server_port
    yield odd
    odd.gate.set()
    server.shutdown()
    server.server_close()


def _listed(content: bytes) -> dict[str, Any]:
    one = dcmread(BytesIO(content))
    return {"00080018": {"vr": "UI", "Value": [str(one.SOPInstanceUID)]}, "00080016": {"vr": "UI", "Value": [str(one.SOPClassUID)]}}


__all__ = ["MRImageStorage", "Odd", "odd_dimse", "odd_web"]
