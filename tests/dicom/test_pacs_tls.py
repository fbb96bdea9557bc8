"""Certificates are checked, and so is the name they are made out to; what fails says why, and nothing goes over the line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from archive_scans import scan, write_certificates
from orthanc_server import AE_TITLE, OWN_AE_TITLE, PASSWORD, USER, NoOrthanc, Orthanc, free_port, orthanc, tls_in_front

from napari_t12_bodycomp.dicom.pacs.dimse import DimseArchive
from napari_t12_bodycomp.dicom.pacs.retrieve import retrieve_series
from napari_t12_bodycomp.dicom.pacs.web import WebArchive
from napari_t12_bodycomp.dicom.write_phantom import write_series
from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.pacs import Credential, Node, NodeKind, Retrieval, Tls


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    write_certificates(folder)
    return folder


@pytest.fixture(scope="module")
def safe(certificates: Path) -> Iterator[Orthanc]:
    """An archive with TLS on its DICOM port, which asks for certificates there."""
    port = free_port()
    try:
        running = orthanc(
            DicomTlsEnabled=True,
            DicomTlsCertificate=str(certificates / "server.pem"),
            DicomTlsPrivateKey=str(certificates / "server.key"),
            DicomTlsTrustedCertificates=str(certificates / "ca.pem"),
            DicomTlsRemoteCertificateRequired=True,
            DicomModalities={
                "t12": {
                    "AET": OWN_AE_TITLE,
                    "Host": "127.0.0.1",
                    "Port": port,
                    "AllowGet": True,
                    "AllowMove": True,
                    "AllowFind": True,
                    "UseDicomTls": True,
                }
            },
        )
        server = running.__enter__()
    except NoOrthanc as error:
        pytest.skip(f"no archive: {error}")
    server.move_port = port
    yield server
    running.__exit__(None, None, None)


def dimse(server: Orthanc, tls: Tls | None, host: str = "localhost", retrieval: Retrieval = Retrieval.GET) -> DimseArchive:
    place = (host, server.dicom_port, AE_TITLE)
    return DimseArchive(
        Node("safe", NodeKind.DIMSE, *place, retrieval=retrieval, listen_address="127.0.0.1", listen_port=server.move_port, tls=tls)
    )


def own(certificates: Path, ca: str = "ca", name: str = "client") -> Tls:
    return Tls(str(certificates / f"{ca}.pem"), str(certificates / f"{name}.pem"), str(certificates / f"{name}.key"))


@pytest.mark.parametrize("retrieval", list(Retrieval))
def test_images_come_and_go_over_tls(safe: Orthanc, certificates: Path, retrieval: Retrieval, tmp_path: Path) -> None:
    archive = dimse(safe, own(certificates), retrieval=retrieval)
    archive.send(write_series(scan(6, "1.2.5.1", "safe", 5.0, "1.2.5"), tmp_path / "scan", "explicit"), lambda count: None)
    assert retrieve_series(archive, "1.2.5", "1.2.5.1", tmp_path / "back").n_images == 6


@pytest.mark.parametrize(
    ("ca", "name", "host", "sentence"),
    [
        ("other-ca", "client", "localhost", "certificate that is not trusted here"),
        ("ca", "client", "127.0.0.1", "certificate for another host name"),
        ("ca", "", "localhost", "wants a certificate of this computer"),
        ("ca", "stranger", "localhost", "wants a certificate of this computer"),
    ],
)
def test_a_line_that_is_not_safe_is_not_used(safe: Orthanc, certificates: Path, ca: str, name: str, host: str, sentence: str) -> None:
    tls = own(certificates, ca, name) if name else Tls(str(certificates / f"{ca}.pem"))
    with pytest.raises(InputError, match=sentence):
        dimse(safe, tls, host).echo()


def test_an_open_line_to_a_safe_port(safe: Orthanc) -> None:
    with pytest.raises(InputError, match="does not speak DICOM without TLS there: check the port and TLS"):
        dimse(safe, None).echo()


def test_tls_to_an_open_port(orthanc: Orthanc, certificates: Path) -> None:
    with pytest.raises(InputError, match="does not speak TLS as it should"):
        dimse(orthanc, own(certificates)).echo()


@pytest.fixture(scope="module")
def https(safe: Orthanc, certificates: Path) -> Iterator[str]:
    """The archive's DICOMweb services behind https: a line of ours in front, since Debian's Orthanc ends at the first request by TLS."""
    with tls_in_front(safe.http_port, certificates / "server.pem", certificates / "server.key") as port:
        yield f"https://localhost:{port}/dicom-web"


def web(url: str, tls: Tls | None, credential: Credential = Credential.BASIC) -> WebArchive:
    return WebArchive(Node("web", NodeKind.DICOMWEB, url=url, credential=credential, user=USER, tls=tls), PASSWORD)


def test_dicomweb_over_https(https: str, certificates: Path) -> None:
    assert "answers at https://" in web(https, Tls(str(certificates / "ca.pem"))).echo()
    with pytest.raises(InputError, match="not trusted here"):
        web(https, Tls(str(certificates / "other-ca.pem"))).echo()
    with pytest.raises(InputError, match="not trusted here"):
        web(https, None).echo()
    with pytest.raises(InputError, match="certificate for another host name"):
        web(https.replace("localhost", "127.0.0.1"), Tls(str(certificates / "ca.pem"))).echo()
    with pytest.raises(InputError, match="does not accept the user and password, or the token"):
        web(https, Tls(str(certificates / "ca.pem")), Credential.BEARER).echo()


def test_files_that_are_no_certificates(safe: Orthanc, certificates: Path) -> None:
    with pytest.raises(UsageError, match="check --ca"):
        dimse(safe, Tls(str(certificates / "nothing.pem"))).echo()
    with pytest.raises(UsageError, match="check --cert and --key"):
        dimse(safe, Tls(str(certificates / "ca.pem"), str(certificates / "client.pem"), str(certificates / "server.key"))).echo()
    with pytest.raises(UsageError, match="together"):
        Tls("", str(certificates / "client.pem"))
