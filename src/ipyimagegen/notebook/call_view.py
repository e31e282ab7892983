"""The live view of a call: a widget while it runs, and plain pictures in its place at the end."""

from __future__ import annotations

from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ..jobs.batch import Batch
from ..jobs.job import Job
from ..media.display import MimeBundle
from ..media.results import Result
from .kernel import has_kernel
from .show import how_it_ended, show
from .widgets.job_view.widget import JobView

if TYPE_CHECKING:
    from IPython.display import DisplayHandle


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
