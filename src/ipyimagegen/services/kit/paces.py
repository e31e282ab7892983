"""How long a service's jobs take, which polls go by: shared by all clients, and noted in the user's journal.

A new client, also one of another kernel, knows as much as the ones before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress

from ...core import forks
from ...core.errors import StorageError
from ...history.recall import journal as users_journal
from ...history.warn import warn_once, watcher
from ...net.addresses import parts
from ...net.polling import KEPT, Durations, Span

ENOUGH = 4
"""After so many jobs only one that is faster or slower than all of them is noted."""

RECALL_S = 0.5
"""How long a job waits for what was noted: the journal may be locked."""


class Paces:
    """What jobs took, by model. `name`: what the journal has it by; without one nothing is noted."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self._durations = Durations()
        self._readings: dict[str, Future[list[Span]]] = {}
        self._read: set[str] = set()
        forks.renew(self)

    def after_fork_in_child(self) -> None:
        """What the parent was about to read it reads for itself."""
        self._readings = {}

    async def recall(self, model: str) -> None:
        """Until what was noted of `model` before is known here. A journal that cannot be read knows nothing."""
        if not self.name or model in self._read:
            return
        spans: list[Span] = []
        with suppress(StorageError):
            journal = users_journal()
            if model not in self._readings:
                self._readings[model] = journal.paces(self._key(model))
            reading = asyncio.wrap_future(self._readings[model])
            reading.add_done_callback(lambda read: read.cancelled() or read.exception())
            if (await asyncio.wait({reading}, timeout=0 if journal.is_locked else RECALL_S))[1]:
                return  # it is known by the next job, perhaps
            spans = reading.result()
        if model not in self._read:
            self._read.add(model)
            self._durations.precede(model, spans)

    def of(self, model: str, *, unit_s: float = 1.0) -> tuple[Span, ...]:
        """The latest durations of a model in units of `unit_s` seconds, oldest first."""
        return self._durations.of(model, unit_s=unit_s)

    def add(self, model: str, low_s: float, high_s: float | None = None) -> None:
        """A job of `model` ran between `low_s` and `high_s` seconds; exactly `low_s`, where the service says so."""
        before = self._durations.of(model)
        span = self._durations.add(model, low_s, high_s)
        if span is not None and self.name and _is_news(span, before):
            journal = users_journal()
            try:
                journal.paced(self._key(model), span, keep=KEPT).add_done_callback(watcher(journal.folder))
            except RuntimeError as error:  # at the end of the process
                warn_once(error, journal.folder)

    def _key(self, model: str) -> str:
        return f"{self.name} {model}"


def paces_of(service: str, base_url: str) -> Paces:
    """The one for a service at an address: what a rehearsal at a gateway takes says nothing about the service."""
    scheme, host, port = parts(base_url)
    name = f"{service} {scheme}://{host}:{port}"
    return _known.setdefault(name, Paces(name))


def _is_news(span: Span, known: Sequence[Span]) -> bool:
    """Whether the next kernel would expect something else for it."""
    return len(known) < ENOUGH or span[0] < min(low for low, _ in known) or span[1] > max(high for _, high in known)


_known: dict[str, Paces] = {}
