"""What may be put into a prompt: the user's own plain values, and by no way anything else."""

from __future__ import annotations

import datetime as dt
import enum
import os
import string
import sys
import types
from collections import namedtuple
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import ipyimagegen
from ipyimagegen.net.secrets import Secret, shield
from ipyimagegen.notebook.magic.fields import NotFillable, field_text, look_up

MARK = "☃"
"""Each secret is made of this alone, so that a single letter of one is seen."""
SECRET = MARK * 12


class Mood(enum.Enum):
    HAPPY = "happy"
    LOUD = 11


class Season(enum.StrEnum):
    WINTER = "winter"


@dataclass
class Character:
    name: str
    hair = "red"
    log: list[str]

    @property
    def short(self) -> str:
        self.log.append("asked")
        return self.name[:2]


class Talkative(str):
    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return SECRET

    def __str__(self) -> str:
        return SECRET

    __repr__ = __str__


class Styles:
    house = "watercolour"


Row = namedtuple("Row", "animal place")  # noqa: PYI024 - as pandas makes them
FOX = Character("Fox", [])
NAMES: dict[str, Any] = {
    "x": 3.14159,
    "whole": 7,
    "yes": True,
    "price": Decimal("1.50"),
    "half": Fraction(1, 2),
    "path": PurePosixPath("out/fox.png"),
    "day": dt.date(2026, 11, 28),
    "moment": dt.datetime(2026, 11, 28, 9, 30, tzinfo=dt.UTC),
    "uuid": UUID(int=5),
    "mood": Mood.HAPPY,
    "Mood": Mood,
    "season": Season.WINTER,
    "fox": FOX,
    "Styles": Styles,
    "row": Row("fox", "snow"),
    "array": np.array([1.5, 2.5]),
    "single": np.float32(0.5),
    "flag": np.bool_(True),  # noqa: FBT003
    "odd": Talkative("a fox"),
    "picture": Image.new("RGB", (4, 3)),
    "space": types.SimpleNamespace(animal="fox", tags=["wild"]),
}


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("x:.2f", "3.14"),
        ("whole:03d", "007"),
        ("yes", "True"),
        ("price", "1.50"),
        ("half", "1/2"),
        ("path", "out/fox.png"),
        ("path.stem", "fox"),
        ("day", "2026-11-28"),
        ("day:%d %B %Y", "28 November 2026"),
        ("moment.hour", "9"),
        ("uuid", "00000000-0000-0000-0000-000000000005"),
        ("mood", "happy"),
        ("mood.name", "HAPPY"),
        ("Mood.LOUD", "11"),
        ("season", "winter"),
        ("fox.name", "Fox"),
        ("fox.hair", "red"),
        ("Styles.house", "watercolour"),
        ("row.animal", "fox"),
        ("row[1]", "snow"),
        ("array[1]", "2.5"),
        ("single:.3f", "0.500"),
        ("flag", "True"),
        ("odd", "a fox"),
        ("odd:>7", "  a fox"),
        ("picture.width", "4"),
        ("picture.size[1]", "3"),
        ("space.tags[0]", "wild"),
    ],
)
def test_the_users_own_plain_values_are_put_in(field: str, expected: str) -> None:
    assert field_text(field, NAMES) == expected


def test_a_property_is_run_once() -> None:
    fox = Character("Fox", [])
    assert (field_text("fox.short", {"fox": fox}), fox.log) == ("Fo", ["asked"])


class Bare:
    pass


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("it", None, "is None"),
        ("it", ["a"], r"is a list; name one of its entries, as in \{name\[0\]\}"),
        ("it", {"a": 1}, r"is a dict; name one of its entries, as in \{name\[key\]\}"),
        ("it", os.environ, "is a _Environ; name one of its entries"),
        ("it[HOME]", os.environ, "is a _Environ, neither a list nor a plain dict"),
        ("it.environ", os, "it is a module; put the value into a variable of its own"),
        ("it[0].environ[HOME]", [os], r"it\[0\] is a module"),
        ("it.os.environ[HOME]", types.SimpleNamespace(os=os), "it.os is a module"),
        ("it[os]", vars(ipyimagegen), "is the namespace of a module"),
        ("it._hidden", FOX, "_hidden is a private name"),
        ("it[__class__]", {"__class__": "x"}, "__class__ is a private name"),
        ("it['_x']", {"_x": "x"}, "_x is a private name"),
        ("it.headers[a]", httpx.Client(), "it is a Client, an object of a library"),
        ("it", httpx.URL("http://a.example"), "is a URL, not a text or a number"),
        ("it", Bare(), "is a Bare, not a text or a number"),
        ("it", b"bytes", "is a bytes, not"),
        ("it", np.zeros(3), "is a ndarray; name one of its entries"),
        ("it", len, "is a builtin_function_or_method, not"),
        ("it", Bare, "is a type, not"),
        ("it:>999999999", "x", "too wide"),
        ("it:.999999999f", 0.5, "too wide"),
        ("it!r:>999999999", 0.5, "too wide"),
        ("it:%999999999Y", dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "too wide"),
        ("it:f", Decimal("1e999999999"), "thousands of digits"),
        ("it[0]", [10**5000], "thousands of digits"),
        ("it!r", "x" * 100_001, "has 100,001 characters"),
    ],
)
def test_all_else_is_refused_before_it_is_formatted(field: str, value: object, why: str) -> None:
    with pytest.raises(NotFillable, match=why):
        field_text(field, {"it": value})


