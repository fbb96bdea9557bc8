"""Discs and endplates inside the vertebral bodies: where one body ends and the next begins, at the scan's own resolution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage, special

from napari_t12_bodycomp.analysis.geometry import STEP_MM, Coarse, Points, Straight
from napari_t12_bodycomp.analysis.vertebrae import SHRINK_PER_LEVEL, Level
from napari_t12_bodycomp.model.volume import CTVolume

Floats = npt.NDArray[np.float64]

BODY_V_MM = -22.0
DISC_BELOW_FORAMEN_MM, OFFSET_SD_MM = 4.0, 2.8
"""Discs lie 3 to 6 mm below the foramina's narrowest bone."""
NEIGHBOUR_SD_MM = 2.2
"""How much that distance differs from one disc to the next."""
MIN_RATIO = 0.72
"""Discs are no closer together than this share of the foramina's distance, and no farther apart than its inverse."""
SEARCH_MM = np.arange(-14.0, 5.01, 0.5)
"""Places of a disc relative to its foramen: none is as far as a neighbouring disc."""
HALF_DISCS_MM = (2.0, 3.0, 4.0)
HALF_DISC_MM, HALF_DISC_SD_MM = 3.0, 0.8
TILTS = np.tan(np.radians(np.arange(-16.0, 16.1, 4.0)))
TILT_SD = float(np.tan(np.radians(7.0)))
REACH_MM = 13.0
FINE_MM = 0.5
CORE_V_MM, CORE_U_MM = np.arange(-32.0, -11.9, 2.0), np.arange(-9.0, 9.1, 3.0)
"""The bodies' core: behind the frontal cortex with its osteophytes, before the canal, between the side walls."""
CLIP_HU = (-50.0, 600.0)
INDEPENDENT = 9.0
"""Independent values in a stretch of 2 REACH_MM: trabeculae, noise and partial volume repeat over about 3 mm."""


@dataclass(frozen=True, slots=True)
class Disc:
    """The disc below a vertebra: its middle (fractional plane of the straightened spine), half its height and the middle's spread (mm)."""

    s: float
    half_mm: float
    spread_mm: float


def find_discs(volume: CTVolume, coarse: Coarse, straight: Straight, levels: Sequence[Level]) -> list[Disc]:
    """The discs below, between and above `levels`: one more than there are levels, caudal to cranial.

    A disc is a dark stretch between two bright endplates; thick slices merge them into one ridge or trough, so that the pattern is blurred as the slices
    are before it is compared. All discs are placed together: each lies a little below its foramen, and by about as much as its neighbours do. Where
    a disc is not seen, its neighbours place it.
    """
    foramina = [levels[0].low, *(level.high for level in levels)]
    fits = [_disc_fit(volume, coarse, straight, f) for f in foramina]
    weights = _marginals(np.stack([fit.max(1) for fit in fits]))
    discs = []
    for foramen, fit, weight in zip(foramina, fits, weights, strict=True):
        place = float(weight @ SEARCH_MM)
        spread = float(np.sqrt(weight @ (SEARCH_MM - place) ** 2 + FINE_MM**2 / 3))
        share = special.softmax(special.logsumexp(fit + np.log(weight + 1e-12)[:, None], axis=0))
        discs.append(Disc(foramen + place / STEP_MM, float(share @ np.array(HALF_DISCS_MM)), spread))
    return _ends_placed(_bounded(discs, levels), levels)


def _bounded(discs: list[Disc], levels: Sequence[Level]) -> list[Disc]:
    """`discs`, but the usual distance below the foramina where two of them would squeeze or stretch a body."""
    out = list(discs)
    for k, level in enumerate(levels):
        ratio = (discs[k + 1].s - discs[k].s) / (level.high - level.low)
        if not MIN_RATIO <= ratio <= 1 / MIN_RATIO:
            for i, foramen in ((k, level.low), (k + 1, level.high)):
                out[i] = Disc(foramen - DISC_BELOW_FORAMEN_MM / STEP_MM, HALF_DISC_MM, OFFSET_SD_MM)
    return out


