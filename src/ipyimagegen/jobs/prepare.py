"""From what a user asked to what is sent: checked, files read, the seed drawn. One `Request` for each picture."""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..core.errors import InvalidInput, Problem
from ..core.foreign import as_json, is_random
from ..core.models import ModelSpec
from ..core.params import MAX_N, SEED_NAMES, Change, Param
from ..core.requests import InputFile, Request
from ..media.fitting import fit_inputs
from ..media.inputs import as_input

MAX_SEED = 2**32 - 1


def prepare(spec: ModelSpec, asked: Mapping[str, Any], *, n: int = 1, keep_metadata: bool = False) -> list[Request]:
    """`n` requests that differ in their seeds only (`seed`, `seed + 1`, …): each picture can be made again alone.

    Reads input files, and makes the pictures among them fit (`media.fitting`). Raises one `InvalidInput` with every
    problem.
    """
    if type(n) is not int or not 1 <= n <= MAX_N:
        raise InvalidInput([Problem("n", f"{n!r} is not a whole number of pictures, 1 to {MAX_N}")], model=spec.id)
    seed = spec.params.seed or _undescribed_seed(spec, asked)
    wanted = {name: value for name, value in asked.items() if not (seed and name == seed.name and is_random(value))}
    checked = spec.params.check(wanted, model=spec.id)
    whole = {**_with_files(spec, checked.values), **_required_defaults(spec, checked.values)}
    fitted = fit_inputs(spec, whole, keep_metadata=keep_metadata)
    values = dict(fitted.values)
    request = Request(
        service=spec.service,
        model=spec.name,
        values=values,
        asked={name: as_json(value) for name, value in asked.items()},
        changes=checked.changes + fitted.changes + _defaults(spec, {**checked.values, **values}),
    )
    first = values.get(seed.name) if seed is not None else None
    if seed is None or not (first is None or isinstance(first, int | float)):
        return [request] * n  # a seed may also be a word, where the schema leaves that open
    why = "none was given"
    if first is None:
        first = draw_seed(seed)
    elif n > 1:
        why = f"{n} pictures take consecutive seeds"
    return [_seeded(request, seed, int(first), index, why, fixed=seed.name in values) for index in range(n)]


def _undescribed_seed(spec: ModelSpec, asked: Mapping[str, Any]) -> Param | None:
    """The seed of a model that nobody has described, where the call names one."""
    named = next((name for name in SEED_NAMES if spec.params.open and isinstance(asked.get(name), int)), None)
    return None if named is None else Param(name=named, kind="integer", maximum=2**63 - 1)


def _seeded(request: Request, seed: Param, first: int, index: int, why: str, *, fixed: bool) -> Request:
    low, high = seed_range(seed)
    value = low + (first - low + index) % (high - low + 1)
    chosen = Change(what="chosen", name=seed.name, asked=request.asked.get(seed.name), sent=value, why=why)
    changes = request.changes if fixed and index == 0 else (*request.changes, chosen)
    return replace(request, values={**request.values, seed.name: value}, seed=value, changes=changes)


def seed_range(seed: Param) -> tuple[int, int]:
    """The seeds that a model takes, both ends included: never below 0, where -1 means random.

    32 bits if it is silent.
    """
    low = max(0, math.ceil(seed.minimum or 0))
    high = MAX_SEED if seed.maximum is None else int(seed.maximum)
    return low, max(low, high)


def draw_seed(seed: Param) -> int:
    """A random seed within the model's range."""
    low, high = seed_range(seed)
    return low + secrets.randbelow(min(high, low + MAX_SEED) - low + 1)


def _defaults(spec: ModelSpec, values: Mapping[str, Any]) -> tuple[Change, ...]:
    return tuple(
        Change(what="default", name=param.name, sent=param.default)
        for param in spec.params.values()
        if param.default is not None and param.name not in values and param is not spec.params.seed
    )


def _required_defaults(spec: ModelSpec, values: Mapping[str, Any]) -> dict[str, Any]:
    """What must be sent and was not asked for, where the schema says what it is then."""
    return {
        param.name: param.default
        for param in spec.params.values()
        if param.required and param.default is not None and param.name not in values
    }


def _with_files(spec: ModelSpec, values: Mapping[str, Any]) -> dict[str, Any]:
    problems: list[Problem] = []
    ready: dict[str, Any] = {}
    for name, value in values.items():
        param = spec.params.get(name)
        try:
            ready[name] = _read(param, name, value) if param is not None and param.is_media else value
        except InvalidInput as error:
            problems += [replace(problem, name=name) for problem in error.problems]
    if problems:
        raise InvalidInput(problems, model=spec.id)
    return ready


def _read(param: Param, name: str, value: Any) -> InputFile | list[InputFile]:
    if param.kind == "list":
        kind = param.item.kind if param.item else "file"
        entries = value if isinstance(value, list | tuple) else [value]
        return [as_input(entry, kind=kind, name=name) for entry in entries]
    return as_input(value, kind=param.kind, name=name)
