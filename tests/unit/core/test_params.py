"""Parameters: what a schema says, and what a call may say."""

from __future__ import annotations

import itertools
import math
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.core.foreign import scalar
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.params import Param, Params
from ipyimagegen.core.schema import MAX_FIELDS, read_params
from ipyimagegen.jobs.prepare import prepare
from ipyimagegen.notebook.widgets.studio.controls import controls

SCHEMA = {
    "type": "object",
    "required": ["prompt"],
    "properties": {
        "prompt": {"type": "string", "maxLength": 20},
        "width": {"type": "integer", "minimum": 64, "maximum": 2048, "multipleOf": 8, "default": 512, "x-unit": "px"},
        "guidance_scale": {"type": "number", "minimum": 0, "maximum": 20, "default": 7.5},
        "scheduler": {"enum": ["euler", "ddim"], "default": "euler"},
        "hires": {"type": "boolean", "default": False},
        "seed": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}], "default": None},
        "init_image": {"type": "string", "format": "uri"},
        "loras": {"type": "array", "items": {"type": "string"}},
    },
}
PARAMS = read_params(SCHEMA)


def problems(**asked: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        PARAMS.check({"prompt": "a cat", **asked})
    return {problem.name: problem.message for problem in caught.value.problems}


def test_a_schema_becomes_parameters_in_its_order_with_kinds_and_limits() -> None:
    assert {name: param.kind for name, param in PARAMS.items()} == {
        "prompt": "text",
        "width": "integer",
        "guidance_scale": "number",
        "scheduler": "choice",
        "hires": "boolean",
        "seed": "integer",
        "init_image": "image",
        "loras": "list",
    }
    assert PARAMS["width"].limits == "64 to 2048 px"
    assert PARAMS["seed"].nullable
    assert PARAMS.prompt is PARAMS["prompt"]
    assert PARAMS.seed is PARAMS["seed"]


def test_all_problems_are_told_at_once_each_with_its_value_limit_and_fix() -> None:
    told = problems(guidence_scale=3, width=9999, scheduler="eular", hires="maybe", loras="one", prompt="x" * 21)
    assert told == {
        "guidence_scale": "no such parameter; did you mean 'guidance_scale'?",
        "width": "9999 is outside 64 to 2048 px",
        "scheduler": "'eular' is not one of 'euler', 'ddim'; did you mean 'euler'?",
        "hires": "'maybe' is neither true nor false",
        "loras": "'one' is not a list",
        "prompt": "has 21 characters; the model takes at most 20",
    }


def test_a_missing_required_parameter_is_named() -> None:
    with pytest.raises(InvalidInput, match="prompt: is required"):
        PARAMS.check({})


def test_text_from_a_command_line_becomes_the_parameters_own_type() -> None:
    asked = {"prompt": "a", "width": "640", "guidance_scale": "3.5", "hires": "yes", "scheduler": "ddim"}
    assert PARAMS.check(asked).values == {
        "prompt": "a",
        "width": 640,
        "guidance_scale": 3.5,
        "hires": True,
        "scheduler": "ddim",
    }


def test_a_size_is_rounded_to_what_the_model_takes_and_that_is_reported() -> None:
    checked = PARAMS.check({"prompt": "a", "width": 515})
    assert checked.values["width"] == 512
    assert [str(change) for change in checked.changes] == ["width=515 was sent as 512: the model takes multiples of 8"]


@pytest.mark.parametrize("value", [True, "12.5", float("nan"), float("inf"), "1e999", [], b"7"])
def test_what_is_no_whole_number_is_refused_for_one(value: object) -> None:
    assert "width" in problems(width=value)


def test_a_big_seed_keeps_every_digit() -> None:
    assert PARAMS.check({"prompt": "a", "seed": str(2**63 + 1)}).values["seed"] == 2**63 + 1


def test_a_step_too_small_to_count_rounds_nothing() -> None:
    params = read_params({"properties": {"n": {"type": "number", "multipleOf": 5e-324}}})
    assert params.check({"n": 7.5}).values == {"n": 7.5}


def test_none_means_not_given() -> None:
    assert PARAMS.check({"prompt": "a", "width": None}).values == {"prompt": "a"}


def test_an_open_list_lets_other_names_through() -> None:
    assert Params(open=True).check({"anything": [1]}).values == {"anything": [1]}


def test_references_and_unions_with_null_are_followed() -> None:
    params = read_params(
        {
            "$defs": {"Size": {"type": "string", "enum": ["s", "l"]}},
            "properties": {
                "size": {"allOf": [{"$ref": "#/$defs/Size"}], "default": "s"},
                "steps": {"anyOf": [{"type": "null"}, {"type": "integer", "exclusiveMinimum": 0}]},
                "mode": {"oneOf": [{"const": "a"}, {"const": "b"}]},
            },
        }
    )
    assert params["size"].choices == ("s", "l")
    assert (params["steps"].kind, params["steps"].minimum) == ("integer", 1)
    assert params["mode"].choices == ("a", "b")


LORAS = read_params(
    {
        "$defs": {
            "Lora": {
                "required": ["path", "mode"],
                "additionalProperties": False,
                "properties": {
                    "path": {"type": "string"},
                    "scale": {"type": "number", "minimum": 0, "maximum": 2, "default": 1.0},
                    "rank": {"type": "integer", "multipleOf": 8, "minimum": 8},
                    "mode": {"enum": ["add", "replace"], "default": "add"},
                    "crop": {"type": "object", "properties": {"left": {"type": "integer", "minimum": 0}}},
                    "any": {"type": "object"},
                },
            }
        },
        "properties": {"loras": {"type": "array", "items": {"type": "object", "$ref": "#/$defs/Lora"}}},
    }
)


def test_the_fields_of_objects_are_parameters_too() -> None:
    item = LORAS["loras"].item
    assert item is not None
    assert item.fields is not None
    assert (item.kind, item.limits) == ("object", "{path, scale, rank, mode, crop, any}")
    assert {name: (field.kind, field.limits, field.default, field.required) for name, field in item.fields.items()} == {
        "path": ("text", "text", None, True),
        "scale": ("number", "0 to 2", 1.0, False),
        "rank": ("integer", "at least 8", None, False),
        "mode": ("choice", "one of 'add', 'replace'", "add", True),
        "crop": ("object", "{left}", None, False),
        "any": ("object", "object", None, False),
    }
    assert (item.fields.open, item.fields["crop"].fields, item.fields["any"].fields) == (
        False,
        read_params({"properties": {"left": {"type": "integer", "minimum": 0}}}, open=True),
        None,
    )


def test_what_is_wrong_in_a_list_of_objects_is_told_at_its_place() -> None:
    asked = [{"path": "a", "scale": 3}, {"path": "b", "scal": 1}, {"crop": {"left": -1}}, "c", {"path": 5, "rank": 9}]
    with pytest.raises(InvalidInput) as caught:
        LORAS.check({"loras": asked})
    assert [str(problem) for problem in caught.value.problems] == [
        "loras[0].scale: 3 is outside 0 to 2",
        "loras[1].scal: no such parameter; did you mean 'scale'?",
        "loras[2].crop.left: -1 is not at least 0",
        "loras[2].path: is required (text)",
        "loras[3]: 'c' is not a mapping",
    ]


def test_objects_are_sent_with_types_made_right_and_what_they_must_hold() -> None:
    checked = LORAS.check({"loras": [{"path": "a", "scale": "0.5", "rank": 13, "any": {"x": [1]}, "crop": None}]})
    assert checked.values == {"loras": [{"path": "a", "scale": 0.5, "rank": 16, "any": {"x": [1]}, "mode": "add"}]}
    assert [str(change) for change in checked.changes] == [
        "loras[0].rank=13 was sent as 16: the model takes multiples of 8"
    ]


@pytest.mark.parametrize("width", [1, 40])
def test_an_object_that_holds_itself_has_an_end(width: int) -> None:
    node = {"type": "object", "properties": {f"part_{i}": {"$ref": "#/$defs/Node"} for i in range(width)}}
    counted = 0
    to_visit = [*read_params({"$defs": {"Node": node}, "properties": {"tree": {"$ref": "#/$defs/Node"}}}).values()]
    while to_visit:
        counted += 1
        to_visit += [*(to_visit.pop().fields or {}).values()]
    assert width < counted <= MAX_FIELDS + 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
words = st.sampled_from(
    ["type", "enum", "$ref", "allOf", "anyOf", "items", "properties", "required", "minimum", "multipleOf", "format"]
)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ({"anyOf": [{"type": ["string", "null"]}, {"type": "integer"}]}, 5),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "auto"),
        ({"type": ["integer", "string"]}, "auto"),
        ({"type": ["string", "integer"]}, 5),
        ({"anyOf": [True, {"type": "integer"}]}, "text"),
        ({"enum": ["a", {"x": 1}]}, {"x": 1}),
        ({"const": {"x": 1}}, {"x": 1}),
        ({"type": "integer", "minimum": -(10**400), "maximum": 10**400}, 7),
        ({"type": "number", "maximum": 10**400, "multipleOf": 10**400}, 0.5),
        ({"type": "integer", "exclusiveMinimum": 0.5}, 1),
        ({"type": "integer", "maximum": 2**64 - 1, "multipleOf": 1}, 2**64 - 1),
        ({"type": "string", "maxLength": 10**400, "x-order": 10**400, "default": 10**400}, "text"),
        (True, "text"),
    ],
)
def test_what_is_not_understood_in_a_lawful_schema_leaves_the_parameter_open(part: object, value: object) -> None:
    params = read_params({"properties": {"a": part, "b": {"allOf": [part]}}})
    assert params.check({"a": value, "b": value}).values == {"a": value, "b": value}


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {}}, "additionalProperties": True},
        {"properties": {"a": {}}, "patternProperties": {"^b": {}}},
        {"properties": {"a": {}}, "required": ["b"]},
        {"allOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]},
        {"oneOf": [{"properties": {"a": {}}}, {"properties": {"b": {"type": "integer"}}}]},
        {"properties": {"a": {}}, "if": {}, "then": {"properties": {"b": {}}}},
        {"properties": {f"p{i}": {} for i in range(500)} | {"a": {}, "b": {}}},
    ],
)
def test_a_name_that_a_lawful_schema_takes_is_taken(schema: dict[str, object]) -> None:
    assert read_params(schema).check({"a": 1, "b": 2}).values == {"a": 1, "b": 2}


