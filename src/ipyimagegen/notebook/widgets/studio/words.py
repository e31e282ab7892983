"""A model, a price and a switch of models, as the page shows them: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from typing import Any

from ....core.cost import FREE, Cost
from ....core.errors import capped
from ....core.events import JSON
from ....core.models import ModelSpec
from ....jobs.estimates import work_of
from .form import Dropped, Form

MAX_PROMPTS = 50
MAX_PROMPT_CHARS = 4_000


def about(spec: ModelSpec) -> dict[str, JSON]:
    """What is known of the model, beside its parameters."""
    return {
        "id": spec.id,
        "service": spec.service,
        "title": spec.title or spec.name,
        "description": spec.description,
        "cannot_cancel": spec.cannot_cancel,
        "url": spec.url if spec.url.startswith("https://") else "",
        "open": spec.params.open,
        "has_n": spec.params.own_n is not None,
    }


def catalogue(specs: Iterable[ModelSpec]) -> list[dict[str, JSON]]:
    """The rows of the model picker."""
    return [
        {
            "id": spec.id,
            "service": spec.service,
            "title": capped(spec.title or spec.name, 120),
            "description": capped(spec.description, 240),
            "price": str(spec.price),
        }
        for spec in specs
    ]


def price_of(spec: ModelSpec, n: int) -> Cost:
    """What `n` calls cost, as far as it is known."""
    amount = spec.price.amount
    return spec.price if amount is None else replace(spec.price, amount=amount * n)


def estimate(form: Form, n: int, expected_s: float | None) -> dict[str, JSON]:
    """Cost and seconds before a run: `{"cost": "$0.04", "seconds": 3.2}`; `"unknown"` and `None` where nobody knows."""
    return {"cost": str(price_of(form.spec, n)), "seconds": None if expected_s is None else round(expected_s, 1)}


def work_units(form: Form) -> float:
    """The size of the job that a form describes, for the estimate of its duration."""
    return work_of({param.name: param.default for param in form.spec.params.values()} | dict(form.values))


def spent(costs: Sequence[Cost]) -> str:
    """What all runs cost together; what is unknown is counted, never left out in silence."""
    known = [cost for cost in costs if cost.known]
    unknown = len(costs) - len(known)
    total = reduce(add, known, FREE)
    if not costs or (not known and not unknown):
        return ""
    if not known:
        return "unknown"
    said = str(total) if total.known else "in several currencies"
    return f"{said}, and {unknown} unknown" if unknown else said


def switched(spec: ModelSpec, kept: Mapping[str, Any], dropped: Sequence[Dropped]) -> str:
    """What a switch of models dropped, in words; `""` where nothing was."""
    if not dropped:
        return ""
    names = ", ".join(f"{one.name} ({one.why})" if "no such" not in one.why else one.name for one in dropped)
    kept_names = f" Kept: {', '.join(kept)}." if kept else ""
    return capped(f"Not for {spec.title or spec.name}: {names}.{kept_names}", 1_000)


def prompts_of(newest_first: Iterable[str]) -> list[str]:
    """Distinct prompts, newest first, for the history of the prompt's field."""
    texts = (prompt[:MAX_PROMPT_CHARS] for prompt in newest_first if prompt.strip())
    return list(dict.fromkeys(texts))[:MAX_PROMPTS]
