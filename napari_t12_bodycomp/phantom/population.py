"""A random population of phantoms: what clinical scans differ in, drawn from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_t12_bodycomp.phantom.options import METALS, PhantomOptions

RANGES: dict[str, tuple[tuple[float, float], tuple[float, float], float]] = {
    "chest": ((-110.0, -50.0), (250.0, 290.0), 0.34),
    "chest ending at T12": ((-22.0, -8.0), (250.0, 285.0), 0.08),
    "chest from inside T12": ((-8.0, 12.0), (245.0, 285.0), 0.03),
    "chest ending at the first rib": ((-100.0, -50.0), (212.0, 242.0), 0.05),
    "upper abdomen": ((-170.0, -110.0), (45.0, 110.0), 0.10),
    "abdomen up to T12": ((-255.0, -120.0), (-10.0, 25.0), 0.05),
    "abdomen and pelvis": ((-255.0, -215.0), (40.0, 100.0), 0.08),
    "chest to pelvis": ((-255.0, -225.0), (255.0, 285.0), 0.10),
    "neck and upper chest": ((45.0, 110.0), (270.0, 340.0), 0.05),
    "pelvis": ((-258.0, -240.0), (-95.0, -60.0), 0.04),
    "anywhere": ((-255.0, 200.0), (60.0, 420.0), 0.08),
}
"""Scan range by name: where it may begin and end (reference mm above mid-T12; for "anywhere" how long it is), and how often it is drawn."""
LAST_RIB_MM = (97.0, 17.0)
"""Mean and standard deviation of the ordinary last ribs' length: they reach 75 to 110 mm from the midline."""
PLAIN_SHARE = 0.25
"""Share of people with an ordinary spine, no illness and an ordinary place on the table."""
TOP_MM = 340.0
"""The highest slice that is drawn: the phantom has no head."""


def random_options(seed: int, in_plane: int = 256) -> PhantomOptions:
    """Options of one random person and scan; the same seed gives the same ones.

    Rib pairs follow the published frequencies (11 pairs 8%, 13 pairs 0.4%, here raised to 2%; short last ribs 12.6%), and so do spines
    with 4 or 6 lumbar vertebrae (about 5% each). Slices are 0.6 to 8 mm; `in_plane` is the number of pixels, chosen small so that
    hundreds of scans can be made.
    """
    rng = np.random.default_rng([seed, 99])
    sex = str(rng.choice(["F", "M"]))
    height = float(np.clip(rng.normal(1.60 if sex == "F" else 1.73, 0.07), 1.42, 1.95))
    scale = height / 1.65
    plain = rng.random() < PLAIN_SHARE
    drawn = _habitus(rng, sex) | _scan(rng, scale) | {"contrast": bool(rng.random() < 0.4)}
    drawn |= _straight(rng) if plain else _spine(rng) | _illness(rng) | _position(rng)
    width = _width_mm(drawn["fat_mm"], scale)
    if drawn.get("arms_down"):
        drawn["pixel_mm"] = max(width + rng.uniform(10, 150), 330.0 * scale) / in_plane
    elif rng.random() < 0.12:
        drawn["pixel_mm"] = width * rng.uniform(0.8, 0.93) / in_plane
    else:
        drawn["pixel_mm"] = max(width + rng.uniform(10, 90), 330.0 * scale) / in_plane
    drawn["pixel_mm"] = round(float(drawn["pixel_mm"]), 4)
    return PhantomOptions(seed=seed, sex=sex, height_m=round(height, 3), n_pixels=in_plane, variation=1.0, **drawn)


def _width_mm(fat_mm: float, scale: float) -> float:
    """Width of the trunk at T12 with a little air."""
    return 2 * (129 + 14 + 1.1 * fat_mm + 6) * scale


