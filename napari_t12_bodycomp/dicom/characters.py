"""The characters that results are written in, and words that fit DICOM."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from copy import deepcopy
from io import BytesIO

from pydicom import Dataset, dcmread
from pydicom.dataset import FileDataset
from pydicom.multival import MultiValue

ALL_CHARACTERS = "ISO_IR 192"
"""UTF-8: for what the scan's own character set cannot hold."""


def characters_for(made: Dataset, scan: Dataset) -> Sequence[str] | None:
    """The character set of `scan`, so that the patient's name stays the same bytes; UTF-8 where it cannot hold all that `made` says.

    None stands for the default, in which `scan` says nothing of its characters.
    """
    own: Sequence[str] | None = scan.get("SpecificCharacterSet")
    trial = deepcopy(made)  # names keep the bytes that they were last written in
    if own is None:
        del trial.SpecificCharacterSet
    else:
        trial.SpecificCharacterSet = own
    with contextlib.suppress(Exception):  # a character set that does not exist fails in many ways
        file = BytesIO()
        trial.save_as(file, enforce_file_format=True)
        if list(_texts(dcmread(BytesIO(file.getvalue())))) == list(_texts(made)):
            return own
    return ALL_CHARACTERS


def _texts(dataset: Dataset | FileDataset) -> Iterator[str]:
    """All values that the character set decides about."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from _texts(item)
        elif element.VR in ("LO", "LT", "PN", "SH", "ST", "UC", "UT"):
            values = element.value if isinstance(element.value, MultiValue) else [element.value]
            yield from (str(value or "").rstrip() for value in values)


def in_one_line(words: str) -> str:
    """`words` as a name or an organisation: at most 64 characters, and none that means something to DICOM."""
    kept = "".join(" " if letter in "\\=" or not letter.isprintable() else letter for letter in words)
    return " ".join(kept.split())[:64].rstrip()
