"""EXIF as far as we need it: its texts are read, and two fields are added without moving any other.

TIFF 6.0 directories: 2 bytes of count, 12 bytes an entry (tag, type, count, value or offset), 4 bytes of the next one's
offset. A block is extended by appending: the old directories stay where they are, so that every offset in the file,
also those inside other makers' notes, still leads to its target.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ...core.errors import MediaError
from .comments import user_comment, written
from .window import MAX_TEXT_BYTES, Data

USER_COMMENT = 0x9286
MAKER_NOTE = 0x927C
IMAGE_HISTORY = 0x9213
"""TIFF/EP's "record of what has been done to the image": our record's home where a camera's MakerNote is taken."""

_EXIF_POINTER, _EXIF_VERSION = 0x8769, 0x9000
_ASCII_TAGS = {0x010E: "ImageDescription", 0x010F: "Make", 0x0110: "Model", 0x0131: "Software"}
_UTF16_TAGS = {0x9C9B: "XPTitle", 0x9C9C: "XPComment"}
_XMP = 0x02BC

_UNDEFINED, _LONG, _ASCII = 7, 4, 2
_HOMES = {MAKER_NOTE: _UNDEFINED, IMAGE_HISTORY: _ASCII}
_MAX_ENTRIES = 1_000
_PREFIX = b"ipyimagegen\0"
_HISTORY_PREFIX = b"ipyimagegen "


@dataclass(frozen=True, slots=True)
class _Entry:
    tag: int
    kind: int
    count: int
    value: bytes
    """The four bytes of value or offset, as they stand."""


@dataclass(frozen=True, slots=True)
class _Directory:
    at: int
    entries: tuple[_Entry, ...]
    following: int

    def find(self, tag: int) -> _Entry | None:
        return next((entry for entry in self.entries if entry.tag == tag), None)


class _Block:
    """A TIFF block to read from. Raises `MediaError` where it is none."""

    def __init__(self, data: Data) -> None:
        self.data = data.removeprefix(b"Exif\0\0") if isinstance(data, bytes) else data
        order = {b"II*\0": "<", b"MM\0*": ">"}.get(self.data[:4])
        if order is None:
            raise MediaError("this EXIF block has no TIFF header")
        self.order = order
        self.root = self.directory(self._long(self.data[4:8]))
        pointer = self.root.find(_EXIF_POINTER)
        self.exif = self.directory(self._long(pointer.value)) if pointer else _Directory(0, (), 0)

    def _long(self, four: bytes) -> int:
        if len(four) != 4:
            raise MediaError("this EXIF block is cut off")
        return int(struct.unpack(f"{self.order}I", four)[0])

    def directory(self, at: int) -> _Directory:
        head = self.data[at : at + 2]
        if at < 8 or len(head) < 2:
            raise MediaError("this EXIF block is cut off")
        (count,) = struct.unpack(f"{self.order}H", head)
        body = self.data[at + 2 : at + 2 + 12 * min(count, _MAX_ENTRIES) + 4]
        if count > _MAX_ENTRIES or len(body) < 12 * count + 4:
            raise MediaError("this EXIF block is cut off")
        entries = tuple(
            _Entry(*struct.unpack_from(f"{self.order}HHI4s", body, 12 * position)) for position in range(count)
        )
        return _Directory(at, entries, self._long(body[-4:]))

    def anywhere(self, tag: int) -> bytes:
        """The bytes of a tag in the Exif sub-directory, or else in the main one."""
        return self.value(self.exif.find(tag)) or self.value(self.root.find(tag))

    def value(self, entry: _Entry | None) -> bytes:
        """The bytes of an entry of one-byte values; `b""` where they lie outside of the block."""
        if entry is None or entry.kind not in (1, _ASCII, _UNDEFINED) or entry.count > MAX_TEXT_BYTES:
            return b""
        if entry.count <= 4:
            return entry.value[: entry.count]
        value = self.data[at : at + entry.count] if (at := self._long(entry.value)) else b""
        return value if len(value) == entry.count else b""

    def home(self) -> int:
        """The tag where our record stands or may stand. Raises `MediaError` where there is none.

        A camera's notes are never replaced: another program may live by them.
        """
        ours = [tag for tag in _HOMES if _record_in(self.value(self.exif.find(tag)))]
        free = [tag for tag in _HOMES if self.exif.find(tag) is None]
        if not ours and not free:
            raise MediaError("both places for a record in this EXIF block are taken by other programs")
        return (ours or free)[0]


