"""How often T12 is found right, by kind of difficulty: random phantoms, then real scans where they are at hand.

    python benchmarks/level_accuracy.py --seeds 400 [--first 0] [--csv rows.csv]

Right: the answer's middle lies inside the true body. Wrong and confident: any other answer with a confidence of 0.9 or more, or a level where T12 is not in
the scan. With 11 or 13 rib pairs `uncertain` with the true level among the candidates is as good an answer as `found`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from napari_t12_bodycomp.analysis.t12 import locate_t12
from napari_t12_bodycomp.model.level import LevelFinding, LevelStatus
from napari_t12_bodycomp.phantom import make_phantom
from napari_t12_bodycomp.phantom.population import difficulties, random_options
from napari_t12_bodycomp.workflow.source import load_volume

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("T12_SHARED", ROOT.parent / "shared")) / "data"
CONFIDENT = 0.9


@dataclass(frozen=True, slots=True)
class Row:
    """One scan's outcome; `error_mm` is NaN where T12 is absent or no level was named."""

    case: str
    kinds: str
    outcome: str
    status: str
    confidence: float
    error_mm: float
    spacing_mm: float
    seconds: float


def judge(
    case: str, kinds: tuple[str, ...], finding: LevelFinding, body: tuple[float, float] | None, spacing: float, seconds: float
) -> Row:
    """Compare a finding with the true body (None: not in the scan)."""
    error = float("nan")
    if body is None:
        outcome = "absent" if finding.status is LevelStatus.ABSENT else "wrong" if finding.status is LevelStatus.FOUND else "uncertain"
    elif finding.status is LevelStatus.ABSENT:
        outcome = "missed"
    else:
        z = finding.z_mm if finding.z_mm is not None else float("nan")
        error = abs(z - (body[0] + body[1]) / 2)
        if finding.status is LevelStatus.FOUND:
            outcome = "right" if body[0] <= z <= body[1] else "wrong"
        else:
            among = any(body[0] <= c.z_mm <= body[1] for c in finding.candidates)
            outcome = "uncertain, true one named" if among else "uncertain, true one not named"
            error = float("nan")
    return Row(case, "; ".join(kinds), outcome, finding.status.value, finding.confidence, error, spacing, seconds)


def phantom_row(seed: int) -> Row:
    options = random_options(seed)
    phantom = make_phantom(options, with_areas=False)
    start = time.perf_counter()
    finding = locate_t12(phantom.volume)
    seconds = time.perf_counter() - start
    present = options.z_range_mm[0] <= 0 <= options.z_range_mm[1]
    body = phantom.truth.body_z_mm["T12"] if present else None
    kinds = difficulties(options) if present else ("T12 not in the scan",)
    return judge(f"phantom {seed}", kinds, finding, body, options.slice_spacing_mm, seconds)


def real_rows() -> list[Row]:
    """Every scan of ../shared/data/ct whose level is known."""
    path = SHARED / "truth.json"
    if not path.exists():
        return []
    rows = []
    for key, truth in json.loads(path.read_text(encoding="utf-8")).items():
        if key.startswith("_") or not key.startswith("ct/"):
            continue
        source = SHARED / key
        if (source / "ct.nii.gz").exists():
            source = source / "ct.nii.gz"
        volume = load_volume(source)
        start = time.perf_counter()
        finding = locate_t12(volume)
        body = truth["t12_body_z_mm"]
        rows.append(
            judge(key, ("real scan",), finding, tuple(body) if body else None, volume.slice_spacing_mm, time.perf_counter() - start)
        )
    return rows


def is_wrong_and_confident(row: Row) -> bool:
    return row.outcome == "wrong" and row.confidence >= CONFIDENT


def table(rows: list[Row]) -> str:
    """One line for each difficulty, and one for all."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups["all"].append(row)
        for kind in row.kinds.split("; "):
            groups[kind].append(row)
    outcomes = ["right", "uncertain, true one named", "uncertain, true one not named", "wrong", "missed", "absent", "uncertain"]
    short = ["right", "unc. named", "unc. other", "wrong", "missed", "absent", "unc. absent"]
    lines = [f"{'kind':28}{'n':>5}" + "".join(f"{s:>12}" for s in short) + f"{'wrong >=0.9':>13}{'median mm':>11}{'95% mm':>8}{'s':>6}"]
    for kind, members in sorted(groups.items(), key=lambda g: (g[0] != "all", -len(g[1]))):
        counts = [sum(r.outcome == o for r in members) for o in outcomes]
        errors = [r.error_mm for r in members if r.outcome == "right"]
        middle, high = (np.percentile(errors, q) if errors else float("nan") for q in (50, 95))
        lines.append(
            f"{kind:28}{len(members):>5}"
            + "".join(f"{c:>12}" for c in counts)
            + f"{sum(map(is_wrong_and_confident, members)):>13}{middle:>11.1f}{high:>8.1f}{np.median([r.seconds for r in members]):>6.1f}"
        )
    return "\n".join(lines)


def reliability(rows: list[Row]) -> str:
    """Of the levels named with a confidence in each bin, how many were right."""
    named = [r for r in rows if r.status == "found"]
    lines = ["confidence    n   right"]
    for low, high in ((0.0, 0.5), (0.5, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 0.95), (0.95, 1.01)):
        members = [r for r in named if low <= r.confidence < high]
        if members:
            lines.append(f"{low:.2f}-{min(high, 1):.2f}  {len(members):>4}  {np.mean([r.outcome == 'right' for r in members]):6.1%}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=400)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--no-real", action="store_true")
    args = parser.parse_args()
    rows = []
    for seed in range(args.first, args.first + args.seeds):
        rows.append(phantom_row(seed))
        if rows[-1].outcome in ("wrong", "missed", "uncertain, true one not named"):
            r = rows[-1]
            print(
                f"{r.case}: {r.outcome}, confidence {r.confidence:.2f}, error {r.error_mm:.0f} mm ({r.kinds})", file=sys.stderr, flush=True
            )
    print(table(rows), "\n\n", reliability(rows), sep="")
    if not args.no_real and (real := real_rows()):
        print("\nreal scans")
        for r in real:
            print(f"{r.case:50} {r.outcome:28} confidence {r.confidence:.2f}  error {r.error_mm:5.1f} mm  {r.seconds:.1f} s")
        rows += real
    if args.csv:
        with args.csv.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(asdict(rows[0])))
            writer.writeheader()
            writer.writerows(asdict(r) for r in rows)


if __name__ == "__main__":
    main()
