"""`Studio`: the workbench. Choose a model, fill in its form, run it, and work on with what comes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any

import traitlets

from ....core.errors import ImagegenError, InvalidInput, Problem, capped
from ....core.events import Event, Preview
from ....core.foreign import as_json
from ....core.models import ModelSpec
from ....core.params import MAX_N, OWN_N, Params
from ....jobs.batch import Batch
from ....jobs.client import Client
from ....jobs.job import Job
from ....jobs.session import default_client
from ....media.artifacts import Artifact
from ....media.previews import BytesFrame
from ....media.results import Result
from ....runtime import runtime
from ..base import STATIC
from ..fallback import SheetWidget
from ..screens import Screens
from . import words
from .calls import Call, Calls
from .controls import controls
from .form import Dropped, Form
from .inputs import described_values
from .live import Change, Live, Results
from .page import Page
from .shelf import Shelf, parted
from .still import how_to_collect, still

UPDATE_S = 0.1
"""The shortest time between two updates of words and bars; previews have a pace of their own."""
MAX_LOG_LINES = 200
LOAD_WAIT_S = 0.5
"""How long the constructor, or setting `model`, may wait for the model's description. Those that are known offline are
there at once; one that is asked from its service comes in the background."""
NOTHING = ModelSpec(service="", name="", params=Params(open=True))


def _values_to_json(values: Mapping[str, Any], _: object) -> dict[str, Any]:
    return described_values(values)


FOR_USERS = (
    "calls",
    "cancel",
    "client",
    "close",
    "estimate",
    "model",
    "n",
    "observe",
    "params",
    "problems",
    "reset",
    "results",
    "run",
    "starred",
    "undo_reset",
    "unobserve",
)
"""What a Studio has for people."""


class Studio(SheetWidget):
    """The workbench for one model at a time, of any service.

    `Studio("openpixels/flux-dev", prompt="a lighthouse")` opens with the form filled in; parameters that the model does
    not have are shown as problems. Everything on the screen is here too: `params` (set a value and its control moves),
    `model`, `n`, `problems`, `results`, `run()` and `cancel()`; `observe` any of them. Nothing blocks. Raises
    `UnknownModel` where that is known at once.
    """

    _esm = STATIC / "studio.js"
    _css = STATIC / "studio.css"

    model = traitlets.Unicode(help="The model's full name; setting it switches the form.").tag(sync=True)
    params = traitlets.Dict(help="What was set, by parameter; what is not set is the model's default.").tag(
        sync=True, to_json=_values_to_json
    )
    n = traitlets.Int(1, min=1, max=MAX_N, help="How many pictures one run makes.").tag(sync=True)
    problems = traitlets.Dict(help="What is wrong with `params`, by parameter.").tag(sync=True)
    results = Results(traitlets.Instance(Result), help="One Result for each finished run, oldest first.")

    about = traitlets.Dict().tag(sync=True)
    loading = traitlets.Bool(default_value=False).tag(sync=True)
    fault = traitlets.Unicode().tag(sync=True)
    notice = traitlets.Unicode().tag(sync=True)
    was_reset = traitlets.List(traitlets.Unicode()).tag(sync=True)
    catalogue = traitlets.List(traitlets.Dict()).tag(sync=True)
    controls = traitlets.List(traitlets.Dict()).tag(sync=True)
    notes = traitlets.Dict().tag(sync=True)
    estimate = traitlets.Dict().tag(sync=True)
    jobs = traitlets.List(traitlets.Dict()).tag(sync=True)
    pictures = traitlets.List(traitlets.Dict(), help="What is on the strip, oldest first: `earlier` and `newest`.")
    earlier = traitlets.List(traitlets.Dict()).tag(sync=True)
    newest = traitlets.List(traitlets.Dict()).tag(sync=True)
    logs = traitlets.List(traitlets.Unicode()).tag(sync=True)
    prompts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    spent = traitlets.Unicode().tag(sync=True)

    def __init__(self, model: str = "", /, *, n: int = 1, client: Client | None = None, **params: Any) -> None:
        self.client = client or default_client()
        self.form = Form(spec=NOTHING)
        self.shelf = Shelf()
        self.calls = Calls()
        self.screens = Screens(self.say)
        self._lock = threading.RLock()
        self._watched: dict[str, Any] = {}
        self._shown: tuple[Shelf, set[str]] = (self.shelf, set())
        self._pending: asyncio.TimerHandle | None = None
        self._asked = 0
        self._closed = False
        self._knows_pace = False
        self._page = Page(self)
        super().__init__(n=n)
        self.params = params
        error = self._choose(model or self.client.settings.model)
        if error is not None:
            self.close()
            raise error
        runtime().call(self.look_around())

    # -- the model ------------------------------------------------------------------------------------------------

    @traitlets.observe("model")
    def _model_set(self, change: Any) -> None:
        if not change.new:
            return
        if change.new == self.form.spec.id:
            with self._lock:  # back to the form that is here: another, on its way, is not wanted any more
                self._asked += 1
            self.loading = False
            return
        error = self._choose(change.new)
        if error is not None:
            raise error

    def _choose(self, model: str) -> Exception | None:
        """Begin to load a model; away from the background thread, wait a moment for it. Returns what went wrong."""
        loading = runtime().call(self._load(model, self._begin_to_load()))
        if threading.current_thread() is runtime().thread:
            return None
        try:
            return loading.exception(LOAD_WAIT_S)  # type: ignore[return-value]
        except TimeoutError:
            loading.add_done_callback(Future.exception)
            return None

    async def load(self, model: str) -> None:
        """Ask for a model's description and show its form. What goes wrong is raised, and shown."""
        await self._load(model, self._begin_to_load())

    def _begin_to_load(self) -> int:
        """From now on nothing runs with the form of before; the number of this wish, of which the newest counts."""
        with self._lock:
            self._asked += 1
            mine = self._asked
        self.loading = True
        return mine

    async def _load(self, model: str, mine: int) -> None:
        try:
            spec = await asyncio.to_thread(self.client.model, model)
        except Exception as error:
            self._say_fault(str(error) if isinstance(error, ImagegenError) else f"{model}: {error!r}", mine)
            raise
        self._arrived(spec, mine)

    def _say_fault(self, text: str, mine: int) -> None:
        with self._lock, self.hold_sync():
            if mine != self._asked:
                return
            self.fault = capped(text)
            self.loading = False
            self.model = self.form.spec.id if self.form.spec is not NOTHING else ""

    def _arrived(self, spec: ModelSpec, mine: int) -> None:
        with self._lock, self.hold_sync():
            if mine != self._asked:
                return
            dropped: tuple[Dropped, ...] = ()
            if self.form.spec is NOTHING:
                own_n = {OWN_N: self.n} if spec.params.own_n is not None and self.n > 1 else {}
                self.form = Form(spec=spec).having({**self.form.values, **own_n})
            else:
                self.form, dropped = self.form.switch(spec)
            self.model = spec.id
            self.about = words.about(spec)
            self.controls = controls(spec)
            self.loading = False
            self.fault = ""
            self.notice = words.switched(spec, self.form.values, dropped)
            self.fill(self.form)

    async def look_around(self) -> None:
        """Ask every service for its models, and the journal for earlier prompts and how long jobs took."""
        await asyncio.to_thread(lambda: self.client.estimates)  # the first look reads the journal
        self._knows_pace = True
        self._judged()
        specs = await asyncio.to_thread(self.client.models)
        self.catalogue = words.catalogue(specs)
        journal = self.client.journal
        if journal is not None:
            rows = await asyncio.to_thread(partial(journal.rows, limit=200))
            with self._lock:  # what was run meanwhile is newer than what was read
                self.prompts = words.prompts_of([*self.prompts, *(row.prompt for row in rows)])

    # -- the form -------------------------------------------------------------------------------------------------

    @traitlets.validate("params")
    def _params_given(self, proposal: Any) -> Live:
        with self._lock:
            self.form = form = self.form.having(proposal.value)
        return Live(form.values, self._rewrite)

    def _rewrite(self, change: Change) -> dict[str, Any]:
        """Change what is set now, whatever it was when `studio.params` was looked up."""
        self.params = change(dict(self.form.values))
        return dict(self.form.values)

    @traitlets.observe("params", "n")
    def _form_changed(self, _: object) -> None:
        with self._lock:
            if self.form.values != self.params:  # set on two threads at once: what stands there is what counts
                self.form = self.form.having(self.params)
        self.fault = ""
        self._judged()

    def __dir__(self) -> list[str]:
        """What Tab offers: what people ask of a Studio, and not what draws it."""
        return sorted({*FOR_USERS, *dir(object)})

    def put(self, values: Mapping[str, Any]) -> None:
        """Take in values as a page sends them: `None` takes one away, and numbers may be text."""
        with self._lock, self.hold_sync():
            self.params = dict(self.form.put(values).values)

    def fill(self, form: Form) -> None:
        """Show another form, as a whole."""
        with self._lock, self.hold_sync():
            self.form = form
            self.params = dict(form.values)
            self._judged()

    def reset(self) -> None:
        """Put every parameter back to its default, but for the prompt and the images and files that go in.

        `undo_reset()`, or Undo on the page, brings back what was set. Where nothing is set, nothing changes.
        """
        with self._lock:
            self.fill(self.form.reset())

    def undo_reset(self) -> None:
        """Bring back what the last `reset()` took away; what was set since then stays as it is.

        Nothing is left to bring back once another model, or all values of a picture, are in the form.
        """
        with self._lock:
            self.fill(self.form.undo_reset())

    def _judged(self) -> None:
        """Judge the form, again where another thread has changed it meanwhile."""
        while not self._judged_as_it_stands():
            pass

    def _judged_as_it_stands(self) -> bool:
        form, n, knows_pace = self.form, self.n, self._knows_pace
        self.problems = form.problems()
        self.notes = form.adjustments()
        self.was_reset = list(form.taken)
        expected_s: float | None = None
        if knows_pace:
            expected_s = self.client.estimates.expected_s(form.spec.id, words.work_units(form))
        self.estimate = words.estimate(form, n if form.spec.params.own_n is None else 1, expected_s)
        return form is self.form and (n, knows_pace) == (self.n, self._knows_pace)

    # -- running --------------------------------------------------------------------------------------------------

    def run(self) -> Job | Batch:
        """Run what the form says, and return at once with the `Job` (a `Batch` for `n` over 1). May cost money.

        Raises `InvalidInput` with every problem, and `BudgetExceeded`, before anything is sent.
        """
        with self._lock:
            return self.run_form(self.form, self.n)

    def run_form(self, form: Form, count: int) -> Job | Batch:
        """Run another form than the one on the screen; `count` is for a model without an `n` of its own."""
        if self.loading or form.spec is NOTHING:
            raise InvalidInput("the model's description is still being read; try again in a moment")
        problems = form.problems()
        if problems:
            raise InvalidInput([Problem(name, text) for name, text in problems.items()], model=form.spec.id)
        own_n = form.spec.params.own_n
        n = count if own_n is None else own_n.default if isinstance(own_n.default, int) else 1
        work = self.client.start(self.client.plan(form.spec, form.values, n=n), watch=self._watch)
        call = Call(work=work, spec=form.spec, values=dict(form.values))
        with self._lock:
            self.take_in()
            self.calls.add(call)
            self.fault = ""
            self.prompts = words.prompts_of([work.jobs[0].request.prompt, *self.prompts])
        for job in work.jobs:
            job.outcome.add_done_callback(partial(self._ended, job))
        self.update()
        self.renew_sheet()
        return work

    def cancel(self, job_id: str = "") -> bool:
        """Cancel everything that runs here (or the one job). Returns whether there was anything to cancel."""
        with self._lock:
            asked = [job.cancel() for job in self.calls.running() if job_id in ("", job.id)]
        return any(asked)

    @property
    def starred(self) -> list[Artifact]:
        """The outputs that wear a star, oldest first."""
        self.take_in()
        return [piece.artifact for piece in self.shelf.pieces if piece.starred and piece.artifact is not None]

    def _watch(self, job: Job) -> None:
        self._watched[job.id] = job.watch(partial(self._moved, job))

    def _moved(self, job: Job, event: Event | None) -> None:
        if isinstance(event, Preview):
            self.screens.push(job.id, event.frame, event.step)
        if self._pending is None and not job.done:
            self._pending = runtime().loop.call_later(UPDATE_S, self.update)

    def _ended(self, job: Job, _: Future[Result]) -> None:
        if job.exception() is None:
            self.post(partial(self._show_last, job))  # frames are the background thread's, wherever this is called
        end = self._watched.pop(job.id, None)
        if end is not None:
            end()
        self.update()
        self.renew_sheet()

    def _show_last(self, job: Job) -> None:
        images = job.result(0).images
        if images and images[0].can_be_shown:
            self.screens.push(job.id, BytesFrame(images[0].bytes), job.state.steps or 1)

    def reshelve(self, change: Callable[[Shelf], Shelf]) -> None:
        """Change what stands on the shelf, and show it."""
        with self._lock:
            self.shelf = change(self.shelf)
        self.update()

    def dismiss(self, job_id: str) -> None:
        """Leave out an ended call by one of its jobs."""
        with self._lock:
            self.calls.dismiss(job_id)
        self.update()

    def take_in(self) -> None:
        """Take in what jobs have given that nobody has shown yet, and show it."""
        with self._lock:
            landed = self.calls.land()
            for call, job in landed:
                self.shelf = self.shelf.adding(job.id, call, job.outcome.result())
            if landed:
                self._judged()  # now that is known how long it takes
        if landed:
            self.update()

    def update(self) -> None:
        """Show how things stand: jobs, log, pictures and what they cost."""
        self.take_in()
        if self._closed:
            return
        with self._lock, self.hold_sync():
            if self._pending is not None:
                self._pending.cancel()
                self._pending = None
            self.calls.tidy()
            self._show_shelf()
            self.logs = [line for _, job in self.calls.jobs() for line in job.logs][-MAX_LOG_LINES:]
            self.jobs = self.calls.described()

    def _show_shelf(self) -> None:
        """Results, pictures and what they cost, anew only where there is news: a shelf may hold a day's pictures."""
        now = (self.shelf, self.calls.unfinished())
        if now[0] is self._shown[0] and now[1] == self._shown[1]:
            return
        self._shown = now
        self.results = self.shelf.results(unfinished=now[1])
        self.spent = words.spent([result.cost for result in self.results])
        self.pictures = self.shelf.described()
        self.earlier, self.newest = parted(self.pictures, self.earlier)

    # -- the page -------------------------------------------------------------------------------------------------

    def take(self, kind: str, content: dict[str, Any], buffers: list[Any]) -> None:
        """A message of the page, on the background thread."""
        self._page.take(kind, content, buffers)

    def close(self) -> None:
        """Take it off every page and stop watching. The jobs go on."""
        self._closed = True
        for end in list(self._watched.values()):
            end()
        self._watched.clear()
        if self._pending is not None:
            runtime().loop.call_soon_threadsafe(self._pending.cancel)
        super().close()

    # -- what the notebook keeps ----------------------------------------------------------------------------------

    @traitlets.observe("model", "pictures")
    def _stands_for_more(self, _: object) -> None:
        self.renew_sheet()

    def sheet(self) -> bytes:
        """The latest pictures as one, a JPEG; words where there are none."""
        return still(self.model, self.results)

    def first_sheet(self) -> bytes:
        """Words alone."""
        return still(self.model, [])

    def sheet_text(self) -> str:
        """What the form says and what came of it, in words, and how to collect what still runs."""
        lines = (repr(self), how_to_collect(self.calls.running()))
        return "\n".join(line for line in lines if line)

    def __repr__(self) -> str:
        running, made = len(self.calls.running()), len(self.shelf.pieces)
        parts = [f"{name}={as_json(value)!r}" for name, value in self.form.values.items()]
        told = ", ".join(parts)
        counts = f"{made} picture{'' if made == 1 else 's'}" + (f", {running} running" if running else "")
        return f"<Studio {self.model or 'no model'}: {told[:200]}{'…' if len(told) > 200 else ''} · {counts}>"
