"""Replies of the local chat models."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ipyimagegen.gateway.chat import reply_text, sample

FORM = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer", "minimum": 18},
        "mood": {"enum": ["calm", "wild"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "known": {"type": "boolean"},
        "other": {"$ref": "#/elsewhere"},
    },
}


def test_json_has_the_form_that_was_asked_for() -> None:
    body = {"prompt": "hi", "response_format": {"type": "json_schema", "json_schema": {"schema": FORM}}}
    expected = {"name": "hi", "age": 18, "mood": "calm", "tags": ["hi"], "known": False, "other": None}
    assert expected == json.loads(reply_text(body))


@pytest.mark.parametrize("wanted", [None, "json", {"type": "text"}, {}])
def test_a_text_is_answered_with_a_text(wanted: Any) -> None:
    assert reply_text({"prompt": "hi", "response_format": wanted}) == "You said: hi"


@pytest.mark.parametrize("form", [None, {}, {"schema": 3}, {"schema": {"type": "array"}}])
def test_a_form_that_cannot_be_read_is_no_error(form: Any) -> None:
    json.loads(reply_text({"prompt": "hi", "response_format": {"type": "json_schema", "json_schema": form}}))


def test_a_form_without_an_end_has_one() -> None:
    endless: dict[str, Any] = {"type": "array"}
    endless["items"] = endless
    assert json.dumps(sample(endless, "hi")).count("[") < 20