def _habitus(rng: np.random.Generator, sex: str) -> dict[str, Any]:
    """Fat and muscle; one in twelve is emaciated, one in twelve fatty or oedematous."""
    out: dict[str, Any] = {
        "fat_mm": float(np.clip(rng.gamma(4.0, 3.6), 3.0, 40.0)),
        "visceral_fat": float(np.clip(rng.gamma(5.0, 0.22), 0.1, 2.3)),
        "muscle": float(np.clip(rng.normal(1.08 if sex == "M" else 0.95, 0.12), 0.65, 1.4)),
    }
    kind = rng.random()
    if kind < 0.08:
        out |= {
            "fat_mm": float(rng.uniform(0.5, 3.0)),
            "visceral_fat": float(rng.uniform(0.0, 0.2)),
            "muscle": float(rng.uniform(0.6, 0.85)),
        }
    elif kind < 0.16:
        out["myosteatosis"] = float(rng.uniform(0.1, 0.35))
    if sex == "F" and rng.random() < 0.6:
        out["gland"] = float(rng.uniform(0.1, 0.6))
    if rng.random() < 0.12:
        out["muscle_hu"] = float(rng.uniform(28.0, 42.0))
    return out


def _spine(rng: np.random.Generator) -> dict[str, Any]:
    """Counts, curves and bone of the spine and its ribs."""
    pairs = int(rng.choice([11, 12, 13], p=[0.08, 0.90, 0.02]))
    out: dict[str, Any] = {
        "n_rib_pairs": pairs,
        "n_lumbar": int(rng.choice([4, 5, 6], p=[0.05, 0.90, 0.05])),
        "kyphosis": float(np.clip(rng.normal(1.0, 0.25), 0.3, 1.7)),
        "calcified_cartilage": bool(rng.random() < 0.25),
    }
    if pairs == 12:
        if rng.random() < 0.126:
            out["last_rib_mm"] = float(rng.uniform(25, 60))
            if rng.random() < 0.4:
                out |= {"last_rib_mm": float(rng.uniform(80, 130)), "last_rib_left_mm": float(rng.choice([0.0, rng.uniform(20, 55)]))}
                if rng.random() < 0.5:
                    out["last_rib_mm"], out["last_rib_left_mm"] = out["last_rib_left_mm"], out["last_rib_mm"]
        else:
            out["last_rib_mm"] = float(np.clip(rng.normal(*LAST_RIB_MM), 70, 150))
    if rng.random() < 0.2:
        out["scoliosis_mm"] = float(rng.uniform(8, 28) * rng.choice([-1, 1]))
    if rng.random() < 0.25:
        out["bone_hu"] = float(rng.uniform(80, 120))
        if rng.random() < 0.4:
            out["fractured"] = str(rng.choice(["T6", "T7", "T8", "T11", "T12", "L1", "L2"]))
    if rng.random() < 0.3:
        out["osteophytes"] = float(rng.uniform(0.3, 1.3))
    return out


def _straight(rng: np.random.Generator) -> dict[str, Any]:
    """A spine as most people have it."""
    return {
        "kyphosis": float(np.clip(rng.normal(1.0, 0.15), 0.7, 1.3)),
        "last_rib_mm": float(np.clip(rng.normal(*LAST_RIB_MM), 75, 150)),
        "rotation_deg": float(np.clip(rng.normal(0, 2), -5, 5)),
        "offset_mm": (float(rng.normal(0, 8)), float(rng.normal(0, 8))),
    }


def _illness(rng: np.random.Generator) -> dict[str, Any]:
    """Fluid and metal."""
    out: dict[str, Any] = {}
    if rng.random() < 0.12:
        depth = rng.uniform(8, 70, 2) * rng.choice([0.0, 1.0], 2)
        out["effusion_mm"] = (float(depth[0]), float(max(depth[1], 12.0 if depth[0] == 0 else 0.0)))
    if rng.random() < 0.07:
        out["ascites"] = float(rng.uniform(0.3, 1.2))
    out["metal"] = str(rng.choice(METALS, p=[0.86, 0.05, 0.04, 0.05]))
    return out


