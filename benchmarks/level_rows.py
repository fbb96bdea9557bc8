"""One scan, one row: what the search for T12 answered and how that stands to the truth."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from phantom_cache import phantom_of

from napari_t12_bodycomp.analysis.t12 import locate_t12
from napari_t12_bodycomp.model.level import LevelFinding, LevelStatus
from napari_t12_bodycomp.phantom.population import difficulties, random_options
from napari_t12_bodycomp.workflow.source import list_series, load_volume

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("T12_SHARED", ROOT.parent / "shared")) / "data"
NAN = float("nan")
CONFIDENT = 0.9


@dataclass(frozen=True, slots=True)
class Row:
    """One scan's outcome.

    `error_mm` is the distance of the answer (of the first candidate where it is uncertain) from the true middle of T12; NaN where T12 is
    absent, no level was named or the answer lies in another vertebra. `first_is_right` tells whether that answer lies in the true body.
    """

    case: str
    kinds: str
    has_t12: bool
    n_rib_pairs: int
    outcome: str
    status: str
    confidence: float
    first_is_right: bool
    error_mm: float
    spacing_mm: float
    seconds: float
    message: str

    @property
    def is_wrong_and_confident(self) -> bool:
        return self.outcome == "wrong" and self.confidence >= CONFIDENT

    @property
    def is_right_or_named(self) -> bool:
        return self.outcome in ("right", "uncertain, true one named")

    @property
    def allowed_mm(self) -> float:
        """4 mm, or half a slice where that is more."""
        return max(4.0, self.spacing_mm / 2)


def judge(
    case: str,
    kinds: tuple[str, ...],
    finding: LevelFinding,
    body: tuple[float, float] | None,
    spacing_mm: float,
    seconds: float,
    n_rib_pairs: int = 12,
) -> Row:
    """Compare a finding with the true body (None: T12 is not in the scan)."""
    z = finding.z_mm if finding.z_mm is not None else NAN
    first = body is not None and body[0] <= z <= body[1]
    error = abs(z - (body[0] + body[1]) / 2) if body is not None and first else NAN
    return Row(
        case=case,
        kinds="; ".join(kinds),
        has_t12=body is not None,
        n_rib_pairs=n_rib_pairs,
        outcome=_outcome(finding, body, first),
        status=finding.status.value,
        confidence=finding.confidence,
        first_is_right=first,
        error_mm=error,
        spacing_mm=spacing_mm,
        seconds=seconds,
        message=finding.message,
    )


def _outcome(finding: LevelFinding, body: tuple[float, float] | None, first: bool) -> str:
    if body is None:
        return {LevelStatus.ABSENT: "absent", LevelStatus.FOUND: "wrong"}.get(finding.status, "uncertain")
    if finding.status is LevelStatus.ABSENT:
        return "missed"
    if finding.status is LevelStatus.FOUND:
        return "right" if first else "wrong"
    among = any(body[0] <= c.z_mm <= body[1] for c in finding.candidates)
    return "uncertain, true one named" if among else "uncertain, true one not named"


def phantom_row(seed: int, cache: Path | None) -> Row:
    """The random phantom of `seed`; the seconds are those of the search alone."""
    options = random_options(seed)
    phantom = phantom_of(options, cache)
    start = time.perf_counter()
    finding = locate_t12(phantom.volume)
    seconds = time.perf_counter() - start
    body, z = phantom.truth.body_z_mm["T12"], phantom.volume.z_mm
    middle, half = phantom.truth.vertebrae["T12"], options.thickness_mm / 2
    present = z[0] - half <= middle <= z[-1] + half
    if not present and finding.z_mm is not None and abs(finding.z_mm - middle) <= max(4.0, half):
        present = True  # so near to the scan's end that the slice named is as good as the middle one
    kinds = difficulties(options) if present else ("T12 not in the scan",)
    return judge(f"phantom {seed}", kinds, finding, body if present else None, options.slice_spacing_mm, seconds, options.n_rib_pairs)


def real_cases() -> list[str]:
    """Names of the real scans whose level is known; none where they are not at hand."""
    path = SHARED / "truth.json"
    return [key for key in json.loads(path.read_text(encoding="utf-8")) if not key.startswith("_")] if path.exists() else []


def real_rows(key: str) -> list[Row]:
    """One row for each acquisition of a real scan that could be measured."""
    truth = json.loads((SHARED / "truth.json").read_text(encoding="utf-8"))[key]
    source = SHARED / key
    if (source / "ct.nii.gz").exists():
        source = source / "ct.nii.gz"
    offers = [offer for offer in list_series(source).offers if offer.is_measurable]
    body = tuple(truth["t12_body_z_mm"]) if truth["t12_body_z_mm"] else None
    rows = []
    for number, offer in enumerate(offers, 1):
        volume = load_volume(source) if len(offers) == 1 else load_volume(source, offer=offer)
        start = time.perf_counter()
        finding = locate_t12(volume)
        seconds = time.perf_counter() - start
        name = key if len(offers) == 1 else f"{key} ({number} of {len(offers)})"
        rows.append(judge(name, ("real scan",), finding, body, volume.slice_spacing_mm, seconds))
    return rows
