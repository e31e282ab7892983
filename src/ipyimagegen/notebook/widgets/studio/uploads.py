"""Files on their way from a page: chunks put together, in order, with a limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ....media.inputs import MAX_INPUT_BYTES

MAX_UNDER_WAY = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A file that is complete: for which parameter it is meant, and its bytes."""

    name: str
    index: int
    filename: str
    data: bytes = field(repr=False)


@dataclass(slots=True)
class Uploads:
    """The files that are under way. `take` each chunk; it says how far the file is, and gives it when complete."""

    _parts: dict[str, bytearray] = field(default_factory=dict)

    def take(self, content: Mapping[str, Any], chunk: bytes) -> tuple[int, Arrived | None]:
        """Bytes held of this file, and the file once it is whole.

        A chunk that came before is passed over. Raises `ValueError` for one that cannot be: too large, too many at
        once, or with a gap before it.
        """
        key = f"{content.get('view')}/{content.get('id')}"[:128]
        size, offset = content.get("size"), content.get("offset")
        if not isinstance(size, int) or not isinstance(offset, int) or not 0 <= offset <= size:
            raise ValueError("this file came with wrong sizes")
        if size > MAX_INPUT_BYTES:
            self._parts.pop(key, None)
            raise ValueError(f"this file is larger than {MAX_INPUT_BYTES / 1e6:,.0f} MB")
        if offset == 0:
            if key not in self._parts and len(self._parts) >= MAX_UNDER_WAY:
                self._parts.pop(next(iter(self._parts)))  # the oldest: its page is gone
            self._parts[key] = bytearray()
        held = self._parts.get(key)
        if held is None or offset > len(held) or offset + len(chunk) > size:
            self._parts.pop(key, None)
            raise ValueError("a part of this file was lost on its way; try again")
        if offset == len(held):
            held += chunk
        if len(held) < size:
            return len(held), None
        del self._parts[key]
        index = content.get("index")
        return size, Arrived(
            name=str(content.get("name")),
            index=index if isinstance(index, int) and index >= 0 else 0,
            filename=str(content.get("filename") or "")[:200],
            data=bytes(held),
        )
