"""Streams of messages, without the stream: bytes go in at any cut, messages come out.

NDJSON is one JSON value a line. Server-sent events follow the WHATWG standard: fields `event`, `data`, `id`, `retry`;
a line ends with LF, CR or CRLF; an empty line ends the event.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from ..core.errors import ProtocolError, capped
from ..core.events import JSON
from ..core.said import marked

MAX_MESSAGE_BYTES = 16 * 2**20
"""A line or an event longer than this is refused."""

_BREAK = re.compile(rb"\r\n|\n|\r")
_NEVER = re.compile(rb"(?!)")


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `data` is its text, `event` and `id` are what server-sent events add."""

    data: str = field(repr=False)
    event: str = "message"
    id: str = ""

    def json(self) -> JSON:
        """The data as JSON. Raises `ProtocolError`."""
        try:
            value: JSON = marked(json.loads(self.data))
        except (ValueError, RecursionError):
            raise ProtocolError(f"not JSON in a stream: {capped(self.data, 200)!r}") from None
        return value


class NdjsonDecoder:
    """Lines of JSON. Empty lines are skipped; the last line needs no line break, if `flush` is called.

    `whole`: all of it is one value, over however many lines.
    """

    def __init__(self, *, whole: bool = False, max_bytes: int = MAX_MESSAGE_BYTES) -> None:
        self._lines = _Lines(max_bytes, at=_NEVER if whole else _BREAK)

    def feed(self, chunk: bytes) -> list[Message]:
        """The messages that `chunk` completes. Raises `ProtocolError` for a line that is too long."""
        return [Message(line) for line in self._lines.feed(chunk) if line.strip()]

    def flush(self) -> list[Message]:
        """What is left at the end of the stream."""
        return [Message(line) for line in self._lines.flush() if line.strip()]


class SseDecoder:
    """Server-sent events. An event that the stream's end cuts off is dropped, as the standard says."""

    def __init__(self, *, max_bytes: int = MAX_MESSAGE_BYTES) -> None:
        self._lines = _Lines(max_bytes, at=_BREAK)
        self._max_bytes = max_bytes
        self._data: list[str] = []
        self._size = 0
        self._event = ""
        self._id = ""

    def feed(self, chunk: bytes) -> list[Message]:
        """The events that `chunk` completes. Raises `ProtocolError` for one that is too long."""
        made = (self._line(line) for line in self._lines.feed(chunk))
        return [message for message in made if message is not None]

    def flush(self) -> list[Message]:
        """Nothing: an event without its closing empty line was cut."""
        return []

    def _line(self, line: str) -> Message | None:
        if not line:
            message = Message("\n".join(self._data), self._event or "message", self._id) if self._data else None
            self._data, self._size, self._event = [], 0, ""
            return message
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._size += len(value)
            if self._size > self._max_bytes:
                raise ProtocolError(f"an event of more than {self._max_bytes:,} bytes")
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        return None


class _Lines:
    """Bytes to lines: LF, CR and CRLF all end a line, wherever the bytes were cut.

    A byte order mark at the start is dropped.
    """

    def __init__(self, max_bytes: int, *, at: re.Pattern[bytes]) -> None:
        self._max_bytes = max_bytes
        self._at = at
        self._rest = bytearray()
        self._after_cr = False
        self._started = False

    def feed(self, chunk: bytes) -> list[str]:
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        if not chunk:
            return []
        searched = len(self._rest)
        self._rest += chunk
        lines: list[str] = []
        start = 0
        while (found := self._at.search(self._rest, max(start, searched))) and found.start() - start <= self._max_bytes:
            lines.append(self._text(self._rest[start : found.start()]))
            start = found.end()
        self._after_cr = start == len(self._rest) and self._rest.endswith(b"\r")
        del self._rest[:start]
        if len(self._rest) > self._max_bytes:
            raise ProtocolError(f"a line of more than {self._max_bytes:,} bytes in a stream")
        return lines

    def flush(self) -> list[str]:
        rest, self._rest = self._rest, bytearray()
        return [self._text(rest)] if rest else []

    def _text(self, line: bytes | bytearray) -> str:
        text = line.decode("utf-8", errors="replace")
        if not self._started:
            self._started = True
            text = text.removeprefix("\ufeff")
        return text
