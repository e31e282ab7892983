"""`AsyncJob` and `AsyncChatJob`: handles on requests, by their documented names."""

from __future__ import annotations

from typing import Any

from ...core.arguments import number, seconds
from ...core.service_text import one_line
from ...runtime import runtime
from . import calls
from .api import INTERVAL_S, TIMEOUT_S, Api, Handle
from .replies import ChatResponse, read_reply

DEFAULT_POLL_INTERVAL_S = INTERVAL_S
DEFAULT_POLL_TIMEOUT_S = TIMEOUT_S


class AsyncJob:
    """A request on its way. Every method blocks; none costs money, and none cancels: Segmind cannot.

    `request_id`, `status_url`, `response_url` and `submit_response` are what the service gave.
    """

    def __init__(self, api: Api, handle: Handle) -> None:
        self._api = api
        self._handle = handle

    @property
    def request_id(self) -> str:
        """The request's id: `segmind.job(request_id)` leads back here from anywhere."""
        return self._handle.request_id

    @property
    def status_url(self) -> str:
        """Where its status is asked for."""
        return self._handle.status_url

    @property
    def response_url(self) -> str:
        """Where its result is asked for."""
        return self._handle.response_url

    @property
    def submit_response(self) -> dict[str, Any]:
        """What the service answered to the submit; empty for a job found by its id."""
        return dict(self._handle.answer)

    def status(self) -> dict[str, Any]:
        """Where it stands now: `status` is `QUEUED`, `PROCESSING`, `COMPLETED` or `FAILED`; then with `error`."""
        return runtime().run(calls.status(self._api, self._handle)).body

    def result(self) -> dict[str, Any]:
        """Its whole result, also of a failed one. Raises `SegmindError` (404) once the record has expired."""
        return runtime().run(calls.result(self._api, self._handle)).body

    def wait(self, timeout: float | None = TIMEOUT_S, interval: float = INTERVAL_S) -> dict[str, Any]:
        """Its result, once it is there; at most `timeout` seconds from now, with no more than a poll each `interval`.

        Raises `InferenceFailed`, or `InferenceTimeout`: the job then goes on, and `wait()` may be called again.
        """
        limit_s, interval_s = seconds(timeout), number(interval, "interval", what="a number of seconds, 0 or more")
        waiting = calls.finished(self._api, self._handle, timeout_s=limit_s, interval_s=interval_s)
        return runtime().run(waiting).body

    def __repr__(self) -> str:
        return f"<AsyncJob {one_line(self.request_id)}{f' of {self._handle.slug}' if self._handle.slug else ''}>"


class AsyncChatJob:
    """A chat on its way; `job` is the request behind it."""

    def __init__(self, job: AsyncJob) -> None:
        self.job = job

    @property
    def request_id(self) -> str:
        """The request's id."""
        return self.job.request_id

    def status(self) -> dict[str, Any]:
        """Where it stands now."""
        return self.job.status()

    def result(self) -> ChatResponse:
        """The answer. Call it once the status is `COMPLETED`."""
        return read_reply(self.job.result())

    def wait(self, timeout: float | None = TIMEOUT_S, interval: float = INTERVAL_S) -> ChatResponse:
        """The answer, once it is there. As `AsyncJob.wait`."""
        return read_reply(self.job.wait(timeout, interval))

    def __repr__(self) -> str:
        return f"<AsyncChatJob {one_line(self.request_id)}>"
