"""The sample scan in sample_data is what the phantom makes, and its answers hold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pydicom
import pytest

from napari_t12_bodycomp.phantom.build import make_phantom
from napari_t12_bodycomp.phantom.files import SAMPLE, answers
from napari_t12_bodycomp.phantom.options import Phantom

SAMPLE_DATA = Path(__file__).resolve().parent.parent / "sample_data"


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    return make_phantom(SAMPLE)


def test_the_command_makes_the_sample_again_pixel_for_pixel(phantom: Phantom) -> None:
    stored = {ds.SOPInstanceUID: ds for ds in map(pydicom.dcmread, sorted((SAMPLE_DATA / "chest_5mm").iterdir()))}
    assert set(stored) == set(phantom.volume.sop_instance_uids)
    for k, uid in enumerate(phantom.volume.sop_instance_uids):
        off = np.abs(stored[uid].pixel_array.astype(np.int32) - 1024 - phantom.volume.hu[k])
        # Sines and transforms may differ in the last bit from one processor to the next: a rounding here and there, no more.
        assert (off > 0).mean() < 1e-3 and (off > 1).mean() < 1e-4
        assert float(stored[uid].ImagePositionPatient[2]) == pytest.approx(phantom.volume.z_mm[k])


def test_the_answers_are_the_phantoms_own(phantom: Phantom) -> None:
    stored = json.loads((SAMPLE_DATA / "answers.json").read_text(encoding="utf-8"))
    own = json.loads(json.dumps(answers(phantom)))
    assert stored.keys() == own.keys()
    for key, value in own.items():
        assert stored[key] == (pytest.approx(value, rel=1e-3) if isinstance(value, dict | list | float) else value), key


def test_the_sample_stays_small() -> None:
    assert sum(f.stat().st_size for f in SAMPLE_DATA.rglob("*") if f.is_file()) < 10_000_000
