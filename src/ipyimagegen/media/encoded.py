"""Bytes inside of text: base64 and `data:` URIs from outside."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

from ..core.errors import MediaError

MAX_DECODED_BYTES = 200_000_000

_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_BASE64_BYTES_PER_CHAR = 0.75
_MIN_BASE64_CHARS = 32  # the smallest GIF has 48; shorter ones are words and names


def decode_base64(text: str, max_bytes: int = MAX_DECODED_BYTES) -> bytes | None:
    """The bytes in a base64 text, with or without line breaks and padding; `None` where it is none.

    Raises `MediaError` where it is longer than `max_bytes`. Any word of the right letters is base64: look at what
    comes out.
    """
    if len(text) < _MIN_BASE64_CHARS:
        return None
    compact = "".join(text.split())
    if not _BASE64.fullmatch(compact):
        return None
    if len(compact) * _BASE64_BYTES_PER_CHAR > max_bytes + 3:
        raise MediaError(f"base64 of more than {max_bytes / 1e6:,.0f} MB")
    try:
        return base64.b64decode(compact.rstrip("=") + "=" * (-len(compact.rstrip("=")) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def decode_data_uri(uri: str, max_bytes: int = MAX_DECODED_BYTES) -> bytes:
    """The bytes in a `data:` URI (RFC 2397), base64 or percent-encoded. Raises `MediaError`."""
    head, comma, body = uri.strip().partition(",")
    if not comma or head[:5].lower() != "data:":
        raise MediaError("this is not a data: URI: it has no comma")
    if not head.lower().endswith(";base64"):
        if len(body) > max_bytes * 3:
            raise MediaError(f"a data: URI of more than {max_bytes / 1e6:,.0f} MB")
        return unquote_to_bytes(body)
    # Some clients percent-encode the plus, slash and equals signs.
    text = unquote_to_bytes(body).decode("ascii", "replace") if "%" in body else body
    compact = "".join(text.split())
    if len(compact) * _BASE64_BYTES_PER_CHAR > max_bytes + 3:
        raise MediaError(f"a data: URI of more than {max_bytes / 1e6:,.0f} MB")
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MediaError("the base64 of this data: URI cannot be decoded") from error
