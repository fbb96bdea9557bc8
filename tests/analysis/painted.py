"""What makes a patient hard, painted into the slices around a level of any scan: water, gas, metal, gland, bowel outside the wall."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

from napari_t12_bodycomp.analysis.draft import draft_regions
from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.model.volume import CTVolume

Mask = npt.NDArray[np.bool_]
NOISE_HU = 9.0


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A scan with a level and the draft of it as it is; (row, column) of the canal or None."""

    volume: CTVolume
    index: int
    draft: Draft
    canal: npt.NDArray[np.float64] | None = None

    @property
    def hu(self) -> npt.NDArray[np.int16]:
        return axial_slice(self.volume, self.index).hu

    def mm_from(self, region: Region) -> npt.NDArray[np.float64]:
        """Distance (Y, X) from `region`, in mm."""
        distance: npt.NDArray[np.float64] = ndi.distance_transform_edt(self.draft.regions != region, sampling=self.volume.pixel_spacing_mm)
        return distance

    @property
    def middle(self) -> tuple[float, float]:
        rows, cols = np.nonzero(self.draft.regions == Region.VISCERAL)
        return float(rows.mean()), float(cols.mean())

    def painted(self, mask: Mask, hu: float | npt.NDArray[np.float64], noise_hu: float = NOISE_HU) -> Scene:
        """The scene with `hu` painted where `mask` (Y, X) says so, in all slices within 12 mm; its draft stays that of the scan as it was."""
        volume = self.volume
        near = np.flatnonzero(np.abs(volume.z_mm - volume.z_mm[self.index]) <= 12)
        changed = volume.hu.copy()
        rng = np.random.default_rng(4)
        for k in near:
            value = np.broadcast_to(hu, mask.shape) + rng.normal(0, noise_hu, mask.shape)
            changed[k][mask] = np.clip(np.rint(value[mask]), -1024, 3071)
        return replace(self, volume=replace(volume, hu=changed))

    def drafted(self) -> Draft:
        """The draft of the scan as it is now."""
        return draft_regions(self.volume, axial_slice(self.volume, self.index), Protocol(), self.canal)


def scene(volume: CTVolume, index: int, canal: npt.NDArray[np.float64] | None = None) -> Scene:
    return Scene(volume, index, draft_regions(volume, axial_slice(volume, index), Protocol(), canal), canal)


def within_wall(s: Scene, depth_mm: float, where: Callable[[npt.NDArray[np.intp], npt.NDArray[np.intp]], Mask]) -> Mask:
    """Cavity fat, gas and lung (Y, X) within `depth_mm` of the wall, where `where` (rows, columns from the middle of the cavity) says so."""
    rows, cols = np.indices(s.hu.shape)
    inside = s.draft.regions == Region.VISCERAL
    outside_mm = ndi.distance_transform_edt(inside, sampling=s.volume.pixel_spacing_mm)
    soft = ndi.gaussian_filter(s.hu.astype(float), 1.0) > -30
    return inside & (outside_mm <= depth_mm) & ~soft & where(rows - s.middle[0], cols - s.middle[1])


def ascites(s: Scene, hu: float = 10.0) -> Scene:
    return s.painted(within_wall(s, 14.0, lambda down, left: down < 40), hu)


def effusion(s: Scene, hu: float = 8.0) -> Scene:
    return s.painted(within_wall(s, 14.0, lambda down, left: (down > 20) & (np.abs(left) > 50)), hu)


def organ_in_front(s: Scene, depth_mm: float) -> Scene:
    """An organ as bright as muscle against the front wall."""
    lean = s.hu[(s.draft.regions == Region.MUSCLE) & (s.hu > -29) & (s.hu < 150)]
    down_mm, left_mm = s.volume.pixel_spacing_mm
    organ = within_wall(s, depth_mm, lambda down, left: (down * down_mm < -25) & (np.abs(left * left_mm) < 70))
    return s.painted(organ, float(np.median(lean)))


