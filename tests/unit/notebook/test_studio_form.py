"""The form of a studio, without a widget: what is kept, judged, told and dropped."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.cost import FREE, UNKNOWN, Cost
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.params import Param
from ipyimagegen.core.requests import InputFile
from ipyimagegen.core.schema import read_params
from ipyimagegen.jobs.client import Client
from ipyimagegen.notebook.widgets.studio.code import code_for, text
from ipyimagegen.notebook.widgets.studio.controls import MAX_EXACT, control, controls, look_of, plain, step_of
from ipyimagegen.notebook.widgets.studio.form import Form, Unreadable
from ipyimagegen.notebook.widgets.studio.live import Change, Live
from ipyimagegen.notebook.widgets.studio.shelf import KEPT_BACK, MAX_NEWEST, parted
from ipyimagegen.notebook.widgets.studio.uploads import MAX_UNDER_WAY, Uploads
from ipyimagegen.notebook.widgets.studio.words import about, estimate, price_of, prompts_of, spent, switched
from ipyimagegen.services.base import Registry
from ipyimagegen.settings.config import Settings
from tests.examples import times_as_many
from tests.schemas import PROPERTIES


def spec(name: str = "one", *, open: bool = False, price: Cost = UNKNOWN, **properties: Any) -> ModelSpec:
    required = [key for key, node in properties.items() if node.pop("required", False)]
    params = read_params({"properties": properties, "required": required}, open=open)
    return ModelSpec(service="test", name=name, params=params, price=price)


PROMPT = {"type": "string"}
STEPS = {"type": "integer", "minimum": 1, "maximum": 50, "default": 20}
SIZE = {"type": "integer", "minimum": 64, "maximum": 2048, "multipleOf": 8, "default": 512}
SEED = {"type": "integer", "minimum": 0, "default": 0}
IMAGE = {"type": "string", "format": "uri"}
IMAGES = {"type": "array", "items": IMAGE}
STYLE = {"type": "string", "enum": ["auto", "oil"], "default": "auto"}
BASIC = spec(prompt=dict(PROMPT, required=True), steps=STEPS, width=SIZE, height=SIZE, seed=SEED, style=STYLE)


# -- all at once -----------------------------------------------------------------------------------------------------


def test_a_reset_leaves_the_prompt_and_the_media_and_can_be_undone() -> None:
    model = spec(prompt=PROMPT, negative_prompt=PROMPT, seed=SEED, style=STYLE, image=IMAGE, images=IMAGES)
    kept = {"prompt": "a fox", "image": "https://pictures.example/a.png", "images": ["https://pictures.example/b.png"]}
    form = Form(spec=model).having({**kept, "negative_prompt": "trees", "seed": 7, "style": "oil", "typo": 1})
    reset = form.reset()
    assert set(kept) == set(reset.values)
    assert {"negative_prompt": "trees", "seed": 7, "style": "oil", "typo": 1} == reset.taken
    assert form == reset.undo_reset()


def test_what_was_set_after_a_reset_stays_when_it_is_undone() -> None:
    reset = Form(spec=BASIC).having({"steps": 7, "style": "oil"}).reset()
    assert {"steps": 9, "style": "oil"} == reset.put({"steps": 9}).undo_reset().values


def test_a_reset_of_nothing_keeps_what_an_earlier_one_took() -> None:
    reset = Form(spec=BASIC).having({"prompt": "a fox", "steps": 7}).reset()
    assert reset is reset.reset()
    assert {"steps": 7} == reset.taken


def test_another_model_has_nothing_of_a_reset_to_undo() -> None:
    reset = Form(spec=BASIC).having({"style": "oil"}).reset()
    assert {} == reset.switch(spec("two", prompt=PROMPT))[0].taken


# -- values ----------------------------------------------------------------------------------------------------------


def test_numbers_may_come_as_text() -> None:
    assert {"steps": 7} == Form(spec=BASIC).put({"steps": "7"}).values


def test_a_whole_number_that_no_page_holds_exactly_was_a_float() -> None:
    model = spec(any={}, seed=SEED)
    put = Form(spec=model).put({"any": {"a": [2**60, 7, True]}, "seed": str(2**60 + 1)})
    assert {"any": {"a": [2.0**60, 7, True]}, "seed": 2**60 + 1} == put.values
    assert [float, int, bool] == [type(one) for one in put.values["any"]["a"]]


def test_what_a_page_sets_to_the_default_is_not_set() -> None:
    form = Form(spec=BASIC).put({"steps": 7, "style": "oil"}).put({"steps": 20, "style": "auto"})
    assert {} == form.values


def test_what_a_program_sets_to_the_default_stays() -> None:
    assert {"steps": 20} == Form(spec=BASIC).having({"steps": 20}).values


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_an_emptied_field_is_not_set(nothing: Any) -> None:
    assert {} == Form(spec=BASIC).put({"steps": 7}).put({"steps": nothing}).values


@pytest.mark.parametrize("random", [None, "", -1, "-1", "random"])
def test_a_random_seed_is_no_value_and_a_seed_of_the_default_is_one(random: Any) -> None:
    form = Form(spec=BASIC).put({"seed": 0})
    assert {"seed": 0} == form.values
    assert {} == form.put({"seed": random}).values
    assert {} == Form(spec=BASIC).having({"seed": random}).values


def test_an_invalid_value_stays_as_it_is_and_its_problem_is_named() -> None:
    form = Form(spec=BASIC).put({"prompt": "a fox", "steps": "many", "width": 9000})
    assert {"prompt": "a fox", "steps": "many", "width": 9000} == form.values
    assert {"steps": "'many' is not a number (1 to 50)", "width": "9000 is outside 64 to 2048"} == form.problems()


def test_rounding_is_told_and_left_to_sending() -> None:
    form = Form(spec=BASIC).put({"prompt": "a fox", "width": "515"})
    assert {"prompt": "a fox", "width": 515} == form.values
    assert {} == form.problems()
    assert {"width": "sent as 512: the model takes multiples of 8"} == form.adjustments()


def test_what_is_missing_is_a_problem() -> None:
    assert {"prompt": "is required (text)"} == Form(spec=BASIC).problems()
    assert ["prompt"] == Form(spec=BASIC).missing()


def test_unknown_names_are_problems_with_a_hint_and_pass_where_the_list_is_open() -> None:
    assert "did you mean 'steps'" in Form(spec=BASIC).having({"step": 3}).problems()["step"]
    loose = spec(open=True, prompt=PROMPT)
    assert {} == Form(spec=loose).having({"anything": [1, 2]}).problems()


def test_values_stand_in_the_models_order() -> None:
    assert ["prompt", "width", "seed"] == list(Form(spec=BASIC).having({"seed": 1, "width": 64, "prompt": "x"}).values)


def test_media_are_read_when_they_are_set_and_say_why_they_cannot_be() -> None:
    model = spec(image={"type": "string", "x-kind": "image"})
    good = Form(spec=model).put({"image": "https://pictures.example/a.png"})
    assert isinstance(good.values["image"], InputFile)
    bad = Form(spec=model).put({"image": b"no picture"})
    assert isinstance(bad.values["image"], Unreadable)
    assert "is not a picture" in bad.problems()["image"]


# -- switching -------------------------------------------------------------------------------------------------------


def test_a_switch_keeps_what_both_have_drops_the_rest_and_says_so() -> None:
    other = spec("two", prompt=PROMPT, steps=STEPS)
    form, dropped = Form(spec=BASIC).having({"prompt": "a fox", "steps": 7, "style": "oil"}).switch(other)
    assert {"prompt": "a fox", "steps": 7} == form.values
    assert [("style", "oil")] == [(one.name, one.value) for one in dropped]
    assert "Not for two: style" in switched(other, form.values, dropped)


def test_a_prompt_is_a_prompt_and_a_seed_a_seed_by_any_name() -> None:
    other = spec("two", text_prompt=PROMPT, noise_seed=SEED, negative=PROMPT)
    values = {"prompt": "a fox", "seed": 7, "negative_prompt": "trees"}
    first = spec(prompt=PROMPT, seed=SEED, negative_prompt=PROMPT)
    form, dropped = Form(spec=first).having(values).switch(other)
    assert {"text_prompt": "a fox", "noise_seed": 7, "negative": "trees"} == form.values
    assert () == dropped


def test_a_value_that_the_new_model_refuses_is_dropped_with_its_reason() -> None:
    other = spec("two", prompt=PROMPT, steps=dict(STEPS, maximum=4))
    form, dropped = Form(spec=BASIC).having({"prompt": "a fox", "steps": 7}).switch(other)
    assert {"prompt": "a fox"} == form.values
    assert ["steps (7 is outside 1 to 4)"] == [str(one) for one in dropped]


def test_what_was_dropped_comes_back_with_a_model_that_takes_it() -> None:
    other = spec("two", prompt=PROMPT)
    form, _ = Form(spec=BASIC).having({"prompt": "a fox", "style": "oil"}).switch(other)
    back, dropped = form.switch(BASIC)
    assert {"prompt": "a fox", "style": "oil"} == back.values
    assert () == dropped


# -- controls --------------------------------------------------------------------------------------------------------


def named(model: ModelSpec) -> dict[str, dict[str, Any]]:
    return {str(made["name"]): made for made in controls(model)}


def test_each_kind_of_parameter_has_its_look() -> None:
    model = spec(
        prompt=PROMPT,
        tag={"type": "string"},
        strength={"type": "number", "minimum": 0, "maximum": 1},
        count={"type": "integer"},
        tile={"type": "boolean"},
        style=STYLE,
        image={"type": "string", "x-kind": "image"},
        tags={"type": "array", "items": {"type": "string"}},
        loras={"type": "array", "items": {"type": "object"}},
        config={"type": "object"},
    )
    looks = {name: made["look"] for name, made in named(model).items()}
    assert {
        "prompt": "area",
        "tag": "line",
        "strength": "slider",
        "count": "number",
        "tile": "switch",
        "style": "choice",
        "image": "media",
        "tags": "list",
        "loras": "list",
        "config": "json",
    } == looks


def test_prompts_stand_first_and_what_is_advanced_last() -> None:
    model = spec(extra={"type": "string", "x-advanced": True}, negative_prompt=PROMPT, steps=STEPS, prompt=PROMPT)
    assert ["prompt", "negative_prompt", "steps", "extra"] == list(named(model))


def test_sizes_are_a_pair_or_nothing() -> None:
    assert ["width", "height"] == [made["role"] for made in controls(spec(width=SIZE, height=SIZE))]
    assert [""] == [made["role"] for made in controls(spec(width=SIZE))]


@pytest.mark.parametrize(
    ("kind", "low", "high", "step"),
    [("integer", 1, 50, 1), ("number", 0, 1, 0.01), ("number", 0, 20, 0.1), ("number", None, None, 0.1)],
)
def test_a_number_without_a_step_gets_a_round_one(kind: Any, low: Any, high: Any, step: float) -> None:
    assert step == pytest.approx(step_of(Param(name="x", kind=kind, minimum=low, maximum=high)))


def test_a_range_too_long_to_drag_is_typed() -> None:
    assert look_of(Param(name="x", kind="integer", minimum=0, maximum=2**32)) == "number"


def test_numbers_that_a_page_cannot_hold_travel_as_text() -> None:
    assert [2**53 - 1, str(2**53), None, None] == plain([MAX_EXACT, 2**53, float("inf"), float("nan")])


def every_model() -> list[ModelSpec]:
    return Client(settings=Settings(), services=Registry.discover(), journal=None).models()


def test_every_known_model_has_a_form_that_judges_its_own_defaults_valid() -> None:
    models = every_model()
    assert {"local", "openpixels"} <= {model.service for model in models}
    for model in models:
        made = controls(model)
        assert json.loads(json.dumps(made, allow_nan=False)) == made
        assert {str(one["name"]) for one in made} == set(model.params)
        defaults = {str(one["name"]): one["default"] for one in made if one["default"] is not None}
        problems = Form(spec=model).put(defaults).problems()
        assert set(problems) <= set(Form(spec=model).missing()), model.id
        assert json.dumps(about(model), allow_nan=False)


def test_every_known_model_can_be_switched_to_from_every_other() -> None:
    models = every_model()
    form = Form(spec=models[0]).having({"prompt": "a fox"})
    for model in [*models, *models[::-1]]:
        form, _ = form.switch(model)
        assert form.values.get("prompt") in ("a fox", None)
    assert {"prompt": "a fox"}.items() <= {**form.values, "prompt": form.values.get("prompt", "a fox")}.items()


LORA = {
    "type": "object",
    "required": ["path"],
    "properties": {
        "path": {"type": "string"},
        "scale": {"type": "number", "minimum": 0, "maximum": 2, "default": 1.0},
        "rank": {"type": "integer", "multipleOf": 8},
        "image": {"type": "string", "format": "image"},
        "images": {"type": "array", "items": {"type": "string", "format": "image"}},
        "crop": {"type": "object", "properties": {"left": {"type": "integer"}}},
        "free": {"type": "object"},
    },
}


def loose(**properties: Any) -> ModelSpec:
    return ModelSpec(service="test", name="loose", params=read_params({"properties": properties}))


WITH_LORAS = loose(loras={"type": "array", "items": LORA}, one=LORA)


def test_the_fields_of_an_object_have_controls_of_their_own() -> None:
    loras, one = controls(WITH_LORAS)
    assert ("list", "object") == (loras["look"], one["look"])
    item = loras["item"]
    assert isinstance(item, dict)
    assert one["fields"] == item["fields"]
    assert isinstance(one["fields"], list)
    looks = {str(part["name"]): part["look"] for part in one["fields"] if isinstance(part, dict)}
    assert {
        "path": "line",
        "scale": "slider",
        "rank": "number",
        "image": "line",
        "images": "json",
        "crop": "object",
        "free": "json",
    } == looks


def test_what_is_wrong_in_an_object_is_told_at_its_place() -> None:
    form = Form(spec=WITH_LORAS).put({"loras": [{"path": "a", "scale": 3}, {"rank": "13"}], "one": {"path": 5}})
    assert {"loras[0].scale": "3 is outside 0 to 2", "loras[1].path": "is required (text)"} == form.problems()
    assert [{"path": "a", "scale": 3}, {"rank": "13"}] == form.values["loras"]
    mended = form.put({"loras": [{"path": "a", "rank": "13"}]})
    assert {"loras": [{"path": "a", "rank": 13}], "one": {"path": "5"}} == mended.values
    assert {"loras[0].rank": "sent as 16: the model takes multiples of 8"} == mended.adjustments()
    _, dropped = mended.switch(loose(loras={"type": "array", "items": {"type": "integer", "maximum": 2}}))
    assert "loras (loras[0]: {'path': 'a', 'rank': 13} is not a number (at most 2))" in [str(one) for one in dropped]


@times_as_many(2)
@given(PROPERTIES, st.data())
def test_any_schema_has_a_form_in_plain_json(properties: dict[str, Any], data: st.DataObject) -> None:
    model = ModelSpec(service="test", name="any", params=read_params({"properties": properties}))
    made = controls(model)
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    form = Form(spec=model)
    for one in made:
        value = data.draw(
            st.one_of(
                *(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({})),
                st.builds(lambda name, inner: [{name: inner}], st.text(max_size=2), st.text(max_size=2)),
            )
        )
        form = form.put({str(one["name"]): value})
    for place in [*form.problems(), *form.adjustments()]:
        assert not place or any(place.startswith((f"{name}[", f"{name}.")) or place == name for name in model.params)
    form.switch(BASIC)


# -- words -----------------------------------------------------------------------------------------------------------


def test_the_price_of_several_pictures() -> None:
    quoted = spec(price=Cost.read("0.01", source="quoted"))
    assert "$0.04" == str(price_of(quoted, 4))
    assert {"cost": "unknown", "seconds": None} == estimate(Form(spec=BASIC), 4, None)
    assert {"cost": "free", "seconds": 2.5} == estimate(Form(spec=spec(price=FREE)), 1, 2.49)


def test_what_was_spent_never_hides_what_is_unknown() -> None:
    cent = Cost.read("0.01")
    assert "" == spent([])
    assert "$0.02" == spent([cent, cent])
    assert "$0.01, and 1 unknown" == spent([cent, UNKNOWN])
    assert "unknown" == spent([UNKNOWN])
    assert "free" == spent([FREE])


def test_prompts_are_told_once_newest_first() -> None:
    assert ["b", "a"] == prompts_of(["b", "", "a", "b", "  "])


# -- code ------------------------------------------------------------------------------------------------------------


def test_code_is_one_call_with_everything_that_was_set() -> None:
    made = code_for("local/sketch", {"prompt": 'a "red"\nfox', "steps": 7, "seed": 3}, seed="seed")
    assert 'result = ig.run("local/sketch", prompt="a \\"red\\"\\nfox", steps=7, seed=3)' == made.splitlines()[-1]


def test_code_for_a_model_without_a_seed_says_that_it_will_differ() -> None:
    assert "takes no seed" in code_for("a/b", {"prompt": "x"})


def test_names_that_are_no_identifiers_come_by_a_mapping() -> None:
    made = code_for("a/b", {"lora-1": 2, "class": 3}, seed="")
    assert '**{"lora-1": 2}, **{"class": 3}' in made
    compile(made, "cell", "exec")


@given(st.text())
def test_any_text_is_the_same_text_as_source(value: str) -> None:
    assert value == eval(text(value))  # noqa: S307 (our own source)
    assert text(value).isprintable()


# -- live dict -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (lambda d: d.__setitem__("b", 2), {"a": 1, "b": 2}),
        (lambda d: d.update(b=2), {"a": 1, "b": 2}),
        (lambda d: d.update({"b": 2}), {"a": 1, "b": 2}),
        (lambda d: d.__ior__({"b": 2}), {"a": 1, "b": 2}),
        (lambda d: d.setdefault("b", 2), {"a": 1, "b": 2}),
        (lambda d: d.pop("a"), {}),
        (lambda d: d.popitem(), {}),
        (lambda d: d.__delitem__("a"), {}),
        (lambda d: d.clear(), {}),
    ],
)
def test_every_change_in_place_is_told(change: Any, after: dict[str, Any]) -> None:
    told: list[Any] = []

    def make(asked: Change) -> dict[str, Any]:
        told.append((dict(live), made := asked({"a": 1})))
        return made

    live = Live({"a": 1}, make)
    change(live)
    assert after == live
    assert [({"a": 1}, after)] == told


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (lambda d: d.__setitem__("a", 2), {"a": 2, "typed": "since"}),
        (lambda d: d.update({"b": 2}), {"a": 1, "b": 2, "typed": "since"}),
        (lambda d: d.pop("a"), {"typed": "since"}),
        (lambda d: d.clear(), {}),
    ],
)
def test_a_change_is_made_on_what_is_there_by_now(change: Any, after: dict[str, Any]) -> None:
    live = Live({"a": 1}, lambda asked: asked({"a": 1, "typed": "since"}))
    change(live)
    assert after == live


def test_what_changes_nothing_is_not_told() -> None:
    told: list[Any] = []

    def make(asked: Change) -> dict[str, Any]:
        told.append(asked)
        return {}

    live = Live({"a": 1}, make)
    assert live.setdefault("a", 2) == 1
    assert live.pop("b", 3) == 3
    with pytest.raises(KeyError):
        live.pop("b")
    with pytest.raises(KeyError):
        del live["b"]
    assert [] == told


# -- uploads ---------------------------------------------------------------------------------------------------------


def chunk(offset: int, size: int, **other: Any) -> dict[str, Any]:
    return {
        "view": "v",
        "id": "u1",
        "name": "image",
        "index": 0,
        "filename": "a.png",
        "size": size,
        "offset": offset,
    } | other


def test_chunks_make_a_file_and_one_that_comes_twice_counts_once() -> None:
    uploads = Uploads()
    assert (2, None) == uploads.take(chunk(0, 5), b"ab")
    assert (4, None) == uploads.take(chunk(2, 5), b"cd")
    assert (4, None) == uploads.take(chunk(2, 5), b"cd")
    held, arrived = uploads.take(chunk(4, 5), b"e")
    assert 5 == held
    assert arrived is not None
    assert ("image", "a.png", b"abcde") == (arrived.name, arrived.filename, arrived.data)


@pytest.mark.parametrize(
    ("content", "data"),
    [
        (chunk(3, 5), b"de"),
        (chunk(0, 5), b"too much"),
        (chunk(-1, 5), b""),
        (chunk(0, 10**12), b"x"),
        ({"view": "v", "id": "u"}, b"x"),
    ],
)
def test_a_chunk_that_cannot_be_is_refused(content: dict[str, Any], data: bytes) -> None:
    with pytest.raises(ValueError, match="file"):
        Uploads().take(content, data)


def test_files_that_never_end_make_room_for_others() -> None:
    uploads = Uploads()
    for number in range(MAX_UNDER_WAY + 3):
        uploads.take(chunk(0, 5, id=f"u{number}"), b"ab")
    with pytest.raises(ValueError, match="lost"):
        uploads.take(chunk(2, 5, id="u0"), b"cde")


def test_an_item_of_a_list_has_a_control_of_its_own() -> None:
    made = control(Param(name="tags", kind="list", item=Param(name="tags", kind="text")))
    item = made["item"]
    assert isinstance(item, dict)
    assert "line" == item["look"]


# -- what is sent of many pictures -----------------------------------------------------------------------------------

CHANGES = st.lists(st.tuples(st.sampled_from(["add", "star", "delete", "swap"]), st.integers(0, 400)), max_size=60)


@given(CHANGES)
def test_the_two_parts_are_always_all_pictures_in_order_and_the_second_is_short(changes: list[tuple[str, int]]) -> None:
    shelf: list[dict[str, Any]] = [{"key": number} for number in range(MAX_NEWEST + 10)]
    earlier, _ = parted(shelf, [])
    for what, number in changes:
        place = number % len(shelf) if shelf else 0
        if what == "add" or not shelf:
            shelf = [*shelf, {"key": number}]
        elif what == "star":
            shelf = [*shelf[:place], {**shelf[place], "starred": number}, *shelf[place + 1 :]]
        elif what == "delete":
            shelf = [*shelf[:place], *shelf[place + 1 :]]
        else:
            shelf = [*shelf[:-2], *reversed(shelf[-2:])]
        earlier, newest = parted(shelf, earlier)
        assert shelf == earlier + newest
        assert len(newest) <= MAX_NEWEST


def test_the_first_part_is_sent_seldom_also_where_jobs_end_out_of_order() -> None:
    shelf: list[dict[str, Any]] = []
    earlier: list[dict[str, Any]] = []
    sent = 0
    for number in range(300):
        late = number % KEPT_BACK
        shelf = [*shelf[: len(shelf) - late], {"key": number}, *shelf[len(shelf) - late :]]
        before = earlier
        earlier, _ = parted(shelf, earlier)
        sent += earlier is not before
    assert sent <= 300 // (MAX_NEWEST - KEPT_BACK)
