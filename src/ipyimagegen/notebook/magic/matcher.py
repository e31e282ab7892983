"""The completion as IPython wants it (its matcher API, version 2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult

from ...core.errors import StorageError
from ...core.models import ModelSpec
from ...history import Row
from .commands.access import services_with_keys
from .complete import offer
from .fields import is_offered
from .variables import is_picture

if TYPE_CHECKING:
    from .magics import ImageGen

MAX_ROWS = 200
"""How far back the journal is looked through for one completion."""


class Matcher:
    """Completes the magics' lines. While it has something to offer, IPython's other matchers are not asked."""

    matcher_api_version = 2
    matcher_priority = 1000.0
    matcher_identifier = "ipyimagegen"

    def __init__(self, magics: ImageGen) -> None:
        self._sources = ShellSources(magics)
        self.__qualname__ = self.matcher_identifier  # IPython asks for it as of a function

    def __call__(self, context: CompletionContext) -> SimpleMatcherResult:
        """Candidates for the place of the cursor; none outside of our cells."""
        found = offer(context.full_text, context.cursor_line, context.cursor_position, self._sources)
        if found is None:
            return SimpleMatcherResult(completions=[])
        return SimpleMatcherResult(
            completions=[SimpleCompletion(text, type=kind) for text, kind in found.texts],
            matched_fragment=found.fragment,
            suppress=True,
            ordered=True,
        )


class ShellSources:
    """The candidates of a running shell."""

    def __init__(self, magics: ImageGen) -> None:
        self._magics = magics

    def models(self) -> Sequence[ModelSpec]:
        """Models of the services that have answered."""
        return self._magics.known.models()

    def model(self, name: str) -> ModelSpec | None:
        """One model, if its service has answered."""
        return self._magics.known.model(name)

    def names(self) -> Iterable[str]:
        """The notebook's variables, sorted."""
        return sorted(name for name, value in self._magics.names.items() if is_offered(name, value))

    def pictures(self) -> Iterable[str]:
        """Those that hold a picture, going by their types alone."""
        names = self._magics.names
        return [name for name in self.names() if is_picture(names.get(name))]

    def jobs(self) -> Iterable[str]:
        """Job ids, running ones first, newest first."""
        jobs = self._magics.client.jobs()[::-1]
        return [job.id for job in sorted(jobs, key=lambda job: job.done)]

    def left(self) -> Iterable[str]:
        """Job ids of the journal's open jobs, newest first."""
        return [row.id for row in self._rows(open_only=True)]

    def results(self) -> Iterable[str]:
        """Job ids of the journal's results, newest first."""
        return [row.id for row in self._rows() if row.phase == "succeeded"]

    def services(self) -> Iterable[str]:
        """The services that a key can be given for."""
        return services_with_keys(self._magics.client)

    def _rows(self, *, open_only: bool = False) -> list[Row]:
        journal = self._magics.client.journal
        with suppress(StorageError):
            return [] if journal is None else journal.rows(limit=MAX_ROWS, open_only=open_only)
        return []
