"""Damaged files: only the project's own errors come out. Some hundred inputs here; benchmarks/fuzz_reading.py runs as many as one likes."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

import pytest
import trials
from ct_files import HARD, slice_dataset
from damage import Step
from hypothesis import HealthCheck, given, settings
from pydicom.uid import RLELossless

from napari_t12_bodycomp.dicom.archive import FileSource
from napari_t12_bodycomp.dicom.headers import read_header
from napari_t12_bodycomp.dicom.pixels import slice_hu
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.workflow.source import list_series, load_volume

pytestmark = pytest.mark.filterwarnings("ignore")

seen: Counter[str] = Counter()


@settings(max_examples=400, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(trials.trials)
def test_damaged_inputs_raise_only_input_errors(tmp_path_factory: pytest.TempPathFactory, trial: trials.Trial) -> None:
    scratch = tmp_path_factory.getbasetemp() / "fuzz" / "input"
    scratch.mkdir(parents=True, exist_ok=True)
    seen[trials.run(trial, scratch)] += 1


def test_damage_is_neither_too_weak_nor_too_strong() -> None:
    if not seen:
        pytest.skip("the damaged inputs did not run")
    assert min(seen[outcome] for outcome in ("read", "refused", "not DICOM")) > 20


@pytest.mark.parametrize("kind", ["file", "series", "zip", "tar", "nifti"])
def test_undamaged_inputs_are_read(tmp_path: Path, kind: str) -> None:
    """What the damage is done to would be read without it."""
    (tmp_path / "input").mkdir()
    intact = trials.Trial(kind, len(trials.originals()) - 1, 1, (), (), "CON")
    assert trials.run(intact, tmp_path / "input") == "read"


@pytest.mark.parametrize("depth", [10, 1000, 20_000])
@pytest.mark.parametrize("closed", [0, 1])
def test_sequences_within_sequences(tmp_path: Path, depth: int, closed: int) -> None:
    (tmp_path / "input").mkdir()
    nested = trials.Trial("file", len(trials.originals()) - 1, 1, (Step("nest", 0.5, depth, closed),), (), "CON")
    assert trials.run(nested, tmp_path / "input") in ("read", "refused", "not DICOM")


@pytest.mark.parametrize(("rows", "columns"), [(65535, 65535), (0, 64), (65535, 1), (48, 65535)])
@pytest.mark.parametrize("packed", [False, True])
def test_an_absurd_size_asks_for_no_memory(tmp_path: Path, rows: int, columns: int, packed: bool) -> None:
    dataset = slice_dataset(5)
    if packed:
        dataset.compress(RLELossless)
    dataset.Rows, dataset.Columns = rows, columns
    for z in (0, 5):
        dataset.ImagePositionPatient = [0, 0, z]
        dataset.save_as(tmp_path / f"{z}", enforce_file_format=True)
    with pytest.raises(InputError):
        load_volume(tmp_path)
    with pytest.raises(InputError, match="do not fit its header"):
        _decode(tmp_path / "0")


def test_a_zip_that_lies_about_its_sizes_is_refused(tmp_path: Path) -> None:
    """Members that unpack to more than the directory of the zip says, and one member named a thousand times."""
    path = tmp_path / "lying.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(1 << 24))
    data = path.read_bytes()
    start = data.index(b"PK\x01\x02")
    path.write_bytes(data[: start + 24] + (1000).to_bytes(4, "little") + data[start + 28 :])
    with pytest.raises(InputError):
        list_series(path)


def _decode(path: Path) -> None:
    header = read_header(FileSource(str(path), path.stat().st_size, path.stat().st_mtime_ns))
    assert header is not None
    slice_hu(header)


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
        _decode(tmp_path / "big")
