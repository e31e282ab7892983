"""What bytes are, told from the bytes: media types, sizes in pixels. Pure, standard library only, and it never decodes.

A server's `Content-Type` and a file's suffix are claims; only the content counts here.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Collection

from ..core.errors import MediaError, capped

HEAD_BYTES = 4_096
"""Enough of a file's beginning for `sniff`."""

RASTER: frozenset[str] = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/tiff", "image/avif"}
)
"""Pictures that Pillow can decode, and that this package shows."""

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic"})
"""By which files are offered as pictures. What is in one is told by its bytes."""

TEXTS = ("text", "application/json", "application/xml")
"""Media that a person reads: in a picture's place they are an error or a page."""

SUFFIXES: dict[str, str] = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/bmp": ".bmp",
    "image/tiff": ".tiff",
    "image/avif": ".avif",
    "image/heic": ".heic",
    "image/jxl": ".jxl",
    "image/svg+xml": ".svg",
    "image/vnd.adobe.photoshop": ".psd",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "video/x-matroska": ".mkv",
    "video/x-msvideo": ".avi",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/aac": ".aac",
    "audio/wav": ".wav",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
    "application/pdf": ".pdf",
    "application/json": ".json",
    "application/zip": ".zip",
    "application/gzip": ".gz",
    "application/xml": ".xml",
    "model/gltf-binary": ".glb",
    "text/html": ".html",
    "text/plain": ".txt",
}
"""The suffix that a file of each known medium gets."""

_OTHER_SUFFIXES = {".jpeg": "image/jpeg", ".jfif": "image/jpeg", ".tif": "image/tiff", ".heif": "image/heic"}
_BY_SUFFIX = {suffix: media_type for media_type, suffix in SUFFIXES.items()} | _OTHER_SUFFIXES
MEDIA_SUFFIXES: frozenset[str] = frozenset(
    suffix for suffix, kind in _BY_SUFFIX.items() if kind.partition("/")[0] in ("image", "video", "audio", "model")
)
"""Suffixes that make a string look like the name of a picture, a film, a sound or a model."""

_PREFIXES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"glTF", "model/gltf-binary"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_HTML = re.compile(r"<(!doctype\s+html|html|head|body|title|meta|script|h1|p|div|center)\b", re.IGNORECASE)
_SVG = re.compile(r"<svg[\s>]", re.IGNORECASE)
_MAX_JPEG_SEGMENTS = 1_000


def sniff(data: bytes | bytearray | memoryview) -> str:
    """The media type of `data`, `""` where it is none that is known. Looks at the first `HEAD_BYTES` bytes only."""
    head = bytes(data[:HEAD_BYTES])
    for prefix, media_type in _PREFIXES:
        if head.startswith(prefix):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    if head[:4] == b"\x1aE\xdf\xa3":
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if _is_bmp(head):
        return "image/bmp"
    return _mpeg_audio(head) or _text(head)


def _iso_media(head: bytes) -> str:
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))}
    if brands & {b"avif", b"avis"}:
        return "image/avif"
    if head[8:12] in _HEIC_BRANDS:
        return "image/heic"
    if head[8:12] == b"qt  ":
        return "video/quicktime"
    return "audio/mp4" if head[8:11] == b"M4A" else "video/mp4"


def _is_bmp(head: bytes) -> bool:
    return (
        head[:2] == b"BM" and len(head) >= 18 and head[14] in (12, 40, 52, 56, 64, 108, 124) and head[15:18] == bytes(3)
    )


def _mpeg_audio(head: bytes) -> str:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return ""
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    layer3 = head[1] & 0x06 == 0x02 and head[1] & 0x18 != 0x08
    return "audio/mpeg" if layer3 and head[2] >> 4 not in (0, 15) and head[2] & 0x0C != 0x0C else ""


