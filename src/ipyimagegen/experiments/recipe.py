"""A sweep as plain data: what stands in the journal and in `sweep.json`, and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.errors import UnknownSweep
from ..core.events import JSON
from ..core.foreign import as_json
from ..core.requests import InputFile, Request
from ..core.version import VERSION
from ..history.sweeps import CellRow
from .axes import Axis, Grid, SeedPolicy
from .identity import KeptInputs, content_hash, from_plain, to_plain
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


def to_recipe(plan: SweepPlan, options: Options, inputs: KeptInputs) -> dict[str, JSON]:
    """The recipe of a plan. Input files are kept in `inputs`."""
    grid = plan.grid
    return {
        "format": FORMAT,
        "software": f"ipyimagegen {VERSION}",
        "models": list(plan.specs),
        "axes": [
            {"name": axis.name, "points": [to_plain(point, inputs) for point in axis.points]} for axis in grid.axes
        ],
        "constants": to_plain(grid.constants, inputs),
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


def to_rows(cells: Sequence[Cell], first: int, inputs: KeptInputs) -> list[CellRow]:
    """Cells for the journal, numbered from `first`."""
    return [
        CellRow(
            place=first + number,
            at=cell.at,
            values=to_plain(cell.values, inputs),
            model=cell.model,
            identity=cell.identity,
            request=None if cell.request is None else _request(cell.request, inputs),
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


def files_of(cells: Collection[Cell]) -> set[str]:
    """The hashes of the files that cells need."""
    found: dict[int, InputFile] = {}
    for cell in cells:
        if cell.request is not None:
            _gather(dict(cell.request.values), found)
    return {content_hash(file) for file in found.values() if not file.url}


def _gather(value: Any, found: dict[int, InputFile]) -> None:
    if isinstance(value, InputFile):
        found[id(value)] = value
    elif isinstance(value, Mapping):
        for entry in value.values():
            _gather(entry, found)
    elif isinstance(value, list | tuple):
        for entry in value:
            _gather(entry, found)


def _request(request: Request, inputs: KeptInputs) -> dict[str, JSON]:
    return {
        "service": request.service,
        "model": request.model,
        "values": to_plain(request.values, inputs),
        "asked": as_json(request.asked),
        "seed": request.seed,
    }
