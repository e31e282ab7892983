"""`Gallery`: hundreds or thousands of pictures in one scrolling grid, to search, star, select and look at."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

import traitlets

from ....core.errors import ImagegenError, InvalidInput, Problem, StorageError, capped
from ....core.foreign import shown
from ....history.recall import journal as users_journal
from ....history.recall import search
from ....media.artifacts import Artifact
from ....media.results import Result
from ..base import STATIC
from ..fallback import SheetWidget, sheet_of
from ..scaling import Scaled, asked_size, scaler, size_for
from .files import means_files
from .items import CAPTIONS, MAX_RESULTS, Entry, Given, as_result, check_captions, chunk, entries, flat
from .thumbs import ThumbnailQueue

FIRST_THUMBS = 20
"""Thumbnails that are sent before a page asks: what fits into a notebook's width."""
WIDER = 1.15
"""How much wider than wanted a cell becomes where the columns do not fill the width."""
MORE_WAIT_S = 0.2
"""Pictures on their way go before the words of those further down, for so long at most."""
MAX_ASKED = 500
"""More thumbnails than this are not taken from one message."""
MIN_CELL_PX, MAX_CELL_PX = 64, 512
MAX_SHEET = 24
"""Pictures on the contact sheet that the notebook keeps."""


class Gallery(SheetWidget):
    """A grid of pictures: `Gallery(results)`, `Gallery("lighthouse")` for what the history has, `Gallery()` for all.

    `results` are results, artifacts, paths, or lists of these; a string is a history query (every word in model,
    prompt, job id, tags or note; the newest 5,000), which `filters` narrow as in `ig.history.search`: `since="7d"`,
    `starred=True`, `tag="sea"`. In the form of a path it is a file, a folder (`"out/"`) or a pattern (`"out/*.png"`,
    `"**/*.jpg"`), shown with what any tool wrote into the files; one that cannot be read says why. `captions` are the
    lines under each picture, of `prompt model seed size seconds cost`; `cell_px` is the wanted width of a cell, 64 to
    512 CSS pixels. Making one decodes no picture; files are read for their metadata and hash. Stars are kept in the
    journal. Raises `InvalidInput`, and `StorageError` where a query cannot be answered.

    >>> gallery = ig.Gallery("lighthouse")  # doctest: +SKIP
    >>> gallery.selected[0].save("best.png")  # doctest: +SKIP
    """

    _esm = STATIC / "gallery.js"
    _css = STATIC / "gallery.css"

    captions = traitlets.List(traitlets.Enum(CAPTIONS), default_value=["prompt", "seed"]).tag(sync=True)
    cell_px = traitlets.Int(176, min=MIN_CELL_PX, max=MAX_CELL_PX).tag(sync=True)
    selection = traitlets.List(traitlets.Int()).tag(sync=True)

    def __init__(
        self,
        results: str | os.PathLike[str] | Given | Iterable[Given | str | os.PathLike[str]] = "",
        *,
        captions: Iterable[str] = ("prompt", "seed"),
        cell_px: int = 176,
        **filters: Any,
    ) -> None:
        is_query = isinstance(results, str) and not means_files(results)
        if filters and not is_query:
            name, value = next(iter(filters.items()))
            raise InvalidInput([Problem(name, f"{shown(value)} narrows a history query, and these are pictures")])
        found = search(str(results), **{"limit": MAX_RESULTS, **filters})[::-1] if is_query else results
        self._given = flat(found)
        made = entries(self._given, now=time.time())
        self._entries = sorted(made, key=lambda entry: -entry.created)
        self._stars = _stars_of(self._entries)
        self._queue: ThumbnailQueue | None = None
        super().__init__(captions=check_captions(captions), cell_px=min(MAX_CELL_PX, max(MIN_CELL_PX, cell_px)))

    # -- what python sees -----------------------------------------------------------------------------------------

    @property
    def results(self) -> list[Result]:
        """Every result in it, in the order in which they came."""
        return [as_result(one) for one in self._given]

    @property
    def selected(self) -> list[Artifact]:
        """The pictures that are selected now, in the order in which they were; `gallery.observe(f, "selection")`."""
        return [self._entries[index].artifact for index in self.selection if 0 <= index < len(self._entries)]

    @property
    def starred(self) -> list[Artifact]:
        """The pictures with a star, newest first."""
        found = [entry for entry in self._entries if entry.star_key in self._stars]
        return [entry.artifact for entry in sorted(found, key=lambda entry: -entry.created)]

    def add(self, result: Given | str | os.PathLike[str] | Iterable[Given | str | os.PathLike[str]]) -> None:
        """Put more pictures in, on every page that shows this gallery. Raises `InvalidInput` for anything else."""
        more = flat(result)
        start = len(self._entries)
        self._given += more
        self._entries += entries(more, now=time.time(), after=start)
        self.post(lambda: self._tell("", start))
        self.renew_sheet()

    def __len__(self) -> int:
        return len(self._entries)

    # -- what the page says ---------------------------------------------------------------------------------------

    def take(self, kind: str, content: dict[str, Any], buffers: list[Any]) -> None:
        """A message of the page, see `contract/gallery.json`."""
        del buffers
        view = capped(str(content.get("view")), 40)
        match kind:
            case "hello":
                self._begin(view, content.get("count"), content.get("px"))
            case "more" if isinstance(start := content.get("start"), int) and 0 <= start < len(self._entries):
                self.start(self._tell_more(view, start))
            case "want":
                self._thumbs.want(view, self._known(content.get("indices")), _thumb_px(content.get("px")))
            case "drop":
                self._thumbs.drop(view, self._known(content.get("indices")))
            case "full" if known := self._known([content.get("index")]):
                self.start(self._send_full(view, known[0], content.get("px")))
            case "star" if known := self._known([content.get("index")]):
                self._star(known[0], content.get("starred") is True)
            case "bye":
                self._thumbs.drop(view)

    def ahead(self) -> None:
        """Send what a first page will show before it asks: that saves a way there and back."""
        px = _thumb_px(self.cell_px * WIDER)
        count = self._tell("", 0, FIRST_THUMBS, px)
        self.post(lambda: self._thumbs.want("", range(count), px))

    def _begin(self, view: str, asked_count: object, asked_px: object) -> None:
        """Tell a new view of the first pictures, and send those that fit into it."""
        count = asked_count if type(asked_count) is int and 0 < asked_count <= MAX_ASKED else 0
        px = _thumb_px(asked_px)
        self._thumbs.want(view, range(self._tell(view, 0, count, px)), px)

    def _known(self, indices: object) -> list[int]:
        """The indices in a message that are those of pictures here."""
        listed = indices if isinstance(indices, list) else []
        return [one for one in listed[:MAX_ASKED] if type(one) is int and 0 <= one < len(self._entries)]

    def _tell(self, view: str, start: int, thumbs: int = 0, px: int = 0) -> int:
        """Tell of pictures from `start`, and how many thumbnails will follow by themselves, which is returned."""
        items = chunk(self._entries, start, self._stars)
        thumbs = min(thumbs, len(items))
        self.say("items", view=view, start=start, total=len(self._entries), items=items, thumbs=thumbs, px=px)
        return thumbs

    async def _tell_more(self, view: str, start: int) -> None:
        await self._thumbs.rest(MORE_WAIT_S)
        self._tell(view, start)

    # -- pictures -------------------------------------------------------------------------------------------------

    @property
    def _thumbs(self) -> ThumbnailQueue:
        if self._queue is None:
            self._queue = ThumbnailQueue(self._picture, scaler(), self._send_thumbs, self._send_failed)
        return self._queue

    def _picture(self, index: int) -> Artifact:
        return self._entries[index].artifact

    def _send_thumbs(self, view: str, px: int, batch: list[tuple[int, Scaled]]) -> None:
        types = [picture.media_type for _, picture in batch]
        buffers = [picture.data for _, picture in batch]
        self.say("thumbs", buffers, view=view, px=px, indices=[index for index, _ in batch], types=types)

    def _send_failed(self, view: str, px: int, index: int, reason: str) -> None:
        self.say("failed", view=view, px=px, index=index, reason=reason)

    async def _send_full(self, view: str, index: int, asked_px: object) -> None:
        px = asked_size(asked_px)
        try:
            picture = await scaler().get(self._picture(index), px)
        except ImagegenError as error:
            self._send_failed(view, px, index, capped(str(error), 300))
        else:
            self.say("full", [picture.data], view=view, index=index, px=px, type=picture.media_type)

    # -- stars ----------------------------------------------------------------------------------------------------

    def _star(self, index: int, starred: bool) -> None:  # noqa: FBT001 (as the page says it)
        entry = self._entries[index]
        self._set_star(entry.star_key, starred)
        if job_id := entry.artifact.record.job_id:
            written = users_journal().star(job_id, starred=starred)
            written.add_done_callback(lambda done: self._starred(entry.star_key, starred, done))

    def _starred(self, key: str, starred: bool, written: Future[bool]) -> None:  # noqa: FBT001
        """Take a star back that the journal could not keep."""
        if written.exception() is not None:
            self.post(lambda: self._set_star(key, not starred))

    def _set_star(self, key: str, starred: bool) -> None:  # noqa: FBT001
        (self._stars.add if starred else self._stars.discard)(key)
        indices = [index for index, entry in enumerate(self._entries) if entry.star_key == key]
        self.say("stars", indices=indices, starred=starred)

    def end(self) -> None:
        """End what runs for it on the loop's thread."""
        super().end()
        if self._queue is not None:
            self._queue.close()

    # -- what the notebook keeps ----------------------------------------------------------------------------------

    def sheet(self) -> bytes | None:
        """The newest pictures as one, a JPEG."""
        newest = self._newest()
        return sheet_of([entry.artifact for entry in newest]) if newest else None

    def sheet_text(self) -> str:
        """How many pictures there are, and the newest in words."""
        newest = self._newest()
        lines = [f"Gallery of {len(self._entries):,} pictures"]
        if len(newest) < len(self._entries):
            lines[0] += f", the newest {len(newest)}:"
        return "\n".join(lines + [f"  {_line(entry.artifact)}" for entry in newest])

    def _newest(self) -> list[Entry]:
        return sorted(self._entries, key=lambda entry: -entry.created)[:MAX_SHEET]


def _line(artifact: Artifact) -> str:
    seed = "" if artifact.seed is None else f"seed {artifact.seed}"
    parts = (artifact.record.model, seed, " ".join(artifact.alt.split()))
    return capped(" · ".join(part for part in parts if part), 100)


def _thumb_px(asked: object) -> int:
    """A thumbnail's size, from what a page asked for."""
    return size_for(min(MAX_CELL_PX * 2, max(1, asked))) if isinstance(asked, int | float) else MIN_CELL_PX


def _stars_of(listed: list[Entry]) -> set[str]:
    """The jobs among these that have a star in the journal; none where it cannot be read."""
    jobs = {entry.artifact.record.job_id for entry in listed} - {""}
    if not jobs:
        return set()
    try:
        return jobs & users_journal().starred()
    except StorageError:
        return set()
