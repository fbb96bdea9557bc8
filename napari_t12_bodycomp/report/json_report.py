"""What the command line prints with --json: plain dicts, unknown is None."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from napari_t12_bodycomp.model.level import LevelFinding, SecondOpinion
from napari_t12_bodycomp.model.result import Result
from napari_t12_bodycomp.model.sensitivity import LevelSensitivity
from napari_t12_bodycomp.model.series import SeriesList, SeriesOffer
from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.model.tissue_opinion import TissueOpinion
from napari_t12_bodycomp.model.volume import CTVolume

Json = dict[str, Any]


def number(value: float | None, digits: int = 4) -> float | None:
    """`value` rounded, None where it is unknown."""
    return None if value is None or not math.isfinite(value) else round(float(value), digits)


def locate_json(volume: CTVolume, finding: LevelFinding, seconds: float) -> Json:
    """The report of the search for T12: `slice_index`, `z_mm` and `sop_instance_uid` are the slice's, `t12_mid_z_mm` the middle of the body."""
    index = finding.slice_index
    return {
        "status": finding.status.value,
        "message": finding.message,
        "series_instance_uid": volume.acquisition.series_instance_uid or None,
        "acquisition_number": volume.acquisition.acquisition_number,
        "slice_index": index,
        "z_mm": number(float(volume.z_mm[index])) if index is not None else None,
        "t12_mid_z_mm": number(finding.z_mm),
        "sop_instance_uid": (volume.sop_instance_uid(index) or None) if index is not None else None,
        "t12_body_z_mm": [number(z) for z in finding.body_z_mm] if finding.body_z_mm else None,
        "confidence": number(finding.confidence),
        "evidence": list(finding.evidence),
        "warnings": [*finding.warnings, *volume.acquisition.warnings],
        "vertebrae": [{"label": v.label, "z_mm": number(v.z_mm)} for v in finding.vertebrae],
        "rib_pairs_seen": finding.rib_pairs_seen,
        "candidates": [
            {
                "z_mm": number(c.z_mm),
                "slice_index": c.slice_index,
                "body_z_mm": [number(z) for z in c.body_z_mm],
                "confidence": number(c.confidence),
                "reason": c.reason,
            }
            for c in finding.candidates
        ],
        "second_opinion": opinion_json(finding.second_opinion, None),
        "seconds": number(seconds, 2),
    }


def opinion_json(level: SecondOpinion | None, tissues: TissueOpinion | None) -> Json | None:
    """What another program says about the level and about the tissues; None where it was not asked, each part None where that was not."""
    if level is None and tissues is None:
        return None
    return {
        "level": None
        if level is None
        else {
            "source": level.source,
            "verdict": level.verdict.value,
            "message": level.sentence,
            "t12_mid_z_mm": number(level.t12.z_mm) if level.t12 else None,
            "t12_body_z_mm": [number(z) for z in level.t12.z_range_mm] if level.t12 else None,
            "sees_an_end_of_the_count": level.is_anchored,
            "cautions": list(level.cautions),
            "vertebrae": [{"label": v.label, "z_mm": number(v.z_mm)} for v in level.vertebrae],
        },
        "tissues": None
        if tissues is None
        else {
            "source": tissues.source,
            "areas_cm2": {t.key: number(tissues.areas_cm2.get(t)) for t in Tissue},
            "dice": {t.key: number(tissues.dice.get(t)) for t in Tissue},
        },
    }


