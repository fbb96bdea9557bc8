"""A random population of phantoms: what clinical scans differ in, drawn from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_t12_bodycomp.phantom.options import PhantomOptions

RANGES: dict[str, tuple[tuple[float, float], tuple[float, float], float]] = {
    "chest": ((-110.0, -50.0), (255.0, 290.0), 0.40),
    "chest ending at T12": ((-22.0, -8.0), (250.0, 285.0), 0.12),
    "upper abdomen": ((-170.0, -110.0), (45.0, 110.0), 0.12),
    "abdomen and pelvis": ((-255.0, -215.0), (40.0, 100.0), 0.12),
    "chest to pelvis": ((-255.0, -225.0), (255.0, 285.0), 0.12),
    "neck and upper chest": ((45.0, 110.0), (270.0, 340.0), 0.08),
    "pelvis": ((-258.0, -240.0), (-95.0, -60.0), 0.04),
}
"""Scan range by name: where it may begin and end (reference mm above mid-T12), and how often it is drawn."""


def random_options(seed: int, in_plane: int = 256) -> PhantomOptions:
    """Options of one random person and scan; the same seed gives the same ones.

    Rib pairs follow the published frequencies (11 pairs 8%, 13 pairs 0.4%, here raised to 2%; short last ribs 12.6%). Slices are 1 to 8 mm;
    `in_plane` is the number of pixels, chosen small so that hundreds of scans can be made.
    """
    rng = np.random.default_rng([seed, 99])
    name = rng.choice(list(RANGES), p=[r[2] for r in RANGES.values()])
    low, high, _ = RANGES[name]
    sex = str(rng.choice(["F", "M"]))
    height = float(np.clip(rng.normal(1.60 if sex == "F" else 1.73, 0.07), 1.42, 1.95))
    scale = height / 1.65
    spacing = float(rng.choice([1.0, 1.25, 2.0, 2.5, 3.0, 5.0, 8.0], p=[0.08, 0.08, 0.12, 0.17, 0.2, 0.3, 0.05]))
    pairs = int(rng.choice([11, 12, 13], p=[0.08, 0.90, 0.02]))
    kind: dict[str, Any] = {
        "seed": seed,
        "sex": sex,
        "height_m": round(height, 3),
        "z_range_mm": (float(rng.uniform(*low)) * scale, float(rng.uniform(*high)) * scale),
        "slice_spacing_mm": spacing,
        "n_rib_pairs": pairs,
        "fat_mm": float(np.clip(rng.gamma(4.0, 3.6), 3.0, 40.0)),
        "visceral_fat": float(np.clip(rng.gamma(5.0, 0.22), 0.1, 2.3)),
        "muscle": float(np.clip(rng.normal(1.08 if sex == "M" else 0.95, 0.12), 0.65, 1.4)),
        "kyphosis": float(np.clip(rng.normal(1.0, 0.25), 0.3, 1.7)),
        "noise_hu": float(rng.choice([8.0, 12.0, 18.0, 30.0], p=[0.3, 0.4, 0.2, 0.1])),
        "contrast": bool(rng.random() < 0.35),
        "calcified_cartilage": bool(rng.random() < 0.25),
        "first_slice_lps_mm": float(np.round(rng.uniform(-1200, 300), 1)),
        "n_pixels": in_plane,
        "variation": 1.0,
        "rotation_deg": float(np.clip(rng.normal(0, 3.5), -12, 12)),
        "offset_mm": (float(rng.normal(0, 8)), float(rng.normal(0, 8))),
    }
    if rng.random() < 0.126 and pairs == 12:
        kind["last_rib_mm"] = float(rng.uniform(25, 60))
    if rng.random() < 0.2:
        kind["scoliosis_mm"] = float(rng.uniform(8, 28) * rng.choice([-1, 1]))
    if rng.random() < 0.25:
        kind["bone_hu"] = float(rng.uniform(80, 120))
    if rng.random() < 0.15:
        kind["arms_down"] = True
    width = 2 * (129 + 14 + 1.1 * kind["fat_mm"] + 6) * scale
    field = width * float(rng.uniform(0.8, 0.93)) if rng.random() < 0.12 else max(width + rng.uniform(10, 90), 330.0 * scale)
    kind["pixel_mm"] = round(float(field / in_plane), 4)
    return PhantomOptions(**kind)


def difficulties(o: PhantomOptions) -> tuple[str, ...]:
    """What makes this scan harder than an ordinary one, in words; ("plain",) where nothing does."""
    low, high = (z / o.scale for z in o.z_range_mm)
    width = 2 * (129 + 14 + 1.1 * o.fat_mm + 6) * o.scale
    named = {
        f"{o.n_rib_pairs} rib pairs": o.n_rib_pairs != 12,
        "short last ribs": o.last_rib_mm is not None and o.last_rib_mm < 70,
        "scoliosis": abs(o.scoliosis_mm) >= 8,
        "strong kyphosis": o.kyphosis > 1.35,
        "osteoporosis": o.bone_hu < 125,
        "noise": o.noise_hu >= 18,
        "slices over 5 mm": o.slice_spacing_mm > 5,
        "cut field of view": o.pixel_mm * o.n_pixels < width,
        "arms down": o.arms_down,
        "rotated": abs(o.rotation_deg) > 6,
        "obese": o.fat_mm > 24,
        "T12 at the edge": low > -30 < high and low <= 0,
        "no first rib in the scan": high < 240,
        "no ribless level below": -45 < low <= 0,
    }
    found = tuple(name for name, is_so in named.items() if is_so)
    return found or ("plain",)
