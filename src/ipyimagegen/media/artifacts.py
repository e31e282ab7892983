"""What we hold: the bytes of a picture, sniffed and hashed. It knows how to save and to show itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The bytes of an output as they arrived: in memory, or in a temporary file where they were many."""

    data: bytes = field(default=b"", repr=False)
    path: Path | None = None
    media_type: str = ""
    filename: str = ""
