"""Whether a call is made again: never at the risk of paying twice, never later than the caller can wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.net.repeat import (
    CEILING_S,
    REFUSED_ATTEMPTS,
    Again,
    Ambiguous,
    Decision,
    No,
    Outcome,
    Repeat,
    backoff_s,
    decide,
    wait_s,
)


def verdict(repeat: Repeat, outcome: Outcome, *, attempt: int = 1) -> type[Decision]:
    return type(decide(repeat, outcome, attempt=attempt, elapsed_s=0.0, remaining_s=1e6, chance=0.5))


@pytest.mark.parametrize(
    ("expected", "outcome"),
    [
        (Again, Outcome(sent=False)),
        (Ambiguous, Outcome(sent=True)),
        (Ambiguous, Outcome(sent=True, lasting=True)),
        (No, Outcome(sent=False, lasting=True)),
        (Again, Outcome(status=429)),
        (Again, Outcome(status=503, retry_after_s=2.0)),
        (Ambiguous, Outcome(status=503)),
        (Ambiguous, Outcome(status=500)),
        (No, Outcome(status=500, own=True)),
        (Ambiguous, Outcome(status=503, retry_after_s=2.0, lost=True)),
        *((Ambiguous, Outcome(status=status, own=True)) for status in (408, 499, 502, 504, *range(520, 530))),
        *((Ambiguous, Outcome(status=status)) for status in (302, 303, 409, 423, 444, 460, 501, 599, 600, 999)),
        *((No, Outcome(status=status, own=True)) for status in (409, 423, 501, 503)),
        *((No, Outcome(status=status)) for status in (301, 307, 308, 425)),
        (No, Outcome(status=400)),
        (No, Outcome(status=401)),
        (No, Outcome(status=422)),
    ],
)
def test_a_submit_is_sent_again_only_on_proof_that_nothing_was_accepted(expected, outcome):
    assert expected is verdict(Repeat.SUBMIT, outcome)


@given(
    st.builds(
        Outcome,
        status=st.none() | st.integers(300, 999),
        sent=st.booleans(),
        lasting=st.booleans(),
        retry_after_s=st.none() | st.floats(0, 10),
        own=st.booleans(),
        lost=st.booleans(),
    ),
    st.integers(1, 50),
)
def test_no_outcome_without_proof_repeats_a_submit_or_calls_it_refused(outcome, attempt):
    turned_away = (
        (outcome.status is None and not outcome.sent)
        or outcome.status == 429
        or (outcome.status == 503 and outcome.retry_after_s is not None and not outcome.lost)
    )
    for repeat in (Repeat.SUBMIT, Repeat.SUBMIT_AFTER_5XX):
        made = verdict(repeat, outcome, attempt=attempt)
        passed_on = outcome.status is not None and (
            outcome.status >= 500 or outcome.status in (302, 303, 408, 409, 499)
        )
        refused_by_the_service = outcome.own and outcome.status in (409, 500, 501, 503)
        assert not passed_on or turned_away or refused_by_the_service or made is Ambiguous
        assert made is not Again or turned_away or (repeat is Repeat.SUBMIT_AFTER_5XX and refused_by_the_service)


def test_a_5xx_with_an_error_of_the_service_is_sent_again_where_the_service_says_so_and_not_for_ever():
    explained = Outcome(status=500, own=True)
    assert Again is verdict(Repeat.SUBMIT_AFTER_5XX, explained)
    assert No is verdict(Repeat.SUBMIT_AFTER_5XX, explained, attempt=REFUSED_ATTEMPTS)
    assert Ambiguous is verdict(Repeat.SUBMIT_AFTER_5XX, Outcome(status=500))
    assert Ambiguous is verdict(Repeat.SUBMIT_AFTER_5XX, Outcome(sent=True))


@pytest.mark.parametrize(
    ("expected", "outcome"),
    [
        (Again, Outcome(sent=True)),
        (Again, Outcome(sent=False)),
        (No, Outcome(sent=False, lasting=True)),
        (Again, Outcome(status=429)),
        (Again, Outcome(status=500)),
        (Again, Outcome(status=502)),
        (Again, Outcome(status=503)),
        (No, Outcome(status=501)),
        (No, Outcome(status=404)),
        (No, Outcome(status=422)),
    ],
)
def test_a_read_is_repeated_as_long_as_that_can_help(expected, outcome):
    assert expected is verdict(Repeat.READ, outcome)


@pytest.mark.parametrize("outcome", [Outcome(sent=False), Outcome(status=429), Outcome(status=503, retry_after_s=1.0)])
def test_a_call_that_must_not_be_repeated_is_not(outcome):
    assert No is verdict(Repeat.NEVER, outcome)


def test_a_wait_that_would_end_after_the_deadline_is_not_begun():
    busy = Outcome(status=429, retry_after_s=10.0)
    assert No() == decide(Repeat.READ, busy, attempt=1, elapsed_s=0, remaining_s=9.0, chance=0.0)
    assert Again(10.0) == decide(Repeat.READ, busy, attempt=1, elapsed_s=0, remaining_s=10.5, chance=0.0)


def test_without_a_deadline_failures_end_in_minutes_and_rate_limits_in_an_hour():
    assert No() == decide(Repeat.READ, Outcome(), attempt=9, elapsed_s=119.9, remaining_s=None, chance=0.0)
    assert No() != decide(Repeat.READ, Outcome(status=429), attempt=9, elapsed_s=1200, remaining_s=None, chance=0.0)
    assert No() == decide(Repeat.READ, Outcome(status=429), attempt=9, elapsed_s=3599, remaining_s=None, chance=0.0)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_the_back_off_grows_to_its_ceiling_and_is_never_a_hurry(attempt, chance):
    assert 0.25 <= backoff_s(attempt, chance) <= CEILING_S
    assert backoff_s(attempt, 0.0) <= backoff_s(attempt + 1, 0.0)


@given(st.floats(0, 3600), st.floats(0, 1))
def test_no_call_returns_before_the_service_asked_for_it(asked_s, chance):
    wait = wait_s(Outcome(status=429, retry_after_s=asked_s), 1, chance)
    assert asked_s <= wait <= asked_s + 1.0


@pytest.mark.parametrize(
    ("expected", "repeat", "outcome"),
    [
        (No, Repeat.SUBMIT, Outcome(sent=False)),
        (Again, Repeat.READ, Outcome(sent=False)),
        (Again, Repeat.SUBMIT, Outcome(status=429)),
    ],
)
def test_a_submit_that_reaches_nobody_is_given_up_sooner_than_a_read(
    expected: type[Decision], repeat: Repeat, outcome: Outcome
) -> None:
    assert expected is type(decide(repeat, outcome, attempt=6, elapsed_s=25.0, remaining_s=None, chance=0.5))
