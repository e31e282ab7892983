"""`Job`: a handle on one submitted piece of work. It never blocks but where its docstring says so."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import Future
from typing import Any, Self, TypeVar, overload

from ..core.arguments import seconds, wrong
from ..core.errors import JobError, ShuttingDown
from ..core.events import Cancelled, Event, Failed, Frame, Log, Preview, Progress, Queued, Running, Succeeded
from ..core.jobs import JobState, Phase, apply, finished, in_words
from ..core.models import ModelSpec
from ..core.requests import Request, Ticket
from ..media.results import Result
from ..runtime import Runtime, bell_of, next_in, ring_or_beat
from .estimates import eta_s
from .waiting import await_for, wait_for

Listener = TypeVar("Listener", bound=Callable[[Any], object])
Observer = Callable[[Event | None], object]
"""Called on the background thread with each event, and with `None` where only the phase changed. Must be short."""

EVENTS: dict[str, type[Event]] = {
    kind.__name__.lower(): kind for kind in (Queued, Running, Progress, Preview, Log, Succeeded, Failed, Cancelled)
}
FOR_USERS = (
    "cancel",
    "done",
    "elapsed_s",
    "eta_s",
    "exception",
    "jobs",
    "logs",
    "model",
    "on",
    "phase",
    "preview",
    "progress",
    "result",
    "state",
)
"""What a `Job` and a `Batch` have for people."""
DUNDERS = frozenset(dir(object))
RESULT_NAMES = frozenset(name for name in (*Result.__dataclass_fields__, *vars(Result)) if not name.startswith("_"))


class Job:
    """One picture on its way. Made by `Client.submit`; `result()` or `await job` gives the `Result`.

    Every attribute may be read at any time, from any thread, without waiting.
    """

    def __init__(
        self,
        *,
        id: str,
        spec: ModelSpec,
        request: Request,
        runtime: Runtime,
        work: float = 1.0,
        expected_s: float | None = None,
        created_at: float | None = None,
    ) -> None:
        self.id = id
        self.spec = spec
        self.request = request
        self.ticket: Ticket | None = None
        self.runtime = runtime
        self.work = work
        self.expected_s = expected_s
        self.outcome: Future[Result] = Future()
        self.stop: Callable[[], object] = lambda: None
        self.ending = False
        self._observers: list[Observer] = []
        self._lock = threading.Lock()
        now = time.time() if created_at is None else created_at
        self._state = JobState(created_at=now, changed_at=now)

    @property
    def model(self) -> str:
        """The model's full name."""
        return self.spec.id

    @property
    def state(self) -> JobState:
        """Everything known now, as one frozen value."""
        return self._state

    @property
    def phase(self) -> Phase:
        """`preparing`, `queued`, `running`, `cancelling`, `fetching`, `succeeded`, `failed` or `cancelled`."""
        return self._state.phase

    @property
    def done(self) -> bool:
        """Whether it has ended, one way or another."""
        return self._state.done

    @property
    def progress(self) -> float | None:
        """0 to 1, or `None` while nobody knows."""
        return self._state.fraction

    @property
    def eta_s(self) -> float | None:
        """Seconds left, from the service, the pace so far, or earlier runs; `None` where unknown."""
        return eta_s(self._state, time.time(), self.expected_s)

    @property
    def elapsed_s(self) -> float:
        """Seconds since it was submitted."""
        return self._state.elapsed_s(time.time())

    @property
    def preview(self) -> Frame | None:
        """The newest picture of the work so far."""
        return self._state.preview

    @property
    def logs(self) -> tuple[str, ...]:
        """The last lines that the service wrote, as text."""
        return self._state.logs

    @property
    def jobs(self) -> tuple[Job, ...]:
        """This job alone; a `Batch` has several."""
        return (self,)

    def result(self, timeout: float | None = None) -> Result:
        """Wait for the result, at most `timeout` seconds. Interrupt, or what else a signal raises, cancels the job.

        Raises `JobFailed`, `JobCancelled`, a `ServiceError`, or `JobTimeout` after `timeout`: the job then goes on.
        """
        return wait_for(self, seconds(timeout))

    def exception(self) -> BaseException | None:
        """The error that ended it, or `None`: also while it runs. Does not wait."""
        return self.outcome.exception() if self.outcome.done() else None

    def __await__(self) -> Generator[Any, None, Result]:
        return await_for(self).__await__()

    def check(self) -> None:
        """Raise `ShuttingDown` where nobody works at it any more: after the process's end, in a forked child."""
        if not self.done:
            self.runtime.check()

    def cancel(self) -> bool:
        """Ask for an end, here and at the service. Returns at once: `False` where it had ended already.

        Where the service cannot cancel, the job ends here, and `state.error` says what goes on there. Raises
        `ShuttingDown` at the very end of the process, and in a forked child, whose parent's job it is.
        """
        if self.done:
            return False
        self.ending = True
        self.runtime.post(self.stop)
        return True

    @overload
    def on(self, event: str | type[Event], callback: Callable[[Any], object]) -> Callable[[], None]: ...
    @overload
    def on(self, event: str | type[Event], callback: None = None) -> Callable[[Listener], Listener]: ...
    def on(self, event: str | type[Event], callback: Callable[[Any], object] | None = None) -> Any:
        """Call `callback` with each event of that kind (`"progress"`, `Preview`, …; `"event"` for all).

        Runs on the background thread, so keep it short. Returns a function that ends it; without `callback` it is a
        decorator. A callback that raises is dropped with a warning, and the job goes on. Raises `InvalidInput`.
        """
        kind: Any = EVENTS.get(event) if isinstance(event, str) else event
        if event != "event" and not (isinstance(kind, type) and issubclass(kind, Event)):
            raise wrong(event, "event", f"an event; there are {', '.join(EVENTS)}, and 'event' for all of them")
        if callback is None:
            return lambda function: (self.on(event, function), function)[1]
        if not callable(callback):
            raise wrong(callback, "callback", "a function")
        wanted = callback

        def observe(seen: Event | None) -> None:
            if seen is not None and (kind is None or isinstance(seen, kind)):
                wanted(seen)

        return self.watch(observe)

    def watch(self, observer: Observer) -> Callable[[], None]:
        """Call `observer` after every change of state, in the caller's context. Returns a function that ends it."""
        with self._lock:
            self._observers.append(observer)

        def end() -> None:
            with self._lock, contextlib.suppress(ValueError):
                self._observers.remove(observer)

        return end

    def events(self) -> Stream:
        """The events from now on, for `for` and `async for`; the last is the final one."""
        return Stream(self)

    def move(self, event: Event, at: float | None = None) -> None:
        """Take one event in and tell the observers. Called on the background thread only."""
        self.become(apply(self._state, event, time.time() if at is None else at), event)

    def finish_with(self, result: Result) -> None:
        """Take in a result that was collected earlier."""
        event = Succeeded(seed=result.seed, cost=result.cost)
        self.become(finished(apply(self._state, event, time.time()), time.time()))
        self.outcome.set_result(result)

    def become(self, state: JobState, event: Event | None = None) -> None:
        """Put a state in place and tell the observers."""
        self._state = state
        with self._lock:
            observers = tuple(self._observers)
        for observer in observers:
            try:
                observer(event)
            except Exception as error:  # noqa: BLE001 (an observer must not end a job that costs money)
                with self._lock, contextlib.suppress(ValueError):
                    self._observers.remove(observer)
                _warn(self.id, observer, error)

    def __getattr__(self, name: str) -> Any:
        raise no_attribute(self, name)

    def __dir__(self) -> list[str]:
        """What Tab offers: what people ask of a job, and not what drives it."""
        return sorted({*FOR_USERS, "events", "id", "request", "spec", "ticket", *DUNDERS})

    def __repr__(self) -> str:
        return f"<Job {self.id} {self.model}: {in_words(self._state)}>"


