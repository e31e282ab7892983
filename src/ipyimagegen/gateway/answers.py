"""Small parts of answers that several services share: pages, and moments as headers and JSON have them."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from email.utils import formatdate
from html import escape

from starlette.responses import Response

PAGE = "<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"


def html_response(status: int, title: str, media_type: str = "text/html") -> Response:
    """A page of the kind that proxies in front of a service answer with."""
    return Response(PAGE.format(title=escape(title)), status_code=status, media_type=media_type)


def retry_after(seconds: float, *, date: bool = False) -> str:
    """A Retry-After value in whole seconds, or as the HTTP date of that moment."""
    return formatdate(time.time() + seconds, usegmt=True) if date else str(math.ceil(seconds))


def reset_at(seconds: float) -> str:
    """The moment in `seconds`, as Segmind's `x-rate-limit-reset-at-utc` gives it."""
    return datetime.fromtimestamp(time.time() + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def iso(at: float | None) -> str | None:
    """A moment, in Unix seconds, as ISO 8601 in UTC."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
