"""The automatic draft of the three regions on one axial slice."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.analysis.body import Trunk, find_trunk
from napari_t12_bodycomp.analysis.bone import Bones, behind_spine, find_bones, find_canal
from napari_t12_bodycomp.analysis.bystanders import without_bystanders
from napari_t12_bodycomp.analysis.cartilage import find_cartilage
from napari_t12_bodycomp.analysis.crura import find_crura
from napari_t12_bodycomp.analysis.diaphragm import find_diaphragm
from napari_t12_bodycomp.analysis.doubt import Doubts, scan_flags
from napari_t12_bodycomp.analysis.fluid import find_fluid
from napari_t12_bodycomp.analysis.inner_wall import find_inner_wall, inner_prior
from napari_t12_bodycomp.analysis.patient import patient_flags
from napari_t12_bodycomp.analysis.polar import Rays, filled, trunk_rays
from napari_t12_bodycomp.analysis.ribcage import SPINE_MM, RibCage, fit_rib_cage
from napari_t12_bodycomp.analysis.walls import bridged, cartilage_level, lean_tissue, muscle_level, outer_radius, snapped
from napari_t12_bodycomp.model.axial_slice import AxialSlice
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.model.tissue import Region
from napari_t12_bodycomp.model.volume import CTVolume

SURE_MM = 12.0
"""A closed ring this near to the midline of the trunk is the spinal canal: no vessel or kidney pole lies there."""
RIB_SUPPORT = 0.2
"""From this support on, what lies between the ribs' outer and inner surface on a ray is intercostal muscle."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Wall:
    """The body wall but for where it ends inward: what `regions` are painted from."""

    axial: AxialSlice
    trunk: Trunk
    bones: Bones
    rays: Rays
    cage: RibCage
    cartilage_hu: float
    inside_fascia: npt.NDArray[np.bool_]
    with_intercostals: bool

    def regions(self, inner_mm: Floats) -> npt.NDArray[np.uint8]:
        """Regions (uint8, (Y, X)) about the inner wall `inner_mm` (K,)."""
        hu, inside = self.axial.hu, self.trunk.under_skin
        cavity = filled(self.rays.points_px(inner_mm), hu.shape)
        wall = inside & self.inside_fascia & ~cavity
        hard = self.bones.mask | find_cartilage(hu, wall, cavity, self.bones, self.cartilage_hu, self.axial.pixel_spacing_mm)
        if not self.with_intercostals:
            hard |= _between_ribs(self.rays, self.cage, inner_mm, self.bones.canal_px, hu.shape)
        regions = np.zeros(hu.shape, np.uint8)
        regions[inside & ~self.inside_fascia] = Region.SUBCUTANEOUS
        regions[wall & ~hard] = Region.MUSCLE
        regions[inside & cavity & ~self.bones.vertebra] = Region.VISCERAL
        return regions


