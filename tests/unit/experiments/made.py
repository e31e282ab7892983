"""A service that tests steer: it counts what it is sent, and waits, fails or loses its answer where it is told to."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from PIL import Image

from ipyimagegen.core.cost import Cost
from ipyimagegen.core.errors import SubmitUnknown
from ipyimagegen.core.events import JSON, Cancelled, Event, Failed, Output, Queued, Running, Succeeded
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.requests import Request, Ticket
from ipyimagegen.experiments.opening import create, options_of
from ipyimagegen.experiments.sweep import Sweep
from ipyimagegen.history import Journal
from ipyimagegen.jobs.client import Client
from ipyimagegen.media.artifacts import Payload
from ipyimagegen.services.base import Registry
from ipyimagegen.settings.config import Settings
from tests.unit.experiments.specs import FLUX, PLAIN, SMALL

CHARGED = Cost(Decimal("0.02"), "USD", "charged")


def picture(values: Any, size: tuple[int, int] = (32, 32)) -> bytes:
    """A small picture that says what was asked."""
    digest = hashlib.sha256(repr(sorted(values.items())).encode()).digest()
    sink = io.BytesIO()
    small = Image.frombytes("L", (8, 4), digest)
    small.resize(size, Image.Resampling.NEAREST).convert("RGB").save(sink, "PNG")
    return sink.getvalue()


class Made:
    """The service `made`, with the models of `specs`.

    `sent` are the prompts that were submitted, in order. `held` prompts are waited for until `let_go`, `failing` ones
    fail, of `lost` ones the answer to the submit is lost.
    """

    name = "made"
    title = "Made"

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.cancelled: list[str] = []
        self.held: set[str] = set()
        self.failing: set[str] = set()
        self.lost: set[str] = set()
        self.blind_to: set[str] = set()
        self.size = (32, 32)
        self.not_cancellable = ""
        self.at_once = 0
        self.most_at_once = 0
        self.on_submit: Callable[[Request], object] = lambda _: None

    @property
    def counts(self) -> Counter[str]:
        return Counter(self.sent)

    async def models(self) -> Sequence[ModelSpec]:
        return (FLUX, PLAIN, SMALL)

    async def model(self, name: str) -> ModelSpec:
        await asyncio.to_thread(str)  # as a service that reads a file or a journal for it
        return next(spec for spec in await self.models() if spec.name == name)

    async def submit(self, request: Request) -> Ticket:
        self.sent.append(request.prompt)
        self.on_submit(request)
        if request.prompt in self.lost:
            raise SubmitUnknown("the answer was lost", service="made")
        plain = {name: value for name, value in request.values.items() if isinstance(value, str | int | float)}
        values: dict[str, JSON] = {name: value for name, value in plain.items() if name not in self.blind_to}
        return Ticket(service="made", model=request.model, remote_id=request.prompt, facts={"values": values})

    async def follow(self, ticket: Ticket) -> AsyncIterator[Event]:
        yield Queued()
        yield Running()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            while self._holds(ticket):  # noqa: ASYNC110 (tests change the sets from their own thread)
                await asyncio.sleep(0.002)
        finally:
            self.at_once -= 1
        if ticket.remote_id in self.cancelled:
            yield Cancelled(by="user")
        elif ticket.remote_id in self.failing:
            yield Failed(message="out of paint")
        else:
            output = Output(data=picture(ticket.facts["values"], self.size), media_type="image/png")
            yield Succeeded(outputs=(output,), cost=CHARGED)

    def _holds(self, ticket: Ticket) -> bool:
        return ticket.remote_id in self.held and ticket.remote_id not in self.cancelled

    async def cancel(self, ticket: Ticket) -> str:
        if not self.not_cancellable:
            self.cancelled.append(ticket.remote_id)
        return self.not_cancellable

    async def fetch(self, output: Output) -> Payload:
        return Payload(data=output.data, media_type=output.media_type)

    async def aclose(self) -> None:
        return None


def client_of(service: Made, folder: Path | None) -> Client:
    registry = Registry()
    registry.add(service)
    journal = None if folder is None else Journal(folder)
    return Client(settings=Settings(model="made/flux"), services=registry, journal=journal)


def sweep_of(client: Client, model: Any = "made/flux", **arguments: Any) -> Sweep:
    """A sweep that is not started."""
    names = ("max_cost", "assume_price", "save", "raise_on", "parallel")
    options = options_of(**{name: arguments.pop(name) for name in names if name in arguments})
    special = ("n", "seed", "zip_", "rows", "skip", "sample", "name", "view")
    own = {name: arguments.pop(name) for name in special if name in arguments}
    return create(client, model, arguments, options=options, **{"seed": 1, **own})
