"""The clock of this process's waits, and how tests hasten it."""

from __future__ import annotations

import asyncio
import time

import pytest

from ipyimagegen.net.clock import Clock, hastened


async def waited_s(seconds: float) -> tuple[float, float]:
    """How long a wait takes, by the clock and in fact."""
    clock, real = Clock(), time.monotonic()
    began = clock.now()
    await clock.sleep(seconds)
    return clock.now() - began, time.monotonic() - real


def test_a_wait_takes_its_time_by_the_clock_and_a_part_of_it_in_fact() -> None:
    with hastened(1_000):
        shown, real = asyncio.run(waited_s(20.0))
    assert shown >= 20.0
    assert real < 10.0


def test_after_the_block_a_second_is_a_second() -> None:
    with hastened(1_000):
        pass
    shown, real = asyncio.run(waited_s(0.02))
    assert 0.02 <= shown <= real


def test_blocks_multiply_and_end_with_an_error_too() -> None:
    def fails() -> None:
        with hastened(100), hastened(10):
            shown, real = asyncio.run(waited_s(20.0))
            assert shown > 500 * real
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    _, real = asyncio.run(waited_s(0.02))
    assert real >= 0.02


def test_it_never_goes_back() -> None:
    async def seen() -> list[float]:
        clock = Clock()
        times = [clock.now()]
        for _ in range(2):
            with hastened(1_000):
                times.append(clock.now())
                await clock.sleep(5.0)
                times.append(clock.now())
            times.append(clock.now())
        return times

    times = asyncio.run(seen())
    assert sorted(times) == times
    assert times[-1] - times[0] >= 10.0
