"""Equal calls of several sweeps of one process: made once, also while two sweeps run at the same time.

A cell that is run again in a notebook while its first sweep still runs asks for the same pictures a second time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Once:
    """The calls under way, and those made, by identity. Used on the background loop only."""

    busy: dict[str, asyncio.Event] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)

    @asynccontextmanager
    async def turn(self, identity: str) -> AsyncIterator[str]:
        """A block in which nobody else makes this call; gives the job that has made it meanwhile, else `""`."""
        while (other := self.busy.get(identity)) is not None:
            await other.wait()
        mine = self.busy[identity] = asyncio.Event()
        try:
            yield self.made.get(identity, "")
        finally:
            del self.busy[identity]
            mine.set()


_by_journal: dict[Path, Once] = {}


def once(folder: Path) -> Once:
    """That of the sweeps which write to the journal in `folder`."""
    return _by_journal.setdefault(folder, Once())
