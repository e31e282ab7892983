"""Our record of how a picture came to be: one versioned JSON object, the same in every format and in the journal."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from ...core.cost import UNKNOWN, Cost
from ...core.errors import MediaError
from ...core.events import JSON

SCHEMA = 1
"""The version of the record's form. Readers take what they know from newer ones."""

MAX_RECORD_CHARS = 1_000_000
"""A longer record in a foreign file is not read."""

KEYWORD = "ipyimagegen"
"""The name under which a file carries the record."""

Level = Literal["full", "minimal", "none"]
"""What goes into a file: everything; model, prompt, seed and date; or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """How one picture was made.

    `sent` are the parameters as they went out, `asked` as the user wrote them (files as short descriptions), `changes`
    the differences in words. `timings` are seconds by name. `created` is ISO 8601 with its zone. `notes` say what was
    done to the file afterwards, such as a conversion.
    """

    model: str = ""
    prompt: str = ""
    negative_prompt: str = ""
    seed: int | None = None
    sent: Mapping[str, JSON] = field(default_factory=dict)
    asked: Mapping[str, JSON] = field(default_factory=dict)
    changes: tuple[str, ...] = ()
    cost: Cost = UNKNOWN
    timings: Mapping[str, float] = field(default_factory=dict)
    job_id: str = ""
    created: str = ""
    software: str = ""
    notes: tuple[str, ...] = ()

    def at(self, level: Level) -> Record:
        """This record cut down to what `level` lets into a file."""
        if level == "full":
            return self
        return Record(
            model=self.model,
            prompt=self.prompt,
            seed=self.seed,
            created=self.created,
            software=self.software,
            notes=self.notes,
        )

    def with_note(self, note: str) -> Record:
        """This record with one more note."""
        return replace(self, notes=(*self.notes, note))

    def to_json(self) -> dict[str, JSON]:
        """The record as plain data; what is empty or unknown is left out, and nothing stands in it twice.

        `sent_as_above` names the parameters that were sent as the record's own fields have them, `asked_as_sent` those
        that were asked for as they were sent: a prompt of thousands of characters has 64 kB of a JPEG file to fit into.
        """
        cost: JSON = None
        if self.cost.amount is not None:
            cost = {"amount": str(self.cost.amount), "currency": self.cost.currency, "source": self.cost.source}
        above: dict[str, JSON] = {
            "model": self.model,
            "prompt": self.prompt,
            "negative_prompt": self.negative_prompt,
            "seed": self.seed,
        }
        sent, above_sent = _without(self.sent, above)
        asked, as_sent = _without(self.asked, self.sent)
        data: dict[str, JSON] = above | {
            "sent": sent,
            "sent_as_above": above_sent,
            "asked": asked,
            "asked_as_sent": as_sent,
            "changes": list(self.changes),
            "cost": cost,
            "timings": dict(self.timings),
            "job_id": self.job_id,
            "created": self.created,
            "software": self.software,
            "notes": list(self.notes),
        }
        filled = {key: _strict(value) for key, value in data.items() if value not in (None, "", [], {})}
        return {"ipyimagegen": SCHEMA} | filled

    def to_text(self) -> str:
        """The record as one line of JSON, in any script as it is."""
        return json.dumps(self.to_json(), ensure_ascii=False, default=str)

    @classmethod
    def from_json(cls, data: object) -> Record:
        """The record in a file's JSON, without fields of a wrong type. Raises `MediaError` where it is none."""
        if not isinstance(data, dict) or not isinstance(data.get("ipyimagegen"), int):
            raise MediaError("this is not a record of ipyimagegen")
        seed = data.get("seed")
        sent = _mapping(data.get("sent")) | _again(data.get("sent_as_above"), data)
        return cls(
            **{name: value for name in _TEXTS if isinstance(value := data.get(name), str)},
            seed=seed if isinstance(seed, int) and not isinstance(seed, bool) else None,
            sent=sent,
            asked=_mapping(data.get("asked")) | _again(data.get("asked_as_sent"), sent),
            changes=_strings(data.get("changes")),
            notes=_strings(data.get("notes")),
            cost=_cost(data.get("cost")),
            timings={name: float(value) for name, value in _mapping(data.get("timings")).items() if _is_number(value)},
        )

    @classmethod
    def from_text(cls, text: str) -> Record:
        """The record in a text from a file. Raises `MediaError` where it is none."""
        return cls.from_json(read_json(text))


_TEXTS = ("model", "prompt", "negative_prompt", "job_id", "created", "software")


def read_json(text: str, limit: int = MAX_RECORD_CHARS) -> JSON:
    """JSON from a file, with a cap. Raises `MediaError` for what is none, too long, or nested too deeply."""
    if len(text) > limit:
        raise MediaError(f"a JSON text of {len(text):,} characters is not read (the limit is {limit:,})")
    try:
        return cast("JSON", json.loads(text))
    except (ValueError, RecursionError) as error:
        raise MediaError("not readable as JSON") from error


def _without(values: Mapping[str, JSON], others: Mapping[str, JSON]) -> tuple[dict[str, JSON], list[JSON]]:
    """`values` but for those that `others` has alike, and the names of these."""
    same = [name for name, value in values.items() if name in others and _alike(value, others[name])]
    return {name: value for name, value in values.items() if name not in same}, list(same)


def _alike(one: JSON, other: JSON) -> bool:
    """Equal in JSON too, where 1, 1.0 and true are not the same; what is empty is not written above."""
    return one not in (None, "", [], {}) and type(one) is type(other) and one == other and repr(one) == repr(other)


def _again(names: object, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in _strings(names) if name in values}


def _strict(value: JSON) -> JSON:
    """`value` without NaN and the infinities, which JSON does not have: as texts."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _strict(entry) for key, entry in value.items()}
    return [_strict(entry) for entry in value] if isinstance(value, list) else value


def _mapping(value: object) -> dict[str, Any]:
    return {str(key): entry for key, entry in value.items()} if isinstance(value, dict) else {}


def _strings(value: object) -> tuple[str, ...]:
    return tuple(entry for entry in value if isinstance(entry, str)) if isinstance(value, list) else ()


def _is_number(value: object) -> bool:
    # An int of hundreds of digits is JSON, and too large for a float.
    return isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63)


def _cost(value: object) -> Cost:
    if not isinstance(value, dict):
        return UNKNOWN
    source, currency = value.get("source"), value.get("currency")
    if source not in ("charged", "quoted", "estimated", "free"):
        return UNKNOWN
    return Cost.read(value.get("amount"), currency=currency if isinstance(currency, str) else "USD", source=source)
