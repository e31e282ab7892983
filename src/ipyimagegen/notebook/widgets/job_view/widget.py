"""`JobView`: one call while it runs, with progress, previews, a log and Cancel."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

import traitlets
from IPython.display import DisplayHandle, display

from ....core.events import Event, Preview
from ....core.jobs import in_words
from ....jobs.batch import Batch
from ....jobs.job import Job
from ....media.display import MimeBundle
from ....media.previews import BytesFrame
from ....media.sheets import word_card
from ....runtime import runtime
from ..base import STATIC
from ..fallback import FallbackWidget, is_on_a_server
from ..screens import Screens

UPDATE_S = 0.1
"""The shortest time between two updates of the words and bars; previews have a pace of their own."""
MAX_LOG_LINES = 200
MAX_PROMPT_CHARS = 1_000
MAX_NAMED = 4
AT_WORK = "This call was at work when the notebook was saved."
LOCAL = "local"
"""The embedded engine's service: its work ends with the kernel."""


class JobView(FallbackWidget):
    """Shows the jobs of one call. It never blocks, and stops nothing but when Cancel is pressed.

    Until the call ends, a notebook file has a card in its place, which says how to collect what was under way.
    """

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
        self._outcome: Sequence[MimeBundle] | None = None
        if work is None:
            super().__init__(**traits)
            return
        spec = work.jobs[0].spec
        states = [job.state for job in work.jobs]
        super().__init__(
            jobs=[described(job) for job in work.jobs],
            title=spec.id,
            prompt=work.jobs[0].request.prompt[:MAX_PROMPT_CHARS],
            can_cancel=spec.cannot_cancel,
            **traits,
        )
        for job in work.jobs:
            self._ends.append(job.watch(partial(self._moved, job)))
        if any(job.state is not state for job, state in zip(work.jobs, states, strict=True)):
            self.post(self._update)  # they moved before they were watched

    def show(self) -> DisplayHandle | None:
        """Display it; what the handle is updated with takes its place."""
        data = self._plain(self.sheet()) if is_on_a_server() else self._repr_mimebundle_()[0]
        handle: DisplayHandle | None = display(data, raw=True, display_id=True)
        return handle

    def sheet(self) -> bytes:
        """The card."""
        return word_card([self.title or "No job", *self._left()])

    def sheet_text(self) -> str:
        """The same in plain text."""
        return "\n".join([self.title or "No job", *self._left()])

    def _left(self) -> list[str]:
        """What a reader of the file is told."""
        if self.work is None:
            return []
        if self.work.jobs[0].spec.service == LOCAL:
            return [AT_WORK, "Run the cell again."]
        ids = [job.id for job in self.work.jobs[:MAX_NAMED]]
        return [AT_WORK, *(f"ig.attach({one!r}) collects it." for one in ids)]

    def __repr__(self) -> str:
        return f"<JobView of {self.title or 'no job'}>"

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

    def finish(self, outputs: Sequence[MimeBundle]) -> None:
        """The call has ended and `outputs` are in the place of this view: close as soon as no page shows it any more.

        A page that was loaded since does not hear of them, and puts them into its file by itself. Where a host lets
        no page do so, the view stays, with the finished pictures in it.
        """
        self.post(partial(self._finish, outputs))

    def _finish(self, outputs: Sequence[MimeBundle]) -> None:
        self._outcome = outputs
        if self._screens.views and self.work is not None:
            self._update()
            for job in self.work.jobs:
                self._show_picture(job)
        self._renew_in_files(outputs)
        self._close_if_unseen()

    def _opened(self) -> None:
        super()._opened()
        if self._outcome is not None:
            self._renew_in_files(self._outcome)

    def _show_picture(self, job: Job) -> None:
        if not job.outcome.done() or job.outcome.exception() is not None:
            return  # an interrupted call ends before its jobs do
        if (images := job.outcome.result().images) and images[0].can_be_shown:
            self._screens.push(job.id, BytesFrame(images[0].bytes), job.state.steps or 1)

    def _close_if_unseen(self) -> None:
        if self._outcome is not None and not self._screens.views:
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
