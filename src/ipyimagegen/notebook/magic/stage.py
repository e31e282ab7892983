"""What a call does to the notebook: its live view, its pictures, the variable it fills, the files it leaves."""

from __future__ import annotations

import asyncio
import getpass
import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from IPython.display import display

from ...core.errors import ImagegenError, JobError
from ...experiments.sweep import Sweep
from ...jobs.batch import Batch
from ...jobs.client import Client
from ...jobs.job import Job
from ...jobs.terminal import Silent, TerminalView
from ...jobs.waiting import attended
from ...media.results import Result
from ..kernel import has_kernel
from ..show import show

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

Work = Job | Batch


class Stage:
    """The running notebook, as far as calls and subcommands may change it."""

    def __init__(self, shell: InteractiveShell, client: Callable[[], Client]) -> None:
        self._shell = shell
        self._client = client

    def wait(self, work: Work, *, var: str = "", save: str = "", quiet: bool = False) -> None:
        """Show `work` until it has ended, and its pictures. Raises what ended it; Interrupt cancels it.

        `var` takes the `Result`, also what a batch had made before it failed; `save` or the setting says where files
        go.
        """
        from ..call_view import notebook_view  # widgets take a while to import: not when the extension is loaded

        quiet = quiet or self._client().settings.quiet
        try:
            with attended(work):
                view = notebook_view(work, blocking=True, quiet=quiet) if not _succeeded(work) else None
                with view if view is not None else _terminal_view(work, quiet=quiet):
                    result = self._client().finish(work)
        except JobError as error:
            if var and isinstance(error.partial, Result):
                self.assign(var, error.partial)
            raise
        self.assign(var, result)
        if view is None:
            show(result, facts=not quiet)
        saved = self._save(result, save)
        if saved and not quiet:
            write(saved)

    def follow(self, work: Work, *, var: str = "", save: str = "", quiet: bool = False) -> None:
        """Show `work` while the notebook goes on: its outputs come when they are there. `var` takes `work` itself."""
        from ..call_view import notebook_view

        self.assign(var, work)
        view = notebook_view(work, blocking=False, quiet=quiet or self._client().settings.quiet)
        if view is not None:
            with view:
                pass
        if save or self._client().settings.save:
            work.outcome.add_done_callback(lambda _: self._save_later(work, save))
        if view is None:
            write(f"{work!r}")

    def sweep(self, sweep: Sweep, *, var: str = "", quiet: bool = False, wait: bool = True) -> None:
        """Wait for a sweep that runs, and leave its contact sheet. Interrupt stops it; `var` takes it in any case.

        A cell that failed says so on the sheet, and raises nothing.
        """
        self.assign(var, sweep)
        if wait:
            table = sweep.result()
            if quiet or not has_kernel():  # else the line of progress becomes the sheet
                data, metadata = table._repr_mimebundle_()
                display(data, metadata=metadata, raw=True)
        elif not has_kernel():
            write(f"{sweep!r}")

    def show(self, result: Result, *, var: str = "") -> None:
        """Show a result's pictures; `var` takes it."""
        self.assign(var, result)
        show(result, facts=not self._client().settings.quiet)

    def ask(self, prompt: str) -> str:
        """A line that the user types, not shown. Raises `NotImplementedError` where the front end cannot ask."""
        return getpass.getpass(prompt)  # looked up now: a kernel puts its own in place while a cell runs

    def variable(self, name: str) -> object:
        """What a variable of the notebook holds; `None` where there is none."""
        return self._shell.user_ns.get(name)

    def next_cell(self, code: str) -> None:
        """Put a cell with `code` below the running one; in a terminal it is the next input."""
        self._shell.set_next_input(code)

    def _save_later(self, work: Work, pattern: str) -> None:
        """Save on a thread of its own, since this is called on the loop's; a failure becomes a warning."""

        def save() -> None:
            try:
                self._save(work.outcome.result(), pattern)
            except (ImagegenError, OSError) as error:
                warnings.warn(f"job {work.id}: its pictures were not saved ({error})", stacklevel=1)

        if not work.outcome.cancelled() and work.outcome.exception() is None:
            self._client().runtime.call(asyncio.to_thread(save))

    def _save(self, result: Result, pattern: str) -> str:
        """Save where `pattern` or the settings say so; returns words about it."""
        settings = self._client().settings
        if not (pattern or settings.save):
            return ""
        paths = result.save(pattern or settings.save, metadata=settings.metadata)
        return "saved " + ", ".join(str(path) for path in paths)

    def assign(self, var: str, value: object) -> None:
        """Put a value into a variable of the notebook; `""` is none."""
        if var:
            self._shell.user_ns[var] = value
            self._shell.user_ns_hidden.pop(var, None)


def write(text: str) -> None:
    """Print a text, if there is one."""
    if text:
        sys.stdout.write(f"{text}\n")


def _succeeded(work: Work) -> bool:
    """Whether there is nothing left to watch."""
    outcome = work.outcome
    return outcome.done() and not outcome.cancelled() and outcome.exception() is None


def _terminal_view(work: Work, *, quiet: bool) -> AbstractContextManager[object]:
    return Silent() if quiet or not sys.stderr.isatty() else TerminalView(work, sys.stderr)
