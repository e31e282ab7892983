"""One thread that does what it is told in the order of the calls, and tries again what a lock has stopped."""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..core.ending import at_end
from ..core.workers import Workers
from .connection import Locked

LOCKED_S = 60.0
"""How long a write is tried again and again behind somebody else's lock: so long may a backup program hold one. What
waits is in memory, so there must be an end."""


@dataclass(slots=True)
class Task:
    """Something to do. `small`: a write that may share its transaction with others."""

    action: Callable[[], Any]
    small: bool
    until: float = field(default_factory=lambda: time.monotonic() + LOCKED_S)
    future: Future[Any] = field(default_factory=Future)

    def perform(self) -> Callable[[], None] | None:
        """Do it, and give what tells the future of it; `None` where it failed, which the future knows.

        Raises `Locked` where it may go well later.
        """
        try:
            result = self.action()
        except Locked:
            raise
        except BaseException as error:  # noqa: BLE001 (whoever waits gets it)
            self.future.set_exception(error)
            return None
        return partial(self.future.set_result, result)

    def begin(self) -> bool:
        """Whether it is still to be done: not where somebody has cancelled it, or it was done before a second try."""
        return not self.future.done() and (self.future.running() or self.future.set_running_or_notify_cancel())


class Queue:
    """Tasks for a thread of its own.

    `together` does several small ones at once: it raises `Locked` for all of them. `last` is called on that thread when
    it has done its last work: at the end of the process, or when nobody has the queue any more.
    """

    def __init__(self, together: Callable[[list[Task]], None], *, last: Callable[[], None]) -> None:
        self._thread = Workers(1, "ipyimagegen-journal", last=last)
        self._together = weakref.WeakMethod(together)  # its owner closes its file as soon as nobody has it any more
        self.start()

    def start(self) -> None:
        """Begin with nothing to do: also in a forked child, whose parent does what it was given."""
        self._gate = threading.Lock()
        self.tasks: deque[Task] = deque()
        self._used = False
        self._resting = False
        self.lock: Locked | None = None
        """What the last try met, where that was a lock."""

    def add(self, task: Task) -> Future[Any]:
        """Do it after all that was added before. Raises `RuntimeError` at the end of the process."""
        with self._gate:
            self._used = True
            self.tasks.append(task)
            if len(self.tasks) == 1:  # otherwise the thread has not come to the end of them yet
                try:
                    self._thread.submit(self._work)
                except RuntimeError:
                    self.tasks.pop()
                    raise
        return task.future

    def _work(self) -> None:
        while self.tasks:
            group = self._next()
            try:
                if len(group) > 1 and (together := self._together()) is not None:
                    together(group)
                elif group and (tell := group[0].perform()) is not None:
                    tell()
            except Locked as lock:
                self.lock = lock
                self._put_back(group, lock)
                if self._resting:
                    return
            else:
                if group:
                    self.lock = None

    def _next(self) -> list[Task]:
        """One task, or all small ones that wait in a row. What has waited long enough for a lock is told of it."""
        group = [self.tasks.popleft()]
        while group[0].small and self.tasks and self.tasks[0].small:
            group.append(self.tasks.popleft())
        group = [task for task in group if task.begin()]
        lock = self.lock
        return group if lock is None else [task for task in group if not _given_up(task, lock)]

    def _put_back(self, group: list[Task], lock: Locked) -> None:
        self.tasks.extendleft(task for task in reversed(group) if not task.future.done() and not _given_up(task, lock))

    def rest(self, last: Callable[[], object]) -> None:
        """Finish what was begun, do `last`, and let nothing begin, until `go_on`: before a fork.

        What waits for a lock goes on waiting.
        """
        self._gate.acquire()
        if self._used:
            self._resting = True
            with suppress(RuntimeError):  # the process is ending: the thread takes nothing any more
                self._thread.submit(self._work)
                self._thread.submit(last).result()

    def go_on(self) -> None:
        """After `rest`, in the same process."""
        self._resting = False
        if self.tasks:
            with suppress(RuntimeError):
                self._thread.submit(self._work)
        self._gate.release()


def _given_up(task: Task, lock: Locked) -> bool:
    """Whether it is told of the lock now: at the end of the process nobody waits for one."""
    if _ending.is_set() or time.monotonic() >= task.until:
        task.future.set_exception(lock)
        return True
    return False


_ending = threading.Event()
at_end(_ending.set)
