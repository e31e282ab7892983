"""Our record and the web UI's text put into files by splicing, or beside a file that must not or cannot take them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ...core.errors import MediaError
from ...core.events import JSON
from ..sniff import sniff
from . import a1111, jpeg, png, webp, xmp
from .places import texts_of
from .record import KEYWORD, Level, Record
from .side import side_file

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
"""What the web UI's text calls the parameters that it knows."""
_APART = frozenset({"prompt", "negative_prompt", "seed", "width", "height", "model"})
_SOFTWARE = "ipyimagegen"


@dataclass(frozen=True, slots=True)
class Embedded:
    """A file's bytes, and those of a file beside it where it must not, or cannot, carry the whole record.

    `beside` is that record, `None` where the file has it; `side_file` are its bytes, bound to `data`, `b""` for none.
    """

    data: bytes = field(repr=False)
    beside: Record | None = None

    @property
    def side_file(self) -> bytes:
        """The bytes of the file beside this one, which name it by its hash."""
        return b"" if self.beside is None else side_file(self.beside, self.data)


def has_c2pa(data: bytes) -> bool:
    """Whether a PNG, JPEG or WebP file carries a C2PA signature, or points to one elsewhere: any added byte breaks it.

    Where they stand: https://c2pa.org/specifications/specifications/2.1/specs/C2PA_Specification.html, appendix A; a
    remote manifest is named in the XMP packet. A damaged file counts as signed where it can no longer be told: nothing
    is ever added to one.
    """
    readers: dict[str, Callable[[bytes], bool]] = {
        "image/png": lambda file: (
            png.has_c2pa(file) or xmp.points_to_c2pa(png.read_texts(file).get(png.XMP_KEYWORD, "").encode())
        ),
        "image/jpeg": lambda file: jpeg.has_c2pa(file) or xmp.points_to_c2pa(jpeg.read_xmp(file)),
        "image/webp": lambda file: webp.has_c2pa(file) or xmp.points_to_c2pa(webp.read_xmp(file)),
    }
    reader = readers.get(sniff(data))
    try:
        return reader(data) if reader else False
    except MediaError:
        return True


def embed(data: bytes, record: Record, *, size: tuple[int, int] = (0, 0), level: Level = "full") -> Embedded:
    """`data` with `record` in it: nothing for `"none"`, less for `"minimal"`. Never re-encodes, never raises.

    PNG: iTXt `ipyimagegen` and `parameters`; JPEG and WebP: EXIF. A `parameters` text or UserComment that somebody else
    wrote stays as it is, an older one of ours is replaced. Signed files, other media, and what does not fit get the
    record beside them; a file that has room for less carries the short form as well.
    """
    if level == "none":
        return Embedded(data)
    kept = record.at(level)
    if has_c2pa(data):
        return Embedded(data, kept)
    text = infotext(kept, size)
    for tried, words in ((kept, text), (kept.at("minimal"), text), (None, text), (kept.at("minimal"), "")):
        try:
            spliced = _spliced(data, tried.to_text() if tried is not None else "", words)
        except MediaError:
            continue
        if spliced is None:
            break
        whole = tried is kept and _carries(spliced, kept)
        return Embedded(spliced, None if whole else kept)
    return Embedded(data, kept)


def _carries(data: bytes, record: Record) -> bool:
    """Whether the record can be read again: what was not seen to be there is not there."""
    try:
        return Record.from_text(texts_of(data).get(KEYWORD, "")).to_text() == _as_read(record)
    except MediaError:
        return False


def _as_read(record: Record) -> str:
    """What a PNG text or a file's UTF-8 does not hold is lost in every place: nulls, and halves of characters."""
    clean = record.to_text().replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
    return Record.from_text(clean).to_text()


def _spliced(data: bytes, record: str, parameters: str) -> bytes | None:
    texts = texts_of(data)
    match sniff(data):
        case "image/png":
            theirs = next((text for name, text in texts.items() if name.lower() == "parameters"), "")
            new = {KEYWORD: record, "parameters": parameters if not theirs or a1111.parse(theirs).is_ours else ""}
            return png.splice(data, {name: text for name, text in new.items() if text})
        case "image/jpeg" | "image/webp" as kind:
            theirs = texts.get("UserComment", "")
            comment = parameters if not theirs or a1111.parse(theirs).is_ours else ""
            splice = jpeg.splice if kind == "image/jpeg" else webp.splice
            return splice(data, comment=comment, note=record)
    return None


def infotext(record: Record, size: tuple[int, int] = (0, 0)) -> str:
    """The web UI's text for a record: the parameters it knows under its names, other plain ones under their own.

    `Steps` is always there, 0 for a model that has none: many readers find the settings by it.
    """
    pairs: dict[str, object] = {"Steps": 0}
    known: dict[str, object] = {}
    for name, theirs in _NAMES.items():
        if name in record.sent and _is_plain(record.sent[name]):
            known.setdefault(theirs, record.sent[name])
    pairs |= known
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
    pairs["Version"] = record.software if record.software.startswith(_SOFTWARE) else _SOFTWARE
    return a1111.write(record.prompt, record.negative_prompt, pairs)


def _is_plain(value: JSON) -> bool:
    return isinstance(value, bool | int | float) or (isinstance(value, str) and 0 < len(value) <= 200)


def _size(sent: Mapping[str, JSON]) -> tuple[int, int]:
    width, height = sent.get("width"), sent.get("height")
    return (width, height) if isinstance(width, int) and isinstance(height, int) else (0, 0)