def read(block: Data) -> dict[str, str]:
    """The texts in an EXIF block, or a TIFF file, by name: `UserComment`, our `ipyimagegen`, `Make` and others.

    Empty and absent ones are left out. Raises `MediaError` where the block cannot be read.
    """
    tiff = _Block(block)
    texts = {name: _text(tiff.value(tiff.root.find(tag))) for tag, name in _ASCII_TAGS.items()}
    for tag, name in _UTF16_TAGS.items():
        texts[name] = tiff.value(tiff.root.find(tag)).decode("utf-16-le", "replace").rstrip("\0").strip()
    # Some tools write both into the main directory, Fooocus among them (modules/meta_parser.py, get_exif).
    texts["UserComment"] = user_comment(tiff.anywhere(USER_COMMENT), big_endian=tiff.order == ">")
    texts["XMP"] = tiff.value(tiff.root.find(_XMP)).decode("utf-8", "replace")
    note = tiff.anywhere(MAKER_NOTE)
    texts["MakerNote"] = "" if _record_in(note) else _text(note)
    texts["ipyimagegen"] = _record_in(note) or _record_in(tiff.anywhere(IMAGE_HISTORY))
    return {name: text for name, text in texts.items() if text}


def _record_in(note: bytes) -> str:
    for prefix in (_PREFIX, _HISTORY_PREFIX):
        if note.startswith(prefix):
            return note.removeprefix(prefix).rstrip(b"\0").decode("utf-8", "replace")
    return ""


def _text(value: bytes) -> str:
    return value.split(b"\0", 1)[0].decode("utf-8", "replace").strip()


def extended(block: bytes | None, *, comment: str, note: str) -> bytes:
    r"""`block` (or a new one) with a UserComment and our record; `""` leaves out the one or the other.

    The UserComment, `UNICODE\0` and UTF-16BE, where webui tools look for it, replaces what stands there. The record is
    a MakerNote that starts with `ipyimagegen\0`; where somebody else's is, an ImageHistory. What we wrote before is
    overwritten, also its bytes. Raises `MediaError` where `block` cannot be read, or both places are taken.
    """
    tiff = _Block(block) if block else _Block(b"MM\0*\0\0\0\x08\0\0\0\0\0\0")
    data = bytearray(tiff.data[:])
    new: list[_Entry] = []
    if note:
        tag = tiff.home()
        text = note.encode("utf-8", "replace")
        value = _PREFIX + text if tag == MAKER_NOTE else _HISTORY_PREFIX + text.replace(b"\0", b" ") + b"\0"
        new.append(_put(data, tiff, tag, _HOMES[tag], value))
    if comment:
        new.append(_put(data, tiff, USER_COMMENT, _UNDEFINED, written(comment)))
    if not tiff.exif.at:
        new.append(_Entry(_EXIF_VERSION, _UNDEFINED, 4, b"0232"))  # the one field that every such directory must have
    elif all(tiff.exif.find(entry.tag) for entry in new):
        _exchange(data, tiff, new)
        return bytes(data)
    exif_at = _append_directory(data, tiff.order, tiff.exif, new)
    pointer = _Entry(_EXIF_POINTER, _LONG, 1, struct.pack(f"{tiff.order}I", exif_at))
    root_at = _append_directory(data, tiff.order, tiff.root, [pointer])
    data[4:8] = struct.pack(f"{tiff.order}I", root_at)
    return bytes(data)


def _put(data: bytearray, tiff: _Block, tag: int, kind: int, value: bytes) -> _Entry:
    """The entry for a value, written where an older one of this tag stood if it is long enough, else at the end."""
    old = tiff.exif.find(tag)
    before = tiff.value(old)
    if old is not None and len(before) > 4:
        at = int(struct.unpack(f"{tiff.order}I", old.value)[0])
        data[at : at + len(before)] = (
            value.ljust(len(before), b"\0") if len(value) <= len(before) else bytes(len(before))
        )
        if len(value) <= len(before):
            return _Entry(tag, kind, len(value), old.value)
    _align(data)
    entry = _Entry(tag, kind, len(value), struct.pack(f"{tiff.order}I", len(data)))
    data += value
    return entry


def _exchange(data: bytearray, tiff: _Block, new: list[_Entry]) -> None:
    """Write entries over those of the same tags."""
    for position, old in enumerate(tiff.exif.entries):
        for entry in new:
            if entry.tag == old.tag:
                at = tiff.exif.at + 2 + 12 * position
                data[at : at + 12] = struct.pack(f"{tiff.order}HHI4s", entry.tag, entry.kind, entry.count, entry.value)


def _append_directory(data: bytearray, order: str, old: _Directory, new: list[_Entry]) -> int:
    """Write a directory of the old entries and the new ones, which win; entries stand in the order of their tags."""
    _align(data)
    at = len(data)
    entries = {entry.tag: entry for entry in (*old.entries, *new)}
    data += struct.pack(f"{order}H", len(entries))
    for tag in sorted(entries):
        entry = entries[tag]
        data += struct.pack(f"{order}HHI4s", entry.tag, entry.kind, entry.count, entry.value)
    data += struct.pack(f"{order}I", old.following)
    return at


def _align(data: bytearray) -> None:
    """Offsets are even in TIFF."""
    if len(data) % 2:
        data.append(0)
