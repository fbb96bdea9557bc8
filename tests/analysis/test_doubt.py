"""What the draft doubts: on a trunk made of ellipses, and on real slices that two people drew."""

import json

import numpy as np
import pytest
from test_draft import draft_of, ellipse, trunk

from napari_t12_bodycomp.analysis.doubt import Doubts
from napari_t12_bodycomp.analysis.draft import draft_regions
from napari_t12_bodycomp.analysis.polar import trunk_rays
from napari_t12_bodycomp.analysis.walls import outer_radius
from napari_t12_bodycomp.analysis.windowing import in_window
from napari_t12_bodycomp.model.axial_slice import axial_slice
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.tissue import MAIN_TISSUE, PRESETS, Region


def wall_edge(draft):
    """Pixels of muscle that touch the cavity, (Y, X)."""
    cavity = draft.regions == Region.VISCERAL
    beside = np.zeros_like(cavity)
    for axis in (0, 1):
        for step in (1, -1):
            beside |= np.roll(cavity, step, axis)
    return beside & (draft.regions == Region.MUSCLE)


def in_front(size=400):
    rows, _ = np.indices((size, size))
    return rows < size // 2


def test_a_wall_with_fat_all_along_it_is_hardly_doubted():
    draft = draft_of(trunk()[0])
    edge = wall_edge(draft) & in_front()
    assert draft.doubtful[edge].mean() < 0.25


def test_a_wall_that_touches_an_organ_of_its_own_density_is_doubted_there():
    hu, truth = trunk(ribs=False)
    organ = (truth == Region.VISCERAL) & (np.indices(hu.shape)[1] < 170)
    hu[organ] = 50
    draft = draft_of(hu)
    edge, left = wall_edge(draft) & in_front(), np.indices(hu.shape)[1] > 240
    assert draft.doubtful[edge & ~left].mean() > draft.doubtful[edge & left].mean() + 0.3


def test_gas_within_the_wall_is_said():
    hu, _ = trunk()
    hu[ellipse(hu.shape, (115, 200), (3, 25)) & (hu == 50)] = -800
    assert any("gas in the wall in front" in note for note in draft_of(hu).notes)


def test_no_gas_is_said_where_there_is_none():
    assert not any("gas" in note for note in draft_of(trunk()[0]).notes)


def doubts_about(thickness_mm):
    """Doubts about a wall of the given thickness (K,) under 10 mm of fat, all its contours clear."""
    body = ellipse((400, 400), (200, 200), (110, 150))
    rays = trunk_rays(body, (1.0, 1.0))
    skin = outer_radius(rays, body, 300.0)
    fascia = skin - 10.0
    ones = np.ones(len(rays))
    hu = np.where(body, 50, -1000).astype(np.int16)
    return Doubts(rays, skin, fascia, fascia - thickness_mm, ones, ones, ones, hu, fascia - 15.0)


def rays_facing(down, left, width):
    """Which of the rays of `doubts_about` point within `width` of a direction."""
    direction = doubts_about(np.full(480, 15.0)).rays.direction
    return np.hypot(direction[:, 0] - down, direction[:, 1] - left) < width


def test_an_even_wall_raises_no_doubt():
    doubts = doubts_about(np.full(480, 15.0))
    assert doubts.notes(canal_seen=True) == ()


@pytest.mark.parametrize(
    ("thick_mm", "down", "left", "words"),
    [
        (3.0, 0.0, 1.0, "thinner on the left"),
        (40.0, 0.0, 1.0, "thicker on the left than on the other side"),
        (30.0, -0.9, 0.43, "thicker in front"),
    ],
    ids=["thin", "lopsided", "deep"],
)
def test_a_stretch_that_sticks_out_is_said(thick_mm, down, left, words):
    thickness = np.full(480, 15.0)
    thickness[rays_facing(down, left, 0.12)] = thick_mm
    notes = doubts_about(thickness).notes(canal_seen=True)
    assert any(words in note for note in notes), notes


def test_what_the_wall_holds_beyond_the_line_of_the_ribs_in_front_is_at_stake():
    thickness = np.full(480, 15.0)
    assert doubts_about(thickness).at_stake_cm2 == 0
    front = rays_facing(-1.0, 0.0, 0.3)
    thickness[front] = 15.0 + 4.0 + 6.0
    doubts = doubts_about(thickness)
    columns = doubts.rays.points_mm(doubts.inner_mm)[front, 1]
    assert doubts.at_stake_cm2 == pytest.approx(6.0 * np.ptp(columns) / 100, rel=0.15)
    assert [code for code, _ in doubts.flags(doubts.at_stake_cm2 / 0.041)] == ["organ_at_wall"]
    assert doubts.flags(doubts.at_stake_cm2 / 0.039) == []


def test_a_deep_wall_in_front_is_said_though_both_sides_agree():
    thickness = np.full(480, 15.0)
    thickness[rays_facing(-1.0, 0.0, 0.4)] = 28.0
    assert any("thicker in front than muscle can be" in note for note in doubts_about(thickness).notes(canal_seen=True))


@pytest.mark.parametrize("key", ["cptac_pda_upper_abdomen_5mm", "tcga_lihc_three_acquisitions"])
def test_most_wrong_pixels_of_a_real_draft_lie_where_it_doubts_itself(shared_data, key):
    from napari_t12_bodycomp.workflow.source import load_volume

    about = json.loads((shared_data / "regions" / "slices.json").read_text())[key]
    volume = load_volume(shared_data / "ct" / key, acquisition=about["acquisition_number"])
    axial = axial_slice(volume, volume.nearest_slice(about["z_mm"]))
    draft = draft_regions(volume, axial, Protocol())
    hands = [np.load(shared_data / "regions" / who / f"{key}.npz")["regions"] for who in "AB"]

    def tissues(regions):
        result = np.zeros(regions.shape, np.uint8)
        for region, tissue in MAIN_TISSUE.items():
            result[(regions == region) & in_window(axial.hu, PRESETS["t12-study"].window(tissue))] = region
        return result

    first, second, ours = (tissues(r) for r in (*hands, draft.regions))
    wrong = (first == second) & (ours != first)
    muscle = draft.regions == Region.MUSCLE
    border = muscle & ~np.logical_and.reduce([np.roll(muscle, s, a) for a in (0, 1) for s in (1, -1)])
    assert draft.doubtful[wrong].mean() > 0.7
    assert draft.doubtful[wrong].mean() > draft.doubtful[border].mean() + 0.15
