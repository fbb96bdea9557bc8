"""Search an archive from the window and save a picture of what it found, and one of a retrieval half-way.

    python docs/make_pacs_screenshots.py NODE --patient-id ID --out FOLDER [--size 1600x960]

Needs a display (``xvfb-run`` will do) and an archive that `t12-bodycomp pacs node add` knows.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from window_waits import spin, until

from napari_t12_bodycomp.gui.app import close_window, quiet_viewer
from napari_t12_bodycomp.gui.workbench import open_workbench


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("node")
    parser.add_argument("--patient-id", required=True)
    parser.add_argument("--out", type=Path, default=Path("screenshots"))
    parser.add_argument("--size", default="1600x960")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    width, height = (int(v) for v in given.size.split("x"))
    kept = Path(tempfile.mkdtemp())

    viewer = quiet_viewer()
    bench = open_workbench(viewer, "assessor 1", kept / "unfinished")
    viewer.show()
    viewer.window.resize(width, height)
    spin(0.5)
    page = bench.pacs_page
    page.flow.folder = kept / "scans"
    page.toggle()
    page.stack.setCurrentIndex(1)
    spin(0.5)
    bench.screenshot(str(given.out / "pacs_add.png"))
    page.stack.setCurrentIndex(0)
    page.flow.choose_node(given.node)
    page.fields.patient_id.setText(given.patient_id)
    page.search()
    until(lambda: page.flow.state.series is not None)
    page.flow.retrieve()
    until(lambda: page.flow.fetching.state.share > 0.4)
    spin(0.25)
    bench.screenshot(str(given.out / "pacs.png"))
    until(lambda: bench.session.state.volume is not None)
    until(lambda: not bench.jobs.state.running)
    spin(1.0)
    bench.screenshot(str(given.out / "pacs_opened.png"))
    close_window(bench)


if __name__ == "__main__":
    main()
