"""The Gallery widget's kernel side: the contract, thumbnails on demand, stars, selection, and what the file keeps."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

import ipyimagegen.notebook.widgets as widgets_room
import ipyimagegen.notebook.widgets.gallery.widget as gallery_room
from ipyimagegen import history
from ipyimagegen.core.cost import FREE
from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.core.events import Output
from ipyimagegen.media.artifacts import Artifact, Payload, make_artifact, missing_artifact
from ipyimagegen.media.metadata.record import Record
from ipyimagegen.media.pixels import encode, from_array
from ipyimagegen.media.results import Result
from ipyimagegen.media.sniff import sniff
from ipyimagegen.notebook.widgets import fallback, scaling
from ipyimagegen.notebook.widgets.gallery import items as gallery_items
from ipyimagegen.notebook.widgets.gallery.items import MAX_CHUNK_BYTES, described, entries
from ipyimagegen.notebook.widgets.gallery.thumbs import BATCH, ThumbnailQueue
from ipyimagegen.notebook.widgets.gallery.widget import FIRST_THUMBS, MAX_SHEET, Gallery
from ipyimagegen.notebook.widgets.scaling import ORIGINAL, Scaled, Scaler, scaled_picture, size_for
from ipyimagegen.runtime import runtime

CONTRACTS = Path(widgets_room.__file__).parent / "contract"
CONTRACT = json.loads((CONTRACTS / "gallery.json").read_text("utf-8"))
STAND_IN = json.loads((CONTRACTS / "stand_in.json").read_text("utf-8"))


def picture(number: int = 0, *, side: int = 32, **record: Any) -> Artifact:
    import numpy as np

    pixels = np.full((side, side, 3), number % 250, dtype=np.uint8)
    made = make_artifact(Payload(data=encode(from_array(pixels), "image/png")), Output(data=b"-"), seed=number)
    known = {"model": "local/sketch", "prompt": f"picture {number}", "seed": number, "cost": FREE}
    return replace(made, record=Record(**{**known, **record}), alt=f"picture {number}")


def result(number: int = 0, **record: Any) -> Result:
    made = picture(number, **record)
    return Result(model=made.record.model, artifacts=(made,), prompt=made.record.prompt, seed=number)


def settle(until: Callable[[], object] = lambda: True) -> None:
    """Let the background thread work until `until` holds."""

    async def wait() -> None:
        async with asyncio.timeout(10):
            await asyncio.sleep(0)
            while not until():  # noqa: ASYNC110 (what is waited for has no event)
                await asyncio.sleep(0.005)

    runtime().run(wait())


class Watched(Gallery):
    """A gallery whose messages to the page are kept."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.said: list[tuple[str, dict[str, Any], list[bytes]]] = []
        super().__init__(*args, **options)

    def say(self, kind: str, buffers: list[bytes] | None = None, **content: Any) -> None:
        self.said.append((kind, content, buffers or []))

    def hear(self, **content: Any) -> None:
        self._handle_custom_msg(content, [])
        settle()

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [content for said, content, _ in self.said if said == kind]


# -- the contract -----------------------------------------------------------------------------------------------------


def test_the_synced_traits_and_their_defaults_are_the_contracts() -> None:
    view = Gallery([])
    own = {*Gallery.class_own_traits(sync=True), *fallback.FallbackWidget.class_own_traits(sync=True)}
    own -= {name for name in own if name.startswith("_")}
    assert own == set(CONTRACT["traits"])
    assert {name: getattr(view, name) for name in own - {"sheet_mark"}} == {
        name: value for name, value in CONTRACT["traits"].items() if name != "sheet_mark"
    }


def test_a_described_picture_has_the_contracts_fields() -> None:
    (entry,) = entries([result()], now=1.0)
    assert set(described(entry, starred=False)) == set(CONTRACT["items"]["item"])


@pytest.mark.parametrize("kind", CONTRACT["toKernel"])
def test_every_message_of_the_page_is_understood(kind: str) -> None:
    Watched([result(1), result(2)]).hear(**CONTRACT["toKernel"][kind])


