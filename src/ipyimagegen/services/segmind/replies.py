"""Chat: what is sent, and three providers' answers read as one. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...core.errors import InvalidInput, capped
from ...core.paths import is_address
from ...core.said import marked
from ...media.inputs import as_input
from ..kit.inputs import data_uri
from .errors import SegmindError, StreamingNotSupported


@dataclass(frozen=True, slots=True)
class ChatResponse:
    """An answer of a text model. `raw` is the provider's own JSON: OpenAI's, Anthropic's or Gemini's shape."""

    raw: dict[str, Any] = field(repr=False)

    @property
    def found_text(self) -> str | None:
        """The answer's text; `None` where there is none in any of the three shapes."""
        raw = self.raw
        choice = _first(raw.get("choices"))
        if choice is not None:
            message = choice.get("message")
            return _joined(message.get("content") if isinstance(message, Mapping) else choice.get("text"))
        candidate = _first(raw.get("candidates"))
        if candidate is not None:
            content = candidate.get("content")
            return _joined(content.get("parts") if isinstance(content, Mapping) else None)
        return _joined(raw["content"]) if isinstance(raw.get("content"), list) else None

    @property
    def text(self) -> str:
        """The answer's text. Raises `SegmindError` where there is none; `raw` then shows what came."""
        found = self.found_text
        if found is None:
            raise SegmindError(
                message=f"segmind: no text in this answer (it has {', '.join(map(str, self.raw)) or 'nothing'})"
            )
        return found

    def json(self) -> Any:
        """The text read as JSON, as structured outputs are. Raises `SegmindError` where it is none."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            raise SegmindError(message=f"segmind: the answer is not JSON: {capped(self.text, 120)!r}") from None

    @property
    def usage(self) -> dict[str, Any] | None:
        """Tokens, in the provider's own names; `None` where it does not say."""
        usage = self.raw.get("usage") or self.raw.get("usageMetadata")
        return dict(usage) if isinstance(usage, Mapping) else None

    @property
    def finish_reason(self) -> str | None:
        """Why the text ends, in the provider's own word."""
        choice, candidate = _first(self.raw.get("choices")), _first(self.raw.get("candidates"))
        reason = self.raw.get("stop_reason")
        if choice is not None:
            reason = choice.get("finish_reason")
        elif candidate is not None:
            reason = candidate.get("finishReason")
        return reason if isinstance(reason, str) else None

    @property
    def tool_calls(self) -> list[Any]:
        """The tools that the model wants to call, as the provider writes them."""
        choice = _first(self.raw.get("choices"))
        if choice is not None:
            message = choice.get("message")
            calls = message.get("tool_calls") if isinstance(message, Mapping) else None
            return list(calls) if isinstance(calls, list) else []
        candidate = _first(self.raw.get("candidates"))
        content = candidate.get("content") if candidate is not None else None
        parts = content.get("parts") if isinstance(content, Mapping) else self.raw.get("content")
        listed = [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else []
        return [part for part in listed if part.get("type") == "tool_use" or "functionCall" in part]

    def __repr__(self) -> str:
        return f"<ChatResponse {capped(self.found_text or 'without text', 80)!r}>"


def _first(entries: object) -> Mapping[str, Any] | None:
    entry = entries[0] if isinstance(entries, list) and entries else None
    return entry if isinstance(entry, Mapping) else None


def _joined(content: object) -> str | None:
    """A text, or the texts of a list of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    parts = [part.get("text") if isinstance(part, Mapping) else part for part in content]
    joined: str = marked("".join(part for part in parts if isinstance(part, str)))
    return joined


def provider_json(body: Mapping[str, Any]) -> Any:
    """The provider's JSON in a v2 result: `output` is that JSON as a string, usually. A plain text stays a text."""
    output = body.get("output")
    if isinstance(output, str):
        try:
            return json.loads(output)
        except (ValueError, RecursionError):
            return output
    return output


def read_reply(body: Mapping[str, Any]) -> ChatResponse:
    """The answer in a v2 result, or in a v1 body."""
    raw = provider_json(body) if "output" in body else dict(body)
    if isinstance(raw, dict):
        return ChatResponse(raw)
    return ChatResponse({"choices": [{"message": {"role": "assistant", "content": raw}}]})


def chat_body(messages: Sequence[Mapping[str, Any]] | None, prompt: str | None, options: Mapping[str, Any]) -> Any:
    """What a chat sends. Raises `SegmindError` for no messages and no prompt, `StreamingNotSupported` for a stream."""
    if options.get("stream"):
        raise StreamingNotSupported(message="segmind: its gateway sends no streams; leave stream=True out")
    if messages is None and prompt is None:
        raise SegmindError(message="segmind: a chat needs prompt=… or messages=[…]")
    if isinstance(messages, str | Mapping):
        raise SegmindError(
            message="segmind: messages is a list of {'role': …, 'content': …}; one text goes into prompt=…"
        )
    body = dict(options)
    if messages is not None:
        body["messages"] = list(messages)
    if prompt is not None:
        body["prompt"] = prompt
    return body


def image_url(source: str | Path | Any) -> dict[str, Any]:
    """A picture as a part of a message: an address as it is; a local file or a picture becomes a `data:` URI.

    Whether the model can read such a file is the model's affair: nothing here decodes it. Raises
    `SegmindError` for what is neither.
    """
    try:
        if isinstance(source, str) and is_address(source):
            return {"type": "image_url", "image_url": {"url": source}}
        file = as_input(source, kind="file")
        url = file.url or data_uri(file)
    except InvalidInput as error:
        raise SegmindError(message=f"segmind: {error}") from error
    return {"type": "image_url", "image_url": {"url": url}}