def no_attribute(work: object, name: str) -> AttributeError:
    """The error for what a handle has not: where its result has it, what to type."""
    kind = type(work).__name__
    hint = f"; its result has: .result().{name} waits for it" if name in RESULT_NAMES else ""
    return AttributeError(f"a {kind} has no {name!r}{hint}", name=name, obj=work)


def _warn(job_id: str, observer: object, error: Exception) -> None:
    import warnings

    warnings.warn(f"job {job_id}: an observer failed and was removed ({observer!r}: {error!r})", stacklevel=3)


class Stream:
    """The events of a job, for `for` and `async for`. Closing it, or leaving the loop early, cancels the job.

    A job that fails or is cancelled ends its stream with that event; anything else that goes wrong is raised.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._bell: Callable[[], object] = lambda: None
        self._end = job.watch(self._take)
        job.outcome.add_done_callback(lambda _: self._put(None))

    def _take(self, event: Event | None) -> None:
        if event is not None:
            self._put(event)

    def _put(self, event: Event | None) -> None:
        self._events.put(event)
        self._bell()

    def _last(self) -> None:
        error = self.job.exception()
        if isinstance(error, JobError) or error is None:
            return
        raise error

    def __iter__(self) -> Iterator[Event]:
        self.job.check()
        try:
            while (event := next_in(self._events)) is not None:
                yield event
            self._events.put(None)  # whoever iterates again finds the end too
        finally:
            self.close()
        self._last()

    async def __aiter__(self) -> AsyncIterator[Event]:
        self.job.check()
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        self._bell = bell_of(loop, ready)
        try:
            while True:
                ready.clear()
                with contextlib.suppress(queue.Empty):
                    while (event := self._events.get_nowait()) is not None:
                        yield event
                    self._events.put(None)
                    break
                await ring_or_beat(ready)
        finally:
            self._bell = lambda: None  # the loop may be closed before the job has ended
            self.close()
        self._last()

    def close(self) -> None:
        """Stop listening, and cancel the job if it still runs."""
        self._end()
        with contextlib.suppress(ShuttingDown):
            self.job.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Stream of {self.job!r}>"
