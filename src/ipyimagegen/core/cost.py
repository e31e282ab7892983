"""Money, which is never a silent zero."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

Source = Literal["charged", "quoted", "estimated", "free"]
"""Who says so: the service's bill, its price list, an average of earlier jobs, or a model that costs nothing."""
LEAST, MOST = Decimal("1e-12"), Decimal("1e12")
"""What a service says beyond is no price."""


@dataclass(frozen=True, slots=True)
class Cost:
    """An amount and who says so. `amount` is `None` where nobody knows: shown as "unknown", never as 0."""

    amount: Decimal | None = None
    currency: str = "USD"
    source: Source | None = None

    @property
    def known(self) -> bool:
        """Whether there is an amount."""
        return self.amount is not None

    def __str__(self) -> str:
        if self.amount is None:
            return "unknown"
        if self.source == "free":
            return "free"
        sign = {"USD": "$", "CREDITS": ""}.get(self.currency, f"{self.currency} ")
        unit = " credits" if self.currency == "CREDITS" else ""
        about = "about " if self.source == "estimated" else ""
        return f"{about}{sign}{self.amount.normalize():f}{unit}"

    def __add__(self, other: Cost) -> Cost:
        """The sum; unknown if either part is unknown, or if the currencies differ."""
        if self.source == "free":
            return other
        if other.source == "free":
            return self
        if self.amount is None or other.amount is None or self.currency != other.currency:
            return UNKNOWN
        source = self.source if self.source == other.source else "estimated"
        return Cost(self.amount + other.amount, self.currency, source)

    @classmethod
    def read(cls, value: object, *, currency: str = "USD", source: Source = "charged") -> Cost:
        """The cost in a service's field: a number, or a number in a string; anything else is unknown."""
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            return UNKNOWN
        try:
            amount = Decimal(str(value).strip().lstrip("$"))
        except (InvalidOperation, ValueError):
            return UNKNOWN
        if not amount.is_finite():
            return UNKNOWN
        return cls(amount, currency, source) if amount == 0 or LEAST <= amount <= MOST else UNKNOWN


UNKNOWN = Cost()
FREE = Cost(Decimal(0), "USD", "free")
