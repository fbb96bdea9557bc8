"""Pictures of random phantoms, one row each: slices at L2, T12, T6 and T1, and bone from in front and from the side.

    python benchmarks/phantom_sheet.py sheet.png --seeds 12 [--first 0]
    python benchmarks/phantom_sheet.py sheet.png --scan FOLDER     # a real scan in the same way, slices evenly spread

Made to be looked at beside real scans: whatever the count of vertebrae rests on should look alike.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from skimage.io import imsave
from skimage.transform import resize

from napari_t12_bodycomp.model.volume import CTVolume
from napari_t12_bodycomp.phantom import make_phantom
from napari_t12_bodycomp.phantom.population import difficulties, random_options
from napari_t12_bodycomp.workflow.source import load_volume

LEVELS = ("L2", "T12", "T6", "T1")
MM_PER_PIXEL, ROW_PIXELS, TILE_PIXELS = 1.6, 340, 270
Picture = npt.NDArray[np.uint8]


def grey(hu: npt.NDArray[np.floating], low: float, high: float) -> Picture:
    return np.asarray(np.clip((hu - low) / (high - low), 0, 1) * 255, np.uint8)


def tile(picture: Picture, mm: tuple[float, float]) -> Picture:
    """`picture` with pixels of `mm` (rows, columns) at the sheet's scale, centred on a tile."""
    shape = [max(1, round(n * size / MM_PER_PIXEL)) for n, size in zip(picture.shape, mm, strict=True)]
    small = np.asarray(resize(picture, shape, preserve_range=True, anti_aliasing=True), np.uint8)
    out = np.zeros((ROW_PIXELS, TILE_PIXELS), np.uint8)
    cut = small[:ROW_PIXELS, max(0, (small.shape[1] - TILE_PIXELS) // 2) :][:, :TILE_PIXELS]
    left = (TILE_PIXELS - cut.shape[1]) // 2
    out[: cut.shape[0], left : left + cut.shape[1]] = cut
    return out


def row(volume: CTVolume, indices: Sequence[int]) -> Picture:
    """Axial slices, then the brightest voxels along each line from in front (back half of the body) and from the side."""
    pixel, spacing = volume.pixel_spacing_mm, volume.slice_spacing_mm
    tiles = [tile(grey(volume.hu[k], -160, 300), pixel) for k in indices]
    back = volume.hu[::-1, volume.shape[1] // 2 - round(20 / pixel[0]) :]
    tiles.append(tile(grey(back.max(1), -50, 700), (spacing, pixel[1])))
    tiles.append(tile(grey(volume.hu[::-1].max(2), -50, 900), (spacing, pixel[0])))
    return np.concatenate(tiles, axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--scan", type=Path)
    args = parser.parse_args()
    rows = []
    if args.scan:
        volume = load_volume(args.scan)
        rows.append(row(volume, [round(s * (len(volume.hu) - 1)) for s in (0.1, 0.3, 0.6, 0.9)]))
    else:
        for seed in range(args.first, args.first + args.seeds):
            phantom = make_phantom(random_options(seed), with_areas=False)
            z = phantom.volume.z_mm
            rows.append(row(phantom.volume, [int(np.abs(z - phantom.truth.vertebrae[level]).argmin()) for level in LEVELS]))
            print(f"{seed}: {', '.join(difficulties(phantom.options))}", flush=True)
    imsave(args.picture, np.concatenate(rows), check_contrast=False)


if __name__ == "__main__":
    main()
