"""From words to values."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.params import Param, Params
from ipyimagegen.notebook.magic.body import Body
from ipyimagegen.notebook.magic.parse import parse
from ipyimagegen.notebook.magic.values import Call, json_or_text, make_call

TEXTS = Param(name="loras", kind="list", item=Param(name="loras", kind="text"))
PARAMS = Params(
    (
        Param(name="prompt", kind="text", required=True),
        Param(name="negative_prompt", kind="text"),
        Param(name="steps", kind="integer", minimum=1, maximum=50),
        Param(name="guidance_scale", kind="number"),
        Param(name="style", kind="choice", choices=("oil", "ink")),
        Param(name="image", kind="image"),
        Param(name="images", kind="list", item=Param(name="images", kind="image")),
        TEXTS,
        Param(name="extra", kind="object"),
        Param(name="tiling", kind="boolean"),
    )
)
SPEC = ModelSpec(service="s", name="m", params=PARAMS)


def call(line: str, body: str = "a fox", names: dict[str, Any] | None = None, *, negative: str | None = None) -> Call:
    return make_call(SPEC, parse(line, SPEC.params), Body(body, negative), names or {})


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("--steps 20", {"steps": 20}),
        ("--steps +20", {"steps": 20}),
        ("--steps 2e1", {"steps": 20.0}),
        ("--guidance-scale 7", {"guidance_scale": 7}),
        ("--guidance-scale -0.5", {"guidance_scale": -0.5}),
        ("--style ink", {"style": "ink"}),
        ("--tiling", {"tiling": True}),
        ("--no-tiling", {"tiling": False}),
        ("--tiling off", {"tiling": "off"}),
        ("--loras a,b", {"loras": ["a", "b"]}),
        ("--loras 'a, b ,c'", {"loras": ["a", "b", "c"]}),
        ("""--loras '["a,b", "c"]'""", {"loras": ["a,b", "c"]}),
        ("--loras a --loras b", {"loras": ["a", "b"]}),
        ("""--extra '{"a": [1]}'""", {"extra": {"a": [1]}}),
        ("--images https://x/a,b.png", {"images": ["https://x/a,b.png"]}),
        ("--images a.png --images b.png", {"images": ["a.png", "b.png"]}),
    ],
)
def test_the_model_says_what_a_word_means(line: str, expected: dict[str, Any]) -> None:
    made = call(line)
    assert (made.values, made.problems) == ({"prompt": "a fox"} | expected, ())


def test_an_undescribed_parameter_is_json_or_text() -> None:
    spec = ModelSpec(service="s", name="m", params=Params(open=True))
    asked = parse("--a 4 --b 0.5 --c true --d [1,2] --e text --f NaN --g --h 1e999", spec.params)
    made = make_call(spec, asked, Body("a fox", "red"), {})
    values = {"a": 4, "b": 0.5, "c": True, "d": [1, 2], "e": "text", "f": "NaN", "g": True, "h": "1e999"}
    assert made.values == values | {"prompt": "a fox", "negative_prompt": "red"}


def test_deep_json_is_text() -> None:
    assert json_or_text("[" * 100_000) == "[" * 100_000


@pytest.mark.parametrize(
    ("line", "body", "problem"),
    [
        ("--steps 900", "a", "--steps: 900 is outside 1 to 50"),
        ("--steps many", "a", "--steps: 'many' is not a number (1 to 50)"),
        ("--style oill", "a", "--style: 'oill' is not one of 'oil', 'ink'; did you mean 'oil'?"),
        ("--extra [1]", "a", "--extra: '[1]' is not a JSON object, such as '{\"key\": 1}'"),
        ("", "", "s/m needs a prompt; write it in the lines below the first"),
        ("--prompt b", "a", "--prompt: is given on the first line and in the body; write it once"),
    ],
)
def test_what_is_wrong_names_the_option(line: str, body: str, problem: str) -> None:
    assert [str(found) for found in call(line, body).problems] == [problem]


def test_problems_of_the_line_the_body_and_the_values_come_together() -> None:
    found = make_call(SPEC, parse("--stile ink --steps 900", PARAMS), Body(""), {})
    assert [problem.name for problem in found.problems] == ["--stile", "--steps", ""]


def test_the_prompt_may_stand_on_the_line() -> None:
    assert call("--prompt 'a fox'", "").values == {"prompt": "a fox"}


def test_texts_that_the_model_does_not_take_are_refused() -> None:
    spec = ModelSpec(service="s", name="m", params=Params((Param(name="image", kind="image"),)))
    made = make_call(spec, parse("", spec.params), Body("a", "b"), {})
    assert [str(problem) for problem in made.problems] == [
        "s/m takes no prompt; remove the lines below the first",
        "s/m takes no negative prompt; remove the line --- and what follows it",
    ]


def test_the_negative_prompt_is_the_bodys_or_the_lines_or_the_sessions() -> None:
    def negative(line: str, body: Body) -> Any:
        made = make_call(SPEC, parse(line, PARAMS), body, {}, negative_prompt="blurry")
        assert made.problems == ()
        return made.values["negative_prompt"], made.sources.get("negative_prompt", "")

    assert negative("", Body("a", "red")) == ("red", "")
    assert negative("--negative-prompt red", Body("a")) == ("red", "")
    assert negative("", Body("a", "")) == ("", "")
    assert negative("", Body("a")) == ("blurry", "from %config ImageGen.negative_prompt")


def test_the_sessions_negative_prompt_is_not_forced_on_models_without_one() -> None:
    spec = ModelSpec(service="s", name="m", params=Params((Param(name="prompt", kind="text"),)))
    made = make_call(spec, parse("", spec.params), Body("a"), {}, negative_prompt="blurry")
    assert (made.values, made.problems) == ({"prompt": "a"}, ())


def test_a_variable_stands_for_a_picture() -> None:
    photo = [1, 2, 3]
    made = call("--image photo", names={"photo": photo})
    assert made.values["image"] is photo
    assert made.sources == {"image": "the variable photo (list)"}


def test_a_part_of_a_variable_stands_for_a_picture() -> None:
    assert call("--image shots[1]", names={"shots": ["a", "b"]}).values["image"] == "b"
    assert "has no such part" in str(call("--image shots[7]", names={"shots": []}).problems[0])


def test_a_file_of_that_name_comes_before_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photo").write_bytes(b"x")
    made = call("--image photo", names={"photo": object()})
    assert (made.values["image"], made.sources) == ("photo", {})


def test_a_count_is_given_once() -> None:
    spec = ModelSpec(service="s", name="m", params=Params((Param(name="n", kind="integer"),)))
    made = make_call(spec, parse("-n 2 -p n=3", spec.params), Body(""), {})
    assert [str(problem) for problem in made.problems] == ["-n: is given twice"]


@given(
    st.lists(
        st.tuples(st.sampled_from([f"--{name}" for name in PARAMS]), st.text(max_size=12).map(shlex.quote)), max_size=6
    )
)
def test_any_value_is_read_or_refused_in_words(options: list[tuple[str, str]]) -> None:
    line = " ".join(f"{name}={value}" for name, value in options)
    for spec in (SPEC, ModelSpec(service="s", name="m", params=Params(open=True))):
        made = make_call(spec, parse(line, spec.params), Body("a"), {"a": [1], "b": {}})
        assert made.problems or set(made.values) >= {"prompt"}


def test_other_parameters_never_read_variables() -> None:
    assert call("--style ink", names={"ink": 1}).values["style"] == "ink"
    assert call("--loras ink", names={"ink": 1}).values["loras"] == ["ink"]
