"""`local/sketch` and `local/cutout`: the embedded engine as a service like any other.

A ticket of this service carries the whole request, so that a job can be followed in another process too: there it is
painted again, to the same picture.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from ...core import forks
from ...core.cost import FREE
from ...core.errors import UnknownModel
from ...core.events import (
    JSON,
    Cancelled,
    Event,
    Failed,
    Final,
    Output,
    Preview,
    Progress,
    Succeeded,
)
from ...core.models import ModelSpec, PictureLimits
from ...core.requests import Request, Ticket
from ...core.schema import read_params
from ...core.workers import Workers
from ...media.artifacts import Payload
from ..kit.in_process import OwnJob, values_of, values_to_json
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


class Local:
    """The embedded service. Four jobs at a time take turns, step by step, on one thread a processor; the rest wait.

    One large picture at a time: 2048×2048 pixels take almost 1 GiB.
    """

    name = "local"
    title = "embedded"
    keyless = True

    def __init__(self) -> None:
        self._pool: Workers | None = None
        self._jobs: dict[str, OwnJob]
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
        facts: dict[str, JSON] = {"values": values_to_json(request.values)}
        ticket = Ticket(service=self.name, model=request.model, remote_id=uuid.uuid4().hex, facts=facts)
        self._start(ticket, dict(request.values))
        return ticket

    def _start(self, ticket: Ticket, values: dict[str, Any]) -> OwnJob:
        job = self._jobs[ticket.remote_id] = OwnJob()
        job.task = asyncio.get_running_loop().create_task(self._paint(job, ticket.model, values))
        return job

    async def _paint(self, job: OwnJob, model: str, values: dict[str, Any]) -> None:
        self._pool = self._pool or Workers(os.cpu_count() or 1, "ipyimagegen-paint")
        delay = float(values.pop(STEP_DELAY, 0) or 0)
        try:
            async with self._slots, self._large if work.is_large(values) else nullcontext():
                final = await self._steps(job, model, values, delay)
        except asyncio.CancelledError:
            final = Cancelled(by="user")
        except Exception as error:  # noqa: BLE001 (whatever goes wrong while painting is the job's failure)
            final = Failed(message=str(error), code=type(error).__name__)
        await job.end(final)

    async def _steps(self, job: OwnJob, model: str, values: Mapping[str, Any], delay: float) -> Final:
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        await job.begin()
        painting = await loop.run_in_executor(self._pool, work.begin, model, values)
        for _ in itertools.count():
            step = await loop.run_in_executor(self._pool, next, painting.steps, None)
            if step is None:
                break
            await job.report(
                Progress(fraction=step.step / step.steps, step=step.step, steps=step.steps),
                Preview(frame=step.frame, step=step.step),
            )
            if delay:
                await asyncio.sleep(delay)
        outputs = await loop.run_in_executor(self._pool, painting.outputs)
        return Succeeded(
            outputs=outputs, seed=painting.seed, cost=FREE, inference_s=round(time.perf_counter() - began, 4)
        )

    async def follow(self, ticket: Ticket) -> AsyncIterator[Event]:
        """Events of a job of this process, or the same picture painted again."""
        job = self._jobs.get(ticket.remote_id) or self._start(ticket, values_of(ticket))
        async for event in job.events():
            if isinstance(event, Final):
                self._jobs.pop(ticket.remote_id, None)
            yield event

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
