"""Pixels as odd writers store them: bits, signs, padding, fragments and names of encodings; read right, or refused."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from ct_files import body_hu, enhanced, slice_dataset, write_series
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from napari_t12_bodycomp.dicom import charls, jpeg2000
from napari_t12_bodycomp.dicom.archive import FileSource
from napari_t12_bodycomp.dicom.headers import read_header
from napari_t12_bodycomp.dicom.pixels import ENCAPSULATED_UNCOMPRESSED, stored_pixels
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.workflow.source import load_volume

Z = (0, 5, 10, 15, 20, 25)
HU = np.stack([body_hu(z) for z in Z])
END = struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)


def _stream(raw: npt.NDArray[np.uint16], syntax: UID) -> bytes:
    """`raw` compressed as unsigned 16-bit values."""
    dataset = slice_dataset(0, BitsStored=16, HighBit=15, PixelData=raw.astype("<u2").tobytes())
    dataset.compress(syntax)
    return next(generate_frames(dataset.PixelData, number_of_frames=1))


def _item(value: bytes) -> bytes:
    return struct.pack("<HHL", 0xFFFE, 0xE000, len(value)) + value


def _write(folder: Path, syntax: UID, pixels: Callable[[npt.NDArray[np.int32]], bytes], intercept: int, **changes: Any) -> None:
    for z in Z:
        stored = body_hu(z).astype(np.int32) - intercept
        dataset = slice_dataset(z, PixelData=pixels(stored), RescaleIntercept=str(intercept), **changes)
        _save(dataset, folder / f"{z}", syntax)


def _save(dataset: Dataset, path: Path, syntax: UID) -> None:
    dataset["PixelData"].VR = "OB" if syntax.is_compressed else "OW"
    dataset["PixelData"].is_undefined_length = syntax.is_compressed
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(path, enforce_file_format=True)


@pytest.fixture(params=["direct", "by the plugin"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways into the decoders: called directly, and where the plugin's library does not export them."""
    if request.param == "by the plugin":
        monkeypatch.setattr(charls, "_DECODE", None)
        monkeypatch.setattr(jpeg2000, "_OPJ", None)


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless, RLELossless])
@pytest.mark.parametrize(
    ("bits", "signed", "intercept", "above"),
    [
        (12, 1, 1024, 0),  # two's complement of 12 bits in 16-bit words that do not repeat the sign
        (13, 1, 0, 0),
        (13, 1, 0, 0xE000),
        (12, 0, -1024, 0x8000),  # an overlay above the pixels
        (16, 1, 0, 0),
    ],
)
def test_bits_above_those_stored_do_not_count_in_any_encoding(
    tmp_path: Path, syntax: UID, bits: int, signed: int, intercept: int, above: int
) -> None:
    def pixels(stored: npt.NDArray[np.int32]) -> bytes:
        raw = (stored & (1 << bits) - 1) | above
        return encapsulate([_stream(raw.astype(np.uint16), syntax)])

    _write(tmp_path, syntax, pixels, intercept, BitsStored=bits, HighBit=bits - 1, PixelRepresentation=signed)
    np.testing.assert_array_equal(load_volume(tmp_path).hu, HU)


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless])
def test_a_stream_of_fewer_bits_than_the_header_counts_has_no_sign(tmp_path: Path, syntax: UID) -> None:
    """Signed 16 bits by the header, 12 in the stream: 2600 HU over an intercept of -1024 is no negative number."""
    bright = HU.copy()
    bright[:, 10:14, 20:24] = 2600
    for z, image in zip(Z, bright, strict=True):
        dataset = slice_dataset(z, image)
        dataset.compress(syntax)
        dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 15, 1
        dataset.save_as(tmp_path / f"{z}", enforce_file_format=True)
    np.testing.assert_array_equal(load_volume(tmp_path).hu, bright)


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless, RLELossless])
@pytest.mark.parametrize(
    "packed",
    [
        lambda s: _item(b"") + _item(s),
        lambda s: _item(b"") + _item(s[:100]) + _item(s[100:]) + END,
        lambda s: _item(b"") + _item(b"") + _item(s[:101]) + _item(b"") + _item(s[101:]) + END,
        lambda s: _item(struct.pack("<L", 1234)) + _item(s) + END,
    ],
    ids=["no end", "two fragments", "odd and empty fragments", "wrong offset"],
)
def test_fragments_are_joined(tmp_path: Path, syntax: UID, packed: Callable[[bytes], bytes]) -> None:
    _write(tmp_path, syntax, lambda stored: packed(_stream(stored.astype(np.uint16), syntax)), -1024, BitsStored=16, HighBit=15)
    np.testing.assert_array_equal(load_volume(tmp_path).hu, HU)


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless])
@pytest.mark.parametrize("way", ["one", "three", "three without table", "extended table", "another header"])
def test_frames_in_fragments_are_told_apart(tmp_path: Path, syntax: UID, way: str) -> None:
    streams = [_stream((image.astype(np.int32) + 1024).astype(np.uint16), syntax) for image in HU]
    dataset = enhanced([(z, image, {}) for z, image in zip(Z, HU, strict=True)], BitsStored=16, HighBit=15)
    if way == "extended table":
        dataset.PixelData, dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = encapsulate_extended(streams)
    else:
        dataset.PixelData = encapsulate(streams, fragments_per_frame=1 if way == "one" else 3, has_bot="without" not in way)
    _save(dataset, tmp_path / "all", syntax)
    if way == "another header":  # a VR that the quick walk does not know
        data = (tmp_path / "all").read_bytes()
        at = data.index(struct.pack("<HH", 0x8, 0x60)) + 4
        (tmp_path / "all").write_bytes(data[:at] + b"XX" + data[at + 2 :])
    np.testing.assert_array_equal(load_volume(tmp_path).hu, HU)


