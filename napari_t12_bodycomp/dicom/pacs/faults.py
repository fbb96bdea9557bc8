"""What can go wrong between two computers, in one sentence each. What the archive itself says is not repeated: it may name a patient."""

from __future__ import annotations

import socket
import ssl

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.pacs import Node


class Interrupted(InputError):
    """The archive cannot be reached now; the same request may succeed later."""


class NotDicom(InputError):
    """What listens there does not speak DICOM: another program, or an archive that is just being started."""


def unreachable(name: str, where: str, error: OSError) -> InputError:
    """Why no connection to `where` could be made, as an error to raise."""
    if isinstance(error, ssl.SSLError):
        return untrusted(name, error)
    if isinstance(error, socket.gaierror):
        return InputError(
            f"The archive {name!r} is wanted, but this network knows no computer of that name ({where}): check the host name."
        )
    if isinstance(error, TimeoutError):
        return Interrupted(
            f"The archive {name!r} is wanted, but {where} does not answer: check address and port, and that no firewall is between."
        )
    if isinstance(error, ConnectionRefusedError):
        return Interrupted(
            f"The archive {name!r} is wanted, but nothing listens on {where}: check the port, or whether the archive is down."
        )
    return Interrupted(f"The archive {name!r} is wanted, but {where} cannot be reached ({error.strerror or type(error).__name__}).")


def untrusted(name: str, error: BaseException) -> InputError:
    """Why TLS failed."""
    text = str(error)
    if "Hostname mismatch" in text or "doesn't match" in text or "IP address mismatch" in text:
        return InputError(f"The archive {name!r} shows a certificate for another host name: check the address; nothing was sent.")
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return InputError(
            f"The archive {name!r} shows a certificate that is not trusted here: give the hospital's authority with --ca; nothing was sent."
        )
    if "CERTIFICATE_REQUIRED" in text or "HANDSHAKE_FAILURE" in text or "BAD_CERTIFICATE" in text or "UNKNOWN_CA" in text:
        return InputError(
            f"The archive {name!r} wants a certificate of this computer that it trusts: give one with --cert and --key; nothing was sent."
        )
    return InputError(f"The archive {name!r} does not speak TLS as it should: check the port, and whether TLS is on at both ends.")


def probe(node: Node, context: ssl.SSLContext | None, seconds: float) -> InputError:
    """Why no association with a DIMSE node came about, found by connecting once more by hand."""
    where = f"{node.host}:{node.port}"
    try:
        with socket.create_connection((node.host, node.port), seconds) as line:
            if context is not None:
                _shake_hands(line, context, node)
    except OSError as error:
        return unreachable(node.name, where, error)
    words = "with TLS " if context is not None else "without TLS "
    return NotDicom(
        f"The archive {node.name!r} is wanted, but what listens on {where} does not speak DICOM {words}there: check the port and TLS."
    )


def _shake_hands(line: socket.socket, context: ssl.SSLContext, node: Node) -> None:
    """Begin TLS and wait shortly for the other side's verdict: a refused client certificate is told after the handshake."""
    try:
        with context.wrap_socket(line, server_hostname=node.host) as safe:
            safe.settimeout(0.5)
            safe.recv(1)
    except TimeoutError:
        return
    except ConnectionError as error:
        raise ssl.SSLError("the line was closed") from error
