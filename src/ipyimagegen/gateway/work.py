"""How a job is done: what any way of doing it promises, and the clock alone, for tests and benchmarks."""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .orders import Order


class WorkFailed(Exception):
    """The work ran and failed; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture. `name` is the output's name (`images`, `subject_image`, `mask_image`); sizes in pixels."""

    name: str
    data: bytes
    content_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Step:
    """How far the work is: `done` of `of`, with the unfinished picture as a JPEG where there is one."""

    done: int
    of: int
    preview: bytes | None = None


Report = Callable[[Step], None]


class Work(Protocol):
    """Does orders. Runs on the server's loop, so it must never block it; a cancelled task must stop the work."""

    async def perform(self, order: Order, report: Report) -> Sequence[Picture]:
        """Do the order, calling `report` on the loop as it goes; a chat has no pictures. Raises `WorkFailed`."""

    def close(self) -> None:
        """Give back threads and the like. Work under way may be abandoned."""


class TimedWork:
    """Takes `seconds` for every job and gives the same `picture` each time (a small PNG unless given).

    `steps` reports of progress are spread evenly over the time, none of them with a preview. Uses no threads: thousands
    of jobs may run at once.
    """

    def __init__(self, seconds: float = 0.0, picture: bytes | None = None, *, steps: int = 0) -> None:
        if seconds < 0 or steps < 0:
            raise ValueError(f"seconds and steps cannot be negative: {seconds}, {steps}")
        self.seconds = seconds
        self.steps = steps
        self.picture = picture if picture is not None else flat_png(64, 64)

    async def perform(self, order: Order, report: Report) -> Sequence[Picture]:
        """Wait, then give the picture; a cutout gets its three outputs from the same bytes."""
        for done in range(1, self.steps + 1):
            await asyncio.sleep(self.seconds / self.steps)
            report(Step(done, self.steps))
        if not self.steps and self.seconds:
            await asyncio.sleep(self.seconds)
        if order.task == "chat":
            return []
        content_type, width, height = facts(self.picture)
        names = ("images", "subject_image", "mask_image") if order.task == "cutout" else ("images",)
        size = (width or order.width or 0, height or order.height or 0)
        return [Picture(name, self.picture, content_type, *size) for name in names]

    def close(self) -> None:
        """Nothing to give back."""


def flat_png(width: int, height: int, grey: int = 128) -> bytes:
    """A grey PNG of that size, made without Pillow."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\0" + bytes([grey]) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def facts(data: bytes) -> tuple[str, int, int]:
    """Content type, width and height of encoded bytes, by their first bytes; the size is 0 where it takes a decoder."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return "image/png", width, height
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg", 0, 0
    if data.startswith(b"GIF8"):
        return "image/gif", *struct.unpack("<HH", data[6:10])
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp", 0, 0
    return "application/octet-stream", 0, 0
