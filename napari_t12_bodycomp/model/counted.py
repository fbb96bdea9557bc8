"""Numbers of things in words."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """``1 image`` or ``3 images``; `many` where an s at the end does not make the plural."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
