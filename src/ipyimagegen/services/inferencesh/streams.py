"""Updates of a task for a caller's own thread or loop, while they are read on the background loop."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import aclosing, contextmanager
from types import TracebackType
from typing import Any, Self

from ...core.errors import ImagegenError
from ...core.service_text import one_line
from ...runtime import bell_of, next_in, ring_or_beat, runtime
from .api import Api
from .ending import cancel_behind, note
from .errors import TaskCancelled, TaskFailed, task_error
from .messages import View
from .opening import Opening
from .statuses import TaskStatus


def outcome(view: View) -> dict[str, Any]:
    """The finished task, or the exception that its end means: `TaskFailed` or `TaskCancelled`."""
    task = view.task
    said = task_error(task)
    name = f"task {task.get('id') or '?'}"
    match view.status:
        case TaskStatus.FAILED:
            raise TaskFailed(f"{name} failed: {said or 'no reason given'}", task=task, detail=said)
        case TaskStatus.REJECTED:
            raise TaskFailed(f"{name} was rejected: {said or 'no reason given'}", task=task, detail=said)
        case TaskStatus.CANCELLED:
            raise TaskCancelled(f"{name} was cancelled" + (f": {said}" if said else ""), task=task)
    return task


class _Updates:
    """What both kinds of stream share: a queue that the background loop fills.

    `task_id`; `result` is the finished task once it succeeded, `error` what went wrong, else `None`.
    """

    def __init__(self, api: Api, task: dict[str, Any], *, sent_here: bool = False) -> None:
        self.task = task
        self._sent_here = sent_here
        self.task_id = str(task["id"])
        self.result: dict[str, Any] | None = None
        self.error: BaseException | None = None
        self._api = api
        self._queue: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._bell: Callable[[], object] = lambda: None
        self._reading: Future[None] | None = None

    def _begin(self) -> None:
        if self._reading is None:
            self._reading = runtime().call(self._read())

    async def _read(self) -> None:
        view = View()
        try:
            async with aclosing(self._api.follow(self.task_id)) as views:
                async for view in views:
                    if view.complete:
                        self._end(view)
                    elif not view.over:  # an end without its output comes again with it
                        self._put(view.task)
            if not view.complete:
                self._end(view)
            outcome(view)
        except ImagegenError as error:
            self.error = error
        finally:
            self._put(None)

    def _end(self, view: View) -> None:
        """Hand the end out once it is noted: whoever sees it may leave, and look at `result`."""
        note(self.task_id, view)
        self.result = view.task if view.status is TaskStatus.COMPLETED else None
        self._put(view.task)

    def _put(self, update: dict[str, Any] | None) -> None:
        self._queue.put(update)
        self._bell()

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        """While somebody waits for an update: an exception that comes then cancels a task that `run` sent."""
        try:
            yield
        except BaseException:
            if self._sent_here:
                cancel_behind(self._api, self.task_id)
            raise

    def close(self) -> None:
        """Stop listening. The task goes on: `client.cancel(task_id)` ends it."""
        if self._reading is not None:
            self._reading.cancel()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of task {one_line(self.task_id)}>"


class TaskStream(_Updates):
    """The updates of a task, for `for` or a `with` block: each one the whole task as far as it is known then.

    The last one is the end; a task that failed or was cancelled raises `TaskFailed` or `TaskCancelled` after it. Blocks
    between updates. Leaving early ends the listening and not the task; Interrupt while it waits, or what else a signal
    raises, cancels a task that `run` sent.
    """

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> dict[str, Any]:
        self._begin()
        if self._reading is not None and self._reading.done() and self._queue.empty():
            raise StopIteration
        with self._waiting():
            update = next_in(self._queue)
        if update is None:
            if self.error is not None:
                raise self.error
            raise StopIteration
        return update

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


class AsyncTaskStream(_Updates):
    """`TaskStream` for `async for` and `async with`, on any event loop."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        self._bell = bell_of(loop, ready)
        self._begin()
        while True:
            try:
                update = self._queue.get_nowait()
                break
            except queue.Empty:
                if self._reading is not None and self._reading.done() and self._queue.empty():
                    raise StopAsyncIteration from None
                with self._waiting():
                    await ring_or_beat(ready)
                ready.clear()
        if update is None:
            if self.error is not None:
                raise self.error
            raise StopAsyncIteration
        return update

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


class OpeningStream(Opening[AsyncTaskStream]):
    """A stream whose task is sent at the first use: `await` it, or read it at once with `async for`. Costs money."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> dict[str, Any]:
        return await (await self._opened()).__anext__()