def measure_json(volume: CTVolume, result: Result, files: Mapping[str, Path], seconds: float, tissues: TissueOpinion | None = None) -> Json:
    """The report of a measurement: what `locate_json` says, at the measured slice, and the numbers."""
    m, level, preset = result.measurement, result.level, result.measurement.protocol.preset
    found = locate_json(volume, result.finding, seconds) if result.finding else {"status": None, "message": ""}
    return found | {
        "slice_index": level.slice_index,
        "z_mm": number(level.z_mm),
        "sop_instance_uid": result.sop_instance_uid or None,
        "level_method": level.method.value,
        "level_confirmed_by": level.confirmed_by or None,
        "level_candidate": level.candidate or None,
        "level_reason": level.reason or None,
        **_numbers(m.areas_cm2, m.indices),
        "mean_hu": {t.key: number(m.mean_hu[t]) for t in Tissue},
        "why_empty": dict(m.why_empty),
        "low_attenuation_muscle_cm2": number(m.low_attenuation_muscle_cm2),
        "thoracic_fat_cm2": number(m.thoracic_fat_cm2),
        "gas_rim_cm2": number(m.gas_rim_cm2),
        "height_m": number(result.subject.height_m),
        "height_source": result.subject.height_source.value or None,
        "protocol": {
            "preset": preset.name,
            "windows_hu": {t.key: [preset.window(t).low, preset.window(t).high] for t in Tissue},
            "slab_mm": number(m.slab_mm),
            "intercostals_are_muscle": m.protocol.intercostals_are_muscle,
            "crura_are_muscle": m.protocol.crura_are_muscle,
            "thoracic_fat_is_visceral": m.protocol.thoracic_fat_is_visceral,
            "gas_rims_are_fat": m.protocol.gas_rims_are_fat,
        },
        "quality": list(dict.fromkeys(f.code for f in result.quality)),
        "quality_sentences": [f.sentence for f in result.quality],
        "measurement_status": result.status,
        "regions_origin": result.regions_origin or None,
        "second_opinion": opinion_json(result.finding.second_opinion if result.finding else None, tissues),
        "files": {name: str(path) for name, path in files.items()},
    }


def sensitivity_json(found: LevelSensitivity | None) -> Json | None:
    """Areas and indices of automatic drafts at the level, 5 mm lower and higher, and their mean over the T12 body; None where none was drafted."""
    if found is None:
        return None
    shifted = {
        f"{offset:+g}_mm": None
        if m is None
        else _numbers(m.areas_cm2, m.indices) | {"area_change_percent": {t.key: number(found.change_percent(t, offset), 2) for t in Tissue}}
        for offset, m in found.shifted.items()
    }
    return {
        "of": "automatic drafts",
        "level": _numbers(found.reference.areas_cm2, found.reference.indices),
        **shifted,
        "body_mean": _numbers(found.body_areas_cm2, found.body_indices) | {"slices": found.body_slices} if found.body_slices else None,
        "why_missing": {"body_mean" if name == "body" else f"{name}_mm": why for name, why in found.why_missing.items()},
    }


def _numbers(areas_cm2: Mapping[Tissue, float], indices: Mapping[str, float]) -> Json:
    return {
        "areas_cm2": {t.key: number(areas_cm2[t]) for t in Tissue},
        "indices": {name: number(value) for name, value in indices.items()},
    }


def series_json(found: SeriesList) -> Json:
    """The report of what an input offers."""
    return {
        "status": "ok" if found.chosen else "none",
        "message": found.reason,
        "chosen": _offer_json(found.chosen) if found.chosen else None,
        "series": [_offer_json(o) for o in found.offers],
    }


def _offer_json(offer: SeriesOffer) -> Json:
    return {
        "series_instance_uid": offer.series_instance_uid or None,
        "study_instance_uid": offer.study_instance_uid or None,
        "acquisition_number": offer.acquisition_number,
        "description": offer.description,
        "modality": offer.modality,
        "orientation": offer.orientation,
        "slices": offer.n_slices,
        "slice_thickness_mm": number(offer.slice_thickness_mm),
        "spacing_mm": number(offer.spacing_mm),
        "extent_z_mm": [number(z) for z in offer.extent_z_mm] if offer.extent_z_mm else None,
        "kernel": offer.kernel,
        "kvp": number(offer.kvp),
        "contrast": offer.contrast,
        "measurable": offer.is_measurable,
        "refusal": offer.refusal or None,
        "why": offer.why,
    }
