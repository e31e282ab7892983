"""What calls will cost, as far as anybody knows: a range, who says so, and since when. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

from .cost import Cost
from .models import ModelSpec
from .price_rules import PriceRule, ruled

PriceSource = Literal["free", "your price table", "quoted", "own charges", "assumed"]
"""The model is free; the user's own word; the service's price list; what this user's earlier jobs of the model were
charged; what the user assumes for this once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one picture, or a call, costs: at least, usually and at most. All `None` where nobody knows."""

    low: Decimal | None = None
    usual: Decimal | None = None
    high: Decimal | None = None
    currency: str = "USD"
    source: PriceSource | None = None
    dated: date | None = None

    @property
    def known(self) -> bool:
        """Whether anybody says a price."""
        return self.usual is not None

    def times(self, pictures: int) -> Price:
        """What so many cost."""
        if self.low is None or self.usual is None or self.high is None:
            return self
        return replace(self, low=self.low * pictures, usual=self.usual * pictures, high=self.high * pictures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What many calls will cost in one currency, and for how many of them nobody knows."""

    low: Decimal = Decimal(0)
    usual: Decimal = Decimal(0)
    high: Decimal = Decimal(0)
    currency: str = "USD"
    calls: int = 0
    unknown: int = 0
    sources: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.calls:
            return "nothing"
        if self.unknown == self.calls:
            return "unknown"
        if self.sources == ("free",) and not self.unknown:
            return "free"
        span = f"{_amount(self.low, self.currency)}"
        if self.low != self.high:
            span = f"{span} to {_amount(self.high, self.currency)}, usually {_amount(self.usual, self.currency)}"
        rest = f", and unknown for {self.unknown} of {self.calls}" if self.unknown else ""
        return f"{span} ({'; '.join(self.sources)}){rest}"


def price_of(
    spec: ModelSpec,
    charges: Iterable[tuple[Cost, float]],
    *,
    values: Mapping[str, Any] | None = None,
    rules: Iterable[PriceRule] = (),
    assumed: Decimal | None = None,
) -> Price:
    """The price of a call with `values`, by the first that knows.

    The user's own table, the service's word, this user's own charges (`charges`: costs of earlier calls and when, in
    epoch seconds), what the user assumes. A free model is free whatever the table says.
    """
    if spec.price.source == "free":
        return Price(low=Decimal(0), usual=Decimal(0), high=Decimal(0), source="free")
    own = ruled(rules, spec.id, values or {})
    if own is not None:
        return Price(
            low=own.amount, usual=own.amount, high=own.amount, currency=own.currency, source="your price table"
        )
    if spec.price.amount is not None:
        amount = spec.price.amount
        return Price(low=amount, usual=amount, high=amount, currency=spec.price.currency, source="quoted")
    known = [(cost.amount, cost.currency, at) for cost, at in charges if cost.amount is not None]
    if known:
        currency = max(known, key=lambda entry: entry[2])[1]
        amounts = sorted(amount for amount, unit, _ in known if unit == currency)
        dated = datetime.fromtimestamp(max(at for _, _, at in known), UTC).date()
        middle = amounts[len(amounts) // 2]
        return Price(
            low=amounts[0], usual=middle, high=amounts[-1], currency=currency, source="own charges", dated=dated
        )
    if assumed is not None:
        return Price(low=assumed, usual=assumed, high=assumed, source="assumed")
    return Price()


def bills(prices: Iterable[Price]) -> tuple[Bill, ...]:
    """The sum of prices: one bill for each currency, as none is ever converted. Unknown ones stand in the first."""
    groups: dict[str, list[Price]] = {}
    unknown = 0
    for price in prices:
        if price.known:
            groups.setdefault(price.currency, []).append(price)
        else:
            unknown += 1
    if not groups:
        return (Bill(calls=unknown, unknown=unknown),)
    made = []
    for place, (currency, group) in enumerate(groups.items()):
        missing = 0 if place else unknown
        made.append(
            Bill(
                low=sum((price.low or Decimal(0) for price in group), Decimal(0)),
                usual=sum((price.usual or Decimal(0) for price in group), Decimal(0)),
                high=sum((price.high or Decimal(0) for price in group), Decimal(0)),
                currency=currency,
                calls=len(group) + missing,
                unknown=missing,
                sources=tuple(dict.fromkeys(_source(price) for price in group)),
            )
        )
    return tuple(made)


def _source(price: Price) -> str:
    return f"{price.source}, {price.dated}" if price.dated else str(price.source)


def _amount(amount: Decimal, currency: str) -> str:
    return str(Cost(amount, currency, "quoted"))
