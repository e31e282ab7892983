"""`local/sketch` and `local/cutout`: the embedded engine as a service like any other.

A ticket of this service carries the whole request, so that a job can be followed in another process too: there it is
painted again, to the same picture.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import os
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from ...core import forks
from ...core.cost import FREE
from ...core.errors import InvalidInput, ProtocolError, UnknownModel
from ...core.events import (
    JSON,
    Cancelled,
    Event,
    Failed,
    Final,
    Log,
    Output,
    Preview,
    Progress,
    Queued,
    Running,
    Succeeded,
)
from ...core.models import ModelSpec, PictureLimits
from ...core.requests import InputFile, Request, Ticket
from ...core.schema import read_params
from ...core.workers import Workers
from ...media.artifacts import Payload
from . import work

STEP_DELAY = "step_delay_s"
SIDE_BY_SIDE = 4
PICTURES = PictureLimits(max_side_px=work.MAX_INPUT_PX, alpha=False, follows=True)


def service() -> Local:
    """The factory that the entry point names."""
    return Local()


def specs() -> tuple[ModelSpec, ...]:
    """The embedded models."""
    from ...engine import CUTOUT_SCHEMA, SKETCH_SCHEMA

    return tuple(
        ModelSpec(
            service="local",
            name=name,
            title=str(schema.get("title", name)),
            description=str(schema.get("description", "")),
            params=read_params(schema),
            price=FREE,
            pictures=PICTURES,
        )
        for name, schema in (("sketch", SKETCH_SCHEMA), ("cutout", CUTOUT_SCHEMA))
    )


@dataclass(slots=True)
class Painted:
    """One job that is being painted: its newest progress, and how it ended. Followers read, the painter writes."""

    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    started: bool = False
    progress: Progress | None = None
    preview: Preview | None = None
    logs: list[Log] = field(default_factory=list)
    final: Final | None = None
    task: asyncio.Task[None] | None = None


class Local:
    """The embedded service. Four jobs at a time take turns, step by step, on one thread a processor; the rest wait.

    One large picture at a time: 2048×2048 pixels take almost 1 GiB.
    """

    name = "local"
    title = "embedded"

    def __init__(self) -> None:
        self._pool: Workers | None = None
        self._jobs: dict[str, Painted]
        self._specs: tuple[ModelSpec, ...] = ()
        self.after_fork_in_child()
        forks.renew(self)

    def after_fork_in_child(self) -> None:
        """No picture is being painted here; the parent paints its own."""
        self._jobs = {}
        self._slots = asyncio.Semaphore(SIDE_BY_SIDE)
        self._large = asyncio.Semaphore(1)

    async def models(self) -> Sequence[ModelSpec]:
        """The two embedded models."""
        self._specs = self._specs or specs()
        return self._specs

    async def model(self, name: str) -> ModelSpec:
        """One of the two. Raises `UnknownModel`."""
        known = {spec.name: spec for spec in await self.models()}
        if name not in known:
            raise UnknownModel(f"local/{name}", [f"local/{other}" for other in known])
        return known[name]

    async def submit(self, request: Request) -> Ticket:
        """Start painting. Returns at once; raises `InvalidInput` for inputs that are no pictures."""
        facts: dict[str, JSON] = {"values": {name: _to_json(value) for name, value in request.values.items()}}
        ticket = Ticket(service=self.name, model=request.model, remote_id=uuid.uuid4().hex, facts=facts)
        self._start(ticket, dict(request.values))
        return ticket

    def _start(self, ticket: Ticket, values: dict[str, Any]) -> Painted:
        job = self._jobs[ticket.remote_id] = Painted()
        job.task = asyncio.get_running_loop().create_task(self._paint(job, ticket.model, values))
        return job

    async def _paint(self, job: Painted, model: str, values: dict[str, Any]) -> None:
        self._pool = self._pool or Workers(os.cpu_count() or 1, "ipyimagegen-paint")
        delay = float(values.pop(STEP_DELAY, 0) or 0)
        try:
            async with self._slots, self._large if work.is_large(values) else nullcontext():
                final = await self._steps(job, model, values, delay)
        except asyncio.CancelledError:
            final = Cancelled(by="user")
        except Exception as error:  # noqa: BLE001 (whatever goes wrong while painting is the job's failure)
            final = Failed(message=str(error), code=type(error).__name__)
        async with job.changed:
            job.final = final
            job.changed.notify_all()

    async def _steps(self, job: Painted, model: str, values: Mapping[str, Any], delay: float) -> Final:
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        async with job.changed:
            job.started = True
            job.changed.notify_all()
        painting = await loop.run_in_executor(self._pool, work.begin, model, values)
        for _ in itertools.count():
            step = await loop.run_in_executor(self._pool, next, painting.steps, None)
            if step is None:
                break
            async with job.changed:
                job.progress = Progress(fraction=step.step / step.steps, step=step.step, steps=step.steps)
                job.preview = Preview(frame=step.frame, step=step.step)
                job.changed.notify_all()
            if delay:
                await asyncio.sleep(delay)
        outputs = await loop.run_in_executor(self._pool, painting.outputs)
        return Succeeded(
            outputs=outputs, seed=painting.seed, cost=FREE, inference_s=round(time.perf_counter() - began, 4)
        )

    async def follow(self, ticket: Ticket) -> AsyncIterator[Event]:
        """Events of a job of this process, or the same picture painted again."""
        job = self._jobs.get(ticket.remote_id) or self._start(ticket, _from_ticket(ticket))
        yield Queued()
        async with job.changed:
            await job.changed.wait_for(lambda: job.started or job.final is not None)
        yield Running()
        seen: Progress | None = None
        while job.final is None:
            progress, preview = job.progress, job.preview
            if progress is not seen and progress is not None and preview is not None:
                seen = progress
                yield progress
                yield preview
                continue
            async with job.changed:
                await job.changed.wait_for(lambda: job.progress is not seen or job.final is not None)  # noqa: B023
        if job.progress is not None and job.progress is not seen and job.preview is not None:
            yield job.progress
            yield job.preview
        self._jobs.pop(ticket.remote_id, None)
        yield job.final

    async def cancel(self, ticket: Ticket) -> str:
        """Stop painting; takes at most one step."""
        job = self._jobs.get(ticket.remote_id)
        if job is not None and job.task is not None:
            job.task.cancel()
        return ""

    async def fetch(self, output: Output) -> Payload:
        """The picture itself; it was never elsewhere."""
        return Payload(data=output.data, media_type=output.media_type)

    async def aclose(self) -> None:
        """Stop the threads."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _to_json(value: Any) -> JSON:
    if isinstance(value, InputFile):
        if value.url:
            raise InvalidInput(f"{value.describe()}: the embedded engine takes pictures from here, not from an address")
        return {"file": base64.b64encode(value.read()).decode("ascii"), "media_type": value.media_type}
    plain: JSON = value
    return plain


def _from_ticket(ticket: Ticket) -> dict[str, Any]:
    values = ticket.facts.get("values")
    if not isinstance(values, dict):
        raise ProtocolError("this ticket carries no request", service="local")
    return {name: _from_json(name, value) for name, value in values.items()}


def _from_json(name: str, value: JSON) -> Any:
    if isinstance(value, dict) and isinstance(value.get("file"), str):
        data = base64.b64decode(str(value["file"]))
        return InputFile(filename=name, media_type=str(value.get("media_type", "")), data=data, size=len(data))
    return value