def _ends_placed(discs: list[Disc], levels: Sequence[Level]) -> list[Disc]:
    """`discs` with those beyond the scan placed by the usual height of the bodies next to them."""
    out = list(discs)
    heights = np.diff([d.s for d in discs])
    for seen, k, inward in ((levels[0].low_seen, 0, 1), (levels[-1].high_seen, len(levels) - 1, -1)):
        near = [k + inward * i for i in (1, 2, 3) if 0 <= k + inward * i < len(levels)]
        if seen or not near:
            continue
        height = float(np.median([heights[i] * SHRINK_PER_LEVEL ** (k - i) for i in near]))
        spread = float(np.hypot(OFFSET_SD_MM, 0.05 * height * STEP_MM))
        if inward > 0:
            out[0] = Disc(discs[1].s - height, discs[0].half_mm, spread)
        else:
            out[-1] = Disc(discs[-2].s + height, discs[-1].half_mm, spread)
    return out


def _marginals(likelihood: Floats) -> Floats:
    """Posterior weights (discs, places): forward and backward along the chain of discs."""
    prior = -0.5 * ((SEARCH_MM + DISC_BELOW_FORAMEN_MM) / OFFSET_SD_MM) ** 2
    step = -0.5 * ((SEARCH_MM[:, None] - SEARCH_MM[None, :]) / NEIGHBOUR_SD_MM) ** 2
    own = likelihood + np.maximum(prior, -8.0)[None]
    forward, backward = np.zeros_like(own), np.zeros_like(own)
    for i in range(1, len(own)):
        forward[i] = special.logsumexp(step + (forward[i - 1] + likelihood[i - 1] + prior * (i == 1))[None], axis=1)
        forward[i] -= forward[i].max()
    for i in range(len(own) - 2, -1, -1):
        backward[i] = special.logsumexp(step + (backward[i + 1] + likelihood[i + 1])[None], axis=1)
        backward[i] -= backward[i].max()
    return np.asarray(special.softmax(own + forward + backward, axis=1))


def _disc_fit(volume: CTVolume, coarse: Coarse, straight: Straight, foramen: float) -> Floats:
    """Log-likelihood (places, half heights) of a disc against a body without one; zero where the scan does not show enough."""
    along = np.arange(SEARCH_MM[0] - REACH_MM - 6, SEARCH_MM[-1] + REACH_MM + 6.01, FINE_MM)
    core = _core(volume, coarse, straight, foramen + along / STEP_MM)
    sigma = float(np.hypot(0.6, 0.35 * (_thickness_mm(volume))))
    x = np.arange(-REACH_MM, REACH_MM + 0.01, FINE_MM)
    bases = [_shapes(x, half, sigma) for half in HALF_DISCS_MM]
    first = round((SEARCH_MM[0] - REACH_MM - along[0]) / FINE_MM)
    profiles = np.stack([_tilted(core, tilt) for tilt in TILTS])
    windows = np.lib.stride_tricks.sliding_window_view(profiles, len(x), axis=1)[:, first : first + len(SEARCH_MM)]
    penalty = 0.5 * (TILTS / TILT_SD) ** 2
    gains = np.stack([_gain(windows, basis, x) for basis in bases], axis=-1)
    sizes = -0.5 * ((np.array(HALF_DISCS_MM) - HALF_DISC_MM) / HALF_DISC_SD_MM) ** 2
    out = (gains - penalty[:, None, None]).max(axis=0) + sizes
    return np.asarray(out)


def _thickness_mm(volume: CTVolume) -> float:
    thickness = volume.acquisition.slice_thickness_mm or 0.0
    spacing = volume.slice_spacing_mm
    return max(thickness, spacing if np.isfinite(spacing) else 0.0)


