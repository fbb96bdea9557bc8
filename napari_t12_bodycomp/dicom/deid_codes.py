"""Codes that may stay: those of public schemes, with the meaning that the scheme gives them and not the one that stands there."""

from __future__ import annotations

import re
from functools import cache

from pydicom import Dataset

LOCAL_SCHEME, NO_WORD = "99REMOVED", "REMOVED"
_PUBLIC = ("DCM", "SCT", "UCUM", "FMA", "RADLEX", "IBSI", "NCIt", "LN", "UMLS")
_RETIRED = frozenset({"SRT", "SNM3", "99SDM"})
"""SNOMED's codes of old, whose meanings pydicom does not carry."""
_RETIRED_VALUE = re.compile(r"[A-Z]\d?-[0-9A-F]{4,6}")


@cache
def _meanings(scheme: str) -> dict[str, str]:
    from pydicom.sr.codedict import Collection

    return {code.value: code.meaning for code in Collection(scheme).concepts.values()}


def is_code(dataset: Dataset) -> bool:
    """Whether `dataset` is an item that holds a code."""
    return "CodeValue" in dataset or "CodeMeaning" in dataset or "CodingSchemeDesignator" in dataset


def cleaned_code(dataset: Dataset) -> dict[str, str]:
    """Keyword and new value for the parts of the code in `dataset`: itself where its scheme is public, else a code that says nothing."""
    scheme, value = (str(dataset.get(word) or "").strip() for word in ("CodingSchemeDesignator", "CodeValue"))
    if scheme in _RETIRED and _RETIRED_VALUE.fullmatch(value):
        return {"CodeValue": value, "CodingSchemeDesignator": scheme, "CodeMeaning": NO_WORD}
    meaning = _meanings(scheme).get(value) if scheme in _PUBLIC else None
    if meaning is None:
        return {"CodeValue": NO_WORD, "CodingSchemeDesignator": LOCAL_SCHEME, "CodeMeaning": NO_WORD}
    return {"CodeValue": value, "CodingSchemeDesignator": scheme, "CodeMeaning": meaning[:64]}
