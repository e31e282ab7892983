"""The service of registered functions: `mine/plasma` is a function of the user's, on a thread of this process."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ...core import forks
from ...core.cost import FREE
from ...core.errors import InvalidInput, UnknownModel
from ...core.events import JSON, Cancelled, Event, Final, Output, Preview, Progress, Succeeded
from ...core.models import ModelSpec, split_model
from ...core.requests import Request, Ticket
from ...core.workers import Workers
from ...media.artifacts import Payload
from ..base import Registry
from ..kit.in_process import OwnJob, values_of, values_to_json
from .process import FailedThere, ProcessCall, check_packable
from .running import Call, Stopped, failure
from .signature import Signature, read_signature

MAX_THREADS = 32
RUNS_ON = "this function has no steps (a yield, or a call of progress), so it runs on; what it makes is dropped"


@dataclass(frozen=True, slots=True)
class Function:
    """A registered function. `parallel` is how many of its jobs run side by side; `in_process`: each in its own."""

    call: Callable[..., Any]
    spec: ModelSpec
    signature: Signature
    parallel: int
    in_process: bool


class Functions:
    """The functions under one name, as a service. Each call runs on a thread, so that the notebook goes on."""

    title = "functions of this notebook"
    keyless = True

    def __init__(self, name: str) -> None:
        self.name = name
        self._functions: dict[str, Function] = {}
        self._pool: Workers | None = None
        self.after_fork_in_child()
        forks.renew(self)

    def after_fork_in_child(self) -> None:
        """Nothing runs here; the parent's jobs are its own."""
        self._jobs: dict[str, OwnJob] = {}
        self._slots: dict[str, asyncio.Semaphore] = {}

    def put(self, name: str, function: Callable[..., Any], *, title: str, parallel: int, in_process: bool) -> Function:
        """Register a function, in place of one of the same name. Raises `InvalidInput` where it cannot be one."""
        if in_process:
            check_packable(function, f"{self.name}/{name}")
        signature = read_signature(function)
        doc = inspect.getdoc(function) or ""
        spec = ModelSpec(
            service=self.name,
            name=name,
            title=title or doc.split("\n", maxsplit=1)[0] or name,
            description=doc,
            params=signature.params,
            price=FREE,
            cannot_cancel="" if in_process or _has_steps(function, signature) else RUNS_ON,
        )
        made = self._functions[name] = Function(function, spec, signature, parallel, in_process)
        self._slots.pop(name, None)
        return made

    async def models(self) -> Sequence[ModelSpec]:
        """The registered functions."""
        return [function.spec for function in self._functions.values()]

    async def model(self, name: str) -> ModelSpec:
        """One of them. Raises `UnknownModel`."""
        return self._function(name).spec

    def _function(self, name: str) -> Function:
        found = self._functions.get(name)
        if found is None:
            raise UnknownModel(f"{self.name}/{name}", [f"{self.name}/{other}" for other in self._functions])
        return found

    async def submit(self, request: Request) -> Ticket:
        """Put the call into the queue of its function. Returns at once."""
        facts: dict[str, JSON] = {"values": values_to_json(request.values)}
        ticket = Ticket(service=self.name, model=request.model, remote_id=uuid.uuid4().hex, facts=facts)
        self._start(ticket, dict(request.values))
        return ticket

    def _start(self, ticket: Ticket, values: dict[str, Any]) -> OwnJob:
        function = self._function(ticket.model)
        job = self._jobs[ticket.remote_id] = OwnJob()
        job.task = asyncio.get_running_loop().create_task(self._run(job, function, values))
        return job

    async def _run(self, job: OwnJob, function: Function, values: Mapping[str, Any]) -> None:
        slots = self._slots.setdefault(function.spec.name, asyncio.Semaphore(function.parallel))
        loop = asyncio.get_running_loop()
        try:
            async with slots:
                await job.begin()
                made_by = ProcessCall if function.in_process else Call
                call = made_by(function.call, function.signature, values, _News(job, loop).tell)
                self._pool = self._pool or Workers(MAX_THREADS, "ipyimagegen-function")
                began = time.perf_counter()
                working = loop.run_in_executor(self._pool, call)
                try:
                    made, text = await asyncio.shield(working)
                except asyncio.CancelledError:
                    call.stop()
                    await job.end(Cancelled(by="user"))
                    await asyncio.wait([working])  # its place is free when it has really ended
                    _ = working.cancelled() or working.exception()
                    return
            seconds = round(time.perf_counter() - began, 4)
            final: Final = Succeeded(outputs=made, seed=call.seed, cost=FREE, inference_s=seconds, text=text)
        except (asyncio.CancelledError, Stopped):
            final = Cancelled(by="user")
        except FailedThere as error:
            final = error.failed
        except Exception as error:  # noqa: BLE001 (whatever a user's function raises is its job's failure)
            final = failure(error, function.call)
        await job.end(final)

    async def follow(self, ticket: Ticket) -> AsyncIterator[Event]:
        """Events of a job of this process; one of an earlier process is done again, by the function of that name."""
        job = self._jobs.get(ticket.remote_id) or self._start(ticket, values_of(ticket))
        async for event in job.events():
            if isinstance(event, Final):
                self._jobs.pop(ticket.remote_id, None)
            yield event

    async def cancel(self, ticket: Ticket) -> str:
        """Stop it at its next step."""
        job = self._jobs.get(ticket.remote_id)
        if job is not None and job.task is not None:
            job.task.cancel()
        found = self._functions.get(ticket.model)
        return found.spec.cannot_cancel if found is not None else ""

    async def fetch(self, output: Output) -> Payload:
        """The picture itself; it was never elsewhere."""
        return Payload(data=output.data, media_type=output.media_type)

    async def aclose(self) -> None:
        """Let the threads end once they have nothing to do."""
        if self._pool is not None:
            self._pool.shutdown(wait=False)
            self._pool = None

    def __repr__(self) -> str:
        return f"<Functions {self.name}: {', '.join(self._functions)}>"


