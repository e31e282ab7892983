"""Many jobs of one client at a service that takes few at a time: each is asked about when its turn is over."""

from __future__ import annotations

import asyncio
import heapq
import math
import random
import statistics
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.net.line import KEPT, MOST, Line, Lines
from ipyimagegen.net.polling import Durations, Schedule, Seen

from .virtual import run

TRIP_S = 0.006


@dataclass
class Service:
    """Does `slots` jobs at a time, in the order of their submits, each in about `run_s` seconds.

    `exact`: it tells how long a job ran. `tells_queue`: it says at the submit whether a job has to wait.
    """

    slots: int
    run_s: float
    spread: float = 0.0
    exact: bool = True
    tells_queue: bool = False
    durations: Durations = field(default_factory=Durations)
    line: Line = field(default_factory=Line)
    lost_s: list[float] = field(default_factory=list)
    requests: int = 0
    fixed: int = 0

    def __post_init__(self) -> None:
        self._chance = random.Random(3)  # noqa: S311
        self._free = [0.0] * self.slots

    def submit(self, now_s: float) -> tuple[float, float]:
        """When the job starts and ends."""
        start_s = max(heapq.heappop(self._free), now_s)
        end_s = start_s + self.run_s * (1 + self._chance.uniform(-self.spread, self.spread))
        heapq.heappush(self._free, end_s)
        return start_s, end_s

    async def one(self, job: str) -> None:
        """Submit a job and wait for it, as the clients of the services do."""
        clock = asyncio.get_running_loop().time
        began_s = clock()
        start_s, end_s = self.submit(began_s)
        history = self.durations.of("m")
        plan, seen = Schedule(history), Seen(queued=self.tells_queue and start_s > began_s)
        with self.line.place(job, began_s, history) as turn:
            if self.tells_queue:
                turn.unfinished(began_s, queued=seen.queued)
            while clock() < end_s:
                await asyncio.sleep(plan.next_s(clock() - began_s, Seen(queued=seen.queued, turn_s=turn.within())))
                seen = Seen(queued=clock() < start_s)
                if clock() < end_s:
                    turn.unfinished(clock(), queued=seen.queued)
                    await asyncio.sleep(TRIP_S)
            turn.ended(clock())
        self.lost_s.append(clock() - end_s)
        self.requests += plan.polls
        self.fixed += math.ceil(end_s - began_s) + 1
        self.durations.add("m", *((end_s - start_s,) if self.exact else plan.finished(clock() - began_s)))

    async def many(self, jobs: int, at_a_time: int) -> float:
        """Seconds that so many jobs take."""
        numbers = iter(range(jobs))

        async def worker(place: int) -> None:
            await asyncio.sleep(place * TRIP_S)
            for number in numbers:
                await self.one(str(number))
                await asyncio.sleep(2 * TRIP_S)

        await asyncio.gather(*(worker(place) for place in range(at_a_time)))
        return asyncio.get_running_loop().time()


@pytest.mark.parametrize("spread", [0.0, 0.1])
@pytest.mark.parametrize(("exact", "tells_queue"), [(True, False), (False, True)])
@pytest.mark.parametrize(
    ("slots", "run_s", "jobs", "at_a_time"), [(8, 0.3, 200, 32), (3, 1.0, 150, 24), (8, 3.0, 64, 64), (4, 20.0, 48, 32)]
)
def test_a_full_service_is_kept_busy_for_fewer_requests_than_with_a_poll_every_second(
    slots, run_s, jobs, at_a_time, exact, tells_queue, spread
):
    service = Service(slots, run_s, spread, exact=exact, tells_queue=tells_queue)
    service.durations.add("m", 0.9 * run_s, 1.1 * run_s)
    took_s = run(service.many(jobs, at_a_time))
    assert jobs == len(service.lost_s)
    assert jobs * run_s / slots >= 0.88 * took_s
    assert statistics.median(service.lost_s) < 0.35
    assert service.requests < 0.9 * service.fixed
    assert slots <= service.line.slots <= slots + 2


@pytest.mark.parametrize("exact", [True, False])
def test_a_service_that_does_more_at_a_time_than_before_is_found_out(exact):
    service = Service(8, 0.3, exact=exact, tells_queue=not exact)
    service.durations.add("m", 0.28, 0.32)
    service.line.slots = 1
    took_s = run(service.many(200, 32))
    assert 200 * 0.3 / 8 >= 0.7 * took_s
    assert statistics.median(service.lost_s[100:]) < 0.5
    assert 7 <= service.line.slots <= 12