def test_frames_of_a_big_endian_object(tmp_path: Path) -> None:
    dataset = enhanced([(z, image, {}) for z, image in zip(Z, HU, strict=True)])
    dataset.PixelData = (HU.astype(np.int32) + 1024).astype(">u2").tobytes()
    dataset["PixelData"].VR, dataset.file_meta.TransferSyntaxUID = "OW", ExplicitVRBigEndian
    dataset.save_as(tmp_path / "all", implicit_vr=False, little_endian=False, enforce_file_format=True)
    np.testing.assert_array_equal(load_volume(tmp_path).hu, HU)


def test_plain_values_in_fragments_are_read(tmp_path: Path) -> None:
    _write(tmp_path, UID(ENCAPSULATED_UNCOMPRESSED), lambda stored: encapsulate([stored.astype("<u2").tobytes()]), -1024)
    np.testing.assert_array_equal(load_volume(tmp_path).hu, HU)


def test_unpacked_values_under_an_old_name_are_read(tmp_path: Path) -> None:
    for path in write_series(tmp_path):
        data = path.read_bytes()
        assert b"1.2.840.10008.1.2.1\0" in data
        path.write_bytes(data.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.5\0", 1))
    np.testing.assert_array_equal(load_volume(tmp_path).hu, HU)


@pytest.mark.parametrize(
    ("pixels", "sentence"),
    [
        (lambda raw: encapsulate([raw.tobytes()]), "are packed, although"),
        (lambda raw: np.repeat(raw, 2).tobytes(), "do not fit its header"),
        (lambda raw: raw.tobytes()[:-2], "cut short"),
    ],
    ids=["packed", "32 bits", "short"],
)
def test_pixels_that_are_not_what_the_header_says_are_refused(tmp_path: Path, pixels: Callable[[Any], bytes], sentence: str) -> None:
    for z in Z:
        raw = (body_hu(z).astype(np.int32) + 1024).astype("<u2")
        slice_dataset(z, PixelData=pixels(raw)).save_as(tmp_path / f"{z}", enforce_file_format=True)
    with pytest.raises(InputError, match=sentence):
        load_volume(tmp_path)


@pytest.mark.parametrize(("padding", "vr"), [(63536, "US"), (-2000, "SS"), (65535, "US")])
def test_padding_that_lost_its_sign_is_air(tmp_path: Path, padding: int, vr: str) -> None:
    """-2000 in unsigned pixels would be brighter than any metal."""
    for z in Z:
        raw = (body_hu(z).astype(np.int32) + 1024).astype("<u2")
        raw[:3, :4] = padding & 0xFFFF
        dataset = slice_dataset(z, PixelData=raw.tobytes(), BitsStored=16, HighBit=15)
        dataset.add_new("PixelPaddingValue", vr, padding)
        dataset.save_as(tmp_path / f"{z}", enforce_file_format=True)
    volume = load_volume(tmp_path)
    assert (volume.hu[:, :3, :4] == -1024).all()
    assert volume.outside_fov is not None
    assert volume.outside_fov.sum() == 12


def _other_encoding(path: Path, stream: bytes, syntax: bytes) -> npt.NDArray[Any]:
    """The pixels of a 16 x 16 image that holds `stream` under the name `syntax`, as long as that of HTJ2K lossless."""
    dataset = slice_dataset(0, np.zeros((16, 16), np.int16), BitsStored=16, HighBit=15, PixelData=encapsulate([stream]))
    _save(dataset, path, HTJ2KLossless)
    data = path.read_bytes()
    assert HTJ2KLossless.encode() in data
    path.write_bytes(data.replace(HTJ2KLossless.encode(), syntax, 1))
    header = read_header(FileSource(str(path), path.stat().st_size, path.stat().st_mtime_ns))
    assert header is not None
    return stored_pixels(header)


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("number", [201, 202, 203])
def test_high_throughput_jpeg_2000_is_read(tmp_path: Path, number: int) -> None:
    y, x = np.mgrid[:16, :16]
    stored = _other_encoding(tmp_path / "image", base64.b64decode("".join(HTJ2K)), f"1.2.840.10008.1.2.4.{number}".encode())
    np.testing.assert_array_equal(stored, 1000 + 40 * y + 3 * x * x)


def test_jpeg_xl_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"(JPEG XL Lossless|1\.2\.840\.10008\.1\.2\.4\.110); no decoder here reads this encoding"):
        _other_encoding(tmp_path / "image", b"\xff\x0a" + bytes(40), b"1.2.840.10008.1.2.4.110")


HTJ2K: Sequence[str] = (
    "/0//UQApQAAAAAAQAAAAEAAAAAAAAAAAAAAAEAAAABAAAAAAAAAAAAABDwEB/1AACAACAAAACv9SAAwAAgABAAUEBEAB/1wAEyCIkJCQkJCQkJCQkJCQiIiI",
    "/2QAFwABT3BlbkpQSCBWZXIgMC4yNi4zLv+QAAoAAAAAAK0AAf+TwAAm6/UFB3QAAMAAE0AAEwAm/gIHdADa/gIHdADAABUwAATgX7748PEBArQAbNn+AGNU",
    "AMAAFqQAAVR3711ciIndvXdxISb2Azi4RLG3ALIymezAIQHstgDAAC62AAFogLVVVRUKLFZtVVWFAotVW1VVocBi1VZVVSiwWHO1+svna/WXztfrLiEsajGy",
    "AU7HcRzHcf79hCB79hCB7LoA/9k=",
)
"""1000 + 40 row + 3 column^2, 16 x 16, by OpenJPH."""
