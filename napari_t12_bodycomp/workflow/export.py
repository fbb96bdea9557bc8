"""From regions to files: the row, the picture and the label maps. Window and command line both go through here."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from napari_t12_bodycomp import __version__
from napari_t12_bodycomp.analysis.measure import measure, slice_tissues
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.level import LevelFinding, LevelStatus, MeasuredLevel, Verdict
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.quality import OUTSIDE_T12, QualityFlag
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.subject import Subject
from napari_t12_bodycomp.model.volume import Acquisition, CTVolume
from napari_t12_bodycomp.report import indices_csv
from napari_t12_bodycomp.report.label_nifti import label_nifti
from napari_t12_bodycomp.report.overlay_png import overlay_png
from napari_t12_bodycomp.workflow.options import option_flags

_CORRECTED_PX = 3
"""A correction settles the doubt this many pixels around it."""
CSV_NAME = "indices.csv"
PLAIN_NAMES = {"overlay_file": "overlay.png", "regions_file": "regions.nii.gz", "tissues_file": "tissues.nii.gz"}
"""What a measurement's files are called, by the column that names them."""

__all__ = ["CSV_NAME", "ExportedFiles", "Result", "build_result", "check_out_dir", "export_result"]


@dataclass(frozen=True, slots=True)
class ExportedFiles:
    """Where the results went."""

    csv: Path
    overlay: Path
    regions: Path
    tissues: Path
    kept: Path | None = None
    """Where an earlier drawing was put aside, because an untouched draft took its place; None where there was none."""


def build_result(
    volume: CTVolume,
    finding: LevelFinding | None,
    level: MeasuredLevel,
    axial: AxialSlice,
    regions: npt.NDArray[np.uint8],
    protocol: Protocol,
    subject: Subject,
    quality: tuple[QualityFlag, ...] = (),
    *,
    assessor: str = "",
    reviewer: str = "",
    reviewed_at: str = "",
    status: str = "draft",
    draft: Draft | None = None,
    follows: Protocol | None = None,
) -> Result:
    """Measure `regions` (uint8, (Y, X)) on `axial` and keep the numbers together with what they were measured on.

    What the reader and the search for T12 warned of is added to `quality`, so that every row says it, whichever way it was made. `draft` is
    the slice's own draft, where there is one; `follows` is the protocol that the regions were made by, where it is not the draft's.
    """
    return Result(
        acquisition=volume.acquisition,
        subject=subject,
        sop_instance_uid=volume.sop_instance_uid(level.slice_index),
        level=level,
        finding=finding,
        axial=axial,
        regions=regions.copy(),
        measurement=measure(axial, regions, subject.height_m, protocol, None if draft is None else draft.thoracic),
        quality=tuple(
            dict.fromkeys(
                (*quality, *option_flags(protocol, draft, follows), *level_flags(level, finding), *series_flags(volume.acquisition))
            )
        ),
        assessor=assessor,
        reviewer=reviewer,
        reviewed_at=reviewed_at,
        status=status,
        software_version=__version__,
        doubtful=None if draft is None else still_doubtful(draft, regions),
        regions_origin="" if draft is None else "draft" if np.array_equal(regions, draft.regions) else "drawn",
    )


