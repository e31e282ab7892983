"""Rankings from votes: against closed forms and the definition, and whether intervals hold what they say."""

from __future__ import annotations

import math
from itertools import combinations
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.experiments.votes import PRIOR, Spent, Vote, rank, ranking, strengths
from tests.unit.experiments.made import Made, client_of, sweep_of


def votes(text: str) -> list[Vote]:
    """`a>b a=c`: a won against b, and tied with c."""
    return [
        Vote(pair[0], pair[2], {">": 1.0, "<": 0.0, "=": 0.5}[pair[1]])
        for pair in text.split()
    ]  # fmt: skip


def slope(logits: np.ndarray, wins: np.ndarray, place: int) -> float:
    """How the log-likelihood with its prior changes with one strength, written down from its definition.

    0 for each at the maximum, of which there is one.
    """
    total = PRIOR * (0.5 - 1 / (1 + math.exp(-logits[place])))
    for other in range(len(wins)):
        lost = 1 / (1 + math.exp(logits[place] - logits[other]))
        total += wins[place, other] * lost - wins[other, place] * (1 - lost)
    return total


def test_of_two_that_met_often_the_odds_are_those_of_their_wins() -> None:
    wins = np.array([[0, 60_000.0], [20_000, 0]])
    logits = strengths(wins)
    assert math.log(3) == pytest.approx(logits[0] - logits[1], rel=1e-3)


def test_a_single_win_moves_little_as_the_prior_says() -> None:
    # With one win of a over b, symmetry gives b = -a, and the slope 1 - s(2a) + 1/2 - s(a) is 0 at the maximum.
    logits = strengths(np.array([[0, 1.0], [0, 0]]))
    a = logits[0]
    assert pytest.approx(-a) == logits[1]
    assert 0 == pytest.approx(1.5 - 1 / (1 + math.exp(-2 * a)) - 1 / (1 + math.exp(-a)), abs=1e-6)


@given(st.lists(st.lists(st.integers(0, 99), min_size=4, max_size=4), min_size=4, max_size=4))
def test_strengths_are_at_the_maximum_of_the_likelihood(rows: list[list[int]]) -> None:
    wins = np.array(rows, dtype=float)
    np.fill_diagonal(wins, 0)
    found = strengths(wins)
    assert [0.0] * 4 == pytest.approx([slope(found, wins, place) for place in range(4)], abs=1e-6)


def test_one_that_always_wins_has_a_finite_strength_also_after_ten_thousand_votes() -> None:
    wins = np.array([[0, 10_000.0, 10_000], [0, 0, 10_000], [0, 0, 0]])
    found = strengths(wins)
    assert np.isfinite(found).all()
    assert [0.0] * 3 == pytest.approx([slope(found, wins, place) for place in range(3)], abs=1e-4)


def test_the_order_of_the_votes_does_not_matter_nor_which_side_they_stood_on() -> None:
    cast = votes("a>b b>c a>c c=b a=b a>b")
    turned = [Vote(vote.second, vote.first, 1 - vote.won) for vote in reversed(cast)]
    first, second = ranking(cast), ranking(turned)
    assert ["a", "b", "c"] == [row.what for row in first] == [row.what for row in second]
    assert [row.strength for row in first] == pytest.approx([row.strength for row in second])


def test_a_tie_is_half_a_win_for_both() -> None:
    assert [row.strength for row in ranking(votes("a=b a=b"))] == pytest.approx([0.5, 0.5])
    assert [1.0, 1.0] == [row.wins for row in ranking(votes("a=b a=b"))]


def test_few_votes_cannot_tell_and_many_can() -> None:
    few = ranking(votes("a>b b>a a>b"))
    assert few.best is None
    assert ("b",) == few[0].tied_with
    assert repr(few).startswith("cannot tell yet which is best\n1. a: wins ")
    many = ranking(votes("a>b " * 40 + "b>a " * 8))
    assert many.best is not None
    assert "a" == many.best.what
    assert "cannot tell" not in repr(many)


def test_cost_and_seconds_stand_beside_each() -> None:
    spent = {"a": Spent(0.05, "USD", 3.14), "b": Spent()}
    rows = ranking(votes("a>b " * 9), spent=spent)
    assert "1. a: wins 84 % ± 0 of 9 votes, 0.05 USD, 3.1 s" == repr(rows).splitlines()[0]
    assert (0.05, None) == (rows.to_rows()[0]["cost"], rows.to_rows()[1]["seconds"])


def test_the_intervals_hold_the_truth_as_often_as_they_say() -> None:
    # 60 made-up elections of three with known odds, whose mean is the average thing's: 90 % intervals of 180 strengths.
    # By chance alone fewer than 83 % hold the truth once in 1,000 (binomial); a few fewer are the prior's pull inwards.
    truth = {"a": 0.5, "b": 0.0, "c": -0.5}
    rng = Random(3)  # noqa: S311
    held = wrong = 0
    for election in range(60):
        cast = []
        for one, two in combinations(truth, 2):
            chance = 1 / (1 + math.exp(truth[two] - truth[one]))
            cast += [Vote(one, two, float(rng.random() < chance)) for _ in range(40)]
        rows = {row.what: row for row in ranking(cast, resamples=200, seed=election)}
        held += sum(rows[name].low <= 1 / (1 + math.exp(-value)) <= rows[name].high for name, value in truth.items())
        wrong += sum(
            rows[one].strength < rows[two].strength and two not in rows[one].tied_with
            for one, two in combinations(truth, 2)
        )
    assert 0.8 <= held / 180 <= 0.98
    assert wrong / 180 <= 0.05  # surely wrong only on one side of the 10 % that miss


def test_no_votes_are_no_ranking_and_wrong_ones_are_refused() -> None:
    assert "<Ranking: no votes yet>" == repr(ranking([]))
    assert 0 == len(ranking([Vote("a", "a", 1.0)]))
    with pytest.raises(InvalidInput, match="won is 1 for the first"):
        ranking([Vote("a", "b", 2.0)])


def test_the_values_of_a_sweep_s_axis_are_ranked_with_what_they_cost(tmp_path: Path) -> None:
    client = client_of(Made(), tmp_path)
    sweep = sweep_of(client, prompt=["a", "b", "c"], guidance=[3, 7]).start()
    table = sweep.result(5)
    job = {tuple(cell.values.values()): cell.outcome.job_id for cell in table}
    cast = [Vote(job[prompt, 7], job[prompt, 3], 1.0) for prompt in "abc" for _ in range(8)]
    cast += [Vote(job["a", 3], job["b", 3], 1.0), Vote("another job", job["a", 3], 1.0)]
    rows = rank(table, cast, by="guidance")
    assert [("7", 24), ("3", 24)] == [(row.what, row.votes) for row in rows]
    assert (0.02, "USD") == (rows[0].cost, rows[0].currency)
    assert "7" == (rows.best and rows.best.what)
    with pytest.raises(InvalidInput, match="by: no cell has 'guidence'; the axes are prompt, guidance"):
        rank(table, cast, by="guidence")