def _text(head: bytes) -> str:
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3 or len(head) < HEAD_BYTES:
            return ""
        text = head[: error.start].decode("utf-8-sig")
    if not text.strip() or any(ord(c) < 32 and c not in "\t\n\r\f" for c in text):
        return ""
    start = text.lstrip()
    if start.startswith("<"):
        svg = _SVG.search(start)
        if svg and not _HTML.search(start[: svg.start()]):
            return "image/svg+xml"
        if start.startswith("<?xml"):
            return "application/xml"
        return "text/html" if start.startswith("<!--") or _HTML.match(start) else "text/plain"
    return "application/json" if re.match(r'\{\s*["}]|\[\s*[\[\]{"\d-]', start) else "text/plain"


def media_type_of_suffix(suffix: str) -> str:
    """The media type that a suffix such as `".jpg"` promises, `""` for one that is not known."""
    return _BY_SUFFIX.get(suffix.lower(), "")


def suffix_of(media_type: str) -> str:
    """The suffix for a media type, `".bin"` for one that is not known."""
    return SUFFIXES.get(media_type, ".bin")


def is_among(media_type: str, media: Collection[str]) -> bool:
    """Whether a media type is one of `media`, which may name families (`"image"`) and types (`"image/png"`)."""
    return bool(media_type) and (media_type in media or media_type.partition("/")[0] in media)


def check(data: bytes, expected: str = "") -> str:
    """The real media type of `data`, where a medium like `expected` should be.

    `expected` is a claim such as `"image/webp"`, a family such as `"image"`, or `""` for anything. A wrong type within
    the family is corrected; another family (an HTML page, a JSON error where a picture should be) raises `MediaError`
    that quotes a little of what came. `""` is returned for unknown content where anything was expected.
    """
    if not data:
        raise MediaError("the file is empty")
    found = sniff(data)
    family = expected.partition("/")[0].strip().lower()
    if family not in ("image", "video", "audio", "model") or found.partition("/")[0] == family:
        return found
    if found.startswith(("text/", "application/json", "application/xml")):
        text = capped(data[:1_000].decode("utf-8", "replace"), 200)
        raise MediaError(f"expected {expected}, got {found}: {text}")
    what = found or f"unknown bytes (they begin with {data[:8].hex(' ')})"
    raise MediaError(f"expected {expected}, got {what}")


def dimensions(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels from the header, `None` where the bytes do not tell.

    PNG, JPEG, GIF, WebP and BMP; as stored, before any EXIF orientation. Nothing is decoded, and nothing is raised.
    """
    try:
        match sniff(data):
            case "image/png":
                size = struct.unpack(">II", data[16:24]) if data[12:16] == b"IHDR" else None
            case "image/gif":
                size = struct.unpack("<HH", data[6:10])
            case "image/jpeg":
                size = _jpeg_size(data)
            case "image/webp":
                size = _webp_size(data)
            case "image/bmp":
                size = _bmp_size(data)
            case _:
                size = None
    except (struct.error, IndexError):
        return None
    return (size[0], size[1]) if size and size[0] > 0 and size[1] > 0 else None


def _jpeg_size(data: bytes) -> tuple[int, ...] | None:
    at = 2
    for _ in range(_MAX_JPEG_SEGMENTS):
        while data[at] == 0xFF and data[at + 1] == 0xFF:
            at += 1
        marker = data[at + 1]
        if data[at] != 0xFF or marker in (0xD9, 0xDA):
            return None
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + max(2, struct.unpack(">H", data[at + 2 : at + 4])[0])
    return None


def _webp_size(data: bytes) -> tuple[int, ...] | None:
    kind, body = data[12:16], data[20:30]
    if kind == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8L" and body[0] == 0x2F:
        bits = struct.unpack("<I", body[1:5])[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _bmp_size(data: bytes) -> tuple[int, ...]:
    if data[14] == 12:
        return struct.unpack("<HH", data[18:22])
    width, height = struct.unpack("<ii", data[18:26])
    return width, abs(height)