def still_doubtful(draft: Draft, regions: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Where (bool, (Y, X)) the draft asked for a second look and nobody has changed the regions since."""
    changed = regions != draft.regions
    if not changed.any():
        return draft.doubtful
    near: npt.NDArray[np.bool_] = ndi.binary_dilation(changed, iterations=_CORRECTED_PX)
    return draft.doubtful & ~near


def level_flags(level: MeasuredLevel, finding: LevelFinding | None) -> tuple[QualityFlag, ...]:
    """What a reader of the numbers must know about the level: T12 not found, doubts about the one found, and a slice outside its body."""
    if finding is None:
        return ()
    asked = finding.second_opinion
    against = (QualityFlag("second_opinion_disagrees", f"Level: {asked.sentence}"),) if asked and asked.verdict is Verdict.DISAGREES else ()
    if finding.status is not LevelStatus.FOUND or finding.body_z_mm is None:
        came = "found no T12 in this scan" if finding.status is LevelStatus.ABSENT else "was uncertain which vertebra is T12"
        why = f" ({level.reason})" if level.reason else ""
        alone = f"The search {came}: that this slice is mid-T12 rests on the person who chose it alone{why}."
        return (QualityFlag("t12_not_found", alone), *against)
    flags = [QualityFlag("level_doubt", f"Level: {words}") for words in finding.warnings]
    low, high = finding.body_z_mm
    if not low <= level.z_mm <= high:
        where = f"The measured slice (z {level.z_mm:.1f} mm) lies outside the T12 body that was found (z {low:.1f} to {high:.1f} mm)."
        flags.append(QualityFlag(OUTSIDE_T12, where))
    return tuple(flags)


def series_flags(acquisition: Acquisition) -> tuple[QualityFlag, ...]:
    """What the reader met in the series, such as a missing slice."""
    return tuple(QualityFlag("series_irregular", words) for words in acquisition.warnings)


def export_result(volume: CTVolume, result: Result, out_dir: str | os.PathLike[str]) -> ExportedFiles:
    """Write row, picture and label maps of `result` into `out_dir`, and say where.

    A directory may hold several measurements: ``indices.csv`` gets one row each, the first one's files are ``overlay.png``,
    ``regions.nii.gz`` and ``tissues.nii.gz``, later ones' carry a number, and the row names them. The same measurement again (same scan,
    slice, protocol and assessor) replaces its row and its files; regions that an untouched draft would replace are kept under another name. The same
    result gives the same bytes. Each file appears complete or not at all, the row last. InputError where the directory cannot be written.
    """
    out = Path(out_dir)
    try:
        out.mkdir(parents=True, exist_ok=True)
        table = out / CSV_NAME
        with _alone_in(out):
            header, rows = _read_table(table)
            names = _file_names(rows, indices_csv.row(result))
            contents = {names[column]: content for column, content in result_files(volume, result).items()}
            header, rows = indices_csv.merged(header, rows, indices_csv.row(result, names))
            contents[CSV_NAME] = indices_csv.as_text(header, rows).encode()
            kept = _put_aside(out / names["regions_file"], contents[names["regions_file"]]) if result.regions_origin == "draft" else None
            for name, content in contents.items():
                write_atomically(out / name, content)
    except OSError as error:
        raise InputError(write_sentence(out, error)) from error
    overlay, regions, tissue_file = (out / names[column] for column in indices_csv.FILE_COLUMNS)
    return ExportedFiles(table, overlay, regions, tissue_file, kept)


def result_files(volume: CTVolume, result: Result) -> dict[str, bytes]:
    """The picture and the label maps of `result`, by the column that names each file."""
    tissues = slice_tissues(result.axial, result.regions, result.measurement.protocol)
    index = result.level.slice_index
    return {
        "overlay_file": overlay_png(volume, result, tissues),
        "regions_file": label_nifti(volume, index, result.regions),
        "tissues_file": label_nifti(volume, index, tissues),
    }


def _put_aside(path: Path, content: bytes) -> Path | None:
    """Copy other regions than `content` that lie at `path`: nobody's drawing is lost to a draft. The copy's path, None where there is nothing to keep."""
    if not path.exists() or (old := path.read_bytes()) == content:
        return None
    number = 1
    while (aside := path.with_name(f"regions_kept_{number}.nii.gz")).exists():
        number += 1
    write_atomically(aside, old)
    return aside


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep other runs of this program from changing the table meanwhile, where the system has such locks."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a network drive without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def check_out_dir(out_dir: str | os.PathLike[str]) -> None:
    """InputError where results could not be written into `out_dir`: asked before the work, so that it is not done in vain. Makes nothing."""
    check_writable(out_dir)
    try:
        _read_table(Path(out_dir) / CSV_NAME)
    except OSError as error:
        raise InputError(write_sentence(Path(out_dir), error)) from error


def check_writable(out_dir: str | os.PathLike[str]) -> None:
    """InputError where nothing could be written into `out_dir`. Makes nothing."""
    out = Path(out_dir)
    standing = next(p for p in (out, *out.absolute().parents) if p.exists())
    try:
        with TemporaryFile(dir=standing):
            pass
    except OSError as error:
        raise InputError(write_sentence(out, error)) from error


def write_labels(path: str | os.PathLike[str], volume: CTVolume, index: int, labels: npt.NDArray[np.uint8]) -> Path:
    """Write `labels` (uint8, (Y, X)) of slice `index` as NIfTI on the scan's own grid; the path written, which always ends in ``.nii.gz``."""
    target = Path(path)
    if not target.name.endswith(".nii.gz"):
        target = target.with_name(f"{target.name.removesuffix('.nii')}.nii.gz")
    try:
        write_atomically(target, label_nifti(volume, index, labels))
    except OSError as error:
        raise InputError(write_sentence(target.parent, error)) from error
    return target


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` under a passing name in the same directory, then rename: `path` is never half-written."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as passing:
        try:
            passing.write(content)
            passing.flush()
            os.fsync(passing.fileno())
            passing.close()
            Path(passing.name).chmod(0o666 & ~_umask())
            Path(passing.name).replace(path)
        except BaseException:
            passing.close()
            Path(passing.name).unlink(missing_ok=True)
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _read_table(path: Path) -> tuple[list[str], list[indices_csv.Row]]:
    if not path.exists():
        return list(indices_csv.HEADER), []
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"A table in UTF-8 is wanted in {path}, another encoding came: move the file away, or save it as UTF-8."
        ) from error
    return indices_csv.parse(text, str(path))


def _file_names(rows: list[indices_csv.Row], new: indices_csv.Row) -> Mapping[str, str]:
    """The names that the same measurement had before, else the plain ones, else the first free number."""
    for old in rows:
        if indices_csv.key(old) == indices_csv.key(new) and all(_is_our_name(c, old.get(c, "")) for c in PLAIN_NAMES):
            return {column: old[column] for column in PLAIN_NAMES}
    used = {old.get(column, "") for old in rows for column in PLAIN_NAMES}
    number = 1
    while used & set(_numbered(number).values()):
        number += 1
    return _numbered(number)


def _numbered(number: int) -> dict[str, str]:
    if number == 1:
        return dict(PLAIN_NAMES)
    return {column: f"{name.split('.', 1)[0]}_{number}.{name.split('.', 1)[1]}" for column, name in PLAIN_NAMES.items()}


def _is_our_name(column: str, name: str) -> bool:
    stem, ending = PLAIN_NAMES[column].split(".", 1)
    return re.fullmatch(rf"{stem}(_\d+)?\.{re.escape(ending)}", name) is not None


def write_sentence(out: Path, error: OSError) -> str:
    """Why results cannot be written into `out`, and what to do."""
    wanted = f"A directory to write results into is wanted, {out} "
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return wanted + "is a file: choose another name."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return wanted + "may not be written to: choose another one, or ask for the right to write there."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return wanted + "has no space left: free some, or choose another disk; no file was left half-written."
    return wanted + f"cannot be used ({error.strerror or type(error).__name__}): choose another one."
