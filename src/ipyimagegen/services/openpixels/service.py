"""OpenPixels as a service like any other: a submit gives a ticket, and the ticket alone is enough to follow the job."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

from ...core.errors import ProtocolError
from ...core.events import Event, Output
from ...core.models import ModelSpec
from ...core.requests import Request, Ticket
from ...media.artifacts import Payload
from ...net.secrets import Secret
from ...settings import keys
from .api import LOOK, SERVICE, Api, Refused, connect
from .messages import event_of, read_message, ticket_of
from .models import CANNOT_CANCEL, spec, specs
from .webhook import READER

PICTURES = ("image/", "application/octet-stream", "binary/octet-stream")


def service() -> OpenPixelsService:
    """The factory that the entry point names."""
    return OpenPixelsService()


class OpenPixelsService:
    """OpenPixels, with the key and the address that the environment (or `login`) gives at each call."""

    name = SERVICE
    title = "OpenPixels"
    look = LOOK
    webhooks = READER

    def __init__(self) -> None:
        self._apis: dict[tuple[Secret, str], Api] = {}

    async def _api(self) -> Api:
        """The connection for the key and address of now; others stay until `aclose`. Raises `MissingKey`."""
        key = await asyncio.to_thread(keys.key, SERVICE)  # the keyring may ask the user
        at = (key, keys.base_url(SERVICE))
        if at not in self._apis:
            self._apis[at] = Api(connect(*at))
        return self._apis[at]

    async def models(self) -> Sequence[ModelSpec]:
        """The documented models."""
        return specs()

    async def model(self, name: str) -> ModelSpec:
        """A model by any name: the service may have more than it documents."""
        return spec(name)

    async def submit(self, request: Request) -> Ticket:
        """Send the job, once. May cost money."""
        api = await self._api()
        try:
            message = await api.submit({"model": request.model, **request.values})
        except Refused as refused:
            raise refused.error from None
        return ticket_of(message, request.model)

    async def follow(self, ticket: Ticket) -> AsyncIterator[Event]:
        """Events until the result; a submit that was answered with one needs no further call."""
        answer = ticket.facts.get("answer")
        if answer is not None:
            first = read_message(answer)
            yield event_of(first)
            if first.final:
                return
        if not ticket.remote_id:
            raise ProtocolError("this ticket names no job", service=self.name)
        api = await self._api()
        async with aclosing(api.follow(ticket.remote_id)) as messages:
            async for message in messages:
                yield event_of(message)

    async def cancel(self, ticket: Ticket) -> str:  # noqa: ARG002 - the protocol's argument
        """OpenPixels has no such call."""
        return CANNOT_CANCEL

    async def fetch(self, output: Output) -> Payload:
        """The picture's bytes: those that came with the result, or those at its address."""
        if output.data:
            return Payload(data=output.data, media_type=output.media_type)
        api = await self._api()
        return await api.http.download(output.url, accept=PICTURES)

    async def aclose(self) -> None:
        """Close every connection."""
        apis, self._apis = self._apis, {}
        await asyncio.gather(*(api.http.aclose() for api in apis.values()))