@pytest.mark.parametrize("exact", [True, False])
def test_to_look_for_more_slots_makes_few_jobs_late(exact):
    service = Service(8, 0.3, exact=exact, tells_queue=True)
    service.durations.add("m", 0.28, 0.32)
    run(service.many(400, 32))
    assert sum(lost_s > 0.5 for lost_s in service.lost_s[100:]) <= 6


def test_forty_jobs_that_are_sent_at_once_are_found_as_they_end():
    service = Service(8, 0.3, exact=False, tells_queue=True)
    service.durations.add("m", 0.28, 0.32)
    run(service.many(40, 40))
    assert statistics.median(service.lost_s) < 0.1
    assert service.requests <= 1.2 * 40


def test_a_service_without_a_queue_tells_nothing_of_turns():
    service = Service(MOST, 0.3)
    run(service.many(40, 10))
    assert MOST == service.line.slots


def test_slots_and_runs_are_what_the_polls_do_not_contradict():
    line = Line()
    line.expect(((2.0, 4.0),))
    for number in range(6):
        line.join(str(number), 0.0)
    assert line.turn_s("5") is None
    line.unfinished("2", 0.1, queued=True)
    assert 2 == line.slots
    line.ended("0", 3.0)
    line.ended("1", 3.0)
    line.unfinished("2", 5.8, queued=False)
    low_s, high_s = line.turn_s("5") or (0.0, 0.0)
    assert 8.5 <= low_s <= 9.0 <= high_s <= 9.5


@pytest.mark.parametrize(("run_s", "found"), [(1.8, (1.7, 2.0)), (4.0, (3.7, 4.2))])
def test_jobs_that_take_longer_or_less_than_ever_move_what_is_expected(run_s, found):
    line = Line(slots=1)
    line.expect(((2.2, 2.3),))
    line.join("0", 0.0)
    for number in range(20):
        line.join(str(number + 1), number * run_s)
        if number % 3 == 0:
            line.unfinished(str(number), (number + 1) * run_s - 0.05, queued=False)
        line.ended(str(number), (number + 1) * run_s)
    low_s, high_s = line.run_s
    assert found[0] <= low_s <= high_s <= found[1]
    assert 1 == line.slots


def test_one_who_leaves_is_no_longer_waited_for():
    line = Line()
    with pytest.raises(asyncio.CancelledError), line.place("a", 0.0, ()) as turn:
        raise asyncio.CancelledError
    assert turn.within() is None
    line.join("b", 1.0)
    line.join("c", 1.0)
    line.unfinished("c", 1.1, queued=True)
    assert 1 == line.slots


def test_a_job_of_which_the_place_is_not_known_has_a_line_of_its_own():
    lines = Lines()
    assert lines.of("m") is lines.of("m")
    assert lines.of("m", fresh=False) is not lines.of("m")


times = st.floats(0, 100)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("join"), st.integers(0, 9), times),
            st.tuples(st.just("queued"), st.integers(0, 9), times),
            st.tuples(st.just("running"), st.integers(0, 9), times),
            st.tuples(st.just("ended"), st.integers(0, 9), times),
            st.tuples(st.just("leave"), st.integers(0, 9), times),
            st.tuples(st.just("expect"), st.integers(0, 9), times),
        ),
        max_size=60,
    )
)
def test_whatever_polls_find_a_turn_is_a_span(happened):
    line = Line()
    for what, number, at_s in happened:
        job = str(number)
        match what:
            case "join":
                line.join(job, at_s)
            case "queued" | "running":
                line.unfinished(job, at_s, queued=what == "queued")
            case "ended":
                line.ended(job, at_s)
            case "leave":
                line.leave(job)
            case "expect":
                line.expect(((at_s / 2, at_s),))
        span = line.turn_s(job)
        assert span is None or -1e6 < span[0] <= span[1] < math.inf
        assert 1 <= line.slots <= MOST


def test_only_so_many_jobs_are_looked_back_on():
    line = Line(slots=2)
    line.expect(((1.0, 1.0),))
    for number in range(5 * KEPT):
        line.join(str(number), number * 0.5)
        if number > 3:
            line.ended(str(number - 3), number * 0.5)
    low_s, high_s = line.turn_s(str(5 * KEPT - 1)) or (0.0, 0.0)
    assert low_s <= 2.5 * KEPT + 1.5
    assert high_s >= 2.5 * KEPT
