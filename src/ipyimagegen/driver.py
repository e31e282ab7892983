"""The way of one job, on the background loop: send, follow, fetch; and the way out when somebody asks for an end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from .core.errors import ImagegenError, JobCancelled, JobFailed, ProtocolError
from .core.estimates import Estimates
from .core.events import JSON, Cancelled, Failed, Output, Succeeded
from .core.jobs import cancelling, finished
from .core.requests import Ticket
from .job import Job
from .media.artifacts import Artifact, lost_artifact, make_artifact
from .media.results import Result
from .services.base import Service

CANCEL_GRACE_S = 2.0
"""How long a service may take to confirm a cancel before the job is called cancelled all the same."""


class Driver:
    """Takes one job from its request, or from a ticket, to its result. All but `start` runs on the background thread."""

    def __init__(self, job: Job, service: Service, estimates: Estimates) -> None:
        self.job = job
        self.service = service
        self.estimates = estimates
        self._task: asyncio.Task[Result] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._why = ""
        job.stop = self.stop

    def start(self) -> None:
        """Begin; called once, from the thread and in the context that the job belongs to."""
        self.job.runtime.post(self._begin)

    def _begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._work(), name=f"ipyimagegen-{self.job.id}")
        self._task.add_done_callback(self._settle)

    async def _work(self) -> Result:
        job = self.job
        if job.ticket is None:
            ticket = await self.service.submit(job.request)
            job.ticket = ticket
            if self._stopping is not None:  # asked for while the unrepeatable call was on its way
                self._why = await self._cancel_at_service(ticket)
                raise asyncio.CancelledError
        async for event in self.service.follow(job.ticket):
            job.move(event)
            match event:
                case Succeeded():
                    return await self._collect(event)
                case Failed():
                    raise JobFailed(
                        f"{job.model}: {event.message or 'failed'}", job_id=job.id, detail=event.message
                    )
                case Cancelled():
                    raise asyncio.CancelledError
        raise ProtocolError(f"{job.model}: the service ended its answer without a result", service=self.service.name)

    async def _collect(self, event: Succeeded) -> Result:
        job, began = self.job, time.perf_counter()
        if not event.outputs and not event.text:
            raise JobFailed(f"{job.model}: the service says that it is done, and gave no picture", job_id=job.id)
        artifacts = await asyncio.gather(*(self._artifact(index, output) for index, output in enumerate(event.outputs)))
        now = time.time()
        state = finished(job.state, now)
        timings = {
            "queue_s": (state.started_at or now) - state.created_at,
            "run_s": state.run_s or 0.0,
            "fetch_s": time.perf_counter() - began,
            "total_s": now - state.created_at,
        }
        self.estimates.learn(job.model, job.work, timings["run_s"])
        request = job.request
        return Result(
            model=job.model,
            prompt=request.prompt,
            artifacts=tuple(artifacts),
            seed=event.seed if event.seed is not None else request.seed,
            cost=state.cost,
            timings=timings,
            asked=request.asked,
            sent=request.sent,
            changes=request.changes,
            job_ids=(job.id,),
            text=event.text,
            facts=event.facts,
            raw=event.raw,
        )

    async def _artifact(self, index: int, output: Output) -> Artifact:
        """One output, fetched and checked; where that fails, an artifact that keeps the address and says why."""
        seed = output.seed if output.seed is not None else self.job.request.seed
        about = {"index": index, "seed": seed, "alt": self.job.request.prompt, "record": self._record(seed)}
        try:
            payload = await self.service.fetch(output)
            return await asyncio.to_thread(make_artifact, payload, output, **about)
        except (ImagegenError, OSError) as error:
            return lost_artifact(output, error=str(error), **about)

    def _record(self, seed: int | None) -> Mapping[str, JSON]:
        job = self.job
        return {
            "model": job.model,
            "prompt": job.request.prompt,
            "seed": seed,
            "params": job.request.sent,
            "asked": dict(job.request.asked),
            "cost": str(job.state.cost),
            "seconds": round(job.elapsed_s, 3),
            "job": job.id,
        }

    # -- the way out ----------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Ask for an end: here at once, at the service where it can be cancelled."""
        if self.job.done or self._stopping is not None:
            return
        self.job.become(cancelling(self.job.state, time.time()))
        self._stopping = asyncio.get_running_loop().create_task(self._stop())

    async def _stop(self) -> None:
        task, ticket = self._task, self.job.ticket
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
        job, now = self.job, time.time()
        try:
            result = task.result()
        except asyncio.CancelledError:
            self._move_to_end(Cancelled(by="user", message=self._why or job.state.error))
            why = f": {job.state.error}" if job.state.error else ""
            error: BaseException = JobCancelled(f"job {job.id} was cancelled{why}", job_id=job.id, detail=self._why)
        except Exception as raised:
            self._move_to_end(Failed(message=str(raised)))
            error = raised
        else:
            job.become(finished(job.state, now))
            job.outcome.set_result(result)
            return
        job.outcome.set_exception(error)

    def _move_to_end(self, event: Failed | Cancelled) -> None:
        if not self.job.done:
            self.job.move(event)


def drive(job: Job, service: Service, estimates: Estimates) -> None:
    """Send `job` on its way. Returns at once."""
    Driver(job, service, estimates).start()
