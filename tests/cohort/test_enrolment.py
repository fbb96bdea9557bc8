"""The flow chart: numbers that add up, or an error that says which do not."""

from __future__ import annotations

import pandas as pd
import pytest

from napari_t12_bodycomp.cohort.enrolment import flow_chart
from napari_t12_bodycomp.cohort.nearest import match_pairs
from napari_t12_bodycomp.cohort.propensity import propensity_scores
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.enrolment import CentreFlow, FlowChart
from napari_t12_bodycomp.model.matching import Caliper

SCREENED = pd.DataFrame(
    {
        "centre": [1, 1, 1, 1, 1, 1, 2, 2, 2, 2],
        "slow": [1, 0, 1, 0, 0, None, 1, 0, None, None],
        "age": [70, 71, 80, 83, 60, 66, 70, 71, 72, 73],
        "reason": [None, None, None, None, None, None, None, None, "no chest CT", "no follow-up"],
    }
)


def test_a_list_of_all_screened_is_counted() -> None:
    chart = flow_chart(SCREENED, "slow", centre="centre", reason="reason")
    assert (chart.n_screened, dict(chart.excluded), chart.n_included) == (10, {"no chest CT": 1, "no follow-up": 1}, 8)
    assert [(c.centre, dict(c.groups), c.n_unknown, c.n) for c in chart.centres] == [
        ("1", {"0": 3, "1": 2}, 1, 6),
        ("2", {"0": 1, "1": 1}, 0, 2),
    ]


def test_pairs_stand_beside_their_centre() -> None:
    matching = match_pairs(propensity_scores(SCREENED[SCREENED["centre"] == 1], "slow", 1, ["age"]), Caliper(None))
    chart = flow_chart(SCREENED, "slow", centre="centre", reason="reason", matchings={"1": matching})
    assert chart.centres[0].matched == {"0": 2, "1": 2} and chart.centres[1].matched is None
    with pytest.raises(InputError, match="'3' is none"):
        flow_chart(SCREENED, "slow", centre="centre", reason="reason", matchings={"3": matching})


def test_numbers_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(InputError, match="672 screened less 53 excluded are 619, the centres hold 8"):
        flow_chart(SCREENED[:8], "slow", centre="centre", screened=672, excluded={"no follow-up": 53})
    with pytest.raises(InputError, match="one source"):
        flow_chart(SCREENED, "slow", reason="reason", excluded={})
    with pytest.raises(InputError, match="6 of 5 in group 'a'"):
        CentreFlow("1", {"a": 5, "b": 9}, matched={"a": 6, "b": 6})
    with pytest.raises(InputError, match="match one to one"):
        CentreFlow("1", {"a": 5, "b": 9}, matched={"a": 5, "b": 6})
    with pytest.raises(InputError, match="fewer"):
        FlowChart(3, {"x": -1}, (CentreFlow("1", {"a": 4}),))
