"""How many jobs a service takes at a time, learned from its refusals.

Nothing is held back until a service says that it is full. Then as many are let in as were there when it refused; the
rest wait in the order in which they came. After enough acceptances one more is tried, and more rarely each time that
fails. Reads do not come here: a poll must not wait for a submit.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from ..core import forks
from .clock import Clock

HOLD_S = 120.0
"""A running job that nobody asks about any more is forgotten after this long."""
MAX_PATIENCE = 64
"""One more job is tried after at most this many acceptances for each job that the service takes at a time."""


@dataclass(slots=True, weakref_slot=True, eq=False)
class Gate:
    """Admission to one service, first come, first served. Use it on one loop.

    `limit` is how many may be inside at once, `None` as long as nothing was refused. Inside are submits under way,
    and jobs that are known to run (`hold`, `release`).
    """

    clock: Clock = field(default_factory=Clock)
    limit: int | None = None
    _arrivals: int = 0
    _inside: set[int] = field(default_factory=set)
    _held: dict[str, float] = field(default_factory=dict)
    _waiting: dict[int, asyncio.Future[None]] = field(default_factory=dict)
    _closed_until: float = 0.0
    _accepted: int = 0
    _patience: int = 1
    _trying: bool = False

    def __post_init__(self) -> None:
        forks.renew(self)

    def after_fork_in_child(self) -> None:
        """What is inside are the parent's submits and jobs; how many may be there was learned of the service."""
        self._inside, self._held, self._waiting = set(), {}, {}

    def arrive(self) -> int:
        """A place in the queue, for all attempts of one submit."""
        self._arrivals += 1
        return self._arrivals

    async def enter(self, place: int) -> None:
        """Wait until there is room and nobody is before us. Cancelling gives the place up. `leave` must follow."""
        try:
            while (wait_s := self._wait_s() if place < min(self._waiting, default=place + 1) else None) != 0.0:
                await self._called(place, wait_s)
            self._inside.add(place)
        finally:
            self._wake()  # let in or gone: the next one may find room

    def leave(self, place: int, *, accepted: bool = False) -> None:
        """The attempt is over. `accepted`: the service took the job."""
        self._inside.discard(place)
        if accepted and self.limit is not None:
            self._accepted += 1
            if self._accepted >= self._patience * self.limit:
                self.limit += 1
                self._accepted, self._trying = 0, True
        self._wake()

    def refused(self, for_s: float) -> None:
        """The service is full: nobody is let in for `for_s` seconds, and fewer after that. Call it after `leave`."""
        room = max(self.busy, 1)
        self.limit = room if self.limit is None else min(self.limit, room)
        if self._trying:
            self._patience = min(self._patience * 2, MAX_PATIENCE)
        self._accepted, self._trying = 0, False
        self._closed_until = max(self._closed_until, self.clock.now() + for_s)

    def hold(self, job: str) -> None:
        """A job runs at the service and takes up room. Say so right after its submit, and again at each poll."""
        self._held[job] = self.clock.now() + HOLD_S

    def release(self, job: str) -> None:
        """A job is over. Unknown ones are ignored."""
        if self._held.pop(job, None) is not None:
            self._wake()

    @property
    def busy(self) -> int:
        """How many are inside."""
        now = self.clock.now()
        self._held = {job: until for job, until in self._held.items() if until > now}
        return len(self._inside) + len(self._held)

    def _wait_s(self) -> float | None:
        """How long the first in the queue has to wait at least; `None`: until somebody leaves."""
        now = self.clock.now()
        if now < self._closed_until:
            return self._closed_until - now
        if self.limit is None or self.busy < self.limit:
            return 0.0
        return min(self._held.values()) - now if self._held else None

    async def _called(self, place: int, wait_s: float | None) -> None:
        """Stand in the queue until called, or for `wait_s` seconds."""
        call: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[place] = call
        alarm = None if wait_s is None else asyncio.ensure_future(self.clock.sleep(wait_s))
        try:
            await asyncio.wait({call, alarm} if alarm else {call}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._waiting[place]
            if alarm:
                alarm.cancel()

    def _wake(self) -> None:
        """Let the first in the queue look again: a turn of the loop later, so that a `hold` after a submit counts."""
        asyncio.get_running_loop().call_soon(self._call_first)

    def _call_first(self) -> None:
        if self._waiting:
            call = self._waiting[min(self._waiting)]
            if not call.done():
                call.set_result(None)
