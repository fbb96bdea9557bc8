"""Associations with a DIMSE node: opened with timeouts and TLS, closed in any case, refusals told in a sentence."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext
from pynetdicom.sop_class import (  # type: ignore[attr-defined]  # made when the module is imported
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
)

from napari_t12_bodycomp.dicom.pacs.archive import SECONDS_TO_ANSWER, SECONDS_TO_CONNECT
from napari_t12_bodycomp.dicom.pacs.faults import Interrupted, probe, unreachable
from napari_t12_bodycomp.dicom.pacs.tls import client_context
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.pacs import Node

__all__ = ["FIND", "GET", "MOVE", "SPEEDED", "VERIFICATION", "answer", "association", "entity", "lost"]

FIND, GET, MOVE, VERIFICATION = (
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
)
_SECONDS_TO_ASSOCIATE = 15.0
_WRONG_CALLED, _WRONG_CALLING = 7, 3
_SERVICE_USER = 1

# What is asked and answered names patients: it is kept out of every log.
_config.LOG_REQUEST_IDENTIFIERS = _config.LOG_RESPONSE_IDENTIFIERS = False
_config.LOG_HANDLER_LEVEL = "none"
logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)


def entity(node: Node) -> AE:
    """Our own application entity, with timeouts (s) on everything."""
    ae = AE(ae_title=node.own_ae_title)
    ae.connection_timeout, ae.acse_timeout = SECONDS_TO_CONNECT, _SECONDS_TO_ASSOCIATE
    ae.dimse_timeout = ae.network_timeout = SECONDS_TO_ANSWER
    return ae


class _Held(threading.Event):
    """Keeps pynetdicom's own reader of a line waiting for as long as we read.

    Left to itself it is let go after every request and stopped again before the next; where it is slow to wake, it takes the next answer off
    the line as unexpected, and the request waits for it in vain.
    """

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.is_free = False

    def wait(self, timeout: float | None = None) -> bool:
        self.reached.set()
        return super().wait(timeout)

    def set(self) -> None:
        if self.is_free:
            super().set()

    @contextmanager
    def holding(self, link: Association) -> Iterator[None]:
        """Where an error ends it, the line is aborted before the reader goes on: it would answer an image on a line that is closed."""
        link._reactor_checkpoint = self
        self.reached.wait(SECONDS_TO_CONNECT)
        try:
            yield
        except BaseException:
            link.abort()
            while link.dimse.get_msg(block=False)[1] is not None:
                continue
            raise
        finally:
            self.is_free = True
            if not link.is_established:
                self.set()


@contextmanager
def association(
    node: Node,
    contexts: Sequence[PresentationContext],
    handlers: Sequence[Any] = (),
    roles: Sequence[Any] = (),
) -> Iterator[Association]:
    """An association that offers `contexts`, the first of which it must get; released at the end, aborted where an error ends it.

    Raises
    ------
    InputError
        Where none comes about; `Interrupted` where it may later.
    """
    context: ssl.SSLContext | None = client_context(node.tls) if node.tls is not None else None
    try:
        link = entity(node).associate(
            node.host,
            node.port,
            contexts=list(contexts),
            ae_title=node.ae_title,
            ext_neg=list(roles),
            tls_args=(context, node.host) if context is not None else None,
            evt_handlers=[*handlers, *SPEEDED],
        )
    except OSError as error:  # a host name that nobody knows is met before the line is tried
        raise unreachable(node.name, f"{node.host}:{node.port}", error) from error
    if not link.is_established:
        raise _refused(link, node, context)
    with _Held().holding(link):
        if not any(one.abstract_syntax == contexts[0].abstract_syntax for one in link.accepted_contexts):
            raise _not_offered(node)
        yield link
    if link.is_established:
        link.release()


def _speed_up(event: Event) -> None:
    """Let small messages go at once, and acknowledge at once what comes: else each image waits 40 ms for two clocks of TCP."""
    line: Any = event.assoc.dul.socket
    with suppress(OSError, AttributeError):  # the line has just gone, or the system has no such option
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


SPEEDED: list[Any] = [(kind, _speed_up) for kind in (evt.EVT_CONN_OPEN, evt.EVT_DATA_SENT, evt.EVT_DATA_RECV)]
"""Handlers for every line of ours."""


def _not_offered(node: Node) -> InputError:
    return InputError(f"The archive {node.name!r} does not offer this service to {node.own_ae_title!r}: ask its administrators for it.")


def _refused(link: Association, node: Node, context: ssl.SSLContext | None) -> InputError:
    if link.is_rejected:
        said = link.acceptor.primitive
        source, reason = getattr(said, "result_source", None), getattr(said, "diagnostic", None)
        if source == _SERVICE_USER and reason == _WRONG_CALLED:
            return InputError(f"The archive {node.name!r} does not call itself {node.ae_title!r}: ask its administrators for its AE title.")
        if source == _SERVICE_USER and reason == _WRONG_CALLING:
            return InputError(
                f"The archive {node.name!r} does not know this computer as {node.own_ae_title!r}: "
                "ask its administrators to enter that AE title."
            )
        if getattr(said, "result", None) == 2:
            return Interrupted(f"The archive {node.name!r} is too busy for another connection: try again later.")
        return InputError(
            f"The archive {node.name!r} refuses the connection: ask its administrators whether this computer is entered there."
        )
    if getattr(link.acceptor.primitive, "result", None) == 0:
        return _not_offered(node)
    return probe(node, context, SECONDS_TO_CONNECT)


def answer(status: Any, node: Node, deed: str) -> int:
    """The status code (PS3.7 C) of a response; `Interrupted` where there is none because the line broke or nobody answered in time."""
    code = getattr(status, "Status", None)
    if code is None:
        raise lost(node, deed)
    return int(code)


def lost(node: Node, deed: str) -> Interrupted:
    """The line broke during `deed`."""
    return Interrupted(f"The connection to the archive {node.name!r} broke off while {deed}: try again, what came is kept.")
