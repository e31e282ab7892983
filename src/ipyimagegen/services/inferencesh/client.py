"""`Inference` and `AsyncInference`: the clients by their documented names. Both are doors to the same calls."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any, Literal, overload

from ...core.arguments import seconds
from ...core.secrets import hidden
from ...net.secrets import Secret
from ...runtime import runtime
from ...settings import keys
from ..kit.closing import AsyncClosing, Closing
from ..kit.pickled import Pickled
from .api import Api
from .calls import Calls, Response, UploadFileOptions
from .connect import key
from .errors import SERVICE
from .sessions import (
    AsyncSessionHandle,
    AsyncSessions,
    OpeningSession,
    SessionHandle,
    Sessions,
    first_call,
    session_of,
)
from .streams import AsyncTaskStream, OpeningStream, TaskStream

RECONNECTING = frozenset({"auto_reconnect", "max_reconnects", "reconnect_delay_ms"})
"""Documented options that change nothing here: a stream is always taken up again."""


class Tasks:
    """`client.tasks`. Every call blocks."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    @overload
    def run(
        self, params: Mapping[str, Any], *, wait: bool = True, stream: Literal[False] = False, **reconnecting: Any
    ) -> dict[str, Any]: ...
    @overload
    def run(
        self, params: Mapping[str, Any], *, wait: bool = True, stream: Literal[True], **reconnecting: Any
    ) -> TaskStream: ...
    def run(
        self, params: Mapping[str, Any], *, wait: bool = True, stream: bool = False, **reconnecting: Any
    ) -> dict[str, Any] | TaskStream:
        """Run an app: `{"app": "namespace/name", "input": {…}}`; `setup`, `infra`, `webhook`, `session` go along.

        Gives the finished task (`result["output"]`), the accepted one at once with `wait=False`, or an iterator of its
        updates with `stream=True`. Files in the input are uploaded. Costs money; Interrupt cancels the task there.
        `auto_reconnect`, `max_reconnects` and `reconnect_delay_ms` are accepted and change nothing. What comes to a
        `webhook` is read by `parse_webhook`.

        Raises `InvalidInput`, `APIError`, `RequirementsNotMetError`, `SubmitUnknown`, `TaskFailed`, `TaskCancelled`.
        """
        _check_options(reconnecting)
        if stream:
            return TaskStream(self._calls.api, runtime().run(self._calls.submit(params)), sent_here=True)
        return runtime().run(self._calls.run(params) if wait else self._calls.submit(params))

    def get(self, task_id: str) -> Response:
        """The task as it is now, also as its `data`."""
        return runtime().run(self._calls.get(task_id))

    def list(self, query: Mapping[str, Any] | None = None) -> Any:
        """The workspace's tasks, newest first."""
        return runtime().run(self._calls.api.list(query))

    def cancel(self, task_id: str) -> None:
        """Cancel a task at the service."""
        runtime().run(self._calls.cancel(task_id))

    def stream(self, task_id: str, **reconnecting: Any) -> TaskStream:
        """The updates of a task that runs already."""
        _check_options(reconnecting)
        return TaskStream(self._calls.api, {"id": task_id})

    def wait_for_completion(self, task_id: str, *, timeout: float | None = None) -> dict[str, Any]:
        """Wait until a task is over, at most `timeout` seconds (`TaskTimeout`; it goes on). Raises as `run` does."""
        return runtime().run(self._calls.wait(task_id, seconds(timeout)))


class Files:
    """`client.files`. Every call blocks."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def upload(self, data: Any, options: UploadFileOptions | Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Upload a local path, bytes, a `data:` URI, base64 or a picture: its record, with `uri` for an input."""
        return runtime().run(self._calls.upload(data, options))


class Inference(Pickled, Closing):
    """A client of inference.sh. Safe from any thread; every call blocks, and works inside a notebook.

    `api_key`: `None` takes `login`'s, the keyring's or `INFERENCE_API_KEY`, and raises `MissingInferenceKey` (a
    `ValueError`) if there is none. `base_url`: `None` takes `INFERENCE_BASE_URL`, or the service's own.
    `run`, `cancel` (or `cancel_task`), `get_task`, `stream_task`, `wait_for_completion` and `upload_file` are those of
    `tasks` and `files`.

    Each run is noted in the journal before it is sent: `ig.attach` collects what nobody waited for.
    """

    def __init__(self, api_key: str | Secret | None = None, base_url: str | None = None) -> None:
        api_key, base_url = hidden(api_key), hidden(base_url)
        self._secret = key(api_key)
        self._calls = Calls(Api(self._secret, keys.base_url(SERVICE, base_url)))
        self.tasks = Tasks(self._calls)
        self.files = Files(self._calls)
        self.run = self.tasks.run
        self.sessions = Sessions(self._calls.api)
        self.cancel = self.cancel_task = self.tasks.cancel
        self.get_task = self.tasks.get
        self.stream_task = self.tasks.stream
        self.wait_for_completion = self.tasks.wait_for_completion
        self.upload_file = self.files.upload

    def session(self, app: str, **options: Any) -> SessionHandle:
        """Begin a session with a first call of `app`, for a `with` block, and wait for that call. Costs money.

        `input` and `function` (`"run"`) are those of the first call; `session_timeout`, `setup`, `infra` go along.
        """
        task = self.run(first_call(app, options))
        return SessionHandle(self.run, self.sessions, app, session_of(task))

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        runtime().run(self._calls.api.aclose())

    def _made_from(self) -> tuple[str, tuple[Secret, ...], Mapping[str, Any]]:
        return SERVICE, (self._secret,), {"base_url": self._calls.api.base_url}

    def __repr__(self) -> str:
        calls = self.__dict__.get("_calls")  # none in one that was refused while it was made
        return f"<{type(self).__name__} {calls.api.base_url if calls else 'not made'}>"


