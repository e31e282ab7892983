"""What a call leaves in a notebook: a live view while it runs, then plain pictures and one line of text."""

from __future__ import annotations

from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self

from IPython.core.getipython import get_ipython
from IPython.display import DisplayHandle, display

from ..jobs.batch import Batch
from ..jobs.job import Job
from ..jobs.terminal import seconds_in_words
from ..media.display import MimeBundle
from ..media.results import Result


def has_kernel() -> bool:
    """Whether this is a notebook's kernel, and not a script or a terminal."""
    shell = get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None


def notebook_view(work: Job | Batch, *, blocking: bool, quiet: bool = False) -> NotebookView | None:
    """The live view of a call for the running cell; `None` where there is no notebook."""
    return NotebookView(work, blocking=blocking, quiet=quiet) if has_kernel() else None


class NotebookView:
    """A context: a `JobView` while the block runs, replaced by the outcome at its end.

    With `blocking=False` it is entered and left at once, and the replacement happens when the job ends. `quiet`
    shows no progress and no line of text, only the pictures.
    """

    def __init__(self, work: Job | Batch, *, blocking: bool, quiet: bool = False) -> None:
        self._work = work
        self._blocking = blocking
        self._quiet = quiet
        self._widget: Any = None
        self._handle: DisplayHandle | None = None

    def __enter__(self) -> Self:
        if not self._quiet:
            from .widgets.job_view.widget import JobView

            self._widget = JobView(self._work, blocking=self._blocking)
            self._handle = self._widget.show()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._blocking:
            self._finish()
        else:
            self._work.outcome.add_done_callback(self._ended)

    def _ended(self, _: Future[Result]) -> None:
        self._finish()

    def _finish(self) -> None:
        """Put plain outputs in the widget's place: the pictures where there are some, else what happened, in words."""
        outcome = self._work.outcome
        error = outcome.exception() if outcome.done() else None
        result = outcome.result() if outcome.done() and error is None else getattr(error, "partial", None)
        outputs: list[MimeBundle] = []
        if isinstance(result, Result):
            outputs = show(result, handle=self._handle, facts=not self._quiet)
        elif self._handle is not None:
            outputs = [({"text/plain": how_it_ended(self._work)}, {})]
            self._handle.update(outputs[0][0], raw=True)
        if self._widget is not None:
            self._widget.finish(outputs)


def show(result: Result, *, handle: DisplayHandle | None = None, facts: bool = True) -> list[MimeBundle]:
    """Display each picture as an output of its own, then one line of text with the facts; returns these outputs.

    The first takes the place of `handle`'s output, where one is given. Texts and lost outputs are shown as text.
    """
    outputs = [artifact._repr_mimebundle_() for artifact in result.artifacts]
    if result.text:
        outputs.append(({"text/plain": result.text}, {}))
    if facts:
        outputs.append(({"text/plain": result.summary}, {}))
    for position, (data, metadata) in enumerate(outputs):
        if position == 0 and handle is not None:
            handle.update(data, metadata=metadata, raw=True)
        else:
            display(data, metadata=metadata, raw=True)
    remember_shown(result)
    return outputs


def how_it_ended(work: Job | Batch) -> str:
    """A line for each way in which jobs of a call without a picture ended: `local/sketch: cancelled after 2.1 s`."""
    ends: dict[str, list[float]] = {}
    for job in work.jobs:
        why = job.state.error if job.phase in ("failed", "cancelled") else ""
        ends.setdefault(f"{job.phase} after {{}}{': ' if why else ''}{why}", []).append(job.elapsed_s)
    count = len(work.jobs)
    return "\n".join(
        f"{work.model}: {f'{len(times)} of {count} ' if count > 1 else ''}"
        + words.replace("{}", seconds_in_words(max(times)), 1)
        for words, times in ends.items()
    )


_shown: dict[str, tuple[int, int]] = {}
"""Under `last`: the result that the running cell has shown last, by identity, and the cell's number."""


def remember_shown(result: Result) -> None:
    """Keep a cell that ends with the call itself from showing the same pictures twice."""
    shell = get_ipython()
    if shell is None or shell.display_formatter is None:
        return
    _shown["last"] = (id(result), shell.execution_count)
    shell.display_formatter.mimebundle_formatter.for_type(Result, _formatted)


def _formatted(result: Result, include: Any = None, exclude: Any = None) -> Any:
    shell = get_ipython()
    if shell is not None and _shows_value(shell) and _shown.get("last") == (id(result), shell.execution_count):
        return {"text/plain": repr(result)}, {}
    return result._repr_mimebundle_(include, exclude)


def _shows_value(shell: Any) -> bool:
    """Whether the value that the cell ends with is being shown.

    A kernel's display hook never sets IPython's `is_active`; it holds the message meanwhile.
    """
    return bool(shell.displayhook.is_active or getattr(shell.displayhook, "msg", None))