class _News:
    """Takes what a function tells on its thread to the loop: the newest, however many there are meanwhile."""

    def __init__(self, job: OwnJob, loop: asyncio.AbstractEventLoop) -> None:
        self._job = job
        self._loop = loop
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._preview: Preview | None = None
        self._on_its_way = False
        self._passing: asyncio.Task[None] | None = None

    def tell(self, progress: Progress | None, preview: Preview | None) -> None:
        """Called on the function's thread; returns at once."""
        with self._lock:
            self._progress, self._preview = progress or self._progress, preview or self._preview
            waits, self._on_its_way = self._on_its_way, True
        if not waits:
            with suppress(RuntimeError):  # the loop has ended, and nobody looks any more
                self._loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        self._passing = self._loop.create_task(self._pass_on())

    async def _pass_on(self) -> None:
        with self._lock:
            progress, preview, self._on_its_way = self._progress, self._preview, False
        await self._job.report(progress, preview)


def function_service(model: str, registry: Registry) -> tuple[Functions, str]:
    """The service that a function of that name belongs to, made where there is none, and the name within it.

    Raises `InvalidInput` for a name that belongs to another service.
    """
    service, name = split_model(model)
    ready = registry.ready(service)
    if isinstance(ready, Functions):
        return ready, name
    if ready is not None or service in registry.names():
        told = f"{model!r}: {service!r} is a service already; choose another first word, such as 'mine/{name}'"
        raise InvalidInput(told)
    return Functions(service), name


def _has_steps(function: Callable[..., Any], signature: Signature) -> bool:
    """Whether it can be ended on its way."""
    kinds = (inspect.isgeneratorfunction, inspect.isasyncgenfunction, inspect.iscoroutinefunction)
    return "progress" in signature.takes or any(kind(inspect.unwrap(function)) for kind in kinds)
