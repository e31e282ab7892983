"""inference.sh, by its documented names.

>>> from ipyimagegen.services.inferencesh import inference
>>> client = inference()  # doctest: +SKIP
>>> client.run({"app": "infsh/sdxl", "input": {"prompt": "a lighthouse"}})["output"]  # doctest: +SKIP
"""

from __future__ import annotations

from ...core.secrets import Secret, hidden
from ...core.version import VERSION
from .access import KEYS as _KEYS  # noqa: F401 - declared with the package
from .calls import Response, UploadFileOptions
from .client import AsyncInference, Inference
from .errors import (
    APIError,
    MissingInferenceKey,
    RequirementError,
    RequirementsNotMetError,
    SessionEndedError,
    SessionError,
    SessionExpiredError,
    SessionNotFoundError,
    SetupAction,
    TaskCancelled,
    TaskFailed,
    TaskTimeout,
    WorkerLostError,
)
from .file import File
from .sessions import AsyncSessionHandle, SessionHandle
from .statuses import TaskStatus, is_terminal_status, parse_status
from .streams import AsyncTaskStream, TaskStream
from .webhook import parse_webhook

__all__ = [
    "APIError",
    "AsyncInference",
    "AsyncSessionHandle",
    "AsyncTaskStream",
    "File",
    "Inference",
    "MissingInferenceKey",
    "RequirementError",
    "RequirementsNotMetError",
    "Response",
    "SessionEndedError",
    "SessionError",
    "SessionExpiredError",
    "SessionHandle",
    "SessionNotFoundError",
    "SetupAction",
    "TaskCancelled",
    "TaskFailed",
    "TaskStatus",
    "TaskStream",
    "TaskTimeout",
    "UploadFileOptions",
    "WorkerLostError",
    "__version__",
    "async_inference",
    "inference",
    "is_terminal_status",
    "parse_status",
    "parse_webhook",
]
__version__ = VERSION


def inference(api_key: str | Secret | None = None, base_url: str | None = None) -> Inference:
    """A client. `Inference` says what it takes; no call is made yet.

    Raises `MissingInferenceKey` (a `ValueError`) without a key.
    """
    api_key, base_url = hidden(api_key), hidden(base_url)
    return Inference(api_key, base_url)


def async_inference(api_key: str | Secret | None = None, base_url: str | None = None) -> AsyncInference:
    """A client whose calls are coroutines."""
    api_key, base_url = hidden(api_key), hidden(base_url)
    return AsyncInference(api_key, base_url)
