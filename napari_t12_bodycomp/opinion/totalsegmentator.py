"""TotalSegmentator, where it is installed: it runs in a process of its own, which can be stopped and has no network.

Its Python interface prints, ends the process where a licence is missing, fetches weights that are not there, and reports usage to its makers. In a
process without network none of that reaches this one, or the outside. Nothing is downloaded: what is missing is said, with the command for it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import nibabel
import numpy as np

from napari_t12_bodycomp.errors import InputError, UsageError
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.volume import CTVolume

NAME = "TotalSegmentator"
CHILD = "napari_t12_bodycomp.opinion.totalsegmentator_child"
EVEN_SHARE = 0.25
"""How far slices may lie from even spacing, as a share of it: NIfTI has one spacing, and a warped scan would give shifted labels."""
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the work is: the share done, the share where this stage ends, and words for it."""

    share: float
    until: float
    words: str


BEGIN = Stage(0.02, 0.95, "starting")
STAGES = {
    "Generating rough": Stage(0.05, 0.3, "looking for the spine roughly"),
    "cropping from": Stage(0.3, 0.95, "labelling; without a graphics card that takes minutes"),
    "Saving": Stage(0.95, 0.98, "saving"),
}
"""What it prints when a stage begins."""


def why_not_installed() -> str:
    """Why it cannot be asked at all, in a sentence; "" where it can. Nothing heavy is imported."""
    if importlib.util.find_spec("totalsegmentator") is not None:
        return ""
    return (
        f"{NAME} is wanted for a second opinion and is not installed here: "
        'pip install "napari-t12-bodycomp[totalsegmentator]", or give a label map that was made elsewhere.'
    )


def run(volume: CTVolume, what: str, out: Path, progress: Progress = no_progress) -> Mapping[int, str]:
    """Label `volume` and write the map to `out` (NIfTI on the grid of `volume`); the names of its labels.

    Parameters
    ----------
    what : str
        ``"vertebrae"`` (task ``total``, 3 mm, vertebrae, sacrum and ribs) or ``"tissues"`` (task ``tissue_types``, needs a licence).

    Raises
    ------
    UsageError
        Where the package, its weights or its licence are missing.
    InputError
        Where it failed on this scan.
    Cancelled
        Where `progress` raised it; the process is stopped.
    """
    why = why_not_installed()
    if why:
        raise UsageError(why)
    with tempfile.TemporaryDirectory(prefix="t12-opinion-") as folder:
        scan, answer = Path(folder) / "ct.nii.gz", Path(folder) / "answer.json"
        progress(0.0, f"handing the scan to {NAME}")
        write_scan(volume, scan)
        _run_child([sys.executable, "-m", CHILD, what, str(scan), str(out), str(answer)], progress)
        said = json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else {}
    if said.get("missing"):
        raise UsageError(said["missing"])
    if "names" not in said or not out.exists():
        raise InputError(f"{NAME} failed on this scan ({said.get('failed', 'without a word')}): run it by hand to see why.")
    progress(1.0, f"{NAME} is done")
    return {int(label): str(name) for label, name in said["names"].items()}


def write_scan(volume: CTVolume, path: Path) -> None:
    """Write `volume` as NIfTI with its slices caudal to cranial. InputError where its slices are not evenly spaced."""
    z = volume.z_mm
    even = np.linspace(z[0], z[-1], len(z))
    if len(z) < 2 or np.abs(z - even).max() > EVEN_SHARE * volume.slice_spacing_mm:
        raise InputError(f"Evenly spaced slices are wanted for {NAME}, this scan has gaps: ask it on a complete series.")
    affine = np.diag([-volume.pixel_spacing_mm[1], -volume.pixel_spacing_mm[0], float(z[1:].mean() - z[:-1].mean()), 1.0])
    affine[:3, 3] = -volume.origin_xy_mm[0], -volume.origin_xy_mm[1], z[0]
    nib: Any = nibabel
    nib.save(nib.Nifti1Image(volume.hu.transpose(2, 1, 0), affine), path)


def _run_child(command: list[str], progress: Progress) -> None:
    """Run `command` to its end, telling its stages; stop it and all that it started where `progress` raises."""
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=os.name == "posix"
    )
    assert child.stdout is not None
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(child.stdout, lines), daemon=True)
    reader.start()
    stage = BEGIN
    begun = time.monotonic()
    try:
        while child.poll() is None:
            while not lines.empty():
                stage = stage_after(lines.get(), stage)
            progress(stage.share, f"{NAME}: {stage.words} ({time.monotonic() - begun:.0f} s)")
            time.sleep(LOOK_EVERY_S)
    finally:
        if child.poll() is None:
            _stop(child)
        reader.join(1.0)


def stage_after(line: str, stage: Stage) -> Stage:
    """The stage after `line` was printed: another one begins, or a bar moves this one on."""
    for begins, new in STAGES.items():
        if line.lstrip().startswith(begins):
            return new
    bar = re.search(r"(\d+)%\|", line)
    if bar is None:
        return stage
    begun = next((s.share for s in STAGES.values() if s.until == stage.until), BEGIN.share)
    return replace(stage, share=max(stage.share, begun + (stage.until - begun) * int(bar[1]) / 100))


def _read(stream: IO[bytes], lines: queue.SimpleQueue[str]) -> None:
    """Hand on what the process prints, split at line feeds and at the carriage returns of progress bars."""
    rest = b""
    while chunk := os.read(stream.fileno(), 4096):
        *whole, rest = re.split(rb"[\r\n]", rest + chunk)
        for part in whole:
            lines.put(part.decode("utf-8", "replace"))


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End the process and the workers that it started."""
    with contextlib.suppress(ProcessLookupError):
        if os.name == "posix":
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    child.wait()