def test_null_is_sent_where_it_is_the_only_thing_that_may_be() -> None:
    params = read_params({"properties": {"a": {"type": "null"}, "b": {"enum": [None]}}, "required": ["a", "b"]})
    assert params.check({"a": None, "b": None}).values == {"a": None, "b": None}


class Sly:
    """What some library's class may do when it is looked at."""

    def __init__(self, raising: str) -> None:
        self.raising = raising

    def _odd(self, name: str) -> object:
        if self.raising in (name, "all"):
            raise KeyError("not for you")
        return self

    def __eq__(self, other: object) -> Any:
        return self._odd("eq")

    def __bool__(self) -> bool:
        return bool(self._odd("bool") is None)

    def __repr__(self) -> str:
        self._odd("repr")
        return "Sly"

    def __iter__(self) -> Any:
        self._odd("iter")
        return itertools.count()

    def __float__(self) -> float:
        self._odd("float")
        return 1.0

    def __getattr__(self, name: str) -> object:
        return self._odd("attribute")

    __hash__ = None  # type: ignore[assignment]


ODD_VALUES = [
    np.arange(3),
    np.zeros((2, 2)),
    np.array(["a", "b"]),
    [np.arange(3)],
    {"path": np.arange(3)},
    object(),
    10**5000,
]
ODD_VALUES += [Sly(name) for name in ("eq", "bool", "repr", "iter", "float", "attribute", "all", "")]


