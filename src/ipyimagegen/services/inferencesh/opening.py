"""What a call of `AsyncInference` gives that is to be opened first: awaited, or used at once in `async for` or `with`.

The documentation shows both `async for update in client.run(…, stream=True)` and `async for … in await client.run(…)`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar


class Opened(Protocol):
    """What comes out: something for `async with`."""

    async def __aenter__(self) -> Self:
        """Use it."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave it."""


T = TypeVar("T", bound=Opened)


class Opening(Generic[T]):
    """It is opened at the first use, and once, however often it is used: opening it may cost money."""

    def __init__(self, open: Callable[[], Awaitable[T]]) -> None:
        self._open = open
        self._opening: asyncio.Future[T] | None = None

    async def _opened(self) -> T:
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._open())
        return await self._opening

    def __await__(self) -> Generator[Any, None, T]:
        return self._opened().__await__()

    async def __aenter__(self) -> T:
        return await (await self._opened()).__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await (await self._opened()).__aexit__(kind, error, traceback)

    def __repr__(self) -> str:
        done = self._opening is not None and self._opening.done()
        return f"<{type(self).__name__} {'open' if done else 'not opened yet: await it'}>"
