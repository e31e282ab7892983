from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ipyimagegen.core.errors import InvalidInput, StorageError
from ipyimagegen.core.requests import InputFile, Request
from ipyimagegen.services import speedpix
from ipyimagegen.services.speedpix import workflows
from ipyimagegen.services.speedpix.service import order_of
from ipyimagegen.services.speedpix.workflows import FILE, spec


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IPYIMAGEGEN_HOME", str(tmp_path))
    return tmp_path


def test_a_workflow_that_nobody_declared_takes_anything() -> None:
    assert spec("w").params.open
    assert spec("w").params.check({"whatever": 1, "return_temp_files": "yes"}).values["return_temp_files"] is True


def test_a_declared_workflow_is_kept_and_knows_its_inputs(home: Path) -> None:
    made = speedpix.declare(
        "w", {"prompt": str, "steps": 20, "cfg": 7.5, "photo": {"format": "image"}, "free": None}, title="Mine"
    )
    kinds = {name: param.kind for name, param in made.params.items() if not param.advanced}
    assert kinds == {"prompt": "text", "steps": "integer", "cfg": "number", "photo": "image", "free": "any"}
    assert (True, 20, "Mine") == (made.params["prompt"].required, made.params["steps"].default, made.title)
    assert [found.name for found in speedpix.declared()] == ["w"]
    assert spec("w@v2").params == made.params
    with pytest.raises(InvalidInput, match="did you mean 'steps'"):
        made.params.check({"prompt": "x", "step": 3})
    assert (home / FILE).exists()


def test_a_json_schema_is_taken_as_it_is() -> None:
    schema = {"type": "object", "properties": {"seed": {"type": "integer", "minimum": 0}}}
    seed = speedpix.declare("w", schema).params.seed
    assert seed is not None
    assert seed.minimum == 0


def test_a_declaration_can_be_taken_back() -> None:
    speedpix.declare("w", {"prompt": str})
    speedpix.forget("w")
    speedpix.forget("w")
    assert speedpix.declared() == ()


@pytest.mark.parametrize("inputs", [{"a": object()}, {"a": set}, {"a": float("nan")}, {"a": {"default": object()}}, []])
def test_what_is_no_declaration_is_refused(inputs: Any) -> None:
    with pytest.raises(InvalidInput):
        speedpix.declare("w", inputs)


def test_a_damaged_file_says_which(home: Path) -> None:
    (home / FILE).write_text("{")
    with pytest.raises(StorageError, match=FILE):
        speedpix.declared()


def order(model: str, **values: Any) -> Any:
    return order_of(Request(service="speedpix", model=model, values=values))


def test_the_models_name_holds_the_alias() -> None:
    assert ("w", "v2", None) == (order("w@v2").workflow_id, order("w@v2").alias_id, order("w@v2").version_id)
    assert order("w").alias_id == "main"


def test_a_version_goes_before_the_alias() -> None:
    made = order("w@v2", version_id="7", prompt="x")
    assert (None, "7", {"prompt": "x"}) == (made.alias_id, made.version_id, made.inputs)


def test_an_input_of_an_options_name_stays_an_input() -> None:
    speedpix.declare("w", {"version_id": str})
    assert order("w", version_id="7").inputs == {"version_id": "7"}


def test_the_inputs_of_a_call_that_succeeded_are_learned_and_others_still_pass() -> None:
    picture = InputFile(filename="a.png", media_type="image/png", data=b"x")
    workflows.learn("w", workflows.seen({"prompt": "a cat", "steps": 20, "image": picture, "odd": object()}))
    workflows.learn("w", workflows.seen({"prompt": "a dog", "margin": 0.1}))
    params = workflows.spec("w@main").params
    own = {name: param.kind for name, param in params.items() if name not in workflows.STEERING}
    assert own == {"prompt": "text", "steps": "integer", "image": "image", "margin": "number"}
    assert params.open
    assert "w" in [model.name for model in workflows.declared()]


def test_what_was_declared_is_not_changed_by_what_is_seen() -> None:
    before = workflows.declare("w", {"prompt": str})
    workflows.learn("w", workflows.seen({"promt": "a cat"}))
    assert workflows.spec("w") == before
