"""One SQLite file (write-ahead log) on a thread of its own: safe from several threads and processes, and over forks."""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ..core.errors import StorageError
from .connection import Locked, Opened, is_lock, open_journal, refuses_writes
from .queue import Queue, Task
from .warn import warn_of_another

T = TypeVar("T")

READ_S = 10.0
"""How long whoever looks something up waits for a journal that is locked."""


class Database:
    """The jobs and outputs in `folder`, made when first used.

    Everything happens on one thread of its own, in the order of the calls: what writes returns a future at once, what
    reads waits for all earlier writes. Both raise `StorageError` where the disk does not let them. Small writes that
    wait at the same time are one transaction: the disk is waited for once, and a failure of one undoes that one only.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "journal.sqlite"
        self._open_files: list[Opened] = []
        self._queue = Queue(self._together, last=partial(_close, self._open_files))
        _made.add(self)

    @property
    def is_locked(self) -> bool:
        """Whether somebody else's lock was in the way of the last try."""
        return self._queue.lock is not None

    @property
    def is_writable(self) -> bool:
        """Whether this user may write to the file that is open; only on the journal's own thread."""
        return bool(self._open_files) and self._open_files[0].is_writable

    def _do(self, action: Callable[..., T], *arguments: Any) -> Future[T]:
        return self._queue.add(Task(partial(action, *arguments), small=False))

    def _write(self, action: Callable[..., T], *arguments: Any) -> Future[T]:
        """`_do` for what writes a little, and takes no time besides."""
        return self._queue.add(Task(partial(action, *arguments), small=True))

    def _together(self, group: list[Task]) -> None:
        tells: list[Callable[[], None] | None] = []
        try:
            with self._open() as connection:
                connection.execute("BEGIN IMMEDIATE")
                for task in group:
                    tells.append(task.perform())
                    if not connection.in_transaction:
                        raise sqlite3.OperationalError("a failure has undone what was written")
        except Locked:
            raise
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
        part = bool(self._open_files) and self._open_files[0].connection.in_transaction
        try:
            connection = self._open_files[0].connection if part else self._connection()
            with _part(connection) if part else connection:
                yield connection
        except StorageError:
            raise
        except (sqlite3.Error, OSError) as error:
            if refuses_writes(error) and not part:
                _close(self._open_files)  # it may be writable by the next time
            kind = Locked if is_lock(error) else StorageError
            reason = getattr(error, "strerror", None) or error
            raise kind(f"the journal in {self.folder} cannot be used: {reason}") from error

    def _connection(self) -> sqlite3.Connection:
        """The open file, or what lies in its place now: a folder may be deleted or replaced under a running kernel.

        SQLite goes on writing to a file that has no name any more, and nobody would ever find it
        (https://sqlite.org/howtocorrupt.html, section 2.4). To close it leaves what lies there now alone.
        """
        if self._open_files and not self._open_files[0].is_in_place:
            if not self._open_files[0].frozen:
                warn_of_another(self.folder)
            _close(self._open_files)
        if not self._open_files:
            self._open_files.append(self._connect())
        return self._open_files[0].connection

    def _connect(self) -> Opened:
        return open_journal(self.file)

    def close(self) -> None:
        """Finish what was begun and close the file; the next call opens it again."""
        self._do(_close, self._open_files).result()

    def before_fork(self) -> None:
        """Finish what was begun, close the file, and let nothing begin: SQLite must not be open across a fork."""
        self._queue.rest(partial(_close, self._open_files))

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._queue.go_on()

    def after_fork_in_child(self) -> None:
        """Go on, with a thread of the child's own."""
        self._queue.start()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} in {self.folder}>"

    def _ask(self, action: Callable[..., T], *arguments: Any, within_s: float = READ_S) -> T:
        """Do it and wait for what it gives. Raises `StorageError` after `within_s` seconds behind somebody's lock."""
        found = self._do(action, *arguments)
        while True:
            try:
                return found.result(within_s)
            except TimeoutError as error:
                if found.done():
                    raise
                if (lock := self._queue.lock) is not None:
                    found.cancel()
                    raise StorageError(*lock.args) from error

    def _select(self, sql: str, *values: Any, within_s: float = READ_S) -> list[sqlite3.Row]:
        return self._ask(self._select_now, sql, values, within_s=within_s)

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


def _close(open_files: list[Opened]) -> None:
    """Also called when the database is gone, and at the process's end: on its own thread, as the last thing."""
    while open_files:
        open_files.pop().connection.close()


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
