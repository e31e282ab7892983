"""Bytes inside of text: base64 and `data:` URIs from outside."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

from ..core.errors import MediaError

MAX_DECODED_BYTES = 200_000_000

_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
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
    """The bytes in a `data:` URI. As `read_data_uri`."""
    return read_data_uri(uri, max_bytes)[0]


def read_data_uri(uri: str, max_bytes: int = MAX_DECODED_BYTES) -> tuple[bytes, str]:
    """The bytes in a `data:` URI (RFC 2397), base64 of either alphabet or percent-encoded, and its media type.

    The type is in lower case, and `""` where none is named. Raises `MediaError`.
    """
    head, comma, body = uri.strip().partition(",")
    if not comma or head[:5].lower() != "data:":
        raise MediaError("this is not a data: URI: it has no comma")
    kind, *options = [part.strip().lower() for part in head[5:].split(";")]
    encoded = "base64" in options
    if len(body) * (_BASE64_BYTES_PER_CHAR if encoded and "%" not in body else 1 / 3) > max_bytes + 3:
        raise MediaError(f"a data: URI of more than {max_bytes / 1e6:,.0f} MB")
    # Some clients percent-encode the plus, slash and equals signs.
    data = unquote_to_bytes(body) if "%" in body or not encoded else body.encode("ascii", "replace")
    if encoded:
        text = b"".join(data.split()).translate(_URL_SAFE).rstrip(b"=")
        try:
            data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
        except (binascii.Error, ValueError) as error:
            raise MediaError("the base64 of this data: URI cannot be decoded") from error
    if len(data) > max_bytes:
        raise MediaError(f"a data: URI of more than {max_bytes / 1e6:,.0f} MB")
    return data, kind


def data_uri(data: bytes, media_type: str) -> str:
    """Bytes as a `data:` URI."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
