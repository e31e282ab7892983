"""Texts in the lowest bits of a picture's transparency, where NovelAI hides them from sites that clean files.

From the first column down, then the next: 15 characters, the number of bits that follow (32 bits), the text. Format:
github.com/NovelAI/novelai-image-metadata. AUTOMATIC1111 has an extension that writes the same.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from ...core.errors import MediaError
from ..pixels import decode
from .png import SIGNATURE
from .window import MAX_TEXT_BYTES, Data

if TYPE_CHECKING:
    import numpy as np

MAX_PIXELS = 25_000_000
"""The picture has to be decoded for it: of larger ones it is not looked for."""

MAX_FILE_BYTES = 64_000_000
_PLAIN, _PACKED = b"stealth_pnginfo", b"stealth_pngcomp"
_HEAD_BITS = 8 * len(_PLAIN) + 32
_RGBA = 6  # PNG's colour type, at byte 25; NovelAI and the extension write 8 bits a channel


def read(data: Data) -> str:
    """The text in a PNG's transparency, `""` where there is none. Decodes the picture, if it has any transparency.

    Raises only what a `Window`'s file raises.
    """
    head = data[:26]
    if head[: len(SIGNATURE)] != SIGNATURE or head[24:] != bytes([8, _RGBA]) or len(data) > MAX_FILE_BYTES:
        return ""
    try:
        return in_picture(decode(data[:], max_pixels=MAX_PIXELS))
    except MediaError:
        return ""


def in_picture(picture: Any) -> str:
    """The same of a decoded `PIL.Image`, whatever file it is from."""
    import numpy as np

    if picture.mode != "RGBA" or picture.width * picture.height > MAX_PIXELS:
        return ""
    alpha = np.asarray(picture.getchannel("A"), dtype=np.uint8)
    columns = -(-_HEAD_BITS // max(1, alpha.shape[0]))
    head = _bytes(alpha[:, :columns], _HEAD_BITS)
    if head[:-4] not in (_PLAIN, _PACKED):
        return ""
    bits = int.from_bytes(head[-4:], "big")
    if bits > 8 * MAX_TEXT_BYTES:
        return ""
    body = _bytes(alpha, _HEAD_BITS + bits)[len(head) :]
    return (_unpacked(body) if head[:-4] == _PACKED else body).decode("utf-8", "replace").strip("\0 \n")


def _bytes(alpha: np.ndarray[Any, np.dtype[np.uint8]], bits: int) -> bytes:
    import numpy as np

    return np.packbits((alpha & 1).T.ravel()[:bits]).tobytes()


def _unpacked(body: bytes) -> bytes:
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(body, MAX_TEXT_BYTES)
    except zlib.error:
        return b""
