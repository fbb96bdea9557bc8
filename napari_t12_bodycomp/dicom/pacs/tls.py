"""TLS for DIMSE: certificates are always checked, and so is the host's name."""

from __future__ import annotations

import ssl

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.model.pacs import Tls


def client_context(tls: Tls) -> ssl.SSLContext:
    """For calling an archive."""
    context = _context(ssl.Purpose.SERVER_AUTH, tls)
    if tls.cert_file:
        _load_own(context, tls)
    return context


def server_context(tls: Tls) -> ssl.SSLContext:
    """For the archive's call back (C-MOVE): it must show a certificate as well."""
    if not tls.cert_file:
        raise UsageError("C-MOVE over TLS needs a certificate of this computer: give --cert and --key, or retrieve with C-GET.")
    context = _context(ssl.Purpose.CLIENT_AUTH, tls)
    context.verify_mode = ssl.CERT_REQUIRED
    _load_own(context, tls)
    return context


def _context(purpose: ssl.Purpose, tls: Tls) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(purpose, cafile=tls.ca_file or None)
    except OSError as error:
        raise UsageError("A PEM file of certificate authorities is wanted, what came is none: check --ca.") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _load_own(context: ssl.SSLContext, tls: Tls) -> None:
    def no_password() -> str:
        raise UsageError("A key without a password is wanted, this one has one: give a key file that only you may read.")

    try:
        context.load_cert_chain(tls.cert_file, tls.key_file, no_password)
    except OSError as error:
        raise UsageError("A PEM certificate and the key that belongs to it are wanted: check --cert and --key.") from error
