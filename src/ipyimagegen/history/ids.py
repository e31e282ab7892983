"""Names for jobs."""

from __future__ import annotations

import secrets
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Base 32 without the letters that look like digits."""


def new_id() -> str:
    """A short id that sorts by time: eight base-32 digits of milliseconds, four of chance."""
    number = (int(time.time() * 1000) % 2**40) << 20 | secrets.randbits(20)
    return "j" + "".join(ALPHABET[number >> shift & 31] for shift in range(55, -1, -5))
