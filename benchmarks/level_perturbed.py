"""T12 on altered copies of the real scans: cropped, noisy, turned, scaled, coarser, narrower, softer.

    python benchmarks/level_perturbed.py [CASE ...] [--quick]

The scans are read from `T12_SHARED` (default: `../shared` beside the repository). Prints one line a copy and a table; exit 1 where any answer is
`found` and wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import ndimage

from napari_t12_bodycomp.analysis.t12 import locate_t12
from napari_t12_bodycomp.model.level import LevelFinding, LevelStatus
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.workflow.source import load_volume

SHARED = Path(os.environ.get("T12_SHARED", Path(__file__).resolve().parents[2] / "shared"))
ACQUISITIONS = {"ct/tcga_lihc_three_acquisitions": (1, 2)}

QUICK = (
    "original",
    "cut 70 above",
    "cut 30 below",
    "cut T12 away below",
    "cut T12 away above",
    "noise 120 HU",
    "turned -12",
    "leaning -10",
    "size 1.12",
)
QUICK += ("slices 5 mm", "field 160 mm", "metal", "bone 60%", "12th ribs short", "12th rib missing, left", "12th ribs missing")


@dataclass(frozen=True)
class Truth:
    """T12's body and middle (LPS z, mm), or None where it is not in the scan."""

    body: tuple[float, float] | None
    middle: float = 0.0
    uncertainty: float = 0.0


@dataclass(frozen=True)
class Copy:
    """One altered copy and where T12 is in it."""

    kind: str
    volume: CTVolume
    truth: Truth


def cut(v: CTVolume, low: float, high: float) -> CTVolume:
    keep = (v.z_mm >= low) & (v.z_mm <= high)
    return replace(v, hu=v.hu[keep], z_mm=v.z_mm[keep], sop_instance_uids=())


def noisy(v: CTVolume, sd: float) -> CTVolume:
    noise = np.random.default_rng(7).normal(0, sd, v.hu.shape).astype(np.int16)
    return replace(v, hu=np.clip(v.hu.astype(np.int32) + noise, -1024, 3071).astype(np.int16))


def turned(v: CTVolume, degrees: float) -> CTVolume:
    hu = np.stack([ndimage.rotate(s, degrees, reshape=False, order=1, mode="constant", cval=-1024) for s in v.hu])
    return replace(v, hu=hu)


def leaning(v: CTVolume, degrees: float) -> CTVolume:
    """Sheared sideways along z, like a leaning spine; z of every point stays."""
    shift = np.tan(np.radians(degrees)) * (v.z_mm - v.z_mm.mean()) / v.pixel_spacing_mm[1]
    hu = np.stack([ndimage.shift(s, (0, d), order=1, mode="constant", cval=-1024) for s, d in zip(v.hu, shift, strict=True)])
    return replace(v, hu=hu)


def sized(v: CTVolume, t: Truth, factor: float) -> tuple[CTVolume, Truth]:
    sy, sx = v.pixel_spacing_mm
    body = None if t.body is None else (t.body[0] * factor, t.body[1] * factor)
    return replace(v, z_mm=v.z_mm * factor, pixel_spacing_mm=(sy * factor, sx * factor)), Truth(body, t.middle * factor, t.uncertainty)


def thicker(v: CTVolume, mm: float) -> CTVolume | None:
    n = round(mm / v.slice_spacing_mm)
    if n < 2:
        return None
    m = len(v.hu) // n
    hu = np.rint(v.hu[: m * n].reshape(m, n, *v.hu.shape[1:]).mean(1)).astype(np.int16)
    return replace(v, hu=hu, z_mm=v.z_mm[: m * n].reshape(m, n).mean(1), sop_instance_uids=())


def narrow(v: CTVolume, canal: np.ndarray, mm: float) -> CTVolume:
    """A square field of view of `mm` around the spine."""
    row, column = canal[:, 1].mean(), canal[:, 2].mean()
    half_y, half_x = (round(mm / 2 / s) for s in v.pixel_spacing_mm)
    y0, x0 = max(0, round(row - 1.2 * half_y)), max(0, round(column - half_x))
    return replace(v, hu=np.ascontiguousarray(v.hu[:, y0 : y0 + 2 * half_y, x0 : x0 + 2 * half_x]), outside_fov=None)


