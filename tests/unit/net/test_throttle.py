"""A service that is full is not pushed: who comes first goes first, nobody is lost."""

from __future__ import annotations

import asyncio

import pytest

from ipyimagegen.net.throttle import HOLD_S, Gate

from .virtual import EvenClock, run


def gate(limit: int | None = None) -> Gate:
    return Gate(clock=EvenClock(), limit=limit)


def test_nothing_is_held_back_before_a_service_refuses():
    async def work() -> int:
        door = gate()
        for _ in range(100):
            await door.enter(door.arrive())
        return door.busy

    assert 100 == run(work())


def test_places_are_given_in_the_order_of_arrival():
    async def work() -> list[int]:
        door, order = gate(2), list[int]()

        async def one(number: int) -> None:
            place = door.arrive()
            await door.enter(place)
            order.append(number)
            await asyncio.sleep(1)
            door.leave(place)

        await asyncio.gather(*[one(number) for number in range(9)])
        return order

    assert list(range(9)) == run(work())


def test_one_that_was_refused_comes_before_those_who_came_later():
    async def work() -> list[str]:
        door, order = gate(1), list[str]()
        early, late = door.arrive(), door.arrive()
        await door.enter(early)
        waits = asyncio.ensure_future(door.enter(late))
        await asyncio.sleep(0)
        waits.add_done_callback(lambda _: order.append("late"))
        door.leave(early)
        door.refused(5.0)
        await door.enter(early)
        order.append("early")
        door.leave(early)
        await waits
        return order

    assert ["early", "late"] == run(work())


def test_after_a_refusal_nobody_is_let_in_before_the_service_asked_for_it():
    async def work() -> float:
        door = gate()
        door.refused(30.0)
        await door.enter(door.arrive())
        return door.clock.now()

    assert run(work()) == pytest.approx(30.0)


def test_the_limit_is_what_the_service_had_when_it_refused():
    async def work() -> int | None:
        door = gate()
        places = [door.arrive() for _ in range(16)]
        for place in places:
            await door.enter(place)
        for place in places[:8]:
            door.leave(place, accepted=True)
            door.hold(f"job {place}")
        for place in places[8:]:
            door.leave(place)
            door.refused(1.0)
        return door.limit

    assert 8 == run(work())


def test_a_job_that_ends_makes_room_at_once():
    async def work() -> float:
        door = gate(1)
        door.hold("job")
        asyncio.get_running_loop().call_later(7.0, door.release, "job")
        await door.enter(door.arrive())
        return door.clock.now()

    assert run(work()) == pytest.approx(7.0)


def test_a_job_that_is_held_right_after_its_submit_leaves_no_gap():
    async def work() -> bool:
        door = gate(1)
        place = door.arrive()
        await door.enter(place)
        other = asyncio.ensure_future(door.enter(door.arrive()))
        await asyncio.sleep(0)
        door.leave(place, accepted=False)
        door.hold("job")
        await asyncio.sleep(1)
        let_in = other.done()
        other.cancel()
        return let_in

    assert not run(work())


def test_a_job_that_nobody_asks_about_is_forgotten():
    async def work() -> float:
        door = gate(1)
        door.hold("abandoned")
        await door.enter(door.arrive())
        return door.clock.now()

    assert run(work()) == pytest.approx(HOLD_S)


def test_a_cancelled_wait_leaves_no_trace_and_passes_its_call_on():
    async def work() -> tuple[int, int]:
        door = gate(1)
        first = door.arrive()
        await door.enter(first)
        waiting = [asyncio.ensure_future(door.enter(door.arrive())) for _ in range(3)]
        await asyncio.sleep(0)
        door.leave(first)
        waiting[0].cancel()
        waiting[1].cancel()
        await asyncio.wait_for(waiting[2], 1)
        return door.busy, len(door._waiting)

    assert (1, 0) == run(work())


def test_more_is_tried_after_enough_acceptances_and_more_rarely_after_each_failure():
    async def accept(door: Gate) -> int:
        count, limit = 0, door.limit
        while door.limit == limit:
            place = door.arrive()
            await door.enter(place)
            door.leave(place, accepted=True)
            count += 1
        return count

    async def work() -> list[int]:
        door, counts = gate(4), list[int]()
        for _ in range(3):
            counts.append(await accept(door))
            for number in range(4):
                door.hold(str(number))
            door.refused(0.0)
            for number in range(4):
                door.release(str(number))
        return counts

    assert [4, 8, 16] == run(work())