def test_a_copy_of_the_environment_is_still_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLOUR", "red")
    with pytest.raises(NotFillable, match="is a variable of the environment"):
        field_text("it[COLOUR]", {"it": dict(os.environ)})
    assert field_text("it[COLOUR]", {"it": {"COLOUR": "blue"}}) == "blue"


def test_a_key_is_refused_by_whatever_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "sk-0123456789")
    shield(Secret("sent-0123456789"))
    for key in ("sk-0123456789", "sent-0123456789"):
        for field in ("it", "it[0]", "it[1][name]", "it[0][3]"):
            value = f"Bearer {key}" if field == "it" else [key, {"name": f"key={key}"}]
            with pytest.raises(NotFillable, match="holds a key"):
                field_text(field, {"it": value})


def test_a_key_that_was_never_sent_is_known_by_its_name_and_its_look() -> None:
    key = "sk-proj-4f1c9a07b2d8"
    names: dict[str, Any] = {
        "api_key": key,
        "cfg": {"hf_token": key, "app-secret": key},
        "own": types.SimpleNamespace(accessKey=key),
    }
    names["database"] = "postgres://me:hunter2@db/shop"
    for field in ("api_key", "api_key!r", "cfg[hf_token]", "cfg[app-secret]", "own.accessKey", "database"):
        with pytest.raises(NotFillable, match="holds a key"):
            field_text(field, names)
    plain = {
        "key": "C sharp minor",
        "token": "<s0><s1>",
        "monkey": "capuchin-monkey-number-7",
        "page": "https://a.b/c@2",
    }
    assert plain == {name: field_text(name, plain) for name in plain}


def test_private_names_are_refused_and_the_shells_are_no_names() -> None:
    with pytest.raises(NotFillable, match="_mine is a private name"):
        field_text("_mine", {"_mine": "x"})
    record = ["a cell"]
    names: dict[str, Any] = {"In": record, "Out": {1: "x"}, "_": "x", "_3": "x", "_ih": record, "alias": record}
    for field in ("In[0]", "Out[1]", "_", "_3", "_ih[0]"):
        assert field_text(field, names) is None
    with pytest.raises(NotFillable, match="alias is IPython's own record"):
        field_text("alias[0]", names)


def test_pictures_for_parameters_are_found_by_the_same_ways() -> None:
    assert look_up("space.tags", NAMES) == ["wild"]
    with pytest.raises(NotFillable, match="os is a module"):
        look_up("os.environ[HOME]", {"os": os})


class Client:
    """Stands for a client of a library: `__module__` below says so."""

    def __init__(self) -> None:
        self.api_key = SECRET
        self.nested = [SECRET]

    def __format__(self, spec: str) -> str:
        return SECRET

    __str__ = __repr__ = lambda self: SECRET


Client.__module__ = "httpx"
PLANTED = types.ModuleType("planted")
PLANTED.__dict__.update(secret=SECRET, inner={"secret": SECRET}, os=os)
HISTORY = [f"key = '{SECRET}'"]
HARBOUR: dict[str, Any] = {
    "os": os,
    "sys": sys,
    "ig": ipyimagegen,
    "planted": PLANTED,
    "alias": os.environ,
    "copy": {},
    "space": vars(PLANTED),
    "client": Client(),
    "clients": {"a": Client()},
    "fox": FOX,
    "npmod": np,
    "function": field_text,
    "_private": SECRET,
    "In": HISTORY,
    "_ih": HISTORY,
    "hist": HISTORY,
    "Out": {1: SECRET},
    "_oh": {1: SECRET},
    "_": SECRET,
}


@pytest.fixture(autouse=True, scope="module")
def planted_in_the_environment() -> Any:
    os.environ["PLANTED"] = SECRET
    HARBOUR["copy"] = dict(os.environ)
    yield
    del os.environ["PLANTED"]


def _parts(value: Any) -> list[tuple[str, Any]]:
    """Every way one step on from `value`, by no rule but that getting there is harmless."""
    found: list[tuple[str, Any]] = []
    if isinstance(value, dict | os._Environ):
        found += [(f"[{key}]", value[key]) for key in value if isinstance(key, str | int) and str(key).isidentifier()]
    elif isinstance(value, list | tuple):
        found += [(f"[{index}]", entry) for index, entry in enumerate(value[:3])]
    held = getattr(value, "__dict__", {})
    return found + [(f".{name}", entry) for name, entry in list(held.items()) if name.isidentifier()]


@given(st.data())
def test_no_secret_comes_out_by_any_way(data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(sorted(HARBOUR)))
    value = HARBOUR[field]
    for _ in range(data.draw(st.integers(0, 4))):
        parts = _parts(value)
        telling = [part for part in parts if MARK in repr(part[1])[:2000] or part[0] in (".environ", ".os", ".modules")]
        if not parts:
            break
        step, value = data.draw(st.sampled_from(telling or parts))
        field += step
    field += data.draw(st.sampled_from(("", "!r", "!s", "!a", ":>20", "[0]", ".api_key", ".secret", ".__dict__")))
    try:
        text = field_text(field, HARBOUR)
    except Exception as error:  # noqa: BLE001 - the text of the refusal counts too
        text = str(error)
    assert MARK not in (text or "")
    assert ascii(MARK)[1:-1] not in (text or "")


@given(st.text(string.ascii_letters + "._[]0'!:<>9☃", max_size=30))
def test_any_field_gives_text_nothing_or_one_refusal(field: str) -> None:
    for name in ("x", "odd", "day", "space"):
        try:
            text = field_text(name + field, NAMES)
        except (NotFillable, LookupError, AttributeError, ValueError, TypeError):
            continue
        assert text is None or len(text) <= 100_000
