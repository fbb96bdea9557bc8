"""What the window says about scans, series and unfinished work; no Qt in here."""

from __future__ import annotations

from napari_t12_bodycomp.gui.format import ago, millimetres, number
from napari_t12_bodycomp.model.series import SeriesOffer
from napari_t12_bodycomp.workflow.autosave import Unfinished
from napari_t12_bodycomp.workflow.session_state import SessionState


def person(state: SessionState) -> str:
    """Pseudonym, sex and age, as far as they are known."""
    subject = state.subject
    age = "" if subject.age_years is None else f"{subject.age_years:.0f} y"
    return " · ".join(part for part in (subject.patient_id, subject.sex, age) if part)


def acquisition(state: SessionState) -> str:
    """How the scan was made, in one line."""
    if state.volume is None:
        return ""
    a = state.volume.acquisition
    parts = [
        a.description,
        millimetres(a.slice_thickness_mm) if a.slice_thickness_mm else "",
        f"{a.kvp:g} kV" if a.kvp else "",
        {None: "contrast not stated", "none": "no contrast"}.get(a.contrast, f"contrast: {a.contrast}"),
        f"kernel {a.kernel}" if a.kernel else "",
    ]
    return " · ".join(part for part in parts if part)


def case_facts(state: SessionState) -> str:
    """What is open: person, scan, slices; "" where nothing is."""
    if state.volume is None:
        return ""
    n, spacing = len(state.volume.hu), state.volume.slice_spacing_mm
    slices = f"{n} slices" + (f", {millimetres(spacing, 2)} apart" if n > 1 else "")
    return "\n".join(part for part in (person(state), acquisition(state), slices) if part)


def offer_title(offer: SeriesOffer) -> str:
    """Description (or modality) and number of slices of a series."""
    acquisition_words = "" if offer.acquisition_number is None else f" · acquisition {offer.acquisition_number}"
    return f"{offer.description or offer.modality or 'unnamed series'}{acquisition_words} · {offer.n_slices} slices"


def offer_facts(offer: SeriesOffer) -> str:
    """Why a series cannot be measured; else thickness, extent, kernel, tube voltage and contrast."""
    if offer.refusal:
        return offer.refusal
    length, extent = offer.length_mm, offer.extent_z_mm
    parts = [
        date_words(offer.study_date),
        f"{millimetres(offer.slice_thickness_mm)} slices" if offer.slice_thickness_mm else "",
        f"{number(length / 10, 0)} cm, z {number(extent[0], 0)} … {number(extent[1], 0)}" if length and extent else "",
        f"kernel {offer.kernel}" if offer.kernel else "",
        f"{offer.kvp:g} kV" if offer.kvp else "",
        "" if offer.contrast is None else "no contrast" if offer.contrast == "none" else f"contrast: {offer.contrast}",
    ]
    return " · ".join(part for part in parts if part)


def date_words(date: str) -> str:
    """A DICOM date as ``2011-05-27``; "" where there is none."""
    return f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) == 8 and date.isdigit() else ""


def unfinished_words(found: Unfinished, now: float) -> str:
    """What the unfinished work is and how old."""
    steps = len(found.undo)
    who = f" by {found.assessor}" if found.assessor else ""
    return f"{steps} step{'' if steps == 1 else 's'}{who} on slice {found.level.slice_index + 1}, {ago(max(0.0, now - found.modified))}"
