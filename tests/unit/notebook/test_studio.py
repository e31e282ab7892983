"""The Studio widget's kernel side: the contract, messages, running, and what Python sees."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets
import pytest
import traitlets
from PIL import Image

import ipyimagegen.notebook.widgets as widgets_room
import ipyimagegen.notebook.widgets.studio.widget as studio_room
from ipyimagegen.core.errors import InvalidInput, UnknownModel
from ipyimagegen.core.requests import InputFile
from ipyimagegen.history.journal import Journal
from ipyimagegen.history.rows import Row
from ipyimagegen.jobs.client import Client
from ipyimagegen.jobs.job import Job
from ipyimagegen.media.artifacts import Artifact
from ipyimagegen.media.sniff import dimensions
from ipyimagegen.notebook.widgets.fallback import FallbackWidget
from ipyimagegen.notebook.widgets.pacing import IN_FLIGHT, SELDOM
from ipyimagegen.notebook.widgets.studio.calls import described_job
from ipyimagegen.notebook.widgets.studio.inputs import described_values, medium
from ipyimagegen.notebook.widgets.studio.shelf import MAX_NEWEST, Shelf
from ipyimagegen.notebook.widgets.studio.widget import Studio
from ipyimagegen.notebook.widgets.studio.words import about, catalogue
from ipyimagegen.runtime import runtime
from ipyimagegen.services.base import Registry
from ipyimagegen.services.local.service import Local
from ipyimagegen.settings.config import Settings
from tests.unit.notebook.studios import PNG, SLOW, SMALL, Other, Watched, settle, until

CONTRACT = json.loads((Path(widgets_room.__file__).parent / "contract" / "studio.json").read_text("utf-8"))
COMM_TRAITS = {"_model_name", "_model_module", "_model_module_version", "_view_name", "_view_module"}


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model's description is there when a studio is made, however busy the machine is."""
    monkeypatch.setattr(studio_room, "LOAD_WAIT_S", 30.0)


@pytest.fixture(name="client")
def client_() -> Client:
    registry = Registry()
    registry.add(Local())
    registry.add(Other())
    return Client(settings=Settings(), services=registry, journal=None)


@pytest.fixture
def make(client: Client) -> Iterator[Callable[..., Watched]]:
    made: list[Watched] = []

    def one(*args: Any, **params: Any) -> Watched:
        made.append(Watched(*(args or ("local/sketch",)), client=client, **params))
        return made[-1]

    yield one
    for studio in made:
        studio.cancel()
        studio.close()


def run(studio: Studio) -> Any:
    work = studio.run()
    result = work.result(20)
    until(lambda: not studio.calls.running() and not studio.jobs)
    return result


# -- the contract ----------------------------------------------------------------------------------------------------


def test_the_traits_are_the_contracts(make: Callable[..., Watched]) -> None:
    bare = {
        name for name, trait in Studio.class_traits(sync=True).items() if trait.this_class in (Studio, FallbackWidget)
    }
    assert set(CONTRACT["traits"]) == bare
    for name, value in CONTRACT["traits"].items():
        assert value == Studio.class_traits()[name].default(), name


def test_every_message_of_the_page_is_heard_and_no_other(make: Callable[..., Watched]) -> None:
    assert set(CONTRACT["toKernel"]) == {*make()._page.hears, "upload"}


def test_what_is_told_has_the_contracts_fields(make: Callable[..., Watched]) -> None:
    items, studio = CONTRACT["items"], make(prompt="a fox", **SMALL)
    assert set(items["about"]) == set(about(studio.form.spec)) == set(studio.about)
    assert set(items["controls"]) == set(studio.controls[0])
    assert set(items["estimate"]) == set(studio.estimate)
    assert set(items["catalogue"]) == set(catalogue([studio.form.spec])[0])
    work = studio.run()
    call, job = next(studio.calls.jobs())
    assert set(items["jobs"]) == set(described_job(call, job))
    work.result(20)
    until(lambda: studio.pictures)
    assert set(items["pictures"]) == set(studio.pictures[0])
    assert set(items["medium"]) == set(medium(InputFile(filename="a", media_type="", url="https://a.example")))


