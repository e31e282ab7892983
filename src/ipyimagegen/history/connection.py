"""Opening the journal's file: private to its user, brought to today's version, or only read where it cannot be written.

Pure of threads: whoever calls has one of its own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ..core import scratch
from ..core.errors import StorageError
from . import index
from .migrations import is_current, migrate, refuse_newer, version_of

TRY_S = 0.5
"""How long one try waits for a lock that somebody else has on the file."""


class Locked(StorageError):
    """Somebody else has a lock on the journal: it may go well in a moment."""


def is_lock(error: BaseException) -> bool:
    """Whether SQLite says that the file is locked: the primary result codes BUSY and LOCKED, in whatever variant."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def refuses_writes(error: BaseException) -> bool:
    """Whether SQLite says that this connection can only read."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF == sqlite3.SQLITE_READONLY


@dataclass(frozen=True, slots=True)
class Opened:
    """An open journal. `frozen`: it is read as something that never changes, or a copy is."""

    connection: sqlite3.Connection
    file: Path
    stamp: tuple[int, ...] | None
    frozen: bool = False
    is_writable: bool = False

    @property
    def is_in_place(self) -> bool:
        """Whether what lies at the path is what was opened. Asked on every write: it takes two microseconds."""
        return self.stamp == _stamp(self.file, frozen=self.frozen)


def _stamp(file: Path, *, frozen: bool) -> tuple[int, ...] | None:
    try:
        found = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    log = file.with_name(f"{file.name}-wal")
    return (found.st_dev, found.st_ino, *((found.st_mtime_ns, found.st_size, _size(log)) if frozen else ()))


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def open_journal(file: Path) -> Opened:
    """The journal in `file`, made if need be with its folder, both for the user's eyes alone.

    A journal that this user may only read is opened for reading. Raises `StorageError` for a newer version,
    `sqlite3.Error` and `OSError`.
    """
    if file.exists() and not (_may_write(file) and _may_write(file.parent)):
        return _to_read(file)
    _make_private(file)
    connection = sqlite3.connect(file, timeout=TRY_S, check_same_thread=False)
    try:
        refuse_newer(found := version_of(connection), file.parent)  # before anything in it is changed
        if found == 1:
            _close_to_others(file)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        migrate(connection, file)
        return _opened(connection, file, is_writable=True)
    except BaseException:
        connection.close()
        raise


def _opened(connection: sqlite3.Connection, file: Path, *, frozen: bool = False, is_writable: bool = False) -> Opened:
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    index.prepare(connection)
    return Opened(connection, file, _stamp(file, frozen=frozen), frozen, is_writable)


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _make_private(file: Path) -> None:
    """Prompts are nobody else's business. SQLite gives the files beside it (`-wal`, `-shm`) the mode of its own.

    A folder that was there keeps its mode: it may be shared on purpose, or be the user's own choice of a home.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _close_to_others(file: Path) -> None:
    """Version 1 left its files readable for everybody, by nobody's choice. Done once: a mode that is set later stays.

    Files of another user, or on a disk without modes, stay as they are.
    """
    for path in (file, *(file.with_name(f"{file.name}{end}") for end in ("-wal", "-shm")), file.parent / "files"):
        with contextlib.suppress(OSError):
            path.chmod(path.stat().st_mode & ~0o077)


def _to_read(file: Path) -> Opened:
    """A journal that is only read, also where nothing can be put beside it, as SQLite would like to.

    1. As it is: other kernels' writes are seen. 2. Where SQLite cannot make its `-shm`, as something that never
    changes (https://sqlite.org/uri.html, `immutable`), unless a write-ahead log lies there, which that overlooks.
    3. A copy in memory, with the log worked in; a journal of an earlier version is always read this way.
    """
    ways = ["mode=ro"] if _size(file.with_name(f"{file.name}-wal")) else ["mode=ro", "mode=ro&immutable=1"]
    for way in ways:
        uri = f"file:{quote(os.fspath(file.absolute()))}?{way}"
        connection = sqlite3.connect(uri, uri=True, timeout=TRY_S, check_same_thread=False)
        try:
            found = version_of(connection)
            refuse_newer(found, file.parent)
            if is_current(found):
                return _opened(connection, file, frozen="immutable" in way)
        except sqlite3.OperationalError as error:
            if is_lock(error):
                connection.close()
                raise
        except BaseException:
            connection.close()
            raise
        connection.close()
    return _opened(_copy_in_memory(file), file, frozen=True)


def _copy_in_memory(file: Path) -> sqlite3.Connection:
    log = file.with_name(f"{file.name}-wal")
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    try:
        with tempfile.TemporaryDirectory(dir=scratch.folder()) as folder:
            copy = Path(folder) / file.name
            shutil.copyfile(file, copy)
            if log.exists():
                shutil.copyfile(log, copy.with_name(log.name))
            with contextlib.closing(sqlite3.connect(copy)) as source:
                source.backup(memory)
        migrate(memory, file, keep_old=False)
        memory.execute("PRAGMA query_only = ON")
    except BaseException:
        memory.close()
        raise
    return memory
