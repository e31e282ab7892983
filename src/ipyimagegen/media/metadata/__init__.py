"""What files say of how they were made: our record and the webui text go in by splicing, and what others wrote is read.

`embed` never re-encodes and never touches a signed file; `read_metadata` treats every text in a file as data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...core.errors import MediaError
from ...core.events import JSON
from ..sniff import sniff
from . import a1111, jpeg, png, webp
from .files import read_file, side_path
from .readers import FileMetadata, read_metadata
from .record import KEYWORD, Level, Record

__all__ = [
    "Embedded",
    "FileMetadata",
    "Level",
    "Record",
    "embed",
    "has_c2pa",
    "infotext",
    "read_file",
    "read_metadata",
    "side_path",
]

_NAMES = {
    "num_inference_steps": "Steps",
    "steps": "Steps",
    "sampler": "Sampler",
    "sampler_name": "Sampler",
    "scheduler": "Schedule type",
    "guidance_scale": "CFG scale",
    "cfg_scale": "CFG scale",
    "cfg": "CFG scale",
    "strength": "Denoising strength",
    "denoising_strength": "Denoising strength",
    "clip_skip": "Clip skip",
}
"""What the webui text calls the parameters that it knows."""
_APART = frozenset({"prompt", "negative_prompt", "seed", "width", "height", "model"})


@dataclass(frozen=True, slots=True)
class Embedded:
    """A file's bytes, and those of a file beside it where it must not, or cannot, carry the record; `b""` for none."""

    data: bytes = field(repr=False)
    side_file: bytes = field(default=b"", repr=False)


def has_c2pa(data: bytes) -> bool:
    """Whether a PNG, JPEG or WebP file carries a C2PA signature, which any added byte would break.

    Where they stand: https://c2pa.org/specifications/specifications/2.1/specs/C2PA_Specification.html, appendix A.
    A damaged file counts as signed where it can no longer be told: nothing is ever added to one.
    """
    readers = {"image/png": png.has_c2pa, "image/jpeg": jpeg.has_c2pa, "image/webp": webp.has_c2pa}
    reader = readers.get(sniff(data))
    try:
        return reader(data) if reader else False
    except MediaError:
        return True


def embed(data: bytes, record: Record, *, size: tuple[int, int] = (0, 0), level: Level = "full") -> Embedded:
    """`data` with `record` in it: nothing for `"none"`, less for `"minimal"`. Never re-encodes, never raises.

    PNG: iTXt `ipyimagegen` and `parameters`; JPEG and WebP: EXIF. Signed files, other media, and records that do not
    fit get a side file. A `parameters` text or UserComment that the service wrote stays as it is.
    """
    if level == "none":
        return Embedded(data)
    kept = record.at(level)
    text = kept.to_text()
    if not has_c2pa(data):
        try:
            spliced = _spliced(data, text, infotext(kept, size))
        except MediaError:
            spliced = None
        if spliced is not None:
            return Embedded(spliced)
    return Embedded(
        data, (json.dumps(kept.to_json(), ensure_ascii=False, indent=2, default=str) + "\n").encode("utf-8", "replace")
    )


def _spliced(data: bytes, record: str, parameters: str) -> bytes | None:
    match sniff(data):
        case "image/png":
            texts = {KEYWORD: record}
            if "parameters" not in png.read_texts(data):
                texts["parameters"] = parameters
            return png.splice(data, texts)
        case "image/jpeg":
            return jpeg.splice(data, comment=parameters, note=record)
        case "image/webp":
            return webp.splice(data, comment=parameters, note=record)
    return None


def infotext(record: Record, size: tuple[int, int] = (0, 0)) -> str:
    """The webui text for a record: the parameters it knows under its names, other plain ones under their own."""
    pairs: dict[str, object] = {}
    known = [name for name in _NAMES if name in record.sent]
    for name in known:
        if _is_plain(record.sent[name]):
            pairs.setdefault(_NAMES[name], record.sent[name])
    if record.seed is not None:
        pairs["Seed"] = record.seed
    width, height = size if all(size) else _size(record.sent)
    if width and height:
        pairs["Size"] = f"{width}x{height}"
    if record.model:
        pairs["Model"] = record.model
    for name, value in record.sent.items():
        if name not in _NAMES and name not in _APART and _is_plain(value):
            pairs.setdefault(name, value)
    pairs["Version"] = record.software or "ipyimagegen"
    return a1111.write(record.prompt, record.negative_prompt, pairs)


def _is_plain(value: JSON) -> bool:
    return isinstance(value, bool | int | float) or (isinstance(value, str) and 0 < len(value) <= 200)


def _size(sent: Mapping[str, JSON]) -> tuple[int, int]:
    width, height = sent.get("width"), sent.get("height")
    return (width, height) if isinstance(width, int) and isinstance(height, int) else (0, 0)
