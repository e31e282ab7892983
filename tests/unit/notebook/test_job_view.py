"""The JobView widget's kernel side: the contract, the pace of previews, Cancel, and the end."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ipyimagegen.notebook.widgets as widgets_room
from ipyimagegen.core.errors import JobCancelled
from ipyimagegen.core.events import Progress
from ipyimagegen.jobs.client import Client
from ipyimagegen.jobs.job import Job
from ipyimagegen.media.previews import BytesFrame
from ipyimagegen.media.sniff import sniff
from ipyimagegen.notebook.widgets.fallback import FallbackWidget
from ipyimagegen.notebook.widgets.job_view import widget as job_view
from ipyimagegen.notebook.widgets.job_view.widget import JobView, described
from ipyimagegen.notebook.widgets.pacing import FramePump, Stamp, Viewing, combined
from ipyimagegen.runtime import runtime
from ipyimagegen.services.base import Registry
from ipyimagegen.services.local.service import Local
from ipyimagegen.settings.config import Settings

CONTRACT = json.loads((Path(widgets_room.__file__).parent / "contract" / "job_view.json").read_text("utf-8"))
PLAIN: tuple[dict[str, Any], dict[str, Any]] = ({"image/png": "iVBOR", "text/plain": "a boat"}, {"ipyimagegen": {}})
HELLO = {"kind": "hello", "view": "a", "n": 1, "visible": True, "width_px": 64, "pixel_ratio": 1.0}


def settle() -> None:
    """Let the background thread do what was posted to it."""

    async def nothing() -> None:
        return None

    runtime().run(nothing())


class FakeFrame(BytesFrame):
    """A frame whose bytes tell its number."""

    def __init__(self, number: int) -> None:
        self.number = number

    def jpeg(self, max_px: int) -> bytes:
        return f"{self.number}@{max_px}".encode()


class Watched(JobView):
    """A view whose messages to the page are kept."""

    def __init__(self, work: Job) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []
        super().__init__(work)

    def say(self, kind: str, buffers: list[bytes] | None = None, **content: Any) -> None:
        self.said.append((kind, content))

    def hear(self, **content: Any) -> None:
        self._handle_custom_msg(content, [])
        settle()


@pytest.fixture
def client() -> Client:
    registry = Registry()
    registry.add(Local())
    return Client(settings=Settings(), services=registry, journal=None)


@pytest.fixture
def job(client: Client) -> Iterator[Job]:
    """A job that goes on until it is told to end."""
    made = client.submit(
        "local/sketch", prompt="a boat", width=64, height=64, num_inference_steps=50, step_delay_s=1
    ).jobs[0]
    yield made
    made.cancel()


def test_the_synced_traits_and_their_defaults_are_the_contracts() -> None:
    view = JobView()
    own = {*JobView.class_own_traits(sync=True), *FallbackWidget.class_own_traits(sync=True)}
    own -= {name for name in own if name.startswith("_")}
    assert own == set(CONTRACT["traits"])
    assert {name: getattr(view, name) for name in own} == {**CONTRACT["traits"], "sheet_mark": view.sheet_mark}


def test_a_described_job_has_the_contracts_fields(job: Job) -> None:
    example = CONTRACT["items"]["jobs"]
    assert set(described(job)) == set(example)
    assert [
        name for name, value in described(job).items() if isinstance(value, str) != isinstance(example[name], str)
    ] == []


def test_what_a_job_did_just_before_it_was_watched_is_shown(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Job.watch

    def late(self: Job, observer: Callable[[Any], object]) -> Callable[[], None]:
        async def move() -> None:
            self.move(Progress(fraction=0.9))

        runtime().run(move())
        return watch(self, observer)

    monkeypatch.setattr(Job, "watch", late)
    view = Watched(job)
    settle()
    assert view.jobs[0]["fraction"] == 0.9


@pytest.mark.parametrize("kind", CONTRACT["toKernel"])
def test_every_message_of_the_page_is_understood(kind: str, job: Job) -> None:
    Watched(job).hear(**CONTRACT["toKernel"][kind])


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"kind": 7},
        {"kind": "shown", "frames": {"a": "x"}},
        {"kind": "shown", "frames": 7},
        {"kind": "hello"},
        {"kind": "nonsense"},
    ],
)
def test_a_message_that_makes_no_sense_changes_nothing(content: dict[str, Any], job: Job) -> None:
    view = Watched(job)
    view.hear(**content)
    assert (view._screens.views, job.done) == ({}, False)


def test_cancel_is_acknowledged_at_once_and_ends_the_job(job: Job) -> None:
    view = Watched(job)
    view.hear(kind="cancel", job=None)
    assert view.said[0] == ("ack", {"of": "cancel"})
    with pytest.raises(JobCancelled):
        job.result(10)


def test_a_hello_is_acknowledged_and_an_older_one_changes_nothing(job: Job) -> None:
    view = Watched(job)
    view.hear(**{**HELLO, "n": 2})
    view.hear(**{**HELLO, "n": 1, "visible": False})
    assert view._screens.views["a"].visible
    assert view.said[0] == ("ack", {"of": "hello"})


def test_a_finished_view_closes_when_the_last_page_says_bye(job: Job) -> None:
    view = Watched(job)
    view.hear(**HELLO)
    job.cancel()
    with pytest.raises(JobCancelled):
        job.result(10)
    view.finish([PLAIN])
    settle()
    assert view.comm is not None
    assert [kind for kind, _ in view.said if kind == "sheet"] == []
    view.hear(kind="bye", view="a")
    assert view.comm is None


def test_a_view_that_no_page_ever_showed_closes_at_once(job: Job) -> None:
    view = Watched(job)
    view.finish([PLAIN])
    settle()
    assert view.comm is None


@pytest.mark.parametrize("order", ["opened, then finished", "finished, then opened"])
def test_a_page_that_was_loaded_again_is_told_the_outputs_themselves(order: str, job: Job) -> None:
    view = Watched(job)
    view.hear(**HELLO)
    steps: list[Callable[[], object]] = [lambda: view.hear(kind="opened"), lambda: view.finish([PLAIN, PLAIN])]
    for step in steps if order.startswith("opened") else reversed(steps):
        step()
        settle()
    told = [content for kind, content in view.said if kind == "sheet"]
    assert told == [{"outputs": [{"data": PLAIN[0], "metadata": PLAIN[1]}] * 2}]


@pytest.mark.parametrize(
    ("service", "words"), [("local", "Run the cell again."), ("segmind", "ig.attach({id!r}) collects it.")]
)
def test_the_file_has_a_card_that_says_how_to_get_the_picture(
    service: str, words: str, client: Client, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "spec", replace(job.spec, service=service))
    view = JobView(job)
    data, _ = view._repr_mimebundle_()
    assert data["text/plain"].splitlines() == [
        f"{service}/sketch",
        "This call was at work when the notebook was saved.",
        words.format(id=job.id),
    ]
    assert data["image/jpeg"].startswith(view.sheet_mark)
    assert sniff(base64.b64decode(data["image/jpeg"])) == "image/jpeg"


@pytest.mark.parametrize(("session", "kinds"), [("n.ipynb", 2), ("", 3)])
def test_on_a_server_no_output_is_of_the_widgets_own_type(
    session: str, kinds: int, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(job_view, "display", lambda data, **_: shown.append(data))
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    if session:
        monkeypatch.setenv("JPY_SESSION_NAME", session)
    JobView(job).show()
    assert len(shown[0]) == kinds
    assert ("application/vnd.jupyter.widget-view+json" in shown[0]) is not bool(session)


class Wire:
    """What a pump has sent, and a clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0
        self.sent: list[bytes] = []
        self.asked: list[int] = []

    def send(self, stamp: Stamp, jpeg: bytes) -> None:
        self.sent.append(jpeg)
        if stamp.ask:
            self.asked.append(stamp.seq)


