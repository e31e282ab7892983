"""What a fault came to: a small closed vocabulary, and how it is told from what was seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ipyimagegen.gateway import JobState

from .cases import BOMB_BYTES, Case

MOST_CHARS = 20_000
"""A longer error is a flood."""


class Verdict(Enum):
    """How a case ended. The text is the word of the table."""

    PICTURE = "picture"
    RECOVERS = "recovers"
    CLEAR = "clear error"
    RAW = "raw error"
    HANG = "hang"
    WRONG = "wrong file"
    TWICE = "pays twice"
    BLIND = "without its input"
    LOST = "lost"
    MEMORY = "fills memory"
    PRIVATE = "asks a private address"
    LOCAL = "reads a local file"
    ACTS = "acts on the terminal"

    @property
    def bad(self) -> bool:
        """What must never happen."""
        return self not in (Verdict.PICTURE, Verdict.RECOVERS, Verdict.CLEAR, Verdict.RAW)


MEANINGS: dict[Verdict, str] = {
    Verdict.PICTURE: "the picture, byte for byte",
    Verdict.RECOVERS: "the picture, byte for byte, after doing again what failed",
    Verdict.CLEAR: "an error of the library's own; a job that was taken in is named, or it is said how to look for it",
    Verdict.RAW: "an error of a library underneath",
    Verdict.HANG: "nothing by the deadline (8 s for a job of 0.2 s)",
    Verdict.WRONG: "a file that is not the picture stands under its name",
    Verdict.TWICE: "two jobs were taken in for one call",
    Verdict.BLIND: "a job was taken in and will be paid that never saw the picture to start from",
    Verdict.LOST: "a job was taken in and will be paid; the error neither names it nor says where to look",
    Verdict.MEMORY: "the bomb is unpacked into memory",
    Verdict.PRIVATE: "connects to an address on a private network that the service named",
    Verdict.LOCAL: "gives out a file of this machine that the service named, and nobody else",
    Verdict.ACTS: "an error, or what is returned in place of one, in the service's words as they came",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one library did in one case.

    `error` is the class that was raised, or that a returned value reports; `own` whether it is the library's. `right`:
    what is at hand in the end is the picture; `left`: a file that is none stands under its name. `way_back`: the error,
    or what was returned before it, leads to the job. `jobs` are to be paid; `blind`: one of them was taken in with
    another picture to start from than the one that was given, or none. `memory` is the growth in bytes. `local`: what
    is at hand is a file of this machine; `acts`: the words of an error would do something on a terminal.
    """

    hung: bool = False
    error: str = ""
    own: bool = False
    right: bool = False
    left: bool = False
    way_back: bool = False
    jobs: int = 0
    blind: bool = False
    memory: int = 0
    private: bool = False
    local: bool = False
    acts: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A cell of the table."""

    verdict: Verdict
    error: str = ""

    def __str__(self) -> str:
        return f"{self.verdict.value} ({self.error})" if self.error else self.verdict.value


def paid(jobs: Iterable[JobState]) -> int:
    """How many jobs will be on the bill."""
    return sum(job.phase not in ("failed", "rejected", "cancelled") for job in jobs)


def started_blind(jobs: Iterable[JobState], given: Path | None) -> bool:
    """Whether one of these jobs did not start from the picture that was given."""
    return given is not None and any(job.order.image != given.read_bytes() for job in jobs)


def acts(text: str) -> bool:
    """Whether a text does something on a terminal, hides something, or floods it."""
    return len(text) > MOST_CHARS or any(c in text for c in "\x1b\x07\x00\u202e\u202c\u200b")


def judge(case: Case, seen: Seen) -> Told:
    """The worst that happened."""
    worst = {
        Verdict.HANG: seen.hung,
        Verdict.TWICE: seen.jobs > 1,
        Verdict.BLIND: seen.blind,
        Verdict.MEMORY: seen.memory > BOMB_BYTES // 2,
        Verdict.PRIVATE: seen.private,
        Verdict.LOCAL: seen.local,
        Verdict.ACTS: case.words and seen.acts,
        Verdict.WRONG: seen.left or not (seen.error or seen.right),
    }
    for verdict, happened in worst.items():
        if happened:
            return Told(verdict)
    if not seen.error:
        return Told(Verdict.PICTURE if case.harmless else Verdict.RECOVERS)
    if seen.jobs and case.counts and not seen.way_back:
        return Told(Verdict.LOST, seen.error)
    return Told(Verdict.CLEAR if seen.own else Verdict.RAW, seen.error)
