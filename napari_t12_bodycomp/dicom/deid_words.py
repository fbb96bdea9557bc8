"""Words that may stay in a description: what a series shows, never whom."""

from __future__ import annotations

import re

from napari_t12_bodycomp.dicom.headers import NO_CONTRAST

_HARMLESS = frozenset(
    """
    ABD ABDOMEN ABDOMINAL ACQ AND ART ARTERIAL AX AXIAL BASE BASES BODY BONE BRAIN C CHEST COR CORONAL CT CTA DELAYED DETAIL EDGE ENHANCED
    FOOT FOR HAND HEAD HELICAL HIP HR HRCT IN IV KNEE KV LEG LOW DOSE LUNG LUNGS MIP MM MPR MAS NATIVE NECK NO NON OF ORAL PARENCHYMA PE PEL
    PELVIS PET PHASE PLAIN PORTAL POST POUMON PRE RECON ROUTINE SAG SAGITTAL SCAN SERIES SHARP SINUS SKULL SMOOTH SOFT SPINE SPIRAL ST
    SCOUT TOPOGRAM LOCALIZER WINDOW WINDOW1 WINDOW2 MEDIASTINUM INTRAVENOUS STANDARD STD SUPINE PRONE THICK THIN THORAX THX TISSUE TO TORAX UPPER LOWER VENOUS VOLUME W WITH WITHOUT WO CONTRAST
    """.split()  # noqa: SIM905 - a page of quotes and commas reads worse
)
_THICKNESS = re.compile(r"\d{1,2}([.,]\d{1,3})?(MM)?")
_WORD = re.compile(r"\d+(?:[.,:/-]\d+){2,}|\d+[:/-]\d+|[^\W_]+(?:[.,]\d+[^\W_]*)?")
"""A word, or a chain of numbers (a date, a telephone number), which is one word that nobody needs."""
_MOST_NUMBERS = 2


def cleaned(text: str) -> str:
    """`text` with its harmless words and thicknesses alone, in their order; more than two numbers may spell a date or a telephone number, and go."""
    words = [word for word in _WORD.findall(text) if word.upper() in _HARMLESS or _THICKNESS.fullmatch(word.upper())]
    numbers = [word for word in words if word[0].isdigit()]
    return " ".join(word for word in words if len(numbers) <= _MOST_NUMBERS or word not in numbers)


def cleaned_agent(text: str) -> str:
    """Whether contrast was given, and no more: the words for "none" stay, every agent becomes ``CONTRAST``."""
    agent = text.strip()
    return agent if not agent or agent.upper() in NO_CONTRAST else "CONTRAST"
