"""The kept headers: the same as those read, without names, and never in the way."""

from __future__ import annotations

import os
import random
import zlib
from dataclasses import fields
from pathlib import Path

import pytest
from ct_files import HARD, write_series

from napari_t12_bodycomp.dicom import headers as headers_module
from napari_t12_bodycomp.dicom import index_file
from napari_t12_bodycomp.dicom.archive import FileSource, open_sources
from napari_t12_bodycomp.dicom.headers import SliceHeader
from napari_t12_bodycomp.dicom.index import HeaderIndex
from napari_t12_bodycomp.workflow.source import list_series

Z = (0, 5, 10, 15, 20, 25)


def _opened(folder: Path, cache: Path, version: str = "1") -> dict[str, tuple[SliceHeader, ...]]:
    """The headers of `folder`, as a fresh run of the program reads them."""
    index = HeaderIndex(lambda: cache, version)
    with open_sources(folder) as sources:
        found = {str(Path(source.key[0]).relative_to(folder)): index.read(source) for source in sources}
    index.save()
    return found


def _values(found: dict[str, tuple[SliceHeader, ...]]) -> dict[str, list[list[object]]]:
    names = [f.name for f in fields(SliceHeader) if f.name != "source"]
    return {file: [[getattr(h, name) for name in names] for h in headers] for file, headers in found.items()}


def _kept_files(cache: Path) -> list[Path]:
    return sorted(p for p in cache.rglob("*") if p.is_file())


def _spoil(folder: Path, keep: str) -> None:
    """Make every file but one unreadable as DICOM, without its size or time changing."""
    for path in folder.iterdir():
        if path.name != keep:
            status = path.stat()
            path.write_bytes(bytes(status.st_size))
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_known_folder_is_not_read_again(tmp_path: Path) -> None:
    write_series(tmp_path / "a", Z)
    (tmp_path / "a" / "notes").write_bytes(b"no DICOM at all")
    first = _opened(tmp_path / "a", tmp_path / "cache")
    _spoil(tmp_path / "a", keep=next(iter(first)))
    second = _opened(tmp_path / "a", tmp_path / "cache")
    assert _values(second) == _values(first)
    assert sum(map(len, second.values())) == 6
    again = next(iter(second.values()))[0]
    assert isinstance(again.source, FileSource)
    assert Path(again.source.path).parent == tmp_path / "a"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "a", Z)
    _opened(tmp_path / "a", tmp_path / "cache")
    paths[2].write_bytes(paths[2].read_bytes().replace(b"Chest 5 mm", b"Chest 7 mm"))
    status = paths[2].stat()
    os.utime(paths[2], ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))
    found = _opened(tmp_path / "a", tmp_path / "cache")
    assert found[paths[2].name][0].description == "Chest 7 mm"
    assert {h.description for headers in found.values() for h in headers} == {"Chest 5 mm", "Chest 7 mm"}


def test_no_name_number_or_path_is_kept(tmp_path: Path) -> None:
    write_series(tmp_path / "Doe_Jane_19500101", Z, PatientName="Doe^Jane", PatientID="MRN-4711", PatientBirthDate="19500101")
    _opened(tmp_path / "Doe_Jane_19500101", tmp_path / "cache")
    files = _kept_files(tmp_path / "cache")
    content = b"".join(zlib.decompress(path.read_bytes()) for path in files) + " ".join(map(str, files)).encode()
    assert b"Chest 5 mm" in content
    for secret in (b"Doe", b"Jane", b"MRN-4711", b"19500101", str(tmp_path / "Doe_Jane_19500101").encode()):
        assert secret not in content
    kept = _opened(tmp_path / "Doe_Jane_19500101", tmp_path / "cache")
    assert {h.patient_id for headers in kept.values() for h in headers} == {"MRN-4711"}