def test_messages_to_the_page_have_the_contracts_fields(make: Callable[..., Watched]) -> None:
    studio = make(prompt="a fox", **SMALL)
    studio.hear("hello", view="v", n=1, visible=True, width_px=64, pixel_ratio=1.0)
    run(studio)
    key = studio.pictures[0]["key"]
    studio.hear("want", keys=[key, "nothing"], px=16)
    studio.hear("fetch", view="v", what="code", key=key)
    studio.hear("fetch", view="v", what="copy", key=key)
    studio.hear("upload", [PNG], view="v", id="u1", name="image", index=0, filename="a", size=len(PNG), offset=0)
    studio.hear("act", what="keep", key=key)
    until(lambda: {kind for kind, *_ in studio.said} == set(CONTRACT["toPage"]))
    for kind, content, _ in studio.said:
        assert {"kind", *content} == set(CONTRACT["toPage"][kind])


# -- the form --------------------------------------------------------------------------------------------------------


def test_a_page_edits_and_hears_that_it_was_taken_in(make: Callable[..., Watched]) -> None:
    studio = make()
    studio.hear("set", view="v", n=4, values={"prompt": "a fox", "num_inference_steps": "7", "guidance_scale": "x"})
    assert {"prompt": "a fox", "num_inference_steps": 7, "guidance_scale": "x"} == studio.params
    assert {"guidance_scale": "'x' is not a number (0 to 20)"} == studio.problems
    assert [({"of": "set", "view": "v", "n": 4}, [])] == studio.answers("ack")


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "set", "values": "no"},
        {"kind": "set", "values": {"": {}, "prompt": {"a": [1]}}},
        {"kind": "count", "by": "many"},
        {"kind": "count", "by": -3},
        {"kind": "choose", "model": 7},
        {"kind": "use", "name": "image", "index": -1, "key": 3, "url": None},
        {"kind": "want", "keys": "all", "px": "big"},
        {"kind": "want", "keys": [1, None], "px": -1},
        {"kind": "upload"},
        {"kind": "act", "what": "explode", "key": "x"},
        {"kind": "fetch", "key": ["x"]},
        {"kind": "dismiss", "job": {}},
        {"kind": "hello", "view": 1, "n": "x"},
        {"kind": "shown", "frames": {"a": "x"}},
        {"kind": "shown", "frames": 7},
        {"kind": "unheard of"},
        {"no": "kind"},
        "text",
    ],
)
def test_wrong_messages_break_nothing(make: Callable[..., Watched], content: Any) -> None:
    studio = make(prompt="a fox")
    failures: list[Any] = []
    runtime().loop.set_exception_handler(lambda _, context: failures.append(context))
    try:
        studio._handle_custom_msg(content, [])
        settle()
    finally:
        runtime().loop.set_exception_handler(None)
    assert [] == failures
    assert 1 == studio.n


def test_python_sets_values_in_place_and_as_a_whole(make: Callable[..., Watched]) -> None:
    studio = make()
    seen: list[Any] = []
    studio.observe(lambda change: seen.append(dict(change.new)), "params")
    studio.params["prompt"] = "a fox"
    studio.params = {"prompt": "a boat", "seed": 7}
    del studio.params["seed"]
    assert [{"prompt": "a fox"}, {"prompt": "a boat", "seed": 7}, {"prompt": "a boat"}] == seen


def test_the_constructor_takes_parameters_and_names_the_wrong_ones(make: Callable[..., Watched]) -> None:
    assert "did you mean 'prompt'" in make(promt="a fox").problems["promt"]


def test_an_unknown_model_is_refused_with_the_nearest_name(make: Callable[..., Watched]) -> None:
    with pytest.raises(UnknownModel, match="local/sketch"):
        make("local/skech")
    studio = make()
    with pytest.raises(UnknownModel, match="local/sketch"):
        studio.model = "local/skech"
    assert "local/sketch" == studio.model
    assert "did you mean 'local/sketch'" in studio.fault


def test_a_page_that_chooses_an_unknown_model_is_told(make: Callable[..., Watched]) -> None:
    studio = make()
    studio.hear("choose", model="local/skech")
    until(lambda: studio.fault)
    assert ("local/sketch", False) == (studio.model, studio.loading)


def test_a_switch_keeps_the_prompt_under_its_new_name_and_says_what_went(make: Callable[..., Watched]) -> None:
    studio = make(prompt="a fox", style="oil")
    studio.hear("choose", model="other/painter")
    until(lambda: studio.model == "other/painter" and not studio.loading)
    assert {"text_prompt": "a fox"} == studio.params
    assert "style" in studio.notice
    assert studio.about["has_n"]
    assert "unknown" == studio.estimate["cost"]


