"""What the local chat models answer: the last thing that they were told, or JSON of the form that was asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Shape = Literal["openai", "anthropic", "gemini"]
MAX_DEPTH = 12


def reply_text(body: Mapping[str, object]) -> str:
    """The reply to a request; `""` where it asks nothing."""
    said = body.get("prompt")
    messages = body.get("messages")
    if isinstance(messages, list) and messages and isinstance(messages[-1], dict):
        said = messages[-1].get("content")
    if isinstance(said, list):
        said = " ".join(str(part.get("text", "")) for part in said if isinstance(part, dict))
    if not said:
        return ""
    wanted = body.get("response_format")
    if isinstance(wanted, dict) and wanted.get("type") == "json_object":
        return json.dumps({"said": said})
    if isinstance(wanted, dict) and wanted.get("type") == "json_schema":
        form = wanted.get("json_schema")
        return json.dumps(sample(form.get("schema") if isinstance(form, dict) else None, str(said)))
    return f"You said: {said}"


def sample(schema: object, text: str, depth: int = 0) -> object:
    """A value of the form of a JSON Schema; `text` in place of its texts. `None` for a form that is not known."""
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return None
    choices = schema.get("enum")
    if isinstance(choices, list) and choices:
        return choices[0]
    match schema.get("type"):
        case "object":
            inner = schema.get("properties")
            names = inner if isinstance(inner, dict) else {}
            return {name: sample(part, text, depth + 1) for name, part in names.items()}
        case "array":
            return [sample(schema.get("items"), text, depth + 1)]
        case "string":
            return text
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return False
    return None


def chat_body(shape: Shape, model: str, text: str) -> dict[str, object]:
    """A reply in the provider's own JSON."""
    words = len(text.split())
    if shape == "openai":
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        usage = {"prompt_tokens": words, "completion_tokens": words, "total_tokens": 2 * words}
        return {"object": "chat.completion", "model": model, "choices": [choice], "usage": usage}
    if shape == "anthropic":
        usage = {"input_tokens": words, "output_tokens": words}
        parts = [{"type": "text", "text": text}]
        return {"type": "message", "role": "assistant", "content": parts, "stop_reason": "end_turn", "usage": usage}
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}
    counts = {"promptTokenCount": words, "candidatesTokenCount": words, "totalTokenCount": 2 * words}
    return {"candidates": [candidate], "usageMetadata": counts}
