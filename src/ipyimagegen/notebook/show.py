"""What a call leaves in a notebook: plain pictures, each its own output, and one line of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython
from IPython.display import DisplayHandle, display

from ..jobs.batch import Batch
from ..jobs.job import Job
from ..jobs.terminal import seconds_in_words
from ..media.display import MimeBundle
from ..media.results import Result

if TYPE_CHECKING:
    from ..experiments.table import Table


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
"""Under `last`: the value that a cell has shown last, by identity, and the cell's number."""


def running_cell() -> int:
    """The number of the cell that runs now; -1 where there is none."""
    shell = get_ipython()
    return -1 if shell is None else int(shell.execution_count)


def remember_shown(value: Result | Table, *, cell: int | None = None) -> None:
    """Keep a cell that ends with the call itself from showing the same pictures, or their words, a second time.

    `cell`: another than the one that runs now.
    """
    shell = get_ipython()
    if shell is None or shell.display_formatter is None:
        return
    _shown["last"] = (id(value), running_cell() if cell is None else cell)
    shell.display_formatter.ipython_display_formatter.for_type(type(value), _unless_shown)


def _unless_shown(value: Result | Table) -> None:
    """Show nothing of a value that the cell has just shown; IPython takes the error for "shown as ever"."""
    shell = get_ipython()
    here = (id(value), running_cell())
    if shell is None or not _shows_value(shell) or _shown.get("last") != here:
        raise NotImplementedError


def _shows_value(shell: Any) -> bool:
    """Whether the value that the cell ends with is being shown.

    A kernel's display hook never sets IPython's `is_active`; it holds the message meanwhile.
    """
    return bool(shell.displayhook.is_active or getattr(shell.displayhook, "msg", None))
