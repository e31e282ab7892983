"""The journal for calls by a service's documented names, so that nothing paid for is lost there either.

`recorded` stands around a submit: the job is on disk before it is sent, and its ticket before its first poll. Whoever
learns of the end of a job calls `seen`. Bytes that came with the end are kept in the history; an output of which only
the address is known is kept as *not fetched*, and `ig.attach(job_id)` fetches it.

All of it runs on the background loop; the disk is the journal's thread's. A disk that cannot be written to is told
once, as a warning, and stops no job.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from ... import history
from ...core.cost import UNKNOWN
from ...core.errors import ImagegenError, SubmitUnknown
from ...core.events import JSON, Cancelled, Event, Failed, Output, Succeeded
from ...core.params import SEED_NAMES, as_json
from ...core.requests import Request, Ticket
from ...history import End
from ...history.warn import warn_once, watcher
from ...media.artifacts import Artifact, Payload, make_artifact, missing_artifact
from ...media.encoded import decode_data_uri
from ...media.results import Result, Timings
from ...net.secrets import redact
from ...net.shield import to_its_end

Tell = Callable[[], Event]
"""Gives the event that ended a job. Called on the journal's thread, as reading a large answer takes time."""
Held = Callable[[Output], Payload | None]
"""The bytes of an output, where the caller was given them."""

NOT_FETCHED = "this call gives its address only; ig.attach(job_id) fetches it"
KEPT = 1_000
"""Jobs of this process whose end nobody has seen yet; the journal keeps those beyond."""
MAX_CHARS = 20_000
MAX_DEPTH = 20


class Recording:
    """One job's row in the journal of the user."""

    def __init__(self, service: str, model: str, values: Mapping[str, Any]) -> None:
        sent = _clean({str(name): plain(value) for name, value in values.items()})
        seeds = (sent.get(name) for name in SEED_NAMES)
        seed = next((seed for seed in seeds if isinstance(seed, int) and not isinstance(seed, bool)), None)
        self.id = history.new_id()
        self.ticket: Ticket | None = None
        self.request = Request(service=service, model=model, values=sent, asked=sent, seed=seed)
        self._began = time.time()
        self._journal = history.journal()

    async def prepared(self) -> None:
        """Before anything is sent: returns when it is on disk."""
        await self._written(lambda: self._journal.prepared(self.id, self.request))

    async def submitted(self, ticket: Ticket) -> None:
        """The service has accepted it: returns when its ticket is on disk, also if somebody asks for an end meanwhile.

        No key gets in, not even one that the service has repeated.
        """
        self.ticket = ticket = Ticket.from_json(_clean(ticket.to_json()))
        if ticket.remote_id:
            _open[ticket.service, ticket.remote_id] = self
        while len(_open) > KEPT:
            del _open[next(iter(_open))]
        await to_its_end(self._written(lambda: self._journal.submitted(self.id, ticket)))

    def concluded(self, tell: Tell, held: Held = lambda _: None) -> None:
        """It has ended. Does not wait: until it is written the row is open, and can be collected again."""
        if self.ticket is not None:
            _open.pop((self.ticket.service, self.ticket.remote_id), None)
        self._later(lambda: self._journal.concluded(self.id, partial(self._end, tell, held)))

    def failed(self, why: str) -> None:
        """It was refused: nothing runs at the service."""
        self._later(lambda: self._journal.ended(self.id, "failed", redact(why)))

    def cancelled(self, why: str) -> None:
        """It was cancelled, and is known to be over."""
        self._later(lambda: self._journal.ended(self.id, "cancelled", redact(why)))

    def left(self, why: str) -> None:
        """Nobody here waits any more, and it may go on at the service."""
        self._later(lambda: self._journal.left(self.id, redact(why)))

    def _end(self, tell: Tell, held: Held) -> Result | End:
        event = tell()
        match event:
            case Succeeded():
                return self._result(event, held)
            case Failed():
                return End("failed", redact(event.message), event.cost or UNKNOWN)
            case Cancelled():
                return End("cancelled", redact(event.message))
        raise ValueError(f"{event!r} is no end")

    def _result(self, event: Succeeded, held: Held) -> Result:
        request = self.request
        seed = event.seed if event.seed is not None else request.seed
        return Result(
            model=request.id,
            prompt=request.prompt,
            artifacts=tuple(_artifact(index, output, held, seed) for index, output in enumerate(event.outputs)),
            seed=seed,
            cost=event.cost or UNKNOWN,
            timings=Timings(queue_s=event.queue_s, run_s=event.inference_s, total_s=time.time() - self._began),
            asked=request.asked,
            sent=request.sent,
            job_ids=(self.id,),
            text=event.text,
            facts=event.facts,
        )

    async def _written(self, write: Callable[[], Future[Any]]) -> None:
        try:
            await asyncio.shield(asyncio.wrap_future(write()))
        except Exception as error:  # noqa: BLE001 (whatever it is, it must not stop a job)
            warn_once(error, self._journal.folder)

    def _later(self, write: Callable[[], Future[Any]]) -> None:
        try:
            write().add_done_callback(watcher(self._journal.folder))
        except RuntimeError as error:  # at the end of the process
            warn_once(error, self._journal.folder)

    def __repr__(self) -> str:
        return f"<Recording {self.id} {self.request.id}>"