def pump(*, visible: bool = True) -> tuple[FramePump, list[bytes]]:
    frames, wire = timed_pump(visible=visible)
    return frames, wire.sent


def timed_pump(*, visible: bool = True) -> tuple[FramePump, Wire]:
    wire = Wire()
    return FramePump(wire.send, Viewing(visible=visible, width_px=512), lambda: wire.now), wire


def test_at_most_two_frames_are_in_flight_and_the_newest_wins() -> None:
    frames, sent = pump()
    for number in range(1, 10):
        frames.push(FakeFrame(number), number)
    assert sent == [b"1@512", b"2@512"]
    frames.shown(2)
    assert sent == [b"1@512", b"2@512", b"9@512"]
    frames.shown(3)
    assert len(sent) == 3


def push_slowly(frames: FramePump, wire: Wire, numbers: range) -> None:
    for number in numbers:
        wire.now += 0.05
        frames.push(FakeFrame(number), number)


def test_frames_that_come_slowly_ask_seldom() -> None:
    frames, wire = timed_pump()
    push_slowly(frames, wire, range(1, 5))
    assert wire.asked == [4]
    frames.shown(4)
    push_slowly(frames, wire, range(5, 9))
    assert wire.asked == [4, 8]
    assert len(wire.sent) == 8


def test_a_page_that_never_answers_is_sent_only_so_much() -> None:
    frames, wire = timed_pump()
    push_slowly(frames, wire, range(1, 30))
    assert len(wire.sent) == 8


