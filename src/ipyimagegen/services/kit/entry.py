"""One job's entry in the journal: the way of a job on disk, once for `ig.run` and every documented client.

A job is on disk before it is sent, its ticket before its first poll, and its end when somebody has seen it:
`prepared`, `submitted`, then `succeeded`, `ended` or `left`. Three rules live here and nowhere else:

- **Noting never costs a picture.** Whatever goes wrong while something is noted (a full or locked disk, an answer that
  cannot be stored) is told once, as a warning; the job goes on.
- **No key gets in.** Everything that goes to the journal passes `redact`, also what a service has repeated.
- **When an entry stays open** (`close_by`): where the job may go on at the service, so that it can be attached to.

All of it runs on the background loop; the disk is the journal's thread's.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ...core.cost import FREE, UNKNOWN, Cost
from ...core.errors import ImagegenError, JobCancelled, JobFailed, SubmitUnknown
from ...core.events import JSON, Cancelled, Event, Failed, Output, Succeeded
from ...core.foreign import as_json
from ...core.params import SEED_NAMES
from ...core.requests import Request, Ticket
from ...history import End, Journal, new_id
from ...history.recall import journal as users_journal
from ...history.warn import warn_of_one_that_goes_on, warn_of_wait, warn_once
from ...media.artifacts import Artifact, Payload
from ...media.encoded import decode_data_uri
from ...media.results import Result, Timings
from ...net.secrets import redact
from ...net.shield import cancels, to_its_end
from ...runtime import runtime
from .collect import Collector

T = TypeVar("T")
Tell = Callable[[], Event]
"""Gives the event that ended a job. Called on the journal's thread, as reading a large answer takes time."""
Held = Callable[[Output], Payload | None]
"""The bytes of an output, where the caller was given them."""

NOT_FETCHED = "this call gives its address only; ig.attach(job_id) fetches it"
KEPT = 1_000
"""Jobs of this process whose end nobody has seen yet; the journal keeps those beyond."""
PATIENCE_S = 1.0
"""How long one job waits for the journal in all. What is noted later is not lost, as long as this process lives."""
MAX_CHARS = 20_000
MAX_DEPTH = 20


