"""Where a download lands: in memory while it is small, in a temporary file from then on."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import tempfile
from collections.abc import Mapping
from email.message import Message as Headers
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ..core import scratch
from ..core.errors import MediaError, ProtocolError, StorageError
from ..core.secrets import redact
from .answers import Answer
from .repeat import Outcome
from .wire import Ask, Missed, Wire, body_of

if TYPE_CHECKING:
    import httpx

MEMORY_BYTES = 4 * 2**20
"""Up to here a download stays in memory."""
MAX_REFUSAL_BYTES = 2**20
PARTIAL = 206

WHOLE = re.compile(r"[0-9]{1,18}")
"""A whole number of bytes, of a length that a file may have."""
_UNSAFE = re.compile(r"[^\w.\- ()\[\]]+")


class Spool:
    """Bytes as they come.

    `keep` hands them over; `drop` leaves nothing behind. Raises `StorageError` for a full disk.
    """

    def __init__(self, *, memory_bytes: int = MEMORY_BYTES) -> None:
        self.size = 0
        self._memory_bytes = memory_bytes
        self._pieces: list[bytes] = []
        self._held = 0
        self._file: IO[bytes] | None = None

    async def write(self, piece: bytes) -> None:
        """Take one piece."""
        self._pieces.append(piece)
        self.size += len(piece)
        self._held += len(piece)
        if self._held > (self._memory_bytes if self._file is None else self._memory_bytes // 4):
            await self._to_disk()

    async def _to_disk(self) -> None:
        pieces, self._pieces, self._held = self._pieces, [], 0
        try:
            if self._file is None:
                self._file = tempfile.NamedTemporaryFile(dir=scratch.folder(), delete=False)  # noqa: SIM115
            await asyncio.to_thread(self._file.writelines, pieces)
        except OSError as error:
            raise StorageError(f"a download could not be kept: {error.strerror}") from error

    def restart(self) -> None:
        """Forget all bytes: the next ones begin at the beginning."""
        self._pieces, self._held, self.size = [], 0, 0
        if self._file is not None:
            self._file.seek(0)
            self._file.truncate()

    async def keep(self) -> tuple[bytes, Path | None]:
        """The bytes, or the file that holds them (the caller's to delete)."""
        if self._file is None:
            return b"".join(self._pieces), None
        await self._to_disk()
        self._file.close()
        return b"", Path(self._file.name)

    def drop(self) -> None:
        """Delete everything."""
        self._pieces = []
        if self._file is not None:
            self._file.close()
            Path(self._file.name).unlink(missing_ok=True)


@dataclasses.dataclass(slots=True)
class Fetch:
    """One download over as many attempts as it takes; each goes on where the last one stopped, if that is safe."""

    wire: Wire
    ask: Ask
    spool: Spool
    max_bytes: int
    accept: tuple[str, ...] = ()
    _version: str = ""

    async def go_on(self) -> Answer:
        """One attempt. The answer has no body if it is 2xx: that is in the spool. Raises `Missed` and `MediaError`."""
        headers = {**self.ask.headers, "accept-encoding": "identity"}
        if self.spool.size and self._version:
            headers |= {"range": f"bytes={self.spool.size}-", "if-range": self._version}
        async with self.wire.open(dataclasses.replace(self.ask, headers=headers)) as response:
            answer = Answer(status=response.status_code, headers=dict(response.headers))
            if not answer.ok:
                pieces = body_of(response, max_bytes=MAX_REFUSAL_BYTES)
                return dataclasses.replace(answer, body=b"".join([piece async for piece in pieces]))
            if self.accept and answer.media_type and not answer.media_type.startswith(self.accept):
                raise MediaError(f"{answer.media_type} came where {' or '.join(self.accept)} was expected")
            await self._take(response, answer)
        return answer

    async def _take(self, response: httpx.Response, answer: Answer) -> None:
        if answer.status != PARTIAL or _start(answer) != self.spool.size:
            if answer.status == PARTIAL and _start(answer) != 0:
                raise ProtocolError("another part of the file than was asked for")
            self.spool.restart()
        length = WHOLE.fullmatch(answer.headers.get("content-length", ""))
        encoding = _encoding(answer)
        expected = self.spool.size + int(length[0]) if length is not None and not encoding else None
        if expected is not None and expected > self.max_bytes:
            raise MediaError(f"a file of {expected:,} bytes, where {self.max_bytes:,} are allowed")
        self._version = "" if encoding else _validator(answer)
        room = self.max_bytes - self.spool.size
        async for piece in body_of(response, max_bytes=room):
            await self.spool.write(piece)
        if expected is not None and self.spool.size != expected:
            raise Missed(
                Outcome(), error=ProtocolError(f"a file of {expected:,} bytes ended after {self.spool.size:,}")
            )


def _encoding(answer: Answer) -> str:
    return answer.headers.get("content-encoding", "")


def _start(answer: Answer) -> int:
    """Where a part begins; -1 where what is said of it cannot be read."""
    said = answer.headers.get("content-range", "")
    found = re.match(rf"bytes ({WHOLE.pattern})-", said)
    return int(found[1]) if found else -1 if said else 0


def _validator(answer: Answer) -> str:
    """What proves that the rest belongs to the same file: a strong `ETag`, or `Last-Modified`."""
    tag = answer.headers.get("etag", "")
    return tag if tag.startswith('"') else answer.headers.get("last-modified", "")


def _suggested(disposition: str) -> str:
    parsed = Headers()
    parsed["content-disposition"] = disposition
    try:
        return parsed.get_filename() or ""
    except (ValueError, LookupError):  # of an encoding that is none, or a part with a number that is too large
        return ""


def filename(headers: Mapping[str, str], url: str) -> str:
    """A bare, harmless file name: what `Content-Disposition` suggests, or the last part of the address. May be `""`."""
    suggested = _suggested(headers.get("content-disposition", "")) or unquote(urlsplit(url).path.rpartition("/")[2])
    bare = re.split(r"[\\/]", redact(suggested))[-1]
    return _UNSAFE.sub("_", bare).strip(" .")[-120:]
