"""Edits: apply, take back, and refuse the wrong map."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from napari_t12_bodycomp.model.edit import Edit


def random_maps(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    before = rng.integers(0, 4, (9, 7)).astype(np.uint8)
    after = np.where(rng.random((9, 7)) < 0.3, rng.integers(0, 4, (9, 7)), before).astype(np.uint8)
    return before, after


@pytest.mark.parametrize("seed", range(8))
def test_undo_restores_and_redo_repeats(seed: int) -> None:
    before, after = random_maps(seed)
    edit = Edit.between("brush", before, after)
    np.testing.assert_array_equal(edit.apply(before), after)
    np.testing.assert_array_equal(edit.inverse().apply(after), before)
    np.testing.assert_array_equal(edit.inverse().inverse().apply(before), after)
    assert edit.inverse().name == "brush"


def test_a_chain_of_edits_runs_back_to_the_beginning() -> None:
    maps = [random_maps(seed)[0] for seed in range(6)]
    edits = [Edit.between(str(i), a, b) for i, (a, b) in enumerate(itertools.pairwise(maps))]
    current = maps[0]
    for edit in edits:
        current = edit.apply(current)
    np.testing.assert_array_equal(current, maps[-1])
    for edit in reversed(edits):
        current = edit.inverse().apply(current)
    np.testing.assert_array_equal(current, maps[0])


def test_an_edit_holds_only_what_changed() -> None:
    before = np.zeros((3, 4), np.uint8)
    after = before.copy()
    after[1, 2] = 3
    edit = Edit.between("fill", before, after)
    assert (edit.where.tolist(), edit.before.tolist(), edit.after.tolist()) == ([6], [0], [3])
    assert not edit.is_empty


def test_no_change_is_an_empty_edit() -> None:
    before, _ = random_maps(1)
    edit = Edit.between("brush", before, before.copy())
    assert edit.is_empty
    np.testing.assert_array_equal(edit.apply(before), before)


def test_the_maps_given_are_left_alone() -> None:
    before, after = random_maps(2)
    kept = before.copy()
    edit = Edit.between("brush", before, after)
    edit.apply(before)
    np.testing.assert_array_equal(before, kept)
    after[:] = 0
    before[:] = 0
    assert edit.after.any() or edit.before.any()  # the edit does not look at the maps any more


def test_maps_stored_column_by_column_are_edited_in_the_same_place() -> None:
    before, after = random_maps(3)
    edit = Edit.between("brush", np.asfortranarray(before), np.asfortranarray(after))
    np.testing.assert_array_equal(edit.apply(np.asfortranarray(before)), after)


def test_an_edit_of_another_map_is_refused() -> None:
    before, after = random_maps(4)
    other = before.copy()
    edit = Edit.between("smooth", before, after)
    other.reshape(-1)[edit.where[0]] ^= 1
    with pytest.raises(ValueError, match="'smooth' was made on another map"):
        edit.apply(other)


def test_maps_of_two_shapes_have_no_edit_between_them() -> None:
    with pytest.raises(ValueError, match="one shape"):
        Edit.between("brush", np.zeros((2, 3), np.uint8), np.zeros((3, 2), np.uint8))
