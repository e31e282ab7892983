"""The index of the journal: one narrow row for each job, its words for full-text search, and its parameters' keys.

Triggers of built-in functions keep the rows, also for kernels of a version that knows nothing of them; they mark as
*stale* what has to be folded (`words`), which is done here: after a job was noted, and before a search. A search finds
stale rows too, only slower.

Words are found by FTS5's trigrams (https://sqlite.org/fts5.html#the_trigram_tokenizer): parts of words of three
letters and more. Where this SQLite has none, the rows are read one by one, which takes longer and finds the same.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress

from .words import has_param, param_keys, searchable

SETTLED_AT_ONCE = 1_000
"""Rows that are folded in one transaction: some 0.3 s, so long do other kernels wait."""
_STALE = """
SELECT entries.number, entries.words, jobs.service || '/' || jobs.model AS model, jobs.prompt, jobs.id, jobs.sent,
    jobs.asked, coalesce((SELECT group_concat(tag, ' ') FROM tags WHERE tags.job = jobs.id), '') AS tags,
    coalesce((SELECT text FROM notes WHERE notes.job = jobs.id), '') AS note
FROM entries JOIN jobs ON jobs.id = entries.job WHERE entries.stale = 1 LIMIT ?
"""


def prepare(connection: sqlite3.Connection) -> None:
    """Functions for the search, on a connection that was just opened."""
    connection.create_function("searchable", 5, searchable, deterministic=True)
    connection.create_function("has_param", 3, has_param, deterministic=True)


def has_words(connection: sqlite3.Connection) -> bool:
    """Whether there is a full-text index in the file that this SQLite can read."""
    try:
        connection.execute("SELECT rowid FROM found WHERE found MATCH '\"zzz\"' LIMIT 1").fetchall()
    except sqlite3.Error:
        return False
    return True


def _make_words(connection: sqlite3.Connection) -> bool:
    with suppress(sqlite3.OperationalError):  # built without FTS5, or before trigrams (3.34)
        connection.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS found USING"
            " fts5(words, content='entries', content_rowid='number', tokenize='trigram')"
        )
        return has_words(connection)
    return False


def stale(connection: sqlite3.Connection) -> bool:
    """Whether there are rows to be folded."""
    return connection.execute("SELECT 1 FROM entries WHERE stale = 1 LIMIT 1").fetchone() is not None


def settle(connection: sqlite3.Connection, limit: int = SETTLED_AT_ONCE) -> int:
    """Fold up to `limit` rows that are stale, within an open transaction; returns how many there were."""
    found = connection.execute(_STALE, (limit,)).fetchall()
    if not found:
        return 0
    indexed = _make_words(connection)
    for row in found:
        words = searchable(row["model"], row["prompt"], row["id"], row["tags"], row["note"])
        number = row["number"]
        if words != row["words"]:
            if indexed:
                _replace(connection, number, row["words"], words)
            connection.execute("UPDATE entries SET words = ? WHERE number = ?", (words, number))
        connection.execute("DELETE FROM entry_params WHERE number = ?", (number,))
        keys = [(key, number) for key in param_keys(row["sent"], row["asked"])]
        connection.executemany("INSERT OR IGNORE INTO entry_params (key, number) VALUES (?, ?)", keys)
        connection.execute("UPDATE entries SET stale = 0 WHERE number = ?", (number,))
    return len(found)


def _replace(connection: sqlite3.Connection, number: int, before: str, after: str) -> None:
    """An external-content table is told of what it had before, to the letter."""
    if before:
        connection.execute("INSERT INTO found (found, rowid, words) VALUES ('delete', ?, ?)", (number, before))
    connection.execute("INSERT INTO found (rowid, words) VALUES (?, ?)", (number, after))


def forget(connection: sqlite3.Connection, where: str, values: tuple[object, ...]) -> None:
    """Take jobs out of the index of words, before they are deleted. `where` is a constant clause on `entries`."""
    if has_words(connection):
        connection.execute(
            "INSERT INTO found (found, rowid, words)"
            f" SELECT 'delete', number, words FROM entries WHERE words <> '' AND {where}",
            values,
        )
