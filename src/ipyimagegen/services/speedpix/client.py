"""`Client`, `run` and `async_run`, as the documentation of SpeedPix shows them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import IO, Any, Unpack

from ...core import forks
from ...core.errors import InvalidInput, Problem
from ...core.secrets import hidden, revealed
from ...media.inputs import as_input
from ...net.secrets import Secret
from ...runtime import runtime
from ...settings import keys
from ..kit.closing import AsyncClosing, Closing
from ..kit.entry import waiting
from ..kit.paces import paces_of
from ..kit.pickled import Pickled
from .api import Api, connect
from .errors import NO_OUTPUT, SERVICE, PredictionError, own_keys
from .files import File
from .orders import Call, RunOptions, read_call
from .predictions import Predictions

TIMEOUT_S = 30.0
KEY_FIRST = ("app_key", "app_secret", "endpoint", "timeout", "user_agent")
ENDPOINT_FIRST = ("endpoint", "app_key", "app_secret", "timeout", "user_agent")
ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]*://.*|(localhost|\d{1,3}(\.\d{1,3}){3}|([a-z0-9-]+\.)+[a-z]{2,})(:\d+)?(/.*)?", re.IGNORECASE
)


FileLike = str | PathLike[str] | bytes | IO[bytes]


class Files:
    """`client.files`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def create(self, file: FileLike) -> File:
        """Upload a path, a `Path`, an open binary file or bytes. Blocks. Raises `InvalidInput`, `SpeedPixException`."""
        return runtime().run(self._create(file))

    async def async_create(self, file: FileLike) -> File:
        """`create` for coroutines."""
        return await runtime().bridge(self._create(file))

    async def _create(self, file: FileLike) -> File:
        return await self._api.upload(await asyncio.to_thread(as_input, file, kind="file"))