@pytest.mark.parametrize("kind", CONTRACT["toPage"])
def test_what_is_said_has_the_contracts_fields(kind: str) -> None:
    lost = replace(picture(2), path=Path("gone"), data=b"", sha256="gone")
    view = Watched([picture(1), lost])
    view.hear(kind="hello", view="a", count=0, px=0)
    view.hear(kind="star", index=0, starred=True)
    view.hear(kind="full", view="a", index=1, px=0)
    view.hear(kind="want", view="a", px=64, indices=[0, 1])
    settle(lambda: view.of("thumbs") and view.of("failed") and view.of("full"))
    assert {"kind", *view.of(kind)[0]} == set(CONTRACT["toPage"][kind])


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"kind": 7},
        {"kind": "nonsense"},
        {"kind": "more", "start": -1},
        {"kind": "more", "start": "1"},
        {"kind": "want", "view": "a", "indices": "all", "px": None},
        {"kind": "want", "view": "a", "indices": [99, -1, True, None, "0"], "px": 64},
        {"kind": "full", "view": "a", "index": 99, "px": 64},
        {"kind": "star", "index": None, "starred": True},
    ],
)
def test_a_message_that_makes_no_sense_changes_nothing(content: dict[str, Any]) -> None:
    view = Watched([result()])
    view.hear(**content)
    assert (view.said, view.starred) == ([], [])


# -- items ------------------------------------------------------------------------------------------------------------


def test_making_one_of_five_thousand_reads_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bytes:
        raise AssertionError("a picture was read")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    one = replace(picture(), data=b"", path=Path("kept.png"))
    assert len(Gallery([replace(one, seed=seed) for seed in range(5_000)])) == 5_000


def test_a_page_gets_few_items_at_once_and_the_rest_when_it_asks() -> None:
    view = Watched([picture(seed) for seed in range(3)] * 250)
    view.hear(kind="hello", view="a", count=0, px=0)
    (first,) = view.of("items")
    assert (first["start"], len(first["items"]), first["total"]) == (0, gallery_items.FIRST_ITEMS, 750)
    view.hear(kind="more", view="a", start=100)
    assert len(view.of("items")[1]["items"]) == gallery_items.MORE_ITEMS


def test_a_page_that_says_what_fits_gets_its_first_pictures_unasked() -> None:
    view = Watched([picture(seed) for seed in range(30)])
    view.hear(kind="hello", view="a", count=4, px=64)
    settle(lambda: sum(len(thumbs["indices"]) for thumbs in view.of("thumbs")) == 4)
    view = Watched([picture()])
    view.hear(kind="hello", view="a", count=0, px=0)
    assert view.of("thumbs") == []


def test_a_first_page_gets_its_first_pictures_before_it_asks() -> None:
    view = Watched([result(number) for number in range(FIRST_THUMBS + 5)])
    view.ahead()
    settle(lambda: sum(len(one["indices"]) for one in view.of("thumbs")) == FIRST_THUMBS)
    (items,) = view.of("items")
    assert (items["view"], items["thumbs"], items["px"], len(items["items"])) == ("", 20, 256, FIRST_THUMBS + 5)
    assert {(one["view"], one["px"]) for one in view.of("thumbs")} == {("", 256)}


def test_words_of_further_pictures_wait_for_the_pictures_in_view(monkeypatch: pytest.MonkeyPatch) -> None:
    may_make = threading.Event()
    monkeypatch.setattr(scaling, "scaled_picture", lambda *_: may_make.wait(10) and Scaled("image/png", b"x"))
    monkeypatch.setattr(gallery_room, "MORE_WAIT_S", 10.0)
    view = Watched([result(number) for number in range(150)])
    view.hear(kind="hello", view="a", count=3, px=64)
    view.hear(kind="more", view="a", start=100)
    assert [one["start"] for one in view.of("items")] == [0]
    may_make.set()
    settle(lambda: len(view.of("items")) == 2)
    assert view.of("items")[1]["start"] == 100


