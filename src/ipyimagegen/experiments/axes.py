"""The axes of a sweep: which of a call's arguments are many values, and which seeds the cells take. Pure.

A list, a tuple, a range, an iterator, a one-dimensional array or a `Template` is an axis; everything else is one value
for all cells. Of a parameter that is a list itself, a list of lists is an axis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan, prod
from typing import Any, Literal

from ..core.arguments import whole, wrong
from ..core.errors import InvalidInput, Problem, capped
from ..core.foreign import is_random, scalar, shown
from ..core.params import Param
from ..core.paths import place_of
from ..media.artifacts import Artifact
from ..media.results import Result
from .template import MAX_ALL, Template

SeedPolicy = Literal["same", "cell", "row"]
"""One seed for all cells; one for each; one for each value of the first axis."""
Describe = Callable[[str], Param | None]
"""A parameter by name, of whichever model of the sweep has one."""

MODEL, SEED, REPEAT = "model", "seed", "repeat"
"""The names of axes that are no parameters of the models: `repeat` counts from 1."""
PROMPT = "prompt"
"""The name of the prompt for all models, whatever each calls it."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One direction of a sweep: what it sets at each of its points.

    Usually one parameter; several where they go together (`zip_`, `rows`).
    """

    name: str
    points: tuple[Mapping[str, Any], ...]

    def __len__(self) -> int:
        return len(self.points)

    @property
    def params(self) -> tuple[str, ...]:
        """The names that any of its points sets, in order."""
        return tuple(dict.fromkeys(name for point in self.points for name in point))

    def label(self, place: int) -> str:
        """A point in a few words: a heading."""
        point = self.points[place]
        if set(point) == {self.name}:
            return label(point[self.name])
        return ", ".join(f"{name}={label(value)}" for name, value in point.items())

    def __repr__(self) -> str:
        shown = ", ".join(capped(self.label(place), 24) for place in range(min(len(self), 6)))
        return f"<Axis {self.name}: {len(self)} ({shown}{', …' if len(self) > 6 else ''})>"


@dataclass(frozen=True, slots=True)
class Grid:
    """What a call of `sweep` comes to: axes, what all cells share, and where seeds come from.

    `templates` are the prompt templates that axes were made of, by parameter.
    """

    axes: tuple[Axis, ...]
    constants: Mapping[str, Any]
    seed: int | None = None
    policy: SeedPolicy = "same"
    templates: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many cells the product of the axes has."""
        return prod(len(axis) for axis in self.axes)

    def at(self, place: int) -> tuple[int, ...]:
        """The place on each axis of a cell of the product: the last axis changes fastest."""
        where = []
        for axis in reversed(self.axes):
            place, here = divmod(place, len(axis))
            where.append(here)
        return tuple(reversed(where))

    def values(self, at: Sequence[int]) -> dict[str, Any]:
        """What the axes set there."""
        return {
            name: value for axis, place in zip(self.axes, at, strict=True) for name, value in axis.points[place].items()
        }


def read_grid(
    models: Sequence[str],
    params: Mapping[str, Any],
    describe: Describe,
    *,
    n: int = 1,
    seed: object = None,
    zip_: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    rows: object = None,
) -> Grid:
    """The axes of a call, outermost first: models, rows, parameters as written, zipped ones, seeds, repeats.

    Raises one `InvalidInput` that names every wrong argument.
    """
    problems: list[Problem] = []
    axes: list[Axis] = []
    constants: dict[str, Any] = {}
    if len(models) != 1:
        axes.append(Axis(MODEL, tuple({MODEL: model} for model in models)))
    if rows is not None:
        axes.append(Axis("row", tuple(_records(rows))))
    for name, value in params.items():
        points = many(name, value, describe(name))
        if points is None:
            constants[name] = scalar(value)
        elif not points:
            problems.append(Problem(name, "an empty list has no cells"))
        else:
            axes.append(Axis(name, tuple({name: scalar(point)} for point in points)))
    groups = [zip_] if isinstance(zip_, Mapping) else zip_ or ()
    axes += [_zipped(group, describe, problems) for group in groups]
    first, policy, seeds = _seeds(seed, problems)
    if seeds:
        axes.append(Axis(SEED, tuple({SEED: each} for each in seeds)))
    if (repeats := whole(n, "n", least=1)) > 1:
        axes.append(Axis(REPEAT, tuple({REPEAT: number + 1} for number in range(repeats))))
    names = [name for axis in axes for name in axis.params] + list(constants)
    twice = dict.fromkeys(name for name in names if names.count(name) > 1)
    problems += [Problem(name, "is given twice: as an axis, in zip_ or rows, or for all") for name in twice]
    if problems:
        raise InvalidInput(problems, model="sweep")
    templates = {name: value.text for name, value in params.items() if isinstance(value, Template)}
    return Grid(tuple(axes), constants, first, policy, templates)


