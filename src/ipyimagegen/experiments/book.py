"""The book of a sweep: its plan, what became of each request, and its place in the journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..core.cost import FREE
from ..core.errors import UnknownJob
from ..history import Journal
from ..history.sweeps import CellRow, SweepRow, is_at_work, new_owner
from ..jobs.client import Client
from ..jobs.job import Job
from ..media.results import Result
from .cells import Outcome, Status, SweepCell
from .identity import Contents
from .plan import Cell, SweepPlan
from .progress import Progress
from .recipe import Options, to_recipe, to_rows
from .saving import Files
from .table import Table


@dataclass(slots=True, kw_only=True)
class Book:
    """What is known of a sweep. `outcomes` and `jobs` are by identity.

    Written by one thread at a time: by the background loop while it runs, else by who starts or extends it.
    """

    id: str
    name: str
    created: float
    client: Client
    plan: SweepPlan
    options: Options
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    files: Files | None = None
    kept: bool = False
    owner: str = field(default_factory=new_owner)

    @property
    def journal(self) -> Journal | None:
        """The journal of the client."""
        return self.client.journal

    def settle(self) -> None:
        """An outcome for each request of the plan, and in the plan which of them are made already. Blocks."""
        for cell in self.plan.cells:
            if not cell.problem:
                self.outcomes.setdefault(cell.identity, Outcome())
        made = {who for who, outcome in self.outcomes.items() if outcome.status == "succeeded"}
        self.plan = replace(self.plan, made=frozenset(made | set(self._earlier())))

    def _earlier(self) -> dict[str, str]:
        """Requests that any sweep has made, and by which job. Without a seed each call is to make a new picture."""
        if self.journal is None:
            return {}
        seeded = {cell.identity for cell in self.plan.cells if cell.seed is not None}
        return self.journal.made([who for who in seeded if self.outcomes[who].status == "planned"])

    def adopt(self) -> None:
        """Take the pictures of earlier sweeps for requests that are the same. Blocks."""
        if self.journal is None:
            return
        earlier = self._earlier()
        # All claims first: those that wait at the same time are one transaction.
        claims = {
            who: self.journal.claim(self.id, who, job, instead_of=self.outcomes[who].job_id or None, by=self.owner)
            for who, job in earlier.items()
        }
        results = {result.job_ids[0]: result for result in self.journal.results_of(list(earlier.values()))}
        for who, job in earlier.items():
            if claims[who].result():
                made = made_by(results[job]) if job in results else Outcome(job_id=job)  # cleared in this moment
                self.outcomes[who] = replace(made, paths=self.outcomes[who].paths, earlier=job in results)

    def keep(self, cells: Sequence[Cell], *, first: int = 0) -> None:
        """Write the plan, or its new cells, down before anything is sent. Blocks. Raises `StorageError`."""
        if self.journal is None:
            return
        contents = Contents(self.journal)
        rows = to_rows(cells, first, contents)
        row = SweepRow(id=self.id, name=self.name, created=self.created, recipe=self.recipe(contents))
        self.journal.add_sweep(row, rows, contents.all()).result()
        self.kept = True

    def refresh(self) -> None:
        """Look again at what another kernel has begun, or may have ended meanwhile. Blocks."""
        if self.journal is None or not self.kept:
            return
        if any(outcome.status in ("elsewhere", "open") for outcome in self.outcomes.values()):
            for row in self.journal.cells(self.id):
                if row.request is not None and self.outcomes[row.identity].status in ("elsewhere", "open"):
                    self.outcomes[row.identity] = self.outcome_of(row)

    def outcome_of(self, row: CellRow) -> Outcome:
        """What became of a request, by the journal."""
        spec = self.plan.specs.get(row.model)
        free = spec is not None and spec.price.source == "free"
        return outcome_of(row, free=free, since=self.created, mine=self.owner)

    def recipe(self, contents: Contents) -> dict[str, Any]:
        """The sweep as plain data; its input files are kept in `contents`."""
        return to_recipe(self.plan, self.options, contents)

    def open_files(self) -> None:
        """Know where pictures are saved, if they are."""
        if self.options.save:
            taken = {Path(path) for outcome in self.outcomes.values() for path in outcome.paths}
            self.files = Files(self.options.save, self._note, metadata=self.client.settings.metadata, taken=taken)

    def _note(self, who: str, paths: Sequence[str]) -> None:
        if self.journal is not None:
            self.journal.saved_as(self.id, who, paths).result()

    def table(self) -> Table:
        """What came of it so far."""
        outcomes = dict(self.outcomes)
        cells = tuple(
            SweepCell(
                cell=cell,
                outcome=Outcome(status="invalid") if cell.problem else outcomes[cell.identity],
                sweep=self.id,
                load=self._load,
            )
            for cell in self.plan.cells
        )
        return Table(axes=self.plan.axes, cells=cells, title=self.name)

    def _load(self, job_id: str) -> Result:
        if self.journal is None:
            raise UnknownJob(f"job {job_id}: this client keeps no journal")
        return self.journal.result(job_id)

    def progress(self, *, elapsed_s: float = 0.0, ended: int = 0, note: str = "") -> Progress:
        """How far it is; `ended` calls have ended in the last `elapsed_s` seconds."""
        outcomes, jobs = dict(self.outcomes), dict(self.jobs)
        counts: Counter[Status] = Counter(outcome.status for outcome in outcomes.values())
        part = sum(job.progress or 0.0 for job in jobs.values())
        own = [one for one in outcomes.values() if not one.earlier]
        return Progress(
            counts={**counts, **({"invalid": len(self.plan.invalid)} if self.plan.invalid else {})},
            fraction=(counts["succeeded"] + part) / max(1, len(outcomes)),
            spent=sum((one.cost for one in own if one.cost.known), FREE),
            unpriced=sum(one.status == "succeeded" and not one.cost.known for one in own),
            elapsed_s=elapsed_s,
            eta_s=elapsed_s / ended * (counts["planned"] + counts["running"] - part) if ended else None,
            note=note,
        )


def made_by(result: Result) -> Outcome:
    """The outcome of a request whose result the journal has."""
    times = result.timings
    return Outcome(
        status="succeeded",
        job_id=result.job_ids[0] if result.job_ids else "",
        cost=result.cost,
        queue_s=times.queue_s,
        run_s=times.run_s,
        total_s=times.total_s,
    )


def outcome_of(row: CellRow, *, free: bool, since: float, mine: str) -> Outcome:
    """What became of a request, by the journal. `since` is when the sweep was made, `mine` the owner who asks.

    Of what was sent nobody knows where its sending began and no receipt was noted: that is never sent again by itself,
    unless it is `free`. A process that has just begun it may be at it still.
    """
    if row.request is None or row.job is None:
        return Outcome(status="planned" if row.request is not None else "invalid", paths=row.paths)
    job = row.row
    begun = Outcome(job_id=row.job, paths=row.paths)
    others = row.owner != mine and is_at_work(row.owner)
    if job is None or (job.phase == "preparing" and job.ticket is None and not job.error and others):
        why = "another kernel has begun it; load the sweep again to see what came of it"
        return replace(begun, status="elsewhere", why=why) if others else begun
    times = row.timings
    known = replace(
        begun,
        why=job.error,
        cost=job.cost,
        queue_s=times.get("queue_s"),
        run_s=times.get("run_s"),
        total_s=times.get("total_s"),
    )
    match job.phase:
        case "succeeded":
            return replace(known, status="succeeded", why="", earlier=job.created < since)
        case "failed" | "cancelled":
            return replace(known, status="failed" if job.phase == "failed" else "cancelled")
    if job.ticket is not None:
        return replace(known, status="open", why=job.error or "sent, and not collected yet")
    if free:
        return begun
    lost = "its sending began, and no receipt was noted: look at the service whether it runs"
    return replace(known, status="unknown", why=job.error or lost)
