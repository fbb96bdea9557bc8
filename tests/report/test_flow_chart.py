"""The enrolment flow chart says the counts of the study, and its arithmetic is right."""

from __future__ import annotations

import io

from matplotlib.image import imread

from napari_t12_bodycomp.model.study import CaseState
from napari_t12_bodycomp.model.worklist import StudyCounts
from napari_t12_bodycomp.report.flow_chart import excluded_text, flow_chart_png, in_work_text

COUNTS = StudyCounts(
    {CaseState.NEW: 100, CaseState.SUBMITTED: 19, CaseState.APPROVED: 500, CaseState.EXCLUDED: 53},
    {"no chest CT": 30, "artefacts": 3, "refused surgery": 10, "incomplete follow-up": 8, "other": 2},
)


def test_the_boxes_hold_the_counts() -> None:
    assert (COUNTS.screened, COUNTS.included) == (672, 619)
    assert excluded_text(COUNTS).splitlines() == [
        "Excluded, n = 53",
        "  no chest CT: 30",
        "  artefacts: 3",
        "  refused surgery: 10",
        "  incomplete follow-up: 8",
        "  other: 2",
    ]
    assert in_work_text(COUNTS).splitlines() == [
        "Not approved yet, n = 119",
        "  new: 100",
        "  drafted: 0",
        "  submitted: 19",
        "  returned: 0",
    ]


def test_the_picture_is_the_same_each_time_and_not_empty() -> None:
    png = flow_chart_png(COUNTS)
    assert png == flow_chart_png(COUNTS)
    assert png != flow_chart_png(StudyCounts({}))
    picture = imread(io.BytesIO(png))
    assert picture.shape[:2] == (900, 1050)
    assert 0.01 < (picture[..., 0] < 0.5).mean() < 0.2
