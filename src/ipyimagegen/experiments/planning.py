"""Making a plan: which cells there are, what each asks, and what cannot be. Reads input files; asks no service."""

from __future__ import annotations

import hashlib
import json
import random
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ..core.arguments import whole, wrong
from ..core.errors import InvalidInput, Problem
from ..core.foreign import as_json, same
from ..core.models import ModelSpec
from ..core.params import Change, Findings, Param
from ..core.requests import InputFile, Request
from ..jobs.prepare import prepare, seed_range
from ..media.inputs import as_input
from .axes import MODEL, PROMPT, REPEAT, SEED, Axis, Grid
from .identity import content_hash, identity_of
from .plan import Cell, SweepPlan

MAX_CELLS = 10_000
MAX_SHUFFLED = 200_000
"""Cells of a product that are shuffled whole for a sample; of larger ones single cells are drawn."""
SEEDS = 2**32
Skip = Callable[[Mapping[str, Any]], object] | Sequence[Mapping[str, Any]] | None


def make_plan(
    grid: Grid,
    specs: Mapping[str, ModelSpec],
    *,
    seed: int | None = None,
    skip: Skip = None,
    sample: int | None = None,
) -> SweepPlan:
    """Every cell of `grid`, checked and prepared. Reads input files; asks no service.

    `specs` are the models by the names that the call used. `seed` is the one that earlier cells of the same sweep have.
    Raises `InvalidInput` for names that no model has, for more than 10,000 cells, and where not one cell can be sent.
    """
    given, grid = grid, with_files(grid, specs.values())
    _refuse_unknown(grid, specs)
    _refuse_unknown_skips(grid, skip)
    sample = None if sample is None else whole(sample, "sample", least=1)
    first = next((number for number in (grid.seed, seed) if number is not None), None)
    first = draw_first(specs.values()) if first is None else first
    if sample is None and grid.size > MAX_CELLS:
        size = " × ".join(str(len(axis)) for axis in grid.axes)
        told = f"{size} = {grid.size:,} cells, over {MAX_CELLS:,}; sample=200 tries as many of them"
        raise InvalidInput([Problem("sample", told)], model="sweep")
    maker = _Maker(grid, specs, first)
    cells = tuple(maker.cell(at) for at in _chosen(given, skip, sample, first))
    if not cells:
        raise InvalidInput([Problem("skip", "leaves no cell")], model="sweep")
    if all(cell.problem for cell in cells):
        reasons = list(dict.fromkeys(cell.problem for cell in cells))
        raise InvalidInput(f"sweep: no cell can be sent: {'; '.join(reasons[:3])}")
    return SweepPlan(grid=grid, cells=cells, specs={spec.id: spec for spec in specs.values()}, seed=first)


def draw_first(specs: Collection[ModelSpec]) -> int:
    """A random seed that every model takes, where there is one."""
    ranges = [seed_range(spec.params.seed) for spec in specs if spec.params.seed]
    low = max((low for low, _ in ranges), default=0)
    high = min((high for _, high in ranges), default=SEEDS - 1)
    return low + secrets.randbelow(min(high - low + 1, SEEDS)) if low <= high else secrets.randbelow(SEEDS)


def _chosen(grid: Grid, skip: Skip, sample: int | None, seed: int) -> Iterator[tuple[int, ...]]:
    """The places of the cells that are wanted, in the grid's order."""
    places: Sequence[int] | Iterator[int] = range(grid.size)
    if sample is not None:
        places = _shuffled(grid.size, random.Random(f"sample {seed}"))  # noqa: S311 (nothing secret hangs on it)
    wanted = (place for place in places if not _skips(skip, {**grid.constants, **grid.values(grid.at(place))}))
    if sample is None:
        yield from map(grid.at, wanted)
        return
    picked = sorted(place for place, _ in zip(wanted, range(sample), strict=False))
    yield from map(grid.at, picked)


def _shuffled(size: int, rng: random.Random) -> Iterator[int]:
    if size <= MAX_SHUFFLED:
        yield from rng.sample(range(size), size)
        return
    seen: set[int] = set()
    while len(seen) < MAX_SHUFFLED:
        place = rng.randrange(size)
        if place not in seen:
            seen.add(place)
            yield place


def _skips(skip: Skip, values: Mapping[str, Any]) -> bool:
    if skip is None:
        return False
    if callable(skip):
        return bool(skip(values))
    return any(all(name in values and same(values[name], value) for name, value in cell.items()) for cell in skip)