def draft_regions(
    volume: CTVolume,
    axial: AxialSlice,
    protocol: Protocol,
    canal: npt.NDArray[np.float64] | None = None,
    progress: Progress = no_progress,
) -> Draft:
    """Draft muscle compartment, visceral cavity and subcutaneous layer on `axial`, a slice of `volume`.

    Parameters
    ----------
    canal : float array (N, 3), optional
        (z in mm, row, column) of the spinal canal's centre, from caudal to cranial.

    Raises
    ------
    InputError
        Where there is no body on the slice.
    """
    spacing = axial.pixel_spacing_mm
    progress(0.0, "finding the trunk")
    trunk = find_trunk(axial.hu, spacing, volume.outside_fov)
    bones = find_bones(axial.hu, trunk.body, spacing, _canal_at(canal, axial.z_mm) or _canal_nearby(volume, axial, trunk.body))
    rays = trunk_rays(trunk.body, spacing)
    height, width = (float(np.ptp(np.flatnonzero(trunk.body.any(1 - axis)))) * spacing[axis] for axis in (0, 1))
    reach = float(np.hypot(height, width)) + 1.0
    skin_mm = outer_radius(rays, trunk.under_skin, reach)
    progress(0.2, "finding the fascia")
    lean = lean_tissue(axial.hu, trunk.body, trunk.depth_mm, spacing)
    lean[behind_spine(bones, spacing)] = 0
    bystanders, fascia = without_bystanders(lean, axial.hu, trunk.body, trunk.depth_mm, skin_mm, rays)
    fascia = bridged(fascia, skin_mm, _cut_rays(rays, trunk, reach))
    progress(0.4, "fitting the rib cage")
    muscle_hu = muscle_level(axial.hu, rays, fascia)
    level = cartilage_level(muscle_hu)
    cage = fit_rib_cage(volume, axial, rays, fascia, bones.mask, bones.canal_px, level)
    progress(0.7, "finding the inner wall")
    prior, belief = inner_prior(rays, fascia, cage, bones.canal_px)
    inside_fascia = snapped(filled(rays.points_px(fascia), axial.hu.shape), axial.hu, spacing, muscle_hu)
    wall = _Wall(axial, trunk, bones, rays, cage, level, inside_fascia, protocol.intercostals_are_muscle)
    inner, edge, play = find_inner_wall(axial.hu, rays, fascia, prior, belief, cage.own_inner_mm, muscle_hu)
    regions = wall.regions(inner)
    whole = regions if protocol.intercostals_are_muscle else replace(wall, with_intercostals=True).regions(inner)
    fluid = find_fluid(axial, whole, filled(rays.points_px(prior), axial.hu.shape))
    if fluid is not None:
        inner, edge, play = find_inner_wall(fluid.drained(axial.hu), rays, fascia, prior, belief, cage.own_inner_mm, muscle_hu)
        regions = wall.regions(inner)
    progress(0.8, "telling chest from abdomen")
    inside = regions == Region.VISCERAL
    parts = find_diaphragm(volume, axial, trunk.body, inside, bones.canal_px)
    crura = find_crura(axial, trunk.body, inside, parts, bones.canal_px)
    flags = scan_flags(trunk, spacing, float((cage.support > RIB_SUPPORT).mean()))
    flags += patient_flags(axial, trunk, regions, bystanders, fluid)
    doubts = Doubts(rays, skin_mm, fascia, inner, belief, edge, play, axial.hu, prior)
    flags += doubts.flags(float((regions == Region.MUSCLE).sum()) * spacing[0] * spacing[1] / 100)
    if protocol.crura_are_muscle and not crura.why_not:
        regions[crura.mask] = Region.MUSCLE
    if not protocol.thoracic_fat_is_visceral:
        regions[parts.chest & (regions == Region.VISCERAL)] = 0
    notes = (*(note for _, note in flags), *doubts.notes(bones.canal_seen))
    return Draft(
        regions,
        trunk.body,
        doubts.mask(regions, bones) & trunk.body,
        notes,
        tuple(code for code, _ in flags),
        protocol,
        None if parts.why_not else parts.chest,
        parts.why_not,
        crura.why_not,
    )


def _cut_rays(rays: Rays, trunk: Trunk, reach_mm: float) -> npt.NDArray[np.bool_]:
    """Rays (K,) on which the body ends at the edge of the field of view."""
    if not trunk.cut.any():
        return np.zeros(len(rays), bool)
    edge_mm = outer_radius(rays, trunk.body, reach_mm)
    near = rays.sample(trunk.cut, edge_mm[:, None] - np.arange(-1.0, 2.5, 0.5)[None, :], order=0, outside=0)
    cut: npt.NDArray[np.bool_] = near.max(1) > 0.5
    return cut


def _between_ribs(
    rays: Rays, cage: RibCage, inner_mm: Floats, canal_px: tuple[float, float], shape: tuple[int, int]
) -> npt.NDArray[np.bool_]:
    """Pixels (Y, X) not outside the ribs' outer surface, where ribs support it; beside the spine only those within the inner wall."""
    side_mm = np.abs(rays.points_mm(inner_mm)[:, 1] - canal_px[1] * rays.spacing_mm[1])
    beside_spine = (rays.direction[:, 0] > 0) & (side_mm < SPINE_MM)
    return filled(rays.points_px(np.where((cage.support > RIB_SUPPORT) & ~beside_spine, cage.outer_mm, inner_mm)), shape)


def _canal_nearby(volume: CTVolume, axial: AxialSlice, body: npt.NDArray[np.bool_]) -> tuple[float, float] | None:
    """(row, column) of the canal where this slice, or the nearest ones within 16 mm, shows its ring closed: the hole nearest to the midline."""
    columns = np.flatnonzero(body.any(0))
    middle, found = (columns[0] + columns[-1]) / 2, []
    for distance in (0.0, 5.0, -5.0, 10.0, -10.0, 15.0, -15.0):
        i = volume.nearest_slice(axial.z_mm + distance)
        if abs(float(volume.z_mm[i]) - axial.z_mm - distance) > 2.6:
            continue
        canal = find_canal(axial.hu if i == axial.index else volume.hu[i], body, axial.pixel_spacing_mm)
        if canal is not None:
            off_mm = abs(canal[1] - middle) * axial.pixel_spacing_mm[1]
            if off_mm < SURE_MM:
                return canal
            found.append((off_mm, canal))
    return min(found)[1] if found else None


def _canal_at(canal: npt.NDArray[np.float64] | None, z_mm: float) -> tuple[float, float] | None:
    """(row, column) of the canal at `z_mm`, None where it is not known within 10 mm."""
    if canal is None or not len(canal) or np.abs(canal[:, 0] - z_mm).min() > 10:
        return None
    return float(np.interp(z_mm, canal[:, 0], canal[:, 1])), float(np.interp(z_mm, canal[:, 0], canal[:, 2]))
