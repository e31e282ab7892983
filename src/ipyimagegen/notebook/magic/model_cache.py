"""What is known of models without waiting for a network: for the completion, which must answer at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_all
from functools import partial
from typing import Any

from ...core.errors import ImagegenError
from ...core.models import ModelSpec, split_model
from ...jobs.client import Client

PATIENCE_S = 0.15
"""How long one completion waits for services that have not answered yet; they go on in the background."""
AGAIN_S = 60.0
"""After how long a question that failed is asked again."""


class Known:
    """Answers of the services, asked for once and kept. Never raises, never waits longer than `PATIENCE_S`."""

    def __init__(self, client: Callable[[], Client]) -> None:
        self._client = client
        self._asked: dict[str, tuple[float, Future[Any]]] = {}

    def models(self) -> list[ModelSpec]:
        """The models of every service that has answered."""
        client = self._client()
        asked = [self._ask(name, partial(self._catalogue, name)) for name in client.services.names()]
        wait_all(asked, PATIENCE_S)
        found: list[Sequence[ModelSpec]] = [outcome.result() for outcome in asked if _answered(outcome)]
        return [spec for specs in found for spec in specs]

    def model(self, name: str) -> ModelSpec | None:
        """One model (the setting's for `""`), or `None` where it is not known yet, or not at all."""
        client = self._client()
        try:
            service, rest = split_model(name or client.settings.model)
        except ImagegenError:
            return None
        outcome = self._ask(f"{service}/{rest}", lambda: client.services.get(service).model(rest))
        wait_all([outcome], PATIENCE_S)
        spec: ModelSpec | None = outcome.result() if _answered(outcome) else None
        return spec

    def _catalogue(self, service: str) -> Coroutine[Any, Any, Sequence[ModelSpec]]:
        return self._client().services.get(service).models()

    def _ask(self, key: str, question: Callable[[], Coroutine[Any, Any, Any]]) -> Future[Any]:
        key = f"{key} {self._client().services.version}"  # a function that is registered again is another model
        at, outcome = self._asked.get(key, (0.0, None))
        now = time.monotonic()
        if outcome is None or (outcome.done() and not _answered(outcome) and now - at > AGAIN_S):
            outcome = self._start(question)
            self._asked[key] = now, outcome
        return outcome

    def _start(self, question: Callable[[], Coroutine[Any, Any, Any]]) -> Future[Any]:
        try:
            return self._client().runtime.call(question())
        except ImagegenError as error:
            failed: Future[Any] = Future()
            failed.set_exception(error)
            return failed


def _answered(outcome: Future[Any]) -> bool:
    return outcome.done() and not outcome.cancelled() and outcome.exception() is None