def many(name: str, value: object, param: Param | None) -> tuple[Any, ...] | None:
    """The values of an axis, or `None` for one value that all cells take. Raises `InvalidInput` for a set."""
    if isinstance(value, Template):
        if value.count() > MAX_ALL:
            raise InvalidInput([Problem(name, f"{value!r}: too many to try each; draw some with ig.expand(…, n=)")])
        return tuple(value)
    if isinstance(value, set | frozenset):
        raise InvalidInput([Problem(name, "a set has no order; give a list")])
    if isinstance(value, list | tuple | range | Iterator):
        points = tuple(value)
        nested = all(isinstance(point, list | tuple | range) for point in points)
        return None if param is not None and param.kind == "list" and points and not nested else points
    media = param.is_media if param is not None else place_of(name) == "media"
    if not media and getattr(value, "ndim", None) == 1 and callable(to_list := getattr(value, "tolist", None)):
        return tuple(to_list())
    return None


def label(value: object) -> str:
    """A value in a few words, for headings and captions."""
    match value:
        case None:
            return "default"
        case bool() | int() | str():
            return str(value)
        case float():
            return f"{value:.6g}"
        case Artifact():
            return value.filename or value.summary
        case Result():
            return value.summary
    name = getattr(value, "filename", None) or getattr(value, "name", None)
    return name if isinstance(name, str) and name else capped(shown(value, 120), 120)


def _records(rows: object) -> Iterator[dict[str, Any]]:
    """Rows as mappings from names to values: of a list of them, or of a DataFrame. A missing value is not given."""
    if hasattr(rows, "columns") and callable(to_dict := getattr(rows, "to_dict", None)):
        rows = to_dict("records")
    entries = list(rows) if isinstance(rows, Iterable) and not isinstance(rows, str | bytes | Mapping) else []
    if not entries or not all(isinstance(entry, Mapping) for entry in entries):
        raise wrong(rows, "rows", "a list of dicts, one a cell, or a DataFrame")
    for entry in entries:
        yield {str(name): scalar(value) for name, value in entry.items() if not _is_missing(value)}


def _is_missing(value: object) -> bool:
    """`None`, NaN, pandas' `NA` and `NaT`: an empty field of a table."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    number = scalar(value)
    return isinstance(number, float) and isnan(number)


def _zipped(group: Mapping[str, Any], describe: Describe, problems: list[Problem]) -> Axis:
    name = ", ".join(map(str, group))
    lists = {key: many(key, value, describe(key)) for key, value in group.items()}
    lengths = {key: 0 if values is None else len(values) for key, values in lists.items()}
    if not lists or 0 in lengths.values() or len(set(lengths.values())) > 1:
        told = ", ".join(f"{key} has {length or 'no list'}" for key, length in lengths.items())
        problems.append(Problem("zip_", f"pairs lists of the same length, as {{'width': […], 'height': […]}}; {told}"))
        return Axis(name, ())
    columns = [values or () for values in lists.values()]
    return Axis(name, tuple(dict(zip(lists, map(scalar, point), strict=True)) for point in zip(*columns, strict=True)))


def _seeds(seed: object, problems: list[Problem]) -> tuple[int | None, SeedPolicy, tuple[int, ...]]:
    """The first seed (`None`: to be drawn), the policy, and the seeds of an axis."""
    if is_random(seed):
        return None, "same", ()
    if seed == "cell" or seed == "row":  # noqa: PLR1714 (an array is not hashable)
        return None, "cell" if seed == "cell" else "row", ()
    if not isinstance(seed, str) and (seeds := many(SEED, seed, None)) is not None:
        if seeds and all(hasattr(each, "__index__") and not isinstance(each, bool) for each in seeds):
            return None, "same", tuple(each.__index__() for each in seeds)
    elif hasattr(seed, "__index__") and not isinstance(seed, bool):
        return seed.__index__(), "same", ()
    elif isinstance(seed, str) and seed.strip().isdecimal():
        return int(seed), "same", ()
    what = "is no seed: give a number, a list or range of them, 'cell', 'row', or nothing for one that all cells share"
    problems.append(Problem(SEED, f"{shown(seed)} {what}"))
    return None, "same", ()
