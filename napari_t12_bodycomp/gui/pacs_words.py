"""What the page of the archives says; no Qt in here."""

from __future__ import annotations

from napari_t12_bodycomp.errors import UsageError
from napari_t12_bodycomp.gui.case_words import date_words
from napari_t12_bodycomp.model.pacs import MOST_STUDIES, FoundStudy, StudyQuery, anywhere
from napari_t12_bodycomp.model.series import SeriesList, SeriesOffer

STUDY_COLUMNS = (("patient ID", 150), ("date", 100), ("description", 260), ("modalities", 100), ("series", 60), ("images", 70))
SERIES_COLUMNS = (("", 95), ("description", 220), ("images", 65), ("thickness", 75), ("kernel", 80), ("why", 300))
"""Title and width in pixels."""
PREFERRED = "preferred"


def study_cells(study: FoundStudy) -> tuple[str, ...]:
    """One study as a row."""
    counts = ("" if n is None else str(n) for n in (study.n_series, study.n_images))
    return study.patient_id or "–", date_words(study.study_date), study.description or "–", ", ".join(study.modalities), *counts


def series_cells(offer: SeriesOffer, is_preferred: bool) -> tuple[str, ...]:
    """One series as a row: why it suits, or why it must not be measured."""
    thickness = f"{offer.slice_thickness_mm:g} mm" if offer.slice_thickness_mm else ""
    title = f"{offer.description or '–'}{'' if offer.modality == 'CT' else f' ({offer.modality})'}"
    return PREFERRED if is_preferred else "", title, str(offer.n_slices), thickness, offer.kernel, offer.refusal or offer.why


def reason_words(found: SeriesList | None, picked: SeriesOffer | None) -> str:
    """Why one series is preferred; of another that was picked, why it suits, or why it must not be measured."""
    if found is None:
        return ""
    if picked is None or picked == found.chosen:
        return found.reason
    return picked.refusal or f"It may be measured: {picked.why}."


def more_words(n_found: int, n_shown: int) -> str:
    """What is said where not all studies that match are shown."""
    if n_found <= n_shown:
        return ""
    if n_found > MOST_STUDIES:
        return f"{n_shown} studies are shown, and more than {MOST_STUDIES} match: search for something narrower."
    return f"{n_shown} studies are shown, {n_found - n_shown} more match: search for something narrower."


def typed_query(patient_id: str, date_from: str, date_to: str, description: str, modality: str) -> StudyQuery:
    """What to search for, from the fields; a description is found anywhere in the archive's."""
    return StudyQuery(patient_id.strip(), _typed_date(date_from), _typed_date(date_to), anywhere(description), modality.strip().upper())


def _typed_date(text: str) -> str:
    digits = "".join(c for c in text if c.isdigit())
    if text.strip() and len(digits) != 8:
        raise UsageError(f"A date as YYYY-MM-DD is wanted, {text.strip()!r} came.")
    return digits
