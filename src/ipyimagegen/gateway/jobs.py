"""Jobs that the four services share: a queue with slots per service, and states that can be waited for.

Everything here lives on the server's loop. A `JobState` is a frozen value and may be read from any thread.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from .kept_inputs import KeptInputs, shortened, without_pictures
from .records import log
from .work import Step, Work, WorkFailed

if TYPE_CHECKING:
    from .faults import Fate
    from .files import FileStore, StoredFile
    from .orders import Order

ServiceName = Literal["speedpix", "openpixels", "segmind", "inferencesh"]
SERVICES: tuple[ServiceName, ...] = ("speedpix", "openpixels", "segmind", "inferencesh")

Phase = Literal["queued", "running", "succeeded", "failed", "cancelled", "rejected"]
KEPT_JOBS = 5_000
KEPT_INPUT_BYTES = 256 * 1024 * 1024
"""Of the inputs of all jobs; beyond that, those of jobs that have ended are forgotten."""


class QueueFull(Exception):
    """Every slot and every place in the queue is taken. `retry_after_s` is when to try again, in seconds."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("too many jobs at a time")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Limits:
    """What one service takes: `slots` jobs at a time, `queue_limit` more waiting, 429 for the rest.

    `retry_after_s` is what a 429 tells the client to wait, in seconds.
    """

    slots: int = 4
    queue_limit: int = 100
    retry_after_s: float = 1.0

    def __post_init__(self) -> None:
        if self.slots < 1 or self.queue_limit < 0 or self.retry_after_s < 0:
            raise ValueError(f"slots must be at least 1, queue_limit and retry_after_s at least 0: {self}")


@dataclass(frozen=True, slots=True)
class JobState:
    """A job at one moment. `step` of `steps` are done (0 of 0: unknown); times are Unix seconds.

    `revision` grows with every change, so that "what is new since" is one comparison.
    """

    id: str
    service: ServiceName
    model: str
    order: Order
    inputs: Mapping[str, object]
    created_at: float
    phase: Phase = "queued"
    revision: int = 0
    step: int = 0
    steps: int = 0
    preview: StoredFile | None = None
    outputs: tuple[StoredFile, ...] = ()
    error: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.phase not in ("queued", "running")

    @property
    def progress(self) -> float:
        """From 0 to 1."""
        if self.phase == "succeeded":
            return 1.0
        return self.step / self.steps if self.steps else 0.0

    @property
    def queue_s(self) -> float:
        """Seconds in the queue, so far if it has not started."""
        return (self.started_at or self.finished_at or time.time()) - self.created_at

    @property
    def work_s(self) -> float:
        """Seconds of work, so far if it has not ended."""
        return (self.finished_at or time.time()) - self.started_at if self.started_at else 0.0

    @property
    def eta_s(self) -> float:
        """Seconds that remain, guessed from the speed so far; 0 where nothing is known."""
        return self.work_s * (1 - self.progress) / self.progress if 0 < self.progress < 1 else 0.0


class Job:
    """One job: its present state, a way to wait for the next one, and what has been scripted for it."""

    def __init__(self, state: JobState, fate: Fate | None = None) -> None:
        self.state = state
        self.fate = fate
        self.task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    def change(self, **facts: object) -> None:
        """Move to the next state, and wake all who wait."""
        self.state = replace(self.state, revision=self.state.revision + 1, **facts)  # type: ignore[arg-type]
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def until(self, reached: Callable[[JobState], bool], timeout_s: float | None = None) -> JobState:
        """The state as soon as `reached(state)`, or as it is when the time is over (`None`: no limit)."""
        deadline = None if timeout_s is None else asyncio.get_running_loop().time() + timeout_s
        while not reached(self.state):
            try:
                async with asyncio.timeout_at(deadline):
                    await self._changed.wait()
            except TimeoutError:
                break
        return self.state

    async def after(self, revision: int, timeout_s: float | None = None) -> JobState:
        """The first state newer than `revision`, or the present one when the time is over."""
        return await self.until(lambda state: state.revision > revision or state.finished, timeout_s)


@dataclass(frozen=True, slots=True)
class Load:
    """What one service is busy with; `usual_work_s` is how long its jobs have taken lately (`None`: none has ended)."""

    running: int
    waiting: int
    limits: Limits
    usual_work_s: float | None


@dataclass
class _Lane:
    limits: Limits
    running: int = 0
    usual_work_s: float | None = None
    waiting: deque[Job] = field(default_factory=deque)


Watcher = Callable[[JobState], None]


