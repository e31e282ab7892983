"""The way of one job, on the background loop: send, follow, fetch; and the way out when somebody asks for an end."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future
from dataclasses import replace
from functools import partial

from ..core.cost import FREE, Cost
from ..core.errors import ImagegenError, JobCancelled, JobFailed, ProtocolError, ShuttingDown
from ..core.events import Cancelled, Failed, Output, Succeeded
from ..core.jobs import cancelling, finished
from ..core.requests import Ticket
from ..history import Journal
from ..media.artifacts import Artifact, Payload
from ..media.display import DisplaySettings
from ..media.results import Result, Timings
from ..net.secrets import redact
from ..services.base import Service
from ..services.kit.collect import Collector
from ..services.kit.entry import Entry
from ..settings.config import Metadata, Settings
from .estimates import Estimates
from .job import Job

CANCEL_GRACE_S = 2.0
"""How long a service may take to confirm a cancel before the job is called cancelled all the same."""


class Driver:
    """Takes one job from its request, or from a ticket, to its result.

    All but `start` runs on the background thread.
    """

    def __init__(
        self, job: Job, service: Service, *, estimates: Estimates, settings: Settings, journal: Journal | None
    ) -> None:
        self.job = job
        self.service = service
        self.estimates = estimates
        self.display = DisplaySettings(settings.display_max_px, settings.display_max_kb)
        self.metadata: Metadata = settings.metadata
        self._entry = Entry(journal, job.request, job_id=job.id, work=job.work, waits=not self._free, ticket=job.ticket)
        self._ticket = job.ticket
        self._task: asyncio.Task[Result] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._why = ""
        self._accepted: Future[None] = Future()
        job.stop = self.stop

    def start(self) -> None:
        """Begin; called once, from the thread and in the context that the job belongs to.

        A paid job that is not sent yet keeps the process from ending: nobody could attach to it later.
        """
        if self.job.ticket is None and not self._free:
            self.job.runtime.hold(self._accepted)
        self.job.runtime.post(self._begin)

    @property
    def _free(self) -> bool:
        return self.job.spec.price.source == "free"

    @property
    def _cost(self) -> Cost:
        """What the service says that it cost; a free model is free also where nobody says it."""
        cost = self.job.state.cost
        return FREE if self._free and not cost.known else cost

    def _begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._work(), name=f"ipyimagegen-{self.job.id}")
        self._task.add_done_callback(self._settle)

    async def _work(self) -> Result:
        job = self.job
        ticket = self._ticket
        if ticket is None:
            await self._entry.prepared()
            ticket = await self.service.submit(job.request)
            await self._entry.submitted(ticket)
            self._ticket, job.ticket = ticket, self._entry.ticket  # the one to follow by, and one without keys to show
            _set(self._accepted)
            if self._stopping is not None:  # asked for while the unrepeatable call was on its way
                self._why = await self._cancel_at_service(ticket)
                raise asyncio.CancelledError
        async for event in self.service.follow(ticket):
            job.move(event)
            match event:
                case Succeeded():
                    return await self._collect(event)
                case Failed():
                    raise JobFailed(f"{job.model}: {event.message or 'failed'}", job_id=job.id, detail=event.message)
                case Cancelled():
                    raise asyncio.CancelledError
        raise ProtocolError(f"{job.model}: the service ended its answer without a result", service=self.service.name)

    async def _collect(self, event: Succeeded) -> Result:
        job, began = self.job, time.time()
        if not event.outputs and not event.text:
            raise JobFailed(f"{job.model}: the service says that it is done, and gave no picture", job_id=job.id)
        started = job.state.started_at or began
        queue_s = started - job.state.created_at if event.queue_s is None else event.queue_s
        run_s = began - started if event.inference_s is None else event.inference_s
        timings = Timings(queue_s=queue_s, run_s=run_s)
        self.estimates.learn(job.model, job.work, run_s)
        collector = Collector(
            job_id=job.id,
            request=job.request,
            event=replace(event, facts=job.state.facts or {}),
            timings=timings,
            cost=self._cost,
            display=self.display,
            metadata=self.metadata,
        )
        fetched = (self._artifact(collector, index, output) for index, output in enumerate(event.outputs))
        artifacts = await asyncio.gather(*fetched)
        now = time.time()
        whole = replace(timings, fetch_s=now - began, total_s=now - job.state.created_at)
        return await self._entry.succeeded(collector.result(artifacts, whole))

    async def _artifact(self, collector: Collector, index: int, output: Output) -> Artifact:
        """One output, fetched and checked; where that fails, an artifact that keeps the address and says why."""
        again = partial(self._fetch_again, output)

        def make(payload: Payload) -> Artifact:
            try:
                return collector.artifact(index, output, payload, refetch=again)
            except BaseException:
                payload.drop()
                raise

        try:
            return await asyncio.to_thread(make, await self.service.fetch(output))
        except (ImagegenError, OSError) as error:
            return collector.missing(index, output, redact(str(error)), again)

    def _fetch_again(self, output: Output) -> Payload:
        return self.job.runtime.run(self.service.fetch(output))

    def stop(self) -> None:
        """Ask for an end: here at once, at the service where it can be cancelled."""
        if self.job.done or self._stopping is not None or self._task is None:  # ended, asked before, never begun
            return
        self.job.become(cancelling(self.job.state, time.time()))
        if not self._free:
            self.job.runtime.hold(self.job.outcome)
        self._stopping = asyncio.get_running_loop().create_task(self._stop())

    async def _stop(self) -> None:
        task, ticket = self._task, self._ticket
        if task is None:
            return
        if ticket is not None:
            self._why = await self._cancel_at_service(ticket)
            if not self._why:
                await asyncio.wait({task}, timeout=CANCEL_GRACE_S)
        task.cancel()

    async def _cancel_at_service(self, ticket: Ticket) -> str:
        try:
            return await asyncio.wait_for(self.service.cancel(ticket), CANCEL_GRACE_S)
        except TimeoutError:
            return f"{self.service.title} did not answer the cancel; the job may go on there, and be billed"
        except ImagegenError as error:
            return f"{self.service.title} could not cancel it ({error}); the job may go on there, and be billed"

    def _settle(self, task: asyncio.Task[Result]) -> None:
        job = self.job
        _set(self._accepted)
        if job.runtime.ending and (task.cancelled() or task.exception() is not None):
            job.outcome.set_exception(ShuttingDown(self._left_behind()))
            return
        try:
            result = task.result()
        except asyncio.CancelledError:
            self._move_to_end(Cancelled(by="user", message=self._why or job.state.error))
            why = f": {job.state.error}" if job.state.error else ""
            error: BaseException = JobCancelled(f"job {job.id} was cancelled{why}", job_id=job.id, detail=self._why)
        except Exception as raised:  # noqa: BLE001 (whatever it is, the waiting user gets it)
            self._move_to_end(Failed(message=str(raised)))
            error = raised
        else:
            job.become(finished(job.state, time.time()))
            job.outcome.set_result(result)
            return
        self._entry.close_by(error, goes_on=self._why, cost=self._cost)
        job.outcome.set_exception(error)

    def _left_behind(self) -> str:
        """Of a job that was under way when the process ended; the journal keeps its row open."""
        text = f"job {self.job.id} was not done when the program ended"
        if self.job.ticket is None or self._free:
            return text
        return f"{text}: it goes on, and ig.attach({self.job.id!r}) collects it"

    def _move_to_end(self, event: Failed | Cancelled) -> None:
        if not self.job.done:
            self.job.move(event)


def _set(accepted: Future[None]) -> None:
    if not accepted.done():
        accepted.set_result(None)