def test_a_model_that_counts_its_own_pictures_gets_the_count_as_a_parameter(make: Callable[..., Watched]) -> None:
    assert {"text_prompt": "a fox", "n": 4} == make("other/painter", n=4, text_prompt="a fox").params


def test_the_catalogue_comes_by_itself(make: Callable[..., Watched]) -> None:
    studio = make()
    until(lambda: studio.catalogue)
    assert {"local/sketch", "local/cutout", "other/painter"} == {model["id"] for model in studio.catalogue}


# -- running ---------------------------------------------------------------------------------------------------------


def test_run_returns_at_once_and_the_result_is_kept(make: Callable[..., Watched]) -> None:
    studio, go_on = make(prompt="a fox", seed=7, **SMALL), threading.Event()
    runtime().loop.call_soon_threadsafe(go_on.wait, 20)  # nothing is done in the background meanwhile
    work = studio.run()
    assert isinstance(work, Job)
    assert not work.done
    go_on.set()
    result = work.result(20)
    until(lambda: studio.results and not studio.jobs)
    assert [result] == studio.results
    assert ["7"] == [one["seed"] for one in studio.pictures]
    assert ("free", []) == (studio.spent, studio.jobs)
    assert ["a fox"] == studio.prompts


def test_prompts_that_ran_while_the_journal_was_read_stay(tmp_path: Path) -> None:
    read, go_on = threading.Event(), threading.Event()

    class Slowly(Journal):
        """A journal that is long in being read."""

        def rows(self, *args: Any, **filters: Any) -> list[Row]:
            found = super().rows(*args, **filters)
            read.set()
            go_on.wait(20)
            return found

    registry = Registry()
    registry.add(Local())
    client = Client(settings=Settings(), services=registry, journal=Slowly(tmp_path))
    client.run("local/sketch", prompt="an old owl", **SMALL)
    studio = Watched("local/sketch", client=client, prompt="a fox", **SMALL)
    try:
        assert read.wait(20)
        run(studio)
        assert ["a fox"] == studio.prompts
        go_on.set()
        until(lambda: len(studio.prompts) > 1)
        assert ["a fox", "an old owl"] == studio.prompts
    finally:
        go_on.set()
        studio.close()


def test_n_pictures_are_one_result(make: Callable[..., Watched]) -> None:
    studio = make(prompt="a fox", seed=7, n=3, **SMALL)
    run(studio)
    assert [(7, 8, 9)] == [result.seeds for result in studio.results]
    assert ["7", "8", "9"] == [one["seed"] for one in studio.pictures]


class Slow(Watched):
    """A studio that hears late, when `may_hear` is set, that the last of its jobs has ended."""

    def __init__(self, *args: Any, **params: Any) -> None:
        self.may_hear = threading.Event()
        super().__init__(*args, **params)

    def _ended(self, job: Job, outcome: Any) -> None:
        if all(one.outcome.done() for _, one in self.calls.jobs()):
            self.may_hear.wait(20)
        super()._ended(job, outcome)


@pytest.mark.parametrize("n", [1, 2])
def test_a_result_that_was_waited_for_is_among_the_results(n: int, client: Client) -> None:
    studio = Slow("local/sketch", client=client, n=n, prompt="a fox", **SMALL)
    told: list[int] = []
    studio.observe(lambda change: told.append(len(change.new)), "results")
    try:
        result = studio.run().result(20)
        assert [one.images for one in studio.results] == [result.images]
        assert (len(result.images), told[-1], studio.jobs) == (n, 1, [])
    finally:
        studio.may_hear.set()
        settle()
        studio.close()
    assert (len(studio.results), len(studio.shelf.pieces), told.count(1)) == (1, n, 1)


def test_no_result_is_lost_while_nobody_has_heard_of_it(client: Client) -> None:
    studio = Slow("local/sketch", client=client, prompt="a fox", **SMALL)
    try:
        first = studio.run()
        first.result(20)
        studio.calls.dismiss(first.id)
        second = studio.run()
        studio.may_hear.set()
        second.result(20)
        assert len(studio.results) == 2
    finally:
        studio.may_hear.set()
        studio.close()


def test_a_form_with_problems_is_not_sent(make: Callable[..., Watched]) -> None:
    studio = make(prompt="a fox", guidance_scale=200)
    with pytest.raises(InvalidInput, match="guidance_scale"):
        studio.run()
    studio.hear("run")
    until(lambda: studio.fault)
    assert "Not sent: see guidance_scale." == studio.fault
    studio.params["guidance_scale"] = 2
    assert "" == studio.fault
    assert [] == studio.client.jobs()