class Client(Pickled, Closing, AsyncClosing):
    """SpeedPix with one key. Make it once and share it, also between threads and event loops.

    `Client(app_key, app_secret, endpoint=None, timeout=30.0, user_agent=None)`, each also by name; with the endpoint
    first, `Client(endpoint, app_key, app_secret, …)` works too. What is not given comes from `SPEEDPIX_APP_KEY`,
    `SPEEDPIX_APP_SECRET` and `SPEEDPIX_ENDPOINT`. `timeout` in seconds is how long one call may take, not a job.
    Raises `MissingKey`, and `InvalidInput` for an endpoint that is no address. Nothing is sent. A pickle of it, or of
    what it gave, holds no key, and works where the process has that very key: anywhere else `MissingKey` is raised.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        given, named = tuple(map(_hidden, given)), {name: _hidden(value) for name, value in named.items()}
        values = arranged(given, named)
        self._keys = app_key, app_secret = own_keys(values.get("app_key"), values.get("app_secret"))
        self.endpoint = keys.base_url(SERVICE, revealed(values.get("endpoint")))
        self.timeout: float | None = values.get("timeout", TIMEOUT_S)
        self.user_agent: str | None = revealed(values.get("user_agent"))
        http = connect(app_key, app_secret, self.endpoint, timeout_s=self.timeout, user_agent=self.user_agent)
        self._api = Api(http, paces_of(SERVICE, self.endpoint), keys=self._keys)
        self.predictions = Predictions(self._api)
        self.files = Files(self._api)

    @property
    def app_key(self) -> Secret:
        """The app key, which does not show itself: `.reveal()` is its text."""
        return self._keys[0]

    @property
    def app_secret(self) -> Secret:
        """The app secret, as `app_key`."""
        return self._keys[1]

    def run(self, workflow_id: str, input: Mapping[str, Any] | None = None, **options: Unpack[RunOptions]) -> Any:
        """Run a workflow, wait, and return its output: a mapping of names to files and values. Blocks. May cost money.

        Paths, `Path`s and open files in `input` are uploaded. `options` (`RunOptions`) may also come in the second
        argument, beside `input`: `run("id", {"input": {…}, "alias_id": "v2"})`. With `wait=False` it returns a
        `Prediction` at once. Raises `PredictionError` for a job that failed or made nothing, `InvalidInput`,
        `SpeedPixException`, and `SubmitUnknown` where the answer was lost. An interrupt ends the waiting, not the job:
        `client.predictions.list()` has it.
        """
        return runtime().run(self._run(read_call(workflow_id, input, options)))

    async def async_run(
        self, workflow_id: str, input: Mapping[str, Any] | None = None, **options: Unpack[RunOptions]
    ) -> Any:
        """`run` for coroutines, on any event loop."""
        return await runtime().bridge(self._run(read_call(workflow_id, input, options)))

    async def _run(self, call: Call) -> Any:
        prediction = await self.predictions.submit(call.order)
        if not call.wait:
            return prediction
        with waiting(SERVICE, prediction.id):
            await prediction.until_ended(call.polling_interval)
        if prediction.status != "succeeded":
            raise PredictionError(prediction)
        output = prediction.released()
        if output is None:
            raise PredictionError(prediction, NO_OUTPUT)
        return output

    def close(self) -> None:
        """Close the connections. Another call opens new ones."""
        runtime().run(self._api.http.aclose())

    async def aclose(self) -> None:
        """`close` for coroutines."""
        await runtime().bridge(self._api.http.aclose())

    def _made_from(self) -> tuple[str, tuple[Secret, ...], Mapping[str, Any]]:
        options = {"endpoint": self.endpoint, "timeout": self.timeout, "user_agent": self.user_agent}
        return SERVICE, self._keys, options

    def __repr__(self) -> str:
        return f"Client(endpoint={getattr(self, 'endpoint', '')!r})"


def arranged(given: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """The constructor's arguments by name, in whichever documented order they came: an endpoint is told by its form.

    Raises `TypeError` as Python does, and `InvalidInput` for a timeout that is none.
    """
    order = ENDPOINT_FIRST if _endpoint_first(given) else KEY_FIRST
    if len(given) > len(order):
        raise TypeError(f"Client takes at most {len(order)} arguments, not {len(given)}")
    values = dict(zip(order, given, strict=False))
    for name, value in named.items():
        if name not in order:
            raise TypeError(f"Client has no argument {name!r}; there are {', '.join(KEY_FIRST)}")
        if name in values:
            raise TypeError(f"Client got two values for {name!r}")
        values[name] = value
    timeout = values.get("timeout", TIMEOUT_S)
    if timeout is not None and (isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout > 0):
        raise InvalidInput([Problem("timeout", "is a number of seconds over 0, or None")], model=SERVICE)
    return values


def _hidden(value: Any) -> Any:
    """What may be a key, put out of sight; an address is needed to tell the order of the arguments."""
    return value if _is_address(value) else hidden(value)


def _endpoint_first(given: Sequence[Any]) -> bool:
    first, third = given[0] if given else None, given[2] if len(given) > 2 else None
    return _is_address(first) or (first is None and third is not None and not _is_address(third))


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and bool(ADDRESS.fullmatch(value.strip()))


_lock = forks.lock()
_default: tuple[tuple[Secret, ...], str, Client] | None = None


def default_client() -> Client:
    """The client of `run` and `async_run`: made from the environment, and made anew when that has changed.

    Raises `MissingKey`.
    """
    global _default  # noqa: PLW0603 - one client for the process
    found, endpoint = own_keys(), keys.base_url(SERVICE)
    with _lock:
        if _default is None or _default[:2] != (found, endpoint):
            _default = (found, endpoint, Client())
        return _default[2]


def run(
    workflow_id: str,
    input: Mapping[str, Any] | None = None,
    *,
    client: Client | None = None,
    **options: Unpack[RunOptions],
) -> Any:
    """`Client.run` with the client that the environment describes, or with `client`."""
    return (client or default_client()).run(workflow_id, input, **options)


async def async_run(
    workflow_id: str,
    input: Mapping[str, Any] | None = None,
    *,
    client: Client | None = None,
    **options: Unpack[RunOptions],
) -> Any:
    """`Client.async_run` with the client that the environment describes, or with `client`."""
    return await (client or default_client()).async_run(workflow_id, input, **options)
