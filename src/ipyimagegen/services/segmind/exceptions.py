"""The exceptions, where Segmind's own page imports them from."""

from __future__ import annotations

from .errors import InferenceFailed, InferenceTimeout, SegmindError

__all__ = ["InferenceFailed", "InferenceTimeout", "SegmindError"]
