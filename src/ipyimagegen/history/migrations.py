"""The journal's schema, as the list of steps that made it: a journal of any earlier version becomes one of today.

`PRAGMA user_version` is how many of the steps a file has seen. A step is never changed once it was released, and it
only *adds* (tables, columns with defaults, indexes, triggers of built-in functions): a kernel of the version before may
have the same file open, and goes on writing to it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from ..core import scratch
from ..core.errors import StorageError

Step = Callable[[sqlite3.Connection], None]


def m001_jobs(connection: sqlite3.Connection) -> None:
    """Jobs, their outputs, and how long those of a model take. Journals without a version may have them already."""
    connection.execute(
        """
        CREATE TABLE IF NOT EXISTS jobs (
            id TEXT PRIMARY KEY, service TEXT NOT NULL, model TEXT NOT NULL, phase TEXT NOT NULL,
            created REAL NOT NULL, submitted REAL, ended REAL,
            prompt TEXT NOT NULL DEFAULT '', seed INTEGER, asked TEXT NOT NULL, sent TEXT NOT NULL, ticket TEXT,
            error TEXT NOT NULL DEFAULT '', text TEXT NOT NULL DEFAULT '', facts TEXT NOT NULL DEFAULT '{}',
            cost TEXT, currency TEXT, cost_source TEXT,
            work REAL NOT NULL DEFAULT 1, queue_s REAL, run_s REAL, fetch_s REAL, total_s REAL,
            starred INTEGER NOT NULL DEFAULT 0
        )
        """
    )
    connection.execute("CREATE INDEX IF NOT EXISTS jobs_by_time ON jobs (created)")
    connection.execute(
        """
        CREATE TABLE IF NOT EXISTS outputs (
            job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, place INTEGER NOT NULL,
            name TEXT NOT NULL, media_type TEXT NOT NULL,
            width INTEGER NOT NULL, height INTEGER NOT NULL, size INTEGER NOT NULL,
            sha256 TEXT NOT NULL, seed INTEGER, url TEXT NOT NULL, filename TEXT NOT NULL, error TEXT NOT NULL,
            PRIMARY KEY (job, place)
        )
        """
    )
    connection.execute(
        """
        CREATE TABLE IF NOT EXISTS paces (
            model TEXT NOT NULL, low_s REAL NOT NULL, high_s REAL NOT NULL, noted REAL NOT NULL
        )
        """
    )
    connection.execute("CREATE INDEX IF NOT EXISTS paces_by_model ON paces (model)")


def m002_sweeps(connection: sqlite3.Connection) -> None:
    """Sweeps, their cells with the jobs that they have become, and the input files that cells need."""
    connection.execute(
        "CREATE TABLE sweeps (id TEXT PRIMARY KEY, name TEXT NOT NULL, created REAL NOT NULL, recipe TEXT)"
    )
    connection.execute(
        """
        CREATE TABLE sweep_cells (
            sweep TEXT NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE, place INTEGER NOT NULL,
            at TEXT NOT NULL, vals TEXT NOT NULL, model TEXT NOT NULL, identity TEXT NOT NULL,
            request TEXT, problem TEXT NOT NULL DEFAULT '',
            job TEXT, owner TEXT NOT NULL DEFAULT '', paths TEXT NOT NULL DEFAULT '[]',
            PRIMARY KEY (sweep, place)
        )
        """
    )
    connection.execute("CREATE INDEX sweep_cells_by_identity ON sweep_cells (identity)")
    connection.execute("CREATE INDEX sweep_cells_by_job ON sweep_cells (job)")
    connection.execute(
        """
        CREATE TABLE sweep_inputs (
            sweep TEXT NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE, sha256 TEXT NOT NULL,
            PRIMARY KEY (sweep, sha256)
        )
        """
    )


def m003_output_notes(connection: sqlite3.Connection) -> None:
    """Why a picture that came cannot be shown. No column of `outputs`: version 2 fills that one by position."""
    connection.execute(
        """
        CREATE TABLE output_notes (
            job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, place INTEGER NOT NULL, note TEXT NOT NULL,
            PRIMARY KEY (job, place)
        )
        """
    )


def m004_library(connection: sqlite3.Connection) -> None:
    """What is looked for, in narrow rows that triggers keep; and tags, notes, inputs and the records of files."""
    for statement in (
        """
        CREATE TABLE entries (
            number INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL UNIQUE, created REAL NOT NULL,
            model TEXT NOT NULL, phase TEXT NOT NULL, starred INTEGER NOT NULL, seed INTEGER, cost REAL,
            stale INTEGER NOT NULL DEFAULT 1, words TEXT NOT NULL DEFAULT ''
        )
        """,
        "CREATE INDEX entries_by_time ON entries (created, job, phase, model, starred, seed, cost, stale)",
        "CREATE INDEX entries_by_cost ON entries (cost, created, job)",
        "CREATE INDEX entries_by_seed ON entries (seed)",
        "CREATE INDEX entries_stale ON entries (stale) WHERE stale = 1",
        """
        CREATE TABLE entry_params (
            key INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (key, number)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX entry_params_by_number ON entry_params (number)",
        """
        CREATE TABLE tags (
            job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, tag TEXT NOT NULL, folded TEXT NOT NULL,
            PRIMARY KEY (job, tag)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX tags_by_name ON tags (folded, job)",
        "CREATE TABLE notes (job TEXT PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE, text TEXT NOT NULL)",
        """
        CREATE TABLE job_inputs (
            job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, name TEXT NOT NULL, place INTEGER NOT NULL,
            sha256 TEXT NOT NULL, url TEXT NOT NULL, media_type TEXT NOT NULL, filename TEXT NOT NULL,
            size INTEGER NOT NULL, PRIMARY KEY (job, name, place)
        )
        """,
        "CREATE INDEX job_inputs_by_content ON job_inputs (sha256)",
        "CREATE INDEX outputs_by_content ON outputs (sha256)",
        "CREATE INDEX outputs_by_seed ON outputs (seed)",
        """
        CREATE TABLE job_records (
            job TEXT PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE, record TEXT NOT NULL, changes TEXT NOT NULL
        )
        """,
        f"INSERT INTO entries ({_ENTRY}) SELECT {_entry_of('jobs')} FROM jobs ORDER BY created, id",
        f"""
        CREATE TRIGGER entry_of_new_job AFTER INSERT ON jobs BEGIN
            INSERT OR IGNORE INTO entries ({_ENTRY}) SELECT {_entry_of("new")};
        END
        """,
        """
        CREATE TRIGGER entry_of_changed_job AFTER UPDATE OF created, phase, starred, seed, cost, currency ON jobs BEGIN
            UPDATE entries SET created = new.created, phase = new.phase, starred = new.starred, seed = new.seed,
                cost = CASE WHEN new.currency = 'USD' THEN CAST(new.cost AS REAL) END
            WHERE job = new.id;
        END
        """,
        """
        CREATE TRIGGER entry_of_deleted_job AFTER DELETE ON jobs BEGIN
            DELETE FROM entry_params WHERE number = (SELECT number FROM entries WHERE job = old.id);
            DELETE FROM entries WHERE job = old.id;
        END
        """,
        *(
            f"CREATE TRIGGER {table}_{word} AFTER {word} ON {table} BEGIN"
            f" UPDATE entries SET stale = 1 WHERE job = {row}.job; END"
            for table in ("tags", "notes")
            for word, row in (("insert", "new"), ("update", "new"), ("delete", "old"))
        ),
    ):
        connection.execute(statement)


_ENTRY = "job, created, model, phase, starred, seed, cost"


def _entry_of(row: str) -> str:
    """The narrow row of a job, as SQL. Prices in other currencies are not compared."""
    return (
        f"{row}.id, {row}.created, {row}.service || '/' || {row}.model, {row}.phase, {row}.starred, {row}.seed,"
        f" CASE WHEN {row}.currency = 'USD' THEN CAST({row}.cost AS REAL) END"
    )


def m005_money(connection: sqlite3.Connection) -> None:
    """Reservations, and prices that the user has named.

    A job that is deleted from the history stays spent: its reservation keeps what it cost.
    """
    connection.execute(
        """
        CREATE TABLE reservations (
            job TEXT PRIMARY KEY, service TEXT NOT NULL, model TEXT NOT NULL, amount TEXT, currency TEXT NOT NULL,
            source TEXT NOT NULL DEFAULT '', pictures INTEGER NOT NULL DEFAULT 1, sweep TEXT NOT NULL DEFAULT '',
            session TEXT NOT NULL, created REAL NOT NULL, gone INTEGER NOT NULL DEFAULT 0
        )
        """
    )
    connection.execute("CREATE INDEX reservations_by_time ON reservations (created)")
    connection.execute(
        """
        CREATE TRIGGER reservations_outlive_jobs AFTER DELETE ON jobs BEGIN
            UPDATE reservations SET gone = 1, amount = coalesce(OLD.cost, amount),
                currency = CASE WHEN OLD.cost IS NULL THEN currency ELSE coalesce(OLD.currency, 'USD') END
            WHERE job = OLD.id AND NOT (OLD.cost IS NULL AND OLD.ticket IS NULL);
            DELETE FROM reservations WHERE job = OLD.id AND gone = 0;
        END
        """
    )
    connection.execute("CREATE TABLE prices (model TEXT PRIMARY KEY, rule TEXT NOT NULL, noted REAL NOT NULL)")


def m006_senders(connection: sqlite3.Connection) -> None:
    """Which process sends a job: once that one is gone, nobody else will ever say what became of it."""
    connection.execute("ALTER TABLE jobs ADD COLUMN sender TEXT NOT NULL DEFAULT ''")
    connection.execute("CREATE INDEX jobs_being_sent ON jobs (sender) WHERE phase = 'preparing'")


MIGRATIONS: tuple[Step, ...] = (m001_jobs, m002_sweeps, m003_output_notes, m004_library, m005_money, m006_senders)
"""In their order. New ones go to the end."""


def version_of(connection: sqlite3.Connection) -> int:
    """How many of the steps this file has seen; 0 for a new one."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    return int(found)


def refuse_newer(found: int, folder: Path) -> None:
    """Raise `StorageError` for a journal of a version that this package does not know."""
    if found > len(MIGRATIONS):
        raise StorageError(
            f"the journal in {folder} is of version {found}, written by a newer version of ipyimagegen (this one "
            f"knows up to {len(MIGRATIONS)}); upgrade ipyimagegen, or name another folder in IPYIMAGEGEN_HOME"
        )


def is_current(found: int) -> bool:
    """Whether a journal of that version has today's schema."""
    return found == len(MIGRATIONS)


def migrate(connection: sqlite3.Connection, file: Path, *, keep_old: bool = True) -> None:
    """Bring an open journal to today's version: all missing steps in one transaction, after a copy of the old file.

    The copy is `journal.v1.sqlite` beside it, for a journal of version 1; `keep_old=False` makes none, for what is a
    copy itself. Raises `StorageError` for a newer version, `sqlite3.Error` and `OSError`; the journal is as it was
    then. Several processes may come at once: one does it.
    """
    refuse_newer(found := version_of(connection), file.parent)
    if is_current(found):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = version_of(connection)  # another process may have been quicker
        refuse_newer(found, file.parent)
        if keep_old and found and not is_current(found):
            _copy(file, file.with_name(f"{file.stem}.v{found}{file.suffix}"))
        for step in MIGRATIONS[found:]:
            step(connection)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.rollback()
        raise
    connection.commit()


def _copy(file: Path, target: Path) -> None:
    """The file as it was last committed, whole or not at all. A transaction on it that has written nothing may be open.

    SQLite's backup reads through a connection of its own, which a writer elsewhere does not disturb
    (https://sqlite.org/backup.html); a plain copy would miss what is still in the write-ahead log.
    """
    handle, name = scratch.begun(file.parent, prefix=".new-", suffix=file.suffix)  # for the user's eyes alone
    os.close(handle)
    try:
        with contextlib.closing(sqlite3.connect(file)) as source, contextlib.closing(sqlite3.connect(name)) as sink:
            source.backup(sink)
        name.replace(target)
    except BaseException:
        for left in (name, f"{name}-wal", f"{name}-shm", f"{name}-journal"):
            Path(left).unlink(missing_ok=True)
        raise