def test_a_page_that_is_behind_is_asked_each_time_until_it_has_caught_up() -> None:
    frames, wire = timed_pump()
    push_slowly(frames, wire, range(1, 5))
    wire.now += 1
    frames.shown(4)
    push_slowly(frames, wire, range(5, 8))
    assert (wire.asked, len(wire.sent)) == ([4, 5, 6], 6)
    frames.shown(6)
    assert len(wire.sent) == 7
    push_slowly(frames, wire, range(8, 10))
    assert wire.asked == [4, 5, 6]


@given(
    st.lists(
        st.one_of(
            st.floats(0.001, 0.3).map(lambda gap: ("push", gap)),
            st.tuples(st.just("shown"), st.integers(0, 9)),
        ),
        max_size=60,
    )
)
def test_the_newest_frame_always_gets_through_once_what_was_asked_is_answered(
    moves: list[tuple[str, float]],
) -> None:
    frames, wire = timed_pump()
    pushed = 0
    for kind, amount in moves:
        if kind == "push":
            wire.now += amount
            pushed += 1
            frames.push(FakeFrame(pushed), pushed)
        else:
            frames.shown(int(len(wire.sent) - amount))
        assert len(wire.sent) <= pushed
    answered = -1
    while wire.asked and wire.asked[-1] > answered:
        answered = wire.asked[-1]
        frames.shown(answered)
    assert wire.sent[-1:] == [f"{pushed}@512".encode()] * bool(pushed)


def test_nothing_is_sent_while_nobody_looks_and_the_newest_when_somebody_does() -> None:
    frames, sent = pump(visible=False)
    frames.push(FakeFrame(1), 1)
    frames.push(FakeFrame(2), 2)
    assert sent == []
    frames.look(Viewing(visible=True, width_px=256))
    assert sent == [b"2@256"]


def test_a_new_view_gets_the_last_frame_even_if_the_old_page_never_answered() -> None:
    frames, sent = pump()
    for number in (1, 2, 3):
        frames.push(FakeFrame(number), number)
    frames.look(Viewing(visible=True, width_px=512), fresh=True)
    assert sent == [b"1@512", b"2@512", b"3@512"]


def test_a_larger_view_gets_the_last_frame_larger() -> None:
    frames, sent = pump()
    frames.push(FakeFrame(1), 1)
    frames.look(Viewing(visible=True, width_px=2_000))
    assert sent == [b"1@512", b"1@1024"]


def test_an_acknowledgement_of_what_was_never_sent_opens_no_gate() -> None:
    frames, sent = pump()
    frames.shown(10**9)
    for number in range(1, 6):
        frames.push(FakeFrame(number), number)
    assert len(sent) == 2


def test_several_views_get_what_the_largest_visible_one_needs() -> None:
    views = [
        Viewing(visible=True, width_px=100),
        Viewing(visible=False, width_px=900),
        Viewing(visible=True, width_px=300),
    ]
    assert combined(views) == Viewing(visible=True, width_px=300)
    assert not combined([]).visible
