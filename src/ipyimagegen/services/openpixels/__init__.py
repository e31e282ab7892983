"""OpenPixels, as its documentation shows it: `OpenPixels(api_key).run({"model": …, "prompt": …})`."""

from __future__ import annotations

from .client import AsyncOpenPixels, OpenPixels

__all__ = ["AsyncOpenPixels", "OpenPixels"]
