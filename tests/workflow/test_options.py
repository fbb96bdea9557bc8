"""Options of the protocol that a draft could not follow: flagged in the row, refused where nobody drew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.protocol import Protocol
from napari_t12_bodycomp.model.roi_map import Draft
from napari_t12_bodycomp.workflow.options import option_flags, refuse_undrafted

OTHER = Protocol(intercostals_are_muscle=False, crura_are_muscle=True, thoracic_fat_is_visceral=False)
WHY = {"why_no_crura": "the crura are not to be seen", "why_no_thoracic": "the lungs are not in the scan"}


@pytest.fixture
def draft(small_regions: npt.NDArray[np.uint8]) -> Draft:
    body = small_regions > 0
    return Draft(small_regions, body, ~body, protocol=Protocol(), thoracic=np.zeros_like(body))


def codes(protocol: Protocol, draft: Draft | None) -> list[str]:
    return [flag.code for flag in option_flags(protocol, draft)]


def test_a_draft_by_the_same_protocol_needs_no_word(draft: Draft) -> None:
    assert codes(Protocol(), draft) == []
    assert codes(OTHER, None) == []


def test_a_draft_by_another_protocol_is_to_be_made_anew(draft: Draft) -> None:
    anew = ["intercostals_not_redrafted", "crura_not_redrafted", "thoracic_fat_not_redrafted"]
    assert codes(OTHER, draft) == [*anew, "crura_in_part"]
    assert codes(OTHER, replace(draft, protocol=OTHER)) == ["crura_in_part"]


def test_what_the_draft_could_not_do_is_said_with_the_reason(draft: Draft) -> None:
    flags = option_flags(OTHER, replace(draft, protocol=OTHER, thoracic=None, **WHY))
    assert [f.code for f in flags] == ["crura_not_drafted", "thoracic_fat_not_separated"]
    assert all(why in flag.sentence for why, flag in zip(WHY.values(), flags, strict=True))


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"crura_are_muscle": True}, "--crura exclude"), ({"thoracic_fat_is_visceral": False}, "--thoracic-fat include")],
)
def test_what_nobody_drew_and_the_draft_could_not_do_is_refused(draft: Draft, changes: dict[str, bool], words: str) -> None:
    refuse_undrafted(replace(draft, **WHY), Protocol())
    refuse_undrafted(draft, Protocol(**changes))
    with pytest.raises(InputError, match=words):
        refuse_undrafted(replace(draft, **WHY), Protocol(**changes))
