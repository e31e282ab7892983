"""What was made in a studio: a frozen shelf of pieces, in the order in which they came."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ....core.errors import capped
from ....core.events import JSON
from ....core.models import ModelSpec
from ....media.artifacts import Artifact
from ....media.results import Result, merge
from .calls import Call

MAX_ALT_CHARS = 1_000
MAX_TEXT_CHARS = 4_000
TOLD = ("dropped", "adjusted")
"""What kinds of changes are told beside a picture."""
MAX_NEWEST, KEPT_BACK = 32, 8
"""Descriptions that go to the page with every news, and those of them that stay when the others are put aside: several
jobs at once end in any order, so that the last ones may still change places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One output of one job: what it shows, what made it, and whether the user marked it.

    `values` make it again, the seed pinned; inputs are as they were given. `artifact` is `None` for a model that
    answers with text alone.
    """

    key: str
    call: str
    spec: ModelSpec
    values: Mapping[str, Any] = field(repr=False)
    result: Result
    artifact: Artifact | None = None
    starred: bool = False

    @property
    def job(self) -> str:
        """The id of the job that made it."""
        return self.key.rpartition(".")[0]

    def described(self) -> dict[str, JSON]:
        """This piece as the page's contract has it: facts only, no pixels."""
        artifact, result = self.artifact, self.result
        seed = result.seed if artifact is None or artifact.seed is None else artifact.seed
        return {
            "key": self.key,
            "call": self.call,
            "model": result.model,
            "type": artifact.media_type if artifact else "text/plain",
            "width": artifact.width if artifact else 0,
            "height": artifact.height if artifact else 0,
            "size": artifact.size if artifact else len(result.text),
            "seed": "" if seed is None else str(seed),
            "alt": capped((artifact.alt if artifact else "") or result.summary, MAX_ALT_CHARS),
            "starred": self.starred,
            "cost": str(result.cost),
            "queue_s": result.timings.queue_s,
            "run_s": result.timings.run_s,
            "changes": [capped(str(change), 300) for change in result.changes if change.what in TOLD],
            "text": capped(result.text, MAX_TEXT_CHARS),
            "error": artifact.error or artifact.note if artifact else "",
        }


@dataclass(frozen=True, slots=True)
class Shelf:
    """All pieces, oldest first."""

    pieces: tuple[Piece, ...] = ()

    def adding(self, job_id: str, call: Call, result: Result) -> Shelf:
        """With the outputs of a job that succeeded."""
        made: list[Artifact | None] = [*result.artifacts] or [None]
        pieces = tuple(
            Piece(
                key=f"{job_id}.{index}",
                call=call.id,
                spec=call.spec,
                values=call.values_with(seed if (seed := getattr(artifact, "seed", None)) is not None else result.seed),
                result=result,
                artifact=artifact,
            )
            for index, artifact in enumerate(made)
        )
        places = {job.id: place for place, job in enumerate(call.work.jobs)}
        return Shelf(_in_order(self.pieces + pieces, call.id, places))

    def find(self, key: str) -> Piece | None:
        """The piece of that key."""
        return next((piece for piece in self.pieces if piece.key == key), None)

    def starring(self, key: str) -> Shelf:
        """With one piece's star put on or taken off."""
        return Shelf(
            tuple(replace(piece, starred=not piece.starred) if piece.key == key else piece for piece in self.pieces)
        )

    def without(self, key: str) -> Shelf:
        """With one piece taken away."""
        return Shelf(tuple(piece for piece in self.pieces if piece.key != key))

    def restoring(self, piece: Piece, position: int) -> Shelf:
        """With a piece put back where it was."""
        if self.find(piece.key) is not None:
            return self
        return Shelf((*self.pieces[:position], piece, *self.pieces[position:]))

    def results(self, *, unfinished: Collection[str] = ()) -> list[Result]:
        """One `Result` for each call, without what was taken away, and without calls that still run."""
        calls: dict[str, list[Piece]] = {}
        for piece in self.pieces:
            if piece.call not in unfinished:
                calls.setdefault(piece.call, []).append(piece)
        return [_merged(pieces) for pieces in calls.values()]

    def described(self) -> list[dict[str, Any]]:
        """All pieces as the page's contract has them."""
        return [piece.described() for piece in self.pieces]


def parted(
    described: list[dict[str, Any]], earlier: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """All descriptions in two parts: those that the page has as they are, and the newest, which are sent.

    `earlier` is what was the first part until now, and comes back as it is (the same list) while nothing in it has
    changed and the second part is short.
    """
    held = len(earlier)
    if described[:held] == earlier and len(described) - held <= MAX_NEWEST:
        return earlier, described[held:]
    cut = max(0, len(described) - KEPT_BACK)
    return described[:cut], described[cut:]


def _in_order(pieces: tuple[Piece, ...], call: str, places: Mapping[str, int]) -> tuple[Piece, ...]:
    """The same pieces, those of one call in the order of its jobs, whichever was done first."""
    theirs = sorted((piece for piece in pieces if piece.call == call), key=lambda piece: places[piece.job])
    following = iter(theirs)
    return tuple(next(following) if piece.call == call else piece for piece in pieces)


def _merged(pieces: list[Piece]) -> Result:
    by_job: dict[int, list[Piece]] = {}
    for piece in pieces:
        by_job.setdefault(id(piece.result), []).append(piece)
    return merge([_kept(group) for group in by_job.values()])


def _kept(group: list[Piece]) -> Result:
    artifacts = tuple(piece.artifact for piece in group if piece.artifact is not None)
    result = group[0].result
    return result if artifacts == result.artifacts else replace(result, artifacts=artifacts)
