"""`JobView`: one call while it runs, with progress, previews, a log and Cancel."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import traitlets

from ...batch import Batch
from ...core.events import Event, Preview
from ...core.jobs import in_words
from ...job import Job
from ...media.previews import BytesFrame
from ...runtime import runtime
from .base import STATIC, Widget
from .screens import Screens

UPDATE_S = 0.1
"""The shortest time between two updates of the words and bars; previews have a pace of their own."""
MAX_LOG_LINES = 200
MAX_PROMPT_CHARS = 1_000


class JobView(Widget):
    """Shows the jobs of one call. It never blocks, and stops nothing but when Cancel is pressed."""

    _esm = STATIC / "job_view.js"
    _css = STATIC / "job_view.css"

    jobs = traitlets.List(traitlets.Dict()).tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    prompt = traitlets.Unicode().tag(sync=True)
    logs = traitlets.List(traitlets.Unicode()).tag(sync=True)
    blocking = traitlets.Bool(default_value=False).tag(sync=True)
    can_cancel = traitlets.Unicode().tag(sync=True)

    def __init__(self, work: Job | Batch | None = None, **traits: Any) -> None:
        self.work = work
        self._screens = Screens(self.say)
        self._pending: asyncio.TimerHandle | None = None
        self._ends: list[Any] = []
        self._finished = False
        if work is None:
            super().__init__(**traits)
            return
        spec = work.jobs[0].spec
        super().__init__(
            jobs=[described(job) for job in work.jobs],
            title=spec.id,
            prompt=work.jobs[0].request.prompt[:MAX_PROMPT_CHARS],
            can_cancel=spec.cannot_cancel,
            **traits,
        )
        for job in work.jobs:
            self._ends.append(job.watch(partial(self._moved, job)))

    def __repr__(self) -> str:
        """What a saved notebook says in this view's place, to readers that show no widgets."""
        if self.work is None:
            return "<JobView of no job>"
        collect = " and ".join(f"ig.attach({job.id!r})" for job in self.work.jobs[:4])
        return f"{self.title} was at work when this notebook was saved; collect it with {collect}"

    def _moved(self, job: Job, event: Event | None) -> None:
        if isinstance(event, Preview):
            self._screens.push(job.id, event.frame, event.step)
        if job.done:
            self._update()
        elif self._pending is None:
            self._pending = runtime().loop.call_later(UPDATE_S, self._update)

    def _update(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
        if self.work is None:
            return
        with self.hold_sync():
            self.jobs = [described(job) for job in self.work.jobs]
            self.logs = [line for job in self.work.jobs for line in job.logs][-MAX_LOG_LINES:]

    def take(self, kind: str, content: dict[str, Any], buffers: list[Any]) -> None:
        """A message of the page: `hello`, `shown` or `cancel`."""
        del buffers
        match kind:
            case "cancel":
                self.say("ack", of="cancel")
                self._cancel(content.get("job"))
            case "shown":
                self._screens.shown(content)
            case "hello":
                self.say("ack", of="hello")
                self._screens.hello(content)
            case "bye":
                self._screens.bye(content)
                self._close_if_unseen()

    def _cancel(self, job_id: object) -> None:
        for job in self.work.jobs if self.work else ():
            if job_id is None or job.id == job_id:
                job.cancel()

    def finish(self) -> None:
        """The call has ended and its output was replaced: close as soon as no page shows this view any more.

        After a page reload the output is not replaced: there the view stays, with the finished pictures in it.
        """
        self.post(self._finish)

    def _finish(self) -> None:
        self._finished = True
        if self._screens.views and self.work is not None:
            self._update()
            for job in self.work.jobs:
                self._show_picture(job)
        self._close_if_unseen()

    def _show_picture(self, job: Job) -> None:
        if job.exception() is None and (images := job.result(0).images) and not images[0].error:
            self._screens.push(job.id, BytesFrame(images[0].bytes), job.state.steps or 1)

    def _close_if_unseen(self) -> None:
        if self._finished and not self._screens.views:
            self.close()

    def close(self) -> None:
        """Take it off every page and stop watching. The jobs go on."""
        for end in self._ends:
            end()
        self._ends.clear()
        if self._pending is not None:
            runtime().loop.call_soon_threadsafe(self._pending.cancel)
        super().close()


def described(job: Job) -> dict[str, Any]:
    """A job as the page's contract has it."""
    state, values = job.state, job.request.values
    width, height = (_pixels(job, values.get(name), name) for name in ("width", "height"))
    return {
        "id": job.id,
        "phase": state.phase,
        "text": in_words(state),
        "fraction": state.fraction,
        "eta_s": job.eta_s,
        "elapsed_s": job.elapsed_s,
        "width": state.preview.width if state.preview else width,
        "height": state.preview.height if state.preview else height,
        "error": state.error,
    }


def _pixels(job: Job, value: object, name: str) -> int:
    if value is None:
        param = job.spec.params.get(name)
        value = param.default if param is not None else None
    return int(value) if isinstance(value, int | float) and 0 < value <= 1 << 16 else 0
