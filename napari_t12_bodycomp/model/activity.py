"""How long somebody really worked, idle time left out."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

IDLE_AFTER_S = 60.0
"""A pause longer than this is no work."""


def active_seconds(moments_s: Iterable[float], idle_after_s: float = IDLE_AFTER_S) -> float:
    """Seconds between neighbouring `moments_s` (of key presses, strokes, scrolling; any order), without pauses above `idle_after_s`."""
    times = sorted(moments_s)
    return sum(b - a for a, b in itertools.pairwise(times) if b - a <= idle_after_s)
