"""Messages out of an open answer. How it ended does not matter: a stream is a hint, the job's state is the truth."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from ..core.errors import ProtocolError
from .clock import Clock
from .decoders import Message, NdjsonDecoder, SseDecoder
from .wire import LIBRARY_ERRORS, body_of

if TYPE_CHECKING:
    import httpx

MAX_STREAM_BYTES = 2**30
"""Of one stream, decompressed, no more is read than this."""


async def messages(
    response: httpx.Response, clock: Clock, idle_s: float, heartbeat: Callable[[Message], bool]
) -> AsyncIterator[Message]:
    """The messages of an open answer, until it ends, is cut, cannot be read on, or brings no news for `idle_s` seconds.

    `heartbeat` says which messages are no news. Never raises for the connection: what is true now, the service must be
    asked.
    """
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    decoder = SseDecoder() if kind == "text/event-stream" else NdjsonDecoder(whole=kind == "application/json")
    chunks = body_of(response, max_bytes=MAX_STREAM_BYTES)
    waited_s = 0.0  # only our own waiting counts, not what is done with a message
    while True:
        began_s = clock.now()
        try:
            async with asyncio.timeout(idle_s - waited_s):
                chunk = await anext(chunks)
            came = decoder.feed(chunk)
        except StopAsyncIteration:
            break
        except (*LIBRARY_ERRORS, ProtocolError, TimeoutError):
            return
        waited_s += clock.now() - began_s
        if any(not heartbeat(message) for message in came):
            waited_s = 0.0
        for message in came:
            yield message
    for message in decoder.flush():
        yield message
