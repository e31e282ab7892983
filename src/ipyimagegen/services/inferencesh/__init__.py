"""inference.sh, by its documented names.

>>> from ipyimagegen.services.inferencesh import inference
>>> client = inference()  # doctest: +SKIP
>>> client.run({"app": "infsh/sdxl", "input": {"prompt": "a lighthouse"}})["output"]  # doctest: +SKIP
"""

from __future__ import annotations

from ...core.version import VERSION
from ...net.secrets import Secret
from ..webhooks import parse_webhook
from .calls import Response, UploadFileOptions
from .client import AsyncInference, Inference
from .errors import (
    APIError,
    MissingInferenceKey,
    RequirementError,
    RequirementsNotMetError,
    SetupAction,
    TaskCancelled,
    TaskFailed,
    TaskTimeout,
)
from .file import File
from .statuses import TaskStatus, is_terminal_status, parse_status
from .streams import AsyncTaskStream, TaskStream

__all__ = [
    "APIError",
    "AsyncInference",
    "AsyncTaskStream",
    "File",
    "Inference",
    "MissingInferenceKey",
    "RequirementError",
    "RequirementsNotMetError",
    "Response",
    "SetupAction",
    "TaskCancelled",
    "TaskFailed",
    "TaskStatus",
    "TaskStream",
    "TaskTimeout",
    "UploadFileOptions",
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
    return Inference(api_key, base_url)


def async_inference(api_key: str | Secret | None = None, base_url: str | None = None) -> AsyncInference:
    """A client whose calls are coroutines."""
    return AsyncInference(api_key, base_url)