def test_patients_are_told_apart_in_another_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_series(tmp_path / "a", Z, PatientID="P1")
    for path in write_series(tmp_path / "b", Z, PatientID="P2", SeriesInstanceUID="1.2.3"):
        path.rename(tmp_path / "a" / f"other{path.name}")
    _opened(tmp_path / "a", tmp_path / "cache")
    monkeypatch.setattr(headers_module, "_SALT", b"the salt of another run")
    write_series(tmp_path / "a" / "new", Z, PatientID="P2", SeriesInstanceUID="1.2.4")
    found = [h for headers in _opened(tmp_path / "a", tmp_path / "cache").values() for h in headers]
    assert len(found) == 18
    assert len({h.patient_key for h in found}) == 2
    assert len({(h.patient_id, h.patient_key) for h in found}) == 2


@pytest.mark.parametrize("seed", range(30))
def test_a_damaged_file_of_the_cache_is_as_good_as_none(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    write_series(tmp_path / "a", Z)
    first = _opened(tmp_path / "a", tmp_path / "cache")
    (kept,) = _kept_files(tmp_path / "cache")
    data = bytearray(kept.read_bytes())
    if seed % 3 == 0:
        data = data[: rng.randrange(len(data))]
    elif seed % 3 == 1:
        data[rng.randrange(len(data))] ^= 1 + rng.randrange(255)
    else:
        data = bytearray(
            zlib.compress(rng.choice((b"[]", b"{}", b"null", b"[[],[],[],[]]", b'[["a"],[1],[[0]],[]]', b"[[1],[-1],[[]],[]]", b"x" * 99)))
        )
    kept.write_bytes(data)
    assert _values(_opened(tmp_path / "a", tmp_path / "cache")) == _values(first)
    assert _values(_opened(tmp_path / "a", tmp_path / "cache")) == _values(first)


def test_another_version_starts_anew_and_clears_up(tmp_path: Path) -> None:
    write_series(tmp_path / "a", Z)
    first = _opened(tmp_path / "a", tmp_path / "cache", "1")
    before = _kept_files(tmp_path / "cache")
    (tmp_path / "cache" / "sample-1").mkdir()
    assert _values(_opened(tmp_path / "a", tmp_path / "cache", "2")) == _values(first)
    after = _kept_files(tmp_path / "cache")
    assert len(after) == 1
    assert after != before
    assert (tmp_path / "cache" / "sample-1").is_dir()


def test_the_cache_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for k in range(8):
        write_series(tmp_path / f"{k}", Z)
        _opened(tmp_path / f"{k}", tmp_path / "cache")
        os.utime(_newest(tmp_path / "cache"), (k, k))
    one = _kept_files(tmp_path / "cache")[0].stat().st_size
    monkeypatch.setattr(index_file, "MAX_BYTES", 6 * one)
    write_series(tmp_path / "8", Z)
    _opened(tmp_path / "8", tmp_path / "cache")
    assert sum(p.stat().st_size for p in _kept_files(tmp_path / "cache")) <= 3 * one + 50
    _spoil(tmp_path / "8", keep="IM0000_0")
    assert all(_opened(tmp_path / "8", tmp_path / "cache").values())


def _newest(cache: Path) -> Path:
    return max(_kept_files(cache), key=lambda p: p.stat().st_mtime)


def test_a_cache_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    write_series(tmp_path / "a", Z)
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert sum(map(len, _opened(tmp_path / "a", tmp_path / "cache").values())) == 6


@pytest.mark.skipif(not HARD.is_dir(), reason="the shared scans are not here")
def test_every_real_header_comes_back_the_same(tmp_path: Path) -> None:
    first = _opened(HARD, tmp_path / "cache")
    assert _values(_opened(HARD, tmp_path / "cache")) == _values(first)


def test_listing_keeps_and_uses_it(tmp_path: Path) -> None:
    write_series(tmp_path / "a", Z)
    assert list_series(tmp_path / "a").offers == list_series(tmp_path / "a").offers
    write_series(tmp_path / "a" / "more", (0, 5, 10), SeriesInstanceUID="1.2.5")
    assert sorted(o.n_slices for o in list_series(tmp_path / "a").offers) == [3, 6]
