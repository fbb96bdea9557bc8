"""The top of a log-likelihood that has one: Newton's method with steps that are halved until they lead upwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from napari_t12_bodycomp.cohort.design import Floats

_MAX_STEPS = 100
_MAX_HALVINGS = 40
_NEAR = 1e-13
"""Twice the rise that a step promises; below it the step, which is taken, squares an error that is already tiny."""

Derivatives = Callable[[Floats], tuple[float, Floats, Floats]]
"""Coefficients to log-likelihood, gradient and information (minus the second derivative)."""


@dataclass(frozen=True, slots=True, eq=False)
class Top:
    """Coefficients, log-likelihood and information at the top."""

    b: Floats
    log_likelihood: float
    information: Floats


def climb(derivatives: Derivatives, start: Floats) -> Top | None:
    """From `start` to the top; None where it is not reached."""
    b = start
    value, gradient, information = derivatives(b)
    for _ in range(_MAX_STEPS):
        step = np.linalg.lstsq(information, gradient, rcond=None)[0]
        if float(gradient @ step) < _NEAR:
            value, _, information = derivatives(b + step)
            return Top(b + step, value, information)
        for _ in range(_MAX_HALVINGS):
            tried = derivatives(b + step)
            if tried[0] >= value - 1e-13 * abs(value):
                break
            step = step / 2
        b = b + step
        value, gradient, information = tried
    return None