def test_prompts_of_any_length_are_cut_and_keep_messages_small() -> None:
    evil = "<b>\x07\u202e" + "x" * 100_000
    view = Watched([picture(seed, prompt=evil) for seed in range(200)])
    view.hear(kind="more", view="a", start=50)
    (items,) = view.of("items")
    assert items["items"][0]["prompt"].startswith("<b> xxx")
    assert len(json.dumps(items)) < MAX_CHUNK_BYTES * 1.1


def test_the_newest_come_first_and_of_equal_times_the_later() -> None:
    old = picture(1, created="2026-01-01T00:00:00+00:00")
    view = Watched([old, picture(2), picture(3)])
    view.hear(kind="hello", view="a", count=0, px=0)
    assert ["3", "2", "1"] == [item["seed"] for item in view.of("items")[0]["items"]]


def test_added_results_reach_the_page() -> None:
    view = Watched([result(1)])
    view.add(result(2))
    settle()
    (items,) = view.of("items")
    assert (items["view"], items["start"], items["total"], len(view.results)) == ("", 1, 2, 2)
    with pytest.raises(InvalidInput, match="int"):
        view.add(7)  # type: ignore[arg-type]


def test_an_unknown_caption_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"'promt'.*prompt"):
        Gallery([], captions=["promt"])


def test_python_sees_what_is_selected_in_its_order() -> None:
    view = Watched([picture(seed) for seed in range(4)])
    view.selection = [2, 0, 99]
    assert [one.seed for one in view.selected] == [1, 3]


# -- the history ------------------------------------------------------------------------------------------------------


def test_a_query_shows_the_history_and_stars_are_kept_there() -> None:
    import ipyimagegen as ig

    made = ig.run("local/sketch", prompt="a gallery of rogues", width=64, height=64, num_inference_steps=2)
    view = Watched("gallery of rogues")
    assert [one.images[0].sha256 for one in view.results] == [made.images[0].sha256]
    view.hear(kind="star", index=0, starred=True)
    settle(lambda: made.job_ids[0] in history.journal().starred())
    assert view.of("stars") == [{"indices": [0], "starred": True}]
    assert [one.sha256 for one in Gallery("gallery of rogues").starred] == [made.images[0].sha256]
    assert len(Gallery("gallery of rogues", starred=True)) == 1
    assert len(Gallery("gallery of rogues", since="1d", starred=False)) == len(Gallery("gallery of rogues")) - 1
    with pytest.raises(InvalidInput, match="since: '1d' narrows a history query, and these are pictures"):
        Gallery(made, since="1d")


# -- thumbnails -------------------------------------------------------------------------------------------------------


def queue_of(pictures: list[Artifact]) -> tuple[ThumbnailQueue, list[tuple[str, int, list[int]]]]:
    sent: list[tuple[str, int, list[int]]] = []
    queue = ThumbnailQueue(
        pictures.__getitem__,
        Scaler(),
        lambda view, px, batch: sent.append((view, px, [index for index, _ in batch])),
        lambda view, px, index, reason: sent.append((view, px, [-index])),
    )
    return queue, sent


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not done():  # noqa: ASYNC110 (what is waited for has no event)
            await asyncio.sleep(0.002)


@pytest.mark.asyncio
async def test_thumbnails_come_in_batches() -> None:
    queue, sent = queue_of([picture(seed) for seed in range(40)])
    queue.want("a", range(40), 64)
    await until(lambda: sum(len(indices) for *_, indices in sent) == 40)
    assert sorted(index for *_, indices in sent for index in indices) == list(range(40))
    assert max(len(indices) for *_, indices in sent) <= BATCH


