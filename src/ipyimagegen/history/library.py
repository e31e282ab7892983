"""`ig.history`: everything that was made, to be found, marked, checked, moved and cleared.

>>> import ipyimagegen as ig
>>> ig.history.search("überraschung", since="7d")  # doctest: +SKIP
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from ..core.arguments import number, text
from ..core.errors import InvalidInput, Problem, StorageError, UnknownJob, capped
from ..core.foreign import shown
from ..media.results import Result
from ..settings.home import home
from . import recall
from .ids import new_id
from .journal import Journal
from .keeping import Check, Size
from .marks import Marks
from .portable import Imported
from .query import Moment, asked
from .table import as_html, as_text, cells_of, data_frame, row_of

Jobs = str | Result | Iterable[str | Result]
"""A job by its id, a result, or several of them."""
LISTED = 20
"""Results in the table that stands for the history."""
EVERY = 10_000_000
CLOSED = "closed by hand"


class History:
    """The user's own history. All of it blocks, for a read or a write of the disk; nothing costs anything.

    Whatever cannot be read or written raises `StorageError`.
    """

    new_id = staticmethod(new_id)
    home = staticmethod(home)
    journal = staticmethod(recall.journal)
    search = staticmethod(recall.search)
    spent = staticmethod(recall.spent)

    @property
    def folder(self) -> Path:
        """Where it is: `IPYIMAGEGEN_HOME`, else the user's data folder. To move it, move the folder."""
        return home()

    # Marks

    def star(self, jobs: Jobs, *, starred: bool = True) -> None:
        """Give results their star, or take it away: one with a star is never cleared. Raises `UnknownJob`."""
        self._each(jobs, lambda journal, job: journal.star(job, starred=starred))

    def tag(self, jobs: Jobs, *tags: str, remove: str | Iterable[str] = ()) -> None:
        """Add tags to results, or take some away. Raises `UnknownJob`, `InvalidInput`."""
        gone = (remove,) if isinstance(remove, str) else tuple(remove)
        self._each(jobs, lambda journal, job: journal.tag(job, *tags, remove=gone))

    def note(self, jobs: Jobs, text: str) -> None:
        """Write a note on results, in place of an earlier one; `""` takes it away. Raises `UnknownJob`."""
        self._each(jobs, lambda journal, job: journal.note(job, text))

    def marks(self, job: str | Result) -> Marks:
        """The star, tags and note of one. Raises `UnknownJob`."""
        return recall.journal().marks(*self._ids(job))

    def tags(self) -> dict[str, int]:
        """Every tag with the number of its jobs, the most used first."""
        return recall.journal().tags()

    def _each(self, jobs: Jobs, write: Callable[[Journal, str], Future[bool]]) -> None:
        journal = recall.journal()
        writes = [(job, write(journal, job)) for job in self._ids(jobs)]
        missing = [job for job, written in writes if not written.result()]
        if missing:
            raise UnknownJob(f"no job {', '.join(map(repr, missing))} in the journal")

    def _ids(self, jobs: Jobs) -> list[str]:
        """The full ids of jobs, which may be named by the start of them. Raises `UnknownJob`, `InvalidInput`."""
        several: Iterable[Any] = [jobs] if isinstance(jobs, str | Result) else jobs
        if not isinstance(several, Iterable):
            raise InvalidInput([Problem("jobs", f"{shown(jobs)} is no job's id, no result, and no list of them")])
        named = [name for job in several for name in (job.job_ids if isinstance(job, Result) else (job,))]
        return list(dict.fromkeys(recall.journal().row(text(name, "job", "the id of a job")).id for name in named))

    # Keeping

    def delete(self, jobs: Jobs) -> int:
        """Forget results, those with a star too, and delete their files. Returns how many. Cannot be undone.

        A file that another result has as well stays. Raises `UnknownJob`; nothing is deleted then.
        """
        return recall.journal().delete(self._ids(jobs))

    def close(self, jobs: Jobs, why: str = CLOSED) -> int:
        """Call jobs failed that have no end and will never have one, so that nothing asks to collect them.

        Nothing is cancelled at the service. Returns how many were open. Raises `UnknownJob`.
        """
        journal = recall.journal()
        return sum(journal.give_up(job, text(why, "why", "a reason")) for job in self._ids(jobs))

    def clear(self, *, older_than_days: float | None = None, older_than: Moment = None) -> int:
        """Forget jobs older than so many days, or made before a time such as `"30d"` or `"2026-01-31"`.

        With them go their files, inputs of forms and old copies of the database.

        Those with a star stay, and those that may still be collected. Gives the space back to the disk, which takes
        some seconds in a large history. Returns how many jobs. Cannot be undone.
        """
        if (older_than is None) == (older_than_days is None):
            raise InvalidInput([Problem("older_than", "say either older_than='30d' or older_than_days=30")])
        if older_than_days is not None:
            before = time.time() - number(older_than_days, "older_than_days") * recall.DAY_S
        else:
            before = asked(since=older_than).since or 0.0
        return recall.journal().clear(before=before)

    def size(self) -> Size:
        """How many results there are, and what they take on the disk."""
        return recall.journal().size()

    def verify(self, *, contents: bool = False) -> Check:
        """Whether all files are there as they came: by their sizes, with `contents` byte for byte (reads them all)."""
        return recall.journal().verify(contents=contents)

    # Where a picture comes from

    def parents(self, job: str | Result) -> list[Result]:
        """The results from whose pictures this one was made, told by the content of its inputs. Newest first."""
        return self._related(job, Journal.parents)

    def children(self, job: str | Result) -> list[Result]:
        """The results that were made from the pictures of this one. Newest first."""
        return self._related(job, Journal.children)

    def _related(self, job: str | Result, of: Callable[[Journal, str], list[Result]]) -> list[Result]:
        found = [result for each in self._ids(job) for result in of(recall.journal(), each)]
        return list({result.job_ids: result for result in found}.values())

    # Moving

    def export(self, path: str | os.PathLike[str], query: str = "", **filters: Any) -> Path:
        """Write what `search` finds, all of it by default, to a new zip file, which `import_` reads elsewhere.

        With files, marks and records; without jobs that failed, and without receipts. Returns the path. Raises
        `InvalidInput`, and `StorageError` where such a file is there already.
        """
        found = self.search(query, **{"limit": EVERY, **filters})
        target = Path(path).expanduser()
        recall.journal().export(target, [result.job_ids[0] for result in found])
        return target

    def import_(self, path: str | os.PathLike[str]) -> Imported:
        """Take in what another machine exported; results that are here already stay as they are.

        Everything in the archive is checked, as anybody may have written it. Raises `InvalidInput` for what is none.
        """
        return recall.journal().import_(Path(path).expanduser())

    # Tables

    def to_rows(self, query: str = "", *, limit: int = 1_000, **filters: Any) -> list[dict[str, Any]]:
        """What `search` finds, as flat rows for any library: facts, marks, files, and `param.NAME` as sent."""
        return [row_of(result, marks) for result, marks in self._marked(self.search(query, limit=limit, **filters))]

    def to_pandas(self, query: str = "", *, limit: int = 1_000, **filters: Any) -> Any:
        """`to_rows` as a pandas `DataFrame`. Raises `ImportError` where pandas is not installed."""
        return data_frame(self.to_rows(query, limit=limit, **filters))

    def _marked(self, results: Sequence[Result]) -> list[tuple[Result, Marks]]:
        found = recall.journal().marks_of([job for result in results for job in result.job_ids])
        return [(result, found.get(result.job_ids[0], Marks())) for result in results]

    def listed(self, query: str = "", *, limit: int = LISTED, **filters: Any) -> list[tuple[str, ...]]:
        """What `search` finds as lines of text: job, when it was made, model, cost, marks and prompt."""
        return [cells_of(result, marks) for result, marks in self._marked(self.search(query, limit=limit, **filters))]

    def _table(self) -> tuple[list[tuple[str, ...]], str]:
        lines = self.listed()
        if not lines:
            return [], f"No results yet in {self.folder}"
        count = recall.journal().count_results()
        older = f", {count - len(lines):,} of them older" if count > len(lines) else ""
        return lines, f'{count:,} results in {self.folder}{older}: ig.history.search("words", since="7d") finds them'

    def __len__(self) -> int:
        return recall.journal().count_results()

    def __bool__(self) -> bool:
        """Always true: it is there before anything is in it."""
        return True

    def __repr__(self) -> str:
        try:
            lines, footer = self._table()
        except StorageError as error:
            return f"<History: {error}>"
        return f"{as_text(lines)}\n\n{footer}" if lines else footer

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        try:
            lines, footer = self._table()
        except StorageError as error:
            return {"text/plain": f"<History: {capped(str(error), 500)}>"}
        if not lines:
            return {"text/plain": footer}
        shapes = {"text/plain": f"{as_text(lines)}\n\n{footer}", "text/html": as_html(lines, footer)}
        wanted = {name for name in shapes if (not include or name in include) and name not in (exclude or ())}
        return {name: shapes[name] for name in wanted}


history = History()
