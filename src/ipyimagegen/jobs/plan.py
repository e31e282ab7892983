"""`Plan`: one call as it would be sent. Made once, and taken by `Client.start` and `--dry-run` alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..core.cost import UNKNOWN, Cost
from ..core.errors import BudgetExceeded, InvalidInput, Problem
from ..core.models import ModelSpec
from ..core.params import OWN_N, PROMPT_NAMES
from ..core.prices import Price
from ..core.requests import Request
from .prepare import prepare


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a call sends: its requests, checked and with their seeds. Nothing was sent yet.

    `cap` is the most that all of it may cost, in US dollars (`None`: no cap).
    """

    spec: ModelSpec
    requests: tuple[Request, ...]
    cap: Decimal | None = None
    prices: tuple[Price, ...] = ()
    """What each request costs; empty where nobody has looked it up."""

    @property
    def pictures(self) -> int:
        """How many pictures it makes: a job of a model with an `n` of its own makes several."""
        return sum(own_n(request) for request in self.requests)

    @property
    def cost(self) -> Cost:
        """What all of it costs at most, by whoever knows the price; unknown where nobody does."""
        price = self.spec.price
        if price.source == "free":
            return price
        if self.prices:
            highs, currencies = [each.high for each in self.prices], {each.currency for each in self.prices}
            known = [high for high in highs if high is not None]
            if len(known) < len(highs) or len(currencies) > 1:
                return UNKNOWN
            quoted = all(each.source == "quoted" for each in self.prices)
            return Cost(sum(known, Decimal(0)), currencies.pop(), "quoted" if quoted else "estimated")
        return price if price.amount is None else Cost(price.amount * self.pictures, price.currency, price.source)

    def refuse_over_cap(self) -> None:
        """Raise `BudgetExceeded` where it costs more than the cap, or where nobody knows what it costs."""
        cost, cap = self.cost, self.cap
        if cap is None or cost.source == "free":
            return
        if cost.amount is None:
            raise BudgetExceeded(
                f"{self.spec.id}: the price is unknown, so max_cost={cap} cannot be kept; nothing was sent. Say what a "
                f"picture costs, %imagegen price {self.spec.id} 0.05, or call it without a cap"
            )
        if cost.currency != "USD" or cost.amount > cap:
            each = f"{self.pictures} × {self.spec.price}" if self.spec.price.known and self.pictures > 1 else str(cost)
            raise BudgetExceeded(
                f"{self.spec.id}: {each} is over max_cost={cap}; nothing was sent. Raise max_cost or lower n"
            )


def make_plan(
    spec: ModelSpec,
    params: Mapping[str, Any],
    *,
    n: int = 1,
    cap: Decimal | None = None,
    keep_metadata: bool = False,
) -> Plan:
    """The plan of a call of `spec` with `params`, for `n` pictures. Reads input files; sends and costs nothing.

    Where the model has an `n` of its own, one job makes them all, and a value in `params` goes before `n`; else each
    picture is a job, with consecutive seeds. Raises one `InvalidInput` with every problem.
    """
    if spec.params.own_n is not None:
        params, n = {OWN_N: n, **params}, 1
    return Plan(spec=spec, requests=tuple(prepare(spec, params, n=n, keep_metadata=keep_metadata)), cap=cap)


def named_model(model: str | ModelSpec, params: dict[str, Any]) -> tuple[str | ModelSpec, dict[str, Any]]:
    """The model of a call, and its parameters: `model=` names it where nothing stands first.

    Where a model stands first, `model=` is a parameter of its own (some workflows have one).
    """
    if isinstance(model, str) and not model and "model" in params:
        params = dict(params)
        model = params.pop("model")
    return model, params


def with_prompt(spec: ModelSpec, prompt: object, params: dict[str, Any]) -> dict[str, Any]:
    """`params` with the prompt that was given by its place, under the model's name for it. Raises `InvalidInput`."""
    if prompt is None:
        return params
    own = spec.params.prompt
    name = own.name if own is not None else PROMPT_NAMES[0] if spec.params.open else ""
    if not name:
        raise InvalidInput([Problem("prompt", "this model takes no prompt")], model=spec.id)
    if name in params:
        raise InvalidInput([Problem(name, "is given twice: by its place and by its name")], model=spec.id)
    return {name: prompt, **params}


def own_n(request: Request) -> int:
    """How many pictures one request makes."""
    given = request.values.get(OWN_N, 1)
    return given if isinstance(given, int) and not isinstance(given, bool) and given > 0 else 1