def gland(s: Scene) -> tuple[Scene, Mask]:
    """Glandular tissue in the fat in front, on the left: lumps of 35 HU at least 6 mm from the muscle."""
    fat = (s.draft.regions == Region.SUBCUTANEOUS) & (s.mm_from(Region.MUSCLE) > 6)
    rows, cols = np.indices(s.hu.shape)
    fat &= (rows < s.middle[0] - 20) & (cols - s.middle[1] > 15 / s.volume.pixel_spacing_mm[1])
    inner = ndi.distance_transform_edt(fat, sampling=s.volume.pixel_spacing_mm) > 3
    lumps = ndi.gaussian_filter(np.random.default_rng(9).normal(0, 1, fat.shape), 2.5) > -0.03
    mask = inner & lumps
    return s.painted(mask, 35.0), mask


def bowel_outside(s: Scene, through_skin: bool) -> tuple[Scene, Mask]:
    """A loop with gas in the fat in front on the left (hernia), or one that goes on through the skin (stoma); the wall is open behind it."""
    spacing = s.volume.pixel_spacing_mm
    rows, cols = np.indices(s.hu.shape)
    col = s.middle[1] + 35 / spacing[1]
    column = np.flatnonzero(s.draft.regions[:, round(col)] == Region.SUBCUTANEOUS)
    muscle = int(np.flatnonzero(s.draft.regions[:, round(col)] == Region.MUSCLE)[0])
    row = (column[0] + muscle) / 2
    radius = max(9.0, (muscle - column[0]) * spacing[0] / 2 - 3)
    from_loop = np.hypot((rows - row) * spacing[0], (cols - col) * spacing[1])
    neck = (np.abs(cols - col) * spacing[1] < 7) & (rows >= row) & (rows <= muscle + 14 / spacing[0])
    if through_skin:
        neck |= (np.abs(cols - col) * spacing[1] < 7) & (rows <= row) & (rows >= column[0] - 3)
    wall = (from_loop < radius) | neck
    painted = s.painted(wall, 40.0).painted(from_loop < radius - 4, -980.0)
    return painted, wall


def metal(s: Scene) -> Scene:
    """A generator in the fat in front on the left, with bright and dark streaks that fan out from it."""
    spacing = s.volume.pixel_spacing_mm
    rows, cols = np.indices(s.hu.shape)
    fat = s.draft.regions == Region.SUBCUTANEOUS
    col = round(s.middle[1] + 40 / spacing[1])
    row = float(np.flatnonzero(fat[:, col])[:8].mean())
    down, left = (rows - row) * spacing[0], (cols - col) * spacing[1]
    far = np.hypot(down, left)
    streaks = 260 * np.cos(14 * np.arctan2(left, down)) * np.exp(-far / 70)
    shifted = s.painted(s.draft.body, s.hu + streaks, 0.0)
    return shifted.painted(far < 7, 3071, 0.0)


def fatty(s: Scene) -> Scene:
    """Muscle with fat between and within its fibres."""
    muscle = s.draft.regions == Region.MUSCLE
    grain = ndi.gaussian_filter(np.random.default_rng(3).normal(0, 1, muscle.shape), 1.6)
    grain /= grain.std()
    lean = muscle & (s.hu > -29)
    return s.painted(lean, np.where(grain > 0.7, -75, s.hu - 28.0 + 8 * grain), 0.0)


def oedema(s: Scene) -> Scene:
    """Watery muscle, and strands of water in the fat under the skin."""
    muscle = (s.draft.regions == Region.MUSCLE) & (s.hu > -29)
    fat = s.draft.regions == Region.SUBCUTANEOUS
    grain = ndi.gaussian_filter(np.random.default_rng(3).normal(0, 1, muscle.shape), 2.0)
    strands = fat & (np.abs(grain / grain.std()) < 0.35) & (s.mm_from(Region.MUSCLE) > 2)
    return s.painted(muscle, s.hu - 30.0, 0.0).painted(strands, -5.0)
