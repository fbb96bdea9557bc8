"""One damaged input, read in every way that the program reads: alone, within a series, within a zip or tar, as NIfTI."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from ct_files import slice_dataset
from damage import Step, damaged, real_files, steps
from hypothesis import strategies as st

from napari_t12_bodycomp.dicom.archive import FileSource
from napari_t12_bodycomp.dicom.enhanced import read_headers
from napari_t12_bodycomp.dicom.pixels import slice_hu
from napari_t12_bodycomp.errors import InputError, T12Error
from napari_t12_bodycomp.workflow.source import list_series, load_volume

WAYS = ("file", "file", "file", "series", "series", "zip", "tar", "nifti")
NAMES = ("study/IM1", "../../escaped", "/escaped", "C:\\escaped", "a" * 300, "病人/二", "x/../../../escaped", "CON", "\x01\x02", "DICOMDIR")


@dataclass(frozen=True, slots=True)
class Trial:
    """What is read: `original` and `other` are numbers of real files, `packed` is done to the archive around the damaged one."""

    way: str
    original: int
    other: int
    done: tuple[Step, ...]
    packed: tuple[Step, ...]
    name: str


trials = st.builds(
    Trial,
    way=st.sampled_from(WAYS),
    original=st.integers(0, 10_000),
    other=st.integers(0, 10_000),
    done=steps.map(tuple),
    packed=st.one_of(st.just(()), steps.map(tuple)),
    name=st.sampled_from(NAMES),
)


def run(trial: Trial, scratch: Path) -> str:
    """ "read", "refused" or "not DICOM"; any error that is not the project's own comes out."""
    files = originals()
    _, data = files[trial.original % len(files)]
    data = damaged(data, trial.done, files[trial.other % len(files)][1])
    before = sorted(scratch.parent.iterdir())
    path = _laid_out(trial, data, scratch)
    outcome = _pixels(path) if trial.way == "file" else "not DICOM"
    for read in (list_series, load_volume):
        try:
            read(path)
            outcome = "read" if read is load_volume else outcome
        except T12Error as error:
            if not isinstance(error, InputError) or len(str(error)) > 600:
                raise AssertionError(f"not a sentence for a reader: {error!r}") from error
            outcome = outcome if outcome == "read" or "images are wanted, but" in str(error) else "refused"
    assert sorted(scratch.parent.iterdir()) == before, "something was written outside the input's own folder"
    return outcome


def _pixels(path: Path) -> str:
    """Every slice of one file decoded, whatever its series would be refused for."""
    stat = path.stat()
    headers = read_headers(FileSource(str(path), stat.st_size, stat.st_mtime_ns))
    outcome = "refused" if headers else "not DICOM"
    for header in headers[:5]:
        try:
            hu, _ = slice_hu(header)
            assert hu.dtype == np.int16
            assert hu.min() >= -1024
            outcome = "read"
        except InputError:
            continue
    return outcome


@lru_cache(maxsize=1)
def originals() -> tuple[tuple[str, bytes], ...]:
    """Names and bytes of the real files, where they are here, and of made ones."""
    real = [(path.name, path.read_bytes()) for path in real_files() if not path.name.endswith((".nii.gz", "LICENSE"))]
    return (*real, *(("made", data) for data in small_series()))


@lru_cache(maxsize=1)
def small_series() -> tuple[bytes, ...]:
    """Six slices that go together."""
    found = []
    for z in range(0, 30, 5):
        buffer = io.BytesIO()
        slice_dataset(z).save_as(buffer, enforce_file_format=True)
        found.append(buffer.getvalue())
    return tuple(found)


@lru_cache(maxsize=1)
def _small_nifti() -> bytes:
    import nibabel as nib

    hu = np.random.default_rng(0).integers(-1000, 200, (20, 24, 6)).astype(np.int16)
    return bytes(nib.Nifti1Image(hu, np.diag([1.0, 1, 5, 1])).to_bytes())


def _laid_out(trial: Trial, data: bytes, scratch: Path) -> Path:
    """The input on disk, in `scratch`, which is emptied first."""
    for old in sorted(scratch.rglob("*"), reverse=True):
        old.rmdir() if old.is_dir() and not old.is_symlink() else old.unlink()
    if trial.way == "file":
        return _written(scratch / "one", data)
    made = small_series()
    if trial.way == "series":
        of_the_series = damaged(made[trial.original % len(made)], trial.done, data)
        for k, intact in enumerate(made):
            (scratch / f"{k}").write_bytes(of_the_series if k == trial.original % len(made) else intact)
        return scratch
    if trial.way == "nifti":
        raw = damaged(_small_nifti(), [s for s in trial.done if s.kind in ("flip", "cut", "delete", "double", "zero")])
        if trial.packed:
            return _written(scratch / "ct.nii.gz", damaged(gzip.compress(raw, 1), trial.packed))
        return _written(scratch / "ct.nii", raw)
    members = [(f"s/{k}", intact) for k, intact in enumerate(made)] + [(trial.name, data)]
    packed = _zip(members) if trial.way == "zip" else _tar(members, trial.name)
    suffix = "zip" if trial.way == "zip" else "tar"
    if trial.way == "tar" and trial.other % 3 == 0:
        packed, suffix = gzip.compress(packed, 1), "tar.gz"
    return _written(scratch / f"packed.{suffix}", damaged(packed, [_anywhere(s) for s in trial.packed]))


def _anywhere(step: Step) -> Step:
    """An archive has its directory at its end: damage falls anywhere."""
    return Step(step.kind, step.where, step.size, step.choice // 4 * 4)


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _zip(members: Sequence[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def _tar(members: Sequence[tuple[str, bytes]], name: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for kind, target in (
            (tarfile.SYMTYPE, "/etc/passwd"),
            (tarfile.LNKTYPE, "../../escaped"),
            (tarfile.FIFOTYPE, ""),
            (tarfile.CHRTYPE, ""),
        ):
            link = tarfile.TarInfo(f"{name[:60]}{kind.decode()}")
            link.type, link.linkname = kind, target
            archive.addfile(link)
        for each, data in members:
            info = tarfile.TarInfo(each)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()
