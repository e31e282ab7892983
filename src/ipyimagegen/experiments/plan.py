"""The plan of a sweep: every cell as data before anything is sent. Making one costs nothing and sends nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core.errors import capped
from ..core.models import ModelSpec
from ..core.params import OWN_N
from ..core.prices import Bill, Price, bills, price_of
from ..core.requests import Request
from ..jobs.terminal import seconds_in_words
from .axes import MODEL, SEED, Axis, Grid

HEAVY = ("model", "model_name", "checkpoint", "base_model", "lora", "loras", "vae")
"""Axes whose change makes a service load other weights: they change slowest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: where it stands, what is asked there, and the request that would be sent.

    `at` is its place on each axis; `values` what the axes set there. `identity` is the hash of the effective request:
    cells that share it are one picture. `problem` says why a cell cannot be sent; then `request` is `None`.
    """

    at: tuple[int, ...]
    values: Mapping[str, Any]
    model: str
    request: Request | None = None
    identity: str = ""
    problem: str = ""

    @property
    def seed(self) -> int | None:
        """The seed that is sent; `None` where the model has none."""
        return None if self.request is None else self.request.seed

    @property
    def asked(self) -> Mapping[str, Any]:
        """Everything by name that may stand in a heading, a caption or a file name: parameters, axes, model, seed."""
        sent = {} if self.request is None else self.request.values
        seed = {} if self.seed is None else {SEED: self.seed}
        return {**sent, **self.values, **seed, MODEL: self.model}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SweepPlan:
    """What a sweep is going to do, as data: `print(plan)` says it in words.

    `made` are the identities of which there is a picture already: they are taken from the journal and cost nothing.
    `seed` is the one that all cells share or that theirs are drawn from. `specs` and `prices` go by full names.
    """

    grid: Grid
    cells: tuple[Cell, ...]
    specs: Mapping[str, ModelSpec]
    seed: int
    prices: Mapping[str, Price] = field(default_factory=dict)
    durations: Mapping[str, float | None] = field(default_factory=dict)
    made: frozenset[str] = frozenset()

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes, outermost first."""
        return self.grid.axes

    @property
    def invalid(self) -> tuple[Cell, ...]:
        """The cells that cannot be sent; `cell.problem` says why."""
        return tuple(cell for cell in self.cells if cell.problem)

    @property
    def order(self) -> tuple[Cell, ...]:
        """The cells to be sent, in the order of sending: each request once, without those that are made already.

        What makes a service load other weights changes slowest; inside that, corners first, then the middles between.
        """
        return tuple(self.to_send())

    def to_send(self) -> Iterator[Cell]:
        """`order`, one by one."""
        seen = set(self.made)
        for cell in in_order(self.axes, [cell for cell in self.cells if not cell.problem]):
            if cell.identity not in seen:
                seen.add(cell.identity)
                yield cell

    @property
    def count(self) -> int:
        """How many calls will be sent: exactly."""
        return len({cell.identity for cell in self.cells if not cell.problem} - self.made)

    @property
    def pictures(self) -> int:
        """How many pictures these calls make: more than one each, where a model's own `n` says so."""
        return sum(_pictures(cell, self.specs[cell.model]) for cell in self.order)

    @property
    def price(self) -> tuple[Bill, ...]:
        """What these calls cost: one bill for each currency, with who says so."""
        return bills(map(self.price_of, self.order))

    def price_of(self, cell: Cell) -> Price:
        """What one cell's call costs."""
        spec = self.specs[cell.model]
        return (self.prices.get(cell.model) or price_of(spec, ())).times(_pictures(cell, spec))

    @property
    def expected_s(self) -> float | None:
        """Seconds of work by this user's own history, one call after another; `None` where a model was never run."""
        known = [self.durations.get(cell.identity) for cell in self.order]
        return None if any(seconds is None for seconds in known) else sum(seconds or 0.0 for seconds in known)

    def to_rows(self) -> list[dict[str, Any]]:
        """One dict for each cell: what the axes set, model, seed, and the problem where there is one."""
        return [
            {**cell.values, MODEL: cell.model, SEED: cell.seed, "problem": cell.problem, "identity": cell.identity}
            for cell in self.cells
        ]

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        size = " × ".join(f"{len(axis)} {axis.name}" for axis in self.axes) or "one cell"
        pictures = "" if self.pictures == self.count else f", {self.pictures:,} pictures"
        yield f"{size}: {_count(len(self.cells), 'cell')}, {_count(self.count, 'call')} to send{pictures}"
        if any(spec.params.seed for spec in self.specs.values()):
            policy = {"same": "for all", "cell": "draws one for each cell", "row": "draws one for each row"}
            own = any(SEED in axis.params for axis in self.axes)
            yield "seeds: an axis" if own else f"seed: {self.seed} {policy[self.grid.policy]}"
        yield "price: " + " and ".join(map(str, self.price))
        if self.expected_s is not None:
            yield f"time: about {seconds_in_words(self.expected_s)} of work, by your own history"
        valid = [cell.identity for cell in self.cells if not cell.problem]
        if twins := len(valid) - len(set(valid)):
            yield f"{twins:,} cells ask for the same as another, and share its picture"
        if self.made:
            yield f"{len(self.made & set(valid)):,} are made already and are taken from the journal"
        problems: dict[str, int] = {}
        for cell in self.invalid:
            problems[cell.problem] = problems.get(cell.problem, 0) + 1
        for problem, count in list(problems.items())[:8]:
            yield f"{count:,} invalid: {capped(problem, 200)}"
        if len(problems) > 8:
            yield f"… and {len(problems) - 8} further reasons: plan.invalid has them"


def in_order(axes: Sequence[Axis], cells: Sequence[Cell]) -> list[Cell]:
    """Cells coarse to fine, and what is heavy to change slowest."""
    heavy = [place for place, axis in enumerate(axes) if set(axis.params) & set(HEAVY)]
    levels = [levels_of(len(axis)) for axis in axes]
    light = [place for place in range(len(axes)) if place not in heavy]

    def key(cell: Cell) -> tuple[Any, ...]:
        slow = tuple(cell.at[place] for place in heavy)
        return slow, max((levels[place][cell.at[place]] for place in light), default=0), cell.at

    return sorted(cells, key=key)


def levels_of(length: int) -> list[int]:
    """How fine each place of an axis is: 0 for its ends, 1 for the middle, 2 for the middles of both halves."""
    levels = [0] * length
    spans = [(0, length - 1)]
    level = 0
    while spans:
        level += 1
        halves = []
        for low, high in spans:
            if high - low > 1:
                middle = (low + high) // 2
                levels[middle] = level
                halves += [(low, middle), (middle, high)]
        spans = halves
    return levels


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _pictures(cell: Cell, spec: ModelSpec) -> int:
    own = spec.params.own_n
    value = cell.request.values.get(OWN_N, own.default) if own is not None and cell.request is not None else 1
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 1