def _core(volume: CTVolume, coarse: Coarse, straight: Straight, s: Floats) -> Floats:
    """Mean HU over the body's width, (S, V), at fractional planes `s`; NaN outside the scan."""
    grid = np.arange(len(straight.origin))

    def at(a: Points) -> Points:
        return np.stack([np.interp(s, grid, a[:, i]) for i in range(3)], axis=-1)

    over = np.minimum(s, 0) + np.maximum(s - grid[-1], 0)
    origin = at(straight.origin) + (over * STEP_MM)[:, None] * at(straight.tangent)
    places = origin[:, None, None] + CORE_V_MM[None, :, None, None] * at(straight.back)[:, None, None]
    places = places + CORE_U_MM[None, None, :, None] * at(straight.left)[:, None, None]
    index = np.moveaxis(coarse.to_source(places), -1, 0)
    z = volume.z_mm
    inside = (index[0] >= z[0] - 0.5) & (index[0] <= z[-1] + 0.5)
    index[0] = np.interp(index[0], z, np.arange(len(z)))
    low = max(0, int(index[0].min()))
    index[0] -= low
    part = volume.hu[low : low + int(index[0].max()) + 2]
    hu = np.clip(ndimage.map_coordinates(part, index, order=1, mode="nearest", output=np.float32), *CLIP_HU).mean(axis=2, dtype=np.float64)
    hu[~np.all(inside, axis=2)] = np.nan
    return np.asarray(hu)


def _tilted(core: Floats, tilt: float) -> Floats:
    """Profile along the spine of planes tilted by `tilt` (mm up per mm back) about the body's middle; NaN where less than all of it is seen."""
    grid = np.arange(len(core))
    shift = tilt * (CORE_V_MM - BODY_V_MM) / FINE_MM
    columns = [np.interp(grid + d, grid, core[:, j], left=np.nan, right=np.nan) for j, d in enumerate(shift)]
    return np.asarray(np.mean(columns, axis=0))


def _shapes(x: Floats, half_mm: float, sigma_mm: float) -> Floats:
    """Shapes (2, X) of a disc and of its endplates, blurred."""
    wide = np.hypot(sigma_mm, 0.7)
    disc = 0.5 * (special.erf((x + half_mm) / (1.414 * sigma_mm)) - special.erf((x - half_mm) / (1.414 * sigma_mm)))
    plates = sum(np.exp(-0.5 * ((x - c) / wide) ** 2) for c in (-half_mm - 1, half_mm + 1))
    return np.stack([disc, plates])


def _gain(windows: Floats, basis: Floats, x: Floats) -> Floats:
    """Log-likelihood gain (tilts, places) of a disc over a straight line in `windows` (tilts, places, X); zero where one leaves the scan or the endplates would be dark."""
    straight_line = np.linalg.qr(np.stack([np.ones_like(x), x], axis=1))[0]
    seen = np.asarray(np.isfinite(windows).all(axis=-1))
    y = np.where(seen[..., None], windows, 0.0)
    y = y - y @ straight_line @ straight_line.T
    b = basis - basis @ straight_line @ straight_line.T
    weights = y @ np.linalg.pinv(b)
    along = y @ b.T / (b**2).sum(1)
    rest = ((y - weights @ b) ** 2).sum(-1)
    only_disc = ((y - np.minimum(along[..., :1], 0) * b[0]) ** 2).sum(-1)
    only_plates = ((y - np.maximum(along[..., 1:], 0) * b[1]) ** 2).sum(-1)
    usual = (weights[..., 0] <= 0) & (weights[..., 1] >= 0)
    rest = np.where(usual, rest, np.minimum(only_plates, only_disc))
    total = (y**2).sum(-1) + len(x) * 6.0**2
    gain = -0.5 * INDEPENDENT * np.log((rest + len(x) * 6.0**2) / total)
    return np.where(seen, gain, 0.0)