def _refuse_unknown_skips(grid: Grid, skip: Skip) -> None:
    """Raise `InvalidInput` for a cell in `skip` that names what no cell has: it would skip nothing, unnoticed."""
    if skip is None or callable(skip):
        return
    given: object = skip
    if not isinstance(given, list | tuple) or not all(isinstance(cell, Mapping) for cell in given):
        raise wrong(skip, "skip", "a function of a cell's values, or a list of dicts such as {'guidance_scale': 3}")
    known = [*(name for axis in grid.axes for name in axis.params), *grid.constants]
    if lost := [name for cell in skip for name in cell if name not in known]:
        raise InvalidInput([Problem("skip", f"no cell has {lost[0]!r}; they have {', '.join(known)}")], model="sweep")


def _refuse_unknown(grid: Grid, specs: Mapping[str, ModelSpec]) -> None:
    """Raise `InvalidInput` for names that no model of the sweep has, with the nearest that there is."""
    names = [name for axis in grid.axes for name in axis.params if name not in (MODEL, SEED, REPEAT)]
    problems = []
    for name in [*names, *grid.constants]:
        if any(name in spec.params or spec.params.open for spec in specs.values()):
            continue
        if name == PROMPT and any(spec.params.prompt for spec in specs.values()):
            continue
        found = Findings()
        for spec in specs.values():
            spec.params.look({name: 0}, found)
        told = [problem for problem in found.problems if problem.name == name]
        problems.append(next((one for one in told if "did you mean" in one.message), told[0]))
    if problems:
        raise InvalidInput(problems, model=", ".join(spec.id for spec in specs.values()))


def with_files(grid: Grid, specs: Collection[ModelSpec]) -> Grid:
    """The grid with its files looked at once, however many cells they are in; what is none stays, for its cells to say.

    Blocks while it reads.
    """

    def ready(name: str, value: Any) -> Any:
        found = (spec.params[name] for spec in specs if name in spec.params)
        param = next((param for param in found if param.is_media), None)
        return value if param is None or value is None else _looked_at(param, name, value)

    axes = tuple(
        Axis(axis.name, tuple({name: ready(name, value) for name, value in point.items()} for point in axis.points))
        for axis in grid.axes
    )
    return replace(grid, axes=axes, constants={name: ready(name, value) for name, value in grid.constants.items()})


def _looked_at(param: Param, name: str, value: Any) -> Any:
    if param.kind == "list":
        entries = value if isinstance(value, list | tuple) else [value]
        return [_looked_at(param.item or Param(name=name, kind="file"), name, entry) for entry in entries]
    with suppress(InvalidInput):
        return as_input(value, kind=param.kind, name=name)
    return value


def extended(
    plan: SweepPlan, more: Mapping[str, Sequence[Any]], specs: Mapping[str, ModelSpec], *, skip: Skip
) -> SweepPlan:
    """The plan with further values of some axes; of a parameter that all cells share, they make an axis.

    The cells that were there stay as they are, with their seeds; new are those that have a new value. `specs` are all
    models, by full name. Raises `InvalidInput` as `make_plan` does.
    """
    grid, before = _grown(plan.grid, plan.seed, more)
    grid = with_files(grid, list(specs.values()))
    _refuse_unknown(grid, specs)
    if grid.size > MAX_CELLS:
        raise InvalidInput(f"sweep: {grid.size:,} cells, over {MAX_CELLS:,}")
    pad = (0,) * (len(grid.axes) - len(plan.axes))
    filler = grid.values((0,) * len(grid.axes)) if pad else {}
    names = {name for axis in grid.axes[len(plan.axes) :] for name in axis.params}
    old = [
        replace(cell, at=(*cell.at, *pad), values={**cell.values, **{name: filler[name] for name in names}})
        for cell in plan.cells
    ]
    maker = _Maker(grid, specs, plan.seed)
    new = [
        maker.cell(at)
        for at in map(grid.at, range(grid.size))
        if any(place >= length for place, length in zip(at, before, strict=True))
        and not _skips(skip, {**grid.constants, **grid.values(at)})
    ]
    cells = tuple(sorted([*old, *new], key=lambda cell: cell.at))
    return replace(plan, grid=grid, cells=cells, specs=dict(specs))


