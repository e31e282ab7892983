"""Caps on what is spent, per session, day and month: in all, or at one service. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from .cost import Cost

Period = Literal["session", "day", "month"]
PERIODS: tuple[Period, ...] = ("session", "day", "month")
_ENTRY = re.compile(r"(?:(?P<service>[A-Za-z][\w.-]*)\s*[:=\s]\s*)?\$?(?P<amount>[0-9.]+)\s*(?P<currency>[A-Za-z]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most `amount` in one period, at `service` (`""`: at all of them together). Other currencies do not count."""

    amount: Decimal
    period: Period
    currency: str = "USD"
    service: str = ""

    def __str__(self) -> str:
        where = f" at {self.service}" if self.service else ""
        return f"{Cost(self.amount, self.currency, 'quoted')} a {self.period}{where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What counts against a cap: what is spent, and what jobs on their way may cost."""

    spent: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        """Both together."""
        return self.spent + self.reserved


def read_caps(given: object, period: Period) -> tuple[Cap, ...]:
    """Caps from a setting: `5`, `"5"`, `"5, segmind 2, openpixels 300 credits"`, or `None`. Raises `ValueError`."""
    if given is None or given in ("", ()):
        return ()
    if isinstance(given, tuple) and all(isinstance(cap, Cap) for cap in given):
        return given
    if isinstance(given, bool):
        raise ValueError(given)  # noqa: TRY004 - the value is wrong, not the call
    parts = [part.strip() for part in str(given).split(",")]
    return tuple(_read(part, period) for part in parts)


def _read(text: str, period: Period) -> Cap:
    found = _ENTRY.fullmatch(text)
    if found is None:
        raise ValueError(text)
    try:
        amount = Decimal(found["amount"])
    except InvalidOperation as error:
        raise ValueError(text) from error
    currency = (found["currency"] or "USD").upper()
    return Cap(
        amount=amount,
        period=period,
        currency={"DOLLARS": "USD", "DOLLAR": "USD", "CREDIT": "CREDITS"}.get(currency, currency),
        service=(found["service"] or "").lower(),
    )


def written(caps: Iterable[Cap]) -> str:
    """Caps as a setting has them, the other way round."""
    return ", ".join(map(_written, caps))


def _written(cap: Cap) -> str:
    currency = "" if cap.currency == "USD" else cap.currency.lower()
    return " ".join(part for part in (cap.service, f"{cap.amount.normalize():f}", currency) if part)