@pytest.mark.asyncio
async def test_what_left_the_screen_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def slow(artifact: Artifact, px: int) -> Scaled:
        made.append(artifact.seed or 0)
        return scaled_picture(artifact, px)

    monkeypatch.setattr(scaling, "scaled_picture", slow)
    queue, sent = queue_of([picture(seed) for seed in range(200)])
    queue.want("a", range(100), 64)
    queue.drop("a", list(range(100)))
    queue.want("a", [150], 64)
    await until(lambda: [150] in [indices for *_, indices in sent])
    assert made == [150]


class Gated:
    """A scaler whose pictures come when the gate is opened."""

    def __init__(self) -> None:
        self.gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def get(self, _: Artifact, px: int) -> Scaled:
        await asyncio.shield(self.gate)
        return Scaled("image/png", bytes([px]))


@pytest.mark.asyncio
async def test_what_is_wanted_in_the_moment_in_which_the_last_thumbnail_is_made_comes_too() -> None:
    scaler, sent, made = Gated(), [], [picture(0)] * 8
    queue = ThumbnailQueue(made.__getitem__, cast("Scaler", scaler), lambda *batch: sent.append(batch), lambda *_: None)
    queue.want("a", range(4), 64)
    await asyncio.sleep(0)
    scaler.gate.set_result(None)  # wakes the workers in the loop's next turn, and nothing is left for them
    asyncio.get_running_loop().call_soon(
        lambda: asyncio.get_running_loop().call_soon(lambda: queue.want("a", range(4, 8), 64))
    )
    await until(lambda: sum(len(batch) for *_, batch in sent) == 8)


@pytest.mark.asyncio
async def test_the_newest_wish_comes_first_and_each_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def counted(artifact: Artifact, px: int) -> Scaled:
        made.append(artifact.seed or 0)
        return scaled_picture(artifact, px)

    monkeypatch.setattr(scaling, "scaled_picture", counted)
    monkeypatch.setattr("ipyimagegen.notebook.widgets.gallery.thumbs.WORKERS", 1)
    queue, sent = queue_of([picture(seed) for seed in range(20)])
    queue.want("a", range(4), 64)
    queue.want("a", [10, 11], 64)
    await until(lambda: sum(len(indices) for *_, indices in sent) == 6)
    assert [10, 11, 0, 1, 2, 3] == made


@pytest.mark.asyncio
async def test_a_picture_that_is_gone_is_said_and_stops_no_other() -> None:
    gone = replace(picture(1), data=b"", path=Path("gone.png"), sha256="gone", size=99_999)
    queue, sent = queue_of([picture(0), gone, missing_artifact(Output(url="x"), "timed out"), picture(3)])
    queue.want("a", range(4), 64)
    await until(lambda: sum(len(indices) for *_, indices in sent) == 4)
    assert sorted(index for *_, indices in sent for index in indices) == [-2, -1, 0, 3]


@pytest.mark.asyncio
async def test_the_same_content_is_scaled_once_and_the_oldest_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, int]] = []

    def counted(artifact: Artifact, px: int) -> Scaled:
        made.append((artifact.sha256, px))
        return Scaled("image/jpeg", b"x" * 400)

    monkeypatch.setattr(scaling, "scaled_picture", counted)
    scaler = Scaler(max_bytes=1_000)
    one, two, three = picture(1), picture(2), picture(3)
    await asyncio.gather(*(scaler.get(one, 64) for _ in range(5)))
    assert len(made) == 1
    for other in (two, three):
        await scaler.get(other, 64)
    assert scaler.held_bytes == 800
    await scaler.get(one, 64)
    assert len(made) == 4


def test_small_pictures_go_as_they_are_and_large_ones_scaled() -> None:
    small, large = picture(1, side=64), picture(2, side=1200)
    assert scaled_picture(small, 128).data == small.bytes
    assert scaled_picture(large, 128).media_type == "image/jpeg"
    assert scaled_picture(large, ORIGINAL).data == large.bytes


def test_sizes_are_shared_by_views_of_nearly_the_same_size() -> None:
    assert [192, 192, 4096, ORIGINAL] == [size_for(px) for px in (176, 190, 4000, 9000)]


