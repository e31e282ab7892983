"""What a gallery tells its page about each picture: words and numbers, no pixels."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ....core.errors import InvalidInput, capped
from ....core.foreign import shown
from ....media.artifacts import Artifact
from ....media.results import Result
from .files import pictures_at

MAX_RESULTS = 5_000
"""How many results a history query gives at most, and files a folder or a pattern."""
Caption = Literal["prompt", "model", "seed", "size", "seconds", "cost"]
Given = Result | Artifact
CAPTIONS: tuple[Caption, ...] = ("prompt", "model", "seed", "size", "seconds", "cost")
MAX_PROMPT_CHARS = 2_000
MAX_MODEL_CHARS = 200
FIRST_ITEMS = 100
MORE_ITEMS = 500
MAX_CHUNK_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture in a gallery, and when it was made: epoch seconds, or when it came in where nobody wrote that down."""

    artifact: Artifact
    created: float

    @property
    def star_key(self) -> str:
        """What is starred: the job where there is one, else this content."""
        return self.artifact.record.job_id or self.artifact.sha256


def entries(given: Iterable[Given], *, now: float, after: int = 0) -> list[Entry]:
    """The pictures of all results, in order; `after` is how many came before. Of equal times the later is newer."""
    artifacts = [artifact for one in given for artifact in (one.artifacts if isinstance(one, Result) else (one,))]
    pictures = [artifact for artifact in artifacts if artifact.is_picture]
    return [
        Entry(artifact, (_epoch(artifact.record.created) or now) + number * 1e-6)
        for number, artifact in enumerate(pictures, start=after)
    ]


def _epoch(created: str) -> float:
    if not created:
        return 0.0
    try:
        return datetime.fromisoformat(created).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def described(entry: Entry, *, starred: bool) -> dict[str, Any]:
    """An entry as the page's contract has it. A seed is text: JavaScript's numbers end at 2⁵³."""
    artifact, record = entry.artifact, entry.artifact.record
    seconds = record.timings.get("total_s", record.timings.get("run_s"))
    return {
        "key": f"{record.job_id}.{artifact.sha256}" if record.job_id else "",
        "prompt": capped(record.prompt or artifact.alt, MAX_PROMPT_CHARS),
        "model": capped(record.model, MAX_MODEL_CHARS),
        "seed": "" if artifact.seed is None else str(artifact.seed),
        "width": artifact.width,
        "height": artifact.height,
        "seconds": None if seconds is None else round(seconds, 3),
        "cost": str(record.cost),
        "amount": None if record.cost.amount is None else float(record.cost.amount),
        "created": entry.created,
        "starred": starred,
    }


def chunk(listed: Sequence[Entry], start: int, stars: frozenset[str] | set[str]) -> list[dict[str, Any]]:
    """The items of one message from `start`: few in the first, so that it is there at once, and bounded in bytes."""
    items: list[dict[str, Any]] = []
    size = 0
    for entry in listed[start : start + (MORE_ITEMS if start else FIRST_ITEMS)]:
        items.append(described(entry, starred=entry.star_key in stars))
        size += len(json.dumps(items[-1]))
        if size > MAX_CHUNK_BYTES:
            break
    return items


def flat(given: object) -> list[Given]:
    """What a caller has, one by one: a result, an artifact, a path, or any number of these. Raises `InvalidInput`."""
    match given:
        case Result() | Artifact():
            return [given]
        case str() | os.PathLike():
            return [*pictures_at(given, limit=MAX_RESULTS)]
        case bytes():
            pass
        case Iterable():
            return [found for one in given for found in flat(one)]
    what = f"{type(given).__name__}: {shown(given)}"
    raise InvalidInput(f"a gallery shows results, artifacts and picture files, not {what}")


def as_result(one: Given) -> Result:
    """A result as it is, an artifact as a result of its own."""
    if isinstance(one, Result):
        return one
    return Result(model=one.record.model, artifacts=(one,), prompt=one.record.prompt, seed=one.seed)


def check_captions(captions: Iterable[str]) -> list[str]:
    """`captions` as a list. Raises `InvalidInput` for a name that is none."""
    chosen = [captions] if isinstance(captions, str) else list(captions)
    if unknown := [name for name in chosen if name not in CAPTIONS]:
        raise InvalidInput(f"no caption is called {unknown[0]!r}; there are {', '.join(CAPTIONS)}")
    return chosen
