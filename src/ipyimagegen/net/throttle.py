"""How many jobs a service takes at a time, learned from its refusals.

Nothing is held back until a service answers 429. Then as many are let in as it had when it refused, the rest wait in the order
in which they came, and after a quiet while one more is tried. Reads are never held back here: a poll must not wait for a
submit.
"""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass, field
from types import TracebackType

from .clock import Clock

PROBE_S = 30.0
"""After this long without a refusal one more job is tried; the time doubles with each refusal, up to `PROBE_CEILING_S`."""
PROBE_CEILING_S = 960.0
HOLD_S = 120.0
"""A running job that nobody asks about any more is forgotten after this long."""


@dataclass(slots=True)
class Gate:
    """Admission to one service, first come, first served. Use it on one loop.

    `limit` is how many are let in at once, `None` as long as nothing was refused. What counts is submits under way and jobs
    that are known to run (`hold`, `release`).
    """

    clock: Clock = field(default_factory=Clock)
    limit: int | None = None
    _arrivals: int = 0
    _inside: set[int] = field(default_factory=set)
    _held: dict[str, float] = field(default_factory=dict)
    _waiting: list[tuple[int, asyncio.Future[None]]] = field(default_factory=list)
    _closed_until: float = 0.0
    _probe_s: float = PROBE_S
    _changed_at: float = 0.0

    def turn(self) -> Turn:
        """A place in the queue, kept through all attempts of one submit."""
        self._arrivals += 1
        return Turn(self, self._arrivals)

    def hold(self, job: str) -> None:
        """A job runs at the service and takes up room there. Say so right after its submit, and again at each poll."""
        self._held[job] = self.clock.now() + HOLD_S

    def release(self, job: str) -> None:
        """The job is over. Unknown ones are ignored."""
        if self._held.pop(job, None) is not None:
            self._wake()

    @property
    def busy(self) -> int:
        """How many are inside: submits under way and jobs that run."""
        now = self.clock.now()
        self._held = {job: until for job, until in self._held.items() if until > now}
        return len(self._inside) + len(self._held)

    def _wait_s(self) -> float:
        """How long the first in the queue has to wait; 0: not at all. Something may happen sooner, and wakes it."""
        now = self.clock.now()
        if now < self._closed_until:
            return self._closed_until - now
        if self.limit is None or self.busy < self.limit:
            return 0.0
        probe_at = self._changed_at + self._probe_s
        if now >= probe_at:
            self.limit += 1
            self._changed_at = now
            return 0.0
        return max(min([probe_at, *self._held.values()]) - now, 0.001)

    def _refused(self, order: int, for_s: float) -> None:
        now = self.clock.now()
        others = self.busy - (order in self._inside)
        room = max(others, 1)
        self.limit = room if self.limit is None else min(self.limit, room)
        self._probe_s = min(self._probe_s * 2, PROBE_CEILING_S) if now - self._changed_at > for_s else self._probe_s
        self._changed_at = now
        self._closed_until = max(self._closed_until, now + for_s)

    def _wake(self) -> None:
        """Let the first in the queue look again: one turn later, so that a `hold` right after a submit counts."""
        asyncio.get_running_loop().call_soon(self._call_first)

    def _call_first(self) -> None:
        while self._waiting and self._waiting[0][1].done():
            heapq.heappop(self._waiting)
        if self._waiting:
            self._waiting[0][1].set_result(None)


@dataclass(slots=True)
class Turn:
    """One submit's place. `async with turn.inside():` around each attempt; `refused` where the service was full."""

    gate: Gate
    order: int

    async def enter(self) -> None:
        """Wait until there is room. Cancelling gives the place up. Put a time limit around it with `asyncio.timeout`."""
        gate = self.gate
        try:
            while True:
                first = not gate._waiting or min(gate._waiting)[0] > self.order
                wait_s = gate._wait_s() if first else None
                if wait_s == 0.0:
                    gate._inside.add(self.order)
                    return
                await self._called(wait_s)
        finally:
            gate._wake()  # let in or gone: the next may find room

    async def _called(self, wait_s: float | None) -> None:
        """Wait in the queue for a call, or for `wait_s` seconds."""
        gate = self.gate
        call: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        place = (self.order, call)
        heapq.heappush(gate._waiting, place)
        alarm = asyncio.ensure_future(gate.clock.sleep(wait_s)) if wait_s is not None else None
        try:
            await asyncio.wait({call, alarm} if alarm else {call}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if alarm:
                alarm.cancel()
            if place in gate._waiting:
                gate._waiting.remove(place)
                heapq.heapify(gate._waiting)

    def refused(self, for_s: float) -> None:
        """The service was full: nobody is let in for `for_s` seconds, and fewer after that."""
        self.gate._refused(self.order, for_s)

    def leave(self) -> None:
        """The attempt is over."""
        self.gate._inside.discard(self.order)
        self.gate._wake()

    async def __aenter__(self) -> Turn:
        await self.enter()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.leave()
