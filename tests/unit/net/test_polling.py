"""Little time is lost after a job has finished, for no more requests than a poll every second."""

from __future__ import annotations

import json
import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.net.polling import KEPT, LOOK_S, MIN_INTERVAL_S, Durations, Schedule, Span

FIXED_LOSS_S = 0.5
"""What a poll every second loses in the median."""


def poll(duration_s: float, history: tuple[Span, ...] = ()) -> tuple[float, int, Span]:
    """Follow one job: seconds lost after its end, polls made, and the span that was learned."""
    plan, now_s = Schedule(history), 0.0
    while now_s < duration_s:
        now_s += plan.next_s(now_s)
    return now_s - duration_s, plan.polls, plan.finished(now_s)


def fixed_polls(duration_s: float) -> int:
    """A client that asks right away and then every second, as Segmind's does."""
    return math.ceil(duration_s) + 1


@pytest.mark.parametrize("duration_s", [0.3, 1, 3, 10, 60])
def test_the_first_job_of_a_model_loses_little_at_no_more_requests(duration_s):
    lost_s, polls, _ = poll(duration_s)
    assert lost_s <= FIXED_LOSS_S / 3
    assert polls <= fixed_polls(duration_s)


@pytest.mark.parametrize("spread", [0.0, 0.02, 0.05, 0.1])
@pytest.mark.parametrize("duration_s", [0.3, 1, 3, 10, 60])
def test_later_jobs_lose_at_most_a_third_at_no_more_requests(duration_s, spread):
    chance = random.Random(7)  # noqa: S311
    durations = Durations()
    losses: list[float] = []
    polls = fixed = 0
    for number in range(60):
        took_s = duration_s * (1 + chance.uniform(-spread, spread))
        lost_s, made, span = poll(took_s, durations.of("m"))
        durations.add("m", *span)
        assert made <= fixed_polls(took_s)
        if number:
            losses.append(lost_s)
            polls += made
            fixed += fixed_polls(took_s) - 1
    assert statistics.median(losses) <= FIXED_LOSS_S / 3
    assert polls <= fixed * 1.25, (
        "about one that asks only after the first second needs, at the worst; far fewer for long jobs"
    )


@given(
    history=st.lists(
        st.tuples(st.floats(0, 100), st.floats(0, 100)).map(lambda pair: (min(pair), max(pair))), max_size=8
    ),
    duration_s=st.floats(0.01, 90),
)
def test_whatever_was_seen_before_a_job_never_costs_more_requests_than_every_second(history, duration_s):
    _, polls, (low_s, high_s) = poll(duration_s, tuple(history))
    assert polls <= fixed_polls(duration_s)
    assert low_s <= duration_s <= high_s


@given(
    steps=st.lists(
        st.tuples(
            st.booleans(),
            st.none() | st.floats(allow_nan=True, allow_infinity=True),
            st.none() | st.floats(-1, 2) | st.just(math.nan),
        ),
        max_size=30,
    ),
    history=st.lists(st.tuples(st.just(2.0), st.floats(2, 9)), max_size=3),
)
def test_whatever_a_service_says_the_next_poll_is_neither_too_soon_nor_far_away(steps, history):
    plan, now_s = Schedule(tuple(history)), 0.0
    for queued, eta_s, fraction in steps:
        wait_s = plan.next_s(now_s, queued=queued, eta_s=eta_s, fraction=fraction)
        assert MIN_INTERVAL_S <= wait_s + 1e-9
        assert wait_s <= LOOK_S + 1e-9
        now_s += wait_s
        assert plan.polls - 1 <= now_s + 1e-9


def test_polls_are_rare_while_nothing_can_happen_and_dense_when_the_job_is_due():
    plan, now_s, at = Schedule(((57.9, 58.0), (62.0, 62.1))), 0.0, list[float]()
    while now_s < 61:
        now_s += plan.next_s(now_s)
        at.append(now_s)
    assert sum(moment < 50 for moment in at) <= 10
    assert sum(moment > 59 for moment in at) >= 10


def test_a_wait_in_the_queue_moves_the_time_at_which_a_job_is_due():
    plan, now_s = Schedule(((2.9, 3.0), (3.0, 3.1))), 0.0
    starts_s, ends_s = 20.0, 23.0
    while now_s < ends_s:
        now_s += plan.next_s(now_s, queued=now_s < starts_s)
    assert now_s - ends_s <= 0.5
    assert plan.polls <= fixed_polls(ends_s)
    low_s, high_s = plan.finished(now_s)
    assert low_s <= 3.0 <= high_s


def test_without_a_history_the_service_s_own_estimate_is_used():
    assert Schedule().next_s(0.0, eta_s=30.0) == pytest.approx(LOOK_S)
    plan = Schedule(polls=20)
    plan.next_s(0.0)
    assert plan.next_s(20.0, fraction=0.5) > 2


def test_durations_survive_as_plain_data_and_keep_the_latest():
    durations = Durations()
    for number in range(KEPT + 3):
        durations.add("a/b", number, number + 0.5)
    durations.add("c", 4.25)
    restored = Durations(json.loads(json.dumps(durations.snapshot())))
    assert [(number, number + 0.5) for number in range(3, KEPT + 3)] == list(restored.of("a/b"))
    assert ((4.25, 4.25),) == restored.of("c")
    assert () == restored.of("never")


@pytest.mark.parametrize("span", [(-1.0, 2.0), (3.0, 2.0), (0.0, math.inf), (math.nan, math.nan)])
def test_a_duration_that_cannot_be_is_not_kept(span):
    durations = Durations({"m": [span]})
    assert () == durations.of("m")
