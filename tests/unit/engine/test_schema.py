"""The schemas tell the same story as the values and functions they describe."""

from __future__ import annotations

import dataclasses
import inspect
import json

import pytest

from ipyimagegen.engine import CUTOUT_SCHEMA, SKETCH_SCHEMA, STYLES, Sketch, cutting

SKETCH_FIELDS = {field.name: field for field in dataclasses.fields(Sketch)}


def test_every_field_of_a_sketch_is_in_its_schema_and_no_other() -> None:
    assert SKETCH_FIELDS.keys() == SKETCH_SCHEMA["properties"].keys()
    assert ["prompt"] == SKETCH_SCHEMA["required"]
    assert list(STYLES) == SKETCH_SCHEMA["properties"]["style"]["enum"]


@pytest.mark.parametrize("name", [name for name in SKETCH_FIELDS if name != "prompt"])
def test_defaults_agree(name: str) -> None:
    assert SKETCH_FIELDS[name].default == SKETCH_SCHEMA["properties"][name]["default"]


@pytest.mark.parametrize("name", [n for n, p in SKETCH_SCHEMA["properties"].items() if "maximum" in p])
def test_limits_agree(name: str) -> None:
    schema = SKETCH_SCHEMA["properties"][name]
    for limit, beyond in ((schema["minimum"], -8), (schema["maximum"], 8)):
        Sketch(**{"prompt": "x", name: limit})
        with pytest.raises(ValueError, match=name):
            Sketch(**{"prompt": "x", name: limit + beyond})


def test_the_cutouts_parameters_agree() -> None:
    parameters = inspect.signature(cutting).parameters
    schema = CUTOUT_SCHEMA["properties"]
    assert parameters.keys() | {"step_delay_s"} == schema.keys()
    for name, parameter in parameters.items():
        if name != "image":
            assert parameter.default == schema[name]["default"], name


@pytest.mark.parametrize("schema", [SKETCH_SCHEMA, CUTOUT_SCHEMA])
def test_schemas_are_plain_json_and_say_what_they_are(schema: dict[str, object]) -> None:
    assert schema == json.loads(json.dumps(schema))
    assert "no neural weights" in str(schema["title"])