@asynccontextmanager
async def recorded(service: str, model: str, values: Mapping[str, Any]) -> AsyncGenerator[Recording, None]:
    """Around a submit: notes the job before it, and an error or a cancel that ends it before there is a ticket."""
    row = Recording(service, model, values)
    try:
        await row.prepared()
        yield row
    except SubmitUnknown as error:
        row.left(str(error))
        raise
    except asyncio.CancelledError:
        if row.ticket is None:
            row.cancelled("cancelled before it was sent")
        raise
    except Exception as error:
        if row.ticket is None:
            row.failed(str(error))
        raise


def seen(service: str, remote_id: str, tell: Tell, held: Held = lambda _: None) -> None:
    """Somebody has seen the end of a job at a service. One that this process did not submit is left as it is."""
    row = open_row(service, remote_id)
    if row is not None:
        row.concluded(tell, held)


def open_row(service: str, remote_id: str) -> Recording | None:
    """The row of a job that this process submitted, while nobody has seen its end."""
    return _open.get((service, remote_id))


_open: dict[tuple[str, str], Recording] = {}


def plain(value: Any, depth: int = 0) -> JSON:
    """A value for the journal: files, pictures and long texts become short descriptions without directories."""
    match value:
        case str():
            if value[:5].lower() == "data:":
                return f"<{value[5:].partition(',')[0].partition(';')[0] or 'data'} {len(value):,} characters>"
            return value if len(value) <= MAX_CHARS else f"{value[:200]}… <{len(value):,} characters>"
        case bytes() | bytearray() | memoryview():
            return f"<{len(value):,} bytes>"
        case os.PathLike():
            return f"<{Path(os.fsdecode(value)).name}>"
        case Mapping() if depth < MAX_DEPTH:
            return {str(name): plain(entry, depth + 1) for name, entry in value.items()}
        case list() | tuple() if depth < MAX_DEPTH:
            return [plain(entry, depth + 1) for entry in value]
        case Mapping() | list() | tuple():
            return "<…>"
    if callable(getattr(value, "read", None)) and not hasattr(value, "describe"):
        return f"<{Path(str(getattr(value, 'name', ''))).name or 'file'}>"
    return as_json(value)


def _clean(data: Mapping[str, JSON]) -> dict[str, JSON]:
    """`data` without keys that this process has sent."""
    clean: dict[str, JSON] = json.loads(redact(json.dumps(data)))
    return clean


def _artifact(index: int, output: Output, held: Held, seed: int | None) -> Artifact:
    try:
        payload = held(output) or _inline(output)
        if payload is not None:
            return make_artifact(payload, output, index=index, seed=seed, verify=payload.path is None)
    except (ImagegenError, OSError) as error:
        return missing_artifact(output, str(error), index=index, seed=seed)
    return missing_artifact(output, NOT_FETCHED, index=index, seed=seed)


def _inline(output: Output) -> Payload | None:
    """The bytes that came with the answer itself."""
    if output.data:
        return Payload(data=output.data, media_type=output.media_type)
    return Payload(data=decode_data_uri(output.url)) if output.url[:5].lower() == "data:" else None
