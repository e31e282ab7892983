"""Rows of the journal as values, and values as rows. Pure."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ..core.cost import UNKNOWN, Cost, Source
from ..core.errors import MediaError, ProtocolError
from ..core.foreign import as_json
from ..core.params import Change
from ..core.requests import Request, Ticket
from ..core.said import marked
from ..media.artifacts import Artifact
from ..media.metadata.record import Record
from ..media.results import Result, Timings
from .files import Files

ENDED = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One job as the journal has it."""

    id: str
    service: str
    model: str
    phase: str
    created: float
    ended: float | None
    prompt: str
    seed: int | None
    asked: Mapping[str, Any]
    sent: Mapping[str, Any]
    ticket: Ticket | None
    error: str
    cost: Cost

    @property
    def is_open(self) -> bool:
        """Whether it was sent and nobody has seen its end."""
        return self.ticket is not None and self.phase not in ENDED

    def request(self) -> Request:
        """What was sent, as far as a journal holds it: files are descriptions."""
        return Request(
            service=self.service, model=self.model, values=dict(self.sent), asked=dict(self.asked), seed=self.seed
        )


@dataclass(frozen=True, slots=True)
class End:
    """An end without a result: `failed` or `cancelled`, why, and what it cost all the same, where that is known."""

    phase: str
    error: str = ""
    cost: Cost = UNKNOWN


def read_row(entry: sqlite3.Row) -> Row:
    """A job as it stands."""
    source: Source | None = entry["cost_source"]
    amount = None if entry["cost"] is None else Decimal(entry["cost"])
    return Row(
        id=entry["id"],
        service=entry["service"],
        model=entry["model"],
        phase=entry["phase"],
        created=entry["created"],
        ended=entry["ended"],
        prompt=entry["prompt"],
        seed=entry["seed"],
        asked=_mapping(entry["asked"]),
        sent=_mapping(entry["sent"]),
        ticket=None if entry["ticket"] is None else _ticket(entry["ticket"]),
        error=entry["error"],
        cost=Cost(amount, entry["currency"] or "USD", source),
    )


def read_result(job: sqlite3.Row, outputs: Iterable[sqlite3.Row], files: Files) -> Result:
    """A job that succeeded, with its outputs where they lie. No picture is read."""
    row = read_row(job)
    timings = Timings(queue_s=job["queue_s"], run_s=job["run_s"], fetch_s=job["fetch_s"], total_s=job["total_s"])
    record = _stored_record(job["record"]) or Record(
        model=f"{row.service}/{row.model}",
        prompt=row.prompt,
        negative_prompt=row.request().negative_prompt,
        seed=row.seed,
        sent=row.sent,
        asked=row.asked,
        cost=row.cost,
        timings=timings.to_json(),
        job_id=row.id,
        created=datetime.fromtimestamp(row.created, UTC).isoformat(),
    )
    return Result(
        model=f"{row.service}/{row.model}",
        artifacts=tuple(_artifact(entry, record, files) for entry in outputs),
        prompt=row.prompt,
        seed=record.seed if row.seed is None else row.seed,
        cost=row.cost,
        timings=timings,
        asked=row.asked,
        sent=row.sent,
        changes=_changes(job["changes"]),
        job_ids=(row.id,),
        text=marked(job["text"]),
        facts=marked(_mapping(job["facts"])),
    )


def _mapping(text: str) -> dict[str, Any]:
    """A column of JSON. One that cannot be read is empty: a row that another program has spoilt hides no other."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _ticket(text: str) -> Ticket | None:
    try:
        return Ticket.from_json(_mapping(text))
    except ProtocolError:
        return None


def _stored_record(text: str | None) -> Record | None:
    """The record that stands in the files, so that one of the journal is saved as the live one was."""
    with suppress(MediaError):
        return None if text is None else Record.from_text(text)
    return None


def _changes(text: str | None) -> tuple[Change, ...]:
    with suppress(ValueError, TypeError, RecursionError):
        return tuple(Change(**entry) for entry in json.loads(text or "[]"))
    return ()


def record_of(result: Result) -> tuple[str, str] | None:
    """The record of a result's files, and what was changed of what was asked for, as text; `None` without files."""
    if not result.artifacts:
        return None
    changes = [{**asdict(change), "asked": change.asked, "sent": change.sent} for change in result.changes]
    return result.artifacts[0].record.to_text(), json.dumps([as_json(change) for change in changes])


def _artifact(entry: sqlite3.Row, record: Record, files: Files) -> Artifact:
    names = ("name", "media_type", "width", "height", "size", "sha256", "seed", "url", "filename", "error", "note")
    path = None if not entry["sha256"] else files.path(entry["sha256"], entry["media_type"])
    values = {name: entry[name] for name in names}
    values["seed"] = record.seed if entry["seed"] is None else entry["seed"]
    record = record if values["seed"] == record.seed else replace(record, seed=values["seed"])
    return Artifact(index=entry["place"], path=path, alt=record.prompt, record=record, **values)


def row_of(job_id: str, request: Request, *, at: float, work: float = 1.0) -> dict[str, Any]:
    """A job that is about to be sent, in its columns."""
    return {
        "id": job_id,
        "service": request.service,
        "model": request.model,
        "phase": "preparing",
        "created": at,
        "prompt": writable(request.prompt),
        "seed": storable(request.seed),
        "asked": json.dumps(as_json(request.asked)),
        "sent": json.dumps(as_json(request.sent)),
        "work": work,
    }


def request_of(result: Result) -> Request:
    """What a result's job was sent as, as far as the result knows."""
    service, _, model = result.model.partition("/")
    return Request(service=service, model=model, values=result.sent, asked=result.asked, seed=result.seed)


def end_of(result: Result, at: float) -> dict[str, Any]:
    """What of a result stands in its job's own row; `at` is when it came, in epoch seconds."""
    return {
        "phase": "succeeded",
        "ended": at,
        "error": "",
        "seed": storable(result.seed),
        "text": result.text,
        "facts": json.dumps(as_json(result.facts)),
        **money(result.cost),
        **{name: getattr(result.timings, name) for name in ("queue_s", "run_s", "fetch_s", "total_s")},
    }


def money(cost: Cost) -> dict[str, str | None]:
    """A cost in its three columns."""
    amount = None if cost.amount is None else str(cost.amount)
    return {"cost": amount, "currency": cost.currency, "cost_source": cost.source}


def storable(seed: int | None) -> int | None:
    """SQLite's integers have 63 bits and a sign; a larger seed stays in `sent`."""
    return seed if seed is not None and -(2**63) <= seed < 2**63 else None


def writable(text: str) -> str:
    """`text` as SQLite takes it: with `?` for half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode("utf-8")


def output_row(job_id: str, artifact: Artifact) -> tuple[Any, ...]:
    """An output in its columns."""
    return (
        job_id,
        artifact.index,
        artifact.name,
        artifact.media_type,
        artifact.width,
        artifact.height,
        artifact.size,
        artifact.sha256,
        storable(artifact.seed),
        "" if artifact.url.startswith("data:") else writable(artifact.url),
        writable(artifact.filename),
        writable(artifact.error),
    )
