"""What calls may cost: prices by the first that knows, and room under every cap before anything is sent."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ..core.caps import PERIODS, Cap, Period, Spent
from ..core.cost import Cost
from ..core.errors import BudgetExceeded, InvalidInput, Problem, StorageError
from ..core.models import ModelSpec
from ..core.price_rules import PriceRule, read_rules
from ..core.prices import Price, price_of
from ..core.requests import Request
from ..history import Journal
from ..history.ledger import Reservation
from ..settings.config import Settings
from .plan import own_n

LOOK_S = 0.4
"""How long a call waits for the prices in a journal that somebody has locked: two looks are less than a second."""
RESERVE_S = 5.0
"""How long a call waits for the journal where a cap must be kept: behind another kernel's lock nothing is sent."""


class Money:
    """The prices and caps of one client. Everything that looks into the journal blocks for a read of the disk."""

    def __init__(self, settings: Callable[[], Settings], journal: Journal | None) -> None:
        self._settings = settings
        self._journal = journal

    def rules(self) -> tuple[PriceRule, ...]:
        """The user's own prices: those that were named in a session, then those of `[tool.ipyimagegen.prices]`."""
        named: list[PriceRule] = []
        if self._journal is not None:
            with suppress(StorageError):
                for model, rule in self._journal.prices(within_s=LOOK_S):
                    with suppress(ValueError):
                        named += read_rules({model: json.loads(rule)})
        return (*named, *self._settings().prices)

    def name_price(self, model: str, amount: Decimal | None, *, currency: str = "USD", per: str = "picture") -> None:
        """Note what a model costs (`None`: forget it), for all kernels. Raises `InvalidInput`, `StorageError`."""
        if self._journal is None:
            raise InvalidInput([Problem("price", "this client keeps no journal; write it into pyproject.toml")])
        rule = None if amount is None else {"amount": str(amount), "currency": currency, "per": per}
        if rule is not None:
            try:
                read_rules({model: rule})
            except ValueError as error:
                raise InvalidInput([Problem("price", str(error))]) from None
        self._journal.name_price(model, None if rule is None else json.dumps(rule))

    def prices(
        self, spec: ModelSpec, requests: Iterable[Request], *, assumed: Decimal | None = None
    ) -> tuple[Price, ...]:
        """What each request costs, by the first that knows."""
        if spec.price.source == "free":
            return tuple(price_of(spec, ()) for _ in requests)
        rules, unknown = self.rules(), self._settings().unknown_price
        assumed = unknown if assumed is None and isinstance(unknown, Decimal) else assumed
        charges = self._charges(spec) if spec.price.amount is None else []
        return tuple(_of(spec, request, charges, rules, assumed) for request in requests)

    def _charges(self, spec: ModelSpec) -> list[tuple[Cost, float]]:
        if self._journal is None:
            return []
        try:
            return self._journal.charges(spec.service, spec.name, within_s=LOOK_S)
        except StorageError:
            return []

    def caps(self, service: str) -> tuple[Cap, ...]:
        """The caps that concern a service."""
        settings = self._settings()
        every = (*settings.session_cap, *settings.daily_cap, *settings.monthly_cap)
        return tuple(cap for cap in every if cap.service in ("", service))

    def spent(self, cap: Cap) -> Spent:
        """What counts against a cap now. Blocks. Raises `StorageError`."""
        return Spent() if self._journal is None else self._journal.spent(cap, session(), starts()[cap.period])

    def reserve(
        self,
        spec: ModelSpec,
        calls: Sequence[tuple[str, Request]],
        *,
        prices: Sequence[Price] = (),
        capped: bool = False,
        sweep: str = "",
        assumed: Decimal | None = None,
    ) -> None:
        """Make room for calls (each with the id of its job) under all caps, or raise `BudgetExceeded`. Sends nothing.

        `prices` are those of the calls, where they are known already; `capped`: the call has a cap of its own, which
        was kept. Without a cap nothing is waited for, and nothing that goes wrong here stops a call.
        """
        if spec.price.source == "free":
            return
        caps, unknown = self.caps(spec.service), self._settings().unknown_price
        if not prices and not (caps or capped or unknown):
            own = self._settings().prices  # what is named in the journal is not worth a look where no cap is kept
            prices = [_of(spec, request, (), own, assumed) for _, request in calls]
            prices = prices if all(price.known for price in prices) else ()
        elif not prices:
            prices = self.prices(spec, [request for _, request in calls], assumed=assumed)
        known = all(price.known for price in prices) and bool(prices)
        if not known and (unknown == "refuse" or (caps and unknown != "allow")):
            raise BudgetExceeded(_unknown(spec, caps))
        rows = _reservations(spec, calls, prices, sweep)
        if not caps:
            if self._journal is not None and rows:
                self._journal.reserve(rows, (), session(), starts())
            return
        if self._journal is None:
            raise BudgetExceeded(f"{spec.id}: this client keeps no journal, so the cap of {caps[0]} cannot be kept")
        try:
            self._journal.reserve(rows, caps, session(), starts()).result(RESERVE_S)
        except (StorageError, TimeoutError) as error:
            why = str(error) or "it is locked"
            raise BudgetExceeded(
                f"{spec.id}: the journal cannot be written ({why}), so the cap of {caps[0]} cannot be kept; nothing "
                "was sent"
            ) from error


