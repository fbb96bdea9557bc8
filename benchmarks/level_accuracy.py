"""How often T12 is found right, by kind of difficulty: random phantoms, then real scans where they are at hand.

    python benchmarks/level_accuracy.py --seeds 400 [--first 0] [--workers 2] [--cache DIR] [--csv rows.csv] [--plot curve.png]

Right: the answer's middle lies inside the true body. Wrong and confident: any other answer with a confidence of 0.9 or more, or such a level
where the middle of T12 is not in the scan. `uncertain` with the true level among the candidates counts as named. `--cache` keeps the
phantoms on disk (about 17 MB each) until the code that paints them changes. The seconds are those of the search alone; more workers than
processors make them longer.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from level_rows import CONFIDENT, Row, phantom_row, real_cases, real_rows

OUTCOMES = {
    "right": "right",
    "uncertain, true one named": "unc. named",
    "uncertain, true one not named": "unc. other",
    "wrong": "wrong",
    "missed": "missed",
    "absent": "absent",
    "uncertain": "unc. absent",
}
BINS = ((0.0, 0.3), (0.3, 0.5), (0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 0.95), (0.95, 1.01))


def phantom_rows(seeds: range, workers: int, cache: Path | None) -> Iterator[Row]:
    """Rows in the order of the seeds, from `workers` processes."""
    if workers == 1:
        yield from (phantom_row(seed, cache) for seed in seeds)
        return
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # one process a processor: threads below that only get in each other's way
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from pool.map(partial(phantom_row, cache=cache), seeds)


def errors_mm(rows: list[Row]) -> list[float]:
    """Mid-body errors of the levels found in the right vertebra."""
    return [r.error_mm for r in rows if r.outcome == "right"]


def percentile(values: list[float], q: float) -> float:
    return float(np.percentile(values, q)) if values else float("nan")


def table(rows: list[Row]) -> str:
    """One line for each difficulty, and one for all; `over` is the 95th percentile of the error as a share of what is allowed."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups["all"].append(row)
        for kind in row.kinds.split("; "):
            groups[kind].append(row)
    head = f"{'kind':28}{'n':>5}" + "".join(f"{s:>12}" for s in OUTCOMES.values())
    lines = [head + f"{'wrong >=0.9':>13}{'median mm':>11}{'95% mm':>8}{'95%/allowed':>13}{'s':>6}"]
    for kind, members in sorted(groups.items(), key=lambda g: (g[0] != "all", -len(g[1]))):
        counts = "".join(f"{sum(r.outcome == o for r in members):>12}" for o in OUTCOMES)
        errors = errors_mm(members)
        share = percentile([r.error_mm / r.allowed_mm for r in members if r.outcome == "right"], 95)
        sure = sum(r.is_wrong_and_confident for r in members)
        seconds = np.median([r.seconds for r in members])
        lines.append(
            f"{kind:28}{len(members):>5}{counts}{sure:>13}{percentile(errors, 50):>11.1f}{percentile(errors, 95):>8.1f}{share:>13.2f}{seconds:>6.1f}"
        )
    return "\n".join(lines)


def reliability(rows: list[Row]) -> list[tuple[float, float, int, float, int, float]]:
    """By bin of confidence: bounds, how many levels were named (found, or first candidate), share right, and the same of the found alone."""
    named = [r for r in rows if r.status in ("found", "uncertain")]
    out = []
    for low, high in BINS:
        members = [r for r in named if low <= r.confidence < high]
        if members:
            found = [r.first_is_right for r in members if r.status == "found"]
            share = float(np.mean(found)) if found else float("nan")
            out.append((low, high, len(members), float(np.mean([r.first_is_right for r in members])), len(found), share))
    return out


def reliability_table(rows: list[Row]) -> str:
    lines = [f"{'confidence':12}{'named':>7}{'right':>8}{'found':>8}{'right':>8}"]
    lines += [f"{low:.2f}-{high:.2f}   {n:>7}{p:>8.1%}{k:>8}{q:>8.1%}" for low, high, n, p, k, q in reliability(rows)]
    return "\n".join(lines)


