"""Made-up models for plans, and a short way to a plan."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from ipyimagegen.core.cost import UNKNOWN, Cost
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.params import Param
from ipyimagegen.core.schema import read_params
from ipyimagegen.experiments.axes import Grid, read_grid
from ipyimagegen.experiments.plan import SweepPlan
from ipyimagegen.experiments.planning import make_plan


def model(name: str, price: Cost = UNKNOWN, **properties: dict[str, Any]) -> ModelSpec:
    schema = {"required": ["prompt"], "properties": {"prompt": {"type": "string"}, **properties}}
    return ModelSpec(service="made", name=name, params=read_params(schema), price=price)


FLUX = model(
    "flux",
    Cost(Decimal("0.02"), "USD", "quoted"),
    guidance={"type": "number", "minimum": 0, "maximum": 20, "default": 7},
    steps={"type": "integer", "minimum": 1, "maximum": 50, "default": 20},
    width={"type": "integer", "minimum": 64, "maximum": 2048},
    height={"type": "integer", "minimum": 64, "maximum": 2048},
    seed={"type": "integer", "minimum": 0, "maximum": 99},
    loras={"type": "array", "items": {"type": "string"}},
    image={"type": "string", "format": "image"},
)
PLAIN = model("plain")
SMALL = model("small", noise_seed={"type": "integer", "minimum": 10, "maximum": 19})


def grid(specs: Sequence[ModelSpec] = (FLUX,), *, n: int = 1, seed: object = None, **arguments: Any) -> Grid:
    special = {name: arguments.pop(name) for name in ("zip_", "rows") if name in arguments}

    def describe(name: str) -> Param | None:
        return next((spec.params[name] for spec in specs if name in spec.params), None)

    return read_grid([spec.id for spec in specs], arguments, describe, n=n, seed=seed, **special)


def plan(specs: Sequence[ModelSpec] = (FLUX,), **arguments: Any) -> SweepPlan:
    special = {name: arguments.pop(name) for name in ("skip", "sample") if name in arguments}
    return make_plan(grid(specs, **arguments), {spec.id: spec for spec in specs}, **special)
