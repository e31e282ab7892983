"""A user's own price table: what calls of a model cost, by amount, unit, and what the parameters must be.

As `[tool.ipyimagegen.prices]` holds it, or `%imagegen price` says it:

    "segmind/flux-dev" = 0.03
    "openpixels/*" = { amount = 2, currency = "credits", per = "picture" }
    "speedpix/abc@main" = [{ amount = 0.10, when = { num_inference_steps = ">30" } }, { amount = 0.05 }]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from .cost import Cost

Per = Literal["call", "picture", "megapixel"]
DEFAULT_SIDE_PX = 1024
"""A side of which nothing is said, for prices by the megapixel."""
_SIGNS = (">=", "<=", ">", "<")
_KEYS = frozenset({"amount", "currency", "per", "when"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRule:
    """What calls of the models that `model` names (`*` for any rest) cost, where `when` holds of their parameters."""

    model: str
    amount: Decimal
    currency: str = "USD"
    per: Per = "picture"
    when: Mapping[str, Any] = field(default_factory=dict)

    def applies(self, model: str, values: Mapping[str, Any]) -> bool:
        """Whether this rule is for such a call."""
        return fnmatchcase(model, self.model) and all(
            _holds(test, values.get(name)) for name, test in self.when.items()
        )

    def of(self, values: Mapping[str, Any]) -> Cost:
        """What such a call costs."""
        pictures = _count(values.get("n"))
        units = {"call": Decimal(1), "picture": Decimal(pictures), "megapixel": pictures * _megapixels(values)}[
            self.per
        ]
        return Cost(self.amount * units, self.currency, "estimated")


def ruled(rules: Iterable[PriceRule], model: str, values: Mapping[str, Any]) -> Cost | None:
    """What the first rule that applies says; its amount is known. `None` where none applies."""
    found = next((rule for rule in rules if rule.applies(model, values)), None)
    return None if found is None else found.of(values)


def read_rules(table: object) -> tuple[PriceRule, ...]:
    """The rules of a table as TOML or JSON has it, those for one model before those with `*`. Raises `ValueError`."""
    if isinstance(table, tuple) and all(isinstance(rule, PriceRule) for rule in table):
        return table
    if not isinstance(table, Mapping):
        raise ValueError("a price table has a model for each price")  # noqa: TRY004 - the text is wrong, not the call
    rules = [rule for model, given in table.items() for rule in _read(str(model), given)]
    return tuple(sorted(rules, key=lambda rule: "*" in rule.model))


def _read(model: str, given: object) -> Iterable[PriceRule]:
    entries = given if isinstance(given, list) else [given]
    for entry in entries:
        if not isinstance(entry, Mapping):
            yield PriceRule(model=model, amount=amount_of(entry))
            continue
        if set(entry) - _KEYS or "amount" not in entry:
            raise ValueError(f"{model}: a price has amount, and may have currency, per and when")
        per = entry.get("per", "picture")
        if per not in get_args(Per):
            raise ValueError(f"{model}: per is one of {', '.join(get_args(Per))}, not {per!r}")
        when = entry.get("when", {})
        if not isinstance(when, Mapping):
            raise ValueError(f"{model}: when is a table of parameters")  # noqa: TRY004
        yield PriceRule(
            model=model,
            amount=amount_of(entry["amount"]),
            currency=str(entry.get("currency", "USD")).upper(),
            per=per,
            when=dict(when),
        )


def amount_of(given: object) -> Decimal:
    """An amount of 0 or more. Raises `ValueError`."""
    try:
        amount = Decimal(str(given).strip().removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if isinstance(given, bool) or not amount.is_finite() or amount < 0:
        raise ValueError(f"{given!r} is not an amount, 0 or more")
    return amount


def _holds(test: object, value: object) -> bool:
    """Whether a value is as a table asks: equal, or beyond a bound such as `">30"`."""
    sign = next((sign for sign in _SIGNS if isinstance(test, str) and test.startswith(sign)), "")
    if not sign:
        return value == test or str(value) == str(test)
    try:
        bound, number = float(str(test)[len(sign) :]), float(str(value))
    except ValueError:
        return False
    return {">=": number >= bound, "<=": number <= bound, ">": number > bound, "<": number < bound}[sign]


def _count(given: object) -> int:
    return given if isinstance(given, int) and not isinstance(given, bool) and given > 0 else 1


def _megapixels(values: Mapping[str, Any]) -> Decimal:
    sides = [_count(values.get(name)) if values.get(name) else DEFAULT_SIDE_PX for name in ("width", "height")]
    return Decimal(sides[0] * sides[1]) / 1_000_000
