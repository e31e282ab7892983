"""A journal of any earlier version becomes one of today, whole or not at all; one of a later version is left alone."""

from __future__ import annotations

import sqlite3
import sys
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ipyimagegen.core.errors import StorageError
from ipyimagegen.core.requests import Request
from ipyimagegen.history import Journal, migrations
from ipyimagegen.history.migrations import MIGRATIONS, m001_jobs, version_of
from ipyimagegen.jobs.client import Client
from ipyimagegen.services.base import Registry
from ipyimagegen.services.local.service import Local
from ipyimagegen.settings.config import Settings
from tests.unit.media.samples import artifact

VERSION_1 = """
CREATE TABLE jobs (
    id TEXT PRIMARY KEY, service TEXT NOT NULL, model TEXT NOT NULL, phase TEXT NOT NULL,
    created REAL NOT NULL, submitted REAL, ended REAL,
    prompt TEXT NOT NULL DEFAULT '', seed INTEGER, asked TEXT NOT NULL, sent TEXT NOT NULL, ticket TEXT,
    error TEXT NOT NULL DEFAULT '', text TEXT NOT NULL DEFAULT '', facts TEXT NOT NULL DEFAULT '{}',
    cost TEXT, currency TEXT, cost_source TEXT,
    work REAL NOT NULL DEFAULT 1, queue_s REAL, run_s REAL, fetch_s REAL, total_s REAL,
    starred INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX jobs_by_time ON jobs (created);
CREATE TABLE outputs (
    job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, place INTEGER NOT NULL,
    name TEXT NOT NULL, media_type TEXT NOT NULL,
    width INTEGER NOT NULL, height INTEGER NOT NULL, size INTEGER NOT NULL,
    sha256 TEXT NOT NULL, seed INTEGER, url TEXT NOT NULL, filename TEXT NOT NULL, error TEXT NOT NULL,
    PRIMARY KEY (job, place)
);
CREATE TABLE paces (model TEXT NOT NULL, low_s REAL NOT NULL, high_s REAL NOT NULL, noted REAL NOT NULL);
CREATE INDEX paces_by_model ON paces (model);
INSERT INTO jobs (id, service, model, phase, created, prompt, seed, asked, sent, cost, currency, cost_source, starred)
    VALUES ('jold', 'local', 'sketch', 'succeeded', 1700000000.0, 'a lighthouse', 7, '{}', '{"steps": 4}',
            '0.01', 'USD', 'quoted', 1),
           ('jopen', 'local', 'sketch', 'preparing', 1700000001.0, 'a harbour', 8, '{}', '{}', NULL, NULL, NULL, 0);
INSERT INTO outputs VALUES ('jold', 0, 'image', 'image/png', 8, 8, 3, 'abc', 7, '', 'image.png', '');
PRAGMA user_version = 1;
"""
"""The first released schema, as it was: never changed."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The file of a journal of version 1 that is in a write-ahead log, as a kernel leaves it."""
    file = tmp_path / "journal.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(VERSION_1)
    return file


@contextmanager
def opened(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file)) as connection:
        yield connection


def add_note(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE later (job TEXT)")
    connection.execute("INSERT INTO later SELECT id FROM jobs")


def fail(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE half (job TEXT)")
    raise sqlite3.OperationalError("disk I/O error")


@pytest.fixture
def one_more(monkeypatch: pytest.MonkeyPatch) -> int:
    """The version of a package that knows one more step."""
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, add_note))
    return len(MIGRATIONS) + 1


def tables(file: Path) -> dict[str, str]:
    """Everything in a schema but the index of words, by name, without regard to spaces."""
    with opened(file) as connection:
        found = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'found%'"
        )
        return {name: "".join(sql.split()) for name, sql in found}


def test_a_journal_of_version_1_is_read_and_written_by_todays(old: Path) -> None:
    journal = Journal(old.parent)
    (made,) = journal.results("lighthouse")
    assert (made.seed, made.sent, str(made.cost), made.artifacts[0].width) == (7, {"steps": 4}, "$0.01", 8)
    assert [row.id for row in journal.rows()] == ["jopen", "jold"]
    assert journal.starred() == {"jold"}
    journal.ended("jopen", "failed", "x").result()
    assert journal.row("jopen").phase == "failed"


def test_an_old_journal_ends_with_the_schema_of_a_new_one(old: Path, tmp_path: Path) -> None:
    Journal(old.parent).rows()
    Journal(tmp_path / "new").rows()
    assert tables(old) == tables(tmp_path / "new" / "journal.sqlite")


