"""The random population: reproducible, varied, and honest about what makes a scan hard."""

from __future__ import annotations

from napari_t12_bodycomp.phantom.options import PhantomOptions
from napari_t12_bodycomp.phantom.population import difficulties, random_options


def test_a_seed_always_gives_the_same_person() -> None:
    assert random_options(7) == random_options(7)
    assert random_options(7) != random_options(8)


def test_four_hundred_seeds_hold_every_difficulty_and_plain_cases() -> None:
    people = [random_options(seed) for seed in range(400)]
    seen = {kind for o in people for kind in difficulties(o)}
    assert seen >= {"plain", "11 rib pairs", "13 rib pairs", "short last ribs", "scoliosis", "strong kyphosis", "osteoporosis", "noise"}
    assert seen >= {"slices over 5 mm", "cut field of view", "arms down", "rotated", "obese", "T12 at the edge", "no first rib in the scan"}
    assert seen >= {"tilted", "prone", "effusion", "ascites", "emaciated", "fatty or oedematous muscle", "osteophytes", "contrast"}
    assert seen >= {
        "metal: spine",
        "metal: pacemaker",
        "metal: electrodes",
        "4 lumbar vertebrae",
        "6 lumbar vertebrae",
        "last ribs unequal",
    }
    assert seen >= {
        "heavy noise",
        "slices under 1 mm",
        "T12 cut",
        "first rib cut",
        "fracture",
        "calcified cartilage",
        "no ribless level below",
    }
    assert any(o.feet_first for o in people)
    assert 0.04 < sum("plain" in difficulties(o) for o in people) / len(people) < 0.3
    assert any(o.z_range_mm[0] > 0 for o in people)
    assert any(o.z_range_mm[1] < 0 for o in people)


def test_difficulties_are_named_from_the_options_alone() -> None:
    assert difficulties(PhantomOptions()) == ("plain",)
    assert difficulties(PhantomOptions(contrast=True)) == ("plain", "contrast")
    assert difficulties(PhantomOptions(n_rib_pairs=11, scoliosis_mm=-20.0)) == ("11 rib pairs", "scoliosis")