def _scan(rng: np.random.Generator, scale: float) -> dict[str, Any]:
    """Where the scan begins and ends, how thick its slices and how noisy they are."""
    low_range, high_range, _ = RANGES[str(rng.choice(list(RANGES), p=[r[2] for r in RANGES.values()]))]
    low, high = float(rng.uniform(*low_range)), float(rng.uniform(*high_range))
    if (low_range, high_range) == RANGES["anywhere"][:2]:
        high = min(low + high, TOP_MM)
    spacing = float(rng.choice([0.625, 1.0, 1.25, 2.0, 2.5, 3.0, 5.0, 6.0, 8.0], p=[0.02, 0.07, 0.08, 0.12, 0.17, 0.2, 0.27, 0.03, 0.04]))
    return {
        "z_range_mm": (low * scale, high * scale),
        "slice_spacing_mm": spacing,
        "noise_hu": float(rng.choice([8.0, 12.0, 18.0, 30.0, 45.0], p=[0.3, 0.38, 0.18, 0.1, 0.04])),
        "first_slice_lps_mm": float(np.round(rng.uniform(-1200, 300), 1)),
    }


def _position(rng: np.random.Generator) -> dict[str, Any]:
    """How the patient lies on the table."""
    out: dict[str, Any] = {
        "rotation_deg": float(np.clip(rng.normal(0, 3.5), -12, 12)),
        "offset_mm": (float(rng.normal(0, 8)), float(rng.normal(0, 8))),
        "prone": bool(rng.random() < 0.06),
        "feet_first": bool(rng.random() < 0.15),
        "arms_down": bool(rng.random() < 0.15),
    }
    if rng.random() < 0.15:
        out["tilt_deg"] = (float(np.clip(rng.normal(0, 4), -9, 9)), float(np.clip(rng.normal(0, 4), -9, 9)))
    return out


def difficulties(o: PhantomOptions) -> tuple[str, ...]:
    """What makes this scan harder than an ordinary one, in words; "plain" where nothing does, and whether it has contrast."""
    named = _of_the_patient(o) | _of_the_scan(o)
    found = tuple(name for name, is_so in named.items() if is_so) or ("plain",)
    return (*found, "contrast") if o.contrast else found


def _of_the_patient(o: PhantomOptions) -> dict[str, bool]:
    right, left = o.last_ribs_mm
    return {
        f"{o.n_rib_pairs} rib pairs": o.n_rib_pairs != 12,
        "short last ribs": any(mm is not None and mm < 70 for mm in (right, left)),
        "last ribs unequal": right != left,
        f"{o.n_lumbar} lumbar vertebrae": o.n_lumbar != 5,
        "scoliosis": abs(o.scoliosis_mm) >= 8,
        "strong kyphosis": o.kyphosis > 1.35,
        "osteoporosis": o.bone_hu < 125,
        "fracture": bool(o.fractured),
        "osteophytes": o.osteophytes >= 0.3,
        "obese": o.fat_mm > 24,
        "emaciated": o.fat_mm <= 3 and o.visceral_fat <= 0.2,
        "fatty or oedematous muscle": o.myosteatosis >= 0.1 or o.muscle_hu < 44,
        "effusion": max(o.effusion_mm) >= 8,
        "ascites": o.ascites >= 0.3,
        f"metal: {o.metal}": o.metal != "none",
        "calcified cartilage": o.calcified_cartilage,
    }


def _of_the_scan(o: PhantomOptions) -> dict[str, bool]:
    low, high = (z / o.scale for z in o.z_range_mm)
    return {
        "noise": 18 <= o.noise_hu < 40,
        "heavy noise": o.noise_hu >= 40,
        "slices over 5 mm": o.slice_spacing_mm > 5,
        "slices under 1 mm": o.slice_spacing_mm < 1,
        "cut field of view": o.pixel_mm * o.n_pixels < _width_mm(o.fat_mm, o.scale),
        "arms down": o.arms_down,
        "prone": o.prone,
        "rotated": abs(o.rotation_deg) > 6,
        "tilted": max(map(abs, o.tilt_deg)) > 2,
        "T12 at the edge": low > -30 < high and low <= 0,
        "T12 cut": min(abs(low), abs(high)) < 13,
        "no first rib in the scan": high < 240,
        "first rib cut": 212 <= high < 245,
        "no ribless level below": -45 < low <= 0,
    }
