"""What came back, as a value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from ..core.errors import ProtocolError
from ..core.events import JSON
from ..core.said import marked
from ..core.service_text import answered, capped, one_line

MAX_REFUSAL_BYTES = 2**20
ERROR_FIELDS = ("title", "message", "detail", "error_description", "errorMessage", "errMessage")
"""Where services put the reason of a refusal: RFC 9457 and what is customary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer of any status. `headers` by lower-case name; `body` is decompressed.

    What is read from it as JSON is clean text without keys (`core.service_text`).
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def ok(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300

    @property
    def media_type(self) -> str:
        """`Content-Type` without its parameters, in lower case."""
        return one_line(self.headers.get("content-type", "").partition(";")[0]).lower()

    @property
    def text(self) -> str:
        """The body as text; what is not UTF-8 is replaced."""
        return self.body.decode("utf-8", errors="replace")

    def json(self) -> JSON:
        """The body as JSON, whatever the `Content-Type` says. Raises `ProtocolError` with the beginning of the body."""
        try:
            value = marked(answered(json.loads(self.body)))
        except (ValueError, RecursionError):
            raise ProtocolError(
                f"HTTP {self.status} with {self.media_type or 'something'} where JSON was expected",
                status=self.status,
                detail=capped(self.text, 300),
            ) from None
        return cast("JSON", value)

    def json_object(self) -> dict[str, JSON]:
        """The body as a JSON object; an empty one where it is something else. Never raises.

        A refusal of more than a mebibyte is something else: nobody explains that much, and reading it takes seconds.
        """
        if not self.ok and len(self.body) > MAX_REFUSAL_BYTES:
            return {}
        try:
            value = marked(answered(json.loads(self.body)))
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def said(self) -> str:
        """What a refusal says: the usual fields of a JSON error, or the text; nothing of an HTML page. Untrusted."""
        body = self.json_object()
        inner = body.get("error")
        texts = [inner] if isinstance(inner, str) else []
        for part in (inner, body):
            if isinstance(part, dict):
                texts += [value for name in ERROR_FIELDS if isinstance(value := part.get(name), str)]
        if texts:
            return ": ".join(dict.fromkeys(text for text in texts if text))
        if self.media_type == "text/html" or body:
            return ""
        return self.body[:MAX_REFUSAL_BYTES].decode("utf-8", errors="replace").strip()
