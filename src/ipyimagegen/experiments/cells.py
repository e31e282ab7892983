"""A cell of a sweep and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..core.cost import UNKNOWN, Cost
from ..core.errors import UnknownJob
from ..core.requests import InputFile
from ..media.artifacts import Artifact
from ..media.display import MimeBundle, chosen
from ..media.results import Result
from .axes import MODEL, SEED, label
from .plan import Cell

Status = Literal["invalid", "planned", "running", "succeeded", "failed", "cancelled", "open", "unknown", "elsewhere"]
"""`open`: left here, and going on at its service. `unknown`: sent, and nobody knows whether it arrived: it is never
sent again by itself. `elsewhere`: another kernel is at it."""
WAITING: frozenset[Status] = frozenset({"planned", "running", "open", "elsewhere"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one request. Seconds are `None` where nobody knows; `why` says what went wrong, or goes on.

    `earlier`: the picture is one that an earlier sweep has made, and paid.
    """

    status: Status = "planned"
    job_id: str = ""
    why: str = ""
    cost: Cost = UNKNOWN
    queue_s: float | None = None
    run_s: float | None = None
    total_s: float | None = None
    paths: tuple[str, ...] = ()
    held: Result | None = None
    earlier: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SweepCell:
    """One cell of a sweep and what became of it. Shows itself as its picture."""

    cell: Cell
    outcome: Outcome
    sweep: str = ""
    load: Callable[[str], Result] = field(compare=False)

    @property
    def values(self) -> Mapping[str, Any]:
        """What the axes set there."""
        return self.cell.values

    @property
    def status(self) -> Status:
        """`succeeded`, `failed`, `planned`, or another `Status`."""
        return self.outcome.status

    @property
    def why(self) -> str:
        """Why there is no picture, in words; `""` where there is one."""
        return self.cell.problem or self.outcome.why

    @property
    def result(self) -> Result:
        """The result, read from the journal. Raises `UnknownJob` where there is none, and says why."""
        if self.outcome.held is not None:
            return self.outcome.held
        if self.status != "succeeded":
            raise UnknownJob(f"{self.words}: {self.status}{f' ({self.why})' if self.why else ''}")
        return self.load(self.outcome.job_id)

    @property
    def image(self) -> Artifact:
        """The first picture. Raises `UnknownJob` or `MediaError`."""
        return self.result.image

    @property
    def words(self) -> str:
        """The cell in a few words: `prompt=a castle, guidance_scale=7`."""
        return ", ".join(f"{name}={label(value)}" for name, value in self.values.items()) or self.cell.model

    def row(self) -> dict[str, Any]:
        """This cell as a row of a table."""
        cost = self.outcome.cost
        sent = self.status not in ("invalid", "planned")
        result = self.result if self.status == "succeeded" else None
        image = next((image for image in result.images if not image.error), None) if result is not None else None
        return {
            **{name: _plain(value) for name, value in self.values.items()},
            MODEL: self.cell.model,
            SEED: self.cell.seed if result is None or result.seed is None else result.seed,
            "status": self.status,
            "cost": float(cost.amount) if cost.amount is not None and sent else None,
            "currency": cost.currency if cost.known and sent else None,
            "cost_source": cost.source if sent else None,
            "queue_s": self.outcome.queue_s,
            "run_s": self.outcome.run_s,
            "total_s": self.outcome.total_s,
            "path": self.outcome.paths[0] if self.outcome.paths else str(image.path) if image and image.path else None,
            "sha256": image.sha256 if image else None,
            "error": self.why or None,
            "sweep": self.sweep or None,
            "job": self.outcome.job_id or None,
            "identity": self.cell.identity or None,
        }

    def __repr__(self) -> str:
        return f"<SweepCell {self.words}: {self.status}{f' ({self.why})' if self.why else ''}>"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> MimeBundle:
        if self.status == "succeeded":
            return self.result._repr_mimebundle_(include, exclude)
        return chosen({"text/plain": repr(self)}, include, exclude), {}

    def of(self, name: str) -> Any:
        """A value by the name of an axis or a parameter, or the `status`; `None` where the cell has none."""
        if name in self.values:
            return self.values[name]
        return self.status if name == "status" else self.cell.asked.get(name)


def _plain(value: Any) -> Any:
    return label(value) if isinstance(value, InputFile | Artifact | Result) else value