class Entry:
    """One job in a journal. With `journal=None` nothing is noted, and every method does nothing.

    `waits=False` is for work that costs nothing: it does not wait for the disk.
    """

    def __init__(
        self,
        journal: Journal | None,
        request: Request,
        *,
        job_id: str = "",
        work: float = 1.0,
        waits: bool = True,
        ticket: Ticket | None = None,
    ) -> None:
        self.id = job_id or new_id()
        self.request = request
        self.ticket = ticket
        self._journal = journal
        self._work = work
        self._waits = waits
        self._patience_s = PATIENCE_S
        self._findable = False
        self._goes_on = False
        self._began = time.time()

    @classmethod
    def documented(
        cls, service: str, model: str, values: Mapping[str, Any], *, can_be_cancelled: bool = False
    ) -> Entry:
        """The entry of a call by a service's documented name, in the user's journal.

        Where a job cannot be cancelled at its service, whoever stops waiting for it is told that it goes on.
        """
        sent = clean({str(name): plain(value) for name, value in values.items()})
        seeds = (sent.get(name) for name in SEED_NAMES)
        seed = next((seed for seed in seeds if isinstance(seed, int) and not isinstance(seed, bool)), None)
        request = Request(service=service, model=model, values=sent, asked=sent, seed=seed)
        entry = cls(users_journal(), request)
        entry._findable = True
        entry._goes_on = not can_be_cancelled
        return entry

    # What is known before the end.

    async def prepared(self) -> None:
        """Before anything is sent: returns when it is on disk."""
        cost = UNKNOWN if self._waits else FREE
        await self._written(lambda journal: journal.prepared(self.id, self.request, work=self._work, cost=cost))

    async def submitted(self, ticket: Ticket) -> None:
        """The service has accepted it: returns when its ticket is on disk, also if somebody asks to end meanwhile."""
        self.ticket = noted = _noted(ticket)
        if self._findable and ticket.remote_id:
            _open[ticket.service, ticket.remote_id] = self
        while len(_open) > KEPT:
            del _open[next(iter(_open))]
        await to_its_end(self._written(lambda journal: journal.submitted(self.id, noted)))

    # The end.

    async def succeeded(self, result: Result) -> Result:
        """Its result, with the files where the journal keeps them; as it came where nothing could be noted."""
        kept = await self._written(lambda journal: journal.succeeded(self.id, _without_keys(result)))
        if kept is None:
            return result
        await asyncio.to_thread(_let_go, result, kept)
        return replace(result, artifacts=kept.artifacts)

    def concluded(self, tell: Tell, held: Held = lambda _: None) -> None:
        """It has ended. Does not wait: until it is written the entry is open, and can be collected again."""
        self._forget()
        self._later(lambda journal: journal.concluded(self.id, partial(self._end, tell, held)))

    def ended(self, phase: str, why: str, cost: Cost = UNKNOWN) -> None:
        """It failed or was cancelled, and is known to be over: nothing runs at the service."""
        self._forget()
        self._later(lambda journal: journal.ended(self.id, phase, redact(why), cost=cost))

    def left(self, why: str) -> None:
        """Nobody here waits any more, and it may go on at the service: it stays open."""
        self._later(lambda journal: journal.left(self.id, redact(why)))

    def close_by(self, error: BaseException, *, goes_on: str = "", cost: Cost = UNKNOWN) -> None:
        """Close the entry by what ended the job here, unless it may go on at the service.

        It may go on where a submit was lost (`SubmitUnknown`), and, once there is a ticket, after whatever is not the
        service's own word that it failed, or a cancel that was carried out (`goes_on` says why one was not).
        """
        told = isinstance(error, JobFailed) or (isinstance(error, JobCancelled) and not goes_on)
        if isinstance(error, SubmitUnknown) or (self.ticket is not None and not told):
            self.left(str(error))
        else:
            stopped = isinstance(error, JobCancelled | asyncio.CancelledError)
            self.ended("cancelled" if stopped else "failed", str(error) or "cancelled before it was sent", cost)

    @asynccontextmanager
    async def submitting(self) -> AsyncGenerator[None, None]:
        """Around a submit that cannot be taken back: the block sends the job and says `submitted`.

        Somebody who asks for an end meanwhile gets it after the block, as `CancelledError`: by then the journal has the
        ticket, and whoever can cancel at the service finds it in `ticket`.
        """
        asked_before = cancels()
        accepted: Future[None] = Future()
        runtime().hold(accepted)  # a process that ends now would not know whether it was taken in
        try:
            await self.prepared()
            yield
        except (Exception, asyncio.CancelledError) as error:
            self.close_by(error)
            raise
        finally:
            accepted.set_result(None)
        if cancels() > asked_before:
            self.stop_waiting()
            raise asyncio.CancelledError

    def stop_waiting(self) -> None:
        """Say that it goes on, where nobody can cancel it and its end was not seen."""
        noted, journal = self.ticket, self._journal
        if not self._goes_on or noted is None or journal is None:
            return
        if open_entry(noted.service, noted.remote_id) is self:
            warn_of_one_that_goes_on(self.id, self.request.id, journal.folder)

    def _forget(self) -> None:
        if self.ticket is not None:
            _open.pop((self.ticket.service, self.ticket.remote_id), None)

    def _end(self, tell: Tell, held: Held) -> Result | End:
        event = tell()
        match event:
            case Succeeded():
                return _without_keys(self._result(event, held))
            case Failed():
                return End("failed", redact(event.message), event.cost or UNKNOWN)
            case Cancelled():
                return End("cancelled", redact(event.message))
        raise ValueError(f"{event!r} is no end")

    def _result(self, event: Succeeded, held: Held) -> Result:
        timings = Timings(queue_s=event.queue_s, run_s=event.inference_s, total_s=time.time() - self._began)
        collector = Collector(job_id=self.id, request=self.request, event=event, timings=timings)
        return collector.result([_held(collector, index, output, held) for index, output in enumerate(event.outputs)])

    async def _written(self, write: Callable[[Journal], Future[T]]) -> T | None:
        """Wait until the journal has it, where there is something to lose. `None` where it has it not, or not yet."""
        try:
            if self._journal is None:
                return None
            written = write(self._journal)
            if self._waits:
                return await self._waited(written, self._journal)
            written.add_done_callback(self._look)
        except Exception as error:  # noqa: BLE001 (whatever it is, it must not stop a job)
            self._warn(error)
        return None

    async def _waited(self, written: Future[T], journal: Journal) -> T | None:
        """What the journal gives back, as long as this job has patience, and none where it is known to be locked."""
        inner, began = asyncio.wrap_future(written), time.monotonic()
        inner.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # seen, also if nobody waits
        left_s = 0.0 if journal.is_locked else max(0.0, self._patience_s)
        done, _ = await asyncio.wait({inner}, timeout=left_s)
        self._patience_s -= time.monotonic() - began
        if done:
            return inner.result()
        written.add_done_callback(self._look)
        if journal.is_locked:
            warn_of_wait(journal.folder)
        return None

    def _later(self, write: Callable[[Journal], Future[Any]]) -> None:
        try:
            if self._journal is not None:
                write(self._journal).add_done_callback(self._look)
        except Exception as error:  # noqa: BLE001 (at the end of the process, say)
            self._warn(error)

    def _look(self, written: Future[Any]) -> None:
        error = None if written.cancelled() else written.exception()
        if error is not None:
            self._warn(error)

    def _warn(self, error: BaseException) -> None:
        if self._journal is not None:
            warn_once(error, self._journal.folder)

    def __repr__(self) -> str:
        return f"<Entry {self.id} {self.request.id}>"


