"""Scans without identity, in a folder of their own: all of it appears, or nothing. The originals are only read."""

from __future__ import annotations

import csv
import io
import json
import os
import secrets
import shutil
import stat
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from napari_t12_bodycomp import __version__
from napari_t12_bodycomp.dicom.archive import ByteSource, open_sources
from napari_t12_bodycomp.dicom.deid_keys import MIN_KEY_BYTES, Keys
from napari_t12_bodycomp.dicom.deid_pixels import candidate
from napari_t12_bodycomp.dicom.deid_rules import TABLE
from napari_t12_bodycomp.dicom.deidentify import Cleaned, Deeds, StillThereError, deidentified
from napari_t12_bodycomp.dicom.nifti import is_nifti
from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.workflow.source import folder_of_directory

REPORT_CSV, REPORT_JSON = "deidentification.csv", "deidentification.json"


@dataclass(frozen=True, slots=True)
class DeidentifyOptions:
    """How identities go.

    Parameters
    ----------
    shift_dates : bool
        Dates move back by the patient's own number of days and lose their time; else they are emptied.
    with_localizers : bool
        Take localizers too, which some scanners write text into.
    """

    shift_dates: bool = True
    with_localizers: bool = False


@dataclass(slots=True)
class Tally:
    """What was done: counts alone, no old value."""

    options: DeidentifyOptions
    key_mark: str
    written: int = 0
    doubtful: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    patients: set[str] = field(default_factory=set)
    series: set[str] = field(default_factory=set)
    deeds: Deeds = field(default_factory=Counter)

    @property
    def warnings(self) -> list[str]:
        """What a person has to look at before the images go anywhere."""
        said = ["Faces and objects in the images can still tell who somebody is: nothing here changes pixels."]
        if self.doubtful:
            said.append(f"{self.doubtful} derived images do not say whether text is burned into them: look at them.")
        return said

    def as_json(self) -> dict[str, Any]:
        """The summary, as it is printed and kept beside the images."""
        return {
            "images": self.written,
            "patients": sorted(self.patients),
            "series": len(self.series),
            "left_out": dict(sorted(self.skipped.items())),
            "profile": f"DICOM PS3.15 Basic Application Level Confidentiality Profile, Table E.1-1 {TABLE}",
            "options": [
                "Retain Patient Characteristics (sex, age, height, weight)",
                "Clean Descriptors",
                *(["Retain Longitudinal Temporal Information with Modified Dates"] if self.options.shift_dates else []),
            ],
            "key": self.key_mark,
            "warnings": self.warnings,
            "software_version": __version__,
        }

    def as_csv(self) -> str:
        """One row for each attribute and what was done to it, with how often."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("tag", "keyword", "action", "count"))
        writer.writerows((*what, count) for what, count in sorted(self.deeds.items()))
        return text.getvalue()


def deidentify(
    path: str | Path,
    out_dir: str | Path,
    keys: Keys,
    options: DeidentifyOptions | None = None,
    progress: Progress = no_progress,
) -> Tally:
    """Write the CT images below `path` without their identity into `out_dir`, as PATIENT/STUDY/SERIES/IMAGE.dcm, with a report.

    The same key gives the same pseudonyms, UIDs and shifts, so that visits of a patient stay linked, in later runs too.

    Raises
    ------
    InputError
        Where there is no CT image to take, `out_dir` is not empty or cannot be written, or a file cannot be read. Nothing is left in `out_dir` then.
    Cancelled
        Where `progress` raised it; likewise.
    """
    path, out = Path(path), Path(out_dir)
    if is_nifti(path) and not path.is_dir():
        raise InputError("DICOM images are wanted, a NIfTI file came, which carries no identity that could be taken out: give DICOM.")
    if path.is_dir() and out.resolve().is_relative_to(path.resolve()):
        raise InputError(f"A directory outside the scan's own is wanted, {out} lies within it: choose another one.")
    tally = Tally(options or DeidentifyOptions(), keys.mark)
    try:
        _refuse_full(out)
        out.absolute().parent.mkdir(parents=True, exist_ok=True)
        partial = Path(mkdtemp(dir=out.absolute().parent, prefix=f".{out.name}.partial-"))
    except OSError as error:
        raise InputError(_cannot_write(out, error)) from error
    try:
        with open_sources(folder_of_directory(path)) as sources:
            for n, source in enumerate(sources, 1):
                _take(source, partial, keys, tally)
                progress(1 - 200 / (200 + n), f"{n} files seen, {tally.written} written")
        if not tally.written:
            seen = "; ".join(f"{count} x {why}" for why, count in tally.skipped.most_common())
            raise InputError(
                f"CT images are wanted, none came that may be taken ({seen or 'no file at all'}): give the folder of a CT scan."
            )
        (partial / REPORT_CSV).write_text(tally.as_csv(), encoding="utf-8")
        (partial / REPORT_JSON).write_text(json.dumps(tally.as_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.chmod(0o777 & ~_umask())
        if out.exists():
            out.rmdir()
        partial.rename(out)
    except OSError as error:
        raise InputError(_cannot_write(out, error)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    progress(1.0, f"{tally.written} images written")
    return tally


def _take(source: ByteSource, folder: Path, keys: Keys, tally: Tally) -> None:
    try:
        found = candidate(source, tally.options.with_localizers)
    except OSError as error:
        raise InputError(f"Every file of the input is wanted, one cannot be read ({error.strerror}): check its permissions.") from None
    if found.why_not:
        tally.skipped[found.why_not] += 1
        return
    try:
        made = deidentified(found.data, keys, tally.options.shift_dates)
    except StillThereError:
        tally.skipped["name, ID or the like within the stream of the pixels"] += 1
        return
    except Exception as error:  # pydicom meets broken bytes with many kinds of error, and their text may quote values
        raise InputError(
            f"Every image is wanted whole, file number {tally.written + sum(tally.skipped.values()) + 1} of the input ({source.key[1]} bytes) "
            f"is damaged ({type(error).__name__}): take it out, or export the scan again."
        ) from None
    _free_name(folder, made).write_bytes(made.content)
    tally.written += 1
    tally.doubtful += found.is_doubtful
    tally.patients.add(made.patient)
    tally.series.add(made.series_uid)
    tally.deeds.update(made.deeds)


def _free_name(folder: Path, made: Cleaned) -> Path:
    """PATIENT/STUDY/SERIES/IMAGE.dcm; an image that came twice gets a number."""
    place = folder / made.patient / (made.study_uid or "study") / (made.series_uid or "series")
    place.mkdir(parents=True, exist_ok=True)
    target, number = place / f"{made.sop_uid}.dcm", 1
    while target.exists():
        number += 1
        target = place / f"{made.sop_uid}_{number}.dcm"
    return target


def read_keys(path: str | Path) -> Keys:
    """The secret key in `path`; InputError where there is none that will do."""
    try:
        text = Path(path).read_text(encoding="ascii").strip()
        return Keys(bytes.fromhex(text))
    except OSError as error:
        raise InputError(
            f"A key file is wanted, {path} cannot be read ({error.strerror}): give the study's key, or make one with --new-key."
        ) from error
    except ValueError as error:
        raise InputError(
            f"A key of at least {2 * MIN_KEY_BYTES} hexadecimal digits is wanted in {path}, something else came: make one with --new-key."
        ) from error


def make_keys(path: str | Path) -> Keys:
    """Make a new secret key in `path`, which only its owner may read; UsageError where the file exists already."""
    secret = secrets.token_bytes(MIN_KEY_BYTES)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    except FileExistsError as error:
        raise UsageError(f"A new file is wanted for a new key, {path} exists: leave --new-key out to use it.") from error
    except OSError as error:
        raise InputError(f"A place for the key is wanted, {path} cannot be written ({error.strerror}): choose another one.") from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret.hex() + "\n")
    return Keys(secret)


def _refuse_full(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"An empty or new directory is wanted, {out} holds something: choose another one.")


def _cannot_write(out: Path, error: OSError) -> str:
    return f"A directory to write into is wanted, {out} cannot be used ({error.strerror or type(error).__name__}): choose another one."


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
