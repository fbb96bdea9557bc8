"""Who was scanned, as far as measurement needs it, from DICOM headers: sex, age, height, weight; never a name or a date of birth."""

from __future__ import annotations

from collections.abc import Sequence

from napari_t12_bodycomp.dicom.headers import SliceHeader
from napari_t12_bodycomp.model.subject import HEIGHT_RANGE_M, WEIGHT_RANGE_KG, Subject, ValueSource


def read_subject(headers: Sequence[SliceHeader]) -> tuple[Subject, tuple[str, ...]]:
    """The subject of `headers`, and sentences about values that were not believed. PatientSize is in m, PatientWeight in kg."""
    first = headers[0]
    height, height_warning = _within({h.size_text for h in headers}, HEIGHT_RANGE_M, "PatientSize", "m", "height")
    weight, weight_warning = _within({h.weight_text for h in headers}, WEIGHT_RANGE_KG, "PatientWeight", "kg", "weight")
    subject = Subject(
        patient_id=first.patient_id,
        sex=first.sex,
        age_years=first.age_years,
        height_m=height,
        height_source=ValueSource.DICOM if height is not None else ValueSource.UNKNOWN,
        weight_kg=weight,
        weight_source=ValueSource.DICOM if weight is not None else ValueSource.UNKNOWN,
    )
    return subject, (*height_warning, *weight_warning)


def _within(texts: set[str], bounds: tuple[float, float], keyword: str, unit: str, noun: str) -> tuple[float | None, tuple[str, ...]]:
    values: set[float] = set()
    for text in texts:
        try:
            value = float(text)
        except ValueError:
            continue
        if value != 0:
            values.add(value)
    if not values:
        return None, ()
    if len(values) > 1:
        return None, (f"The slices give more than one {noun} ({keyword}): it is left unknown; type it.",)
    value = values.pop()
    if bounds[0] <= value <= bounds[1]:
        return value, ()
    return None, (
        f"A {noun} between {bounds[0]:g} and {bounds[1]:g} {unit} is wanted, {keyword} says {value:g}: it is left unknown; type it.",
    )
