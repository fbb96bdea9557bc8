"""The way to TotalSegmentator: what is missing is said, the scan is handed over on its own grid, and the process can be stopped."""

import importlib.util
import os
import sys
import time

import numpy as np
import pytest

from napari_t12_bodycomp.dicom.read_labels import read_label_map
from napari_t12_bodycomp.errors import Cancelled, InputError, UsageError
from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.opinion import totalsegmentator
from napari_t12_bodycomp.opinion.totalsegmentator import BEGIN, NAME, run, stage_after, why_not_installed, write_scan

INSTALLED = importlib.util.find_spec("totalsegmentator") is not None


@pytest.mark.skipif(INSTALLED, reason="TotalSegmentator is installed here")
def test_a_missing_package_is_said_with_the_command_that_installs_it(small_volume, tmp_path):
    assert "napari-t12-bodycomp[totalsegmentator]" in why_not_installed()
    with pytest.raises(UsageError, match="not installed"):
        run(small_volume, "vertebrae", tmp_path / "out.nii.gz")


@pytest.mark.skipif(not INSTALLED, reason="TotalSegmentator is not installed here")
@pytest.mark.parametrize(("what", "words"), [("vertebrae", "totalseg_download_weights -t total_fast"), ("tissues", "licence")])
def test_missing_weights_and_a_missing_licence_are_said_and_nothing_is_fetched(small_volume, tmp_path, monkeypatch, what, words):
    monkeypatch.setenv("TOTALSEG_HOME_DIR", str(tmp_path / "nothing"))
    monkeypatch.delenv("TOTALSEG_WEIGHTS_PATH", raising=False)
    with pytest.raises(UsageError, match=words):
        run(small_volume, what, tmp_path / "out.nii.gz")
    assert not (tmp_path / "nothing").exists()


def test_the_scan_is_handed_over_on_its_own_grid(small_volume, tmp_path):
    fat = CTVolume(np.maximum(small_volume.hu, 0), small_volume.z_mm, small_volume.pixel_spacing_mm, small_volume.origin_xy_mm)
    write_scan(fat, tmp_path / "ct.nii.gz")
    back = read_label_map(tmp_path / "ct.nii.gz", small_volume)  # refuses any other grid
    assert (back.labels == fat.hu).all() and back.present == (50,)


def test_a_scan_with_a_gap_is_not_handed_over(small_volume, tmp_path):
    z = small_volume.z_mm.copy()
    z[5:] += 10.0
    gappy = CTVolume(small_volume.hu, z, small_volume.pixel_spacing_mm)
    with pytest.raises(InputError, match="gaps"):
        write_scan(gappy, tmp_path / "ct.nii.gz")


def test_stages_are_read_from_what_it_prints():
    shares = [BEGIN.share]
    stage = BEGIN
    for line in (
        "Generating rough segmentation for cropping...",
        "Predicting...",
        "  0%|          | 0/2 [00:00<?, ?it/s]",
        "100%|#####| 2/2 [00:04<00:00]",
        "  cropping from (122, 101, 112) to (122, 101, 112)",
        " 50%|##   | 6/12 [00:07<00:06]",
        "something else",
        "Saving segmentations...",
    ):
        stage = stage_after(line, stage)
        shares.append(stage.share)
    assert shares == pytest.approx([0.02, 0.05, 0.05, 0.05, 0.3, 0.3, 0.625, 0.625, 0.95])


def test_progress_is_told_and_cancelling_ends_the_process_and_its_workers(tmp_path):
    pid_file = tmp_path / "pids"
    script = (
        "import os, pathlib, subprocess, sys, time\n"
        "worker = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(f'{{os.getpid()}} {{worker.pid}}')\n"
        "print('Generating rough segmentation', flush=True)\n"
        "time.sleep(60)\n"
    )
    told = []

    def progress(share, words):
        told.append((share, words))
        if share >= 0.05 and pid_file.exists():
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        totalsegmentator._run_child([sys.executable, "-c", script], progress)
    assert told[-1][0] == 0.05 and NAME in told[-1][1]
    pids = [int(pid) for pid in pid_file.read_text().split()]
    deadline = time.monotonic() + 5
    while any(_lives(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_lives(pid) for pid in pids)


def _lives(pid):
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = f"/proc/{pid}/stat"
    if not os.path.exists(stat):  # noqa: PTH110
        return True
    with open(stat) as stream:  # noqa: PTH123
        return stream.read().rsplit(")", 1)[1].split()[0] != "Z"
