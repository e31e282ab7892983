"""EXIF as far as we need it: two fields in the Exif sub-directory, added without moving any other.

TIFF 6.0 directories: 2 bytes of count, 12 bytes an entry (tag, type, count, value or offset), 4 bytes of the next one's
offset. A block is extended by appending: the old directories stay where they are, so that every offset in the file,
also those inside other makers' notes, still leads to its target.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ...core.errors import MediaError

USER_COMMENT = 0x9286
MAKER_NOTE = 0x927C
_EXIF_POINTER = 0x8769
_ASCII_TAGS = {0x010E: "ImageDescription", 0x010F: "Make", 0x0110: "Model", 0x0131: "Software"}

_UNDEFINED, _LONG, _ASCII = 7, 4, 2
_MAX_ENTRIES = 1_000
_MAX_VALUE_BYTES = 4_000_000
_MAKER_PREFIX = b"ipyimagegen\0"
_UNICODE, _ASCII_CODE = b"UNICODE\0", b"ASCII\0\0\0"


@dataclass(frozen=True, slots=True)
class _Entry:
    tag: int
    kind: int
    count: int
    value: bytes
    """The four bytes of value or offset, as they stand."""


@dataclass(frozen=True, slots=True)
class _Directory:
    entries: tuple[_Entry, ...]
    following: int

    def find(self, tag: int) -> _Entry | None:
        return next((entry for entry in self.entries if entry.tag == tag), None)


class _Block:
    """A TIFF block to read from. Raises `MediaError` where it is none."""

    def __init__(self, data: bytes) -> None:
        self.data = data.removeprefix(b"Exif\0\0")
        order = {b"II*\0": "<", b"MM\0*": ">"}.get(self.data[:4])
        if order is None:
            raise MediaError("this EXIF block has no TIFF header")
        self.order = order
        self.root = self.directory(self._long(self.data[4:8]))
        pointer = self.root.find(_EXIF_POINTER)
        self.exif = self.directory(self._long(pointer.value)) if pointer else _Directory((), 0)

    def _long(self, four: bytes) -> int:
        if len(four) != 4:
            raise MediaError("this EXIF block is cut off")
        return int(struct.unpack(f"{self.order}I", four)[0])

    def directory(self, at: int) -> _Directory:
        if at < 8 or at + 2 > len(self.data):
            raise MediaError("this EXIF block is cut off")
        (count,) = struct.unpack_from(f"{self.order}H", self.data, at)
        end = at + 2 + 12 * count
        if count > _MAX_ENTRIES or end + 4 > len(self.data):
            raise MediaError("this EXIF block is cut off")
        entries = tuple(
            _Entry(*struct.unpack_from(f"{self.order}HHI4s", self.data, at + 2 + 12 * position))
            for position in range(count)
        )
        return _Directory(entries, self._long(self.data[end : end + 4]))

    def anywhere(self, tag: int) -> bytes:
        """The bytes of a tag in the Exif sub-directory, or else in the main one."""
        return self.value(self.exif.find(tag)) or self.value(self.root.find(tag))

    def value(self, entry: _Entry | None) -> bytes:
        """The bytes of an entry of one-byte values; `b""` where they lie outside of the block."""
        if entry is None or entry.kind not in (1, _ASCII, _UNDEFINED) or entry.count > _MAX_VALUE_BYTES:
            return b""
        if entry.count <= 4:
            return entry.value[: entry.count]
        at = self._long(entry.value)
        return self.data[at : at + entry.count] if at + entry.count <= len(self.data) else b""


def read(block: bytes) -> dict[str, str]:
    """The texts in an EXIF block by name: `UserComment`, our `ipyimagegen`, `Make`, `Software` and others.

    Empty and absent ones are left out. Raises `MediaError` where the block cannot be read.
    """
    tiff = _Block(block)
    texts = {name: _ascii(tiff.value(tiff.root.find(tag))) for tag, name in _ASCII_TAGS.items()}
    # Some tools write both into the main directory, Fooocus among them (modules/meta_parser.py, get_exif).
    texts["UserComment"] = _comment(tiff.anywhere(USER_COMMENT))
    note = tiff.anywhere(MAKER_NOTE)
    if note.startswith(_MAKER_PREFIX):
        texts["ipyimagegen"] = note.removeprefix(_MAKER_PREFIX).decode("utf-8", "replace")
    elif note:
        texts["MakerNote"] = _ascii(note)
    return {name: text for name, text in texts.items() if text}


def _ascii(value: bytes) -> str:
    return value.split(b"\0", 1)[0].decode("utf-8", "replace").strip()


def _comment(value: bytes) -> str:
    """The text of a UserComment: eight bytes name its character code (Exif 2.32, 4.6.5, table 9)."""
    code, body = value[:8], value[8:]
    if code == _UNICODE:
        return _utf16(body).rstrip("\0 ").strip()
    if code in (_ASCII_CODE, bytes(8)):
        return body.decode("utf-8", "replace").rstrip("\0 ").strip()
    # Some writers leave the code out.
    return value.decode("utf-8", "replace").rstrip("\0 ").strip()


def _utf16(body: bytes) -> str:
    """UTF-16 of either order: the standard leaves it open, and writers differ. Mostly-Latin text gives it away."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    little = body[1::2].count(0) > body[0::2].count(0)
    return body.decode("utf-16-le" if little else "utf-16-be", "replace")


def extended(block: bytes | None, *, comment: str, note: str) -> bytes:
    r"""`block` (or a new one) with a UserComment and our note; fields that somebody else wrote stay as they are.

    The UserComment is `UNICODE\0` and UTF-16BE, where webui tools look for it; our record is a MakerNote that starts
    with `ipyimagegen\0`. Raises `MediaError` where `block` cannot be read.
    """
    tiff = _Block(block) if block else _Block(b"MM\0*\0\0\0\x08\0\0\0\0\0\0")
    data = bytearray(tiff.data)
    new: list[_Entry] = []
    theirs = tiff.exif.find(MAKER_NOTE)
    if note and (theirs is None or tiff.value(theirs).startswith(_MAKER_PREFIX)):
        new.append(_appended(data, tiff.order, MAKER_NOTE, _MAKER_PREFIX + note.encode("utf-8", "replace")))
    if comment and not _comment(tiff.value(tiff.exif.find(USER_COMMENT))):
        new.append(_appended(data, tiff.order, USER_COMMENT, _UNICODE + comment.encode("utf-16-be", "replace")))
    exif_at = _append_directory(data, tiff.order, tiff.exif, new)
    pointer = _Entry(_EXIF_POINTER, _LONG, 1, struct.pack(f"{tiff.order}I", exif_at))
    root_at = _append_directory(data, tiff.order, tiff.root, [pointer])
    data[4:8] = struct.pack(f"{tiff.order}I", root_at)
    return bytes(data)


def _appended(data: bytearray, order: str, tag: int, value: bytes) -> _Entry:
    _align(data)
    entry = _Entry(tag, _UNDEFINED, len(value), struct.pack(f"{order}I", len(data)))
    data += value
    return entry


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
