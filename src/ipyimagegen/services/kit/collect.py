"""From the end of a job to its `Result`: the record of it, its outputs as artifacts, and what it cost and took.

Written once for `ig.run` and for the services' documented clients: what the one shows and the other notes is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from ...core.cost import UNKNOWN, Cost
from ...core.errors import MediaError
from ...core.events import Output, Succeeded
from ...core.requests import Request
from ...core.version import VERSION
from ...media.artifacts import NOTHING, Artifact, Payload, make_artifact, missing_artifact
from ...media.display import DEFAULT_DISPLAY, DisplaySettings
from ...media.metadata.record import Level, Record
from ...media.results import Result, Timings
from ...media.sniff import TEXTS, is_among, sniff


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Makes the artifacts and the result of one job that succeeded. CPU-bound: call it away from an event loop."""

    job_id: str
    request: Request
    event: Succeeded
    timings: Timings
    cost: Cost | None = None
    display: DisplaySettings = DEFAULT_DISPLAY
    metadata: Level = "full"
    created: str = field(default_factory=lambda: datetime.now(UTC).astimezone().isoformat(timespec="seconds"))

    @property
    def seed(self) -> int | None:
        """The seed that was used: by the service's word, else by the request."""
        return self.event.seed if self.event.seed is not None else self.request.seed

    @property
    def paid(self) -> Cost:
        """What the job cost, `unknown` where nobody said."""
        return self.cost or self.event.cost or UNKNOWN

    def record(self) -> Record:
        """What is written into the pictures' files."""
        request = self.request
        return Record(
            model=request.id,
            prompt=request.prompt,
            negative_prompt=request.negative_prompt,
            seed=self.seed,
            sent=request.sent,
            asked=request.asked,
            changes=tuple(str(change) for change in request.changes if change.what != "default"),
            cost=self.paid,
            timings=self.timings.to_json(),
            job_id=self.job_id,
            created=self.created,
            software=f"ipyimagegen {VERSION}",
        )

    def artifact(
        self,
        index: int,
        output: Output,
        payload: Payload,
        *,
        verify: bool = True,
        refetch: Callable[[], Payload] | None = None,
    ) -> Artifact:
        """An output whose bytes came. What is damaged, or no such medium, is kept as it came: it was paid for.

        Raises `MediaError` for a text in its place, such as a page that asks to sign in.
        """
        record = self._of(output)
        try:
            return make_artifact(
                payload,
                output,
                index=index,
                seed=record.seed,
                alt=record.prompt,
                record=record,
                display=self.display,
                metadata=self.metadata,
                verify=verify,
            )
        except Exception as error:  # a fault of ours is no reason either to lose what was paid for
            if isinstance(error, MediaError) and (not payload.size or is_among(sniff(payload.head()), TEXTS)):
                raise
            return self.missing(index, output, str(error) or type(error).__name__, refetch, received=payload)

    def missing(
        self,
        index: int,
        output: Output,
        why: str,
        refetch: Callable[[], Payload] | None = None,
        *,
        received: Payload = NOTHING,
    ) -> Artifact:
        """An output whose bytes did not come, or not all: its address, and why."""
        record = self._of(output)
        return missing_artifact(
            output,
            why,
            index=index,
            seed=record.seed,
            alt=record.prompt,
            record=record,
            refetch=refetch,
            received=received,
        )

    def _of(self, output: Output) -> Record:
        record = self.record()
        return record if output.seed is None else replace(record, seed=output.seed)

    def result(self, artifacts: Sequence[Artifact], timings: Timings | None = None) -> Result:
        """The job's result; `timings` are those of now, where more is known than at its end."""
        request, event = self.request, self.event
        whole = (timings or self.timings).to_json()
        return Result(
            model=request.id,
            prompt=request.prompt,
            artifacts=tuple(replace(each, record=replace(each.record, timings=whole)) for each in artifacts),
            seed=self.seed,
            cost=self.paid,
            timings=timings or self.timings,
            asked=request.asked,
            sent=request.sent,
            changes=request.changes,
            job_ids=(self.job_id,),
            text=event.text,
            facts=event.facts,
            raw=event.raw,
            display=self.display,
        )
