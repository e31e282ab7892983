"""Making a sweep, and finding one again: in this process, in the journal, or in a folder."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..core.arguments import number, text, whole, wrong
from ..core.errors import ImagegenError, InvalidInput, Problem, StorageError, UnknownSweep
from ..core.models import ModelSpec, split_model
from ..core.params import Param, Params
from ..core.prices import Price, price_of
from ..history import new_id
from ..history.sweeps import SweepRow
from ..jobs.client import Client
from ..jobs.estimates import work_of
from ..jobs.plan import with_prompt
from . import folder
from .axes import MODEL, PROMPT, read_grid
from .book import Book
from .plan import SweepPlan
from .planning import Skip, make_plan
from .recipe import Options, from_row, read_recipe
from .saving import Files
from .sweep import Sweep
from .view import NoView, View

Models = str | ModelSpec | Sequence[str | ModelSpec]
RAISE_ON = ("", "any", "all")


def create(
    client: Client,
    models: Models,
    params: Mapping[str, Any],
    *,
    prompt: object = None,
    n: int = 1,
    seed: object = None,
    zip_: Any = None,
    rows: object = None,
    skip: Skip = None,
    sample: int | None = None,
    name: str = "",
    options: Options | None = None,
    view: Callable[[str], View] = NoView,
) -> Sweep:
    """A sweep that is planned, and not started. Asks the services for the models' descriptions; sends nothing.

    Raises `InvalidInput`, `UnknownModel`.
    """
    options = options or Options()
    assumed = None if options.assume_price is None else Decimal(options.assume_price)
    specs, rows = _specs(client, models, rows)
    values = dict(params)
    if len(specs) == 1 or PROMPT in values:
        values = with_prompt(next(iter(specs.values())), prompt, values)
    elif prompt is not None:
        values = {PROMPT: prompt, **values}
    grid = read_grid(
        _named(specs, models),
        values,
        lambda named: _describe(specs.values(), named),
        n=n,
        seed=seed,
        zip_=zip_,
        rows=rows,
    )
    plan = make_plan(grid, specs, skip=skip, sample=sample)
    if options.save:
        cell = next(cell for cell in plan.cells if not cell.problem)
        Files(options.save, lambda *_: None).check(cell)
    book = Book(
        id="s" + new_id()[1:],
        name=text(name, "name", "a name for the sweep"),
        created=time.time(),
        client=client,
        plan=_priced(client, plan, assumed),
        options=options,
    )
    return _known(Sweep(book, skip=skip, view=view))


def options_of(
    *,
    max_cost: object = None,
    assume_price: object = None,
    save: object = "",
    raise_on: str | None = None,
    parallel: int | None = None,
) -> Options:
    """The options of a call, checked. Raises `InvalidInput`."""
    if raise_on is not None and raise_on not in RAISE_ON:
        raise InvalidInput([Problem("raise_on", f"{raise_on!r} is neither 'any' nor 'all'")])
    amount = "an amount in US dollars, 0 or more"
    return Options(
        max_cost=None if max_cost is None else str(_decimal(max_cost, "max_cost", amount)),
        assume_price=None if assume_price is None else str(_decimal(assume_price, "assume_price", amount)),
        save=os.fspath(save) if isinstance(save, os.PathLike) else text(save, "save", "a pattern for file names"),
        raise_on=raise_on or "",
        parallel=None if parallel is None else whole(parallel, "parallel", least=1),
    )


def load(client: Client, which: str | os.PathLike[str], *, view: Callable[[str], View] = NoView) -> Sweep:
    """A sweep by its id or name, from the journal, or from the folder that `save` wrote. Sends nothing.

    Raises `UnknownSweep`, and `StorageError`.
    """
    if not isinstance(which, str | os.PathLike):
        raise wrong(which, "sweep", "a sweep's id, its name or its folder")
    place = Path(which).expanduser() if which else None
    if place is not None and (place / folder.RECIPE).is_file():
        return _from_folder(client, place, view)
    if client.journal is None:
        raise UnknownSweep(f"no sweep {os.fspath(which)!r} here, and this client keeps no journal")
    row = client.journal.sweep(text(which, "sweep", "a sweep's id, its name or its folder"))
    with _lock:
        live = _live.get((id(client), row.id))
    return live or _known(_from_journal(client, row, view))


def listed(client: Client, *, limit: int = 100) -> list[SweepRow]:
    """The sweeps in the journal, newest first."""
    return [] if client.journal is None else client.journal.sweeps(limit=limit)


_lock = threading.Lock()
_live: weakref.WeakValueDictionary[tuple[int, str], Sweep] = weakref.WeakValueDictionary()
"""The sweeps of this process: loading one of them gives the same again, as it may be at work."""


def _known(sweep: Sweep) -> Sweep:
    with _lock:
        _live[id(sweep.client), sweep.id] = sweep
    return sweep


def _from_journal(client: Client, row: SweepRow, view: Callable[[str], View]) -> Sweep:
    journal = client.journal
    if journal is None:
        raise UnknownSweep(f"no sweep {row.id!r}: this client keeps no journal")
    grid, seed, options = read_recipe(row.recipe, journal)
    cells = journal.cells(row.id)
    specs = {name: _spec_or_name(client, name) for name in row.recipe["models"]}
    plan = SweepPlan(grid=grid, cells=tuple(from_row(cell, journal) for cell in cells), specs=specs, seed=seed)
    assumed = None if options.assume_price is None else Decimal(options.assume_price)
    book = Book(
        id=row.id,
        name=row.name,
        created=row.created,
        client=client,
        plan=_priced(client, plan, assumed),
        options=options,
        kept=True,
    )
    book.outcomes = {cell.identity: book.outcome_of(cell) for cell in cells if cell.request is not None}
    return Sweep(book, view=view)


def _from_folder(client: Client, place: Path, view: Callable[[str], View]) -> Sweep:
    saved = folder.read(place)
    if client.journal is not None:
        with suppress(UnknownSweep):
            return load(client, saved.id, view=view)
    grid, seed, options = read_recipe(saved.recipe, folder.NoInputs())
    specs = {name: _spec_or_name(client, name) for name in saved.recipe["models"]}
    plan = SweepPlan(grid=grid, cells=saved.cells, specs=specs, seed=seed)
    book = Book(
        id=saved.id,
        name=saved.name,
        created=saved.created,
        client=client,
        plan=_priced(client, plan, None),
        options=replace(options, save=""),
        outcomes=dict(saved.outcomes),
    )
    return _known(Sweep(book, view=view))


def _specs(client: Client, models: Models, rows: object) -> tuple[dict[str, ModelSpec], object]:
    """The models of a call by full name, those that rows name included; and the rows, with full names."""
    given = [models] if isinstance(models, str | ModelSpec) else list(models)
    if not given:
        raise InvalidInput([Problem(MODEL, "an empty list has no models")])
    specs = [client.model(model) for model in given]
    known = {str(model): spec.id for model, spec in zip(given, specs, strict=True)}
    found = {spec.id: spec for spec in specs}
    if hasattr(rows, "columns") and callable(to_dict := getattr(rows, "to_dict", None)):
        rows = to_dict("records")
    if isinstance(rows, list | tuple) and any(isinstance(row, Mapping) and MODEL in row for row in rows):
        for row in rows:
            wanted = row.get(MODEL)
            if isinstance(wanted, str) and wanted not in known:
                spec = client.model(wanted)
                known[wanted], found[spec.id] = spec.id, spec
        rows = [{**row, MODEL: known[row[MODEL]]} if isinstance(row.get(MODEL), str) else row for row in rows]
    return found, rows


def _named(specs: Mapping[str, ModelSpec], models: Models) -> list[str]:
    """The models that are an axis: those of the call, not those of its rows."""
    count = 1 if isinstance(models, str | ModelSpec) else len(models)
    return list(specs)[:count]


def _describe(specs: Iterable[ModelSpec], name: str) -> Param | None:
    return next((spec.params[name] for spec in specs if name in spec.params), None)


def _spec_or_name(client: Client, name: str) -> ModelSpec:
    with suppress(ImagegenError):
        return client.model(name)
    service, model = split_model(name)
    return ModelSpec(service=service, name=model, params=Params(open=True))


def _priced(client: Client, plan: SweepPlan, assumed: Decimal | None) -> SweepPlan:
    """The plan with what its calls cost and how long they take, as far as this user's own history knows."""
    prices: dict[str, Price] = {}
    for name, spec in plan.specs.items():
        charges = []
        if spec.price.amount is None and client.journal is not None:
            with suppress(StorageError):
                charges = client.journal.charges(spec.service, spec.name)
        prices[name] = price_of(spec, charges, assumed=assumed)
    durations: dict[str, float | None] = {}
    for cell in plan.cells:
        if cell.request is not None:
            params = plan.specs[cell.model].params
            defaults = {param.name: param.default for param in params.values()}
            work = work_of({**defaults, **cell.request.values})
            durations[cell.identity] = client.estimates.expected_s(cell.model, work)
    return replace(plan, prices=prices, durations=durations)


def _decimal(value: object, name: str, what: str) -> Decimal:
    if not isinstance(value, Decimal):
        number(value, name, what=what)
    amount = Decimal(str(value))
    if not amount.is_finite() or amount < 0:
        raise wrong(value, name, what)
    return amount
