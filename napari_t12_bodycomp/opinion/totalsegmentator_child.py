"""The process in which TotalSegmentator runs: ``python -m ... WHAT SCAN.nii.gz OUT.nii.gz ANSWER.json``.

It writes one JSON object: ``names`` of the labels, or what is ``missing``, or how it ``failed``. It has no network.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

FAST_TASK, FAST_MODELS = "total_fast", (297, 298)
"""3 mm for the labels, 6 mm for the rough look before: the names that ``totalseg_download_weights`` knows, and the models behind."""
TISSUE_TASK, TISSUE_MODELS = "tissue_types", (481,)


def main(arguments: list[str]) -> int:
    """Check what is needed, then label; the exit code is 0 where an answer was written."""
    what, scan, out, answer = arguments
    close_network()
    end_with_parent()
    try:
        said: dict[str, Any] = {"missing": why_not(what)}
        if not said["missing"]:
            said = {"names": label(what, Path(scan), Path(out))}
    except Exception as error:  # whatever goes wrong in there is told to the process that waits
        said = {"failed": f"{type(error).__name__}: {error}"[:300]}
    except SystemExit as error:
        said = {"failed": f"it ended itself with code {error.code}"}
    Path(answer).write_text(json.dumps(said), encoding="utf-8")
    return 0


def close_network() -> None:
    """Let no name be looked up and no address be reached from this process."""

    def refuse(*arguments: Any, **named: Any) -> NoReturn:
        raise OSError("this process has no network")

    socket.getaddrinfo = refuse
    socket.create_connection = refuse


def end_with_parent() -> None:
    """End this process and its workers as soon as the one that started it is gone, however it went."""
    if os.name != "posix":
        return
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def why_not(what: str) -> str:
    """What is missing, in a sentence with the command that gets it; "" where nothing is."""
    task, models = (TISSUE_TASK, TISSUE_MODELS) if what == "tissues" else (FAST_TASK, FAST_MODELS)
    folder_of = weights_folders()
    if what == "tissues":
        from totalsegmentator.config import has_valid_license_offline

        if has_valid_license_offline()[0] != "yes":
            return (
                "TotalSegmentator wants a licence for its tissues (free for academic use, from its makers): "
                "set it with totalseg_set_license -l NUMBER."
            )
    if any(not folder_of(model).is_dir() for model in models):
        return (
            f"The weights of TotalSegmentator's {task} are not on this computer: fetch them once with totalseg_download_weights -t {task}."
        )
    return ""


def weights_folders() -> Callable[[int], Path]:
    """Where the package keeps the weights of a model."""
    from totalsegmentator.config import get_weights_dir
    from totalsegmentator.map_tasks_config import TASK_ID_WEIGHTS_CONFIGS

    def folder_of(model: int) -> Path:
        known = TASK_ID_WEIGHTS_CONFIGS[model]
        return Path(get_weights_dir(), known.get("rel_path") or "", known["foldername"])

    return folder_of


def label(what: str, scan: Path, out: Path) -> dict[int, str]:
    """Run the package on `scan`; the names of the labels in `out`."""
    from totalsegmentator.map_to_binary import class_map
    from totalsegmentator.python_api import totalsegmentator

    if what == "tissues":
        totalsegmentator(scan, out, ml=True, task=TISSUE_TASK, device="cpu")
        return {int(k): str(v) for k, v in class_map[TISSUE_TASK].items()}
    wanted = {int(k): str(v) for k, v in class_map["total"].items() if v.startswith(("vertebrae_", "rib_")) or v == "sacrum"}
    totalsegmentator(scan, out, ml=True, task="total", fast=True, roi_subset=list(wanted.values()), device="cpu")
    return wanted


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
