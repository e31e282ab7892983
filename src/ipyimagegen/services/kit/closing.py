"""Clients close their connections: at the end of a `with`, or when nobody holds them any more."""

from __future__ import annotations

import weakref
from abc import ABC, abstractmethod
from typing import Self

from ...net.http import Http
from ...runtime import runtime


class Closing(ABC):
    """A client for `with`: its connections are closed at the end. Another call opens new ones."""

    @abstractmethod
    def close(self) -> None:
        """Close the connections. Blocks."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClosing(ABC):
    """A client for `async with`, as `Closing`."""

    @abstractmethod
    async def aclose(self) -> None:
        """Close the connections."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def close_when_gone(owner: object, http: Http) -> None:
    """Close the connections of `http` on the background loop: when nobody holds `owner` any more, or at the end."""
    background = runtime()  # looked up now: a garbage collector may run at any line, also inside of `runtime()`
    take_back = background.at_end(http.aclose)

    def gone() -> None:
        take_back()
        background.tidy(http.aclose)

    weakref.finalize(owner, gone).atexit = False
