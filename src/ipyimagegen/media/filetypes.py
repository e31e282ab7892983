"""Media types by file name, for files whose bytes do not tell: many formats are a ZIP archive, or plain text.

The table of the standard library (`mimetypes`) lacks some of these, has others under names of its own, and reads
whatever the machine's own lists say; what is sent must not depend on them.
"""

from __future__ import annotations

import mimetypes
from pathlib import PurePath

from .sniff import MEDIA_SUFFIXES, media_type_of_suffix

GENERIC = "application/octet-stream"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_TYPES = {
    ".3gp": "video/3gpp",
    ".flv": "video/x-flv",
    ".m4v": "video/x-m4v",
    ".mpeg": "video/mpeg",
    ".mpg": "video/mpeg",
    ".mts": "video/mp2t",
    ".ogv": "video/ogg",
    ".wmv": "video/x-ms-wmv",
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
    ".amr": "audio/amr",
    ".au": "audio/basic",
    ".mid": "audio/midi",
    ".midi": "audio/midi",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".wma": "audio/x-ms-wma",
    ".apng": "image/apng",
    ".cr2": "image/x-canon-cr2",
    ".dng": "image/x-adobe-dng",
    ".exr": "image/x-exr",
    ".hdr": "image/vnd.radiance",
    ".ico": "image/x-icon",
    ".heif": "image/heif",
    ".jp2": "image/jp2",
    ".pbm": "image/x-portable-bitmap",
    ".pgm": "image/x-portable-graymap",
    ".ppm": "image/x-portable-pixmap",
    ".pjp": "image/jpeg",
    ".pjpeg": "image/jpeg",
    ".svgz": "image/svg+xml",
    ".tga": "image/x-tga",
    ".xbm": "image/x-xbitmap",
    ".gltf": "model/gltf+json",
    ".obj": "model/obj",
    ".ply": "model/ply",
    ".stl": "model/stl",
    ".usdz": "model/vnd.usdz+zip",
    ".csv": "text/csv",
    ".md": "text/markdown",
    ".srt": "application/x-subrip",
    ".tsv": "text/tab-separated-values",
    ".vtt": "text/vtt",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".doc": "application/msword",
    ".docx": f"{_OFFICE}.wordprocessingml.document",
    ".epub": "application/epub+zip",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".pptx": f"{_OFFICE}.presentationml.presentation",
    ".rtf": "application/rtf",
    ".safetensors": GENERIC,
    ".xlsx": f"{_OFFICE}.spreadsheetml.sheet",
}
_CONTAINERS = frozenset({"", GENERIC, "application/gzip", "application/json", "application/xml", "application/zip"})
"""What bytes say of formats that are made of something more general; then the name knows more."""

FILE_SUFFIXES = MEDIA_SUFFIXES | {suffix for suffix, kind in _TYPES.items() if kind[:5] in ("video", "audio", "image")}
"""Suffixes of pictures, films and sounds, by which a text is the name of one."""


def media_type_of_name(filename: str) -> str:
    """The media type that a file's name stands for; `""` where it stands for none."""
    suffix = PurePath(filename).suffix.lower()
    known = _TYPES.get(suffix) or media_type_of_suffix(suffix)
    return known or (mimetypes.guess_type(f"a{suffix}", strict=False)[0] or "" if suffix else "")


def media_type_of(found: str, filename: str) -> str:
    """The media type to send a file as: what its content is (`found`, from `sniff`), or else what its name says.

    >>> media_type_of("image/png", "a.jpg"), media_type_of("application/zip", "a.docx"), media_type_of("", "a")
    ('image/png', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'application/octet-stream')
    """
    told = found in _CONTAINERS or found.startswith("text/")
    by_name = media_type_of_name(filename) if told else ""
    return (by_name if by_name != GENERIC else "") or found or GENERIC
