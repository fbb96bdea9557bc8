"""``python -m napari_t12_bodycomp.phantom FOLDER`` writes the sample scan and its answers."""

from __future__ import annotations

import argparse
from pathlib import Path

from napari_t12_bodycomp.phantom.files import write_sample


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m napari_t12_bodycomp.phantom", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    phantom = write_sample(folder)
    print(f"{len(phantom.volume.hu)} slices in {folder / 'chest_5mm'}, answers in {folder / 'answers.json'}")


if __name__ == "__main__":
    main()
