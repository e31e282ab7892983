"""`Client`: the facade.

It owns the services, the jobs of this session, and the way of one job from request to result.
"""

from __future__ import annotations

import asyncio
import difflib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

from ..core import forks
from ..core.arguments import text
from ..core.errors import ImagegenError, JobCancelled, JobTimeout, StorageError, UnknownJob, UnknownModel
from ..core.models import ModelSpec, split_model
from ..core.params import Params
from ..core.requests import Request
from ..history import Journal, Row, new_id
from ..history.recall import journal as users_journal
from ..history.warn import watcher
from ..media.fitting import with_fit
from ..media.results import Result
from ..runtime import Runtime, runtime
from ..services.base import Registry
from ..settings.config import Settings, load
from .batch import Batch
from .driver import CANCEL_GRACE_S, Driver
from .estimates import Estimates, work_of
from .job import Job, Stream
from .money import Money
from .plan import Plan, make_plan, named_model, with_prompt
from .waiting import attended, await_for, wait_for

JOB_ID = "the id of a job: a text such as 'jm7wq6xenyt2g', which job.id and %imagegen jobs tell"
KEPT_JOBS = 500
"""Ended jobs that stay listed in this session."""


class Client:
    """Runs models. Make one and share it: it is safe from any thread and any event loop.

    Without arguments it knows every installed service, reads its settings from the nearest `pyproject.toml`, and
    writes to the user's journal (`journal=None`: to none, and a job that outlives this process is then lost).
    """

    def __init__(
        self,
        *,
        settings: Settings | None = None,
        services: Registry | None = None,
        journal: Journal | Literal["user"] | None = "user",
    ) -> None:
        self.settings = load() if settings is None else settings
        self.services = Registry.discover() if services is None else services
        self.journal = users_journal() if journal == "user" else journal
        self.money = Money(lambda: self.settings, self.journal)
        self._estimates: Estimates | None = None
        self._learning = forks.lock()
        self._jobs: dict[str, Job] = {}
        forks.renew(self)

    def after_fork_in_child(self) -> None:
        """The jobs are the parent's; by the journal `attach` follows them here too."""
        self._jobs = {}

    @property
    def runtime(self) -> Runtime:
        """The background loop (looked up each time: a forked child has its own)."""
        return runtime()

    @property
    def estimates(self) -> Estimates:
        """How long jobs take: learned from the journal at first use, and from every job since."""
        if self._estimates is None:
            with self._learning:
                if self._estimates is None:  # nobody was quicker
                    self._estimates = self._learned()
        return self._estimates

    def _learned(self) -> Estimates:
        learned = Estimates()
        with suppress(StorageError):
            learned.load(self.journal.durations() if self.journal is not None else ())
        self._keep_within_limits()
        return learned

    def _keep_within_limits(self) -> None:
        """Forget what the settings do not want to be kept: once, in the background, before the first job."""
        days, gigabytes = self.settings.history_days, self.settings.history_gb
        if self.journal is not None and (days is not None or gigabytes is not None):
            done = self.journal.keep_within(days=days, gigabytes=gigabytes)
            done.add_done_callback(watcher(self.journal.folder))

    # -- models ---------------------------------------------------------------------------------------------------

    def models(self, query: str = "") -> list[ModelSpec]:
        """All known models, or those whose name, title or description has every word of `query`.

        May ask the services for their catalogues (a read, free of charge); one that cannot be reached is left out.
        """
        return self.runtime.run(self._models(text(query, "query", "words to look for")))

    async def _models(self, query: str) -> list[ModelSpec]:
        words = query.lower().split()
        found = await asyncio.gather(*(self._catalogue(name) for name in self.services.names()))
        return [spec for specs in found for spec in specs if _matches(spec, words)]

    async def _catalogue(self, name: str) -> Sequence[ModelSpec]:
        try:
            return [with_fit(spec) for spec in await self.services.get(name).models()]
        except ImagegenError:
            return ()

    def model(self, model: str | ModelSpec = "") -> ModelSpec:
        """What is known of one model. Raises `UnknownModel` with the nearest names."""
        return self.runtime.run(self._model(model))

    async def _model(self, model: str | ModelSpec) -> ModelSpec:
        model = self.settings.model if model in ("", None) else str(model)
        service, name = split_model(model)
        try:
            return with_fit(await self.services.get(service).model(name))
        except UnknownModel as error:
            if error.suggestions:
                raise
            known = [spec.id for spec in await self._models("")]
            near = difflib.get_close_matches(model, known, n=3, cutoff=0.5)
            raise UnknownModel(model, near, hint=error.hint) from error

    # -- jobs -----------------------------------------------------------------------------------------------------

    def submit(
        self,
        model: str | ModelSpec = "",
        prompt: str | None = None,
        /,
        *,
        n: int = 1,
        max_cost: Decimal | float | None = None,
        **params: Any,
    ) -> Job | Batch:
        """Check the parameters, send the job, and return at once with a `Job` (a `Batch` for `n` over 1).

        `model` may also be given by that name, and `prompt` by the model's own name for it.
        May cost money. Raises `InvalidInput` with every problem, `UnknownModel` or `BudgetExceeded` before anything is
        sent; what goes wrong later is raised by `result()`. `max_cost` is in US dollars, for all `n` together.
        """
        return self.start(self.planned(model, prompt, params, n=n, max_cost=max_cost))

    async def async_submit(
        self,
        model: str | ModelSpec = "",
        prompt: str | None = None,
        /,
        *,
        n: int = 1,
        max_cost: Decimal | float | None = None,
        **params: Any,
    ) -> Job | Batch:
        """`submit` for coroutines: awaits the model's description instead of blocking on it."""
        model, params = named_model(model, params)
        spec = await self.runtime.bridge(self._model(model))
        values = with_prompt(spec, prompt, params)
        reading = asyncio.to_thread(self.plan, spec, values, n=n, max_cost=max_cost)  # it reads files
        plan = await self.runtime.bridge(reading)  # not on a thread of the caller's loop, which has none at the end
        return self.start(plan)

    def planned(
        self,
        model: str | ModelSpec,
        prompt: str | None,
        params: dict[str, Any],
        *,
        n: int = 1,
        max_cost: Decimal | float | None = None,
    ) -> Plan:
        """The `plan` of a call with the arguments of `submit`: asks for the model's description where need be."""
        model, params = named_model(model, params)
        spec = self.model(model)
        return self.plan(spec, with_prompt(spec, prompt, params), n=n, max_cost=max_cost)

    def plan(
        self, spec: ModelSpec, params: Mapping[str, Any], *, n: int = 1, max_cost: Decimal | float | None = None
    ) -> Plan:
        """A call as it would be sent, by a model's description that is at hand. Reads input files; costs nothing.

        Raises one `InvalidInput` with every problem. `start` sends it; `max_cost` and the settings' cap go along.
        """
        cap = self.settings.having("max_cost", max_cost)
        plan = make_plan(spec, params, n=n, cap=cap, keep_metadata=self.settings.keep_input_metadata)
        return replace(plan, prices=self.money.prices(spec, plan.requests)) if self._asks_prices(plan) else plan

    def _asks_prices(self, plan: Plan) -> bool:
        """Whether it matters what nobody has quoted: a look into the journal is not free of time."""
        price = plan.spec.price
        if price.source == "free":
            return False
        return plan.cap is not None or bool(self.settings.prices or self.money.caps(plan.spec.service))

    def start(self, plan: Plan, *, watch: Callable[[Job], object] = lambda _: None) -> Job | Batch:
        """Send a plan and return at once. May cost money. Raises `BudgetExceeded` where it is over its cap.

        `watch` is called with each job before it is sent, so that no event is missed.
        """
        plan.refuse_over_cap()
        jobs = [self.job_for(plan.spec, request) for request in plan.requests]
        calls = [(job.id, job.request) for job in jobs]
        self.money.reserve(plan.spec, calls, prices=plan.prices, capped=plan.cap is not None)
        with attended() as attend:  # nobody has a handle yet
            for job in jobs:
                attend(job)
                watch(job)
                self.launch(job)
        return jobs[0] if len(jobs) == 1 else Batch(jobs)

    def run(
        self,
        model: str | ModelSpec = "",
        prompt: str | None = None,
        /,
        *,
        n: int = 1,
        max_cost: Decimal | float | None = None,
        timeout_s: float | None = None,
        **params: Any,
    ) -> Result:
        """Run a model and wait for its pictures. Blocks; Interrupt, or what else a signal raises, cancels the job.

        May cost money. `timeout_s` is a deadline: when it passes the job is cancelled and `JobTimeout` raised.
        """
        limit = self.settings.having("timeout_s", timeout_s)  # a wrong one is refused before anything is sent
        plan = self.planned(model, prompt, params, n=n, max_cost=max_cost)
        with attended() as attend:
            return self.finish(self.start(plan, watch=attend), limit)

    def finish(self, work: Job | Batch, timeout_s: float | None = None) -> Result:
        """Wait for `work`; cancel it when `timeout_s` (else the setting) has passed."""
        limit: float | None = self.settings.having("timeout_s", timeout_s)
        try:
            return wait_for(work, limit)
        except JobTimeout as error:
            raise _overdue(work, limit) from error

    async def async_run(
        self,
        model: str | ModelSpec = "",
        prompt: str | None = None,
        /,
        *,
        n: int = 1,
        max_cost: Decimal | float | None = None,
        timeout_s: float | None = None,
        **params: Any,
    ) -> Result:
        """`run` for coroutines, on any event loop. Cancelling the awaiting task cancels the job."""
        limit = self.settings.having("timeout_s", timeout_s)
        work = await self.async_submit(model, prompt, n=n, max_cost=max_cost, **params)
        return await self.async_finish(work, limit)

    async def async_finish(self, work: Job | Batch, timeout_s: float | None = None) -> Result:
        """Await `work`; cancel it when `timeout_s` (else the setting) has passed."""
        limit: float | None = self.settings.having("timeout_s", timeout_s)
        try:
            return await asyncio.wait_for(await_for(work), limit)
        except TimeoutError as error:
            if limit is None or (work.done and not isinstance(work.exception(), JobCancelled)):
                raise
            raise _overdue(work, limit) from error

    def stream(
        self,
        model: str | ModelSpec = "",
        prompt: str | None = None,
        /,
        *,
        max_cost: Decimal | float | None = None,
        **params: Any,
    ) -> Stream:
        """Run a model and iterate over its events (`for` or `async for`). Leaving the loop early cancels the job."""
        streams: list[Stream] = []
        plan = self.planned(model, prompt, params, max_cost=max_cost)
        self.start(plan, watch=lambda job: streams.append(Stream(job)))
        return streams[0]

    def jobs(self) -> list[Job]:
        """The jobs of this session, oldest first; of those that ended, the last 500."""
        return list(self._jobs.values())

    def job(self, job_id: str) -> Job:
        """A job of this session by its id, or by the start of one. Raises `UnknownJob`, `InvalidInput`."""
        text(job_id, "job_id", JOB_ID)
        found = [job for job in self.jobs() if job.id.startswith(job_id)] if job_id else []
        if len(found) != 1:
            known = ", ".join(list(self._jobs)[-5:]) or "none yet"
            raise UnknownJob(f"{'several jobs begin' if found else 'no job'} with {job_id!r} (newest: {known})")
        return found[0]

    def attach(self, job_id: str, *, spec: ModelSpec | None = None) -> Job:
        """A job by its id, or by the start of one: of this session, or of an earlier one by the journal.

        One that was sent and not collected, or left here while it goes on at its service, is followed again
        from its ticket (a read: nothing is sent or paid twice), and so is one whose outputs were not fetched.
        One that had succeeded comes with its result. Raises `UnknownJob`, also for one of which no ticket was
        noted (yet), and `InvalidInput` for what is no id. With `spec`, the model's description at hand, its service is
        asked for none: many may then be attached to at once on threads that the services need too.
        """
        text(job_id, "job_id", JOB_ID)
        with suppress(UnknownJob):
            known = self.job(job_id)
            if known.ending:
                with suppress(TimeoutError):
                    known.outcome.exception(CANCEL_GRACE_S)
            if known.exception() is None or self.journal is None or not self.journal.row(known.id).is_open:
                return known
        if self.journal is None:
            raise UnknownJob(f"no job {job_id!r} in this session, and this client keeps no journal")
        row = self.journal.row(job_id)
        spec = self._spec_of(row) if spec is None else spec
        job = Job(id=row.id, spec=spec, request=row.request(), runtime=self.runtime, created_at=row.created)
        result = self.journal.result(row.id) if row.phase == "succeeded" else None
        whole = result is not None and not any(artifact.error for artifact in result.artifacts)
        if result is not None and (whole or row.ticket is None):
            job.finish_with(result)
            self._jobs[job.id] = job
        elif row.ticket is not None and (row.is_open or result is not None):
            job.ticket = row.ticket
            self.launch(job)
        else:
            raise UnknownJob(f"job {row.id} ({job.model}) cannot be attached to: {self._why_not(row)}")
        return job

    def _spec_of(self, row: Row) -> ModelSpec:
        with suppress(ImagegenError):
            return self.model(f"{row.service}/{row.model}")
        return ModelSpec(service=row.service, name=row.model, params=Params(open=True))

    def where_to_look(self, service: str) -> str:
        """What a service says of where its jobs are listed, as a sentence; `""` where it says nothing."""
        with suppress(ImagegenError):
            return str(getattr(self.services.get(service), "look", ""))
        return ""

    def _why_not(self, row: Row) -> str:
        if row.phase != "preparing":
            return f"it is {row.phase}; {row.error or 'no reason was noted'}"
        if row.error:
            look = self.where_to_look(row.service)
            return row.error if look in row.error else f"{row.error}. {look}"
        return (
            f"its sending began {max(0.0, time.time() - row.created):.0f} s ago, and no receipt was noted. Another "
            "process may be at it still: attach again in a moment. If none is, look at the service whether the job runs"
        )

    def job_for(self, spec: ModelSpec, request: Request) -> Job:
        """A job for a request that is ready to be sent. Nothing is sent before `launch`."""
        defaults = {param.name: param.default for param in spec.params.values()}
        work = work_of({**defaults, **request.values})
        expected_s = self.estimates.expected_s(spec.id, work)
        return Job(id=new_id(), spec=spec, request=request, runtime=self.runtime, work=work, expected_s=expected_s)

    def launch(self, job: Job) -> None:
        """Send a job that `job_for` made, once, and follow it. May cost money. Never blocks."""
        service = self.services.get(job.spec.service)
        Driver(job, service, estimates=self.estimates, settings=self.settings, journal=self.journal).start()
        self._jobs[job.id] = job
        ended = [other.id for other in self.jobs() if other.done]
        for name in ended[: max(0, len(ended) - KEPT_JOBS)]:
            self._jobs.pop(name, None)  # another thread may have been quicker

    def forget(self, job_id: str) -> None:
        """List an ended job no more: the journal has it, and its pictures need not be held."""
        job = self._jobs.get(job_id)
        if job is not None and job.done:
            self._jobs.pop(job_id, None)

    def close(self) -> None:
        """Close the services' connections. Running jobs go on at the services; the client may be used again."""
        self.runtime.run(self._close())

    async def _close(self) -> None:
        await asyncio.gather(*(service.aclose() for service in self.services.made()))

    def __repr__(self) -> str:
        running = sum(not job.done for job in self.jobs())
        return f"<Client {', '.join(self.services.names())}; {running} jobs running>"


def _matches(spec: ModelSpec, words: Sequence[str]) -> bool:
    text = f"{spec.id} {spec.title} {spec.description}".lower()
    return all(word in text for word in words)


def _overdue(work: Job | Batch, limit_s: float | None) -> JobTimeout:
    work.cancel()
    return JobTimeout(f"job {work.id} was not done after {limit_s:g} s and was cancelled", job_id=work.id)
