"""Small scans to put into an archive."""

from __future__ import annotations

import datetime
import ipaddress
from copy import deepcopy
from pathlib import Path

import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGLSLossless

from napari_t12_bodycomp.dicom.write_phantom import write_series
from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.model.volume import Acquisition, CTVolume

STUDY, THIN, THICK = "1.2.826.7", "1.2.826.7.1", "1.2.826.7.2"
PATIENT, NAME = "Ä-7", "Grünwald^Käthe"
N_THIN = 300
IDENTITY = {"SpecificCharacterSet": "ISO_IR 192", "PatientName": NAME, "PatientID": PATIENT, "StudyDescription": "Staging für T12"}


def scan(n: int, series: str, description: str, thickness_mm: float, study: str = STUDY, patient: str = PATIENT) -> CTVolume:
    """`n` slices of 64 x 64 pixels: noise like soft tissue, and air around."""
    hu = np.random.default_rng(n).integers(-100, 100, (n, 64, 64)).astype(np.int16)
    hu[:, :12] = hu[:, -12:] = -1000
    acquisition = Acquisition(series, study, 1, description, "CT", "Maker", "Scanner", "Br40", 120.0, None, thickness_mm, "20240102")
    uids = tuple(f"{series}.{k + 1}" for k in range(n))
    return CTVolume(hu, np.arange(n) * thickness_mm - 700, (6.0, 6.0), (-190.0, -190.0), None, uids, acquisition, Subject(patient))


def write_study(folder: Path) -> list[Path]:
    """A study as hospitals have them: a thin and a 5 mm axial series, a coronal reformat, a scout and a dose page."""
    thin = scan(N_THIN, THIN, "Thorax 1.25 Br40 für T12", 1.25)
    return [
        *write_volume(thin, folder / "thin"),
        *write_volume(scan(24, THICK, "Hals 5.0 Br40", 5.0), folder / "thick", compressed=True),
        *write_volume(scan(20, f"{STUDY}.3", "Thorax COR 3.0", 3.0), folder / "coronal", ImageOrientationPatient=[1, 0, 0, 0, 0, -1]),
        *write_volume(scan(1, f"{STUDY}.4", "Topogram 0.6", 0.6), folder / "scout"),
        _write_report(folder / "report.dcm"),
    ]


def write_volume(volume: CTVolume, folder: Path, compressed: bool = False, **values: object) -> list[Path]:
    """A series whose slices differ from one that `write_series` wrote in their own attributes alone: quick."""
    of = volume.acquisition
    two = scan(2, of.series_instance_uid, of.description, of.slice_thickness_mm or 0, of.study_instance_uid)
    first, second = write_series(two, folder, "explicit")
    template = dcmread(first)
    first.unlink()
    second.unlink()
    files = []
    for k, uid in enumerate(volume.sop_instance_uids):
        dataset = deepcopy(template)
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(uid)
        dataset.InstanceNumber, dataset.ImagePositionPatient = k + 1, [-190, -190, f"{volume.z_mm[k]:.2f}"]
        dataset.PixelData = (volume.hu[k].astype(np.int32) + 1024).astype("<u2").tobytes()
        for keyword, value in (IDENTITY | values).items():
            setattr(dataset, keyword, value)
        if compressed:
            dataset.compress(JPEGLSLossless, generate_instance_uid=False)
        files.append(folder / f"IM{k:04d}.dcm")
        dataset.save_as(files[-1])
    return files


def change(file: Path, **values: object) -> Path:
    """Set attributes of a file by keyword."""
    one = dcmread(file)
    for keyword, value in values.items():
        setattr(one, keyword, value)
    one.save_as(file)
    return file


def _write_report(file: Path) -> Path:
    one = Dataset()
    one.ensure_file_meta()
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one.SOPClassUID, one.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.88.67", f"{STUDY}.5.1"
    one.StudyInstanceUID, one.SeriesInstanceUID, one.Modality = STUDY, f"{STUDY}.5", "SR"
    one.SeriesDescription, one.StudyDate = "Dose Report", "20240102"
    for keyword, value in IDENTITY.items():
        setattr(one, keyword, value)
    one.save_as(file, enforce_file_format=True)
    return file


def write_certificates(folder: Path) -> None:
    """PEM files: ``ca`` (and ``other-ca``), ``server`` for localhost and ``client``, with their keys."""
    now = datetime.datetime.now(datetime.UTC)

    def write(name: str, issuer: str = "") -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        of = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer or name)])
        signer = keys[issuer] if issuer else key
        builder = x509.CertificateBuilder(of, subject, key.public_key(), x509.random_serial_number(), now, now + datetime.timedelta(1))
        builder = builder.add_extension(x509.BasicConstraints(not issuer, None), critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        if issuer:
            names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.2"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        else:
            usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
            builder = builder.add_extension(usage, critical=True)
        keys[name] = key
        pem = builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
        (folder / f"{name}.pem").write_bytes(pem)
        (folder / f"{name}.key").write_bytes(secret)

    keys: dict[str, ec.EllipticCurvePrivateKey] = {}
    write("ca")
    write("other-ca")
    write("server", "ca")
    write("client", "ca")
    write("stranger", "other-ca")
