"""Predictions: SpeedPix's name for a job. `client.predictions` makes, finds and lists them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any, Unpack

from ...core.arguments import seconds
from ...core.events import Output
from ...core.service_text import one_line
from ...media.artifacts import Payload
from ...runtime import runtime
from ..kit.entry import Entry, seen
from .answers import Task
from .api import Api
from .errors import CANNOT_CANCEL, SERVICE, SpeedPixException
from .events import event_of, ticket_of
from .orders import JOB_OPTIONS, JobOptions, Order, read_call
from .outputs import FileOutput, files_in, hold_all, wrapped

WORDS = frozenset({"waiting", "running", "succeeded", "failed", "cancelled", "canceled"})
KEPT = 1_000
"""Predictions that a client remembers."""


class Prediction:
    """One job at SpeedPix, as it was when somebody last looked: `reload()` looks again, `wait()` until it has ended.

    `status` is `waiting`, `running`, `succeeded`, `failed` or `cancelled`; `output` is there once it has succeeded,
    `error` and `error_code` once it has failed. `progress` is 0 to 1 and `eta_s` in seconds, `None` where the service
    says nothing; `message` is its word on the work, `invoke_id` what its support asks for.
    """

    def __init__(self, task: Task, api: Api, *, model: str = "", input: Mapping[str, Any] | None = None) -> None:
        self._made_at = time.time()
        self.input: dict[str, Any] | None = None if input is None else dict(input)
        self._output: Any = None
        self._api = api
        self._model = model
        self._take(task)

    def _take(self, task: Task) -> None:
        self._task = task
        self.id = task.id
        self.status: str = task.word.lower() if task.word.lower() in WORDS else task.phase
        self.progress = 1.0 if task.phase == "succeeded" else task.fraction
        self.eta_s = task.eta_s
        self.message = task.message
        self.error: str | None = (
            task.error or task.message or task.word if task.phase in ("failed", "cancelled") else None
        )
        self.error_code: str | None = task.error_code or None
        self.invoke_id: str | None = task.invoke_id or None

    @property
    def output(self) -> Any:
        """What the workflow made, by name, with its files as `FileOutput`s; `None` until it has succeeded."""
        task = self._task
        if self._output is None and task.phase == "succeeded" and task.concluded:
            self._output = wrapped(task.result if task.result is not None else list(task.images), self._file)
        return self._output

    def released(self) -> Any:
        """The output, which this prediction holds no longer: a list of predictions must not fill the memory."""
        output, self._output = self.output, None
        return output

    @property
    def ended(self) -> bool:
        """Whether nothing more can happen."""
        return self._task.ended

    def wait(self, polling_interval: float | None = None) -> Prediction:
        """Block until the job has ended, fetch what it made, and return this prediction: also for a failed job.

        `polling_interval` in seconds is the longest time between two looks (`None`: as few looks as find the end soon).
        An interrupt ends the waiting, not the job. Raises `SpeedPixException` where SpeedPix cannot be asked.
        """
        return runtime().run(self.until_ended(seconds(polling_interval, "polling_interval")))

    async def async_wait(self, polling_interval: float | None = None) -> Prediction:
        """`wait` for coroutines."""
        return await runtime().bridge(self.until_ended(seconds(polling_interval, "polling_interval")))

    def reload(self) -> Prediction:
        """Look once, and return this prediction. Blocks."""
        return runtime().run(self.look())

    async def async_reload(self) -> Prediction:
        """`reload` for coroutines."""
        return await runtime().bridge(self.look())

    async def until_ended(self, polling_interval: float | None = None) -> Prediction:
        """`wait`, on the background loop."""
        if self._task.concluded:
            return self
        age_s = max(0.0, time.time() - self._made_at)
        news = self._api.follow(self._task, model=self._model, age_s=age_s, interval_s=polling_interval)
        async with aclosing(news) as tasks:
            async for task in tasks:
                self._take(task)
        return await self._conclude()

    async def look(self) -> Prediction:
        """`reload`, on the background loop."""
        if self._task.concluded:
            return self
        task = await self._api.look(self.id)
        self._take(await self._api.concluded(task) if task.ended else task)
        return await self._conclude() if task.ended else self

    async def _conclude(self) -> Prediction:
        await hold_all(self.output)
        _note(self._task, files_in(self._output))
        return self

    def _file(self, url: str, claim: str) -> FileOutput:
        return FileOutput(url, claim=claim, fetch=self._api.download)

    def __repr__(self) -> str:
        return f"<Prediction {one_line(self.id)} {self._model}: {self.status}>".replace(" :", ":")


def _note(task: Task, files: Iterable[FileOutput]) -> None:
    """Tell the journal of an end that was seen. `files` that were fetched are kept in the history."""
    by_url = {file.url: file for file in files}  # they stay until the journal has read them

    def held(output: Output) -> Payload | None:
        file = by_url.get(output.url)
        return None if file is None else file.payload

    seen(SERVICE, task.id, partial(event_of, task), held)


class Predictions:
    """`client.predictions`. Knows what this client submitted: SpeedPix has no list of its own."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._submitted: dict[str, Prediction] = {}

    def create(
        self, workflow_id: str, input: Mapping[str, Any] | None = None, **options: Unpack[JobOptions]
    ) -> Prediction:
        """Send a job and return at once. Files in `input` are uploaded first. May cost money.

        Raises `InvalidInput` before anything is sent, `SpeedPixException` for a refusal, and `SubmitUnknown` where the
        answer was lost.
        """
        return runtime().run(self.submit(read_call(workflow_id, input, options, known=JOB_OPTIONS).order))

    async def async_create(
        self, workflow_id: str, input: Mapping[str, Any] | None = None, **options: Unpack[JobOptions]
    ) -> Prediction:
        """`create` for coroutines."""
        order = read_call(workflow_id, input, options, known=JOB_OPTIONS).order
        return await runtime().bridge(self.submit(order))

    async def submit(self, order: Order) -> Prediction:
        """`create`, on the background loop."""
        entry = Entry.documented(SERVICE, order.model, order.inputs)
        async with entry.submitting():
            task = await self._api.submit(order)
            prediction = Prediction(task, self._api, model=order.model, input=order.inputs)
            self._submitted[task.id] = prediction
            while len(self._submitted) > KEPT:
                del self._submitted[next(iter(self._submitted))]
            await entry.submitted(ticket_of(task, order.model))
        return prediction

    def get(self, prediction_id: str) -> Prediction:
        """A job by its id, as it is now. Blocks. Raises `SpeedPixNotFound`."""
        return runtime().run(self._get(prediction_id))

    async def async_get(self, prediction_id: str) -> Prediction:
        """`get` for coroutines."""
        return await runtime().bridge(self._get(prediction_id))

    async def _get(self, prediction_id: str) -> Prediction:
        known = self._submitted.get(prediction_id) or Prediction(Task(id=prediction_id), self._api)
        return await known.look()

    def list(self) -> list[Prediction]:
        """What this client submitted, newest first, as it was when last looked at. Asks nobody."""
        return [*reversed(self._submitted.values())]

    def cancel(self, prediction_id: str) -> Prediction:
        """SpeedPix has no such call: always raises `SpeedPixException`, which says so."""
        raise SpeedPixException(f"prediction {prediction_id}: {CANNOT_CANCEL}", service=SERVICE)
