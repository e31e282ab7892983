"""What is sent, and the receipt: a `Ticket` is all that is needed to follow a job, also in another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import ProtocolError
from .events import JSON
from .foreign import as_json
from .params import Change
from .service_text import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """A picture or file on its way to a service. One of `data`, `path` and `url` is set.

    `media_type` was read from the content, never from the name alone. `origin` is the file as it was given, where this
    one was made fit of it.
    """

    filename: str
    media_type: str
    data: bytes = field(default=b"", repr=False)
    path: Path | None = None
    url: str = ""
    size: int = 0
    origin: InputFile | None = field(default=None, repr=False, compare=False)

    @property
    def given(self) -> InputFile:
        """The file as the user gave it."""
        return self if self.origin is None else self.origin

    def describe(self) -> str:
        """A short text for reports and the journal; it never carries the bytes or a directory."""
        where = self.url[:200] if self.url and not self.url.startswith("data:") else self.filename
        return f"<{self.media_type or 'file'} {where} {self.size:,} bytes>" if self.size else f"<{where}>"

    def read(self) -> bytes:
        """The bytes; reads the file each time. Raises `OSError` for a file that is gone. Not for URLs."""
        if self.path is not None:
            return self.path.read_bytes()
        return self.data


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One picture's worth of work, checked and ready to send.

    `values` go to the service as they stand, but for `InputFile`s, which its adapter uploads or encodes. `asked`
    is what the user wrote; `changes` says where the two differ.
    """

    service: str
    model: str
    values: Mapping[str, Any]
    asked: Mapping[str, JSON] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    seed: int | None = None

    @property
    def id(self) -> str:
        """The model's full name, `service/model`."""
        return f"{self.service}/{self.model}"

    @property
    def prompt(self) -> str:
        """The prompt, `""` where the model takes none."""
        from .params import PROMPT_NAMES

        return next((str(self.values[name]) for name in PROMPT_NAMES if self.values.get(name)), "")

    @property
    def negative_prompt(self) -> str:
        """What must not be in the picture, `""` where the model takes no such text."""
        from .params import NEGATIVE_NAMES

        return next((str(self.values[name]) for name in NEGATIVE_NAMES if self.values.get(name)), "")

    @property
    def sent(self) -> dict[str, JSON]:
        """`values` as plain data; files become short descriptions."""
        return {name: as_json(value) for name, value in self.values.items()}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Ticket:
    """The receipt of a submitted job, as plain data: `to_json` and `from_json` lose nothing.

    `addresses` are URLs that the service gave for this job; `facts` whatever else its adapter needs to follow it, or an
    answer that came with the submit. No key is ever in a ticket.
    """

    service: str
    model: str
    remote_id: str
    addresses: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, JSON] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        return f"<Ticket {one_line(f'{self.service}/{self.model} {self.remote_id}')}>"

    def to_json(self) -> dict[str, JSON]:
        """This ticket for a journal."""
        return {
            "service": self.service,
            "model": self.model,
            "remote_id": self.remote_id,
            "addresses": dict(self.addresses),
            "facts": dict(self.facts),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Ticket:
        """A ticket from a journal. Raises `ProtocolError` where it is not one."""
        try:
            return cls(
                service=str(data["service"]),
                model=str(data["model"]),
                remote_id=str(data["remote_id"]),
                addresses={str(key): str(value) for key, value in dict(data.get("addresses") or {}).items()},
                facts=dict(data.get("facts") or {}),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ProtocolError(f"not a ticket: {error!r}") from error