def test_a_copy_of_the_old_file_is_kept_with_all_that_was_committed(old: Path, one_more: int) -> None:
    with opened(old) as other:  # another kernel, which has not put its log into the file yet
        other.execute("UPDATE jobs SET prompt = 'a new word' WHERE id = 'jold'")
        other.commit()
        Journal(old.parent).rows()
    copy = old.with_name("journal.v1.sqlite")
    with opened(copy) as connection:
        assert version_of(connection) == 1
        assert connection.execute("SELECT prompt FROM jobs ORDER BY id").fetchall() == [("a new word",), ("a harbour",)]
    assert ("later" in tables(copy), "later" in tables(old)) == (False, True)
    assert copy.stat().st_mode & 0o077 == 0
    assert [path.name for path in old.parent.glob("*new*")] == []


def test_a_new_journal_has_nothing_to_copy(tmp_path: Path) -> None:
    Journal(tmp_path).rows()
    assert list(tmp_path.glob("*.v*")) == []


def test_a_step_that_fails_leaves_the_journal_as_it_was(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tables(old)
    monkeypatch.setattr(migrations, "MIGRATIONS", (m001_jobs, add_note, fail))
    with pytest.raises(StorageError, match="disk I/O error"):
        Journal(old.parent).rows()
    assert tables(old) == before
    with opened(old) as connection:
        assert version_of(connection) == 1


def test_a_copy_that_cannot_be_made_stops_the_steps(old: Path, one_more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(migrations, "_copy", full)
    with pytest.raises(StorageError, match="No space left on device"):
        Journal(old.parent).rows()
    assert "later" not in tables(old)


def test_two_processes_worth_of_journals_migrate_once(old: Path, one_more: int) -> None:
    journals = [Journal(old.parent) for _ in range(4)]
    waiting = [journal._do(journal._select_now, "SELECT count(*) AS jobs FROM later", ()) for journal in journals]
    assert [entry["jobs"] for future in waiting for entry in future.result(20)] == [2] * 4


def test_a_kernel_of_the_version_before_goes_on_writing(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Journal(old.parent)
    before.rows()
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, add_note))
    after = Journal(old.parent)
    after.rows()
    before.prepared("jlate", Request(service="local", model="sketch", values={"prompt": "x"})).result()
    assert [row.id for row in after.rows(limit=1)] == ["jlate"]


def newer(folder: Path) -> Path:
    Journal(folder).rows()
    with opened(folder / "journal.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    return folder


def test_a_newer_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        Journal(newer(tmp_path)).rows()
    assert str(caught.value) == (
        f"the journal in {tmp_path} is of version 99, written by a newer version of ipyimagegen (this one knows up to "
        f"{len(MIGRATIONS)}); upgrade ipyimagegen, or name another folder in IPYIMAGEGEN_HOME"
    )


def test_jobs_go_on_beside_a_newer_version_and_it_is_told_once(tmp_path: Path) -> None:
    registry = Registry()
    registry.add(Local())
    journal = Journal(newer(tmp_path))
    client = Client(settings=Settings(), services=registry, journal=journal)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for seed in range(3):
            made = client.run("local/sketch", prompt="x", seed=seed, width=64, height=64, num_inference_steps=2)
            assert made.images[0].width == 64
        with pytest.raises(StorageError):  # all that was to be written before it has been told by then
            journal.rows()
    assert [str(entry.message).count("version 99") for entry in told] == [1]


@pytest.mark.skipif(sys.platform == "win32", reason="no such modes there")
def test_what_version_1_left_open_to_everybody_is_closed_once_and_new_ones_are_from_the_start(
    old: Path, tmp_path: Path
) -> None:
    (old.parent / "files").mkdir()
    for path, mode in ((old, 0o644), (old.parent / "files", 0o755)):
        path.chmod(mode)
    Journal(old.parent).rows()
    assert [path.stat().st_mode & 0o777 for path in (old, old.parent / "files")] == [0o600, 0o700]
    old.chmod(0o660)
    Journal(old.parent).rows()
    assert old.stat().st_mode & 0o777 == 0o660
    new = Journal(tmp_path / "new" / "home")
    new.files.keep(artifact())
    new.rows()
    paths = (new.folder, new.file, new.files.folder)
    assert [path.stat().st_mode & 0o777 for path in paths] == [0o700, 0o600, 0o700]