class JobQueue:
    """All jobs of all services. `watchers` are called, on the loop, with the last state of every job."""

    def __init__(self, work: Work, files: FileStore, limits: Mapping[ServiceName, Limits]) -> None:
        self.watchers: list[Watcher] = []
        self._work = work
        self._files = files
        self._lanes = {service: _Lane(limits[service]) for service in SERVICES}
        self._jobs: dict[str, Job] = {}
        self._inputs = KeptInputs(KEPT_INPUT_BYTES)

    def submit(
        self,
        service: ServiceName,
        model: str,
        order: Order,
        *,
        inputs: Mapping[str, object],
        details: Mapping[str, object] | None = None,
        fate: Fate | None = None,
    ) -> Job:
        """Take a job in. Starts it at once where a slot is free. Raises `QueueFull`."""
        lane = self._lanes[service]
        full = lane.running >= lane.limits.slots and len(lane.waiting) >= lane.limits.queue_limit
        if full or self._inputs.full(order, inputs):
            raise QueueFull(lane.limits.retry_after_s)
        identity = secrets.token_hex(12)
        job = Job(JobState(identity, service, model, order, inputs, time.time(), details=details or {}), fate)
        self._jobs[identity] = job
        self._inputs.opened(identity, order, inputs)
        self._forget_old()
        lane.waiting.append(job)
        self._fill(lane)
        return job

    def get(self, service: ServiceName, job_id: str) -> Job | None:
        """The job of that service, or `None`."""
        job = self._jobs.get(job_id)
        return job if job is not None and job.state.service == service else None

    def states(self, service: ServiceName | None = None) -> list[JobState]:
        """All jobs that are remembered, oldest first. May be called from any thread."""
        states = [job.state for job in list(self._jobs.values())]
        return [state for state in states if service in (None, state.service)]

    def load(self, service: ServiceName) -> Load:
        """How busy the service is."""
        lane = self._lanes[service]
        return Load(lane.running, len(lane.waiting), lane.limits, lane.usual_work_s)

    def set_limits(self, service: ServiceName, limits: Limits) -> None:
        """Change a service's limits; jobs that were accepted stay accepted."""
        self._lanes[service].limits = limits
        self._fill(self._lanes[service])

    def cancel(self, job: Job) -> None:
        """Stop a job. Nothing happens to one that is finished."""
        if job.state.finished:
            return
        lane = self._lanes[job.state.service]
        if job.task is None:
            lane.waiting.remove(job)
            self._finish(job, "cancelled")
        else:
            job.task.cancel()

    def close(self) -> None:
        """Stop everything."""
        for job in list(self._jobs.values()):
            self.cancel(job)
        self._work.close()

    def _fill(self, lane: _Lane) -> None:
        while lane.waiting and lane.running < lane.limits.slots:
            job = lane.waiting.popleft()
            lane.running += 1
            job.change(phase="running", started_at=time.time())
            job.task = asyncio.get_running_loop().create_task(self._do(job))
            job.task.add_done_callback(partial(self._leave, job, lane))

    def _leave(self, job: Job, lane: _Lane, _task: asyncio.Task[None]) -> None:
        lane.running -= 1
        if not job.state.finished:  # cancelled before its first step
            self._finish(job, "cancelled")
        self._fill(lane)

    async def _do(self, job: Job) -> None:
        def report(step: Step) -> None:
            if not job.state.finished:
                preview = step.preview and self._files.keep(step.preview, "image/jpeg", "preview.jpg")
                job.change(step=step.done, steps=step.of, preview=preview or job.state.preview)

        try:
            pictures = await self._work.perform(job.state.order, report)
            if job.fate is not None:
                await self._meet_fate(job, job.fate)
                return
            outputs = tuple(
                self._files.keep(picture.data, picture.content_type, picture.name, picture.width, picture.height)
                for picture in pictures
            )
            self._finish(job, "succeeded", outputs=outputs)
        except WorkFailed as error:
            self._finish(job, "failed", error=str(error))
        except asyncio.CancelledError:
            self._finish(job, "cancelled")
        except Exception:  # noqa: BLE001 - whatever it is, it is logged, and ends one job
            log.exception("job %s", job.state.id)
            self._finish(job, "failed", error="internal error; the gateway's log has the details")

    async def _meet_fate(self, job: Job, fate: Fate) -> None:
        if fate.end == "never":
            await asyncio.Event().wait()
        else:
            self._finish(job, fate.end, error=fate.text or "scripted fault")

    def _finish(self, job: Job, phase: Phase, **facts: object) -> None:
        job.change(phase=phase, finished_at=time.time(), **facts)
        self._inputs.ended(job.state.id)
        if phase == "succeeded":
            lane = self._lanes[job.state.service]
            before, now = lane.usual_work_s, job.state.work_s
            lane.usual_work_s = now if before is None else 0.8 * before + 0.2 * now
        for watcher in self.watchers:
            watcher(job.state)

    def _forget_old(self) -> None:
        if len(self._jobs) > KEPT_JOBS:
            oldest = next((key for key, job in self._jobs.items() if job.state.finished), None)
            if oldest is not None:
                del self._jobs[oldest]
                self._inputs.forgotten(oldest)
        for job_id in self._inputs.too_many():
            job, state = self._jobs[job_id], self._jobs[job_id].state
            slim: dict[str, Any] = {name: shortened(value) for name, value in state.inputs.items()}
            job.state = replace(state, order=without_pictures(state.order), inputs=slim)
