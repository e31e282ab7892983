"""Little time is lost after a job has finished, for no more requests than a client makes that asks every second."""

from __future__ import annotations

import math
import random
import statistics
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.net.polling import KEPT, LOOK_S, MIN_INTERVAL_S, Durations, Schedule, Seen, Span

FIXED_LOSS_S = 0.5
"""What a poll every second loses in the median: no job ends at a whole second after its submit but by chance."""


class Followed(NamedTuple):
    """How a job was followed: seconds lost after its end, requests made, and the span that was learned."""

    lost_s: float
    requests: int
    span: Span


def follow(
    duration_s: float, history: tuple[Span, ...] = (), *, estimate_s: float | None = None, steps: int = 0
) -> Followed:
    """Follow one job. With `steps`, it tells how many of them are done, where there is a request to spare for it."""
    plan, now_s, seen, requests = Schedule(history, estimate_s), 0.0, Seen(), 0
    while now_s < duration_s:
        now_s += plan.next_s(now_s, seen)
        looked = plan.spare > 0 and not plan.due
        requests += 1 + (looked and now_s >= duration_s)
        seen = Seen(fraction=int(min(now_s / duration_s, 1) * steps) / steps) if steps and looked else Seen()
    return Followed(now_s - duration_s, requests, plan.finished(now_s))


def fixed_requests(duration_s: float) -> int:
    """A client that asks every second, and then for the result; or right away, and then every second."""
    return math.ceil(duration_s) + 1


def durations_near(nominal_s: float, chance: random.Random) -> float:
    """What a model usually takes: up to half a second more or less."""
    return nominal_s + chance.uniform(-1, 1) * min(0.5, nominal_s / 2)


@pytest.mark.parametrize("nominal_s", [0.3, 3, 10, 60])
def test_the_first_job_of_a_model_loses_little_where_the_service_estimates_it_and_tells_its_progress(nominal_s):
    chance = random.Random(7)  # noqa: S311
    jobs = [durations_near(nominal_s, chance) for _ in range(200)]
    followed = [follow(job_s, estimate_s=nominal_s, steps=20) for job_s in jobs]
    assert statistics.median(job.lost_s for job in followed) <= FIXED_LOSS_S / 3
    assert all(job.requests <= fixed_requests(job_s) for job, job_s in zip(followed, jobs, strict=True))


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("spread", [0.0, 0.02, 0.05, 0.1])
@pytest.mark.parametrize("nominal_s", [0.3, 1, 3, 10, 60])
def test_later_jobs_lose_at_most_a_third_for_fewer_requests(nominal_s, spread, exact):
    chance = random.Random(7)  # noqa: S311
    lost: list[float] = []
    fixed_lost: list[float] = []
    made = fixed = 0
    for _ in range(60):
        usual_s, durations = durations_near(nominal_s, chance), Durations()
        for turn in range(6):
            job_s = usual_s * (1 + chance.uniform(-spread, spread))
            job = follow(job_s, durations.of("m"))
            durations.add("m", *((job_s,) if exact else job.span))
            if turn:
                lost.append(job.lost_s)
                fixed_lost.append(math.ceil(job_s) - job_s)
                made += job.requests
                fixed += fixed_requests(job_s)
    assert statistics.median(lost) <= statistics.median(fixed_lost) / 3
    assert made < fixed


spans = st.tuples(st.floats(0, 100), st.floats(0, 100)).map(lambda pair: (min(pair), max(pair)))


@given(
    history=st.lists(spans, max_size=8),
    duration_s=st.floats(0.01, 90),
    estimate_s=st.none() | st.floats(0, 100),
    steps=st.sampled_from([0, 7, 20]),
)
def test_no_job_ever_takes_more_requests_than_with_a_poll_every_second(history, duration_s, estimate_s, steps):
    job = follow(duration_s, tuple(history), estimate_s=estimate_s, steps=steps)
    assert job.requests <= fixed_requests(duration_s)
    low_s, high_s = job.span
    assert low_s <= duration_s <= high_s