def test_cancel_ends_everything_and_the_strip_keeps_it_until_dismissed(make: Callable[..., Watched]) -> None:
    studio = make(prompt="a fox", **SLOW)
    works = [studio.run(), studio.run()]
    assert studio.cancel()
    until(lambda: all(work.done for work in works))
    until(lambda: {job["phase"] for job in studio.jobs} == {"cancelled"})
    assert not studio.cancel()
    for work in works:
        studio.hear("dismiss", job=work.id)
    assert [] == studio.jobs


def test_a_page_cancels_one_job(make: Callable[..., Watched]) -> None:
    studio = make(prompt="a fox", **SLOW)
    first, second = studio.run(), studio.run()
    studio.hear("cancel", job=first.id)
    until(lambda: first.done)
    assert not second.done


def test_a_failure_stays_until_the_next_run(make: Callable[..., Watched]) -> None:
    studio = make(prompt="a fox", fail_at_step=1, **SMALL)
    studio.run()
    until(lambda: [job["phase"] for job in studio.jobs] == ["failed"])
    assert studio.jobs[0]["error"]
    del studio.params["fail_at_step"]
    run(studio)
    assert [] == studio.jobs


def test_previews_come_at_the_pages_pace(make: Callable[..., Watched]) -> None:
    studio = make(prompt="a fox", **{**SLOW, "step_delay_s": 0.02, "num_inference_steps": 20})
    studio.hear("hello", view="v", n=1, visible=True, width_px=64, pixel_ratio=1.0)
    run(studio)
    assert IN_FLIGHT <= len(studio.answers("frame")) <= 2 * SELDOM  # of 20: nobody said that they were seen
    assert studio.answers("frame")[0][1][0].startswith(b"\xff\xd8\xff")


def filled(studio: Studio) -> dict[str, Any]:
    """A prompt and every picture that the model takes: some need one, and their service does not say so before."""
    params = studio.form.spec.params
    words = {params.prompt.name: "a fox"} if params.prompt is not None else {}
    picture = Image.new("RGB", (64, 64), "white")
    return words | {param.name: picture for param in params.values() if param.kind in ("image", "mask")}


@pytest.mark.slow
def test_every_model_of_every_service_runs_from_its_own_form(monkeypatch: pytest.MonkeyPatch) -> None:
    from ipyimagegen.gateway import TimedWork, serve

    with serve(work=TimedWork()) as gateway:
        for name, value in gateway.env().items():
            monkeypatch.setenv(name, value)
        client = Client(settings=Settings(), services=Registry.discover(), journal=None)
        studio = Watched("local/sketch", client=client)
        until(lambda: studio.catalogue)
        services = {model["service"] for model in studio.catalogue}
        for model in studio.catalogue:
            studio.model = model["id"]
            until(lambda: not studio.loading)
            studio.params = filled(studio)
            assert {} == studio.problems, model["id"]
            run(studio)
        assert {"local", "openpixels", "segmind", "inferencesh"} <= services
        assert len(studio.catalogue) == len(studio.results)
        studio.close()
        client.close()


# -- pictures --------------------------------------------------------------------------------------------------------


@pytest.fixture
def done(make: Callable[..., Watched]) -> Watched:
    studio = make(prompt="a fox", seed=7, **SMALL)
    run(studio)
    return studio


def key_of(studio: Studio) -> str:
    return str(studio.pictures[-1]["key"])


def test_how_long_it_takes_is_known_from_the_first_picture_on(make: Callable[..., Watched]) -> None:
    studio = make(prompt="a fox", **SMALL)
    until(lambda: studio._knows_pace)
    before = studio.estimate["seconds"]
    run(studio)
    assert (before, studio.estimate["seconds"] is None) == (None, False)


def test_news_of_a_job_describe_no_picture_anew(done: Watched) -> None:
    shown = (done.pictures, done.results)
    done.update()
    assert (done.pictures is shown[0], done.results[0] is shown[1][0]) == (True, True)
    done.hear("act", what="star", key=key_of(done))
    assert done.pictures is not shown[0]


