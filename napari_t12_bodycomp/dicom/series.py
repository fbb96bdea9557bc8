"""Headers become series: grouped by their UIDs, split where one series holds several stacks, refused where they cannot be measured."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.dicom.geometry import SAME_POSITION_MM, orientation_name
from napari_t12_bodycomp.dicom.headers import SliceHeader
from napari_t12_bodycomp.dicom.refuse import refusal
from napari_t12_bodycomp.dicom.told_apart import told_apart, z_of
from napari_t12_bodycomp.model.series import SeriesOffer


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Slices that belong together, from caudal to cranial, and what is said about them."""

    headers: tuple[SliceHeader, ...]
    offer: SeriesOffer

    @property
    def first(self) -> SliceHeader:
        return self.headers[0]


def stacks(headers: Iterable[SliceHeader]) -> list[Stack]:
    """Every stack in `headers`, the most measurable first."""
    groups: dict[Hashable, list[SliceHeader]] = defaultdict(list)
    for header in headers:
        whole = header.n_frames > 1 and header.position_mm is None
        groups[(header.patient_key, header.study_uid, header.series_uid, header.modality, header.sop_class, whole)].append(header)
    found = [stack for group in groups.values() for stack in _numbered([_stack(part) for part in told_apart(group)])]
    return sorted(
        found,
        key=lambda s: (
            bool(s.offer.refusal),
            -s.offer.score,
            s.offer.study_date,
            s.first.series_number or 0,
            s.offer.series_instance_uid,
            s.offer.acquisition_number or 0,
        ),
    )


def _numbered(series: Sequence[Stack]) -> list[Stack]:
    """The stacks of one series, each with a number by which it can be chosen, where several may be measured and have one number or none.

    In the order of their images, the first one keeps the number that its headers give, the others get higher ones.
    """
    if len(series) == 1:
        return list(series)
    highest = max(h.acquisition_number or 0 for stack in series for h in stack.headers)
    without = sum(stack.offer.is_measurable and stack.offer.acquisition_number is None for stack in series)
    numbered, met = [], set[int | None]()
    for stack in sorted(series, key=lambda s: _made(s.headers)):
        own = stack.offer.acquisition_number
        if stack.offer.is_measurable and (own in met or (own is None and without > 1)):
            highest += 1
            numbered.append(replace(stack, offer=replace(stack.offer, acquisition_number=highest)))
            continue
        numbered.append(stack)
        if stack.offer.is_measurable:
            met.add(own)
    return numbered


def _made(headers: Sequence[SliceHeader]) -> tuple[Hashable, ...]:
    """What sorts stacks of one series by when they were made: their image numbers, which stay when times of day are taken out, then times."""
    numbers = [h.instance_number for h in headers if h.instance_number is not None]
    first = min((h.acquisition_time, len(h.temporal_position), h.temporal_position, h.sop_instance_uid) for h in headers)
    return min(numbers, default=0), first


def _stack(part: list[SliceHeader]) -> Stack:
    by_place = sorted(
        ((z_of(h), h) for h in part), key=lambda p: (0.0 if math.isnan(p[0]) else p[0], p[1].sop_instance_uid, p[1].source.key)
    )
    ordered = [header for _, header in by_place]
    return Stack(tuple(ordered), _offer(ordered, np.array([z for z, _ in by_place])))


def _offer(headers: list[SliceHeader], z: npt.NDArray[np.float64]) -> SeriesOffer:
    first = headers[len(headers) // 2]
    known = z[np.isfinite(z)]
    places = known[np.diff(known, prepend=-np.inf) > SAME_POSITION_MM]
    acquisitions = {h.acquisition_number for h in headers}
    spacing = float(np.median(np.diff(places))) if len(places) > 1 else None
    score, why = _score(first, places)
    return SeriesOffer(
        series_instance_uid=first.series_uid,
        study_instance_uid=first.study_uid,
        acquisition_number=first.acquisition_number if len(acquisitions) == 1 else None,
        description=first.description,
        modality=first.modality,
        n_slices=len(headers) if first.position_mm else max(len(headers), first.n_frames),
        slice_thickness_mm=first.slice_thickness_mm,
        spacing_mm=spacing,
        kernel=first.kernel,
        kvp=first.kvp,
        contrast=first.contrast,
        extent_z_mm=(float(z.min()), float(z.max())) if len(places) and np.isfinite(z).all() else None,
        orientation=orientation_name(first.orientation),
        patient_key=first.patient_key,
        study_date=first.study_date,
        age_years=first.age_years,
        refusal=refusal(headers, places),
        score=score,
        why=why,
    )


_SHARP = ("LUNG", "BONE", "EDGE", "SHARP", "DETAIL", "B6", "B7", "B8", "BL57", "BR6", "BR7", "FC5", "FC8", "YC", "YD")
_ENERGY = re.compile(r"(?<![\d.])(\d{2,3}) ?KEV")
_CHEST = ("CHEST", "THORAX", "LUNG", "THX", "TORAX", "POUMON")
_ELSEWHERE = ("HEAD", "BRAIN", "NECK", "SKULL", "SINUS", "KNEE", "PELVIS", "HIP", "LEG", "FOOT", "HAND")


def _score(header: SliceHeader, places: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[float, str]:
    """How well a stack suits the measurement, and why in words."""
    length = float(np.ptp(places)) if len(places) > 1 else 0.0
    points, reasons = min(length, 450.0) / 100.0, [f"{length:.0f} mm long"]
    words = f"{header.description} {header.body_part}".upper()
    if any(word in words for word in _CHEST):
        points, reasons = points + 1, [*reasons, "of the chest by its description"]
    elif any(word in words for word in _ELSEWHERE):
        points, reasons = points - 2, [*reasons, "of another region by its description"]
    if any(header.kernel.upper().startswith(k) for k in _SHARP):
        points, reasons = points - 1, [*reasons, f"sharp kernel {header.kernel}"]
    if "DERIVED" in header.image_type or "SECONDARY" in header.image_type:
        points, reasons = points - 1, [*reasons, "derived from other images"]
    if single_energy(header):
        points, reasons = points - 1, [*reasons, f"computed for {single_energy(header)} keV"]
    if orientation_name(header.orientation) == "tilted":
        points, reasons = points - 1, [*reasons, "gantry tilted"]
    if header.contrast == "none":
        points, reasons = points + 0.25, [*reasons, "without contrast"]
    thickness = header.slice_thickness_mm
    if thickness is not None:
        points += 0 if thickness <= 5.5 else -1 if thickness <= 7.5 else -2
        reasons.append(f"{thickness:g} mm slices")
    return points, ", ".join(reasons)


def single_energy(header: SliceHeader) -> str:
    """The energy (keV) for which a spectral scanner computed the images, by their kind or description; "" for ordinary ones."""
    found = _ENERGY.search(" ".join((*header.image_type, header.description)).upper())
    return found.group(1) if found else ""
