"""When a service says to come back: `Retry-After` in both forms, and Segmind's `x-rate-limit-reset-at-utc`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_WAIT_S = 3600.0
"""A longer wait than this is not believed."""

RESET_HEADER = "x-rate-limit-reset-at-utc"
"""Segmind's 429 has no Retry-After (services/segmind/PROTOCOL.md, 3.2)."""

_NUMBER = re.compile(r"\d{1,15}(\.\d{0,9})?", re.ASCII)
_MILLISECONDS_FROM = 1e11
_EPOCH_FROM = 1e8


def retry_after_s(headers: Mapping[str, str], *, wall_s: float) -> float | None:
    """Seconds to wait, 0 to `MAX_WAIT_S`, or `None` where the service names no time that can be read.

    `headers` by lower-case name; `wall_s` is the Unix time here. A date is measured against the answer's own `Date`, so
    that a clock that is wrong here does no harm. Of two headers the later time counts.
    """
    now = _moment(headers.get("date", "")) or wall_s
    asked = headers.get("retry-after", "").strip()
    waits: list[float] = []
    if _NUMBER.fullmatch(asked):
        waits.append(float(asked))
    elif (moment := _moment(asked)) is not None:
        waits.append(moment - now)
    reset = headers.get(RESET_HEADER, "").strip()
    if _NUMBER.fullmatch(reset) and float(reset) < _EPOCH_FROM:
        waits.append(float(reset))
    elif (moment := _moment(reset)) is not None:
        waits.append(moment - now)
    return min(max(0.0, *waits), MAX_WAIT_S) if waits else None


def _moment(text: str) -> float | None:
    """Unix seconds of a date in any customary spelling: ISO 8601, RFC 1123, Unix seconds or milliseconds.

    UTC where nothing is said.
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        number = float(text)
        return number / 1000 if number >= _MILLISECONDS_FROM else number
    for parse in (_iso, parsedate_to_datetime):
        try:
            moment = parse(text)
            stamp = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
        if math.isfinite(stamp):
            return stamp
    return None


def _iso(text: str) -> datetime:
    return datetime.fromisoformat(re.sub(r"\s*(UTC|GMT|Z)$", "+00:00", text, flags=re.IGNORECASE))
