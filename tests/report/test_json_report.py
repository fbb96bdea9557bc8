"""What --json says of another program's tissues: all four keys, unknown as null."""

from napari_t12_bodycomp.model.tissue import Tissue
from napari_t12_bodycomp.model.tissue_opinion import TissueOpinion
from napari_t12_bodycomp.report.json_report import opinion_json


def test_a_tissue_that_the_other_map_does_not_hold_is_null():
    said = opinion_json(None, TissueOpinion("map", {Tissue.MUSCLE: 80.0}, {Tissue.MUSCLE: float("nan")}))
    assert said["level"] is None
    assert said["tissues"]["areas_cm2"] == {"muscle": 80.0, "visceral_fat": None, "subcutaneous_fat": None, "intermuscular_fat": None}
    assert set(said["tissues"]["dice"].values()) == {None}
