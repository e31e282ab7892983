"""Money in the journal, which all kernels share: what jobs on their way may cost is reserved before they are sent.

A reservation is not settled by a second write, which a killed kernel would never make: its job's own row says how it
ended. Where a service bills without saying how much, what was reserved counts as spent, so that a cap is kept.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from decimal import Decimal

from ..core.caps import Cap, Period, Spent
from ..core.cost import Cost
from ..core.errors import BudgetExceeded
from .database import READ_S, Database

ORPHAN_S = 120.0
"""A reservation whose job is not in the journal by then was never sent: its process ended in between."""


Starts = Mapping[Period, float]
"""When each period began, in epoch seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What one job may cost at most; `amount` is `None` where nobody knows."""

    job: str
    service: str
    model: str
    amount: Decimal | None
    currency: str = "USD"
    source: str = ""
    pictures: int = 1
    sweep: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One job's money. Amounts are `None` where nobody knows; times are epoch seconds."""

    job: str
    sweep: str
    time: float
    model: str
    pictures: int
    estimate: Decimal | None
    reserved: Decimal | None
    charge: Decimal | None
    currency: str
    source: str
    seconds: float | None
    outcome: str


class LedgerRows(Database):
    """What a journal knows of money."""

    def reserve(self, rows: Sequence[Reservation], caps: Sequence[Cap], session: str, starts: Starts) -> Future[None]:
        """Put reservations in, if all caps leave room for them together: one transaction over all kernels.

        `starts` says when each period began, in epoch seconds. Raises `BudgetExceeded` with the numbers; nothing is
        reserved then.
        """
        return self._do(self._reserve, rows, caps, session, starts)

    def _reserve(self, rows: Sequence[Reservation], caps: Sequence[Cap], session: str, starts: Starts) -> None:
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            for cap in caps:
                asked = _asked(rows, cap)
                if asked is None:
                    continue
                spent = _spent(connection, cap, session, starts[cap.period])
                if spent.total + asked > cap.amount:
                    raise BudgetExceeded(_refusal(rows, cap, spent, asked))
            connection.executemany(
                "INSERT OR REPLACE INTO reservations (job, service, model, amount, currency, source, pictures, sweep, "
                "session, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        row.job,
                        row.service,
                        row.model,
                        None if row.amount is None else str(row.amount),
                        row.currency,
                        row.source,
                        row.pictures,
                        row.sweep,
                        session,
                        time.time(),
                    )
                    for row in rows
                ],
            )

    def spent(self, cap: Cap, session: str, since: float) -> Spent:
        """What counts against a cap since a time. Blocks."""
        return self._ask(self._spent_now, cap, session, since)

    def _spent_now(self, cap: Cap, session: str, since: float) -> Spent:
        with self._open() as connection:
            return _spent(connection, cap, session, since)

    def name_price(self, model: str, rule: str | None) -> None:
        """Note the user's own price of a model, as JSON; `None` forgets it. Blocks."""
        self._ask(self._name_price, model, rule)

    def _name_price(self, model: str, rule: str | None) -> None:
        with self._open() as connection:
            connection.execute("DELETE FROM prices WHERE model = ?", (model,))
            if rule is not None:
                connection.execute("INSERT INTO prices VALUES (?, ?, ?)", (model, rule, time.time()))

    def prices(self, *, within_s: float = READ_S) -> list[tuple[str, str]]:
        """The prices that the user has named, as JSON by model, newest first. Blocks, `within_s` seconds at a lock."""
        found = self._select("SELECT * FROM prices ORDER BY noted DESC", within_s=within_s)
        return [(entry["model"], entry["rule"]) for entry in found]

    def ledger(self, *, since: float = 0.0) -> list[LedgerRow]:
        """Every job since a time that was not free, newest first. Blocks."""
        found = self._select(_LEDGER, since)
        return [_ledger_row(entry) for entry in found if entry["cost_source"] != "free"]


