"""`Sweep`: many pictures as one thing. A plan, a run of it, and a table of what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from ..core.arguments import seconds, whole
from ..core.errors import BudgetExceeded, InvalidInput, JobCancelled, JobFailed, JobTimeout, capped
from ..jobs.client import Client
from ..jobs.waiting import await_for, wait_for
from ..media.artifacts import Artifact
from . import sheet
from .axes import MODEL, REPEAT, many
from .book import Book
from .cells import Outcome, Status, SweepCell
from .folder import write
from .plan import SweepPlan
from .planning import Skip, extended
from .progress import Progress
from .run import Run
from .table import Table
from .view import NoView, View

BEAT_S = 0.5
"""How often a view hears how far it is."""
LOOKED_AT = 200
"""Cells of a sweep whose pictures are compared at its end, to tell of axes that had no effect."""
TOLD = 5
"""Cells without a picture that are named at the end."""
STOPPING_S = 3.0
"""How long an interrupted wait gives the cancelling, before it tells what became of it."""


class Sweep:
    """A sweep: made by `ig.sweep`, or found again by `ig.load_sweep`. Nothing here blocks for long but `result`.

    `plan` is what it does, `table` what came of it so far. Attributes may be read at any time, from any thread.
    """

    def __init__(self, book: Book, *, skip: Skip = None, view: Callable[[str], View] = NoView) -> None:
        self.id = book.id
        self._book = book
        self._skip = skip
        self._view = view
        self._lock = threading.RLock()
        self._run: Run | None = None
        self._outcome: Future[Table] | None = None
        book.settle()

    # What it is, and how far.

    @property
    def name(self) -> str:
        """Its name, `""` where it was given none."""
        return self._book.name

    @property
    def client(self) -> Client:
        """The client that sends its calls."""
        return self._book.client

    @property
    def plan(self) -> SweepPlan:
        """What it does, as data: count, price, invalid cells with their reasons. Asks nothing, and costs nothing."""
        return self._book.plan

    @property
    def seed(self) -> int:
        """The seed that all cells share, or from which theirs are drawn."""
        return self.plan.seed

    @property
    def running(self) -> bool:
        """Whether it is at work, or paused."""
        return self._outcome is not None and not self._outcome.done()

    @property
    def done(self) -> bool:
        """Whether it has run, and nothing is at work any more: all was made, or it was stopped."""
        return self._outcome is not None and self._outcome.done()

    @property
    def outcome(self) -> Future[Table]:
        """What this run comes to. Raises `InvalidInput` before the first `start`."""
        if self._outcome is None:
            raise InvalidInput(f"sweep {self._named} was not started: start() sends {self.plan.count:,} calls")
        return self._outcome

    @property
    def progress(self) -> Progress:
        """How far it is, what it has cost, and how long it will still take."""
        run = self._run
        if run is None:
            return self._book.progress()
        note = "paused" if run.paused and self.running else ""
        if run.over_cap:
            note = f"stopped: {run.why}"
        return self._book.progress(elapsed_s=time.monotonic() - run.began, ended=run.ended, note=note)

    @property
    def _named(self) -> str:
        return self.name or self.id

    @property
    def _first_line(self) -> str:
        """What a view shows until it hears more, and a notebook that is saved before: what was begun."""
        bills = " and ".join(map(str, self.plan.price))
        return f"sweep {self._named}: {self.plan.count:,} to send · seed {self.seed} · price {bills}"

    # Running it.

    def start(self) -> Self:
        """Send what is not made yet, and return at once. May cost money. While it runs this changes nothing.

        The plan with its seeds is in the journal before the first call. Raises `BudgetExceeded` where the plan is over
        `max_cost`, or nobody knows what it costs, and `StorageError` where the journal cannot be written.
        """
        return self._start(frozenset({"planned", "open"}))

    def resume(self) -> Self:
        """Go on: after `pause` or `stop`, or in another kernel. Calls that go on at a service are collected."""
        with self._lock:
            if self.running and self._run is not None and not self._run.stopped:
                self._run.go_on()
                return self
        return self._start(frozenset({"planned", "open", "cancelled"}))

    def retry(self, *, unknown: bool = False) -> Self:
        """Send again what failed or was cancelled. May cost money.

        What was sent without an answer may have been billed, and is sent again with `unknown=True` only.
        """
        wanted: set[Status] = {"planned", "open", "cancelled", "failed"}
        return self._start(frozenset(wanted | ({"unknown"} if unknown else set())))

    def pause(self) -> Self:
        """Send nothing further for now. What runs goes on."""
        if self._run is not None and self.running:
            self._run.pause()
        return self

    def stop(self) -> Self:
        """Stop now: nothing further is sent, and what runs is cancelled where its service can. Returns at once.

        `table` says then which were cancelled and which go on; `resume` goes on with the rest.
        """
        self.cancel()
        return self

    def cancel(self) -> bool:
        """`stop`; whether there was something to stop."""
        run = self._run
        if run is None or not self.running:
            return False
        run.stop()
        return True

    def check(self) -> None:
        """Raise `ShuttingDown` where it will never be done here."""
        if self.running:
            self.client.runtime.check()

    def extend(self, **more: Any) -> Self:
        """Further values of its axes (`steps=[40]`, `seed=range(4)`, `n=3` in all), and of what all cells share.

        Only what is missing is sent, at once where the sweep had been started. May cost money. Raises `InvalidInput`.
        """
        with self._lock:
            if self.running:
                raise InvalidInput("extend: the sweep is running; wait for it, or stop() it first")
            book, specs = self._book, dict(self.plan.specs)
            values = {REPEAT if name == "n" else name: self._more(name, value) for name, value in more.items()}
            if MODEL in values:
                found = [book.client.model(name) for name in values[MODEL]]
                specs |= {spec.id: spec for spec in found}
                values[MODEL] = [spec.id for spec in found]
            before, book.plan = book.plan, extended(self.plan, values, specs, skip=self._skip)
            book.settle()
            if book.kept:
                pad = (0,) * (len(book.plan.axes) - len(before.axes))
                known = {(*cell.at, *pad) for cell in before.cells}
                book.keep([cell for cell in book.plan.cells if cell.at not in known], first=len(known))
        return self.start() if self._outcome is not None else self

    def _more(self, name: str, value: Any) -> Sequence[Any]:
        if name == "n":
            return range(1, whole(value, "n", least=1) + 1)
        param = next((spec.params[name] for spec in self.plan.specs.values() if name in spec.params), None)
        values = many(name, value, param)
        return (value,) if values is None else values

    def _start(self, wanted: frozenset[Status]) -> Self:
        with self._lock:
            if self.running:
                return self
            book = self._book
            cap = self._cap()
            refuse_over(book.plan, cap)
            if not book.kept:
                book.keep(book.plan.cells)
            book.adopt()
            cells = [
                cell
                for cell in replace(book.plan, made=frozenset()).order
                if book.outcomes[cell.identity].status in wanted
            ]
            for cell in cells:
                before = book.outcomes[cell.identity]
                if before.status != "open":
                    book.outcomes[cell.identity] = Outcome(job_id=before.job_id, paths=before.paths)
            book.open_files()
            self._run = Run(book, cells, parallel=book.options.parallel, cap=cap)
            self._outcome = Future()
            book.client.runtime.call(self._work(self._run, self._outcome, self._view(self._first_line)))
            return self

    async def _work(self, run: Run, outcome: Future[Table], view: View) -> None:
        working = asyncio.get_running_loop().create_task(run.work())
        try:
            while not working.done():
                await asyncio.wait({working}, timeout=BEAT_S)
                if not working.done():
                    await _shown(view.update, str(self.progress))
            working.result()
            table = self.table
            await _shown(_finish, view, table, str(self.progress))
            failure = _raised(table, self._book.options.raise_on, self._named)
        except BaseException as error:
            if self.client.runtime.ending:
                self._tell_left()
            outcome.set_exception(error)
            raise
        if failure is None:
            outcome.set_result(table)
        else:
            outcome.set_exception(failure)

    def refuse_over_cap(self) -> None:
        """Raise `BudgetExceeded` where the plan is over `max_cost`, or nobody knows what it costs, as `start` does."""
        refuse_over(self.plan, self._cap())

    def _cap(self) -> Decimal | None:
        given = self._book.options.max_cost
        cap: Decimal | None = self._book.client.settings.having("max_cost", None if given is None else Decimal(given))
        return cap

    def result(self, timeout: float | None = None) -> Table:
        """Wait until all is made, at most `timeout` seconds, and give the table. Blocks.

        Interrupt stops the sweep, and says what was cancelled, what goes on and what is left. Raises `JobTimeout` (the
        sweep goes on), and `JobFailed` where `raise_on` says so: its `partial` is the table.
        """
        try:
            return wait_for(self, seconds(timeout))
        except KeyboardInterrupt:
            self._tell_stopped()
            raise
        except JobTimeout as error:
            told = f"sweep {self._named} was not done after {timeout:g} s: {self.progress}; it goes on"
            raise JobTimeout(told, job_id=self.id) from error

    def __await__(self) -> Generator[Any, None, Table]:
        return await_for(self).__await__()

    def _tell_left(self) -> None:
        """At the end of a program that did not wait: a sweep that stops without a word looks done."""
        how = f"ig.load_sweep({self._named!r}).resume() goes on" if self._book.kept else "nothing of it was noted"
        told = f"sweep {self._named}: the program ended before it was done ({self.progress}); {how}, .result() waits\n"
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(told)

    def _tell_stopped(self) -> None:
        """After an Interrupt: what was cancelled, what goes on at its service, what was not sent."""
        with contextlib.suppress(BaseException):
            self.outcome.exception(STOPPING_S)
        sys.stderr.write(f"sweep {self._named} stopped: {self.progress}; resume() goes on with the rest\n")

    # What came of it.

    @property
    def table(self) -> Table:
        """What came of it so far: a value that does not change any more."""
        return self._book.table()

    def cell(self, **where: Any) -> SweepCell:
        """The one cell with these values: `s.cell(prompt=1, guidance_scale=7)`. Raises `InvalidInput`."""
        return self.table.cell(**where)

    def sel(self, **where: Any) -> Table:
        """The cells with these values, or one of a list of them: `s.sel(guidance_scale=[3, 7])`."""
        return self.table.sel(**where)

    def __getitem__(self, where: int | slice | tuple[int | slice, ...]) -> Any:
        """The cell at a place on each axis: `s[0, 2]`; slices, or fewer places, give a table."""
        return self.table[where]

    def __len__(self) -> int:
        return len(self.plan.cells)

    def to_rows(self) -> list[dict[str, Any]]:
        """One dict for each cell: axes, seed, status, cost, seconds, path, sha256, error, sweep, job."""
        return self.table.to_rows()

    def to_pandas(self) -> Any:
        """`to_rows` as a DataFrame. Raises `ImportError` where pandas is not installed."""
        return self.table.to_pandas()

    def contact_sheet(
        self,
        *,
        rows: sheet.Names = None,
        cols: sheet.Names = None,
        captions: sheet.Names = None,
        cell_px: int = 256,
        png: bool = False,
    ) -> Artifact:
        """All cells as one picture with headings, as `Table.contact_sheet`."""
        return self.table.contact_sheet(rows=rows, cols=cols, captions=captions, cell_px=cell_px, png=png)

    def save(self, folder: str | Path) -> Path:
        """Write a folder: the pictures, `sweep.csv`, `sweep.json` (the recipe), the sheet, and `index.html`.

        The page needs no server, and turns rows and columns by itself. `ig.load_sweep(folder)` reads it again. Returns
        the folder. Raises `StorageError`.
        """
        return write(self._book, Path(folder))

    def __repr__(self) -> str:
        name = f"{self.name} ({self.id})" if self.name else self.id
        return f"<Sweep {name}: {self.progress}>"


async def _shown(show: Callable[..., object], *what: object) -> None:
    """Show it on a thread. A screen that fails costs no picture."""
    with contextlib.suppress(Exception):
        await asyncio.to_thread(show, *what)


def _finish(view: View, table: Table, line: str) -> None:
    """Show the end: what went wrong, and a word on axes that changed nothing, where it takes no long look."""
    ended = ("failed", "unknown", "open", "elsewhere", "succeeded")
    wrong = [cell for cell in table if cell.why and cell.status in ended]
    line += "".join(f"\n{cell.words}: {cell.status}: {capped(cell.why, 200)}" for cell in wrong[:TOLD])
    if len(wrong) > TOLD:
        line += f"\n… and {len(wrong) - TOLD:,} more: to_rows() has them"
    if not isinstance(view, NoView) and len(table) <= LOOKED_AT:
        line += "".join(
            f"\n{name} had no effect: the same pictures for all its values" for name in table.without_effect()
        )
    view.finish(table, line)


def refuse_over(plan: SweepPlan, cap: Decimal | None) -> None:
    """Raise `BudgetExceeded` where a plan may cost more than `cap` US dollars, or nobody knows what it costs."""
    for bill in () if cap is None else plan.price:
        if bill.unknown:
            raise BudgetExceeded(
                f"sweep: nobody knows what {bill.unknown} of {plan.count:,} calls cost, so max_cost={cap} cannot be "
                "kept; nothing was sent. assume_price=0.05 says what one costs at most"
            )
        if bill.high and (bill.currency != "USD" or cap is None or bill.high > cap):
            raise BudgetExceeded(
                f"sweep: {plan.count:,} calls cost {bill}, over max_cost={cap}; nothing was sent. Raise max_cost, or "
                "try sample="
            )


def _raised(table: Table, raise_on: str, name: str) -> Exception | None:
    """The error that a sweep's end raises, where it was told to."""
    bad = [cell for cell in table.cells if cell.status in ("failed", "unknown", "cancelled", "open", "invalid")]
    if not bad or not raise_on or (raise_on == "all" and len(bad) < len(table.cells)):
        return None
    kind = JobCancelled if all(cell.status == "cancelled" for cell in bad) else JobFailed
    first = f"{bad[0].words}: {bad[0].why or bad[0].status}"
    return kind(f"sweep {name}: {len(bad)} of {len(table)} cells have no picture; {first}", partial=table)
