"""Segmind as a service like any other: a submit gives a ticket, and the ticket alone is enough to follow the job."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from ...core.errors import AuthenticationFailed, ImagegenError, NotPermitted
from ...core.events import Event, Output, Queued
from ...core.models import ModelSpec
from ...core.requests import Request, Ticket
from ...media.artifacts import Payload
from ...net.secrets import Secret
from ...settings import keys
from ..kit.paces import paces_of
from .api import CANNOT_CANCEL, LOOK, Api, Handle
from .calls import ticket_of
from .catalogue import FLOW_PREFIX, find, rows_of, specs
from .errors import SERVICE, translated
from .outputs import event_of
from .webhook import READER

CATALOGUE_TTL_S = 3600.0
CATALOGUE_WAIT_S = 15.0
MISSED_TTL_S = 60.0


def service() -> SegmindService:
    """The factory that the entry point names."""
    return SegmindService()


class SegmindService:
    """Segmind, with the key and the address that the environment (or `login`) gives at each call."""

    name = SERVICE
    title = "Segmind"
    look = LOOK
    webhooks = READER

    def __init__(self) -> None:
        self._apis: dict[tuple[Secret, str], Api] = {}
        self._submitted: dict[str, float] = {}
        self._rows: dict[str, tuple[float, Mapping[str, Mapping[str, Any]]]] = {}

    async def _api(self) -> Api:
        """The connection for the key and address of now. Raises `MissingSegmindKey`."""
        with translated():
            secret = await asyncio.to_thread(keys.key, SERVICE)  # the keyring may ask the user
            at = (secret, keys.base_url(SERVICE))
        if at not in self._apis:
            self._apis[at] = Api(secret, at[1], paces=paces_of(SERVICE, at[1]))
        return self._apis[at]

    async def _catalogue(self) -> Mapping[str, Mapping[str, Any]]:
        """The rows of the catalogue, kept for an hour. None without a key or, for a minute, without a connection."""
        try:
            api = await self._api()
        except ImagegenError:
            return {}
        at = api.addresses.account
        good_until, rows = self._rows.get(at, (-math.inf, {}))
        if api.http.clock.now() < good_until:
            return rows
        try:
            async with asyncio.timeout(CATALOGUE_WAIT_S):
                rows, good_s = rows_of(await api.get(f"{at}/inference-model-information/list")), CATALOGUE_TTL_S
        except (AuthenticationFailed, NotPermitted):
            return {}
        except (ImagegenError, TimeoutError):
            rows, good_s = {}, MISSED_TTL_S
        self._rows[at] = (api.http.clock.now() + good_s, rows)
        return rows

    async def models(self) -> Sequence[ModelSpec]:
        """The catalogue; without a key or a connection, the models whose parameters are known here."""
        return tuple(specs(await self._catalogue()))

    async def model(self, name: str) -> ModelSpec:
        """A model by its slug, or `workflows/<id>` for a PixelFlow. Raises `UnknownModel` for a misspelt one."""
        return find(name, await self._catalogue())

    async def submit(self, request: Request) -> Ticket:
        """Upload the inputs and send the job, once. Costs money."""
        api = await self._api()
        if request.model.startswith(FLOW_PREFIX):
            url = api.addresses.workflow(request.model.removeprefix(FLOW_PREFIX))
            handle = await api.start_workflow(url, request.values, request.model)
        else:
            handle = await api.submit(request.model, request.values)
        self._submitted[handle.request_id] = handle.at or 0.0
        return ticket_of(handle, request.model)

    async def follow(self, ticket: Ticket) -> AsyncGenerator[Event, None]:
        """Events until the end, by polls that come when the job is due."""
        answer = ticket.facts.get("answer")
        if isinstance(answer, dict):
            yield event_of(answer)
            return
        api = await self._api()
        handle = self._handle(api, ticket)
        yield Queued()
        seen: Event = Queued()
        try:
            async with aclosing(api.polls(handle)) as polls:
                async for told in polls:
                    if told.over:
                        last = await api.outcome(handle, told)
                        yield event_of(last.body, last.seed)
                        return
                    event = event_of(told.body)
                    if event != seen:
                        seen = event
                        yield event
        finally:
            self._submitted.pop(ticket.remote_id, None)

    def _handle(self, api: Api, ticket: Ticket) -> Handle:
        own = api.handle(ticket.remote_id, ticket.model)
        given = ticket.addresses
        response = api.addresses.trusted(given.get("response_url"), own.response_url)
        flow = ticket.model.startswith(FLOW_PREFIX)
        status = api.addresses.workflow_request(ticket.remote_id) if flow else own.status_url
        return replace(
            own,
            status_url=api.addresses.trusted(given.get("status_url"), status),
            response_url="" if flow else response,
            at=self._submitted.get(ticket.remote_id),
        )

    async def cancel(self, ticket: Ticket) -> str:  # noqa: ARG002 - the protocol's argument
        """Segmind has no such call."""
        return CANNOT_CANCEL

    async def fetch(self, output: Output) -> Payload:
        """The bytes of an output: those that came with the result, or those at its address."""
        if output.data:
            return Payload(data=output.data, media_type=output.media_type)
        api = await self._api()
        with translated():
            return await api.http.download(output.url)

    async def aclose(self) -> None:
        """Close every connection."""
        made, self._apis = self._apis, {}
        await asyncio.gather(*(api.aclose() for api in made.values()))
