"""Quality flags: a short code for the table, a sentence for the reader."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QualityFlag:
    """One thing about a scan that a reader of its numbers must know, such as ``fov_truncated``."""

    code: str
    sentence: str
