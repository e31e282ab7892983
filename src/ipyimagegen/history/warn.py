"""A journal that cannot be written to stops no job. It is told once for each folder, as a warning."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

_told: set[tuple[Path, str]] = set()


def warn_once(error: BaseException, folder: Path) -> None:
    """Tell of the first thing that the journal in `folder` could not do."""
    reason = str(error) or type(error).__name__
    text = f"{reason}; jobs that the journal misses cannot be attached to later (this is said once)"
    _tell(text, folder, "missed")


def warn_of_wait(folder: Path) -> None:
    """Tell that jobs wait for the journal in `folder` no longer."""
    text = (
        f"the journal in {folder} is locked by another program: jobs go on, and are noted as soon as it is free; one "
        "that it misses then cannot be attached to later (this is said once)"
    )
    _tell(text, folder, "missed")


def warn_of_another(folder: Path) -> None:
    """Tell that another journal lies where the one in use was, or none."""
    text = (
        f"the journal in {folder} was moved, deleted or replaced while it was in use: from now on jobs are noted in "
        "what lies there now, and what it had before is not in there (this is said once)"
    )
    _tell(text, folder, "replaced")


def warn_of_lost(lost: Sequence[tuple[str, str]], folder: Path) -> None:
    """Tell of jobs, by `(id, model)`, whose process ended while it sent them."""
    named = ", ".join(f"{job} ({model})" for job, model in lost[:5]) + (", …" if len(lost) > 5 else "")
    were, they = ("a job was", "It") if len(lost) == 1 else (f"{len(lost)} jobs were", "They")
    text = (
        f"{were} being sent when the process ended: {named}. {they} may be running, and may be billed: look at the "
        "service before you run it again; %imagegen jobs and ig.attach say where (this is said once)"
    )
    _tell(text, folder, f"lost {lost[0][0]}")


def warn_of_one_that_goes_on(job_id: str, model: str, folder: Path) -> None:
    """Tell of a job that nobody waits for any more, at a service that cannot cancel it."""
    text = f"{model}: the job goes on there, and is billed. It cannot be cancelled; ig.attach({job_id!r}) fetches it"
    _tell(text, folder, f"goes on {job_id}")


def _tell(text: str, folder: Path, kind: str) -> None:
    if (folder, kind) in _told:
        return
    _told.add((folder, kind))
    try:
        warnings.warn(text, RuntimeWarning, stacklevel=3)
    except RuntimeWarning:  # python -W error: still no reason to lose a picture
        logging.getLogger("ipyimagegen").warning(text)


def watcher(folder: Path) -> Callable[[Future[Any]], None]:
    """A callback for what the journal in `folder` is about to write."""

    def look(written: Future[Any]) -> None:
        error = None if written.cancelled() else written.exception()
        if error is not None:
            warn_once(error, folder)

    return look
