"""What a service must be able to do, and the registry that finds services.

A service is one class that keeps `Service`'s promises, made by a factory that an entry point names (group
`ipyimagegen.services`). The built-in ones come through the same door.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, runtime_checkable

from ..core.errors import ImagegenError, UnknownModel
from ..core.events import Event, Output
from ..core.models import ModelSpec
from ..core.requests import Request, Ticket
from ..media.artifacts import Payload
from ..settings.keys import SERVICES


@runtime_checkable
class Service(Protocol):
    """One place that makes pictures. Every method runs on the background loop and may be called many times at once.

    Errors leave as `ImagegenError`s. Only `submit` may cost money, and it sends the unrepeatable call at most once, but
    for answers that prove that nothing was accepted.
    """

    name: str
    """What stands before the slash in a model's name."""
    title: str
    """The service's name for people."""

    async def models(self) -> Sequence[ModelSpec]:
        """The models that are known without trying: a catalogue, or offline defaults.

        Never raises for lack of a key.
        """

    async def model(self, name: str) -> ModelSpec:
        """The model's parameters, as well as they can be known. Raises `UnknownModel`."""

    async def submit(self, request: Request) -> Ticket:
        """Upload the inputs and send the job, once. Returns as soon as the service has accepted it.

        Raises `SubmitUnknown` where the answer was lost, `MissingKey`, or a `ServiceError`.
        """

    def follow(self, ticket: Ticket) -> AsyncIterator[Event]:
        """Events until a final one, which is always the last. Needs nothing but the ticket; may be started again."""

    async def cancel(self, ticket: Ticket) -> str:
        """Ask the service to stop. Returns `""` if it will, or a sentence that says what happens instead."""

    async def fetch(self, output: Output) -> Payload:
        """The bytes of an output. May be repeated. Raises `ServiceError` or `MediaError`."""

    async def aclose(self) -> None:
        """Close connections. The service may be used again afterwards."""


SERVICE_PARTS = ("name", "title", "models", "model", "submit", "follow", "cancel", "fetch", "aclose")
"""What a `Service` has."""
ADDED: dict[str, Service] = {}
"""Services that were added in this process, for every client that discovers its services."""


@dataclass(slots=True)
class Registry:
    """Services by name: built at first use from entry points.

    A broken one is remembered with its reason and skipped. `added` are ready ones that come first; `version` grows
    with every service that is added, so that what was known of models can be forgotten.
    """

    factories: dict[str, Callable[[], Service]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    added: dict[str, Service] = field(default_factory=dict)
    version: int = 0
    _made: dict[str, Service] = field(default_factory=dict)

    @classmethod
    def discover(cls) -> Registry:
        """All services that are installed. Loads no service's code before it is asked for."""
        registry = cls(added=ADDED)
        for point in entry_points(group=SERVICES):
            registry.factories[point.name] = partial(_load, point)
        return registry

    def names(self) -> tuple[str, ...]:
        """The names of all services that are not broken."""
        known = {name for name in self.factories if name not in self.broken}
        return tuple(sorted(known | set(self.added)))

    def get(self, name: str) -> Service:
        """The service of that name. Raises `UnknownModel` with the names that exist, or the reason why it is broken."""
        ready = self.ready(name)
        if ready is not None:
            return ready
        if name not in self.factories:
            raise UnknownModel(name, hint=f"(services: {', '.join(self.names())})")
        try:
            made = _checked(self.factories[name]())
        except ImagegenError:
            raise
        except Exception as error:
            self.broken[name] = f"{type(error).__name__}: {error}"
            raise UnknownModel(name, hint=f"(its plug-in is broken: {self.broken[name]})") from error
        self._made[name] = made
        return made

    def add(self, service: Service) -> None:
        """Put a ready service in, in place of one of the same name."""
        self.added[service.name] = service
        self._made.pop(service.name, None)
        self.version += 1

    def ready(self, name: str) -> Service | None:
        """A service that needs no code to be loaded: one that was added, or used before."""
        return self.added.get(name) or self._made.get(name)

    def __repr__(self) -> str:
        return f"<Registry {', '.join(self.names())}>"

    def made(self) -> tuple[Service, ...]:
        """The services that were used so far."""
        return (*self._made.values(), *self.added.values())


def _checked(made: object) -> Service:
    if not isinstance(made, Service):
        raise TypeError(f"{type(made).__name__} is not a Service")
    return made


def _load(point: EntryPoint) -> Service:
    service: Service = point.load()()
    return service