@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: f"{type(value).__name__}")
def test_odd_values_are_our_invalid_input_and_no_other_error(value: Any) -> None:
    for params in (PARAMS, LORAS, read_params({"properties": {"seed": {"type": "integer"}}})):
        spec = ModelSpec(service="s", name="m", params=params)
        for name in params:
            if not params[name].is_media:
                with suppress(InvalidInput):
                    prepare(spec, {"prompt": "x", name: value} if "prompt" in params else {name: value})
    for wrong in (PARAMS["width"], PARAMS["hires"], PARAMS["scheduler"], PARAMS["prompt"]):
        with pytest.raises(InvalidInput, match=wrong.name):
            Params((wrong,)).check({wrong.name: value})


def test_numpys_scalars_are_pythons_numbers() -> None:
    asked = {"prompt": np.str_("x"), "width": np.int64(64), "guidance_scale": np.float32(0.5), "hires": np.bool_(True)}  # noqa: FBT003
    sent = PARAMS.check({**asked, "seed": np.array(7)}).values
    assert sent == {"prompt": "x", "width": 64, "guidance_scale": 0.5, "hires": True, "seed": 7}
    assert [str, int, float, bool, int] == [type(scalar(value)) for value in sent.values()]


@pytest.mark.parametrize("value", [None, -1, -1.0, "-1", "random", np.int64(-1), np.array(-1)])
def test_a_seed_that_says_choose_one(value: object) -> None:
    spec = ModelSpec(service="s", name="m", params=PARAMS)
    assert isinstance(prepare(spec, {"prompt": "x", "seed": value})[0].seed, int)


numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([10**400, -(10**400)])
texts = st.text(max_size=6)


def _typed(kind: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, Any]]:
    return st.tuples(st.just({"type": kind}), values)


def _combined(inner: st.SearchStrategy[tuple[Any, Any]]) -> st.SearchStrategy[tuple[Any, Any]]:
    """Schemas made of others, each with a value that it holds for."""
    return st.one_of(
        st.builds(lambda a, b, word: ({word: [a[0], b[0]]}, a[1]), inner, inner, st.sampled_from(["anyOf"])),
        st.builds(lambda a: ({"anyOf": [a[0], {"type": "null"}]}, a[1]), inner),
        st.builds(lambda a: ({"allOf": [a[0], True]}, a[1]), inner),
        st.builds(lambda a: ({"type": "array", "items": a[0]}, [a[1]]), inner),
        st.builds(
            lambda a, name: ({"type": "object", "properties": {name: a[0]}, "required": [name]}, {name: a[1]}),
            inner,
            texts,
        ),
    )


small, few = st.floats(-9, 9), st.lists(json_values, max_size=2)
lawful: st.SearchStrategy[tuple[Any, Any]] = st.recursive(
    st.one_of(
        _typed("string", texts),
        _typed("boolean", st.booleans()),
        _typed("integer", st.integers()),
        _typed("number", st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9)),
        st.builds(lambda low, value: ({"type": "integer", "minimum": min(low, value)}, value), numbers, st.integers()),
        st.builds(
            lambda high, value: ({"type": "number", "maximum": max(high, value)}, value), numbers, st.floats(-9, 9)
        ),
        st.builds(
            lambda low, value: ({"type": "integer", "exclusiveMinimum": low}, math.floor(low) + 1 + value),
            small,
            st.integers(0, 9),
        ),
        st.builds(lambda value: ({"const": value}, value), json_values),
        st.builds(
            lambda value, more: ({"enum": [*more, value]}, value), json_values, st.lists(json_values, max_size=2)
        ),
        st.builds(
            lambda kinds, value: ({"type": ["string", *kinds]}, value), st.just(["integer"]), texts | st.integers()
        ),
        st.tuples(st.just(True), json_values),  # noqa: FBT003
        st.tuples(st.just({}), json_values),
    ),
    _combined,
    max_leaves=5,
)


@given(lawful, st.booleans())
def test_a_value_that_a_lawful_schema_takes_is_taken(pair: tuple[Any, Any], referred: bool) -> None:  # noqa: FBT001
    schema, value = pair
    part = {"$ref": "#/$defs/one"} if referred else schema
    params = read_params({"properties": {"a": part}, "$defs": {"one": schema}})
    assert str(params)
    params.check({"a": value})
    controls(ModelSpec(service="s", name="m", params=params))


@given(st.dictionaries(words, json_values | st.dictionaries(words, json_values, max_size=4), max_size=6))
def test_no_foreign_schema_raises(schema: dict[str, object]) -> None:
    for node in (schema, {"properties": {"a": schema, "b": {"items": schema, "type": "array"}}}):
        assert read_params(node) is not None


@given(json_values)
def test_no_value_of_an_object_raises_anything_but_invalid_input(value: object) -> None:
    with suppress(InvalidInput):
        LORAS.check({"loras": value})
    with suppress(InvalidInput):
        LORAS.check({"loras": [value, {"path": value, "scale": value, "crop": value}]})


@given(st.dictionaries(st.sampled_from([*SCHEMA["properties"], "other"]), json_values, max_size=6))
def test_no_value_raises_anything_but_invalid_input(asked: dict[str, object]) -> None:
    with suppress(InvalidInput):
        assert set(PARAMS.check(asked).values) <= set(asked)


def test_half_a_character_is_refused_and_a_whole_one_is_not() -> None:
    params = Params((Param(name="prompt", kind="text"),))
    assert params.check({"prompt": "a fox \U0001f98a"}).values == {"prompt": "a fox \U0001f98a"}
    with pytest.raises(InvalidInput, match="prompt: has half of a character"):
        params.check({"prompt": "a fox \ud83e"})


def test_parameters_are_printed_a_line_each() -> None:
    width = Param(name="width", kind="integer", minimum=64, maximum=2048, unit="px", default=512)
    prompt = Param(name="prompt", kind="text", required=True)
    text = "<Param prompt: text, required>\n<Param width: 64 to 2048 px, default 512>"
    assert text == repr(Params((prompt, width)))
    assert repr(Params()) == "<no parameters>"
