"""A studio between threads: its page, the cells of the notebook and its jobs all change it, in any order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import ipyimagegen.notebook.widgets.studio.widget as studio_room
from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.jobs.client import Client
from ipyimagegen.notebook.widgets.studio.calls import Call, Calls
from ipyimagegen.notebook.widgets.studio.form import Form
from ipyimagegen.notebook.widgets.studio.live import Live
from ipyimagegen.notebook.widgets.studio.page import Page
from ipyimagegen.notebook.widgets.studio.shelf import Shelf
from ipyimagegen.notebook.widgets.studio.uploads import Arrived
from ipyimagegen.runtime import runtime
from ipyimagegen.services.base import Registry
from ipyimagegen.services.local.service import Local
from ipyimagegen.settings.config import Settings
from tests.doors import PATIENCE_S, Door
from tests.unit.notebook import studios
from tests.unit.notebook.studios import PNG, SLOW, SMALL, Other, settle, until


class Slowly(Client):
    """A client that is told when it may give the description of a model."""

    def __init__(self, services: Registry) -> None:
        super().__init__(settings=Settings(), services=services, journal=None)
        self.may_tell: dict[str, threading.Event] = {}
        self.was_asked = threading.Event()

    def model(self, model: Any = "") -> ModelSpec:
        spec = super().model(model)
        if spec.id in self.may_tell:
            self.was_asked.set()
            assert self.may_tell[spec.id].wait(PATIENCE_S)
        return spec


class Watched(studios.Watched):
    """One that also knows the models that it has read."""

    def __init__(self, *args: Any, **params: Any) -> None:
        self.has_read: list[str] = []
        super().__init__(*args, **params)

    async def _load(self, model: str, mine: int) -> None:
        await super()._load(model, mine)
        self.has_read.append(model)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio_room, "LOAD_WAIT_S", 30.0)


@pytest.fixture(name="client")
def client_() -> Slowly:
    registry = Registry()
    registry.add(Local())
    registry.add(Other())
    return Slowly(registry)


@pytest.fixture
def make(client: Slowly) -> Iterator[Callable[..., Watched]]:
    made: list[Watched] = []

    def one(kind: type[Watched] = Watched, **params: Any) -> Watched:
        made.append(kind("local/sketch", client=client, prompt="a fox", **params))
        return made[-1]

    yield one
    for event in client.may_tell.values():
        event.set()
    for studio in made:
        studio.cancel()
        studio.close()


@pytest.fixture
def done(make: Callable[..., Watched]) -> Watched:
    studio = make(seed=7, **SMALL)
    studio.run().result(20)
    until(lambda: studio.pictures and not studio.jobs)
    return studio


# -- the form ---------------------------------------------------------------------------------------------------------


def test_params_that_somebody_kept_change_nothing_else_that_was_typed_since(make: Callable[..., Watched]) -> None:
    studio = make()
    kept = studio.params
    studio.hear("set", view="v", n=1, values={"prompt": "a fox in snow"})
    kept["seed"] = 7
    assert {"prompt": "a fox in snow", "seed": 7} == studio.params == kept


def test_what_is_run_is_what_stands_there_also_when_two_set_it_at_once(
    make: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = make()
    others = [{"prompt": "of another thread"}]

    def between(*args: Any) -> Live:
        if others:
            studio.params = others.pop()
        return Live(*args)

    monkeypatch.setattr(studio_room, "Live", between)
    studio.params = {"prompt": "of this one"}
    assert studio.form.values == studio.params


def test_problems_are_those_of_the_form_that_stands_there(
    make: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = make()
    judge, others = Form.problems, [{"guidance_scale": 200}]

    def between(form: Form) -> dict[str, str]:
        found = judge(form)
        if others:
            studio.params = others.pop()
        return found

    monkeypatch.setattr(Form, "problems", between)
    studio._judged()
    assert {"guidance_scale"} <= set(studio.problems)


# -- the model --------------------------------------------------------------------------------------------------------


def test_nothing_runs_with_the_form_of_before_once_another_model_is_chosen(
    make: Callable[..., Watched], client: Slowly
) -> None:
    studio = make()

    async def choose_and_run() -> None:
        studio.model = "other/painter"
        with pytest.raises(InvalidInput, match="still being read"):
            studio.run()

    runtime().run(choose_and_run())
    until(lambda: not studio.loading)
    assert ("other/painter", []) == (studio.form.spec.id, client.jobs())


def test_who_goes_back_to_the_model_that_is_here_stays_with_it(make: Callable[..., Watched], client: Slowly) -> None:
    studio = make()
    client.may_tell["other/painter"] = threading.Event()
    studio.hear("choose", model="other/painter")
    studio.hear("choose", model="local/sketch")
    assert not studio.loading
    client.may_tell["other/painter"].set()
    until(lambda: "other/painter" in studio.has_read)
    assert ("local/sketch", "local/sketch") == (studio.model, studio.form.spec.id)
    assert {"prompt": "a fox"} == studio.params


def test_a_picture_whose_model_was_left_again_fills_in_no_other_form(done: Watched, client: Slowly) -> None:
    done.model = "other/painter"
    client.may_tell["local/sketch"] = threading.Event()
    done.hear("act", what="reuse", key=done.pictures[0]["key"])
    assert client.was_asked.wait(PATIENCE_S)
    done.model = "local/cutout"
    client.may_tell["local/sketch"].set()
    until(lambda: "local/sketch" in done.has_read[1:])
    settle()
    assert ("local/cutout", set()) == (done.form.spec.id, {"width", "seed"} & set(done.params))


# -- running ----------------------------------------------------------------------------------------------------------


class Gated(Watched):
    """A studio whose runs begin when they may."""

    def __init__(self, *args: Any, **params: Any) -> None:
        self.may_run = threading.Event()
        super().__init__(*args, **params)

    def run_form(self, *args: Any) -> Any:
        assert self.may_run.wait(PATIENCE_S)
        return super().run_form(*args)


def test_runs_begin_in_their_order_with_what_stood_there_at_the_time(
    make: Callable[..., Watched], client: Slowly
) -> None:
    studio = make(Gated, **SLOW)
    assert isinstance(studio, Gated)
    for n, prompt in enumerate(("one", "two"), start=1):
        studio.hear("set", view="v", n=n, values={"prompt": prompt})
        studio.hear("run")
    studio.hear("count", by=2)
    studio.may_run.set()
    until(lambda: len(studio.calls.running()) >= 2)
    assert ["one", "two"] == [job.request.prompt for job in client.jobs()]


def test_a_call_that_begins_while_another_is_dismissed_is_kept(
    make: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = make(**SLOW)
    gone = studio.run()
    gone.cancel()
    until(lambda: [job["phase"] for job in studio.jobs] == ["cancelled"])
    is_over, others, door = Calls._is_over, [lambda: studio.run_form(studio.form, 1)], Door()
    studio._lock = door  # type: ignore[assignment]

    def between(calls: Calls, call: Call) -> bool:
        if others:
            door.meanwhile(others.pop())
        return is_over(calls, call)

    monkeypatch.setattr(Calls, "_is_over", between)
    studio.hear("dismiss", job=gone.id)
    door.join()
    assert 1 == len(studio.calls.running())


@pytest.mark.parametrize("what", ["star", "delete"])
def test_a_picture_that_comes_while_another_is_marked_is_kept(
    what: str, make: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = make(seed=7, **SMALL)
    studio.run().result(20)
    until(lambda: studio.pictures and not studio.jobs)
    door, verb = Door(), {"star": "starring", "delete": "without"}[what]
    change = getattr(Shelf, verb)
    result = studio.client.run("local/sketch", prompt="a boat", **SMALL)
    studio._lock = door  # type: ignore[assignment]

    def lands() -> None:
        with studio._lock:
            (call,) = calls
            studio.shelf = studio.shelf.adding(call.id, call, result)

    job = studio.client.jobs()[-1]
    calls = [Call(work=job, spec=job.spec, values={})]

    def between(shelf: Shelf, key: str) -> Shelf:
        changed: Shelf = change(shelf, key)
        door.meanwhile(lands)
        return changed

    monkeypatch.setattr(Shelf, verb, between)
    studio.hear("act", what=what, key=studio.pictures[0]["key"])
    door.join()
    assert job.id in {piece.job for piece in studio.shelf.pieces}
    assert {"star": 2, "delete": 1}[what] == len(studio.shelf.pieces)


# -- inputs -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def slow_file(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """The file called `slow.png` is read when this is set."""
    may_read, read = threading.Event(), Page._read

    def late(page: Page, arrived: Arrived) -> Any:
        if arrived.filename == "slow.png":
            assert may_read.wait(PATIENCE_S)
        return read(page, arrived)

    monkeypatch.setattr(Page, "_read", late)
    return may_read


def upload(studio: Watched, filename: str, number: int) -> None:
    common = {"view": "v", "id": f"u{number}", "name": "image", "index": 0, "size": len(PNG), "offset": 0}
    studio.hear("upload", [PNG], filename=filename, **common)


def received(studio: Watched) -> int:
    return sum(kind == "received" for kind, _, _ in studio.said)


def test_the_file_that_was_given_last_stays_however_long_the_one_before_takes(
    make: Callable[..., Watched], slow_file: threading.Event
) -> None:
    studio = make()
    upload(studio, "slow.png", 1)
    upload(studio, "quick.png", 2)
    until(lambda: received(studio) == 1)
    slow_file.set()
    until(lambda: received(studio) == 2)
    assert "quick.png" == studio.params["image"].filename


def test_a_file_that_is_taken_away_while_it_is_read_does_not_come_back(
    make: Callable[..., Watched], slow_file: threading.Event
) -> None:
    studio = make()
    upload(studio, "slow.png", 1)
    studio.hear("set", view="v", n=1, values={"image": None})
    slow_file.set()
    until(lambda: received(studio) == 1)
    assert "image" not in studio.params