@given(
    history=st.lists(spans, max_size=3),
    duration_s=st.floats(0.01, 90),
    estimate_s=st.none() | st.floats(0, 100),
    began_s=st.floats(0, 20),
)
def test_where_every_end_costs_a_look_and_a_result_there_is_one_poll_less(history, duration_s, estimate_s, began_s):
    plan, now_s = Schedule(tuple(history), estimate_s, began_s=began_s, ahead=0), began_s
    while now_s < began_s + duration_s:
        now_s += plan.next_s(now_s)
    assert plan.polls <= math.ceil(duration_s + 1e-9)


@given(
    steps=st.lists(
        st.tuples(
            st.booleans(),
            st.none() | st.floats(allow_nan=True, allow_infinity=True),
            st.none() | st.floats(-1, 2) | st.just(math.nan),
            st.none() | st.tuples(st.floats(-10, 100), st.floats(-10, 100)).map(lambda pair: (min(pair), max(pair))),
        ),
        max_size=30,
    ),
    history=st.lists(st.tuples(st.just(2.0), st.floats(2, 9)), max_size=3),
)
def test_whatever_a_service_says_the_next_poll_is_neither_too_soon_nor_far_away(steps, history):
    plan, now_s = Schedule(tuple(history)), 0.0
    for queued, eta_s, fraction, turn_s in steps:
        wait_s = plan.next_s(now_s, Seen(queued=queued, eta_s=eta_s, fraction=fraction, turn_s=turn_s))
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
        now_s += plan.next_s(now_s, Seen(queued=now_s < starts_s))
    assert now_s - ends_s <= 0.5
    assert plan.polls <= fixed_requests(ends_s)
    low_s, high_s = plan.finished(now_s)
    assert low_s <= 3.0 <= high_s


def test_a_progress_in_coarse_steps_still_holds_the_end():
    plan = Schedule()
    plan.next_s(0.0)
    wait_s = plan.next_s(2.0, Seen(fraction=0.2))  # 0.2 to 0.25: 8 to 10 s in all
    assert 5.0 == pytest.approx(wait_s, abs=1e-6)
    wait_s = plan.next_s(7.0, Seen(fraction=0.75))  # 0.75 to 0.8: 8.75 to 9.33 s in all
    assert 8.3 <= 7.0 + wait_s <= 9.5


def test_an_estimate_that_is_far_too_long_costs_no_more_than_a_long_look():
    assert follow(2.0, estimate_s=500.0).lost_s <= LOOK_S
    assert follow(30.0, estimate_s=1.0).lost_s <= 1.0


def test_the_latest_durations_are_kept_also_after_earlier_ones_are_told():
    durations = Durations()
    for number in range(KEPT - 1):
        assert (number, number + 0.5) == durations.add("a/b", number, number + 0.5)
    durations.precede("a/b", [(90.0, 91.0), (80.0, 81.0)])
    assert [(80.0, 81.0), *((number, number + 0.5) for number in range(KEPT - 1))] == list(durations.of("a/b"))
    durations.precede("c", [(4.25, 4.25)])
    assert ((4.25, 4.25),) == durations.of("c")
    assert ((8.5, 8.5),) == durations.of("c", unit_s=0.5)
    assert () == durations.of("never")


def test_a_span_that_says_nothing_new_pushes_out_none_that_did():
    durations = Durations()
    durations.precede("m", [(0.0, 9.0), (2.9, 3.1)])
    for more_s in range(KEPT):
        assert durations.add("m", 0.0, 8.0 - more_s / 2) is None
    assert ((0.0, 9.0), (2.9, 3.1)) == durations.of("m")
    durations.add("m", 3.5, 4.0)
    assert (3.5, 4.0) == durations.of("m")[-1]


@pytest.mark.parametrize("span", [(-1.0, 2.0), (3.0, 2.0), (0.0, math.inf), (math.nan, math.nan)])
def test_a_duration_that_cannot_be_is_not_kept(span):
    durations = Durations()
    assert durations.add("m", *span) is None
    assert () == durations.of("m")
