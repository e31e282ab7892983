"""Small pictures, made here, for the tests of this folder."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

from ipyimagegen.core.events import Output
from ipyimagegen.media.artifacts import Artifact, Payload, make_artifact
from ipyimagegen.media.metadata.record import Record

FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
    "image/avif": "AVIF",
}


def noise(width: int = 24, height: int = 16, channels: int = 3) -> np.ndarray[Any, Any]:
    """Pixels that compress badly, the same each time."""
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)


def picture(
    media_type: str = "image/png", width: int = 24, height: int = 16, channels: int = 3, **options: Any
) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(noise(width, height, channels)).save(buffer, FORMATS[media_type], **options)
    return buffer.getvalue()


def flat(width: int, height: int, colour: tuple[int, int, int] | tuple[int, int, int, int] = (200, 60, 30)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB" if len(colour) == 3 else "RGBA", (width, height), colour).save(buffer, "PNG")
    return buffer.getvalue()


def artifact(data: bytes | None = None, *, index: int = 0, seed: int | None = 7, **record: Any) -> Artifact:
    data = picture() if data is None else data
    known = Record(**({"model": "local/sketch", "prompt": "a lighthouse", "seed": seed} | record))
    return make_artifact(Payload(data=data), Output(data=data), index=index, seed=seed, alt=known.prompt, record=known)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunk(png: bytes, kind: bytes, body: bytes) -> bytes:
    """`png` with one more chunk behind its header."""
    return png[:33] + png_chunk(kind, body) + png[33:]


def png_claiming(width: int, height: int) -> bytes:
    """A PNG header for a picture of that size, and no pixels to speak of."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(b"\0" * 64)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def signed_png() -> bytes:
    return with_chunk(picture(), b"caBX", b"\0\0\0\x10jumbtest-store")


def signed_jpeg() -> bytes:
    data = picture("image/jpeg")
    body = b"JP\x00\x01\x00\x00\x00\x01" + struct.pack(">I", 64) + b"jumb" + bytes(40)
    return data[:2] + struct.pack(">BBH", 0xFF, 0xEB, len(body) + 2) + body + data[2:]


def signed_webp() -> bytes:
    data = picture("image/webp")
    chunk = b"C2PA" + struct.pack("<I", 8) + b"manifest"
    return b"RIFF" + struct.pack("<I", len(data) - 8 + len(chunk)) + data[8:] + chunk


SIGNED = {"image/png": signed_png, "image/jpeg": signed_jpeg, "image/webp": signed_webp}
