"""Pictures at the size of a screen: a few at a time, off the loop's thread, kept by their content."""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple

from ...core.errors import MediaError
from ...media.artifacts import Artifact
from ...media.pixels import encode

AT_ONCE = max(2, min(4, (os.cpu_count() or 2)))
"""How many pictures are decoded side by side: Pillow lets go of the interpreter lock meanwhile."""
CACHE_BYTES = 64_000_000
ORIGINAL = 0
"""As a size: every pixel, and the service's own bytes where a browser can show them."""
SIZES = (96, 128, 160, 192, 256, 320, 384, 512, 768, 1024, 1536, 2048, 3072, 4096)
"""The sizes that are made, so that views of nearly the same size share one."""
_SMALL_BYTES = 48_000
_BROWSER_TYPES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "image/avif"})


class Scaled(NamedTuple):
    """An encoded picture for a page."""

    media_type: str
    data: bytes


def size_for(px: float) -> int:
    """The next of `SIZES` that serves a picture of `px` device pixels on its longer side; `ORIGINAL` beyond them."""
    return next((size for size in SIZES if size >= px), ORIGINAL)


def asked_size(asked: object) -> int:
    """The size of an enlarged picture, from what a page asked for: 0, or more than there is, means every pixel."""
    return size_for(asked) if isinstance(asked, int | float) and asked > 0 else ORIGINAL


def scaled_picture(artifact: Artifact, px: int) -> Scaled:
    """The picture with its longer side at most `px` pixels, or whole with `ORIGINAL`. Blocks: a few to 50 ms.

    What is small enough goes as it is. Raises `MediaError` or `StorageError`.
    """
    longer = max(artifact.width, artifact.height)
    known = artifact.media_type in _BROWSER_TYPES
    if px == ORIGINAL or (0 < longer <= px and (artifact.size <= _SMALL_BYTES or px > 512)):
        return Scaled(artifact.media_type, artifact.bytes) if known else Scaled("image/png", _as_png(artifact))
    data = artifact.thumbnail(px)
    return Scaled("image/png" if data.startswith(b"\x89PNG") else "image/jpeg", data)


def _as_png(artifact: Artifact) -> bytes:
    return encode(artifact.pil, "image/png")


@dataclass(slots=True)
class Scaler:
    """Scales on request and keeps what was made last, `max_bytes` in all. Only for the loop's own thread."""

    max_bytes: int = CACHE_BYTES
    held_bytes: int = 0
    _held: OrderedDict[tuple[str, int], Scaled] = field(default_factory=OrderedDict)
    _making: dict[tuple[str, int], asyncio.Task[Scaled]] = field(default_factory=dict)
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def get(self, artifact: Artifact, px: int) -> Scaled:
        """As `scaled_picture`, made once for all who ask. Raises `MediaError` or `StorageError`."""
        if artifact.error:
            raise MediaError(artifact.error)
        key = (artifact.sha256, px)
        if key in self._held:
            self._held.move_to_end(key)
            return self._held[key]
        task = self._making.get(key)
        if task is None:
            task = self._making[key] = asyncio.create_task(self._make(artifact, px))
            task.add_done_callback(lambda done: self._made(key, done))
        return await asyncio.shield(task)

    async def _make(self, artifact: Artifact, px: int) -> Scaled:
        async with self._gate:
            return await asyncio.to_thread(scaled_picture, artifact, px)

    def _made(self, key: tuple[str, int], task: asyncio.Task[Scaled]) -> None:
        del self._making[key]
        if task.cancelled() or task.exception() is not None:
            return
        self._held[key] = task.result()
        self.held_bytes += len(self._held[key].data)
        while self.held_bytes > self.max_bytes and len(self._held) > 1:
            self.held_bytes -= len(self._held.popitem(last=False)[1].data)


_scalers: dict[int, Scaler] = {}


def scaler() -> Scaler:
    """The one that every widget on this loop shares."""
    return _scalers.setdefault(id(asyncio.get_running_loop()), Scaler())