class AsyncTasks:
    """`client.tasks`, with coroutines."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    @overload
    def run(
        self, params: Mapping[str, Any], *, wait: bool = True, stream: Literal[False] = False, **reconnecting: Any
    ) -> Coroutine[Any, Any, dict[str, Any]]: ...
    @overload
    def run(
        self, params: Mapping[str, Any], *, wait: bool = True, stream: Literal[True], **reconnecting: Any
    ) -> OpeningStream: ...
    def run(
        self, params: Mapping[str, Any], *, wait: bool = True, stream: bool = False, **reconnecting: Any
    ) -> Coroutine[Any, Any, dict[str, Any]] | OpeningStream:
        """As `Tasks.run`: to be awaited. Cancelling the awaiting task cancels there too.

        `stream=True` gives what can be read at once with `async for`, or awaited first for an `AsyncTaskStream`.
        """
        _check_options(reconnecting)
        return OpeningStream(lambda: self._streamed(params)) if stream else self._run(params, wait=wait)

    async def _run(self, params: Mapping[str, Any], *, wait: bool) -> dict[str, Any]:
        return await runtime().bridge(self._calls.run(params) if wait else self._calls.submit(params))

    async def _streamed(self, params: Mapping[str, Any]) -> AsyncTaskStream:
        task = await runtime().bridge(self._calls.submit(params))
        return AsyncTaskStream(self._calls.api, task, sent_here=True)

    async def get(self, task_id: str) -> Response:
        """The task as it is now, also as its `data`."""
        return await runtime().bridge(self._calls.get(task_id))

    async def list(self, query: Mapping[str, Any] | None = None) -> Any:
        """The workspace's tasks, newest first."""
        return await runtime().bridge(self._calls.api.list(query))

    async def cancel(self, task_id: str) -> None:
        """Cancel a task at the service."""
        await runtime().bridge(self._calls.cancel(task_id))

    def stream(self, task_id: str, **reconnecting: Any) -> AsyncTaskStream:
        """The updates of a task that runs already."""
        _check_options(reconnecting)
        return AsyncTaskStream(self._calls.api, {"id": task_id})

    async def wait_for_completion(self, task_id: str, *, timeout: float | None = None) -> dict[str, Any]:  # noqa: ASYNC109
        """Wait until a task is over, at most `timeout` seconds (`TaskTimeout`; it goes on). Raises as `run` does."""
        return await runtime().bridge(self._calls.wait(task_id, seconds(timeout)))


class AsyncFiles:
    """`client.files`, with coroutines."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def upload(self, data: Any, options: UploadFileOptions | Mapping[str, Any] | None = None) -> dict[str, Any]:
        """As `Files.upload`."""
        return await runtime().bridge(self._calls.upload(data, options))


class AsyncInference(Pickled, AsyncClosing):
    """`Inference` with coroutines, for any event loop."""

    def __init__(self, api_key: str | Secret | None = None, base_url: str | None = None) -> None:
        api_key, base_url = hidden(api_key), hidden(base_url)
        self._secret = key(api_key)
        self._calls = Calls(Api(self._secret, keys.base_url(SERVICE, base_url)))
        self.tasks = AsyncTasks(self._calls)
        self.files = AsyncFiles(self._calls)
        self.run = self.tasks.run
        self.sessions = AsyncSessions(self._calls.api)
        self.cancel = self.cancel_task = self.tasks.cancel
        self.get_task = self.tasks.get
        self.stream_task = self.tasks.stream
        self.wait_for_completion = self.tasks.wait_for_completion
        self.upload_file = self.files.upload

    def session(self, app: str, **options: Any) -> OpeningSession:
        """As `Inference.session`: `async with client.session(app) as session`, or awaited first. Costs money."""

        async def begin() -> AsyncSessionHandle:
            task = await self.run(first_call(app, options))
            return AsyncSessionHandle(self.run, self.sessions, app, session_of(task))

        return OpeningSession(begin)

    async def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        await runtime().bridge(self._calls.api.aclose())

    async def aclose(self) -> None:
        """`close`, by its customary name."""
        await self.close()

    def _made_from(self) -> tuple[str, tuple[Secret, ...], Mapping[str, Any]]:
        return SERVICE, (self._secret,), {"base_url": self._calls.api.base_url}

    def __repr__(self) -> str:
        calls = self.__dict__.get("_calls")  # none in one that was refused while it was made
        return f"<{type(self).__name__} {calls.api.base_url if calls else 'not made'}>"


def _check_options(options: Mapping[str, Any]) -> None:
    unknown = sorted(set(options) - RECONNECTING)
    if unknown:
        raise TypeError(f"unexpected keyword arguments: {', '.join(unknown)}")
