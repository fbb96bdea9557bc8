"""Zips, links and bombs."""

from __future__ import annotations

import errno
import gzip
import os
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from ct_files import body_hu, write_series
from pydicom.fileset import FileSet

from napari_t12_bodycomp.errors import Cancelled, InputError
from napari_t12_bodycomp.workflow.source import list_series, load_volume


def _zip(folder: Path, target: Path, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(target, "w", method) as archive:
        for path in folder.iterdir():
            archive.write(path, f"study/series/{path.name}")
    return target


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_zip_is_read_like_its_folder(tmp_path: Path, method: int) -> None:
    write_series(tmp_path / "a")
    volume = load_volume(_zip(tmp_path / "a", tmp_path / "a.zip", method))
    np.testing.assert_array_equal(volume.hu[4], body_hu(20))


def test_paths_in_a_zip_lead_nowhere(tmp_path: Path) -> None:
    write_series(tmp_path / "a")
    target = _zip(tmp_path / "a", tmp_path / "in" / "a.zip") if (tmp_path / "in").mkdir() is None else tmp_path
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr("../../escaped", b"x" * 200)
        archive.writestr("/escaped", b"x" * 200)
    before = sorted(tmp_path.rglob("*"))
    assert load_volume(target).shape[0] == 6
    assert sorted(tmp_path.rglob("*")) == before


def test_bomb_is_refused_unopened(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(1 << 28))
    with pytest.raises(InputError, match="far more than a CT scan"):
        list_series(tmp_path / "bomb.zip")


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_tar_is_read_like_its_folder(tmp_path: Path, mode: str) -> None:
    write_series(tmp_path / "a")
    target = tmp_path / ("a.tar" if mode == "w" else f"a.tar.{mode[2:]}")
    with tarfile.open(target, mode) as archive:
        archive.add(tmp_path / "a", "../study")
    volume = load_volume(target)
    np.testing.assert_array_equal(volume.hu[4], body_hu(20))
    target.write_bytes(target.read_bytes()[:5000])
    with pytest.raises(InputError):
        load_volume(target)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_temporary_folder_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tarfile.open(tmp_path / "scan.tar.gz", "w:gz") as packed:
        packed.add(write_series(tmp_path / "in")[0], "a.dcm")
    full = Path("/dev/full").open("r+b", buffering=0)  # noqa: SIM115 - whoever unpacks closes it
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: full)
    with pytest.raises(InputError, match="no room to unpack"):
        list_series(tmp_path / "scan.tar.gz")


def test_tar_bomb_is_refused(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "bomb.tar.gz", "wb") as file:
        for _ in range(80):
            file.write(bytes(1 << 20))
    with pytest.raises(InputError, match="far more than a CT scan"):
        list_series(tmp_path / "bomb.tar.gz")


def test_dicomdir_stands_for_its_folder(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "a", StudyDate="20200101", StudyTime="101010", StudyID="1", SeriesNumber=1, InstanceNumber=1)
    fs = FileSet()
    for path in paths:
        fs.add(path)
    fs.write(tmp_path / "disc")
    assert load_volume(tmp_path / "disc").shape[0] == 6
    listed = list_series(tmp_path / "disc" / "DICOMDIR")
    assert [offer.n_slices for offer in listed.offers] == [6]


def test_damaged_zip_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path / "a")
    target = _zip(tmp_path / "a", tmp_path / "a.zip", zipfile.ZIP_STORED)
    data = bytearray(target.read_bytes())
    data[3000:3100] = bytes(100)
    target.write_bytes(data)
    with pytest.raises(InputError):
        load_volume(target)
    target.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError):
        load_volume(target)


def test_links_are_followed_once(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "a")
    linked = tmp_path / "b"
    linked.mkdir()
    try:
        for path in paths:
            (linked / path.name).symlink_to(path)
        (linked / "loop").symlink_to(linked)
        (linked / "dangling").symlink_to(tmp_path / "nowhere")
    except OSError:
        pytest.skip("links cannot be made here")
    volume = load_volume(linked)
    assert volume.shape[0] == 6
    assert volume.acquisition.warnings == ()
    assert load_volume(tmp_path).shape[0] == 6


def test_unreadable_folder_is_refused(tmp_path: Path) -> None:
    if os.name == "nt" or os.geteuid() == 0:
        pytest.skip("this user may read everything")
    (tmp_path / "locked").mkdir(mode=0)
    with pytest.raises(InputError, match="cannot be read"):
        list_series(tmp_path / "locked")


def _broken(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """From here on `folder` is on a disk that does not answer."""
    scandir = os.scandir

    def broken(path: str) -> object:
        if Path(path) == folder:
            raise OSError(errno.EIO, "Input/output error")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", broken)


def test_a_folder_that_cannot_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_series(tmp_path / "a")
    write_series(tmp_path / "b", (30, 35))
    sentence = "What cannot be opened was left out: 1 folder or file"
    _broken(monkeypatch, tmp_path / "b")
    assert sentence in list_series(tmp_path).reason
    volume = load_volume(tmp_path)
    assert volume.shape[0] == 6
    assert any(sentence in w for w in volume.acquisition.warnings)
    with pytest.raises(InputError, match="The folder cannot be read"):
        list_series(tmp_path / "b")
    (tmp_path / "c").mkdir()
    (tmp_path / "b").rename(tmp_path / "c" / "b")
    _broken(monkeypatch, tmp_path / "c" / "b")
    with pytest.raises(InputError, match=r"no file that could be one.*left out: 1 folder"):
        load_volume(tmp_path / "c")


def test_a_file_that_changes_meanwhile_is_refused(tmp_path: Path) -> None:
    paths = write_series(tmp_path)

    def rewrite(first: object) -> None:
        for path in paths:
            path.write_bytes(path.read_bytes()[:200] + bytes(8) + path.read_bytes()[200:])

    with pytest.raises(InputError, match="changed while the scan was being read"):
        load_volume(tmp_path, show=rewrite)


def test_a_search_can_be_stopped_before_any_file_is_found(tmp_path: Path) -> None:
    for k in range(5):
        (tmp_path / f"{k}").mkdir()

    def stop(share: float, words: str) -> None:
        raise Cancelled(words)

    with pytest.raises(Cancelled, match="0 files seen"):
        list_series(tmp_path, stop)


def test_long_path_in_another_script(tmp_path: Path) -> None:
    folder = tmp_path / ("病人" * 20) / ("ü" * 60) / ("z" * 120)
    write_series(folder)
    assert load_volume(tmp_path).shape[0] == 6
