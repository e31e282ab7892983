"""From a query to the jobs that it means, on an open connection, in time that the number of jobs hardly changes.

One of three plans, each with a bound:

1. A condition that few jobs meet (a rare word, a tag, a seed, a parameter) gives up to `FEW` candidates from its index;
   the others are looked up for these.
2. Where every condition is met by many, the jobs are walked through from the newest on, until enough are found.
3. Where nothing is found for long, that walk ends with the last job: one pass over narrow rows.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import index
from .query import Query
from .rows import ENDED

FEW = 2_000
TRIGRAM = 3
"""Letters of the shortest part of a word that the index knows."""
_ORDERS = {
    "newest": "created DESC, job DESC",
    "oldest": "created, job",
    "cheapest": "cost IS NULL, cost, created DESC, job DESC",
    "dearest": "cost DESC, created DESC, job DESC",
    "model": "model, created DESC, job DESC",
}
_STALE_WORDS = """
(SELECT instr(searchable(jobs.service || '/' || jobs.model, jobs.prompt, jobs.id,
    coalesce((SELECT group_concat(tag, ' ') FROM tags WHERE tags.job = jobs.id), ''),
    coalesce((SELECT text FROM notes WHERE notes.job = jobs.id), '')), ?) FROM jobs WHERE jobs.id = entries.job)
"""


@dataclass(frozen=True, slots=True)
class _Condition:
    """A clause on `entries`, and where there is an index for it, a query for the numbers of the rows that meet it."""

    clause: str
    values: tuple[Any, ...] = ()
    numbers: str = ""
    keys: tuple[Any, ...] = ()
    is_folded: bool = False


def find(connection: sqlite3.Connection, query: Query) -> list[str]:
    """The ids of the jobs that a query means, in its order."""
    conditions = [*_plain(query), *_indexed(query), *_worded(connection, query)]
    few = _fewest(connection, conditions)
    order = _ORDERS[query.sort]
    clauses = " AND ".join(condition.clause for condition in conditions) or "1"
    values = [value for condition in conditions for value in condition.values]
    if few is None:
        hint = "INDEXED BY entries_by_time" if query.sort in ("newest", "oldest") else ""
        sql = f"SELECT job FROM entries {hint} WHERE {clauses} ORDER BY {order} LIMIT ?"
    else:
        among = "number IN (SELECT value FROM json_each(?))"
        sql = f"SELECT job FROM entries WHERE {among} AND {clauses} ORDER BY {order} LIMIT ?"
        values = [json.dumps(few), *values]
    return [entry["job"] for entry in connection.execute(sql, (*values, query.limit))]


def _plain(query: Query) -> Iterator[_Condition]:
    """What the narrow rows say themselves: looked at where they are, without an index."""
    if query.phase == "succeeded":
        yield _Condition("+phase = 'succeeded'")
    elif query.phase == "open":
        ended = ", ".join(f"'{phase}'" for phase in ENDED)
        sent = "EXISTS (SELECT 1 FROM jobs WHERE jobs.id = entries.job AND ticket IS NOT NULL)"
        yield _Condition(f"+phase NOT IN ({ended}) AND {sent}")
    if query.model:
        yield _Condition("instr(lower(model), ?) > 0", (query.model,))
    if query.since is not None:
        yield _Condition("created >= ?", (query.since,))
    if query.until is not None:
        yield _Condition("created < ?", (query.until,))
    if query.starred is not None:
        yield _Condition(f"+starred {'<>' if query.starred else '='} 0")
    if query.cost == "unknown":
        yield _Condition("+cost IS NULL")
    elif query.cost is not None:
        for end, sign in zip(query.cost, (">=", "<="), strict=True):
            if end is not None:
                yield _Condition(f"+cost {sign} ?", (end,))


def _indexed(query: Query) -> Iterator[_Condition]:
    for tag in query.tags:
        yield _Condition(
            "EXISTS (SELECT 1 FROM tags WHERE tags.folded = ? AND tags.job = entries.job)",
            (tag,),
            "SELECT number FROM tags JOIN entries ON entries.job = tags.job WHERE folded = ?",
            (tag,),
        )
    if query.seed is not None:
        yield _Condition(
            "(+seed = ? OR EXISTS (SELECT 1 FROM outputs WHERE outputs.job = entries.job AND +outputs.seed = ?))",
            (query.seed, query.seed),
            "SELECT number FROM entries WHERE seed = ? UNION SELECT number FROM outputs"
            " JOIN entries ON entries.job = outputs.job WHERE outputs.seed = ?",
            (query.seed, query.seed),
        )
    for key in query.params:
        yield _Condition(
            "CASE stale WHEN 1 THEN"
            " (SELECT has_param(sent, asked, ?) FROM jobs WHERE jobs.id = entries.job)"
            " ELSE EXISTS (SELECT 1 FROM entry_params WHERE key = ? AND entry_params.number = entries.number) END",
            (key, key),
            "SELECT number FROM entry_params WHERE key = ?",
            (key,),
            is_folded=True,
        )


def _worded(connection: sqlite3.Connection, query: Query) -> Iterator[_Condition]:
    """Each word has to be there; those of three letters and more are looked for in the index at once."""
    long = [word for word in query.words if len(word) >= TRIGRAM]
    if long and index.has_words(connection):
        match = " AND ".join('"' + word.replace('"', '""') + '"' for word in long)
        yield _Condition("1", (), "SELECT rowid FROM found WHERE found MATCH ?", (match,), is_folded=True)
    for word in query.words:
        clause = f"CASE stale WHEN 1 THEN {_STALE_WORDS} ELSE instr(words, ?) END > 0"
        yield _Condition(clause, (word, word))


def _fewest(connection: sqlite3.Connection, conditions: list[_Condition]) -> list[int] | None:
    """The numbers of the rows that meet the rarest condition, where they are few, with those not indexed yet."""
    unfolded: list[int] | None = None
    best: list[int] | None = None
    for condition in conditions:
        if not condition.numbers:
            continue
        least = FEW if best is None else len(best)
        found = [row[0] for row in connection.execute(f"{condition.numbers} LIMIT ?", (*condition.keys, least + 1))]
        if condition.is_folded:
            if unfolded is None:
                stale = "SELECT number FROM entries WHERE stale = 1 LIMIT ?"
                unfolded = [row[0] for row in connection.execute(stale, (FEW + 1,))]
            found += unfolded
        if len(found) <= least:
            best = found
    return best
