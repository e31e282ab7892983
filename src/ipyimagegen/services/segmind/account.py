"""The account's side of Segmind: files, webhooks, models, past generations, PixelFlows. Every method blocks."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any
from urllib.parse import quote

from ...core.arguments import wrong
from ...core.errors import InvalidInput
from ...core.events import JSON
from ...core.requests import InputFile
from ...media.inputs import as_input
from ...net.repeat import Repeat
from ...runtime import runtime
from ..kit.inputs import content_type
from . import calls
from .api import Api, Handle
from .errors import InferenceTimeout

PathLike = str | os.PathLike[str]


class Space:
    """A part of a client: its calls over one `Api`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def _get(self, url: str, **query: Any) -> Any:
        return runtime().run(self._api.get(url, query))

    def _change(self, url: str, body: Mapping[str, Any]) -> Any:
        return runtime().run(self._api.post(url, body, repeat=Repeat.NEVER))


class Files(Space):
    """`client.files`."""

    def upload(self, file_paths: PathLike | Any | Sequence[PathLike | Any]) -> dict[str, Any]:
        """Put files into Segmind's storage: `{"file_urls": […], "message": …}`, the addresses in the files' order.

        Takes a path or a list of them, also pictures and bytes. Costs nothing. Raises `InvalidInput`, a `ValueError`,
        for no file and for what is no picture, film or sound, and its `MissingFile`, a `FileNotFoundError`.
        """
        return runtime().run(self._upload(file_paths if isinstance(file_paths, list | tuple) else [file_paths]))

    async def _upload(self, sources: Sequence[Any]) -> dict[str, Any]:
        if not sources:
            raise InvalidInput("segmind: no files to upload")
        files = [await asyncio.to_thread(_file, source) for source in sources]
        return await self._api.upload(files)


def _file(source: Any) -> InputFile:
    """A picture, a film or a sound. Raises `InvalidInput` for anything else, as Segmind's storage takes no others."""
    file = as_input(source, kind="file")
    if file.url:
        raise InvalidInput("segmind: an address needs no upload: give it to the model as it is")
    if content_type(file).partition("/")[0] not in ("image", "video", "audio"):
        raise InvalidInput(f"segmind: {file.filename} is not a supported media format: give a picture, film or sound")
    return file


class Webhooks(Space):
    """`client.webhooks`: where Segmind posts to when something is done. `parse_webhook` reads what it posts."""

    @property
    def _base(self) -> str:
        return f"{self._api.addresses.account}/webhook"

    def get(self) -> Any:
        """All registrations."""
        return self._get(f"{self._base}/get")

    def add(self, webhook_url: str, event_types: Sequence[str]) -> Any:
        """Register an address for events such as `["PIXELFLOW"]`. Raises `InvalidInput` for none."""
        body = {"webhook_url": webhook_url, "event": {"types": _events(event_types)}}
        return self._change(f"{self._base}/add", body)

    def update(self, webhook_id: str, webhook_url: str, event_types: Sequence[str]) -> Any:
        """Change a registration."""
        body = {"webhook_id": webhook_id, "webhook_url": webhook_url, "event": {"types": _events(event_types)}}
        return self._change(f"{self._base}/update", body)

    def delete(self, webhook_id: str) -> Any:
        """End a registration."""
        return self._get(f"{self._base}/inactive", webhook_id=webhook_id)

    def logs(self, webhook_id: str) -> Any:
        """What was posted, and how it was received."""
        return self._get(f"{self._base}/dispatch-logs", webhook_id=webhook_id)


def _events(given: object) -> list[str]:
    """The names of events; one text is one name."""
    names = [given] if isinstance(given, str) else list(given) if isinstance(given, Iterable) else []
    if not names or not all(isinstance(name, str) and name for name in names):
        raise wrong(given, "event_types", 'a list of events, such as ["PIXELFLOW"]')
    return names


class Models(Space):
    """`client.models`."""

    def list(self) -> Any:
        """The catalogue."""
        return self._get(f"{self._api.addresses.account}/inference-model-information/list")


