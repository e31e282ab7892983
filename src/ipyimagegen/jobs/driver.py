"""The way of one job, on the background loop: send, follow, fetch; and the way out when somebody asks for an end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from ..core.errors import ImagegenError, JobCancelled, JobFailed, ProtocolError, StorageError, SubmitUnknown
from ..core.events import Cancelled, Failed, Output, Succeeded
from ..core.jobs import cancelling, finished
from ..core.requests import Ticket
from ..core.version import VERSION
from ..history import Journal
from ..history.warn import watcher
from ..media.artifacts import Artifact, Payload, make_artifact, missing_artifact
from ..media.display import DisplaySettings
from ..media.metadata.record import Record
from ..media.results import Result, Timings
from ..services.base import Service
from ..settings.config import Metadata, Settings
from .estimates import Estimates
from .job import Job

T = TypeVar("T")

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
        self.journal = journal
        self._told = watcher(journal.folder) if journal is not None else lambda _: None
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

    def _begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._work(), name=f"ipyimagegen-{self.job.id}")
        self._task.add_done_callback(self._settle)

    async def _work(self) -> Result:
        job = self.job
        if job.ticket is None:
            if self.journal is not None:
                await self._noted(self.journal.prepared(job.id, job.request, work=job.work))
            ticket = await self.service.submit(job.request)
            job.ticket = ticket
            if self.journal is not None:
                await self._noted(self.journal.submitted(job.id, ticket))
            _set(self._accepted)
            if self._stopping is not None:  # asked for while the unrepeatable call was on its way
                self._why = await self._cancel_at_service(ticket)
                raise asyncio.CancelledError
        async for event in self.service.follow(job.ticket):
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
        job, request, began = self.job, self.job.request, time.time()
        if not event.outputs and not event.text:
            raise JobFailed(f"{job.model}: the service says that it is done, and gave no picture", job_id=job.id)
        started = job.state.started_at or began
        queue_s = started - job.state.created_at if event.queue_s is None else event.queue_s
        run_s = began - started if event.inference_s is None else event.inference_s
        timings = Timings(queue_s=queue_s, run_s=run_s)
        self.estimates.learn(job.model, job.work, run_s)
        record = self._record(event, timings)
        artifacts = await asyncio.gather(
            *(self._artifact(index, output, record) for index, output in enumerate(event.outputs))
        )
        now = time.time()
        result = Result(
            model=job.model,
            prompt=request.prompt,
            artifacts=tuple(artifacts),
            seed=record.seed,
            cost=job.state.cost,
            timings=replace(timings, fetch_s=now - began, total_s=now - job.state.created_at),
            asked=request.asked,
            sent=request.sent,
            changes=request.changes,
            job_ids=(job.id,),
            text=event.text,
            facts=job.state.facts or {},
            raw=event.raw,
            display=self.display,
        )
        if self.journal is None:
            return result
        kept = await self._noted(self.journal.succeeded(job.id, result))
        if kept is None:
            return result
        await asyncio.to_thread(_let_go, result.artifacts, kept.artifacts)
        return kept

    async def _noted(self, written: Future[T]) -> T | None:
        """Wait until the journal has it; where nothing is paid there is nothing to lose, and no need to wait.

        A disk that cannot be written to must not stop a job: it is told once, as a warning.
        """
        if self._free:
            written.add_done_callback(self._told)
            return None
        try:
            return await asyncio.shield(asyncio.wrap_future(written))
        except StorageError:
            self._told(written)
            return None

    async def _artifact(self, index: int, output: Output, record: Record) -> Artifact:
        """One output, fetched and checked; where that fails, an artifact that keeps the address and says why."""
        seed = output.seed if output.seed is not None else record.seed
        record = replace(record, seed=seed)

        def make(payload: Payload) -> Artifact:
            try:
                return make_artifact(
                    payload,
                    output,
                    index=index,
                    seed=seed,
                    alt=record.prompt,
                    record=record,
                    display=self.display,
                    metadata=self.metadata,
                )
            except BaseException:
                payload.drop()
                raise

        try:
            return await asyncio.to_thread(make, await self.service.fetch(output))
        except (ImagegenError, OSError) as error:
            again = partial(self._fetch_again, output)
            return missing_artifact(
                output, str(error), index=index, seed=seed, alt=record.prompt, record=record, refetch=again
            )

    def _fetch_again(self, output: Output) -> Payload:
        return self.job.runtime.run(self.service.fetch(output))

    def _record(self, event: Succeeded, timings: Timings) -> Record:
        request = self.job.request
        return Record(
            model=self.job.model,
            prompt=request.prompt,
            negative_prompt=str(request.values.get("negative_prompt") or ""),
            seed=event.seed if event.seed is not None else request.seed,
            sent=request.sent,
            asked=request.asked,
            changes=tuple(str(change) for change in request.changes if change.what != "default"),
            cost=self.job.state.cost,
            timings=timings.to_json(),
            job_id=self.job.id,
            created=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
            software=f"ipyimagegen {VERSION}",
        )

    # -- the way out ----------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Ask for an end: here at once, at the service where it can be cancelled."""
        if self.job.done or self._stopping is not None:
            return
        self.job.become(cancelling(self.job.state, time.time()))
        if not self._free:
            self.job.runtime.hold(self.job.outcome)
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
        job = self.job
        _set(self._accepted)
        if job.runtime.ending:  # the process ends, and the job goes on: the journal keeps it open
            task.cancelled() or task.exception()
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
        self._note_end(error)
        job.outcome.set_exception(error)

    def _note_end(self, error: BaseException) -> None:
        """Close the journal's row, unless the job may go on at the service: then it can be attached to later."""
        if self.journal is None:
            return
        job = self.job
        over = job.ticket is None or isinstance(error, JobFailed) or (isinstance(error, JobCancelled) and not self._why)
        if over and not isinstance(error, SubmitUnknown):
            cost = job.state.cost
            self.journal.ended(job.id, job.phase, str(error), cost=cost).add_done_callback(self._told)
        else:
            self.journal.left(job.id, str(error)).add_done_callback(self._told)

    def _move_to_end(self, event: Failed | Cancelled) -> None:
        if not self.job.done:
            self.job.move(event)


def _let_go(fetched: Sequence[Artifact], kept: Sequence[Artifact]) -> None:
    """Delete the temporary files of outputs that the journal has now."""
    for before, after in zip(fetched, kept, strict=True):
        if before.path is not None and after.path != before.path:
            before.path.unlink(missing_ok=True)


def _set(accepted: Future[None]) -> None:
    if not accepted.done():
        accepted.set_result(None)
