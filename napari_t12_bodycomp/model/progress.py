"""How long work reports where it is, and how it is stopped."""

from collections.abc import Callable

Progress = Callable[[float, str], None]
"""Called with the share done (0 to 1) and a few words. It may raise `napari_t12_bodycomp.errors.Cancelled`, which stops the work."""


def no_progress(share: float, words: str) -> None:
    """Report nothing."""
