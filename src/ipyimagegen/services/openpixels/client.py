"""`OpenPixels` and `AsyncOpenPixels`, as the service's documentation and its library's page show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.errors import InvalidInput
from ...core.events import JSON
from ...core.secrets import Secret, hidden
from ...runtime import runtime
from ...settings import keys
from ..kit.closing import AsyncClosing, Closing
from ..kit.pickled import Pickled
from .api import SERVICE, Api, connect


class _Connected(Pickled):
    """A key and an address. Safe to share between threads: all calls run on one background loop."""

    def __init__(self, api_key: str | None = None, base_url: str | None = None) -> None:
        api_key, base_url = hidden(api_key), hidden(base_url)
        self.base_url = keys.base_url(SERVICE, base_url)
        self._secret = keys.key(SERVICE, api_key)
        self._api = Api(connect(self._secret, self.base_url))

    def _made_from(self) -> tuple[str, tuple[Secret, ...], Mapping[str, Any]]:
        return SERVICE, (self._secret,), {"base_url": self.base_url}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({getattr(self, 'base_url', '')!r})"


class OpenPixels(_Connected, Closing):
    """A client that waits. Make it once and share it, also between threads; `close()` ends its connections.

    Without `api_key` it takes `login`'s, the keyring's or `OPENPIXELS_API_KEY`, and raises `MissingKey` where there is
    none. `base_url` is the service's own address unless given (or set as `OPENPIXELS_BASE_URL`). Raises `InvalidInput`
    for an address that is none.
    """

    def run(self, payload: Mapping[str, Any] | None = None, /, **params: Any) -> dict[str, JSON]:
        """Make a picture and wait for it. Blocks; an interrupt ends the waiting, not the job. May cost money.

        Takes a payload, its entries as keywords, or both: `run({"model": "flux-dev", "prompt": "a cat"})`,
        `run(model="flux-dev", prompt="a cat")`. Returns `{"type": "result", "status": "complete", "data": {"url": …}}`;
        a job that fails or is refused comes back too, with `"status": "failed"` and an `error` of `type`, `code`,
        `message` and `params`. Raises `SubmitUnknown` where the answer to the submit was lost, and `ConnectionFailed`.
        """
        return runtime().run(self._api.run(payload_of(payload, params)))

    def close(self) -> None:
        """Close the connections. Another `run` opens new ones."""
        runtime().run(self._api.http.aclose())


class AsyncOpenPixels(_Connected, AsyncClosing):
    """`OpenPixels` for coroutines, on any event loop."""

    async def run(self, payload: Mapping[str, Any] | None = None, /, **params: Any) -> dict[str, JSON]:
        """`OpenPixels.run`, awaited. May cost money."""
        return await runtime().bridge(self._api.run(payload_of(payload, params)))

    async def close(self) -> None:
        """Close the connections. Another `run` opens new ones."""
        await runtime().bridge(self._api.http.aclose())

    async def aclose(self) -> None:
        """`close`, by its customary name."""
        await self.close()


def payload_of(payload: Mapping[str, Any] | None, params: Mapping[str, Any]) -> dict[str, Any]:
    """One payload from both call forms. Raises `InvalidInput` where there is none."""
    if payload is None and isinstance(params.get("payload"), Mapping):
        payload, params = params["payload"], {name: value for name, value in params.items() if name != "payload"}
    if payload is not None and not isinstance(payload, Mapping):
        raise InvalidInput(f"a payload is a dict with model and prompt, not {type(payload).__name__}")
    whole = {**(payload or {}), **params}
    if not whole:
        raise InvalidInput("nothing to run: give a payload with model and prompt")
    return {str(name): _number(value) for name, value in whole.items()}


def _number(value: Any) -> Any:
    """A NumPy scalar as Python's number; anything else as it is."""
    return value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else value
