"""Damaged files: only the project's own errors come out."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from ct_files import HARD, slice_dataset, write_series
from pydicom.uid import RLELossless

from napari_t12_bodycomp.dicom.archive import FileSource
from napari_t12_bodycomp.dicom.headers import read_header
from napari_t12_bodycomp.dicom.pixels import slice_hu
from napari_t12_bodycomp.errors import InputError, T12Error
from napari_t12_bodycomp.workflow.source import load_volume


def _damage(data: bytes, rng: random.Random) -> bytes:
    """Bytes flipped, a piece cut, doubled or zeroed, or the end lost; mostly within the header."""
    damaged = bytearray(data)
    where = rng.randrange(128, min(len(damaged), 2500 if rng.random() < 0.8 else len(damaged)))
    kind, length = rng.randrange(6), rng.choice((1, 2, 4, 8, 64))
    if kind == 0:
        damaged = damaged[:where]
    elif kind == 1:
        del damaged[where : where + length]
    elif kind == 2:
        damaged[where:where] = damaged[where : where + length]
    elif kind == 3:
        damaged[where : where + length] = bytes(length)
    elif kind == 4:
        damaged[where : where + 4] = b"\xff" * 4
    else:
        for _ in range(length):
            damaged[rng.randrange(128, min(len(damaged), 2500))] = rng.randrange(256)
    return bytes(damaged)


def _one(path: Path) -> None:
    header = read_header(FileSource(str(path), path.stat().st_size, 0))
    if header is None or header.rows * header.columns > 1 << 22:
        return
    slice_hu(header)


def test_damaged_slices_raise_only_input_errors(tmp_path: Path) -> None:
    rng = random.Random(12)
    plain, packed = slice_dataset(5), slice_dataset(5)
    packed.compress(RLELossless)
    originals = []
    for k, dataset in enumerate((plain, packed)):
        dataset.save_as(tmp_path / f"{k}", enforce_file_format=True)
        originals.append((tmp_path / f"{k}").read_bytes())
    target, refused = tmp_path / "damaged", 0
    for _ in range(1500):
        target.write_bytes(_damage(rng.choice(originals), rng))
        try:
            _one(target)
        except InputError:
            refused += 1
    assert refused > 50


def test_a_damaged_slice_in_a_series_never_escapes(tmp_path: Path) -> None:
    rng = random.Random(3)
    paths = write_series(tmp_path)
    original = paths[2].read_bytes()
    outcomes = set()
    for _ in range(150):
        paths[2].write_bytes(_damage(original, rng))
        try:
            load_volume(tmp_path)
            outcomes.add("read")
        except T12Error as error:
            outcomes.add(type(error).__name__)
    assert outcomes == {"read", "InputError"}


@pytest.mark.skipif(not HARD.is_dir(), reason="the shared scans are not here")
def test_damaged_real_encodings_raise_only_input_errors(tmp_path: Path) -> None:
    rng = random.Random(7)
    originals = [p.read_bytes() for p in sorted((HARD / "transfer_syntaxes").glob("*.dcm")) if "JPEGProcess" not in p.name]
    originals += [p.read_bytes() for p in sorted((HARD / "odd_files").glob("*.dcm"))]
    target = tmp_path / "damaged"
    for _ in range(150):
        target.write_bytes(_damage(rng.choice(originals), rng))
        try:
            _one(target)
        except InputError:
            continue


@pytest.mark.skipif(not HARD.is_dir(), reason="the shared scans are not here")
@pytest.mark.parametrize(
    ("name", "start"), [("J2KI/CT1_J2KI", b"\xff\x4f\xff\x51"), ("JLSL/CT1_JLSL", b"\xff\xf7"), ("JPLL/CT1_JPLL", b"\xff\xc3")]
)
def test_a_stream_that_declares_another_size_is_never_decoded(tmp_path: Path, name: str, start: bytes) -> None:
    """A decoder would believe 65,000 x 512 pixels, or many more, and ask for the memory."""
    data = bytearray((HARD / "nema_wg04" / name).read_bytes())
    place = data.index(start) + len(start)
    for k in range(place, place + 12):
        if data[k : k + 2] == b"\x02\x00":
            data[k : k + 2] = b"\xfe\x00"
            break
    (tmp_path / "big").write_bytes(data)
    with pytest.raises(InputError, match="do not fit its header"):
        _one(tmp_path / "big")
