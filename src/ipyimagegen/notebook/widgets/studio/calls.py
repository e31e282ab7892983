"""The calls that a studio has under way: a queue that the page shows, each job of it apart."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ....core.errors import capped
from ....core.models import ModelSpec
from ....jobs.batch import Batch
from ....jobs.job import Job
from ..job_view.widget import described

MAX_PROMPT_CHARS = 80
"""A tile's label; it is sent with every update."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One press on Run: its jobs, and the values that it was made of (inputs as they were given)."""

    work: Job | Batch
    spec: ModelSpec
    values: Mapping[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        """The first job's id."""
        return self.work.jobs[0].id

    def values_with(self, seed: int | None) -> dict[str, Any]:
        """The values that make one picture again: its seed in place, where the model takes one."""
        name = self.spec.params.seed
        return dict(self.values) if name is None or seed is None else {**self.values, name.name: seed}


@dataclass(slots=True)
class Calls:
    """Calls under way, and those that failed or were cancelled until they are dismissed; oldest first.

    A result can be there before anyone was told of it: a call stays until `land` has told.
    """

    _calls: list[Call] = field(default_factory=list)
    _landed: set[str] = field(default_factory=set)

    def add(self, call: Call) -> None:
        """A new one. Those that ended without a picture make room for it."""
        self._calls = [one for one in self._calls if not self._is_over(one)] + [call]

    def land(self) -> list[tuple[Call, Job]]:
        """The jobs that have given their result since this was asked last; each is told once."""
        fresh = [(call, job) for call, job in self.jobs() if job.id not in self._landed and _gave_result(job)]
        self._landed.update(job.id for _, job in fresh)
        return fresh

    def tidy(self) -> None:
        """Leave out what has given all its pictures."""
        self._calls = [one for one in self._calls if any(job.id not in self._landed for job in one.work.jobs)]
        self._landed &= {job.id for _, job in self.jobs()}

    def dismiss(self, job_id: str) -> None:
        """Leave out an ended call by one of its jobs."""
        self._calls = [
            one for one in self._calls if not (self._is_over(one) and any(job.id == job_id for job in one.work.jobs))
        ]

    def _is_over(self, call: Call) -> bool:
        """Whether no job of it can still move, and all that they gave has landed."""
        return all(job.outcome.done() and (job.id in self._landed or not _gave_result(job)) for job in call.work.jobs)

    def jobs(self) -> Iterator[tuple[Call, Job]]:
        """Every job of every call."""
        for call in self._calls:
            for job in call.work.jobs:
                yield call, job

    def running(self) -> list[Job]:
        """Jobs that have not ended."""
        return [job for _, job in self.jobs() if not job.done]

    def unfinished(self) -> set[str]:
        """The ids of calls that still run."""
        return {call.id for call in self._calls if not self._is_over(call)}

    def described(self) -> list[dict[str, Any]]:
        """All jobs as the page's contract has them."""
        return [described_job(call, job) for call, job in self.jobs()]


def _gave_result(job: Job) -> bool:
    return job.outcome.done() and job.exception() is None


def described_job(call: Call, job: Job) -> dict[str, Any]:
    """A job with its call, and with the time in the queue and at work apart."""
    state = job.state
    now = state.ended_at or time.time()
    began = state.started_at if state.started_at is not None else now
    fields = ("id", "phase", "text", "fraction", "eta_s", "elapsed_s", "width", "height", "error")
    known = described(job)
    return {name: known[name] for name in fields} | {
        "call": call.id,
        "model": job.model,
        "queue_s": max(0.0, began - state.created_at),
        "run_s": max(0.0, now - began) if state.started_at is not None else None,
        "prompt": capped(job.request.prompt, MAX_PROMPT_CHARS),
        "cannot_cancel": call.spec.cannot_cancel,
    }
