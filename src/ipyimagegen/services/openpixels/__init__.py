"""OpenPixels, as its documentation shows it: `OpenPixels(api_key).run({"model": …, "prompt": …})`."""

from __future__ import annotations

from ...core.version import VERSION
from .access import KEYS as _KEYS  # noqa: F401 - declared with the package
from .client import AsyncOpenPixels, OpenPixels
from .webhook import parse_webhook

__all__ = ["AsyncOpenPixels", "OpenPixels", "__version__", "parse_webhook"]
__version__ = VERSION
