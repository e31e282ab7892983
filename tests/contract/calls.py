"""The adapters' calls for tests that stand outside the background loop."""

from __future__ import annotations

from ipyimagegen.core.events import Event
from ipyimagegen.core.requests import Request, Ticket
from ipyimagegen.jobs.prepare import prepare
from ipyimagegen.runtime import runtime
from ipyimagegen.services.base import Service

from .worlds import World


def request_for(service: Service, world: World, **params: object) -> Request:
    """One job's request, checked as the client does it."""
    spec = runtime().run(service.model(world.model))
    return prepare(spec, {**world.params, **params})[0]


def submit(service: Service, world: World, **params: object) -> Ticket:
    """Send a job."""
    return runtime().run(service.submit(request_for(service, world, **params)))


def events(service: Service, ticket: Ticket) -> list[Event]:
    """Everything that a job reports, to its end."""

    async def all_of_them() -> list[Event]:
        return [event async for event in service.follow(ticket)]

    return runtime().run(all_of_them(), timeout_s=60)


def pictures(service: Service, ticket: Ticket) -> list[bytes]:
    """The bytes that a job made."""

    async def fetched() -> list[bytes]:
        news = [event async for event in service.follow(ticket)]
        return [(await service.fetch(output)).read() for output in getattr(news[-1], "outputs", ())]

    return runtime().run(fetched(), timeout_s=60)
