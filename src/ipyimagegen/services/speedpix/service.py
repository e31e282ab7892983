"""SpeedPix as a service like any other: workflows are models `speedpix/<workflow_id>@<alias>`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, suppress

from ...core.errors import StorageError
from ...core.events import Event, Output, Queued, Succeeded
from ...core.models import ModelSpec
from ...core.requests import Request, Ticket
from ...media.artifacts import Payload
from ...net.secrets import Secret
from ...settings import keys
from ..kit.numbers import read_number
from ..kit.paces import paces_of
from .answers import PHASES, Task
from .api import LOOK, Api, connect
from .errors import CANNOT_CANCEL, SERVICE, own_keys
from .events import event_of, ticket_of
from .orders import JOB_OPTIONS, Order, read_call
from .webhook import READER
from .workflows import declared, learn, spec, steering_of


def service() -> SpeedPixService:
    """The factory that the entry point names."""
    return SpeedPixService()


class SpeedPixService:
    """SpeedPix, with the keys and the endpoint that the environment (or `login`) gives at each call."""

    name = SERVICE
    title = "SpeedPix"
    look = LOOK
    webhooks = READER

    def __init__(self) -> None:
        self._apis: dict[tuple[tuple[Secret, ...], str], Api] = {}

    async def _api(self) -> Api:
        """The connection for the keys and endpoint of now; others stay until `aclose`. Raises `MissingKey`."""
        found = await asyncio.to_thread(own_keys)  # the keyring may ask the user
        at = (found, keys.base_url(SERVICE))
        if at not in self._apis:
            app_key, app_secret = found
            self._apis[at] = Api(connect(app_key, app_secret, at[1]), paces_of(SERVICE, at[1]), keys=found)
        return self._apis[at]

    async def models(self) -> Sequence[ModelSpec]:
        """The workflows that were declared here: SpeedPix has no catalogue."""
        return await asyncio.to_thread(declared)

    async def model(self, name: str) -> ModelSpec:
        """A workflow, declared or not."""
        return await asyncio.to_thread(spec, name)

    async def submit(self, request: Request) -> Ticket:
        """Upload the files and send the job, once. May cost money."""
        order = await asyncio.to_thread(order_of, request)
        task = await (await self._api()).submit(order)
        inputs = {name: request.values[name] for name in order.inputs if name in request.values}
        return ticket_of(task, request.model, inputs)

    async def follow(self, ticket: Ticket) -> AsyncIterator[Event]:
        """Events until the result. What the service says of progress and time left is passed on."""
        api = await self._api()
        submitted_at = read_number(ticket.facts.get("submitted_at"))
        word = str(ticket.facts.get("status") or "waiting")
        phase = PHASES.get(word.lower(), "running")
        phase = "waiting" if phase == "waiting" else "running"
        estimate_s = read_number(ticket.facts.get("estimated_s"))
        task = Task(id=ticket.remote_id, phase=phase, word=word, estimated_s=estimate_s)
        last: Event = Queued(message=f"about {estimate_s:.0f} s in all" if estimate_s and estimate_s >= 1 else "")
        yield last
        age_s = max(0.0, time.time() - submitted_at) if submitted_at else 0.0
        async with aclosing(api.follow(task, model=ticket.model, age_s=age_s)) as tasks:
            async for now in tasks:
                event = event_of(now)
                if isinstance(event, Succeeded):
                    await self._learned(ticket)
                if event != last:
                    yield event
                last = event

    async def _learned(self, ticket: Ticket) -> None:
        """Keep what the call told of the workflow's inputs. A disk that cannot be written to stops no job."""
        inputs = ticket.facts.get("inputs")
        if isinstance(inputs, dict):
            with suppress(StorageError):
                await asyncio.to_thread(learn, ticket.model.partition("@")[0], inputs)

    async def cancel(self, ticket: Ticket) -> str:  # noqa: ARG002 - the protocol's argument
        """SpeedPix has no such call."""
        return CANNOT_CANCEL

    async def fetch(self, output: Output) -> Payload:
        """The bytes of an output."""
        api = await self._api()
        return await api.download(output.url)

    async def aclose(self) -> None:
        """Close every connection."""
        apis, self._apis = self._apis, {}
        await asyncio.gather(*(api.http.aclose() for api in apis.values()))


def order_of(request: Request) -> Order:
    """The order that a request means: the workflow and its alias from the model's name, options from its values."""
    workflow_id, _, alias = request.model.partition("@")
    steering = steering_of(workflow_id)
    inputs = {name: value for name, value in request.values.items() if name not in steering}
    options = {name: value for name, value in request.values.items() if name in steering}
    if alias and not options.get("version_id"):
        options["alias_id"] = alias
    return read_call(workflow_id, {"input": inputs}, options, known=JOB_OPTIONS).order
