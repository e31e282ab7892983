"""`%imagegen cost | price`: what was spent, and what a model costs by the user's own word."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from IPython.core.error import UsageError

from ....core.cost import Cost
from ....core.errors import InvalidInput
from ....core.price_rules import amount_of
from ....core.prices import bills
from ....core.requests import Request
from ....history.ledger import LedgerRow
from ...text import paragraph, table
from ..parse import shown
from .past import journal_of
from .table import Session, command

DAYS = 30.0
DAY_S = 86_400.0
GROUPS = ("model", "day", "sweep")


@command(
    "cost",
    "[DAYS] [--by model|day|sweep]",
    f"what the results of the last DAYS ({DAYS:g}) cost, by model, day or sweep; unknown where nobody says",
    options=("--by",),
)
def cost(session: Session, words: list[str]) -> str:
    """A table of models, days or sweeps, and the sum of what is known."""
    by, rest = _grouping(words)
    days = _days(rest)
    span = f"the last {days:g} days" if days != 1 else "the last day"
    since = time.time() - days * DAY_S
    if by != "model":
        return _by(journal_of(session).ledger(since=since), by, span)
    found = journal_of(session).costs(since=since)
    if not found:
        return f"No results in {span}."
    lines = table(("model", "jobs", "cost"), ((model, str(count), str(cost)) for model, count, cost in found))
    return "\n".join([lines, "", paragraph(in_all(found, span))])


def _grouping(words: list[str]) -> tuple[str, list[str]]:
    """What `--by` says, and the other words."""
    rest = [word for word in words if not word.startswith("--by=")]
    given = [word.removeprefix("--by=") for word in words if word.startswith("--by=")]
    if "--by" in rest:
        at = rest.index("--by")
        given += rest[at + 1 : at + 2] or [""]
        rest = rest[:at] + rest[at + 2 :]
    by = given[-1] if given else "model"
    if by not in GROUPS:
        raise UsageError(f"%imagegen cost --by {shown(by)}: it goes by {', '.join(GROUPS)}")
    return by, rest


def _by(rows: Sequence[LedgerRow], by: str, span: str) -> str:
    """The ledger in groups: what was charged, what is estimated beside it, and for how many jobs nobody knows."""
    if not rows:
        return f"No paid jobs in {span}."
    groups: dict[str, list[LedgerRow]] = {}
    for row in rows:
        day = datetime.fromtimestamp(row.time).astimezone().date().isoformat()
        groups.setdefault(day if by == "day" else row.sweep or "no sweep", []).append(row)
    heads = (by, "jobs", "charged", "estimated", "unknown")
    lines = table(heads, (_group(name, group) for name, group in groups.items()))
    unknown = sum(_is_unknown(row) for row in rows)
    told = f"{unknown} of {len(rows)} unknown." if unknown else "Every amount is known or estimated."
    return f"{lines}\n\n{told}"


def _group(name: str, rows: Sequence[LedgerRow]) -> tuple[str, ...]:
    charged = _sums(Cost(row.charge, row.currency) for row in rows)
    made = (row for row in rows if row.charge is None and row.outcome not in ("failed", "cancelled"))
    estimated = _sums(Cost(row.estimate, row.currency) for row in made)
    unknown = sum(_is_unknown(row) for row in rows)
    return (
        name,
        str(len(rows)),
        " and ".join(map(str, charged)) or "-",
        " and ".join(map(str, estimated)) or "-",
        str(unknown) if unknown else "-",
    )


def _is_unknown(row: LedgerRow) -> bool:
    return row.charge is None and row.estimate is None


@command(
    "price",
    "MODEL [AMOUNT|none] [--currency CODE] [--per call|picture|megapixel]",
    "say what a picture of MODEL costs, for caps and estimates in all kernels; without AMOUNT: what is known",
    subject="models",
    options=("--currency", "--per"),
)
def price(session: Session, words: list[str]) -> str:
    """Name a model's price, forget it, or tell it."""
    options, rest = _priced(words)
    if not 1 <= len(rest) <= 2:
        raise UsageError("%imagegen price MODEL AMOUNT, such as: %imagegen price segmind/flux-dev 0.03")
    spec, money = session.client.model(rest[0]), session.client.money
    if len(rest) == 1:
        call = Request(service=spec.service, model=spec.name, values={})
        return f"{spec.id}: a call costs {bills(money.prices(spec, [call]))[0]}."
    try:
        if rest[1].lower() == "none":
            money.name_price(spec.id, None)
            return f"{spec.id}: your own price is forgotten."
        amount, currency, per = amount_of(rest[1]), options["--currency"].upper(), options["--per"]
        money.name_price(spec.id, amount, currency=currency, per=per)
    except (ValueError, InvalidInput) as error:
        raise UsageError(f"%imagegen price {spec.id} {shown(rest[1])}: {error}") from None
    return f"{spec.id}: {Cost(amount, currency, 'quoted')} a {per}, by your word, in all kernels from now on."


def _priced(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """The options with their values, and the other words."""
    options, rest = {"--currency": "USD", "--per": "picture"}, list[str]()
    left = iter(words)
    for word in left:
        name, equals, value = word.partition("=")
        if name in options:
            options[name] = value if equals else next(left, "")
        else:
            rest.append(word)
    return options, rest


def in_all(found: Sequence[tuple[str, int, Cost]], span: str) -> str:
    """A sentence with the sum; what is not known is named, and makes it a lower bound."""
    unknown = [f"{model} ({_jobs(count)})" for model, count, cost in found if not cost.known]
    sums = _sums(cost for _, _, cost in found)
    known = " and ".join(map(str, sums)) or ("nothing" if not unknown else "")
    if not unknown:
        return f"In all, {span}: {known}."
    least = f"at least {known}; " if known else ""
    return f"In all, {span}: {least}what {', '.join(unknown)} cost is not known here."


def _sums(costs: Iterable[Cost]) -> list[Cost]:
    """One sum for each currency; what was free is left out."""
    sums: dict[str, Decimal] = {}
    for each in costs:
        if each.amount is not None and each.source != "free":
            sums[each.currency] = sums.get(each.currency, Decimal(0)) + each.amount
    return [Cost(amount, currency) for currency, amount in sums.items()]


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"


def _days(words: list[str]) -> float:
    if not words:
        return DAYS
    try:
        days = float(words[0])
    except ValueError:
        days = 0.0
    if len(words) > 1 or not 0 < days < 100_000:
        raise UsageError(f"%imagegen cost {shown(' '.join(words))}: DAYS is one number over 0, such as 7")
    return days
