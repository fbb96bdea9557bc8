"""The small panel of plain napari: numbers by hand, and a sentence for each thing that is missing."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Image, Labels

from napari_t12_bodycomp.errors import InputError, T12Error
from napari_t12_bodycomp.gui._measure import MeasureLayer, measure_layer
from napari_t12_bodycomp.gui.layers import HIDDEN, ct_layer
from napari_t12_bodycomp.model.tissue import Tissue


@pytest.fixture
def ct(volume):
    data, looks, _ = ct_layer(volume)
    return Image(data, **looks)


def marked(volume, *slices, label=1):
    data = np.zeros(volume.shape, np.int16)
    for k in slices:
        data[k, 4:36, 30:56] = label
    return Labels(data)


def test_areas_and_index_by_hand(ct, volume):
    m = measure_layer(ct, marked(volume, 3), "200", "t12-study")
    assert m.areas_cm2[Tissue.MUSCLE] == pytest.approx(32 * 26 * 2 / 100)
    assert m.indices["SMI"] == pytest.approx(32 * 26 * 2 / 100 / 4)
    assert np.isnan(m.areas_cm2[Tissue.VISCERAL_FAT])


@pytest.mark.parametrize(
    ("slices", "label", "height", "sentence"),
    [
        ((), 1, "", "0 slices"),
        ((2, 3), 1, "", "2 slices"),
        ((3,), 9, "", "9 came"),
        ((3,), -1, "", "-1 came"),
        ((3,), 1, "17", "17 cm came"),
        ((3,), 1, "tall", "'tall' came"),
    ],
)
def test_what_cannot_be_measured_is_refused(ct, volume, slices, label, height, sentence):
    with pytest.raises(T12Error, match=sentence):
        measure_layer(ct, marked(volume, *slices, label=label), height, "t12-study")


def test_a_layer_without_spacing_is_refused(volume):
    with pytest.raises(T12Error, match="spacing"):
        measure_layer(Image(volume.hu), marked(volume, 3), "", "t12-study")


def test_the_panel_shows_numbers_or_the_sentence(ct, volume, qtbot):
    panel = MeasureLayer()
    panel.ct.choices, panel.regions.choices = [ct], [marked(volume, 3)]
    panel.button.changed.emit(True)
    shown = dict(zip(panel.table.to_dataframe()["quantity"], panel.table.to_dataframe()["value"], strict=True))
    assert float(shown["muscle_area"]) == pytest.approx(16.64) and shown["SMI"] == "unknown"
    panel.height_cm.value = "17"
    panel.button.changed.emit(True)
    assert "17 cm came" in panel.said.value and panel.table.shape[0] == 0


def test_numbers_that_a_review_hides_are_not_measured_here_either(ct, volume):
    labels = marked(volume, 3)
    labels.metadata = {HIDDEN: lambda: "The review is blinded."}
    with pytest.raises(InputError, match="blinded"):
        measure_layer(ct, labels, "165", "t12-study")
    labels.metadata[HIDDEN] = lambda: ""
    assert measure_layer(ct, labels, "165", "t12-study").areas_cm2