class Generations(Space):
    """`client.generations`: what was made, with what, and for how much."""

    @property
    def _base(self) -> str:
        return f"{self._api.addresses.account}/inference-request"

    def recent(self, model_name: str) -> Any:
        """The latest outputs of a model."""
        return self._get(f"{self._base}/recent-generations", model_name=model_name)

    def list(
        self,
        page: int = 1,
        model_name: str | None = None,
        start_date: str | None = None,
        end_date: str | None = None,
        user_id: str | None = None,
    ) -> Any:
        """Outputs, a page at a time; dates are `YYYY-MM-DD`."""
        query = {"model_name": model_name, "start_date": start_date, "end_date": end_date, "user_id": user_id}
        return self._get(f"{self._base}/generations", page=page, **query)

    def history(self, page: int = 1, per_page: int = 20, **filters: Any) -> Any:
        """Requests with cost, inputs and outcome, also those that failed or run.

        `filters`: `from_date`, `to_date` (`YYYY-MM-DD`), `model_name`, `status` (`COMPLETED`, `FAILED`, `PENDING`),
        `user_id`, `user_email`, `sort_by` (`model_created`, `model_name`, `credits_deduction`), `sort_order`.
        """
        return self._get(f"{self._base}/request-history", page=page, per_page=per_page, **filters)

    def get(self, request_id: str) -> Any:
        """One request of this account, of whatever age; `job(request_id)` gives its result while that is kept."""
        return self._get(f"{self._base}/request-history/{quote(request_id, safe='')}")


class PixelFlows(Space):
    """`client.pixelflows`: published workflows."""

    def run(
        self,
        workflow_id: str | None = None,
        workflow_url: str | None = None,
        data: Mapping[str, Any] | None = None,
        *,
        poll: bool = True,
        poll_interval: float = 2.0,
        max_wait_time: float | None = 300.0,
    ) -> dict[str, Any]:
        """Run a workflow. Costs money. Gives its last answer, `output` read where it is JSON in a string.

        A workflow that failed is an answer too (`status` `FAILED`), and so is a wait that took longer than
        `max_wait_time` seconds (`TIMEOUT`, with `request_id`: `poll` waits again). `poll=False`: the first answer.
        """
        url = self._api.addresses.workflow(workflow_id) if workflow_id else workflow_url
        if not url:
            raise InvalidInput("segmind: a PixelFlow needs workflow_id or workflow_url")
        name = f"workflows/{workflow_id or url.rstrip('/').rpartition('/')[2]}"
        handle = runtime().run(calls.start_workflow(self._api, url, data or {}, name))
        if not poll or not handle.request_id:
            return read_output(dict(handle.answer))
        return runtime().run(self._wait(handle, poll_interval, max_wait_time))

    def get_status(self, poll_id: str | None = None, poll_url: str | None = None) -> dict[str, Any]:
        """Where a workflow's request stands."""
        return read_output(runtime().run(calls.status(self._api, self._handle(poll_id, poll_url))).body)

    def poll(
        self,
        poll_id: str | None = None,
        poll_url: str | None = None,
        poll_interval: float = 2.0,
        max_wait_time: float | None = 300.0,
    ) -> dict[str, Any]:
        """Wait for a workflow's request. As `run`."""
        return runtime().run(self._wait(self._handle(poll_id, poll_url), poll_interval, max_wait_time))

    def _handle(self, poll_id: str | None, poll_url: str | None) -> Handle:
        if bool(poll_id) == bool(poll_url):
            raise InvalidInput("segmind: give either poll_id or poll_url")
        if poll_url:
            url = self._api.addresses.trusted(poll_url, poll_url)
            return Handle(request_id=poll_url.rpartition("/")[2], status_url=url)
        return Handle(request_id=str(poll_id), status_url=self._api.addresses.workflow_request(str(poll_id)))

    async def _wait(self, handle: Handle, interval_s: float, limit_s: float | None) -> dict[str, Any]:
        body: dict[str, Any] = {}
        try:
            async with aclosing(self._api.polls(handle, timeout_s=limit_s, interval_s=interval_s)) as polls:
                async for told in polls:
                    body = told.body
                    calls.note(handle, told)
        except InferenceTimeout as error:
            return {"status": "TIMEOUT", "error_message": error.detail, "request_id": handle.request_id}
        return read_output(body)


def read_output(body: dict[str, Any]) -> dict[str, Any]:
    """The answer with `output` read, where that is JSON in a string."""
    output: JSON = body.get("output")
    if not isinstance(output, str):
        return body
    try:
        return {**body, "output": json.loads(output)}
    except (ValueError, RecursionError):
        return body


class Accounts(Space):
    """`client.accounts`: what an account knows of itself."""

    def current(self) -> Any:
        """Whose key this is."""
        return self._get(f"{self._api.addresses.cloud}/api/auth/authenticate")

    def credits(self) -> Any:
        """The balance."""
        return self._get(f"{self._api.addresses.v1}/get-user-credits")
