"""Many jobs as one: a `Batch` is waited for, watched and cancelled like a single `Job`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Any, overload

from ..core.arguments import seconds
from ..core.errors import JobCancelled, JobError, JobFailed
from ..core.events import Event, Frame
from ..core.jobs import JobState, Phase
from ..media.results import Result, merge
from .job import DUNDERS, FOR_USERS, Job, Listener, no_attribute
from .waiting import await_for, wait_for


class Batch:
    """The jobs of one call with `n` over 1. `result()` holds all their pictures, in order.

    If some fail, `result()` raises the first failure, whose `partial` is the Result of those that succeeded: nothing
    that was paid for is lost.
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.jobs: tuple[Job, ...] = tuple(jobs)
        self.id = self.jobs[0].id
        self.model = self.jobs[0].model
        self.outcome: Future[Result] = Future()
        self._left = len(self.jobs)
        self._lock = Lock()
        for job in self.jobs:
            job.outcome.add_done_callback(self._ended)

    def _ended(self, _: Future[Result]) -> None:
        with self._lock:
            self._left -= 1
            if self._left:
                return
        made = [job.outcome.result() for job in self.jobs if job.exception() is None]
        errors = [error for job in self.jobs if (error := job.exception()) is not None]
        if errors:
            self.outcome.set_exception(_combined(errors, made, len(self.jobs)))
        else:
            self.outcome.set_result(merge(made))

    @property
    def done(self) -> bool:
        """Whether every job has ended."""
        return all(job.done for job in self.jobs)

    @property
    def state(self) -> JobState:
        """That of the job which the batch waits for: the first still at work, else one that failed, else the last."""
        states = [job.state for job in self.jobs]
        at_work = [state for state in states if not state.done]
        failed = [state for state in states if state.phase != "succeeded"]
        return next(iter((*at_work, *failed, states[-1])))

    @property
    def phase(self) -> Phase:
        """The phase of `state`."""
        return self.state.phase

    @property
    def preview(self) -> Frame | None:
        """The newest picture of any of the jobs."""
        states = [job.state for job in self.jobs if job.state.preview is not None]
        return max(states, key=lambda state: state.changed_at).preview if states else None

    @property
    def logs(self) -> tuple[str, ...]:
        """The last lines that the service wrote, job after job."""
        return tuple(line for job in self.jobs for line in job.logs)

    @property
    def elapsed_s(self) -> float:
        """Seconds since it was submitted."""
        return max(job.elapsed_s for job in self.jobs)

    @property
    def progress(self) -> float | None:
        """The mean of the jobs' progress; `None` while none is known."""
        known = [job.progress for job in self.jobs]
        if all(fraction is None for fraction in known):
            return None
        return sum(fraction or 0.0 for fraction in known) / len(known)

    @property
    def eta_s(self) -> float | None:
        """Seconds until the last is done; `None` where unknown."""
        known = [job.eta_s for job in self.jobs if not job.done]
        return None if any(eta is None for eta in known) else max((eta or 0.0 for eta in known), default=0.0)

    def result(self, timeout: float | None = None) -> Result:
        """Wait for all, at most `timeout` seconds. Raises as `Job.result` does, whose Interrupt cancels all of them."""
        return wait_for(self, seconds(timeout))

    def exception(self) -> BaseException | None:
        """The first error, or `None`: also while jobs run. Does not wait."""
        return self.outcome.exception() if self.outcome.done() else None

    def __await__(self) -> Generator[Any, None, Result]:
        return await_for(self).__await__()

    @overload
    def on(self, event: str | type[Event], callback: Callable[[Any], object]) -> Callable[[], None]: ...
    @overload
    def on(self, event: str | type[Event], callback: None = None) -> Callable[[Listener], Listener]: ...
    def on(self, event: str | type[Event], callback: Callable[[Any], object] | None = None) -> Any:
        """Call `callback` with each event of that kind of each of the jobs, as `Job.on` does."""
        if callback is None:
            return lambda function: (self.on(event, function), function)[1]
        ends = [job.on(event, callback) for job in self.jobs]

        def end_all() -> None:
            for end in ends:
                end()

        return end_all

    def check(self) -> None:
        """Raise `ShuttingDown` where nobody works at it any more, as `Job.check` does."""
        for job in self.jobs:
            job.check()

    def cancel(self) -> bool:
        """Cancel every job that still runs. Returns whether there was one."""
        asked = [job.cancel() for job in self.jobs]
        return any(asked)

    def __getattr__(self, name: str) -> Any:
        raise no_attribute(self, name)

    def __dir__(self) -> list[str]:
        """What Tab offers: what people ask of a batch, and not what drives it."""
        return sorted({*FOR_USERS, "id", *DUNDERS})

    def __len__(self) -> int:
        return len(self.jobs)

    def __repr__(self) -> str:
        done = sum(job.done for job in self.jobs)
        return f"<Batch {self.id} {self.model}: {done} of {len(self.jobs)} done>"


def _combined(errors: Sequence[BaseException], made: Sequence[Result], total: int) -> BaseException:
    """The first failure (a cancel only where nothing else went wrong), with what was made all the same."""
    first = next((error for error in errors if not isinstance(error, JobCancelled)), errors[0])
    if not made:
        return first
    kind = JobCancelled if isinstance(first, JobCancelled) else JobFailed
    job_id = first.job_id if isinstance(first, JobError) else ""
    kept = f"{len(made)} of {total} pictures were made: error.partial holds them"
    combined = kind(f"{first} ({kept})", job_id=job_id, detail=str(first), partial=merge(made))
    combined.__cause__ = first
    return combined