def _of(
    spec: ModelSpec,
    request: Request,
    charges: Iterable[tuple[Cost, float]],
    rules: Iterable[PriceRule],
    assumed: Decimal | None,
) -> Price:
    price = price_of(spec, charges, values=request.values, rules=rules, assumed=assumed)
    count = own_n(request) if price.source in ("quoted", "assumed") else 1
    return price.times(count)


def _reservations(
    spec: ModelSpec, calls: Sequence[tuple[str, Request]], prices: Sequence[Price], sweep: str
) -> list[Reservation]:
    return [
        Reservation(
            job=job,
            service=spec.service,
            model=spec.name,
            amount=price.high,
            currency=price.currency,
            source=price.source or "",
            pictures=own_n(request),
            sweep=sweep,
        )
        for (job, request), price in zip(calls, prices, strict=False)
    ]


def _unknown(spec: ModelSpec, caps: Sequence[Cap]) -> str:
    kept = f"so the cap of {caps[0]} cannot be kept" if caps else "and the setting unknown_price refuses such calls"
    return (
        f"{spec.id}: the price is unknown, {kept}; nothing was sent. Say what a picture costs, %imagegen price "
        f"{spec.id} 0.05, or allow it by the setting unknown_price='allow'"
    )


def starts(now: datetime | None = None) -> dict[Period, float]:
    """When the session, the day and the month began, in epoch seconds: days and months as they are here."""
    at = (now or datetime.now(UTC)).astimezone()
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    begun: Mapping[Period, float] = {"session": 0.0, "day": day.timestamp(), "month": day.replace(day=1).timestamp()}
    return {period: begun[period] for period in PERIODS}


_sessions: dict[int, str] = {}


def session() -> str:
    """This process, as a session: a forked child is another one."""
    return _sessions.setdefault(os.getpid(), uuid.uuid4().hex)


LEDGER_COLUMNS = (
    "time",
    "job",
    "sweep",
    "model",
    "pictures",
    "estimate",
    "reserved",
    "charge",
    "currency",
    "source",
    "seconds",
    "outcome",
)


def rows_of(journal: Journal, *, since: float) -> list[dict[str, Any]]:
    """The ledger as plain rows, newest first. Blocks."""
    return [
        {
            "time": datetime.fromtimestamp(row.time).astimezone(),
            "job": row.job,
            "sweep": row.sweep,
            "model": row.model,
            "pictures": row.pictures,
            "estimate": row.estimate,
            "reserved": row.reserved,
            "charge": row.charge,
            "currency": row.currency,
            "source": row.source,
            "seconds": row.seconds,
            "outcome": row.outcome,
        }
        for row in journal.ledger(since=since)
    ]