def softer(v: CTVolume, share: float, bias: int = 0) -> CTVolume:
    """Bone with `share` of its density (osteoporosis), all shifted by `bias` HU."""
    hu = v.hu.astype(np.float32)
    hu = np.where(hu > 60, 60 + (hu - 60) * share, hu) + bias
    return replace(v, hu=np.clip(hu, -1024, 3071).astype(np.int16))


def metal(v: CTVolume, canal: np.ndarray) -> CTVolume:
    """Bright rods beside the upper spine and a streaky plane through them."""
    hu = v.hu.copy()
    for z, y, x in canal[len(canal) * 3 // 5 :: 10]:
        k = v.nearest_slice(z)
        for side in (-1, 1):
            column = round(x + side * 18 / v.pixel_spacing_mm[1])
            hu[max(0, k - 1) : k + 2, round(y) - 8 : round(y) + 4, max(0, column - 3) : column + 4] = 3000
        hu[k, round(y) - 4 : round(y) + 4] = np.clip(hu[k, round(y) - 4 : round(y) + 4].astype(int) - 200, -1024, 3071)
    return replace(v, hu=hu)


def without_rib(v: CTVolume, f: LevelFinding, label: str, sides: tuple[str, ...], keep_mm: float) -> CTVolume:
    """A copy whose rib `label` ends `keep_mm` from the spine (as short or missing ribs would)."""
    hu = v.hu.copy()
    sy, sx = v.pixel_spacing_mm
    rows, columns = np.arange(hu.shape[1])[:, None] * sy, np.arange(hu.shape[2])[None, :] * sx
    for rib in f.ribs:
        if rib.label != label or rib.side not in sides:
            continue
        far = rib.points[np.abs(rib.points[:, 2] - rib.points[0, 2]) * sx > keep_mm - 22]
        for z, y, x in far:
            near = (rows - y * sy) ** 2 + (columns - x * sx) ** 2 < 13**2
            for k in np.flatnonzero(np.abs(v.z_mm - z) < 13):
                hu[k][near & (hu[k] > 45)] = 45
    return replace(v, hu=hu)


def copies(v: CTVolume, t: Truth, f: LevelFinding) -> Iterator[Copy]:
    yield Copy("original", v, t)
    z0, z1 = float(v.z_mm[0]), float(v.z_mm[-1])
    if t.body is not None:
        gone = Truth(None)
        for above in (30, 70, 130, 200):
            if t.middle + above < z1 - 8:
                yield Copy(f"cut {above} above", cut(v, z0, t.middle + above), t)
        for below in (12, 30, 60, 110):
            if t.middle - below > z0 + 8:
                yield Copy(f"cut {below} below", cut(v, t.middle - below, z1), t)
        for below, above in ((50, 90), (40, 200)):
            if t.middle - below > z0 and t.middle + above < z1:
                yield Copy(f"cut {below} below {above} above", cut(v, t.middle - below, t.middle + above), t)
        if t.middle + 24 < z1 - 60:
            for above in (24, 40):
                yield Copy("cut T12 away below", cut(v, t.middle + above, z1), gone)
        if t.middle - 24 > z0 + 60:
            for below in (24, 60):
                yield Copy("cut T12 away above", cut(v, z0, t.middle - below), gone)
    for sd in (60, 120):
        yield Copy(f"noise {sd} HU", noisy(v, sd), t)
    for degrees in (10, -12):
        yield Copy(f"turned {degrees}", turned(v, degrees), t)
    for degrees in (-10, 8):
        yield Copy(f"leaning {degrees}", leaning(v, degrees), t)
    for factor in (0.8, 0.9, 1.12, 1.15):
        yield Copy(f"size {factor}", *sized(v, t, factor))
    for mm in (3, 5, 7, 10):
        thick = thicker(v, mm)
        if thick is not None:
            yield Copy(f"slices {mm} mm", thick, t)
    if f.canal is not None:
        for mm in (160, 220):
            yield Copy(f"field {mm} mm", narrow(v, f.canal, mm), t)
        yield Copy("metal", metal(v, f.canal), t)
    yield Copy("bone 60%", softer(v, 0.6), t)
    yield Copy("bone 40%", softer(v, 0.4), t)
    yield Copy("bias +40 HU", softer(v, 1.0, 40), t)
    yield Copy("bias -40 HU", softer(v, 1.0, -40), t)
    if t.body is not None:
        yield Copy("12th rib short, right", without_rib(v, f, "12", ("right",), 52), t)
        yield Copy("12th ribs short", without_rib(v, f, "12", ("left", "right"), 52), t)
        yield Copy("12th rib missing, left", without_rib(v, f, "12", ("left",), 30), t)
        yield Copy("12th ribs missing", without_rib(v, f, "12", ("left", "right"), 30), t)


def outcome(f: LevelFinding, t: Truth, spacing: float) -> str:
    if f.status is LevelStatus.ABSENT:
        return "right (absent)" if t.body is None else "missed"
    if t.body is None:
        return "WRONG" if f.status is LevelStatus.FOUND else "uncertain"
    allowed = max(5 + t.uncertainty, spacing / 2 + t.uncertainty)
    if f.status is LevelStatus.UNCERTAIN:
        near = [abs(c.z_mm - t.middle) <= allowed + 3 for c in f.candidates]
        return "uncertain, right first" if near and near[0] else "uncertain, right listed" if any(near) else "uncertain, right unlisted"
    return "right" if f.z_mm is not None and abs(f.z_mm - t.middle) <= allowed else "WRONG"


def cases(load: Callable[..., CTVolume] = load_volume) -> Iterator[tuple[str, CTVolume, Truth]]:
    truth = json.loads((SHARED / "data" / "truth.json").read_text())
    for key, t in truth.items():
        path = SHARED / "data" / key
        if key.startswith("_") or not path.exists() or not key.startswith("ct/"):
            continue
        path = path / "ct.nii.gz" if (path / "ct.nii.gz").exists() else path
        body = t["t12_body_z_mm"]
        where = Truth(None) if body is None else Truth(tuple(body), t["t12_mid_z_mm"], t["uncertainty_mm"])
        for number in ACQUISITIONS.get(key, (None,)):
            yield key.removeprefix("ct/") + (f" #{number}" if number else ""), load(path, acquisition=number), where


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="*", help="part of a case's name")
    parser.add_argument("--quick", action="store_true", help="half of the alterations")
    parser.add_argument("--only", default="", help="part of an alteration's name")
    options = parser.parse_args(argv)
    by_kind: dict[str, Counter[str]] = defaultdict(Counter)
    errors, seconds, wrong = [], [], 0
    for name, volume, truth in cases():
        if options.case and not any(c in name for c in options.case):
            continue
        for copy in copies(volume, truth, locate_t12(volume)):
            if options.only not in copy.kind or (options.quick and copy.kind not in QUICK):
                continue
            start = time.perf_counter()
            f = locate_t12(copy.volume)
            seconds.append(time.perf_counter() - start)
            result = outcome(f, copy.truth, copy.volume.slice_spacing_mm)
            by_kind[copy.kind][result] += 1
            wrong += result == "WRONG"
            error = ""
            if f.z_mm is not None and copy.truth.body is not None:
                error = f"{f.z_mm - copy.truth.middle:+.1f}"
                if result == "right":
                    errors.append(abs(f.z_mm - copy.truth.middle))
            say = f.message if f.status is not LevelStatus.FOUND else ""
            print(f"{name[:24]:24s} {copy.kind:24s} {result:24s} {f.confidence:.2f} {error:>6s} {seconds[-1]:.1f} s {say}", flush=True)
    columns = (
        "right",
        "right (absent)",
        "uncertain, right first",
        "uncertain, right listed",
        "uncertain, right unlisted",
        "uncertain",
        "missed",
        "WRONG",
    )
    total: Counter[str] = Counter()
    print("\n" + " | ".join(["copy".ljust(24), *columns]))
    for kind, counts in by_kind.items():
        total += counts
        print(" | ".join([kind.ljust(24), *(f"{counts[c] or '':>{len(c)}}" for c in columns)]))
    print(" | ".join(["all".ljust(24), *(f"{total[c]:>{len(c)}}" for c in columns)]))
    if errors:
        print(f"found and right: mid-body error median {np.median(errors):.1f} mm, 95th percentile {np.percentile(errors, 95):.1f} mm")
    print(f"median {np.median(seconds):.2f} s, longest {max(seconds):.2f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
