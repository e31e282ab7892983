"""The calls that people write without looking them up work, or say in one line what to type."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import ipyimagegen as ig
from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.schema import read_params
from ipyimagegen.jobs.client import Client
from ipyimagegen.jobs.plan import make_plan, named_model, with_prompt
from ipyimagegen.media.results import Result
from ipyimagegen.services.base import Registry
from ipyimagegen.services.local.service import Local
from ipyimagegen.settings.config import Settings

SMALL: dict[str, Any] = {"width": 64, "height": 64, "num_inference_steps": 2}


@pytest.fixture(scope="module")
def client() -> Client:
    registry = Registry()
    registry.add(Local())
    return Client(settings=Settings(model="local/sketch"), services=registry, journal=None)


def spec_of(**properties: dict[str, Any]) -> ModelSpec:
    return ModelSpec(service="far", name="away", params=read_params({"properties": properties}))


def test_the_prompt_may_stand_second_and_the_model_be_named(client: Client) -> None:
    by_place = client.run("local/sketch", "a castle", **SMALL)
    by_name = client.run(model="local/sketch", prompt="a castle", **SMALL)
    assert ("a castle", "local/sketch") == (by_place.prompt, by_place.model)
    assert ("a castle", "local/sketch") == (by_name.prompt, by_name.model)
    assert "a castle" == client.submit("", "a castle", **SMALL).result(20).prompt


def test_the_prompt_goes_under_the_models_own_name() -> None:
    assert {"text_prompt": "a fox"} == with_prompt(spec_of(text_prompt={"type": "string"}), "a fox", {})


def test_a_prompt_given_twice_or_to_a_model_without_one_is_refused() -> None:
    with pytest.raises(InvalidInput, match="prompt: is given twice: by its place and by its name"):
        with_prompt(spec_of(prompt={"type": "string"}), "a fox", {"prompt": "a dog"})
    with pytest.raises(InvalidInput, match="takes no prompt"):
        with_prompt(spec_of(scale={"type": "number"}), "a fox", {})


def test_behind_a_model_a_parameter_may_be_named_model() -> None:
    assert ("far/away", {"model": "large"}) == named_model("far/away", {"model": "large"})


def test_a_prompt_in_the_models_place_is_told_where_it_belongs(client: Client) -> None:
    with pytest.raises(InvalidInput, match=r"'a castle' is not a model name; .*; a prompt stands second, or as"):
        client.run("a castle")


def test_awaiting_what_is_already_there_gives_it(client: Client) -> None:
    async def cell() -> Result:
        return await client.run("local/sketch", "a castle", **SMALL)

    assert asyncio.run(cell()).images


def test_a_handle_says_that_its_result_has_the_picture(client: Client) -> None:
    for n in (1, 2):
        work: Any = client.submit("local/sketch", "a castle", n=n, **SMALL)
        with pytest.raises(AttributeError, match=r"has no 'image'; its result has: \.result\(\)\.image waits for it"):
            _ = work.image
        with pytest.raises(AttributeError, match=r"has no 'imagge'$"):
            _ = work.imagge
        assert work.result(20).images


def test_n_and_max_cost_stand_in_the_signature() -> None:
    for call in (ig.run, ig.async_run, ig.submit, Client.run, Client.async_run, Client.submit):
        assert {"n", "max_cost"} <= set(call.__annotations__)


def test_every_home_of_a_negative_prompt_is_known() -> None:
    for name in ("negative_prompt", "negative", "neg_prompt", "negative_text"):
        spec = spec_of(prompt={"type": "string"}, **{name: {"type": "string"}})
        assert spec.params.negative is spec.params[name]
        assert "trees" == make_plan(spec, {"prompt": "a lake", name: "trees"}).requests[0].negative_prompt


def test_the_plan_holds_the_n_that_is_sent() -> None:
    own = spec_of(prompt={"type": "string"}, n={"type": "integer", "default": 1, "maximum": 8})
    plan = make_plan(own, {"prompt": "x"}, n=3)
    assert ([3], 3) == ([request.values["n"] for request in plan.requests], plan.pictures)
    apart = make_plan(spec_of(prompt={"type": "string"}, seed={"type": "integer"}), {"prompt": "x"}, n=3)
    assert (3, 3) == (len(apart.requests), apart.pictures)
