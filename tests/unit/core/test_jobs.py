"""A job's state: one pure function of state and event."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ipyimagegen.core.cost import FREE, UNKNOWN, Cost
from ipyimagegen.core.events import Cancelled, Event, Failed, Log, Output, Progress, Queued, Running, Succeeded
from ipyimagegen.core.jobs import MAX_LOG_LINES, JobState, apply, cancelling, finished, in_words
from ipyimagegen.jobs.estimates import Estimates, eta_s, work_of


def told(*events: Event, state: JobState | None = None) -> JobState:
    state = state or JobState(created_at=100.0, changed_at=100.0)
    for at, event in enumerate(events, start=101):
        state = apply(state, event, float(at))
    return state


def test_a_job_goes_from_queued_to_running_to_fetching_to_succeeded() -> None:
    output = Output(url="https://a/b.png")
    state = told(Queued(position=3), Running(), Progress(step=7, steps=20), Succeeded(outputs=(output,), cost=FREE))
    assert (state.phase, state.outputs, state.cost) == ("fetching", (output,), FREE)
    done = finished(state, 110.0)
    assert (done.phase, done.started_at, done.run_s, done.elapsed_s(999.0)) == ("succeeded", 102.0, 8.0, 10.0)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (told(Queued(position=3)), "queued, 3 ahead"),
        (told(Queued()), "queued"),
        (told(Running(), Progress(step=7, steps=20)), "running, step 7 of 20"),
        (told(Running("loading weights")), "running · loading weights"),
        (cancelling(told(Running()), 110.0), "cancelling"),
        (told(Failed(message="out of memory\nsee log")), "failed: out of memory"),
        (told(Cancelled(by="user")), "cancelled"),
    ],
)
def test_the_status_is_told_in_words(state: JobState, words: str) -> None:
    assert in_words(state) == words


def test_progress_never_moves_back_and_stays_within_0_and_1() -> None:
    state = told(Progress(fraction=0.5), Progress(fraction=0.2), Progress(fraction=float(7)))
    assert state.fraction == 1.0
    assert told(Progress(fraction=0.5), Progress(fraction=0.2)).fraction == 0.5


def test_nothing_changes_after_the_end() -> None:
    ended = told(Running(), Failed(message="no"))
    assert told(Running(), Succeeded(), Progress(fraction=1), Log("x"), state=ended) is ended


def test_a_late_queued_does_not_undo_running() -> None:
    assert told(Running(), Queued()).phase == "running"


def test_a_job_that_is_being_cancelled_can_still_succeed() -> None:
    assert apply(cancelling(told(Running()), 105.0), Succeeded(), 106.0).phase == "fetching"


def test_log_lines_are_capped_in_number_and_length_and_carry_no_control_characters() -> None:
    state = told(*(Log(f"\x1b[31m{'x' * 2_000}") for _ in range(MAX_LOG_LINES + 5)))
    assert len(state.logs) == MAX_LOG_LINES
    assert all(len(line) < 600 and "\x1b" not in line for line in state.logs)


def test_the_time_left_comes_from_the_service_then_the_pace_then_earlier_runs() -> None:
    assert eta_s(told(Progress(fraction=0.1, eta_s=30.0)), 111.0, None) == 20.0
    running = told(Running(), Progress(fraction=0.5))  # started at 101, half done at 102
    assert eta_s(running, 102.0, None) == 1.0
    assert eta_s(told(Running()), 103.0, 10.0) == 8.0
    assert eta_s(told(Queued()), 103.0, 10.0) == 10.0
    assert eta_s(told(Running()), 103.0, None) is None
    assert eta_s(told(Failed(message="")), 103.0, 10.0) is None


def test_estimates_scale_with_steps_and_pixels() -> None:
    estimates = Estimates()
    estimates.learn("a/b", work_of({"num_inference_steps": 10, "width": 512, "height": 512}), 2.0)
    assert estimates.expected_s("a/b", work_of({"num_inference_steps": 20, "width": 512, "height": 1024})) == 8.0
    assert estimates.expected_s("a/c", 1.0) is None


def test_an_unknown_cost_is_never_a_zero() -> None:
    assert str(UNKNOWN) == "unknown"
    assert str(Cost.read("0.0125")) == "$0.0125"
    assert str(Cost.read(3, source="estimated")) == "about $3"
    assert (Cost.read(1) + UNKNOWN) == UNKNOWN
    assert (Cost.read(1) + Cost.read(2)) == Cost(Decimal(3), "USD", "charged")
    assert (FREE + Cost.read(2)) == Cost.read(2)
    strange: list[object] = [None, "n/a", float("nan"), -1, True, []]
    assert [Cost.read(value) for value in strange] == [UNKNOWN] * 6


def test_many_small_jobs_do_not_crowd_out_what_is_known_of_large_ones() -> None:
    estimates = Estimates()
    estimates.learn("a/b", 20.0, 2.0)
    for _ in range(100):
        estimates.learn("a/b", 0.01, 0.1)
    assert estimates.expected_s("a/b", 20.0) == 2.0
    assert estimates.expected_s("a/b", 40.0) == 4.0
    assert estimates.expected_s("a/b", 0.01) == 0.1
