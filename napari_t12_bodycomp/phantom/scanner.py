"""What a scanner adds: table, texture, correlated noise, the round field of view."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft

from napari_t12_bodycomp.model.volume import AIR_HU
from napari_t12_bodycomp.phantom.metal import streaks
from napari_t12_bodycomp.phantom.options import PhantomOptions

F32 = npt.NDArray[np.float32]
TABLE_CURVE = 0.00104


def outside_fov(o: PhantomOptions) -> npt.NDArray[np.bool_]:
    """Corners outside the round field of view, bool (Y, X)."""
    a = np.arange(o.n_pixels) - (o.n_pixels - 1) / 2
    return np.asarray(np.hypot(a[None, :], a[:, None]) > o.n_pixels / 2)


class Scanner:
    """Adds table and noise to ideal slices of one phantom; each slice has its own random stream."""

    def __init__(self, options: PhantomOptions, axis_mm: F32, table_top_mm: float) -> None:
        self.o = options
        self.outside = outside_fov(options)
        x, y = axis_mm[None, :], axis_mm[:, None]
        self.table = self._table(x, y, table_top_mm)
        n, pixel = options.n_pixels, options.pixel_mm
        f = np.hypot(fft.fftfreq(n, pixel)[:, None], fft.rfftfreq(n, pixel)[None, :]).astype(np.float32)
        self.spectrum = np.sqrt(f) * np.exp(-((f / 0.33) ** 2) / 2) + np.float32(0.004)
        r = np.hypot(x, y - np.float32(10)) / np.float32(190 * options.scale)
        self.profile = (1.0 - 0.38 * np.clip(r, 0, 1.3) ** 2).astype(np.float32)

    def _table(self, x: F32, y: F32, top_mm: float) -> F32:
        """HU added by the table: two thin shells and foam, curved like a trough; in front of a patient who lies prone."""
        if self.o.prone:
            y, top_mm = -y, -top_mm
        top = top_mm - np.float32(TABLE_CURVE) * x * x
        hu = np.full(np.broadcast_shapes(x.shape, y.shape), -1000.0, np.float32)
        for depth, thick, value in ((0.0, 1.4, 40.0), (14.0, 1.6, 90.0)):
            d = np.abs(y - top - depth) - thick
            a = np.clip(0.5 - d, 0, 1) * (np.abs(x) < 205)
            hu += a * (value - hu)
        foam = (y > top + 2) & (y < top + 12) & (np.abs(x) < 205)
        hu[foam & (hu < -900)] = -955
        return hu

    def without_noise(self, ideal: F32) -> F32:
        return np.maximum(ideal, self.table)

    def _field(self, rng: np.random.Generator, spectrum: F32) -> F32:
        n = self.o.n_pixels
        white = rng.standard_normal((n, n), dtype=np.float32)
        out = fft.irfft2(fft.rfft2(white) * spectrum, s=(n, n))
        return np.asarray(out / out.std(), np.float32)

    def scan(self, ideal: F32, k: int, z: float) -> npt.NDArray[np.int16]:
        """The slice as stored: int16 HU, air outside the field of view."""
        hu = self.without_noise(ideal)
        if self.o.metal != "none":
            added = streaks(ideal, self.o.pixel_mm, np.random.default_rng([self.o.seed, 8, k]))
            hu = hu if added is None else hu + added
        if self.o.noise_hu > 0:
            rng = np.random.default_rng([self.o.seed, 7, k])
            body = (ideal > -300).mean() * (self.o.n_pixels * self.o.pixel_mm) ** 2 / 1e2
            load = float(np.clip(body / (640.0 * self.o.scale**2), 0.55, 1.7))
            shoulders = 1.0 + 0.5 * float(np.clip((z / self.o.scale - 195) / 35, 0, 1))
            noise = self._field(rng, self.spectrum) * (self.o.noise_hu * load * shoulders)
            if self.o.arms_down:
                shoulders = max(shoulders, 1.25)
            if shoulders > 1.0:
                streak = np.repeat(rng.standard_normal((self.o.n_pixels, 1), dtype=np.float32), self.o.n_pixels, axis=1)
                noise += streak * np.float32(self.o.noise_hu * (shoulders - 1) * 0.8)
            hu = hu + noise * self.profile
        np.clip(hu, AIR_HU, 3071, out=hu)
        hu[self.outside] = AIR_HU
        return np.rint(hu).astype(np.int16)