# -- what the notebook keeps ------------------------------------------------------------------------------------------


def test_the_sheet_is_small_marked_and_a_plain_picture() -> None:
    view = Gallery([picture(seed, side=256) for seed in range(60)])
    bundle = view._repr_mimebundle_()[0]
    assert {"application/vnd.jupyter.widget-view+json", "image/jpeg", "text/plain"} == set(bundle)
    assert bundle["image/jpeg"].startswith(view.sheet_mark)
    assert sniff(base64.b64decode(bundle["image/jpeg"])) == "image/jpeg"
    assert len(json.dumps(bundle)) < 200_000
    assert bundle["text/plain"].startswith(f"Gallery of 60 pictures, the newest {MAX_SHEET}:")


class Shown:
    """What IPython hands out for an output that can be renewed."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []

    def update(self, data: dict[str, Any], *, raw: bool) -> None:
        assert raw
        self.shown.append(data)


def test_the_newest_sheet_comes_last_however_long_the_one_before_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fallback, "SETTLE_S", 0.0)
    begun, go_on, made = threading.Event(), threading.Event(), list[int]()

    class Slowly(Watched):
        def sheet(self) -> bytes | None:
            count = len(self)
            if count == 2:
                begun.set()
                assert go_on.wait(20)
            made.append(count)
            return super().sheet()

    view, output = Slowly([picture(1)]), Shown()
    view._handles.append(output)  # type: ignore[arg-type]
    view.add(picture(2))
    assert begun.wait(20)
    view.add(picture(3))
    settle(lambda: view._renewing is None and len(view._work) == 2)
    assert made == []
    go_on.set()
    settle(lambda: len(output.shown) == 2)
    assert made == [2, 3]
    assert "3 pictures" in output.shown[-1]["text/plain"]


def test_a_page_that_was_loaded_again_is_told_the_sheet_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fallback, "SETTLE_S", 0.0)
    view, output = Watched([picture(1)]), Shown()
    view._handles.append(output)  # type: ignore[arg-type]
    view.add(picture(2))
    settle(lambda: len(output.shown) == 1)
    assert view.of("sheet") == []
    view.hear(**STAND_IN["toKernel"]["opened"])
    settle(lambda: view.of("sheet"))
    (told,) = view.of("sheet")
    assert {"kind", *told} == set(STAND_IN["toPage"]["sheet"])
    (example,) = STAND_IN["toPage"]["sheet"]["outputs"]
    (renewed,) = told["outputs"]
    assert {name: set(part) for name, part in renewed.items()} == {name: set(part) for name, part in example.items()}
    assert renewed["data"] == output.shown[-1]
    assert renewed["data"]["image/jpeg"].startswith(view.sheet_mark)


def test_an_empty_gallery_has_no_sheet() -> None:
    assert "image/jpeg" not in Gallery([])._repr_mimebundle_()[0]


@pytest.mark.parametrize(
    ("env", "wanted"),
    [
        ({}, False),
        ({"VSCODE_PID": "1"}, True),
        ({"VSCODE_PID": "1", "JPY_SESSION_NAME": "x.ipynb"}, False),
        ({"COLAB_RELEASE_TAG": "r"}, True),
        ({"SERVER_SOFTWARE": "voila/0.5"}, True),
        ({"JPY_SESSION_NAME": "work/boats-jvsc-0f3c2f4e.ipynb"}, True),
        ({"COLAB_RELEASE_TAG": "release-colab", "JPY_SESSION_NAME": "boats.ipynb"}, True),
    ],
)
def test_hosts_that_show_widgets_by_their_type_only_are_known(env: dict[str, str], *, wanted: bool) -> None:
    assert fallback.shows_widgets_only_by_type(env) is wanted


def test_closing_ends_its_work() -> None:
    view = Watched([picture(seed) for seed in range(50)])
    view.hear(kind="want", view="a", px=64, indices=list(range(50)))
    view.close()
    settle(lambda: not view._thumbs._workers)
    assert view._work == set()
