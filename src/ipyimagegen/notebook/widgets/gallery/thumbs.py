"""Thumbnails for the pictures in view: asked for in batches, sent in batches, given up when they leave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from ....core.errors import ImagegenError, capped
from ....media.artifacts import Artifact
from ..scaling import Scaled, Scaler

FLUSH_S = 0.008
"""How long a finished thumbnail may wait for company."""
BATCH = 16
WORKERS = 4

SendThumbs = Callable[[str, int, list[tuple[int, Scaled]]], object]
"""`(view, px, [(index, picture)])`"""
SendFailed = Callable[[str, int, int, str], object]
"""`(view, px, index, reason)`"""


@dataclass(slots=True)
class ThumbnailQueue:
    """What each view still waits for. Lives on the loop's thread.

    The newest wish comes first: while a page scrolls faster than pictures can be made, what was asked for earlier is
    about to leave it.
    """

    pictures: Callable[[int], Artifact]
    scaler: Scaler
    send: SendThumbs
    failed: SendFailed
    _wanted: dict[tuple[str, int], int] = field(default_factory=dict)
    _ready: dict[tuple[str, int], list[tuple[int, Scaled]]] = field(default_factory=dict)
    _workers: set[asyncio.Task[None]] = field(default_factory=set)
    _flush: asyncio.TimerHandle | None = None

    def want(self, view: str, indices: Sequence[int], px: int) -> None:
        """Make and send these, in their order, before what was wanted earlier."""
        for index in reversed(indices):
            self._wanted.pop((view, index), None)
            self._wanted[view, index] = px
        while len(self._workers) < min(WORKERS, len(self._wanted)):
            self._workers.add(asyncio.get_running_loop().create_task(self._until_none_is_wanted()))

    def drop(self, view: str, indices: Sequence[int] | None = None) -> None:
        """These left the screen before they came; `None`: the whole view is gone."""
        gone = [key for key in self._wanted if key[0] == view] if indices is None else [(view, one) for one in indices]
        for key in gone:
            self._wanted.pop(key, None)

    async def rest(self, at_most_s: float) -> None:
        """Wait until nothing is wanted any more, for `at_most_s` seconds at most."""
        if self._workers:
            await asyncio.wait(self._workers, timeout=at_most_s)

    def close(self) -> None:
        """Stop all work."""
        self._wanted.clear()
        for worker in self._workers:
            worker.cancel()
        if self._flush is not None:
            self._flush.cancel()

    async def _until_none_is_wanted(self) -> None:
        try:
            await self._work()
        finally:  # here, not when the loop comes to tell of its end: what is wanted in between needs a worker
            self._workers.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _work(self) -> None:
        while self._wanted:
            view, index = next(reversed(self._wanted))
            px = self._wanted.pop((view, index))
            try:
                picture = await self.scaler.get(self.pictures(index), px)
            except ImagegenError as error:
                self.failed(view, px, index, capped(str(error), 300))
            else:
                self._done(view, px, index, picture)

    def _done(self, view: str, px: int, index: int, picture: Scaled) -> None:
        ready = self._ready.setdefault((view, px), [])
        ready.append((index, picture))
        if len(ready) >= BATCH:
            self._send_ready()
        elif self._flush is None:
            self._flush = asyncio.get_running_loop().call_later(FLUSH_S, self._send_ready)

    def _send_ready(self) -> None:
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        ready, self._ready = self._ready, {}
        for (view, px), batch in ready.items():
            self.send(view, px, batch)
