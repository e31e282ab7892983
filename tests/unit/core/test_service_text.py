"""What a service says is text and no more: nothing in it acts, hides, goes on for ever, or is a key."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.errors import ImagegenError, JobFailed, ServiceError, SubmitUnknown
from ipyimagegen.core.events import Cancelled, Event, Failed, Log, Output, Progress, Queued, Running, Succeeded
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.params import Param
from ipyimagegen.core.requests import Ticket
from ipyimagegen.core.secrets import MASK, Secret, remember
from ipyimagegen.core.service_text import (
    MAX_CHARS,
    MAX_DEPTH,
    MAX_KEPT_CHARS,
    MAX_KEPT_ENTRIES,
    MAX_MESSAGE_CHARS,
    answered,
    capped,
    cleaned,
    kept,
    one_line,
)

KEY = "sk-of-the-border-0123456789"
ODD = (
    "ab \n\t\r\x00\x07\x1b[]0;31m\\\x7f\x85\x9b\x9d\u200b\u200c\u200d\u200e\u202e\u2028\u2066\ufeff\ud800\udfff"
    "\u0301é女🎨"
)
HOSTILE = st.text(st.sampled_from(ODD) | st.characters(), max_size=60)
NOTE = len("… (1,000,000,000 more characters)")


def acts_or_hides(text: str) -> list[str]:
    """Characters that no text of a service may hold once it is here."""
    joiners = "\u200c\u200d"
    return [
        c
        for c in text
        if (unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") and c not in "\n\t")
        or (unicodedata.category(c) == "Cf" and c not in joiners and not "\u0600" <= c <= "\u08ff" and ord(c) < 0x110BD)
    ]


@given(HOSTILE)
def test_nothing_is_left_that_acts_or_hides(text: str) -> None:
    clean = cleaned(text)
    assert [] == acts_or_hides(clean)
    assert clean == cleaned(clean)
    clean.encode()


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=60))
def test_plain_text_of_every_script_stays_as_it_is(text: str) -> None:
    assert text == cleaned(text)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("red text", "\x1b[1;31mred\x1b[0m text"),
        ("link", "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\"),
        ("title", "\x1b]0;owned\x07title"),
        ("ab", "a\x9b2Jb"),
        ("exe.gpj", "exe\u202e.gpj"),
        ("ab", "a\u200b\u2060\ufeffb"),
        ("pass", "p\u200da\u200cs\u200ds"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # noqa: RUF001 (Persian needs it)
        ("👩\u200d🎨", "👩\u200d🎨"),
        ("a\nb\nc", "a\r\nb\rc"),
        ("a b", "a\0b"),
        ("a\ufffd", "a\ud83d"),
        ("e" + 4 * "\u0301", "e" + 400 * "\u0301"),
    ],
)
def test_what_is_taken_out(expected: str, text: str) -> None:
    assert expected == cleaned(text)


@given(HOSTILE, st.integers(1, 40), st.integers(1, 5))
def test_length_and_lines_are_bounded(text: str, limit: int, lines: int) -> None:
    shown = capped(text * 20, limit, lines=lines)
    assert len(shown) <= limit + 2 * NOTE
    assert shown.count("\n") <= lines
    assert "\n" not in one_line(text)


def test_five_megabytes_become_a_few_words() -> None:
    for text in ("x" * 5_000_000, "\n" * 5_000_000, "\x1b[31m" * 1_000_000, "é\u0301" * 2_000_000):
        assert len(str(ServiceError(text, detail=text))) <= MAX_MESSAGE_CHARS + NOTE
        assert len(Failed(message=text).message) <= MAX_CHARS + NOTE


@pytest.mark.parametrize("form", [KEY, KEY[:5] + "\u200b" + KEY[5:], f"\x1b[1m{KEY}", KEY[:9] + "\x1b[0m" + KEY[9:]])
def test_a_key_is_taken_out_also_where_it_is_taken_apart(form: str) -> None:
    remember(Secret(KEY))
    for text in (f"key {form}!", f"{form}\n", "x" * (MAX_CHARS - 10) + form):
        assert KEY not in capped(text)
        assert KEY[:20] not in capped(text)
        assert KEY not in str(ServiceError(text))
    assert {"a": [MASK]} == answered({"a": [KEY]})


def every_event(text: str) -> list[Event]:
    output = Output(name=text, url=f"https://h.example/{text}", media_type=text, facts={text: text})
    return [
        Queued(message=text),
        Running(text),
        Progress(message=text),
        Log(text),
        Failed(message=text, code=text, raw={text: [text]}),
        Cancelled(message=text),
        Succeeded(outputs=(output,), facts={text: text}, text=text, raw=[{text: text}]),
    ]


def texts_of(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for one in pair for text in texts_of(one)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in texts_of(one)]
    names = getattr(value, "__dataclass_fields__", ())
    return [text for name in names for text in texts_of(getattr(value, name))]


@given(HOSTILE)
def test_every_type_that_carries_a_services_words_cleans_them(text: str) -> None:
    made: list[Any] = [
        *every_event(text),
        ModelSpec(service="s", name="m" + text, title=text, description=text, cannot_cancel=text, url=text),
        Param(name="p", title=text, description=text, unit=text),
    ]
    assert [] == [c for value in made for found in texts_of(value) for c in acts_or_hides(found)]
    shown = repr(Param(name=text, choices=(text,))) + repr(Ticket(service="s", model=text, remote_id=text))
    assert [] == acts_or_hides(shown)
    errors: list[ImagegenError] = [
        ServiceError(text, detail=text, request_id=text),
        SubmitUnknown(text),
        JobFailed(text, detail=text),
    ]
    for error in errors:
        said = [str(error), *(value for value in vars(error).values() if isinstance(value, str)), *error.args]
        assert [] == [c for one in said for c in acts_or_hides(one)]


def test_json_that_is_kept_is_neither_deep_nor_large() -> None:
    deep: Any = "end"
    for _ in range(900):
        deep = {"a": [deep]}
    wide = {"a": ["x"] * (MAX_KEPT_ENTRIES * 3), "b": "x" * (MAX_KEPT_CHARS * 3)}
    assert len(json.dumps(kept(deep))) < 12 * MAX_DEPTH
    assert len(json.dumps(kept(wide))) < MAX_KEPT_ENTRIES * 6 + MAX_KEPT_CHARS + 100
    assert json.dumps(answered(deep)).count("[") <= MAX_DEPTH


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="ascii", categories=["L"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="ascii", categories=["L"])), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(JSON)
def test_ordinary_json_stays_as_it_is(value: Any) -> None:
    assert value == answered(value) == kept(value)
