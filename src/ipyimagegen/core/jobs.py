"""Where a job stands: `JobState`, and `apply`, the one pure function that moves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from .cost import UNKNOWN, Cost
from .errors import capped
from .events import JSON, Cancelled, Event, Failed, Frame, Log, Output, Preview, Progress, Queued, Running, Succeeded

Phase = Literal["preparing", "queued", "running", "cancelling", "fetching", "succeeded", "failed", "cancelled"]
FINAL: frozenset[Phase] = frozenset({"succeeded", "failed", "cancelled"})
MAX_LOG_LINES = 500
MAX_LINE_CHARS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """A job at one moment. Times are seconds since the epoch, `None` before they happen.

    `fraction` (0 to 1) never moves back; `eta_s` is what the service, or earlier runs, made of it at `changed_at`.
    """

    phase: Phase = "preparing"
    created_at: float = 0.0
    queued_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    changed_at: float = 0.0
    position: int | None = None
    fraction: float | None = None
    step: int | None = None
    steps: int | None = None
    eta_s: float | None = None
    message: str = ""
    preview: Frame | None = None
    preview_step: int = 0
    logs: tuple[str, ...] = ()
    outputs: tuple[Output, ...] = ()
    seed: int | None = None
    cost: Cost = UNKNOWN
    facts: Mapping[str, JSON] | None = None
    text_output: str = ""
    error: str = ""

    def __repr__(self) -> str:
        return f"<JobState {in_words(self)}>"

    @property
    def done(self) -> bool:
        """Whether nothing more can happen."""
        return self.phase in FINAL

    def elapsed_s(self, now: float) -> float:
        """Seconds since the job was made, until it ended or `now`."""
        return max(0.0, (self.ended_at or now) - self.created_at)

    @property
    def run_s(self) -> float | None:
        """Seconds from the start of the work to its end; `None` until both are known."""
        return self.ended_at - self.started_at if self.started_at is not None and self.ended_at is not None else None


def apply(state: JobState, event: Event, at: float) -> JobState:
    """The state after `event` at time `at` (epoch seconds). Events after the end change nothing."""
    if state.done:
        return state
    state = replace(state, changed_at=at)
    match event:
        case Queued(position=position, message=message):
            if state.phase not in ("preparing", "queued"):
                return state
            return replace(
                state,
                phase="queued",
                position=position,
                message=_line(message),
                queued_at=at if state.queued_at is None else state.queued_at,
            )
        case Running(message=message):
            return replace(_started(state, at), message=_line(message) or state.message)
        case Progress():
            return _progressed(_started(state, at), event)
        case Preview(frame=frame, step=step):
            return replace(_started(state, at), preview=frame, preview_step=step)
        case Log(line=line):
            return replace(state, logs=(*state.logs, _line(line))[-MAX_LOG_LINES:])
        case Succeeded():
            return _succeeded(_started(state, at), event, at)
        case Failed(message=message, cost=cost):
            return replace(
                state, phase="failed", ended_at=at, eta_s=None, error=capped(message), cost=cost or state.cost
            )
        case Cancelled(message=message):
            return replace(state, phase="cancelled", ended_at=at, eta_s=None, error=capped(message))


def _started(state: JobState, at: float) -> JobState:
    phase: Phase = "running" if state.phase in ("preparing", "queued") else state.phase
    return replace(state, phase=phase, position=None, started_at=at if state.started_at is None else state.started_at)


def _progressed(state: JobState, event: Progress) -> JobState:
    fraction = event.fraction
    if fraction is None and event.step is not None and event.steps:
        fraction = event.step / event.steps
    if fraction is not None:
        fraction = min(1.0, max(0.0, fraction, state.fraction or 0.0))
    return replace(
        state,
        fraction=state.fraction if fraction is None else fraction,
        step=state.step if event.step is None else event.step,
        steps=event.steps or state.steps,
        eta_s=event.eta_s if event.eta_s is None or event.eta_s >= 0 else None,
        message=_line(event.message) or state.message,
    )


def _succeeded(state: JobState, event: Succeeded, at: float) -> JobState:
    """Done at the service: what is left is to fetch the outputs, after which `finished` ends the job."""
    facts: dict[str, JSON] = dict(event.facts)
    times = {"queue_s": event.queue_s, "inference_s": event.inference_s}
    facts.update({name: seconds for name, seconds in times.items() if seconds is not None})
    return replace(
        state,
        phase="fetching",
        ended_at=None,
        fraction=1.0,
        eta_s=None,
        outputs=event.outputs,
        seed=event.seed,
        cost=event.cost or state.cost,
        facts=facts,
        text_output=event.text,
        message="",
        changed_at=at,
    )


def cancelling(state: JobState, at: float) -> JobState:
    """The state after somebody asked for an end, before the service answered."""
    return state if state.done else replace(state, phase="cancelling", changed_at=at, eta_s=None)


def finished(state: JobState, at: float) -> JobState:
    """The state once the outputs are here."""
    return state if state.done else replace(state, phase="succeeded", ended_at=at, changed_at=at, fraction=1.0)


def in_words(state: JobState) -> str:
    """The status for a person: `queued, 3 ahead`, `running, step 7 of 20`. Untrusted parts are capped text."""
    match state.phase:
        case "queued" if state.position:
            words = f"queued, {state.position} ahead"
        case "running" if state.step is not None and state.steps:
            words = f"running, step {state.step} of {state.steps}"
        case "fetching":
            words = "fetching the picture"
        case "failed":
            return f"failed: {state.error.splitlines()[0]}" if state.error else "failed"
        case phase:
            words = phase
    return f"{words} · {state.message}" if state.message and not state.done else words


def _line(text: str) -> str:
    return capped(" ".join(text.split()), MAX_LINE_CHARS)
