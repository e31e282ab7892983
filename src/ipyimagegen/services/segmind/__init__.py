"""Segmind, by its documented names.

>>> from ipyimagegen.services import segmind
>>> segmind.run("seedream-4.5", prompt="a sunset")["output"]  # doctest: +SKIP

The functions here share a client that is made from the environment at first use, and made anew when `SEGMIND_API_KEY`
or `SEGMIND_BASE_URL` have changed.
"""

from __future__ import annotations

from typing import Any

from ...core import forks
from ...core.version import VERSION
from ...net.responses import Response
from ...net.secrets import Secret
from ...settings import keys
from .access import KEYS as _KEYS  # noqa: F401 - declared with the package
from .account import Accounts, Files, Generations, Models, PixelFlows, Webhooks
from .client import RUN_ASYNC_REMOVED, SegmindClient
from .errors import (
    SERVICE,
    InferenceFailed,
    InferenceTimeout,
    MissingSegmindKey,
    SegmindError,
    SegmindSubmitUnknown,
    StreamingNotSupported,
    translated,
)
from .finetune import Finetune
from .jobs import DEFAULT_POLL_INTERVAL_S, DEFAULT_POLL_TIMEOUT_S, AsyncChatJob, AsyncJob
from .replies import ChatResponse, image_url
from .webhook import parse_webhook

__all__ = [
    "DEFAULT_POLL_INTERVAL_S",
    "DEFAULT_POLL_TIMEOUT_S",
    "AsyncChatJob",
    "AsyncJob",
    "ChatResponse",
    "InferenceFailed",
    "InferenceTimeout",
    "MissingSegmindKey",
    "SegmindClient",
    "SegmindError",
    "SegmindSubmitUnknown",
    "StreamingNotSupported",
    "__version__",
    "accounts",
    "chat",
    "chat_sync",
    "files",
    "finetune",
    "generations",
    "image_url",
    "job",
    "models",
    "parse_webhook",
    "pixelflows",
    "run",
    "run_sync",
    "submit_async",
    "submit_chat",
    "webhooks",
]
__version__ = VERSION

_lock = forks.lock()
_made: tuple[Secret, str, SegmindClient] | None = None


def default_client() -> SegmindClient:
    """The client for the key and the address of now. Raises `MissingSegmindKey`."""
    global _made  # noqa: PLW0603 (the one default client)
    with translated():
        secret, address = keys.key(SERVICE), keys.base_url(SERVICE)
    with _lock:
        if _made is None or _made[:2] != (secret, address):
            _made = (secret, address, SegmindClient(secret, address))
        return _made[2]


def run(*slug: str, **params: Any) -> dict[str, Any]:
    """As `SegmindClient.run`: `run(slug, **params)`."""
    return default_client().run(*slug, **params)


def run_sync(*slug: str, **params: Any) -> Response:
    """As `SegmindClient.run_sync`: `run_sync(slug, **params)`."""
    return default_client().run_sync(*slug, **params)


def submit_async(*slug: str, **params: Any) -> AsyncJob:
    """As `SegmindClient.submit_async`: `submit_async(slug, **params)`."""
    return default_client().submit_async(*slug, **params)


def job(request_id: str) -> AsyncJob:
    """As `SegmindClient.job`: a request that was submitted before."""
    return default_client().job(request_id)


def chat(slug: str, **options: Any) -> ChatResponse:
    """As `SegmindClient.chat`."""
    return default_client().chat(slug, **options)


def chat_sync(slug: str, **options: Any) -> ChatResponse:
    """As `SegmindClient.chat_sync`."""
    return default_client().chat_sync(slug, **options)


def submit_chat(slug: str, **options: Any) -> AsyncChatJob:
    """As `SegmindClient.submit_chat`."""
    return default_client().submit_chat(slug, **options)


class _OfDefaultClient:
    """A part of the default client, looked up at each use."""

    def __init__(self, name: str, kind: type) -> None:
        self._name = name
        self._kind = kind

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return getattr(getattr(default_client(), self._name), attribute)

    def __dir__(self) -> list[str]:
        """What there is to complete, without a key too."""
        return [name for name in dir(self._kind) if not name.startswith("_")]

    def __repr__(self) -> str:
        return f"<segmind.{self._name}>"


files: Any = _OfDefaultClient("files", Files)
webhooks: Any = _OfDefaultClient("webhooks", Webhooks)
models: Any = _OfDefaultClient("models", Models)
generations: Any = _OfDefaultClient("generations", Generations)
finetune: Any = _OfDefaultClient("finetune", Finetune)
accounts: Any = _OfDefaultClient("accounts", Accounts)
pixelflows: Any = _OfDefaultClient("pixelflows", PixelFlows)


def __getattr__(name: str) -> Any:
    if name == "run_async":
        raise AttributeError(RUN_ASYNC_REMOVED)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
