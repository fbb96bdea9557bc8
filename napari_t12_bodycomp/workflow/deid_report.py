"""What a run of de-identification did, counted, without an old value or a name of a file: for whoever answers for the data."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from napari_t12_bodycomp import __version__
from napari_t12_bodycomp.dicom.deid_pixels import Wishes
from napari_t12_bodycomp.dicom.deid_rules import TABLE
from napari_t12_bodycomp.dicom.deid_walk import Deeds
from napari_t12_bodycomp.dicom.deidentify import Cleaned
from napari_t12_bodycomp.model.counted import counted

REPORT_CSV, REPORT_JSON, LEFT_OUT_CSV, LOOK_AT_CSV = "deidentification.csv", "deidentification.json", "left_out.csv", "look_at.csv"
TEXT_SEEN = "text seems to be written into the pixels"
NOT_SAID = "derived, and does not say whether text is burned in"
PICTURE = "picture taken on request, its pixels may show a name"
UNUSED_BITS = "something stands in the unused bits of the pixels, a drawing perhaps"
NOT_DECODED = "pixels cannot be decoded here, so that nothing looked for text in them"


@dataclass(frozen=True, slots=True)
class DeidentifyOptions:
    """How identities go.

    Parameters
    ----------
    shift_dates : bool
        Dates move back by the patient's own number of days; else they are emptied.
    keep_times : bool
        Times of day stay where dates move, so that intervals hold to the second; else they go.
    with_localizers, with_pictures, with_regions : bool
        Take besides CT images: localizers; captures, screens, ultrasound and whatever else may show a name; segmentations and contours.
    """

    shift_dates: bool = True
    keep_times: bool = False
    with_localizers: bool = False
    with_pictures: bool = False
    with_regions: bool = False

    @property
    def wishes(self) -> Wishes:
        """What is taken besides CT images."""
        return Wishes(self.with_localizers, self.with_pictures, self.with_regions)

    @property
    def words(self) -> list[str]:
        """The options of PS3.15 that were used, and what was taken besides."""
        dates = "Retain Longitudinal Temporal Information with Modified Dates" + (", times of day kept" if self.keep_times else "")
        taken = ((self.with_localizers, "localizers"), (self.with_pictures, "pictures"), (self.with_regions, "segmentations and contours"))
        return [
            "Retain Patient Characteristics (sex, age, height, weight)",
            "Clean Descriptors",
            *([dates] if self.shift_dates else []),
            *(f"taken too: {what}" for is_wanted, what in taken if is_wanted),
        ]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that was left out. `number` counts the files as they were met; `path` is for the owner of the files alone."""

    number: int
    size: int
    why: str
    is_failure: bool
    path: str = field(repr=False)


@dataclass(slots=True)
class Tally:
    """What was done: counts alone, no old value."""

    options: DeidentifyOptions
    key_mark: str
    seen: int = 0
    written: int = 0
    without_id: int = 0
    left_out: list[LeftOut] = field(default_factory=list)
    look_at: list[tuple[str, str]] = field(default_factory=list)
    people: dict[str, set[str]] = field(default_factory=dict, repr=False)
    series: set[str] = field(default_factory=set)
    deeds: Deeds = field(default_factory=Counter)

    def add(self, made: Cleaned) -> None:
        """Count one image that was written."""
        self.written += 1
        self.without_id += not made.has_id
        self.people.setdefault(made.patient, set()).update({made.person} - {""})
        self.series.add(made.series_uid)
        self.deeds.update(made.deeds)

    @property
    def patients(self) -> list[str]:
        """The pseudonyms that were given."""
        return sorted(self.people)

    @property
    def skipped(self) -> Counter[str]:
        """How many files were left out for which reason."""
        return Counter(one.why for one in self.left_out)

    @property
    def missing(self) -> str:
        """The sentence where something that may have been wanted is not there; "" where all is."""
        failed = Counter(one.why for one in self.left_out if one.is_failure)
        if not failed:
            return ""
        what = "; ".join(f"{count} x {why}" for why, count in sorted(failed.items()))
        return (
            f"Every image was wanted, {failed.total()} of {self.seen} files were left out although they may belong to the scan ({what}): "
            f"see {LEFT_OUT_CSV}, and export them again."
        )

    @property
    def warnings(self) -> list[str]:
        """What a person has to look at before the images go anywhere."""
        said = ["Faces and objects in the images can still tell who somebody is: nothing here changes pixels."]
        said += [
            f"Look at {counted(count, 'image')}: {why} ({LOOK_AT_CSV})."
            for why, count in sorted(Counter(w for _, w in self.look_at).items())
        ]
        double = sum(len(people) > 1 for people in self.people.values())
        if double:
            said.append(
                f"{counted(double, 'pseudonym stands', 'pseudonyms stand')} for one ID with different names or birth dates: ask whether these are different patients."
            )
        if self.without_id:
            said.append(
                f"{counted(self.without_id, 'image has', 'images have')} no patient ID: linked by name and birth date, or by study alone."
            )
        return said

    def as_json(self) -> dict[str, Any]:
        """The summary, as it is printed and kept beside the images."""
        return {
            "complete": not self.missing,
            "files": self.seen,
            "images": self.written,
            "patients": self.patients,
            "series": len(self.series),
            "left_out": dict(sorted(self.skipped.items())),
            "profile": f"DICOM PS3.15 Basic Application Level Confidentiality Profile, Table E.1-1 {TABLE}",
            "options": self.options.words,
            "key": self.key_mark,
            "warnings": self.warnings,
            "software_version": __version__,
        }

    def write(self, folder: Path) -> None:
        """The report beside the images."""
        (folder / REPORT_CSV).write_text(
            _table(("tag", "keyword", "action", "count"), ((*what, n) for what, n in sorted(self.deeds.items()))), "utf-8"
        )
        (folder / LEFT_OUT_CSV).write_text(
            _table(
                ("file_number", "bytes", "why", "may_be_missing"),
                ((f.number, f.size, f.why, _yes(f.is_failure)) for f in self._by_number()),
            ),
            "utf-8",
        )
        (folder / LOOK_AT_CSV).write_text(_table(("image", "why"), sorted(self.look_at)), "utf-8")
        (folder / REPORT_JSON).write_text(json.dumps(self.as_json(), indent=1, ensure_ascii=False) + "\n", "utf-8")

    def names_of_left_out(self) -> str:
        """Which files were left out, by their names: for the owner of the files alone."""
        return _table(("file_number", "why", "path"), ((f.number, f.why, f.path) for f in self._by_number()))

    def _by_number(self) -> list[LeftOut]:
        return sorted(self.left_out, key=lambda one: one.number)


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _table(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()
