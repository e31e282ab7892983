"""One go over the cells that are still to be made: side by side, bounded, until all are done or somebody stops it.

All but `pause`, `go_on` and `stop` runs on the background loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from ..core.errors import BudgetExceeded, ImagegenError, JobCancelled, JobFailed, SubmitUnknown
from ..history import Journal
from ..jobs.job import Job
from ..media.results import Result
from ..net.secrets import redact
from .book import Book, made_by
from .cells import Outcome
from .once import once
from .plan import Cell

LOCAL_AT_ONCE = 4
HOSTED_AT_ONCE = 8
"""Calls under way at one service. Its client slows down by itself where the service wants fewer at a time."""


class Run:
    """One go. `cells` in the order of sending, each request once; `cap` in US dollars for what they cost together."""

    def __init__(self, book: Book, cells: Sequence[Cell], *, parallel: int | None, cap: Decimal | None) -> None:
        self.book = book
        self.cells = tuple(cells)
        self.began = time.monotonic()
        self.ended = 0
        self.stopped = False
        self.paused = False
        self.over_cap = False
        self.why = "one more call might pass max_cost"
        self._parallel = parallel
        self._cap = cap
        self._committed = Decimal(0)
        self._bell: asyncio.Event | None = None
        self._claims: dict[str, tuple[Job, Future[bool] | None]] = {}

    async def work(self) -> None:
        """Make all cells. Ends early after `stop`, once what ran has ended."""
        self._bell = asyncio.Event()
        lines: dict[str, list[Cell]] = {}
        for cell in self.cells:
            lines.setdefault(cell.model.partition("/")[0], []).append(cell)
        await asyncio.gather(*(self._line(name, cells) for name, cells in lines.items()))
        await self._save_those_made()

    async def _line(self, service: str, cells: Sequence[Cell]) -> None:
        """The cells of one service, in order, as many at a time as is good for it."""
        at_once = self._parallel or (LOCAL_AT_ONCE if service == "local" else HOSTED_AT_ONCE)
        running: set[asyncio.Task[None]] = set()
        for place, cell in enumerate(cells):
            self._claim_ahead(cells[place : place + at_once + 1])
            while len(running) >= at_once and not self.stopped:
                _, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            await self._while_paused()
            if self.stopped or not self._affords(cell):
                break
            running.add(asyncio.get_running_loop().create_task(self._one(cell)))
        if running:
            await asyncio.wait(running)
        for cell in cells:
            self._give_back(cell)

    def _claim_ahead(self, cells: Sequence[Cell]) -> None:
        """Claim the next cells in one write, so that none waits for the disk when its turn comes."""
        book = self.book
        for cell in cells:
            before = book.outcomes[cell.identity]
            if cell.identity in self._claims or before.status != "planned" or self.stopped or cell.request is None:
                continue
            job = book.client.job_for(book.plan.specs[cell.model], cell.request)
            claimed: Future[bool] | None = None
            if book.journal is not None:
                claimed = book.journal.claim(
                    book.id, cell.identity, job.id, instead_of=before.job_id or None, by=book.owner
                )
            self._claims[cell.identity] = (job, claimed)

    def _give_back(self, cell: Cell) -> None:
        """Take back the claim of a cell that was not sent."""
        found = self._claims.pop(cell.identity, None)
        if found is not None and self.book.journal is not None:
            before = self.book.outcomes[cell.identity].job_id or None
            self.book.journal.claim(self.book.id, cell.identity, before, instead_of=found[0].id)

    async def _while_paused(self) -> None:
        while self._holds() and self._bell is not None:
            self._bell.clear()
            if self._holds():  # still, now that nothing can ring unheard
                await self._bell.wait()

    def _holds(self) -> bool:
        return self.paused and not self.stopped

    def _affords(self, cell: Cell) -> bool:
        """Whether the cap leaves room for one more call at its highest price. Takes it, if so."""
        if self._cap is None or self.over_cap:
            return not self.over_cap
        price = self.book.plan.price_of(cell)
        if price.source != "free":
            self.over_cap = price.high is None or price.currency != "USD" or self._committed + price.high > self._cap
            if not self.over_cap and price.high is not None:
                self._committed += price.high
        return not self.over_cap

    async def _one(self, cell: Cell) -> None:
        """One cell to its end. Without a seed each call is to make a new picture: others' are no matter then."""
        try:
            if cell.seed is None or self.book.journal is None:
                await self._make(cell)
                return
            calls = once(self.book.journal.folder)
            async with calls.turn(cell.identity) as made:
                if self.stopped or (made and await self._adopts(cell, made, self.book.journal)):
                    return
                await self._make(cell)
                outcome = self.book.outcomes[cell.identity]
                if outcome.status == "succeeded":
                    calls.made[cell.identity] = outcome.job_id
        finally:
            self.ended += 1

    async def _adopts(self, cell: Cell, made: str, journal: Journal) -> bool:
        """Take the picture that another sweep has made meanwhile; false where it is gone again."""
        book, who = self.book, cell.identity
        before = book.outcomes[who]
        if before.job_id == made:
            return False
        try:
            result = await asyncio.to_thread(journal.result, made)
        except ImagegenError:
            return False
        mine = self._claims.pop(who, None)
        journal.claim(book.id, who, made, instead_of=before.job_id or None if mine is None else mine[0].id)
        book.outcomes[who] = replace(made_by(result), paths=before.paths, earlier=True)
        return True

    async def _make(self, cell: Cell) -> None:
        book, who = self.book, cell.identity
        before = book.outcomes[who]
        try:
            job = await self._job(cell, before)
            if job is None:
                return
            book.jobs[who] = job
            book.outcomes[who] = Outcome(status="running", job_id=job.id, paths=before.paths)
            if self.stopped:
                job.cancel()
            await _ended(job)
            book.outcomes[who] = await self._outcome(cell, job, before)
        except Exception as error:  # noqa: BLE001 (whatever it is: one cell must not end the others)
            now = book.outcomes[who]
            why = redact(str(error) if isinstance(error, ImagegenError) else repr(error))
            book.outcomes[who] = replace(now, status="open" if now.status == "open" else "failed", why=why)
        finally:
            book.jobs.pop(who, None)

    async def _job(self, cell: Cell, before: Outcome) -> Job | None:
        """The job that a cell becomes: sent now, or found again. `None` where there is nothing to wait for here."""
        book, client = self.book, self.book.client
        if before.status == "open":
            # With the description at hand: threads that wait for one on the loop are threads that the loop has not.
            return await asyncio.to_thread(client.attach, before.job_id, spec=book.plan.specs[cell.model])
        self._claim_ahead([cell])
        if self.stopped or cell.identity not in self._claims:
            return None  # the claim is given back at the end
        job, claimed = self._claims[cell.identity]
        if claimed is not None and not await asyncio.wrap_future(claimed):
            self._claims.pop(cell.identity)
            why = "another kernel has begun it; load the sweep again to see what came of it"
            book.outcomes[cell.identity] = Outcome(status="elsewhere", why=why)
            return None
        if not await self._reserves(cell, job):
            return None
        self._claims.pop(cell.identity)
        client.launch(job)
        return job

    async def _reserves(self, cell: Cell, job: Job) -> bool:
        """Whether the caps of the session, the day and the month leave room for a cell; nothing more is sent if not.

        Nor after a stop.
        """
        if self.stopped:
            return False
        prices, money = (self.book.plan.price_of(cell),), self.book.client.money
        calls, sweep = [(job.id, job.request)], self.book.id
        try:
            await asyncio.to_thread(money.reserve, job.spec, calls, prices=prices, sweep=sweep, capped=bool(self._cap))
        except BudgetExceeded as error:
            self.over_cap, self.why = True, str(error)
            return False
        return True  # also where another was refused meanwhile: this one has its place

    async def _outcome(self, cell: Cell, job: Job, before: Outcome) -> Outcome:
        error = job.exception()
        state = job.state
        if error is None:
            return await self._made(cell, job, job.outcome.result(), before)
        why = redact(str(error))
        outcome = Outcome(job_id=job.id, why=why, cost=state.cost, total_s=state.elapsed_s(time.time()))
        if isinstance(error, SubmitUnknown):
            return replace(outcome, status="unknown")
        if isinstance(error, JobCancelled):
            return replace(outcome, status="open" if error.detail else "cancelled")
        if job.ticket is not None and not isinstance(error, JobFailed):
            return replace(outcome, status="open")
        return replace(outcome, status="failed")

    async def _made(self, cell: Cell, job: Job, result: Result, before: Outcome) -> Outcome:
        """A cell that has its picture: on disk and not in memory, wherever the journal has it."""
        book = self.book
        times = result.timings
        missing = next((artifact.error for artifact in result.artifacts if artifact.error), "")
        held: Result | None = result
        if book.journal is not None and not missing:
            if not _is_kept(result, book.journal):  # what costs nothing does not wait for the disk
                await asyncio.wrap_future(book.journal.written())
            held = None if _is_kept(result, book.journal) else result
            book.client.forget(job.id)
        paths, why = (before.paths, "") if missing else await self._saved(cell, result, before.paths)
        return Outcome(
            status="open" if missing and job.ticket is not None else "succeeded",
            job_id=job.id,
            why=f"its picture could not be fetched yet: {missing}" if missing else why,
            cost=result.cost,
            queue_s=times.queue_s,
            run_s=times.run_s,
            total_s=times.total_s,
            paths=paths,
            held=held,
        )

    async def _saved(self, cell: Cell, result: Result, noted: Sequence[str]) -> tuple[tuple[str, ...], str]:
        """The paths of a cell's pictures, and why they could not be saved: the cell has its picture all the same."""
        files = self.book.files
        if files is None:
            return tuple(noted), ""
        try:
            return await asyncio.to_thread(files.save, cell, result, noted), ""
        except (ImagegenError, OSError) as error:
            return tuple(noted), f"made, but not saved: {error}"

    async def _save_those_made(self) -> None:
        """Save what was made before: by another sweep, or by a process that ended before it had saved it."""
        book = self.book
        if book.files is None:
            return
        for cell in book.plan.cells:
            outcome = book.outcomes.get(cell.identity)
            if outcome is None or outcome.status != "succeeded" or outcome.why:
                continue
            if self.stopped or (outcome.paths and await asyncio.to_thread(_are_there, outcome.paths)):
                continue
            result = outcome.held
            if result is None and book.journal is not None:
                with suppress(ImagegenError):
                    result = await asyncio.to_thread(book.journal.result, outcome.job_id)
            if result is not None:
                paths, why = await self._saved(cell, result, outcome.paths)
                book.outcomes[cell.identity] = replace(outcome, paths=paths, why=why)

    def pause(self) -> None:
        """Send nothing further; what runs goes on."""
        self.paused = True

    def go_on(self) -> None:
        """Send again."""
        self.paused = False
        self._ring()

    def stop(self) -> None:
        """Send nothing further, and cancel what runs."""
        self.stopped = True
        for job in tuple(self.book.jobs.values()):
            job.cancel()
        self._ring()

    def _ring(self) -> None:
        def ring() -> None:
            if self._bell is not None:
                self._bell.set()

        self.book.client.runtime.post(ring)


async def _ended(job: Job) -> None:
    """Wait for the end of a job, whatever it is. Unlike its future, this can be let go without touching the job."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    job.outcome.add_done_callback(lambda _: loop.call_soon_threadsafe(over.set))
    await over.wait()


def _is_kept(result: Result, journal: Journal) -> bool:
    """Whether every output lies in the journal's files."""
    return all(
        _has(journal.files.path(artifact.sha256, artifact.media_type), artifact.size) for artifact in result.artifacts
    )


def _are_there(paths: Sequence[str]) -> bool:
    return all(Path(path).exists() for path in paths)


def _has(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False
