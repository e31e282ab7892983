"""One SQLite file (write-ahead log) on a thread of its own: safe from several threads and processes, and over forks."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ..core.errors import StorageError
from ..core.workers import Workers
from .migrations import migrate, refuse_newer, version_of

T = TypeVar("T")

BUSY_S = 10.0


@dataclass(slots=True)
class _Task:
    """Something to do. `small`: a write that may share its transaction with others."""

    action: Callable[[], Any]
    small: bool
    future: Future[Any] = field(default_factory=Future)

    def perform(self) -> Callable[[], None] | None:
        """Do it, and give what tells the future of it; `None` where it failed, which the future knows."""
        try:
            result = self.action()
        except BaseException as error:  # noqa: BLE001 (whoever waits gets it)
            self.future.set_exception(error)
            return None
        return partial(self.future.set_result, result)


class Database:
    """The jobs and outputs in `folder`, made when first used.

    Everything happens on one thread of its own, in the order of the calls: what writes returns a future at once, what
    reads waits for all earlier writes. Both raise `StorageError` where the disk does not let them. Small writes that
    wait at the same time are one transaction: the disk is waited for once, and a failure of one undoes that one only.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "journal.sqlite"
        self._open_files: list[sqlite3.Connection] = []
        self._start_thread()
        _made.add(self)

    def _start_thread(self) -> None:
        self._gate = threading.Lock()
        self._thread = Workers(1, "ipyimagegen-journal", last=partial(_close, self._open_files))
        self._tasks: deque[_Task] = deque()
        self._used = False

    def _do(self, action: Callable[..., T], *arguments: Any) -> Future[T]:
        return self._add(_Task(partial(action, *arguments), small=False))

    def _write(self, action: Callable[..., T], *arguments: Any) -> Future[T]:
        """`_do` for what writes a little, and takes no time besides."""
        return self._add(_Task(partial(action, *arguments), small=True))

    def _add(self, task: _Task) -> Future[Any]:
        with self._gate:
            self._used = True
            self._tasks.append(task)
            if len(self._tasks) == 1:  # otherwise the thread has not come to the end of them yet
                try:
                    self._thread.submit(self._work)
                except RuntimeError:
                    self._tasks.pop()
                    raise
        return task.future

    def _work(self) -> None:
        while self._tasks:
            task = self._tasks.popleft()
            group = [task]
            while task.small and self._tasks and self._tasks[0].small:
                group.append(self._tasks.popleft())
            group = [one for one in group if one.future.set_running_or_notify_cancel()]
            if len(group) > 1:
                self._together(group)
            elif group and (tell := group[0].perform()) is not None:
                tell()

    def _together(self, group: list[_Task]) -> None:
        tells: list[Callable[[], None] | None] = []
        try:
            with self._open() as connection:
                connection.execute("BEGIN IMMEDIATE")
                for task in group:
                    tells.append(task.perform())
                    if not connection.in_transaction:
                        raise sqlite3.OperationalError("a failure has undone what was written")
        except StorageError as error:
            for task in group:
                if not task.future.done():
                    task.future.set_exception(error)
            return
        for tell in tells:
            if tell is not None:
                tell()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A transaction, or a part of the one that is open; only on the journal's own thread."""
        try:
            if not self._open_files:
                self._open_files.append(self._connect())
            connection = self._open_files[0]
            with _part(connection) if connection.in_transaction else connection:
                yield connection
        except StorageError:
            raise
        except (sqlite3.Error, OSError) as error:
            reason = getattr(error, "strerror", None) or error
            raise StorageError(f"the journal in {self.folder} cannot be used: {reason}") from error

    def _connect(self) -> sqlite3.Connection:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        connection = sqlite3.connect(self.file, timeout=BUSY_S, check_same_thread=False)
        try:
            self._set_up(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_up(self, connection: sqlite3.Connection) -> None:
        connection.row_factory = sqlite3.Row
        refuse_newer(version_of(connection), self.folder)  # before anything in it is changed
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        migrate(connection, self.file)

    def close(self) -> None:
        """Finish what was begun and close the file; the next call opens it again."""
        self._do(_close, self._open_files).result()

    def before_fork(self) -> None:
        """Finish what was begun, close the file, and let nothing begin: SQLite must not be open across a fork."""
        self._gate.acquire()
        if self._used:
            with suppress(RuntimeError):  # the process is ending: the thread takes nothing any more
                self._thread.submit(self._work)
                self._thread.submit(_close, self._open_files).result()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._gate.release()

    def after_fork_in_child(self) -> None:
        """Go on, with a thread of the child's own."""
        self._start_thread()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} in {self.folder}>"

    def _select(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        return self._do(self._select_now, sql, values).result()

    def _select_now(self, sql: str, values: tuple[Any, ...]) -> list[sqlite3.Row]:
        with self._open() as connection:
            return connection.execute(sql, values).fetchall()


@contextmanager
def _part(connection: sqlite3.Connection) -> Iterator[None]:
    """A part of a transaction, which is undone alone where it fails."""
    connection.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):  # the whole transaction may be undone already
            connection.execute("ROLLBACK TO part")
            connection.execute("RELEASE part")
        raise
    connection.execute("RELEASE part")


def _close(open_files: list[sqlite3.Connection]) -> None:
    """Also called when the database is gone, and at the process's end: on its own thread, as the last thing."""
    while open_files:
        open_files.pop().close()


_made: weakref.WeakSet[Database] = weakref.WeakSet()


def _each(step: Callable[[Database], None]) -> Callable[[], None]:
    def take() -> None:
        for database in tuple(_made):
            step(database)

    return take


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_each(Database.before_fork),
        after_in_parent=_each(Database.after_fork_in_parent),
        after_in_child=_each(Database.after_fork_in_child),
    )
