"""Smooth random fields that are functions of place, not of the grid: the same anatomy on any pixel size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Waves:
    """A sum of plane waves, values of about unit standard deviation.

    Parameters
    ----------
    k : float array (N, 3)
        Wave vectors (x, y, z; radians per mm).
    phase : float array (N,)
    """

    k: npt.NDArray[np.float64]
    phase: npt.NDArray[np.float64]

    def on_grid(self, x: npt.NDArray[np.floating], y: npt.NDArray[np.floating], z: float) -> F32:
        """Values at all pixels (Y, X) of axes x (X,) and y (Y,) in the plane z (mm)."""
        ax = np.outer(self.k[:, 0], x) + (self.phase + self.k[:, 2] * z)[:, None]
        ay = np.outer(self.k[:, 1], y)
        left = np.concatenate([np.cos(ay), np.sin(ay)]).astype(np.float32)
        right = np.concatenate([np.sin(ax), np.cos(ax)]).astype(np.float32)
        out = np.empty((len(y), len(x)), np.float32)
        # In strips below the size from which linear algebra libraries start threads of their own, which cost more than they bring here.
        rows = max(1, 200_000 // (len(left) * len(x)))
        for first in range(0, len(y), rows):
            np.matmul(left[:, first : first + rows].T, right, out=out[first : first + rows])
        out *= np.float32(np.sqrt(2 / len(self.phase)))
        return out


def build_waves(rng: np.random.Generator, n: int, shortest_mm: float, longest_mm: float, stretch_z: float = 1.0) -> Waves:
    """`n` waves with wavelengths between the two bounds in random directions; `stretch_z` > 1 makes them longer along z."""
    direction = rng.normal(size=(n, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    length = np.exp(rng.uniform(np.log(shortest_mm), np.log(longest_mm), n))
    k = direction * (2 * np.pi / length)[:, None]
    k[:, 2] /= stretch_z
    return Waves(k, rng.uniform(0, 2 * np.pi, n))
