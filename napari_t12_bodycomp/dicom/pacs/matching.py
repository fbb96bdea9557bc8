"""Searching by words. Archives differ in the letters that they read and in whether case matters; the person at the screen need not know.

A search goes out as it was typed, and again where that may miss something: with ``?`` for the first letters of words and in capitals (C-FIND
tells case apart, PS3.4 C.2.2.2.1), and, where nothing was found, with ``*`` for letters that the archive may not read. What those bring is
sifted here by the wildcards of PS3.4 C.2.2.2.4.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace

from napari_t12_bodycomp.dicom.pacs.faults import Interrupted
from napari_t12_bodycomp.dicom.pacs.found import latest_first
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.pacs import MOST_STUDIES, FoundStudy, StudyQuery

Ask = Callable[[StudyQuery], list[FoundStudy]]
"""Asks the archive once; at most `MOST_STUDIES` + 1 answers."""
_WORD, _ANY_LETTER = re.compile(r"\w+"), re.compile(r"[^\W\d_]")
_SHORT = 3


def matching_studies(ask: Ask, query: StudyQuery, is_plain: Callable[[str], bool]) -> list[FoundStudy]:
    """Studies that match `query` whatever their case, the latest first; `is_plain` says which letters every archive of the kind reads.

    Raises
    ------
    InputError
        Where nothing is found as typed, and too much without the letters that are not plain.
    """
    found = ask(query)
    if found and not query.description:
        return latest_first(found)
    for other in _others(query, None if found else is_plain):
        try:
            more = ask(other)
        except Interrupted:
            raise
        except InputError:  # not every archive takes wildcards
            continue
        if not found and len(more) > MOST_STUDIES:
            raise InputError(
                f"The archive finds no study by these letters, and more than {MOST_STUDIES} without them: give a patient ID or a date as well."
            )
        found += [study for study in more if _fits(query.description, study.description) and _fits(query.patient_id, study.patient_id)]
    return latest_first(found)


def _others(query: StudyQuery, is_plain: Callable[[str], bool] | None) -> Iterator[StudyQuery]:
    """Other ways to ask for the same, each once; without the letters that are not plain, where `is_plain` is given."""
    asked = {query}
    for change in (_any_capitals, str.upper):
        texts = [change(text) for text in (query.patient_id, query.description)]
        if is_plain is not None:
            texts = [_loosened(text, is_plain) for text in texts]
        other = replace(query, patient_id=texts[0], description=texts[1])
        if other not in asked:
            asked.add(other)
            yield other


def _any_capitals(text: str) -> str:
    """`text` in small letters, with ``?`` for those that may well be capitals: the first of each word, and all of a short one (CT, HWS)."""
    whole = _WORD.sub(lambda word: _ANY_LETTER.sub("?", word[0], 0 if len(word[0]) <= _SHORT else 1), text.lower())
    return whole if _ANY_LETTER.search(whole) else _WORD.sub(lambda word: "?" + word[0][1:], text.lower())


def _loosened(text: str, is_plain: Callable[[str], bool]) -> str:
    """`text` with one ``*`` for each run of letters that are not plain, and of ``?``, which some archives take for a byte; "" for ``*``."""
    loose = re.sub(r"\*+", "*", "".join(c if c != "?" and is_plain(c) else "*" for c in text))
    return "" if loose == "*" else loose


def _fits(pattern: str, text: str) -> bool:
    """Whether `text` matches, whatever its case; "" matches everything."""
    if not pattern:
        return True
    wanted = "".join({"*": ".*", "?": "."}.get(c) or re.escape(c) for c in _folded(pattern))
    return re.fullmatch(wanted, _folded(text), re.DOTALL) is not None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).casefold())