def _grown(grid: Grid, seed: int, more: Mapping[str, Sequence[Any]]) -> tuple[Grid, list[int]]:
    """The grid with the new values, and how long each of its axes was before."""
    axes = list(grid.axes)
    constants = dict(grid.constants)
    before = [len(axis) for axis in axes]
    for name, values in more.items():
        place = next((place for place, axis in enumerate(axes) if axis.params == (name,)), None)
        if place is None:
            if name == SEED and grid.policy != "same":
                raise InvalidInput([Problem(SEED, f"each {grid.policy} draws its own here; a new sweep takes others")])
            first = {SEED: seed, REPEAT: 1}.get(name, constants.pop(name, None))
            if name == MODEL or any(name in axis.params for axis in axes):
                raise InvalidInput([Problem(name, "is set together with others, or for the whole; make a new sweep")])
            axes.append(Axis(name, ({name: first},)))
            before.append(1)
            place = len(axes) - 1
        points = axes[place].points
        new = [value for value in values if not any(same(point[name], value) for point in points)]
        axes[place] = Axis(name, (*points, *({name: value} for value in new)))
    return replace(grid, axes=tuple(axes), constants=constants), before


class _Maker:
    """Makes cells: prepares each request, and hashes each input file once."""

    def __init__(self, grid: Grid, specs: Mapping[str, ModelSpec], seed: int) -> None:
        self._grid = grid
        self._specs = specs
        self._seed = seed
        self._hashes: dict[int, str] = {}

    def cell(self, at: tuple[int, ...]) -> Cell:
        values = self._grid.values(at)
        spec = self._specs[values.get(MODEL) or next(iter(self._specs))]
        repeat = int(values.get(REPEAT, 1))
        try:
            request = self._as_written(self._request(spec, at, values, repeat))
            identity = identity_of(request, spec, repeat=repeat, hash_of=self._hash)
        except InvalidInput as error:
            problem = f"{spec.id}: {'; '.join(map(str, error.problems))}"
            return Cell(at=at, values=values, model=spec.id, problem=problem)
        return Cell(at=at, values=values, model=spec.id, request=request, identity=identity)

    def _request(self, spec: ModelSpec, at: tuple[int, ...], values: Mapping[str, Any], repeat: int) -> Request:
        given = {**self._grid.constants, **values}
        asked = {name: value for name, value in given.items() if name not in (MODEL, SEED, REPEAT)}
        own = spec.params.prompt
        if PROMPT in asked and PROMPT not in spec.params and own is not None and own.name not in asked:
            asked[own.name] = asked.pop(PROMPT)  # several models rarely agree on the word
        seed = spec.params.seed
        name = SEED if seed is None else seed.name
        first = given.get(SEED, self._grid.seed)
        if first is not None:
            asked.setdefault(name, first)  # where the model has none, the check says so
        if seed is None or name in asked:
            if repeat > 1 and isinstance(given_seed := asked.get(name), int):
                asked[name] = _later(seed, given_seed, repeat - 1)
            return prepare(spec, asked)[0]
        drawn = _later(seed, self._drawn(at, asked), repeat - 1)
        request = prepare(spec, {**asked, name: drawn})[0]
        why = {"same": "one seed for the whole sweep", "cell": "one for each cell", "row": "one for each row"}
        chosen = Change(what="chosen", name=name, sent=drawn, why=why[self._grid.policy])
        plain = {key: value for key, value in request.asked.items() if key != name}
        return replace(request, asked=plain, changes=(*request.changes, chosen))

    def _as_written(self, request: Request) -> Request:
        """With the template in place of what it was expanded to, in what was asked: the other is what is sent."""
        written = {name: text for name, text in self._grid.templates.items() if name in request.asked}
        return replace(request, asked={**request.asked, **written}) if written else request

    def _drawn(self, at: tuple[int, ...], asked: Mapping[str, Any]) -> int:
        """The seed of a cell that was given none: from the sweep's own, and from what is asked, so that it stays."""
        if self._grid.policy == "same":
            return self._seed
        rows = self._grid.axes[0].points[at[0]] if self._grid.policy == "row" and at else asked
        text = json.dumps([self._seed, as_json(rows)], sort_keys=True)
        return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:4])

    def _hash(self, file: InputFile) -> str:
        if id(file) not in self._hashes:
            self._hashes[id(file)] = content_hash(file)
        return self._hashes[id(file)]


def _later(seed: Param | None, first: int, more: int) -> int:
    """The seed `more` after `first`, going round within those that the model takes."""
    if seed is None:
        return first + more
    low, high = seed_range(seed)
    return low + (first - low + more) % (high - low + 1)
