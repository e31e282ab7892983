"""Partial outputs as previews: fetched beside the updates, newest wins, and never in their way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Any

from ...core.errors import ImagegenError
from ...core.events import Output, Preview
from ...media.artifacts import Payload
from ...media.previews import BytesFrame
from .messages import View
from .outcomes import find_outputs

Fetch = Callable[[Output], Awaitable[Payload]]


async def with_previews(views: AsyncGenerator[View, None], fetch: Fetch) -> AsyncGenerator[View | Preview, None]:
    """The views as they come, and between them a `Preview` for partial outputs. Ends with the views."""
    async with aclosing(views):
        coming = asyncio.ensure_future(anext(views, None))
        picture: asyncio.Future[Preview | None] | None = None
        shown: Output | None = None
        step = 0
        try:
            while True:
                waiting: set[asyncio.Future[Any]] = {coming, picture} if picture else {coming}
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                if picture is not None and picture.done():
                    preview, picture = picture.result(), None
                    if preview is not None:
                        yield preview
                if not coming.done():
                    continue
                view = coming.result()
                if view is None:
                    return
                partial = None if view.over else next(iter(find_outputs(view.task.get("output"))), None)
                if partial is not None and partial != shown and picture is None:
                    shown, step = partial, step + 1
                    picture = asyncio.ensure_future(_preview(partial, step, fetch))
                yield view
                coming = asyncio.ensure_future(anext(views, None))
        finally:
            for task in (coming, picture):
                if task is not None:
                    task.cancel()
                    with suppress(asyncio.CancelledError, ImagegenError):
                        await task


async def _preview(output: Output, step: int, fetch: Fetch) -> Preview | None:
    """The frame of a partial output; `None` where it cannot be had or is no picture: the result will say more."""
    try:
        payload = await fetch(output)
        data = await asyncio.to_thread(payload.read)
        if payload.path is not None:
            payload.path.unlink(missing_ok=True)
        return Preview(frame=await asyncio.to_thread(BytesFrame, data), step=step)
    except (ImagegenError, OSError):
        return None
