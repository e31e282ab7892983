"""The body of a cell: prompt, negative prompt, and names in braces."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.errors import Problem
from ipyimagegen.notebook.magic.body import Body, interpolate, read_body

NAMES = {
    "name": "a fox",
    "x": 3.14159,
    "cat": SimpleNamespace(breed="tabby", owner=SimpleNamespace(name="Ann")),
    "d": {"key": "value", "two words": "yes", "1": "text one"},
    "items": ["zero", "one"],
    "été": "summer",
    "function": len,
    "module": pytest,
}


def filled(text: str) -> str:
    problems: list[Problem] = []
    made = interpolate(text, NAMES, problems)
    assert problems == []
    return made


def refused(text: str) -> str:
    problems: list[Problem] = []
    assert interpolate(text, NAMES, problems) == text
    assert len(problems) == 1
    return str(problems[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{name} in snow", "a fox in snow"),
        ("{name}{name}", "a foxa fox"),
        ("{cat.breed} of {cat.owner.name}", "tabby of Ann"),
        ("{d[key]}, {d['key']}, {d[two words]}, {d[1]}", "value, value, yes, text one"),
        ("{items[0]} {items[-1]}", "zero one"),
        ("{x:.2f} {x!r:>8.4} {name!r}", "3.14     3.14 'a fox'"),
        ("{été}", "summer"),
        ("{{name}} {{other}} {{}}", "{name} {other} {}"),
        ("{{{name}}}", "{a fox}"),
    ],
)
def test_known_names_are_filled_in(text: str, expected: str) -> None:
    assert filled(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "It's a cat",
        '{"json": 1}',
        '{"a": {"b": {"c": 1}}}',
        "$5 and $name and ${other}",
        "🐈‍⬛ and 字",
        "{red|blue|green}",
        "{other} {other.name} {other[0]} {other:.2f}",
        "{} { name } {0} {1name}",
        "{name",
        "name}",
        "{name\n}",
        "}{",
        "{name()}",
        "{name + 1}",
        "{__import__('os')}",
        "{x if x else x}",
        "x" * 10_000,
    ],
)
def test_all_other_text_stays_as_it_is(text: str) -> None:
    assert filled(text) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{cat.age}", "no attribute 'age'"),
        ("{d[nothing]}", "no key 'nothing'"),
        ("{items[7]}", "index out of range"),
        ("{name:.2f}", "Unknown format code 'f'"),
        ("{function}", "is a builtin_function_or_method, not a text or a number"),
        ("{module}", "is a module, not a text or a number"),
    ],
)
def test_a_known_name_that_cannot_be_filled_in_is_a_problem(text: str, why: str) -> None:
    message = refused(text)
    assert message.startswith(text)
    assert why in message
    assert "{{…}}" in message


def test_an_object_may_raise_what_it_likes() -> None:
    class Rude:
        @property
        def mood(self) -> str:
            raise SystemError("go away")

    problems: list[Problem] = []
    assert interpolate("{rude.mood}", {"rude": Rude()}, problems) == "{rude.mood}"
    assert "go away" in str(problems[0])


@given(st.text(st.sampled_from("{}[].!:'\"ab1 \n|é"), max_size=40))
def test_text_without_known_names_is_unchanged_but_for_doubled_braces(text: str) -> None:
    problems: list[Problem] = []
    made = interpolate(text, {}, problems)
    assert problems == []
    if "{{" not in text:
        assert made == text


@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    interpolate(text, NAMES, [])


def test_values_together_are_no_more_than_a_prompt_can_be() -> None:
    problems: list[Problem] = []
    made = interpolate("{long}" * 1_000, {"long": "x" * 100_000}, problems)
    assert len(made) < 1_200_000
    assert ["with all values put in, it has more than 1,000,000 characters"] == [str(one) for one in problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Body("")),
        ("\n \n", Body("")),
        ("a fox\n", Body("a fox")),
        ("a fox\nin snow\n", Body("a fox\nin snow")),
        ("a fox\n---\nred, blue\n", Body("a fox", "red, blue")),
        ("a fox\r\n---\r\nred\r\n", Body("a fox", "red")),
        ("---\nred", Body("", "red")),
        ("a fox\n---", Body("a fox", "")),
        ("a\n---\nb\n---\nc", Body("a", "b\n---\nc")),
        ("a\n----\nb", Body("a\n----\nb")),
        ("a\n --- \nb", Body("a\n --- \nb")),
        ("{name}\n---\n{items[0]}", Body("a fox", "zero")),
    ],
)
def test_a_line_of_three_hyphens_starts_the_negative_prompt(text: str, expected: Body) -> None:
    assert read_body(text, NAMES) == expected


def test_a_value_cannot_start_the_negative_prompt() -> None:
    assert read_body("{evil}", {"evil": "a\n---\nb"}) == Body("a\n---\nb")