def seen(service: str, remote_id: str, tell: Tell, held: Held = lambda _: None) -> None:
    """Somebody has seen the end of a job at a service. One that this process did not submit is left as it is."""
    entry = open_entry(service, remote_id)
    if entry is not None:
        entry.concluded(tell, held)


@contextmanager
def waiting(service: str, remote_id: str) -> Iterator[None]:
    """Around the wait of the call that has sent a job: a cancel that ends it says what becomes of the job."""
    try:
        yield
    except asyncio.CancelledError:
        if (entry := open_entry(service, remote_id)) is not None:
            entry.stop_waiting()
        raise


def open_entry(service: str, remote_id: str) -> Entry | None:
    """The entry of a job that this process submitted, while nobody has seen its end."""
    return _open.get((service, remote_id))


_open: dict[tuple[str, str], Entry] = {}


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


def clean(data: Mapping[str, JSON]) -> dict[str, JSON]:
    """`data` without the keys that this process has sent."""
    found: dict[str, JSON] = json.loads(redact(json.dumps(as_json(data))))
    return found


def _noted(ticket: Ticket) -> Ticket:
    """A ticket as it may stand on disk. One that cannot be written down as it is keeps its id and its addresses."""
    try:
        return Ticket.from_json(clean(ticket.to_json()))
    except Exception:  # noqa: BLE001 (the job is accepted and will be paid: nothing may stop it now)
        return replace(ticket, facts={})


def _without_keys(result: Result) -> Result:
    """A result as it may stand on disk: no key in what the service said of it."""
    artifacts = tuple(
        replace(artifact, name=redact(artifact.name), url=redact(artifact.url), filename=redact(artifact.filename))
        for artifact in result.artifacts
    )
    facts = clean(result.facts)
    return replace(result, artifacts=artifacts, text=redact(result.text), facts=facts)


def _let_go(fetched: Result, kept: Result) -> None:
    """Delete the temporary files of outputs that the journal has now."""
    for before, after in zip(fetched.artifacts, kept.artifacts, strict=True):
        if before.path is not None and after.path != before.path:
            before.path.unlink(missing_ok=True)


def _held(collector: Collector, index: int, output: Output, held: Held) -> Artifact:
    """An output with the bytes that the caller was given, or that came with the answer itself."""
    try:
        payload = held(output)
        if payload is None and output.data:
            payload = Payload(data=output.data, media_type=output.media_type)
        if payload is None and output.url[:5].lower() == "data:":
            payload = Payload(data=decode_data_uri(output.url))
        if payload is None:
            return collector.missing(index, output, NOT_FETCHED)
        return collector.artifact(index, output, payload, verify=payload.path is None)
    except (ImagegenError, OSError) as error:
        return collector.missing(index, output, str(error))
