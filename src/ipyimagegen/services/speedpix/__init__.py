"""SpeedPix, as its documentation shows it: `speedpix.run(workflow_id=…, input=…)`, or a `Client` of your own.

`declare` says once what a workflow takes; then `ig.run("speedpix/<workflow_id>", …)` checks it and shows controls.
"""

from __future__ import annotations

from ...core.version import VERSION
from .access import KEYS as _KEYS  # noqa: F401 - declared with the package
from .client import Client, async_run, run
from .errors import MissingSpeedPixKey, PredictionError, SpeedPixException, SpeedPixSubmitUnknown
from .files import File
from .outputs import FileOutput
from .predictions import Prediction
from .webhook import parse_webhook
from .workflows import declare, declared, forget

__all__ = [
    "Client",
    "File",
    "FileOutput",
    "MissingSpeedPixKey",
    "Prediction",
    "PredictionError",
    "SpeedPixException",
    "SpeedPixSubmitUnknown",
    "__version__",
    "async_run",
    "declare",
    "declared",
    "forget",
    "parse_webhook",
    "run",
]
__version__ = VERSION
