"""Which is better, by pairs: Bradley–Terry strengths from votes, with the doubt that is left.

Of two things with strengths *a* and *b* the first wins with probability a / (a + b). The strengths are those under
which the votes are most likely, with a small prior: as if each had tied with an average one, `PRIOR` times. So a thing
that never lost has a finite strength, and the order of the votes does not matter (as it does for Elo).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..core.errors import InvalidInput, Problem
from .axes import label
from .cells import SweepCell
from .table import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PRIOR = 1.0
"""Ties with an average thing that each one begins with."""
RESAMPLES = 400
"""Bootstrap samples for an interval."""
LEVEL = 0.9
"""The share of intervals that hold the truth."""
ITERATIONS = 100
MAX_STEP = 2.0
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Vote:
    """One comparison of two things. `won` is 1 for the first, 0 for the second, 0.5 for a tie."""

    first: Hashable
    second: Hashable
    won: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """One row of a ranking.

    `strength` is the probability that it wins against an average one, `low` to `high` its interval; `votes` counts its
    comparisons. `tied_with` are those of which nobody can tell yet whether they are better or worse. `cost` (in
    `currency`) and `seconds` are means of its pictures, `None` where nobody knows.
    """

    what: Any
    strength: float
    low: float
    high: float
    votes: int
    wins: float
    tied_with: tuple[Any, ...] = ()
    cost: float | None = None
    currency: str = ""
    seconds: float | None = None

    @property
    def certain(self) -> bool:
        """Whether its place among the others is told apart by the votes."""
        return not self.tied_with

    def __str__(self) -> str:
        """`7: wins 62 % ± 9 of 40 votes, $0.02, 3.1 s; cannot tell yet from 12`."""
        half = (self.high - self.low) / 2
        parts = [f"{self.what}: wins {self.strength * 100:.0f} % ± {half * 100:.0f} of {self.votes} votes"]
        if self.cost is not None:
            parts.append(f"{self.cost:.4g} {self.currency}".rstrip())
        if self.seconds is not None:
            parts.append(f"{self.seconds:.1f} s")
        doubt = f"; cannot tell yet from {', '.join(map(str, self.tied_with))}" if self.tied_with else ""
        return ", ".join(parts) + doubt


@dataclass(frozen=True, slots=True)
class Ranking(Sequence[Rank]):
    """The things that were compared, best first. `print` says it in lines."""

    rows: tuple[Rank, ...]

    def __getitem__(self, place: Any) -> Any:
        return self.rows[place]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def best(self) -> Rank | None:
        """The best, where the votes tell it from all others; `None`: cannot tell yet."""
        return self.rows[0] if self.rows and self.rows[0].certain else None

    def to_rows(self) -> list[dict[str, Any]]:
        """One dict for each, for a table."""
        names = ("what", "strength", "low", "high", "votes", "wins", "cost", "currency", "seconds", "certain")
        return [{name: getattr(row, name) for name in names} for row in self.rows]

    def __repr__(self) -> str:
        if not self.rows:
            return "<Ranking: no votes yet>"
        head = "" if self.best is not None else "cannot tell yet which is best\n"
        return head + "\n".join(f"{place}. {row}" for place, row in enumerate(self.rows, 1))


@dataclass(frozen=True, slots=True)
class Spent:
    """What the pictures of one thing cost, and how long they took, on average; `None` where nobody knows."""

    cost: float | None = None
    currency: str = ""
    seconds: float | None = None


def rank(table: Table, votes: Iterable[Vote], *, by: str) -> Ranking:
    """The values of an axis or a parameter of a sweep, best first, by votes between its cells; cost and seconds beside.

    The votes name cells by their job's id, as they stand in `table.to_rows()`; those between cells with the same value
    say nothing of it. Raises `InvalidInput` for a name that no cell has.
    """
    cells = {cell.outcome.job_id: cell for cell in table if cell.outcome.job_id}
    known = {job: label(cell.of(by)) for job, cell in cells.items() if cell.of(by) is not None}
    if cells and not known:
        raise InvalidInput([Problem("by", f"no cell has {by!r}; the axes are {', '.join(a.name for a in table.axes)}")])
    cast = [
        Vote(known[vote.first], known[vote.second], vote.won)
        for vote in votes
        if vote.first in known and vote.second in known
    ]
    groups: dict[Any, list[SweepCell]] = {}
    for job, value in known.items():
        groups.setdefault(value, []).append(cells[job])
    return ranking(cast, spent={value: _spent(group) for value, group in groups.items()})


def _spent(cells: Sequence[SweepCell]) -> Spent:
    outcomes = [cell.outcome for cell in cells]
    costs = [one.cost for one in outcomes if one.cost.amount is not None]
    seconds = [one.run_s for one in outcomes if one.run_s is not None]
    currencies = {cost.currency for cost in costs if cost.source != "free"}
    told = len(costs) == len(outcomes) and len(currencies) <= 1
    return Spent(
        cost=float(sum(cost.amount or 0 for cost in costs)) / len(costs) if told and costs else None,
        currency=next(iter(currencies), ""),
        seconds=sum(seconds) / len(seconds) if seconds else None,
    )


def ranking(
    votes: Iterable[Vote],
    *,
    spent: dict[Any, Spent] | None = None,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 0,
) -> Ranking:
    """The things that votes compare, best first, with intervals by bootstrap: the same for the same votes and `seed`.

    A vote for a thing against itself says nothing, and is passed over. `spent` is what each costs. Pure; takes a moment
    for thousands of votes. Raises `InvalidInput` for a `won` that is not within 0 and 1.
    """
    import numpy as np

    kept = [vote for vote in votes if vote.first != vote.second]
    if any(not 0 <= vote.won <= 1 for vote in kept):
        raise InvalidInput("votes: won is 1 for the first, 0 for the second, 0.5 for a tie")
    things = list(dict.fromkeys(thing for vote in kept for thing in (vote.first, vote.second)))
    if not things:
        return Ranking(())
    number = {thing: place for place, thing in enumerate(things)}
    first = np.array([number[vote.first] for vote in kept])
    second = np.array([number[vote.second] for vote in kept])
    won = np.array([vote.won for vote in kept], dtype=float)
    (whole,) = _wins(first, second, won, np.ones((1, len(kept))), len(things))
    logits = strengths(whole)
    weights = np.random.default_rng(seed).multinomial(len(kept), np.full(len(kept), 1 / len(kept)), size=resamples)
    again = strengths(_wins(first, second, won, weights, len(things)))
    tail = (1 - level) / 2 * 100
    apart = np.percentile(again[:, :, None] - again[:, None, :], [tail, 100 - tail], axis=0)
    low, high = np.percentile(_chance(again), [tail, 100 - tail], axis=0)
    order = sorted(range(len(things)), key=lambda place: (-logits[place], place))
    rows = []
    for place in order:
        # Two are told apart where the interval of their difference does not hold 0: one of each by itself is too wide.
        doubt = (apart[0, place] <= 0) & (apart[1, place] >= 0)
        about = (spent or {}).get(things[place], Spent())
        rows.append(
            Rank(
                what=things[place],
                strength=float(_chance(logits[place])),
                low=float(min(low[place], _chance(logits[place]))),
                high=float(max(high[place], _chance(logits[place]))),
                votes=int(((first == place) | (second == place)).sum()),
                wins=float(whole[place].sum()),
                tied_with=tuple(things[other] for other in order if other != place and doubt[other]),
                cost=about.cost,
                currency=about.currency,
                seconds=about.seconds,
            )
        )
    return Ranking(tuple(rows))


def strengths(wins: NDArray[np.float64], *, prior: float = PRIOR) -> NDArray[np.float64]:
    """Log-strengths, relative to an average thing's 0, under which `wins` are most likely.

    `wins[…, i, j]` counts how often *i* won against *j*, a tie as half for both; several such tables at once give as
    many rows. By Newton's method: the likelihood with its prior has one maximum, and is concave.
    """
    import numpy as np

    games = wins + np.swapaxes(wins, -1, -2)
    won = wins.sum(axis=-1) + prior / 2
    found: NDArray[np.float64] = np.zeros(wins.shape[:-1])
    for _ in range(ITERATIONS):
        chance = _chance(found[..., :, None] - found[..., None, :])
        own = _chance(found)
        slope = won - (games * chance).sum(axis=-1) - prior * own
        curve = games * chance * (1 - chance)
        bend = -curve
        diagonal = np.einsum("...ii->...i", bend)
        diagonal += curve.sum(axis=-1) + prior * own * (1 - own)
        step = np.linalg.solve(bend, slope[..., None])[..., 0]
        found = found + np.clip(step, -MAX_STEP, MAX_STEP)  # far from the maximum a whole step may go beyond it
        if np.max(np.abs(step)) < TOLERANCE:
            break
    return found


def _wins(
    first: NDArray[np.int64], second: NDArray[np.int64], won: NDArray[np.float64], weights: NDArray[Any], count: int
) -> NDArray[np.float64]:
    """How often each won against each, in each sample of the votes: `weights` say how often a sample has each vote."""
    import numpy as np

    wins = np.zeros((count * count, len(weights)))
    np.add.at(wins, first * count + second, (won * weights).T)
    np.add.at(wins, second * count + first, ((1 - won) * weights).T)
    return wins.T.reshape(len(weights), count, count)


def _chance(logit: Any) -> Any:
    """The probability to win against an average one."""
    import numpy as np

    return 1 / (1 + np.exp(-logit))
