"""inference.sh as a service like any other: a submit gives a ticket, and the ticket alone is enough to follow it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from ...core.errors import ConnectionFailed, MissingKey, NotFound, ServiceError, ServiceUnavailable, UnknownModel
from ...core.events import Event, Output, Preview, Queued
from ...core.models import ModelSpec
from ...core.requests import Request, Ticket
from ...media.artifacts import Payload
from ...net.secrets import Secret
from ...settings import keys
from . import apps
from .api import LOOK, Api
from .connect import key
from .errors import SERVICE
from .messages import View
from .outcomes import final, news, ticket_of
from .previews import with_previews
from .statuses import TaskStatus
from .webhook import READER

MISSED_TTL_S = 60.0
"""How long an address that could not be reached is not asked for a description again."""
COMPLETED = "the task was completed before it could be cancelled: ig.attach(job_id) collects its result"


def service() -> InferenceShService:
    """The factory that the entry point names."""
    return InferenceShService()


class InferenceShService:
    """inference.sh, with the key and the address that the environment (or `login`) gives at each call."""

    name = SERVICE
    title = "inference.sh"
    look = LOOK
    webhooks = READER

    def __init__(self) -> None:
        self._apis: dict[tuple[Secret, str], Api] = {}
        self._seen: dict[str, ModelSpec] = {}
        self._unreached: dict[str, float] = {}

    async def _api(self) -> Api:
        """The connection for the key and address of now. Raises `MissingInferenceKey`."""
        secret = await asyncio.to_thread(key, None)  # the keyring may ask the user
        at = (secret, keys.base_url(SERVICE))
        if at not in self._apis:
            self._apis[at] = Api(*at)
        return self._apis[at]

    async def models(self) -> Sequence[ModelSpec]:
        """The two documented apps, and those that were asked for. The service has no list of all."""
        offline = {name: spec for name in apps.OFFLINE if (spec := apps.offline_spec(name)) is not None}
        return tuple({**offline, **self._seen}.values())

    async def model(self, name: str) -> ModelSpec:
        """An app by its own schema; without a key or a connection by what is known of it. Raises `UnknownModel`."""
        known_offline = apps.offline_spec(name) or apps.open_spec(name)
        try:
            api = await self._api()
            if time.monotonic() < self._unreached.get(api.base_url, 0.0):
                return known_offline
            spec = apps.spec_of(name, await api.app(name))
        except NotFound as error:
            known = [spec.id for spec in await self.models()]
            raise UnknownModel(f"{SERVICE}/{name}", known, hint=f"({error.detail or error})") from error
        except (ConnectionFailed, ServiceUnavailable):
            self._unreached[api.base_url] = time.monotonic() + MISSED_TTL_S
            return known_offline
        except (MissingKey, ServiceError):
            return known_offline
        self._seen[name] = spec
        return spec

    async def submit(self, request: Request) -> Ticket:
        """Upload the inputs and send the task, once. Costs money. Raises as `Api.run` does."""
        api = await self._api()
        task = await api.run({"app": request.model, "input": await api.uploaded(request.values)})
        return ticket_of(task, request.model)

    async def follow(self, ticket: Ticket) -> AsyncGenerator[Event, None]:
        """Events until the task is over; partial outputs are previews."""
        api = await self._api()
        yield Queued()
        before = View()
        async with aclosing(with_previews(api.follow(ticket.remote_id), self.fetch)) as views:
            async for view in views:
                if isinstance(view, Preview):
                    yield view
                    continue
                for event in news(before, view):
                    yield event
                before = view
        yield final(before)

    async def cancel(self, ticket: Ticket) -> str:
        """Cancel the task. One that has ended stays as it is; that it was completed is said, as it is billed."""
        api = await self._api()
        view = await api.cancel(ticket.remote_id)
        api.http.gate.release(ticket.remote_id)
        return COMPLETED if view.status is TaskStatus.COMPLETED else ""

    async def fetch(self, output: Output) -> Payload:
        """The bytes of an output."""
        if output.data:
            return Payload(data=output.data, media_type=output.media_type)
        return await (await self._api()).download(output.url)

    async def aclose(self) -> None:
        """Close every connection."""
        made, self._apis = self._apis, {}
        await asyncio.gather(*(api.aclose() for api in made.values()))
