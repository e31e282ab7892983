"""`SegmindClient`: the client by its documented name."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NoReturn

from ...core.arguments import number, text
from ...core.secrets import hidden
from ...net.responses import Response, as_response
from ...net.secrets import Secret
from ...runtime import runtime
from ...settings import keys
from ..kit.closing import Closing
from ..kit.entry import waiting
from ..kit.paces import paces_of
from ..kit.pickled import Pickled
from . import calls
from .account import Accounts, Files, Generations, Models, PixelFlows, Webhooks
from .api import Api
from .errors import SERVICE, SegmindError, StreamingNotSupported, translated
from .finetune import Finetune
from .jobs import AsyncChatJob, AsyncJob
from .replies import ChatResponse, chat_body, read_reply

RUN_ASYNC_REMOVED = (
    "run_async() was removed from Segmind's library: run() submits, waits and returns the result; "
    "submit_async() returns a job at once"
)


class SegmindClient(Pickled, Closing):
    """A client of Segmind. Safe from any thread; every call blocks, and works inside a notebook.

    `api_key`: `None` takes `login`'s, the keyring's or `SEGMIND_API_KEY`. `base_url`: `None` takes `SEGMIND_BASE_URL`,
    or Segmind's own; any other moves every host of the service. `timeout` is in seconds, for each request; blocking
    calls (`run_sync`) are given five minutes at least. Raises `MissingSegmindKey` without a key.

    Each paid call is noted in the journal: `ig.attach` collects what nobody waited for, but for the blocking calls
    (`run_sync`, `chat_sync`), which have no receipt.
    """

    def __init__(self, api_key: str | Secret | None = None, base_url: str | None = None, timeout: float = 60.0) -> None:
        api_key, base_url = hidden(api_key), hidden(base_url)
        with translated():
            self._secret = secret = keys.key(SERVICE, api_key)
        address = keys.base_url(SERVICE, base_url)
        seconds = number(timeout, "timeout", what="a number of seconds")
        self._api = Api(secret, address, seconds, paces=paces_of(SERVICE, address))
        self.files = Files(self._api)
        self.webhooks = Webhooks(self._api)
        self.models = Models(self._api)
        self.generations = Generations(self._api)
        self.pixelflows = PixelFlows(self._api)
        self.finetune = Finetune(self._api)
        self.accounts = Accounts(self._api)
        self.credits = self.accounts.credits

    @property
    def base_url(self) -> str:
        """The address of the blocking calls; all others follow it."""
        return self._api.addresses.v1

    @property
    def api_key(self) -> Secret:
        """The key, which does not show itself: `.reveal()` is its text."""
        return self._secret

    @property
    def timeout(self) -> float:
        """How long one request may take, in seconds."""
        return self._api.timeout_s

    def run(self, *slug: str, **params: Any) -> dict[str, Any]:
        """`run(slug, **params)`: submit a model and wait for its result, at most ten minutes. Costs money.

        Every keyword goes to the model, also one named `slug`, `timeout` or `interval`; pictures and files that are no
        texts are uploaded. `result["output"]` is what was made, `result["metrics"]` what it cost.

        Raises `InferenceFailed`, `InferenceTimeout` (`job(error.request_id)` leads back), `SegmindError`.
        """
        name, sent = named(slug, params)
        return runtime().run(self._run(name, sent))

    async def _run(self, slug: str, params: Mapping[str, Any]) -> dict[str, Any]:
        handle = await calls.submit(self._api, slug, params)
        with waiting(SERVICE, handle.request_id):
            return (await calls.finished(self._api, handle)).body

    def run_sync(self, *slug: str, **params: Any) -> Response:
        """`run_sync(slug, **params)`: one blocking call; `.content` is the picture, or `.json()` the answer.

        Costs money. For models under a minute. The cost and the seed are in the headers `x-cost` and `x-seed-value`.
        Raises `SegmindError` for any status that is not 2xx.
        """
        name, sent = named(slug, params)
        began = time.monotonic()
        answer, url = runtime().run(calls.blocking(self._api, name, sent))
        response = as_response(answer, method="POST", url=url)
        response.elapsed = timedelta(seconds=time.monotonic() - began)
        return response

    def submit_async(self, *slug: str, **params: Any) -> AsyncJob:
        """`submit_async(slug, **params)`: submit a model and return a handle at once. Costs money."""
        name, sent = named(slug, params)
        return AsyncJob(self._api, runtime().run(calls.submit(self._api, name, sent)))

    def job(self, request_id: str) -> AsyncJob:
        """A request that was submitted before, here or elsewhere. Asks nothing yet, and costs nothing."""
        return AsyncJob(self._api, self._api.handle(text(request_id, "request_id", "the id of a request")))

    def chat(
        self,
        slug: str,
        messages: Sequence[Mapping[str, Any]] | None = None,
        prompt: str | None = None,
        **options: Any,
    ) -> ChatResponse:
        """Ask a text model, by `prompt` or `messages`, and wait for its answer. Costs money. Raises as `run` does."""
        return read_reply(runtime().run(self._run(slug, chat_body(messages, prompt, options))))

    def chat_sync(
        self,
        slug: str,
        messages: Sequence[Mapping[str, Any]] | None = None,
        prompt: str | None = None,
        **options: Any,
    ) -> ChatResponse:
        """Ask a text model in one blocking call. Costs money. Raises `SegmindError`."""
        answer, _ = runtime().run(calls.blocking(self._api, slug, chat_body(messages, prompt, options)))
        body = answer.json_object()
        return read_reply(body or {"output": answer.text})

    def submit_chat(
        self,
        slug: str,
        messages: Sequence[Mapping[str, Any]] | None = None,
        prompt: str | None = None,
        **options: Any,
    ) -> AsyncChatJob:
        """Ask a text model and return a handle at once. Costs money."""
        return AsyncChatJob(self.submit_async(slug, **chat_body(messages, prompt, options)))

    def stream(self, *_slug: str, **_params: Any) -> NoReturn:
        """Refused: Segmind's gateway sends no streams."""
        raise StreamingNotSupported(message="segmind: its gateway sends no streams; use chat() or run()")

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        runtime().run(self._api.aclose())

    def _made_from(self) -> tuple[str, tuple[Secret, ...], Mapping[str, Any]]:
        return SERVICE, (self._secret,), {"base_url": self.base_url, "timeout": self.timeout}

    def __getattr__(self, name: str) -> Any:
        if name == "run_async":
            raise AttributeError(RUN_ASYNC_REMOVED)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __repr__(self) -> str:
        api = self.__dict__.get("_api")  # none in one that was refused while it was made
        return f"<SegmindClient {api.addresses.root if api else 'not made'}>"


def named(slug: Sequence[str], params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The model, and what it is sent. The name is the one positional argument, or `slug=` where there is none."""
    sent = dict(params)
    given: list[Any] = list(slug) or [sent.pop("slug", None)]
    if len(given) != 1 or not isinstance(given[0], str) or not given[0]:
        raise SegmindError(message="segmind: name one model, as in run('flux-dev', prompt=…)")
    return given[0], sent
