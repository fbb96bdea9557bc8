"""What each vertebra looks like on the straightened spine: heights, ribs and processes, and how often the count varies.

Lateral distances are from the canal's centre. Means and spreads are set by anatomy and kept wide; none is fitted to a single scan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

N_CERVICAL = 7
C1 = -6
"""Number of the first cervical vertebra, where T1 is 1."""
PAIRS_PRIOR = {12: 0.916, 11: 0.080, 13: 0.004}
"""Rib pairs: 11 in 8.0%, 13 in 0.4% of 1340 people (see the protocol's level pitfalls)."""
LUMBAR_PRIOR = {5: 0.92, 4: 0.035, 6: 0.045}
STUMP_PRIOR = 0.126
"""Share of people with hypoplastic twelfth ribs (n = 551)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How the rib or process of one kind of vertebra is seen on one side.

    Parameters
    ----------
    reach_mm, slope, rise_mm, depth_mm : (float, float)
        Mean and standard deviation of the farthest lateral point, of mm upward per mm outward, of mm backward over the first 16 mm, and of mm
        behind the canal's centre at 36 mm lateral (or at the outer end, where that is nearer).
    missed : float
        Probability that nothing is followed on a visible side.
    is_rib : bool
        Whether it is a rib.
    """

    name: str
    reach_mm: tuple[float, float]
    slope: tuple[float, float]
    rise_mm: tuple[float, float]
    depth_mm: tuple[float, float]
    missed: float
    is_rib: bool


RIB = Kind("rib", (128.0, 14.0), (-0.10, 0.22), (10.0, 5.0), (14.0, 5.5), 0.01, True)
RIB_1 = Kind("first rib", (70.0, 7.0), (-0.15, 0.25), (8.0, 7.0), (-5.0, 6.5), 0.15, True)
RIB_2 = Kind("second rib", (97.0, 8.0), (-0.05, 0.22), (10.0, 6.0), (7.0, 6.0), 0.04, True)
RIB_3 = Kind("third rib", (112.0, 10.0), (0.0, 0.22), (10.0, 6.0), (12.0, 6.0), 0.02, True)
RIB_10 = Kind("tenth rib", (124.0, 14.0), (-0.30, 0.22), (10.0, 5.0), (14.0, 6.0), 0.01, True)
RIB_11 = Kind("eleventh rib", (114.0, 18.0), (-0.48, 0.28), (11.0, 6.0), (14.0, 6.5), 0.015, True)
RIB_12 = Kind("last rib", (90.0, 22.0), (-0.55, 0.32), (11.0, 6.0), (12.0, 7.0), 0.02, True)
STUMP = Kind("short last rib", (49.0, 7.0), (-0.32, 0.18), (7.0, 4.5), (9.0, 6.5), 0.06, True)
PROCESS_T12 = Kind("process", (32.0, 5.0), (-0.1, 0.22), (1.0, 5.0), (9.0, 6.0), 0.40, False)
PROCESS_L1 = Kind("process", (37.0, 4.0), (0.0, 0.16), (1.0, 4.0), (9.0, 6.0), 0.25, False)
PROCESS_L2 = Kind("process", (40.5, 4.5), (0.03, 0.18), (1.5, 4.5), (9.0, 6.5), 0.20, False)
PROCESS_L3 = Kind("process", (45.0, 5.5), (0.03, 0.18), (1.0, 5.0), (8.0, 7.0), 0.15, False)
PROCESS_L4 = Kind("process", (45.0, 6.0), (0.05, 0.22), (3.0, 6.0), (5.0, 7.5), 0.15, False)
PROCESS_L5 = Kind("process", (47.0, 9.0), (0.0, 0.30), (4.0, 8.0), (-3.0, 8.0), 0.20, False)
PROCESS_C7 = Kind("process", (31.0, 4.5), (-0.2, 0.4), (-3.0, 6.0), (-5.0, 6.0), 0.35, False)
PROCESS_C = Kind("process", (28.0, 3.5), (-0.3, 0.6), (-3.0, 6.0), (-6.0, 7.0), 0.55, False)
SACRUM = Kind("sacrum", (80.0, 40.0), (-0.2, 0.8), (0.0, 14.0), (-3.0, 14.0), 0.15, False)

_HEIGHTS = {-5: 16.5, -4: 16.0, -3: 16.0, -2: 16.0, -1: 16.5, 0: 17.5, 1: 19.0, 2: 20.0, 3: 20.8, 4: 21.8, 5: 22.8, 6: 23.8, 7: 24.6}
_HEIGHTS |= {8: 25.5, 9: 26.5, 10: 27.5, 11: 29.0, 12: 30.5, 13: 32.5, 14: 33.5, 15: 34.0, 16: 33.5, 17: 32.5, 18: 31.0}


def height_mm(number: int) -> float:
    """Usual distance between foramina of vertebra `number` (1 = T1, 12 = T12, 13 = L1, 0 = C7) in an adult (mm)."""
    return _HEIGHTS[int(np.clip(number, -5, 18))]


def kind_of(number: int, pairs: int, lumbar: int, stump: bool) -> Kind:
    """The kind of vertebra `number` (1 = T1) in a spine with `pairs` rib pairs and `lumbar` vertebrae after the twelfth thoracic."""
    if number > 12 + lumbar:
        return SACRUM
    if number < 0:
        return PROCESS_C
    if number == 0:
        return PROCESS_C7
    if number > pairs:
        to_sacrum = 12 + lumbar - number
        first = number - max(12, pairs)
        if number <= 12:
            return PROCESS_T12
        if first == 1:
            return PROCESS_L1
        if to_sacrum == 0:
            return PROCESS_L5
        return {2: PROCESS_L2, 3: PROCESS_L3}.get(first, PROCESS_L4)
    if number == pairs:
        return STUMP if stump else RIB_12
    if number == pairs - 1 and number >= 10:
        return RIB_11
    return {1: RIB_1, 2: RIB_2, 3: RIB_3, 10: RIB_10}.get(number, RIB)


def name_of(number: int, lumbar: int = 5) -> str:
    """T1..T12, L1.., S1.., C7.. for `number` (1 = T1, 12 = T12)."""
    if number < 1:
        return f"C{max(1, N_CERVICAL + number)}"
    if number <= 12:
        return f"T{number}"
    return f"L{number - 12}" if number <= 12 + lumbar else f"S{number - 12 - lumbar}"
