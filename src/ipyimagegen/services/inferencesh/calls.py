"""What both clients of inference.sh do: async, and once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ...core.errors import InvalidInput
from ...core.events import JSON
from ...core.requests import InputFile
from ...media.inputs import as_input
from ..kit.entry import Entry
from .api import Api
from .ending import cancel_behind, note, note_cancelled, note_task
from .errors import SERVICE, TaskTimeout
from .messages import View, notes, resource
from .outcomes import ticket_of
from .streams import outcome

MAX_PATH_CHARS = 1_024
"""A longer text is no path: base64, perhaps."""


@dataclass(frozen=True, slots=True)
class UploadFileOptions:
    """How an upload is named and kept: `None` leaves it to the file, or to the service."""

    filename: str | None = None
    content_type: str | None = None
    path: str | None = None
    public: bool | None = None


class Response(dict[str, Any]):
    """An answer: the resource itself, which is also its `data`, and the service's `messages`."""

    def __init__(self, answer: JSON) -> None:
        found = resource(answer)
        super().__init__(found if isinstance(found, dict) else {})
        self.data: Any = found
        self.messages = notes(answer)

    @property
    def has_warnings(self) -> bool:
        """Whether the service said something besides."""
        return bool(self.messages)


@dataclass(frozen=True, slots=True)
class Calls:
    """The documented calls over one `Api`."""

    api: Api

    async def submit(self, params: object) -> dict[str, Any]:
        """Upload the files in the input and send the task: it, as it was accepted. Costs money.

        Somebody who asks for an end while the task is being sent gets it: the task is cancelled at the service.
        """
        if not isinstance(params, Mapping) or not isinstance(params.get("app"), str):
            raise InvalidInput("inferencesh: a run needs {'app': 'namespace/name', 'input': {…}}")
        values = {} if params.get("input") is None else params["input"]
        if not isinstance(values, Mapping):
            raise InvalidInput("inferencesh: input must be a mapping of the app's inputs")
        entry = Entry.documented(SERVICE, params["app"], values, can_be_cancelled=True)
        try:
            async with entry.submitting():
                body = {**params, "input": await self.api.sendable(params["app"], values)}
                task = await self.api.run(body)
                await entry.submitted(ticket_of(task, params["app"]))
                note_task(str(task["id"]), task)
        except asyncio.CancelledError:
            if entry.ticket is not None:
                cancel_behind(self.api, entry.ticket.remote_id)
            raise
        return task

    async def run(self, params: object) -> dict[str, Any]:
        """Send and wait for the end. Cancelling the wait cancels the task at the service."""
        task = await self.submit(params)
        try:
            return outcome(await self._finished(str(task["id"]), task))
        except asyncio.CancelledError:
            cancel_behind(self.api, str(task["id"]))
            raise

    async def _finished(self, task_id: str, known: Mapping[str, Any] | None = None) -> View:
        view = await self.api.finished(task_id, known)
        note(task_id, view)
        return view

    async def wait(self, task_id: str, timeout_s: float | None = None) -> dict[str, Any]:
        """Wait for a task that runs already. Ending the wait leaves it running."""
        limit = asyncio.timeout(timeout_s)
        try:
            async with limit:
                return outcome(await self._finished(task_id))
        except TimeoutError:
            if not limit.expired() or timeout_s is None:
                raise
            raise TaskTimeout(task_id, timeout_s) from None

    async def upload(self, data: Any, options: UploadFileOptions | Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Upload a local file, bytes, a `data:` URI, base64 or a picture: its record."""
        given = _options(options)
        return await self.api.upload(
            await asyncio.to_thread(_to_upload, data),
            filename=given.filename or "",
            media_type=given.content_type or "",
            path=given.path,
            public=given.public,
        )

    async def get(self, task_id: str) -> Response:
        """The task as it is now."""
        answer = Response(await self.api.get(task_id))
        note_task(task_id, answer.data)
        return answer

    async def cancel(self, task_id: str) -> None:
        """Cancel a task at the service."""
        note_cancelled(task_id, await self.api.cancel(task_id))


def _options(given: object) -> UploadFileOptions:
    if given is None or isinstance(given, UploadFileOptions):
        return given or UploadFileOptions()
    known = {field.name for field in fields(UploadFileOptions)}
    if not isinstance(given, Mapping) or not set(given) <= known:
        raise InvalidInput(f"options: UploadFileOptions, or a mapping of {', '.join(sorted(known))}")
    return UploadFileOptions(**given)


def _to_upload(data: object) -> InputFile:
    file = as_input(data, kind="file")
    if file.url:
        raise InvalidInput("a URL needs no upload: put it into the input as it is")
    return file
