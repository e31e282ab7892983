"""Jobs that are done in this process: what followers see of one, and a ticket that carries the whole request."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...core.errors import InvalidInput, ProtocolError
from ...core.events import JSON, Event, Final, Log, Preview, Progress, Queued, Running
from ...core.requests import InputFile, Ticket


@dataclass(slots=True, eq=False)
class OwnJob:
    """One job that is at work here: its newest progress, and how it ended. Followers read, one worker writes."""

    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    started: bool = False
    progress: Progress | None = None
    preview: Preview | None = None
    logs: list[Log] = field(default_factory=list)
    final: Final | None = None
    task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """It is its turn."""
        await self._tell(started=True)

    async def report(self, progress: Progress | None = None, preview: Preview | None = None) -> None:
        """How far it is."""
        await self._tell(progress=progress or self.progress, preview=preview or self.preview)

    async def end(self, final: Final) -> None:
        """How it ended; the first word counts."""
        await self._tell(final=self.final or final)

    async def _tell(self, **news: Any) -> None:
        async with self.changed:
            for name, value in news.items():
                setattr(self, name, value)
            self.changed.notify_all()

    async def events(self) -> AsyncIterator[Event]:
        """From the queue to the end, for one follower. What comes faster than it reads is passed over, but for logs."""
        yield Queued()
        async with self.changed:
            await self.changed.wait_for(lambda: self.started or self.final is not None)
        yield Running()
        progress: Progress | None = None
        preview: Preview | None = None
        logged = 0
        while True:
            final = self.final  # taken before the rest, so that nothing that came before it is left out
            if self.progress is not progress and (progress := self.progress) is not None:
                yield progress
            if self.preview is not preview and (preview := self.preview) is not None:
                yield preview
            while logged < len(self.logs):
                logged += 1
                yield self.logs[logged - 1]
            if final is not None:
                yield final
                return
            async with self.changed:
                await self.changed.wait_for(lambda: self._has_news(progress, preview, logged))  # noqa: B023 (at once)

    def _has_news(self, progress: Progress | None, preview: Preview | None, logged: int) -> bool:
        unlike = self.progress is not progress or self.preview is not preview
        return unlike or logged < len(self.logs) or self.final is not None


def values_to_json(values: Mapping[str, Any]) -> dict[str, JSON] | None:
    """The values of a request as a ticket carries them, files included; `None` where they are no plain data.

    Raises `InvalidInput` for an input that is only an address: nothing here fetches.
    """
    made = {name: _to_json(value) for name, value in values.items()}
    try:
        json.dumps(made)
    except (TypeError, ValueError, RecursionError):
        return None
    return made


def values_of(ticket: Ticket) -> dict[str, Any]:
    """The values back. Raises `ProtocolError` for a ticket without."""
    values = ticket.facts.get("values")
    if not isinstance(values, dict):
        raise ProtocolError("this ticket carries no request: the job ended with its process", service=ticket.service)
    return {name: _from_json(name, value) for name, value in values.items()}


def _to_json(value: Any) -> JSON:
    if isinstance(value, InputFile):
        if value.url:
            raise InvalidInput(f"{value.describe()}: the embedded engine takes pictures from here, not from an address")
        return {"file": base64.b64encode(value.read()).decode("ascii"), "media_type": value.media_type}
    if isinstance(value, list | tuple):
        return [_to_json(entry) for entry in value]
    plain: JSON = value
    return plain


def _from_json(name: str, value: JSON) -> Any:
    if isinstance(value, dict) and isinstance(value.get("file"), str):
        data = base64.b64decode(str(value["file"]))
        return InputFile(filename=name, media_type=str(value.get("media_type", "")), data=data, size=len(data))
    if isinstance(value, list):
        return [_from_json(name, entry) for entry in value]
    return value