def sent_by(studio: Watched, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What goes to the page of pictures from now on; other news may come at any time."""
    sent: list[dict[str, Any]] = []

    def keep(message: dict[str, Any], buffers: object = None) -> None:
        if {"pictures", "earlier", "newest"} & set(message["state"]):
            sent.append(message["state"])

    monkeypatch.setattr(studio, "_send", keep)
    return sent


def filled_up(studio: Watched, count: int) -> None:
    """As if so many more pictures had been made, one after the other."""
    one = studio.shelf.pieces[0]
    for number in range(count):
        another = replace(one, key=f"job-{number}.0", call=f"job-{number}")
        studio.reshelve(lambda shelf, another=another: Shelf((*shelf.pieces, another)))  # type: ignore[misc]


def test_of_many_pictures_a_new_one_sends_but_the_newest(done: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    filled_up(done, 300)
    assert [301, 301] == [len(done.pictures), len(done.earlier) + len(done.newest)]
    assert done.pictures == done.earlier + done.newest
    sent = sent_by(done, monkeypatch)
    filled_up(done, 300)
    told = [sum(len(state.get(part, ())) for part in ("earlier", "newest")) for state in sent]
    assert 300 == len(told)
    assert sum(told) < 300 * 2 * MAX_NEWEST
    assert all("pictures" not in state for state in sent)


def test_a_new_view_gets_what_was_put_aside_while_it_came_and_no_view_twice(
    done: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled_up(done, 60)
    sent = sent_by(done, monkeypatch)
    for n in (1, 2):
        done.hear("hello", view="late", n=n, visible=True, width_px=64, pixel_ratio=1.0)
    assert [{"earlier": done.earlier, "newest": done.newest}] == sent
    assert done.pictures == sent[0]["earlier"] + sent[0]["newest"]


def test_star_delete_and_undo(done: Watched) -> None:
    done.hear("act", what="star", key=key_of(done))
    assert done.pictures[0]["starred"]
    assert [7] == [artifact.seed for artifact in done.starred]
    done.hear("act", what="delete", key=key_of(done))
    assert ([], []) == (done.pictures, done.results)
    done.hear("act", what="undelete", key="")
    assert done.pictures[0]["starred"]
    assert 1 == len(done.results)


def test_a_star_outlives_the_kernel(make: Callable[..., Watched], tmp_path: Path) -> None:
    studio = make(prompt="a fox", seed=7, **SMALL)
    studio.client.journal = journal = Journal(tmp_path)
    run(studio)
    studio.hear("act", what="star", key=key_of(studio))
    assert journal.starred() == {key_of(studio).rpartition(".")[0]}  # what reads waits for what was written before
    studio.hear("act", what="star", key=key_of(studio))
    assert journal.starred() == frozenset()


def test_one_of_several_deleted_leaves_the_others_in_the_result(make: Callable[..., Watched]) -> None:
    studio = make(prompt="a fox", seed=7, n=3, **SMALL)
    run(studio)
    by_seed = {one["seed"]: one["key"] for one in studio.pictures}
    studio.hear("act", what="delete", key=by_seed["8"])
    assert {7, 9} == set(studio.results[0].seeds)


def test_reuse_everything_the_prompt_or_the_seed(done: Watched) -> None:
    original = dict(done.params)
    done.params = {"prompt": "a boat"}
    done.hear("act", what="seed", key=key_of(done))
    assert {"prompt": "a boat", "seed": 7} == done.params
    done.hear("act", what="prompt", key=key_of(done))
    assert {"prompt": "a fox", "seed": 7} == done.params
    done.params = {}
    done.hear("act", what="reuse", key=key_of(done))
    until(lambda: done.params == original)


def test_reuse_of_another_models_picture_goes_back_to_that_model(done: Watched) -> None:
    original = dict(done.params)
    done.model = "other/painter"
    done.hear("act", what="prompt", key=key_of(done))
    assert {"text_prompt": "a fox"} == done.params
    done.hear("act", what="reuse", key=key_of(done))
    until(lambda: done.model == "local/sketch" and done.params == original)


def test_vary_runs_the_same_with_another_seed_and_leaves_the_form(done: Watched) -> None:
    done.params = {"prompt": "a boat"}
    done.hear("act", what="vary", key=key_of(done))
    until(lambda: len(done.pictures) == 2)
    assert "a fox" == done.pictures[1]["alt"]
    assert "7" != done.pictures[1]["seed"]
    assert {"prompt": "a boat"} == done.params


def test_a_result_is_an_input_and_its_code_fetches_it_again(done: Watched) -> None:
    done.hear("use", name="image", index=0, key=key_of(done), url="")
    assert isinstance(done.params["image"], Artifact)
    assert 64 == done.get_state("params")["params"]["image"]["width"]
    run(done)
    done.hear("fetch", view="v", what="code", key=key_of(done))
    until(lambda: done.answers("file"))
    assert f'image=ig.attach("{done.results[0].job_ids[0]}").result()' in done.answers("file")[-1][0]["text"]


def test_an_upload_is_kept_by_its_content_and_shown_in_small(make: Callable[..., Watched]) -> None:
    studio = make(prompt="a fox")
    half = len(PNG) // 2
    common = {"view": "v", "id": "u1", "name": "image", "index": 0, "filename": "../a.png", "size": len(PNG)}
    studio.hear("upload", [PNG[:half]], offset=0, **common)
    studio.hear("upload", [PNG[half:]], offset=half, **common)
    until(lambda: "image" in studio.params)
    image = studio.params["image"]
    assert (PNG, "a.png", b"") == (image.read(), image.filename, image.data)
    until(lambda: len(studio.answers("received")) == 2)
    assert [half, len(PNG)] == [content["bytes"] for content, _ in studio.answers("received")]
    studio.hear("want", keys=[studio.get_state("params")["params"]["image"]["key"]], px=64)
    until(lambda: studio.answers("picture"))
    assert [PNG] == studio.answers("picture")[0][1]


def test_an_input_is_used_as_the_mask_too(make: Callable[..., Watched]) -> None:
    studio = make(prompt="a fox", image=PNG, **SMALL)
    key = described_values(studio.params)["image"]["key"]  # type: ignore[index,call-overload]
    studio.hear("use", name="mask", index=0, key=key, url="")
    assert studio.params["mask"] is studio.params["image"]
    assert {} == studio.problems


def test_an_upload_that_is_no_picture_says_so_at_its_control(make: Callable[..., Watched]) -> None:
    studio = make(prompt="a fox")
    data = b"<html>"
    studio.hear("upload", [data], view="v", id="u", name="image", index=0, filename="a.png", size=len(data), offset=0)
    until(lambda: "image" in studio.problems)
    assert "is not a picture" in studio.problems["image"]


def test_a_picture_is_sent_at_the_size_that_is_asked(done: Watched) -> None:
    for px in (16, 64, 0):
        done.hear("want", keys=[key_of(done)], px=px)
    until(lambda: len(done.answers("picture")) == 3)
    sizes = {content["px"]: len(buffers[0]) for content, buffers in done.answers("picture")}
    assert sizes[16] < sizes[64] == sizes[0] == done.pictures[0]["size"]


def test_a_download_has_a_name_and_its_metadata(done: Watched) -> None:
    done.hear("fetch", view="v", what="download", key=key_of(done))
    until(lambda: done.answers("file"))
    content, buffers = done.answers("file")[0]
    assert ("v", "a-fox-7.png", "image/png") == (content["view"], content["name"], content["type"])
    assert b"ipyimagegen" in buffers[0]


@pytest.mark.parametrize(("page_age_s", "words"), [(9.0, "Kept in the notebook"), (0.0, "loaded again")])
def test_keeping_says_when_the_page_no_longer_takes_the_cells_output(
    done: Watched, page_age_s: float, words: str
) -> None:
    common: dict[str, Any] = {"visible": True, "width_px": 64, "pixel_ratio": 1.0}
    done.hear("hello", view="v", n=1, page_age_s=page_age_s, **common)
    done.hear("act", what="keep", key=key_of(done))
    until(lambda: done.answers("said"))
    assert words in done.answers("said")[0][0]["text"]


def test_a_page_that_was_loaded_again_keeps_a_picture_by_itself(done: Watched) -> None:
    done.hear("opened")
    done.hear("hello", view="v", n=1, page_age_s=0.0, visible=True, width_px=64, pixel_ratio=1.0)
    done.hear("act", what="keep", key=key_of(done))
    until(lambda: done.answers("said"))
    assert "Kept in the notebook" in done.answers("said")[0][0]["text"]
    sheet, picture = done.answers("sheet")[-1][0]["outputs"]
    assert sheet["data"]["image/jpeg"].startswith(done.sheet_mark)
    assert {"image/png", "text/plain"} == set(picture["data"])
    assert 7 == picture["metadata"]["ipyimagegen"]["seed"]


def test_everything_is_reset_and_brought_back_by_the_page_and_by_python(done: Watched) -> None:
    done.params["image"] = PNG
    before, image = dict(done.params), done.params["image"]
    done.hear("reset", undo=False)
    assert {"prompt": "a fox", "image": image} == done.params
    assert set(SMALL) | {"seed"} == set(done.was_reset)
    done.undo_reset()
    assert (before, []) == (done.params, done.was_reset)
    done.reset()
    done.params["seed"] = 9
    done.hear("reset", undo=True)
    assert ({**before, "seed": 9}, []) == (done.params, done.was_reset)


def test_what_a_reset_took_is_not_mixed_into_a_picture_that_is_reused(done: Watched) -> None:
    original = dict(done.params)
    done.params["style"] = "oil"
    done.reset()
    done.hear("act", what="reuse", key=key_of(done))
    until(lambda: done.params == original)
    assert [] == done.was_reset
    done.undo_reset()
    assert original == done.params


def test_other_widgets_can_be_linked_to_a_parameter(done: Watched) -> None:
    slider = ipywidgets.IntSlider(5)
    traitlets.dlink((slider, "value"), (done, "params"), lambda steps: {**done.params, "num_inference_steps": steps})
    slider.value = 9
    assert 9 == done.params["num_inference_steps"]


def test_a_picture_of_another_widget_is_used_by_its_job_and_content(
    make: Callable[..., Watched], done: Watched
) -> None:
    (artifact,) = done.results[0].images
    studio = make(prompt="a boat", **SMALL)
    studio.hear("use", name="image", index=0, key=f"{artifact.record.job_id}.{artifact.sha256}", url="")
    until(lambda: "image" in studio.params)
    assert artifact == studio.params["image"]
    studio.hear("use", name="image", index=0, key="none.0", url="")
    until(lambda: "image" in studio.problems)
    assert "no job 'none'" in studio.problems["image"]


# -- what Python and readers see -------------------------------------------------------------------------------------


def test_it_says_what_it_is(done: Watched) -> None:
    assert (
        "<Studio local/sketch: prompt='a fox', width=64, height=64, num_inference_steps=2, seed=7 · 1 picture>"
        == repr(done)
    )


def test_a_saved_notebook_gets_words_and_the_latest_pictures(make: Callable[..., Watched], done: Watched) -> None:
    bare, _ = make()._repr_mimebundle_()
    assert {"text/plain", "image/jpeg", "application/vnd.jupyter.widget-view+json"} == set(bare)
    one, _ = done._repr_mimebundle_()
    assert one["text/plain"] == repr(done)
    done.n = 2
    run(done)
    several, _ = done._repr_mimebundle_()
    sizes = [dimensions(base64.b64decode(each["image/jpeg"])) for each in (bare, one, several)]
    assert [(560, 72), (120, 144), (336, 144)] == sizes


def test_its_first_picture_in_the_file_is_words_whatever_was_made(done: Watched) -> None:
    assert dimensions(done.first_sheet())[0] == 560  # type: ignore[index]
    assert dimensions(done.first_sheet()) != dimensions(done.sheet())


def test_words_say_how_to_collect_what_is_at_work(make: Callable[..., Watched]) -> None:
    studio = make(prompt="a fox", num_inference_steps=50, step_delay_s=0.2)
    work = studio.run()
    assert f"1 at work when this was saved; collect with ig.attach({work.jobs[0].id!r})" in studio.sheet_text()
    studio.cancel()


def test_no_pixels_and_no_keys_are_in_the_saved_state(done: Watched) -> None:
    done.params["image"] = PNG
    state = {name: value for name, value in done.get_state().items() if name not in ("_esm", "_css")}
    text = json.dumps(state, default=str)
    assert len(text) < 40_000
    assert "iVBOR" not in text


def test_after_close_nothing_watches_the_jobs(make: Callable[..., Watched]) -> None:
    studio = make(prompt="a fox", **SLOW)
    work = studio.run()
    assert isinstance(work, Job)
    studio.close()
    settle()
    assert [] == work._observers
    assert not work.done
    work.cancel()


def test_long_and_hostile_words_are_capped(make: Callable[..., Watched]) -> None:
    studio = make(prompt="\u202e<script>\x00" * 900, **SMALL)
    run(studio)
    told = studio.pictures[0]
    assert len(told["alt"]) < 1_100
    assert "\u202e" not in told["alt"]
    assert "\x00" not in told["alt"]
