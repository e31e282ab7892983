"""Sessions: calls of one app that share a worker and what it remembers. Each call of a session costs money."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from ...core.errors import InvalidInput
from ...net.repeat import Repeat
from ...runtime import runtime
from .api import Api
from .errors import SERVICE, APIError, SessionError
from .opening import Opening

NEW = "new"
"""What stands in a call's `session` to begin one."""


async def asked(api: Api, method: str, session_id: str | None = None, action: str = "") -> Any:
    """One call about sessions. Costs nothing, and may be repeated. Raises `SessionError`s and other `APIError`s."""
    if session_id in ("", ".", ".."):
        raise InvalidInput(f"{SERVICE}: {session_id!r} is no id of a session")
    path = "sessions" if session_id is None else f"sessions/{quote(session_id, safe='')}{action}"
    try:
        return await api.ask(method, path, repeat=Repeat.READ)
    except SessionError as error:
        error.session_id = error.session_id or session_id or ""
        raise


class Sessions:
    """`client.sessions`. Every call blocks."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def get(self, session_id: str) -> Any:
        """What is known of a session. Raises `SessionNotFoundError`."""
        return runtime().run(asked(self._api, "GET", session_id))

    def list(self) -> Any:
        """The account's sessions."""
        return runtime().run(asked(self._api, "GET")) or []

    def keepalive(self, session_id: str) -> Any:
        """Put off its end. Raises `SessionExpiredError`, `SessionEndedError`."""
        return runtime().run(asked(self._api, "POST", session_id, "/keepalive"))

    def end(self, session_id: str) -> None:
        """End it, and let its worker go."""
        runtime().run(asked(self._api, "DELETE", session_id))


class AsyncSessions:
    """`client.sessions`, with coroutines."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def get(self, session_id: str) -> Any:
        """As `Sessions.get`."""
        return await runtime().bridge(asked(self._api, "GET", session_id))

    async def list(self) -> Any:
        """As `Sessions.list`."""
        return await runtime().bridge(asked(self._api, "GET")) or []

    async def keepalive(self, session_id: str) -> Any:
        """As `Sessions.keepalive`."""
        return await runtime().bridge(asked(self._api, "POST", session_id, "/keepalive"))

    async def end(self, session_id: str) -> None:
        """As `Sessions.end`."""
        await runtime().bridge(asked(self._api, "DELETE", session_id))


class _Handle:
    """What both handles on a session share: `session_id`, and the body of a call in it."""

    def __init__(self, app: str, session_id: str) -> None:
        self.app = app
        self.session_id = session_id
        self._ended = False

    def _body(self, function: str, input: Mapping[str, Any] | None) -> dict[str, Any]:
        if self._ended:
            raise RuntimeError(f"session {self.session_id} was ended")
        return {"app": self.app, "function": function, "input": input or {}, "session": self.session_id}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.session_id} of {self.app}{', ended' if self._ended else ''}>"


class SessionHandle(_Handle):
    """A session for a `with` block: it is ended at the block's end. Every call blocks."""

    def __init__(self, run: Callable[..., Any], sessions: Sessions, app: str, session_id: str) -> None:
        super().__init__(app, session_id)
        self._run = run
        self._sessions = sessions

    def call(self, function: str = "run", input: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """Call a function of the app in this session; `options` are those of `client.run`. Costs money."""
        return self._run(self._body(function, input), **options)

    def info(self) -> Any:
        """What is known of it."""
        return self._sessions.get(self.session_id)

    def keepalive(self) -> Any:
        """Put off its end."""
        return self._sessions.keepalive(self.session_id)

    def end(self) -> None:
        """End it. May be called again."""
        if not self._ended:
            self._sessions.end(self.session_id)
            self._ended = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()


class AsyncSessionHandle(_Handle):
    """`SessionHandle` with coroutines, for `async with`."""

    def __init__(self, run: Callable[..., Awaitable[Any]], sessions: AsyncSessions, app: str, session_id: str) -> None:
        super().__init__(app, session_id)
        self._run = run
        self._sessions = sessions

    def call(self, function: str = "run", input: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """As `SessionHandle.call`: to be awaited, or with `stream=True` read by `async for`."""
        return self._run(self._body(function, input), **options)

    async def info(self) -> Any:
        """What is known of it."""
        return await self._sessions.get(self.session_id)

    async def keepalive(self) -> Any:
        """Put off its end."""
        return await self._sessions.keepalive(self.session_id)

    async def end(self) -> None:
        """End it. May be called again."""
        if not self._ended:
            await self._sessions.end(self.session_id)
            self._ended = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.end()


class OpeningSession(Opening[AsyncSessionHandle]):
    """A session that begins at the first use: `await` it, or `async with` it at once. Costs money."""


def first_call(app: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The call that begins a session: `input` and `function` are its own, everything else goes along."""
    return {"app": app, "input": {}, "function": "run", **options, "session": NEW}


def session_of(task: Mapping[str, Any]) -> str:
    """The session that a call began. Raises `APIError` where the service names none."""
    found = task.get("session_id")
    if not isinstance(found, str) or not found:
        raise APIError(None, f"{SERVICE}: the task {task.get('id')} began no session: is the app one with sessions?")
    return found
