"""Numbers as services write them: also as text, and sometimes as something else."""

from __future__ import annotations

LARGEST = 1e18
"""Nothing that a service counts is larger; from here on a number is a mistake."""


def read_number(value: object) -> float | None:
    """A finite number, or one in a text; `None` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < LARGEST else None
