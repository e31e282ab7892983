"""The text of an EXIF UserComment: its first eight bytes name a character code, and writers do as they like.

Exif 2.32, 4.6.5, table 9; Exif 3.0 lets `UNICODE` mean UTF-8. UTF-16 has no byte order there, and often no mark.
"""

from __future__ import annotations

import unicodedata

_UNICODE, _ASCII, _JIS = b"UNICODE\0", b"ASCII\0\0\0", b"JIS\0\0\0\0\0"
_LOOKED_AT = 2_000
_ODD = frozenset({"Cn", "Co", "Cs", "Cc"})


def written(text: str) -> bytes:
    """`text` as the value of a UserComment, in the form that webui tools read."""
    return _UNICODE + text.encode("utf-16-be", "replace")


def user_comment(value: bytes, *, big_endian: bool = True) -> str:
    """The text of a UserComment, `""` for an empty one. `big_endian` is the block's order, the last of the hints."""
    code, body = value[:8], value[8:]
    if code == _UNICODE:
        text = _unicode(body, big_endian=big_endian)
    elif code == _JIS:
        text = body.decode("iso2022_jp", "replace")
    elif code in (_ASCII, bytes(8)):
        text = _eight_bits(body)
    elif 0 in value[:200].rstrip(b"\0"):
        text = _unicode(value, big_endian=big_endian)
    else:
        text = _eight_bits(value)  # some writers leave the code out
    return text.rstrip("\0 ").strip()


def _eight_bits(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("latin-1") if body.count(0) == 0 else body.decode("utf-8", "replace")


def _unicode(body: bytes, *, big_endian: bool) -> str:
    """UTF-16 of either order, or UTF-8: by its mark, by its null bytes, else by what reads like a text."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    if 0 not in body.rstrip(b"\0"):
        try:
            return body.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
        except UnicodeDecodeError:
            pass
    big, little = body.decode("utf-16-be", "replace"), body.decode("utf-16-le", "replace")
    odd = _oddness(big) - _oddness(little)
    even_nulls, odd_nulls = body[0::2].count(0), body[1::2].count(0)
    if even_nulls != odd_nulls:
        return big if even_nulls > odd_nulls else little
    if odd:
        return little if odd > 0 else big
    return big if big_endian else little


def _oddness(text: str) -> int:
    """How many characters no text has: unassigned, private, surrogates, controls."""
    return sum(c == "\ufffd" or (c not in "\n\r\t\0" and unicodedata.category(c) in _ODD) for c in text[:_LOOKED_AT])
