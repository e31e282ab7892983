"""The exceptions, where Segmind's own page imports them from."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from .errors import InferenceFailed, InferenceTimeout, SegmindError

if TYPE_CHECKING:
    from ...net.responses import Response

__all__ = ["InferenceFailed", "InferenceTimeout", "SegmindError", "raise_for_status"]


def raise_for_status(response: Response) -> None:
    """Raise the `SegmindError` that a response of 400 or more stands for."""
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        raise SegmindError.from_response(response)
