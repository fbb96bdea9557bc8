"""Headers become series: grouped by their UIDs, split where one series holds several stacks, refused where they cannot be measured."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.dicom.geometry import SAME_POSITION_MM, centre_z, orientation_name
from napari_t12_bodycomp.dicom.headers import SliceHeader
from napari_t12_bodycomp.dicom.refuse import refusal
from napari_t12_bodycomp.model.series import SeriesOffer

_Key = Callable[[SliceHeader], Hashable]


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
        groups[(header.patient_key, header.study_uid, header.series_uid, header.modality, header.sop_class, header.n_frames > 1)].append(
            header
        )
    found = [_stack(part) for group in groups.values() for part in _split(group)]
    return sorted(found, key=lambda s: (bool(s.offer.refusal), -s.offer.score, s.offer.study_date, s.offer.series_instance_uid))


def z_of(header: SliceHeader) -> float:
    """LPS z (mm) of the slice's middle; NaN where the header does not say."""
    if header.position_mm is None or header.orientation is None or header.pixel_spacing_mm is None:
        return float("nan")
    return centre_z(header.position_mm, header.orientation, header.pixel_spacing_mm, header.rows, header.columns)


def _grid(header: SliceHeader) -> Hashable:
    orientation, spacing = _rounded(header.orientation, 2), _rounded(header.pixel_spacing_mm, 4)
    return header.rows, header.columns, orientation, spacing, header.bits_allocated, "LOCALIZER" in header.image_type


@lru_cache(maxsize=1024)
def _rounded(values: tuple[float, ...] | None, digits: int) -> tuple[float, ...] | None:
    return tuple(round(v, digits) for v in values) if values else None


_FINER: tuple[_Key, ...] = (
    lambda h: h.acquisition_number,
    lambda h: h.image_type,
    lambda h: (h.kernel, h.kvp),
    lambda h: h.temporal_position,
    lambda h: (h.description, h.contrast, h.slice_thickness_mm),
)


def _split(group: list[SliceHeader]) -> list[list[SliceHeader]]:
    """The stacks of one series: one grid each; then finer, while acquisitions overlap or a place holds several images."""
    parts = list(_by(group, _grid))
    for key in _FINER:
        parts = [finer for part in parts for finer in (_by(part, key) if _needs_split(part, key) else [part])]
    return parts


def _by(group: list[SliceHeader], key: _Key) -> list[list[SliceHeader]]:
    groups: dict[Hashable, list[SliceHeader]] = defaultdict(list)
    for header in group:
        groups[key(header)].append(header)
    return list(groups.values())


def _needs_split(group: list[SliceHeader], key: _Key) -> bool:
    """Whether the parts by `key` overlap along z; parts that follow one another (step and shoot) stay together."""
    parts = _by(group, key)
    if len(parts) < 2:
        return False
    ranges = []
    for part in parts:
        z = np.array([z_of(h) for h in part])
        if np.isnan(z).any():
            return False
        ranges.append((float(z.min()), float(z.max())))
    if len({round(z_of(h), 2) for h in group}) == 1:
        return False
    ranges.sort()
    return any(later[0] <= earlier[1] + SAME_POSITION_MM for earlier, later in pairwise(ranges))


def _stack(part: list[SliceHeader]) -> Stack:
    by_place = sorted(
        ((z_of(h), h) for h in part), key=lambda p: (0.0 if math.isnan(p[0]) else p[0], p[1].sop_instance_uid, p[1].source.key)
    )
    ordered = [header for _, header in by_place]
    return Stack(tuple(ordered), _offer(ordered, np.array([z for z, _ in by_place])))


def _offer(headers: list[SliceHeader], z: npt.NDArray[np.float64]) -> SeriesOffer:
    first = headers[len(headers) // 2]
    places = np.unique(np.round(z[np.isfinite(z)] / SAME_POSITION_MM)) * SAME_POSITION_MM
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
    if orientation_name(header.orientation) == "tilted":
        points, reasons = points - 1, [*reasons, "gantry tilted"]
    if header.contrast == "none":
        points, reasons = points + 0.25, [*reasons, "without contrast"]
    thickness = header.slice_thickness_mm
    if thickness is not None:
        points += 0 if thickness <= 5.5 else -1 if thickness <= 7.5 else -2
        reasons.append(f"{thickness:g} mm slices")
    return points, ", ".join(reasons)
