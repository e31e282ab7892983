"""States that a service names and nobody here knows.

A job in one counts as running, since new words come with new versions of a service. If the word means an end, whoever
waits without a deadline would wait for ever and never learn it: so the view shows the word from the start, and after a
minute of it a warning says what is going on.
"""

from __future__ import annotations

import logging
import warnings

from ...core.errors import capped
from ...net.clock import Clock

TELL_AFTER_S = 60.0
SHOWN_CHARS = 80
RUNNING = frozenset(
    {
        "",
        "active",
        "executing",
        "generating",
        "in_progress",
        "in-progress",
        "preparing",
        "processing",
        "running",
        "started",
        "starting",
        "update",
        "uploading",
        "working",
    }
)
"""Words of a service, in lower case, that say that a job runs."""


def unknown_word(word: object) -> str:
    """A state's word as the view shows it; `""` for one that plainly says that the job runs."""
    text = capped(str(word), SHOWN_CHARS) if isinstance(word, str | int | float) else ""
    return "" if text.lower() in RUNNING else text


class UnknownStates:
    """The states of one job, one after the other; one that nobody knows is told once, after a minute of it."""

    def __init__(self, service: str, job_id: str, clock: Clock) -> None:
        self._name = f"{service}: job {capped(job_id, SHOWN_CHARS)}"
        self._clock = clock
        self._word: object = ""
        self._since = 0.0
        self._told = False

    def see(self, word: object, *, known: bool) -> None:
        """The service names this state; `known` is whether its meaning is."""
        now = self._clock.now()
        if known or not unknown_word(word):
            self._word = ""
        elif word != self._word:
            self._word, self._since = word, now
        elif now - self._since >= TELL_AFTER_S and not self._told:
            self._told = True
            _tell(
                f"{self._name}: {unknown_word(word)!r}, says the service, for {now - self._since:.0f} s now, which is "
                "no state that is known here. It may have ended: look at the service. It is asked until an interrupt "
                "or a deadline ends it"
            )


def _tell(text: str) -> None:
    try:
        warnings.warn(text, RuntimeWarning, stacklevel=2)
    except RuntimeWarning:  # python -W error: no reason to lose a job
        logging.getLogger("ipyimagegen").warning(text)
