"""Jobs of which nobody knows whether their service took them in: their process ended between the request and the note.

A process that is killed in the few milliseconds between the service's yes and the ticket on disk cannot say so any
more: the next one to open the journal does, once, and the row keeps the sentence.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from ..core.processes import is_at_work

UNSURE = "phase = 'preparing' AND ticket IS NULL"
LOST = (
    "its process ended while it was being sent, before anybody noted whether the service took it in: it may be "
    "running, and may be billed"
)


def name_lost(connection: sqlite3.Connection) -> Sequence[tuple[str, str]]:
    """Write `LOST` to the jobs whose process is gone, and give the `(id, model)` of those that had it not yet.

    Raises `sqlite3.Error`.
    """
    unsaid = f"{UNSURE} AND error = '' AND sender <> ''"
    senders = connection.execute(f"SELECT DISTINCT sender FROM jobs WHERE {unsaid}").fetchall()
    gone = [(sender,) for (sender,) in senders if not is_at_work(sender)]
    lost: list[tuple[str, str]] = []
    if gone:
        with connection:
            connection.execute("BEGIN IMMEDIATE")  # another kernel may be at it: one of the two says it
            for sender in gone:
                theirs = f"SELECT id, service || '/' || model FROM jobs WHERE {unsaid} AND sender = ?"
                lost += [(job, model) for job, model in connection.execute(theirs, sender)]
                connection.execute(f"UPDATE jobs SET error = '{LOST}' WHERE {unsaid} AND sender = ?", sender)
    return lost
