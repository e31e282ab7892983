"""May this call be made again? A pure decision from what was tried and what came back.

Whether a call may be repeated is said by the call (`Repeat`), never guessed from its HTTP method. The rules are those
of all services (services/PROTOCOL.md, 1): a submit is sent again, or called refused, only on proof that nothing was
taken in. Everything else is `Ambiguous`, as a proxy's 5xx is: the job behind it may run, and be billed.
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

REFUSALS = frozenset(
    {400, 401, 402, 403, 404, 405, 406, 407, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 425, 426, 428, 431, 451}
)
"""Statuses that blame the request itself, so that nobody has begun to work on it, whoever says so (RFC 9110, 15.5;
425 is RFC 8470: unwilling to begin). Not here: 408 and 499 (a wait was over: Envoy says 408 also of a service that was
still at work), 409, 423 and 424 (something else runs, perhaps this very job), and what vendors have made up."""
MOVED = frozenset({301, 307, 308})
"""Redirects that say: not done here. 302 and 303 are also how a place says that it has done it: look there."""
OWN_REFUSALS = frozenset({409, 423, 424, 500, 501, 503})
"""Statuses that prove a refusal in the service's own form of error alone. 502, 504, 520 to 529 and the like are about
what stands behind whoever speaks, in any words."""


class Repeat(Enum):
    """What a call risks when it is made twice."""

    READ = "read"
    """Nothing: polls, streams, downloads, uploads, cancels. Repeated until the deadline."""
    SUBMIT = "submit"
    """Money. Repeated only on proof that nothing was accepted."""
    SUBMIT_AFTER_5XX = "submit, again after 5xx"
    """As `SUBMIT`, at a route of which the service says that after a 5xx of its own it may be sent again."""
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
    (a bad certificate). `retry_after_s`: what the service asked for. `own`: the body is in the form of error that the
    service documents. `lost`: it is in the words of a proxy that passed the request on (`net.proxies` tells both).
    """

    status: int | None = None
    sent: bool = True
    lasting: bool = False
    retry_after_s: float | None = None
    own: bool = False
    lost: bool = False


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
    if repeat is Repeat.NEVER or (outcome.lasting and outcome.status is None):
        return No()
    if repeat is Repeat.READ:
        return again if outcome.status is None or outcome.status in PASSING else No()
    if outcome.status is None or outcome.status == TOO_MANY:
        return again
    if outcome.status == UNAVAILABLE and outcome.retry_after_s is not None and not outcome.lost:
        return again
    if outcome.status in REFUSALS or outcome.status in MOVED:
        return No()
    if not outcome.own or outcome.status not in OWN_REFUSALS:
        return Ambiguous()
    may = repeat is Repeat.SUBMIT_AFTER_5XX and outcome.status >= 500 and attempt < REFUSED_ATTEMPTS
    return again if may else No()
