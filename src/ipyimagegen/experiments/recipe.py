"""A sweep as plain data: what stands in the journal and in `sweep.json`, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.errors import UnknownSweep
from ..core.events import JSON
from ..core.foreign import as_json
from ..core.requests import Request
from ..core.version import VERSION
from ..history.sweeps import CellRow
from .axes import Axis, Grid, SeedPolicy
from .identity import Contents, KeptInputs, from_plain, to_plain
from .plan import Cell, SweepPlan

FORMAT = 1
"""The version of the recipe. A newer one is refused, as half of it would be worse than none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a sweep runs. `max_cost` is in US dollars, for the whole; `raise_on` is `""`, `any` or `all`."""

    max_cost: str | None = None
    assume_price: str | None = None
    save: str = ""
    raise_on: str = ""
    parallel: int | None = None


def to_recipe(plan: SweepPlan, options: Options, contents: Contents) -> dict[str, JSON]:
    """The recipe of a plan. Its input files are kept in `contents`."""
    grid = plan.grid
    return {
        "format": FORMAT,
        "software": f"ipyimagegen {VERSION}",
        "models": list(plan.specs),
        "axes": [
            {"name": axis.name, "points": [to_plain(point, contents) for point in axis.points]} for axis in grid.axes
        ],
        "constants": to_plain(grid.constants, contents),
        "templates": dict(grid.templates),
        "seed": plan.seed,
        "given_seed": grid.seed,
        "seeds": grid.policy,
        "options": {name: getattr(options, name) for name in Options.__slots__},
    }


def read_recipe(recipe: Mapping[str, Any], inputs: KeptInputs) -> tuple[Grid, int, Options]:
    """The grid, the first seed and the options of a recipe. Raises `UnknownSweep` for what is none."""
    if recipe.get("format") != FORMAT:
        raise UnknownSweep(
            f"this sweep is of format {recipe.get('format')!r}; this version of ipyimagegen reads {FORMAT}"
        )
    try:
        axes = [
            Axis(str(axis["name"]), tuple(dict(from_plain(point, inputs)) for point in axis["points"]))
            for axis in recipe["axes"]
        ]
        templates = {str(name): str(template) for name, template in recipe["templates"].items()}
        policy: SeedPolicy = recipe["seeds"] if recipe["seeds"] in ("same", "cell", "row") else "same"
        grid = Grid(tuple(axes), dict(from_plain(recipe["constants"], inputs)), recipe["given_seed"], policy, templates)
        known = {name: value for name, value in recipe["options"].items() if name in Options.__slots__}
        return grid, int(recipe["seed"]), Options(**known)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnknownSweep(f"this is no recipe of a sweep: {error!r}") from error


def to_rows(cells: Sequence[Cell], first: int, contents: Contents) -> list[CellRow]:
    """Cells for the journal, numbered from `first`."""
    return [
        CellRow(
            place=first + number,
            at=cell.at,
            values=to_plain(cell.values, contents),
            model=cell.model,
            identity=cell.identity,
            request=None if cell.request is None else _request(cell.request, contents),
            problem=cell.problem,
        )
        for number, cell in enumerate(cells)
    ]


def from_row(row: CellRow, inputs: KeptInputs) -> Cell:
    """A cell as the journal has it: ready to be sent, its input files taken from where they are kept."""
    request = None
    if row.request is not None:
        about = row.request
        request = Request(
            service=about["service"],
            model=about["model"],
            values=from_plain(about["values"], inputs),
            asked=about["asked"],
            seed=about["seed"],
        )
    return Cell(
        at=row.at,
        values=from_plain(dict(row.values), inputs),
        model=row.model,
        request=request,
        identity=row.identity,
        problem=row.problem,
    )


def _request(request: Request, contents: Contents) -> dict[str, JSON]:
    return {
        "service": request.service,
        "model": request.model,
        "values": to_plain(request.values, contents),
        "asked": as_json(request.asked),
        "seed": request.seed,
    }
