"""May this call be made again? A pure decision from what was tried and what came back.

Whether a call may be repeated is said by the call (`Repeat`), never guessed from its HTTP method. The rules are those
of the four services: a submit is sent again only on proof that nothing was accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

BASE_S = 0.5
CEILING_S = 20.0
READ_PATIENCE_S = 120.0
"""Without a deadline, a read is given up when it has failed for this long."""
REACH_PATIENCE_S = 20.0
"""Without a deadline, a submit is given up when the service could not be reached for this long: somebody waits."""
RATE_PATIENCE_S = 3600.0
"""Without a deadline, a rate limit is waited out for this long."""
REFUSED_ATTEMPTS = 3
"""How often a submit is sent in all, where it gets 5xx with an error of the service's own and may be sent again."""

TOO_MANY = 429
UNAVAILABLE = 503
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
"""Statuses after which a read may well succeed."""


class Repeat(Enum):
    """What a call risks when it is made twice."""

    READ = "read"
    """Nothing: polls, streams, downloads, uploads, cancels. Repeated until the deadline."""
    SUBMIT = "submit"
    """Money. Repeated only on proof that nothing was accepted."""
    SUBMIT_AFTER_5XX = "submit, again after 5xx"
    """As `SUBMIT`, at a route of which the service says that a 5xx with an error of its own may be sent again."""
    NEVER = "never"
    """Unknown. Made once."""

    @property
    def pays(self) -> bool:
        """Whether the call starts a job."""
        return self in (Repeat.SUBMIT, Repeat.SUBMIT_AFTER_5XX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one attempt came to: an answer (`status`), or none (`status` is `None`).

    `sent`: the request, or a part of it, may have reached the service. `lasting`: it will not be otherwise next time
    (a bad certificate). `retry_after_s`: what the service asked for. `explained`: the body was a JSON error of the
    service's own.
    """

    status: int | None = None
    sent: bool = True
    lasting: bool = False
    retry_after_s: float | None = None
    explained: bool = False


@dataclass(frozen=True, slots=True)
class No:
    """Take what came as it is."""


@dataclass(frozen=True, slots=True)
class Again:
    """Once more, in so many seconds."""

    in_s: float


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """It may have been accepted, and must not be sent again."""


Decision = No | Again | Ambiguous


def backoff_s(attempt: int, chance: float) -> float:
    """The wait after attempt number `attempt` (from 1): doubling from 0.5 s to 20 s, half of it left to chance."""
    full = min(CEILING_S, BASE_S * 2.0 ** min(attempt - 1, 16))
    return full * (0.5 + 0.5 * chance)


def wait_s(outcome: Outcome, attempt: int, chance: float) -> float:
    """What the service asked for and a little more, so that many jobs do not return at once; or `backoff_s`."""
    if outcome.retry_after_s is None:
        return backoff_s(attempt, chance)
    return outcome.retry_after_s + chance * min(1.0, 0.05 + 0.1 * outcome.retry_after_s)


def decide(
    repeat: Repeat,
    outcome: Outcome,
    *,
    attempt: int,
    elapsed_s: float,
    remaining_s: float | None,
    chance: float,
) -> Decision:
    """Whether to repeat.

    `attempt` counts from 1; `remaining_s` is the caller's deadline (`None`: none); `chance` is 0 to 1. A wait that
    would end after the deadline is not begun.
    """
    verdict = _verdict(repeat, outcome, attempt=attempt)
    if not isinstance(verdict, Again):
        return verdict
    delay = wait_s(outcome, attempt, chance)
    patience = RATE_PATIENCE_S if outcome.status == TOO_MANY else READ_PATIENCE_S
    if repeat.pays and outcome.status is None:
        patience = REACH_PATIENCE_S
    left = patience - elapsed_s if remaining_s is None else remaining_s
    return Again(delay) if delay < left else No()


def _verdict(repeat: Repeat, outcome: Outcome, *, attempt: int) -> Decision:
    again = Again(0.0)
    if repeat.pays and outcome.status is None and outcome.sent:
        return Ambiguous()
    if repeat is Repeat.NEVER or outcome.lasting:
        return No()
    if repeat is Repeat.READ:
        return again if outcome.status is None or outcome.status in PASSING else No()
    if outcome.status is None:
        return again
    if outcome.status == TOO_MANY or (outcome.status == UNAVAILABLE and outcome.retry_after_s is not None):
        return again
    if outcome.status < 500:
        return No()
    if not outcome.explained:
        return Ambiguous()
    return again if repeat is Repeat.SUBMIT_AFTER_5XX and attempt < REFUSED_ATTEMPTS else No()