def targets(rows: list[Row]) -> str:
    """What is aimed at, what came, and whether it is reached."""
    ordinary = [r for r in rows if r.has_t12 and r.n_rib_pairs == 12]
    named = float(np.mean([r.is_right_or_named for r in ordinary])) if ordinary else float("nan")
    right = float(np.mean([r.outcome == "right" for r in ordinary])) if ordinary else float("nan")
    sure = float(np.mean([r.is_wrong_and_confident for r in rows]))
    errors = errors_mm(rows)
    share = percentile([r.error_mm / r.allowed_mm for r in rows if r.outcome == "right"], 95)
    checks = (
        (f"right or named, of {len(ordinary)} with T12 and 12 pairs", f"{named:.1%} (right alone {right:.1%})", "98%", named >= 0.98),
        (f"wrong and confident (>= {CONFIDENT}), of all {len(rows)}", f"{sure:.2%}", "at most 0.5%", sure <= 0.005),
        ("median mid-body error", f"{percentile(errors, 50):.2f} mm", "at most 1.5 mm", percentile(errors, 50) <= 1.5),
        ("95% of the error / larger of 4 mm and half a slice", f"{share:.2f}", "at most 1", share <= 1),
    )
    return "\n".join(f"{name:58} {came:28} aim {aim:16} {'reached' if ok else 'NOT reached'}" for name, came, aim, ok in checks)


def plot(rows: list[Row], path: Path) -> None:
    """The reliability curve as a picture: share right by confidence, with 95% intervals (Wilson)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 5), dpi=120)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    named = [r for r in rows if r.status in ("found", "uncertain")]
    for low, high, n, share, _, _ in reliability(rows):
        at = float(np.mean([r.confidence for r in named if low <= r.confidence < high]))
        middle, half = _wilson(share, n)
        axes.plot([at, at], [middle - half, middle + half], color="tab:blue", linewidth=1)
        axes.plot(at, share, "o", color="tab:blue")
        axes.annotate(str(n), (at, share), textcoords="offset points", xytext=(6, -4), fontsize=8)
    axes.set(xlabel="confidence of the level named", ylabel="share of them in the true vertebra", xlim=(0, 1.02), ylim=(-0.02, 1.02))
    axes.set_title(f"{len(named)} levels named in {len(rows)} random scans", fontsize=10)
    figure.tight_layout()
    figure.savefig(path)


def _wilson(share: float, n: int, z: float = 1.96) -> tuple[float, float]:
    scale = 1 + z * z / n
    return (share + z * z / (2 * n)) / scale, z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / scale


def show(row: Row) -> str:
    error = "" if np.isnan(row.error_mm) else f", {row.error_mm:.1f} mm off"
    return f"{row.case:52} {row.outcome:30} confidence {row.confidence:.2f}{error} ({row.kinds})"


def write_csv(rows: list[Row], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(asdict(rows[0])))
        writer.writeheader()
        writer.writerows(asdict(r) for r in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=400)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--cache", type=Path, help="folder that keeps the phantoms for the next run")
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--plot", type=Path, help="PNG of the reliability curve")
    parser.add_argument("--no-real", action="store_true")
    args = parser.parse_args()
    rows = []
    for row in phantom_rows(range(args.first, args.first + args.seeds), args.workers, args.cache):
        rows.append(row)
        if row.outcome in ("wrong", "missed", "uncertain, true one not named"):
            print(show(row), file=sys.stderr, flush=True)
        if len(rows) % 25 == 0:
            print(f"{len(rows)} of {args.seeds} scans", file=sys.stderr, flush=True)
    if rows:
        print(table(rows), reliability_table(rows), targets(rows), sep="\n\n")
    if rows and args.plot:
        plot(rows, args.plot)
    if not args.no_real and (cases := real_cases()):
        print("\nreal scans")
        for row in (r for case in cases for r in real_rows(case)):
            rows.append(row)
            print(show(row), flush=True)
    if args.csv and rows:
        write_csv(rows, args.csv)


if __name__ == "__main__":
    main()