_JOBS = """
SELECT jobs.id AS job, jobs.service, jobs.model, jobs.created, jobs.phase, jobs.ticket, jobs.cost,
       jobs.currency AS charged_in, jobs.cost_source, jobs.total_s,
       reservations.amount, reservations.currency, reservations.source, reservations.session,
       coalesce(reservations.pictures, (SELECT max(1, count(*)) FROM outputs WHERE outputs.job = jobs.id)) AS pictures,
       coalesce(reservations.sweep, '') AS sweep, 0 AS gone
FROM jobs LEFT JOIN reservations ON reservations.job = jobs.id
WHERE jobs.created >= ?
"""
_ALONE = """
SELECT job, service, model, created, '' AS phase, NULL AS ticket, NULL AS cost, NULL AS charged_in, NULL AS cost_source,
       NULL AS total_s, amount, currency, source, session, pictures, sweep, gone
FROM reservations WHERE created >= ? AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = reservations.job)
"""
_LEDGER = f"{_JOBS} ORDER BY jobs.created DESC, jobs.id DESC"


def _asked(rows: Iterable[Reservation], cap: Cap) -> Decimal | None:
    """What rows ask of a cap together; `None` where none concerns it."""
    amounts = [
        row.amount
        for row in rows
        if row.amount is not None and row.currency == cap.currency and cap.service in ("", row.service)
    ]
    return sum(amounts, Decimal(0)) if amounts else None


def _spent(connection: sqlite3.Connection, cap: Cap, session: str, since: float) -> Spent:
    spent = reserved = Decimal(0)
    now = time.time()
    for entry in (*connection.execute(_JOBS, (since,)), *connection.execute(_ALONE, (since,))):
        if cap.service not in ("", entry["service"]) or (cap.period == "session" and entry["session"] != session):
            continue
        amount, currency, open_ = _counts(entry, now)
        if amount is None or currency != cap.currency:
            continue
        if open_:
            reserved += amount
        else:
            spent += amount
    return Spent(spent=spent, reserved=reserved)


def _counts(entry: sqlite3.Row, now: float) -> tuple[Decimal | None, str, bool]:
    """What one job counts, in which currency, and whether that is only reserved."""
    if entry["cost_source"] == "free":
        return None, "", False
    if entry["cost"] is not None:
        return Decimal(entry["cost"]), entry["charged_in"] or "USD", False
    if entry["amount"] is None:
        return None, "", False
    amount, currency = Decimal(entry["amount"]), entry["currency"]
    if not entry["phase"]:
        alive = entry["gone"] or now - entry["created"] < ORPHAN_S
        return (amount, currency, not entry["gone"]) if alive else (None, "", False)
    if entry["phase"] in ("failed", "cancelled") and entry["ticket"] is None:
        return None, "", False  # refused, or never sent
    return amount, currency, entry["phase"] not in ("succeeded", "failed", "cancelled")


def _refusal(rows: Sequence[Reservation], cap: Cap, spent: Spent, asked: Decimal) -> str:
    def money(amount: Decimal) -> str:
        return str(Cost(amount, cap.currency, "quoted"))

    setting = {"session": "session_cap", "day": "daily_cap", "month": "monthly_cap"}[cap.period]
    calls = f"{len(rows)} calls of " if len(rows) > 1 else ""
    return (
        f"{calls}{rows[0].service}/{rows[0].model}: {money(asked)} would pass the cap of {cap}: {money(spent.spent)} "
        f"spent, {money(spent.reserved)} reserved by jobs on their way. Nothing was sent; {setting} is the setting"
    )


def _ledger_row(entry: sqlite3.Row) -> LedgerRow:
    def amount(name: str) -> Decimal | None:
        return None if entry[name] is None else Decimal(entry[name])

    charge, estimate = amount("cost"), amount("amount")
    counted, _, open_ = _counts(entry, time.time())
    return LedgerRow(
        job=entry["job"],
        sweep=entry["sweep"],
        time=entry["created"],
        model=f"{entry['service']}/{entry['model']}",
        pictures=entry["pictures"],
        estimate=estimate,
        reserved=counted if open_ else None,
        charge=charge,
        currency=(entry["charged_in"] if charge is not None else entry["currency"]) or "USD",
        source=entry["cost_source"] or (f"estimated: {entry['source']}" if estimate is not None else "unknown"),
        seconds=entry["total_s"],
        outcome=entry["phase"],
    )
