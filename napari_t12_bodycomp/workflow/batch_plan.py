"""What a batch has to do: each case's job, and which of the cases that are done were asked for otherwise."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from napari_t12_bodycomp import __version__
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.manifest import ManifestCase
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.subject import ValueSource
from napari_t12_bodycomp.workflow.analyse import MeasureRequest
from napari_t12_bodycomp.workflow.batch_case import Job
from napari_t12_bodycomp.workflow.batch_records import Record
from napari_t12_bodycomp.workflow.manifest import Manifest

_UNSHOWN = frozenset({"path", "regions", "patient_id", "assessor", "level_reason"})
"""What is not quoted where it changed: long, or somebody's name."""


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """How a batch is run.

    Parameters
    ----------
    redo : bool
        Whether cases that are done but asked for otherwise now are measured again; else they are a refusal.
    skip_failed : bool
        Whether cases that failed before are left as they are.
    """

    protocol: Protocol = field(default_factory=Protocol)
    assessor: str = ""
    redo: bool = False
    skip_failed: bool = False
    contact_sheet: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is and what is missing.

    Parameters
    ----------
    asked : dict
        What is asked of each case of the manifest, in words that are compared and kept.
    records : dict
        The cases that are done, by name.
    changed : dict
        What differs, in words, for each done case that was asked for otherwise.
    jobs : tuple of Job
        What is to be measured: cases that are missing or changed, in the manifest's order.
    """

    asked: Mapping[str, Mapping[str, str]]
    records: Mapping[str, Record]
    changed: Mapping[str, str]
    jobs: tuple[Job, ...]


def make_plan(manifest: Manifest, records: Mapping[str, Record], options: BatchOptions) -> Plan:
    """Compare what `manifest` and `options` ask with what is done; InputError where cases of other manifests were measured otherwise."""
    jobs = {case.case_id: _job(manifest, case, options) for case in manifest.cases}
    asked = {case.case_id: _asked(case, jobs[case.case_id]) for case in manifest.cases}
    protocol = _protocol_words(options.protocol)
    others = [c for c, record in records.items() if c not in jobs and _difference(record.asked, protocol)]
    if others:
        words = _difference(records[others[0]].asked, protocol)
        raise InputError(
            f"One protocol for one table is wanted, but {len(others)} cases there, the first is {others[0]!r}, are not in this manifest and "
            f"were measured otherwise ({words}): choose another directory."
        )
    changed = {c: words for c in jobs if c in records and (words := _difference(records[c].asked, asked[c]))}
    return Plan(asked, records, changed, tuple(job for c, job in jobs.items() if c not in records or c in changed))


def refuse_changed(plan: Plan, manifest: Manifest) -> None:
    """InputError where done cases were asked for otherwise."""
    if not plan.changed:
        return
    first, words = next(iter(plan.changed.items()))
    line = next(case.line for case in manifest.cases if case.case_id == first)
    raise InputError(
        f"{len(plan.changed)} of the cases that are done are asked for otherwise now, the first on line {line} is {first!r} ({words}): "
        "measure these again with --redo, take the change back, or choose another directory."
    )


def _difference(was: Mapping[str, str], now: Mapping[str, str]) -> str:
    """What of `now` was otherwise, in words; "" where nothing was."""
    parts = []
    for name, value in now.items():
        before = was.get(name, "")
        if before != value:
            parts.append(name if name in _UNSHOWN else f"{name} was {before or 'not given'}, is {value or 'not given'}")
    return "; ".join(parts)


def _job(manifest: Manifest, case: ManifestCase, options: BatchOptions) -> Job:
    request = MeasureRequest(
        options.protocol,
        case.z_mm,
        manifest.place(case.regions) if case.regions else None,
        None if case.height_m is None else round(case.height_m * 100, 6),
        case.weight_kg,
        case.patient_id,
        case.assessor or options.assessor,
        case.level_reason,
        case.sex,
        ValueSource.MANIFEST,
    )
    return Job(case.case_id, manifest.place(case.path), request, case.series or None, case.acquisition, case.height_source)


def _asked(case: ManifestCase, job: Job) -> dict[str, str]:
    request = job.request
    return {
        "path": _digest(str(job.path).encode()),
        "series": case.series,
        "acquisition": _plain(case.acquisition),
        "height_m": _plain(case.height_m),
        "height_source": case.height_source,
        "weight_kg": _plain(case.weight_kg),
        "sex": case.sex,
        "patient_id": case.patient_id,
        "z_mm": _plain(case.z_mm),
        "level_reason": case.level_reason,
        "regions": "" if request.regions is None else _content(request.regions),
        "assessor": request.assessor,
        **_protocol_words(request.protocol),
    }


def _protocol_words(protocol: Protocol) -> dict[str, str]:
    return {
        "preset": protocol.preset.name,
        "slab_mm": _plain(protocol.slab_mm),
        "intercostals": _included(protocol.intercostals_are_muscle),
        "crura": _included(protocol.crura_are_muscle),
        "thoracic_fat": _included(protocol.thoracic_fat_is_visceral),
        "fat_rims": _included(protocol.gas_rims_are_fat),
        "software_version": __version__,
    }


def _included(is_in: bool) -> str:
    return "include" if is_in else "exclude"


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.9g}"


def _digest(content: bytes) -> str:
    """Paths are kept as digests: folders are often named after patients."""
    return hashlib.sha256(content).hexdigest()[:16]


def _content(path: Path) -> str:
    """Regions are known by what is in their file, since a corrected drawing often keeps its name."""
    try:
        return _digest(path.read_bytes())
    except OSError:
        return "not readable"
