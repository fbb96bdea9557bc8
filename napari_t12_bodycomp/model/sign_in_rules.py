"""When an account may not be signed in to for a while: after five wrong passwords in a row."""

from __future__ import annotations

from datetime import datetime, timedelta

FREE_FAILURES = 5
_FIRST_WAIT_MINUTES, _LONGEST_WAIT_MINUTES = 1, 60


def locked_until(failures: int, last_at: str) -> datetime | None:
    """Until when an account is locked after `failures` wrong passwords in a row, the last at `last_at` (UTC, ISO 8601); None where it is not.

    One minute after the fifth, twice as long after each further one, an hour at most.
    """
    if failures < FREE_FAILURES:
        return None
    minutes = min(_LONGEST_WAIT_MINUTES, _FIRST_WAIT_MINUTES * 2 ** min(failures - FREE_FAILURES, 10))
    return datetime.fromisoformat(last_at) + timedelta(minutes=minutes)


def why_locked(name: str, failures: int, last_at: str, now: str) -> str:
    """Why the account `name` may not be signed in to at `now`, whatever the password."""
    until = locked_until(failures, last_at)
    if until is None or datetime.fromisoformat(now) >= until:
        return ""
    return f"{failures} wrong passwords came for {name!r}: wait until {until:%H:%M:%S} UTC, or ask a lead to lift the lock."
