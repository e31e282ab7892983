"""Nothing paid for is lost: calls by documented names are in the journal before they are sent, and can be collected."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from _thread import interrupt_main
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import ipyimagegen as ig
from ipyimagegen import history
from ipyimagegen.core.errors import JobFailed, SubmitUnknown, UnknownJob
from ipyimagegen.gateway import Fault, Gateway, TimedWork
from ipyimagegen.history import Journal, Row
from ipyimagegen.runtime import runtime
from ipyimagegen.services import segmind, speedpix
from ipyimagegen.services.inferencesh import async_inference, inference
from ipyimagegen.services.openpixels import AsyncOpenPixels, OpenPixels
from ipyimagegen.services.segmind import SegmindClient
from ipyimagegen.services.segmind.api import Api, Handle
from tests.gateways import serving

from .rows import PICTURE

APP = {"app": "infsh/sdxl", "input": {"prompt": "a pier"}}
IMPORTS = """
import os
from ipyimagegen.services import segmind, speedpix
from ipyimagegen.services.inferencesh import inference
from ipyimagegen.services.openpixels import OpenPixels
"""
CALLS = {
    "speedpix/text-to-image@main": "speedpix.run('text-to-image', {'prompt': 'a pier'})",
    "openpixels/flux-dev": "OpenPixels(os.environ['OPENPIXELS_API_KEY']).run(model='flux-dev', prompt='a pier')",
    "segmind/seedream-4.5": "segmind.run('seedream-4.5', prompt='a pier')",
    "segmind/flux-dev": "segmind.submit_async('flux-dev', prompt='a pier').wait()",
    "inferencesh/infsh/sdxl": f"inference().run({APP!r})",
}
EVERY = pytest.mark.parametrize(("model", "call"), CALLS.items(), ids=CALLS)
DYING = """
from ipyimagegen.net.http import Http

call, sent = Http.call, []

async def calls_until_it_dies(self, *given, repeat, **more):
    if sent:
        os._exit(9)
    if repeat.pays:
        sent.append(1)
    return await call(self, *given, repeat=repeat, **more)

Http.call = calls_until_it_dies
Http.lines = lambda *given, **more: os._exit(9)
"""


@pytest.fixture(autouse=True)
def home(gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A journal of each test's own. It must never hold a key."""
    folder = tmp_path / "home"
    monkeypatch.setenv("IPYIMAGEGEN_HOME", str(folder))
    return folder


def only_row() -> Row:
    (row,) = history.journal().rows()
    return row


def key_texts(gateway: Gateway) -> list[bytes]:
    return [value.encode() for name, value in gateway.env().items() if "KEY" in name or "SECRET" in name]


@EVERY
def test_a_call_is_in_the_journal_with_its_ticket_and_its_cost(
    gateway: Gateway, home: Path, model: str, call: str
) -> None:
    names: dict[str, Any] = {}
    exec(f"{IMPORTS}\n{call}", names)  # noqa: S102 (the same text is run by a process of its own below)
    row = only_row()
    assert (f"{row.service}/{row.model}", row.phase, row.prompt) == (model, "succeeded", "a pier")
    assert row.ticket is not None
    assert row.ticket.remote_id == gateway.jobs()[0].id
    assert row.cost.known is (row.service == "segmind")  # the only one here that says what a job cost
    assert [name for name, *_ in history.spent()] == [model]
    assert [result.job_ids for result in history.search("pier")] == [(row.id,)]
    assert PICTURE == ig.Client().attach(row.id).result(30).image.bytes
    assert PICTURE == history.search("pier")[0].image.bytes
    assert len(gateway.jobs()) == 1
    history.journal().close()
    written = b"".join(path.read_bytes() for path in home.glob("journal*"))
    assert [key for key in key_texts(gateway) if key in written] == []


@EVERY
def test_what_a_dead_kernel_had_sent_is_collected_by_the_next_one(gateway: Gateway, model: str, call: str) -> None:
    code = f"{IMPORTS}\n{DYING}\n{call}"
    dead = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert dead.returncode == 9, dead.stderr
    row = only_row()
    assert (f"{row.service}/{row.model}", row.is_open) == (model, True)
    assert PICTURE == ig.Client().attach(row.id).result(30).image.bytes
    assert (only_row().phase, len(gateway.jobs())) == ("succeeded", 1)


@EVERY
def test_the_ticket_is_the_one_that_the_service_makes(gateway: Gateway, model: str, call: str) -> None:
    names: dict[str, Any] = {}
    exec(f"{IMPORTS}\n{call}", names)  # noqa: S102
    ig.Client().run(model, prompt="a pier")
    ours, theirs = [row.ticket for row in history.journal().rows()]
    assert ours is not None
    assert theirs is not None
    assert (ours.service, ours.model) == (theirs.service, theirs.model)
    assert (set(ours.addresses), set(ours.facts)) == (set(theirs.addresses), set(theirs.facts))


async def _speedpix() -> None:
    await speedpix.async_run("text-to-image", {"prompt": "a pier"})


async def _inferencesh() -> None:
    await async_inference().run(APP)


@pytest.mark.parametrize("call", [_speedpix, _inferencesh])
def test_async_calls_are_noted_as_well(gateway: Gateway, call: Callable[[], Any]) -> None:
    asyncio.run(call())
    assert only_row().phase == "succeeded"


def test_async_openpixels_is_noted_as_well(gateway: Gateway) -> None:
    async def run() -> None:
        async with AsyncOpenPixels(gateway.env()["OPENPIXELS_API_KEY"]) as client:
            await client.run(model="flux-dev", prompt="a pier")

    asyncio.run(run())
    assert only_row().phase == "succeeded"


def test_a_blocking_call_keeps_its_picture_cost_and_seed(gateway: Gateway) -> None:
    segmind.run_sync("seedream-4.5", prompt="a pier", seed=7)
    row = only_row()
    (result,) = history.search()
    assert (row.phase, row.cost.amount, row.ticket, result.seed) == ("succeeded", Decimal("0.04"), None, 7)
    assert PICTURE == result.image.bytes
    assert PICTURE == ig.Client().attach(row.id).result(0).image.bytes


def test_a_blocking_call_that_was_cut_off_is_not_offered_for_collecting(gateway: Gateway) -> None:
    code = f"""{IMPORTS}
from ipyimagegen.net.http import Http

async def dies(self, *given, **more):
    os._exit(9)

Http.call = dies
segmind.run_sync("seedream-4.5", prompt="a pier")
"""
    dead = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert dead.returncode == 9, dead.stderr
    row = only_row()
    assert (row.phase, row.is_open, history.journal().rows(open_only=True)) == ("preparing", False, [])
    with pytest.raises(UnknownJob, match="its process ended while it was being sent"):
        ig.Client().attach(row.id)


def test_a_script_that_ends_right_after_a_blocking_call_has_its_picture(gateway: Gateway) -> None:
    code = f"""{IMPORTS}\nsegmind.run_sync("seedream-4.5", prompt="a pier")"""
    subprocess.run([sys.executable, "-X", "dev", "-c", code], timeout=60, check=True)
    assert PICTURE == history.search("pier")[0].image.bytes


def test_a_chat_is_noted_with_its_text(gateway: Gateway) -> None:
    reply = segmind.chat("claude-4.5-sonnet", prompt="say hello")
    (result,) = history.search()
    assert (result.text, result.prompt) == (reply.text, "say hello")


def test_a_workflow_is_noted(gateway: Gateway) -> None:
    segmind.pixelflows.run(workflow_id="text-to-image", data={"prompt": "a pier"})
    row = only_row()
    assert (row.model, row.phase) == ("workflows/text-to-image", "succeeded")


def test_a_task_that_nobody_waits_for_stays_open_until_its_end_is_seen(gateway: Gateway) -> None:
    client = inference()
    task = client.run(APP, wait=False)
    assert only_row().is_open
    client.wait_for_completion(task["id"])
    assert only_row().phase == "succeeded"


def test_a_stream_notes_the_end(gateway: Gateway) -> None:
    for _ in inference().run(APP, stream=True):
        pass
    assert only_row().phase == "succeeded"


def test_a_workflow_that_is_answered_at_once_is_noted(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answered(*_: Any) -> Handle:
        return Handle(request_id="", status_url="", answer={"output": {"text": "a pier"}})

    monkeypatch.setattr(Api, "start_workflow", answered)
    segmind.pixelflows.run(workflow_id="text-to-image", data={"prompt": "a pier"})
    assert (only_row().phase, only_row().model) == ("succeeded", "workflows/text-to-image")


@pytest.mark.parametrize("model", ["speedpix/text-to-image@main", "openpixels/flux-dev", "segmind/seedream-4.5"])
def test_whoever_interrupts_a_job_that_cannot_be_cancelled_is_told_that_it_goes_on(
    monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    def interrupt() -> None:
        asyncio.run(open_rows(1))
        interrupt_main()

    def call() -> None:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            exec(f"{IMPORTS}{CALLS[model]}", {})  # noqa: S102 (the documented call, as it is typed)
        runtime().see_off(all_of_them=True)

    with serving(monkeypatch, work=TimedWork(60)), pytest.warns(RuntimeWarning, match=r"goes on there.*ig\.attach"):
        call()


KILLED = """
import os, signal
from ipyimagegen.history import Journal

Journal.submitted = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nobody can tell there whether a process is alive")
def test_a_job_whose_process_is_killed_before_its_ticket_is_noted_is_named_once_at_the_next_start(
    gateway: Gateway,
) -> None:
    script = f"{IMPORTS}{KILLED}{CALLS['segmind/seedream-4.5']}"
    killed = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, check=False)
    assert (-signal.SIGKILL, b"") == (killed.returncode, killed.stderr)
    assert 1 == len(gateway.jobs())
    with pytest.warns(RuntimeWarning, match=r"being sent when the process ended: j\w+ \(segmind/seedream-4\.5\)"):
        row = only_row()
    for client in (ig.Client(), ig.Client(journal=Journal(history.journal().folder))):  # who opens it anew
        with pytest.raises(UnknownJob, match=r"it may be running, and may be billed\. Look at segmind\.generations"):
            client.attach(row.id)


async def open_rows(count: int) -> None:
    for _ in range(200):
        if len(history.journal().rows(open_only=True)) == count:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(history.journal().rows())


def test_a_task_that_was_cancelled_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def cancelled() -> None:
        task = asyncio.ensure_future(async_inference().run(APP))
        await open_rows(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await open_rows(0)

    with serving(monkeypatch, work=TimedWork(20)):
        asyncio.run(cancelled())
    assert only_row().phase == "cancelled"


ENDING = f"""
import asyncio, os, signal, sys
from ipyimagegen.services.inferencesh import calls, inference
from ipyimagegen.services.inferencesh.api import Api

def fail(*_):
    raise TimeoutError("the alarm's")

cancel, note_task = Api.cancel, calls.note_task

async def cancels_slowly(self, task_id):
    await asyncio.sleep(1.2)  # longer than the process waits for what may be cut off
    return await cancel(self, task_id)

def is_told_to_end(*given):
    note_task(*given)
    os.kill(os.getpid(), signal.SIGTERM)

signal.signal(signal.SIGALRM, fail)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
Api.cancel = cancels_slowly
try:
    updates = inference().run({APP!r}, stream=True)
    next(updates)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    for update in updates:
        pass
except TimeoutError as error:
    assert str(error) == "the alarm's", error
calls.note_task = is_told_to_end
inference().run({APP!r})
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGALRM")
def test_what_a_signal_raises_cancels_a_task_and_the_process_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(monkeypatch, work=TimedWork(60)) as gateway:
        done = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, text=True, timeout=30, check=False)
        assert (7, "") == (done.returncode, done.stderr)
        assert ["cancelled", "cancelled"] == [job.phase for job in gateway.jobs()]
    assert {"cancelled"} == {row.phase for row in history.journal().rows()}


def test_a_prediction_stays_open_until_its_end_is_seen(gateway: Gateway) -> None:
    prediction = speedpix.Client().predictions.create("text-to-image", {"prompt": "a pier"})
    assert only_row().is_open
    prediction.wait()
    assert only_row().phase == "succeeded"
    assert PICTURE == history.search()[0].image.bytes


def test_an_address_is_shown_as_not_fetched_until_it_is(gateway: Gateway) -> None:
    segmind.run("seedream-4.5", prompt="a pier")
    (before,) = history.search()
    assert "not fetched" in repr(before.image)
    assert "ig.attach" in before.image.error
    assert before.image.url
    ig.Client().attach(before.job_ids[0]).result(30)
    (after,) = history.search()
    assert PICTURE == after.image.bytes
    segmind.job(gateway.jobs()[0].id).result()  # seen once more: what is complete stays
    assert PICTURE == history.search()[0].image.bytes


def test_a_failure_is_noted_with_its_reason(gateway: Gateway) -> None:
    gateway.faults.add(Fault("job_fails", service="segmind"))
    with pytest.raises(JobFailed):
        segmind.run("seedream-4.5", prompt="a pier")
    assert (only_row().phase, only_row().is_open) == ("failed", False)
    assert only_row().error


def test_a_refusal_is_noted_as_failed(gateway: Gateway) -> None:
    OpenPixels(gateway.env()["OPENPIXELS_API_KEY"]).run(model="no-such-model", prompt="a pier")
    assert (only_row().phase, only_row().ticket) == ("failed", None)


def test_a_lost_answer_leaves_a_row_that_says_where_to_look(gateway: Gateway) -> None:
    gateway.faults.add(Fault("lost_answer", service="segmind", route="submit"))
    with pytest.raises(SubmitUnknown):
        segmind.run("seedream-4.5", prompt="a pier")
    row = only_row()
    assert (row.phase, row.is_open) == ("preparing", False)
    with pytest.raises(UnknownJob, match=r"generations\.history"):
        ig.Client().attach(row.id)


def test_a_broken_disk_is_told_once_and_stops_no_job(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("IPYIMAGEGEN_HOME", str(tmp_path / "file"))
    client = SegmindClient()
    with pytest.warns(RuntimeWarning, match="cannot be attached to") as warned:
        ends = [client.run("seedream-4.5", prompt="a pier")["status"] for _ in range(2)]
    assert ends == ["COMPLETED", "COMPLETED"]
    assert len([entry for entry in warned if entry.category is RuntimeWarning]) == 1


def test_files_and_long_texts_are_described_and_not_copied(gateway: Gateway, tmp_path: Path) -> None:
    picture = tmp_path / "secret-folder" / "boat.png"
    picture.parent.mkdir()
    picture.write_bytes(PICTURE)
    segmind.run("sdxl-img2img", prompt="a pier", image=picture, mask="data:image/png;base64," + "A" * 4_000)
    sent = only_row().sent
    assert (sent["image"], sent["mask"]) == ("<boat.png>", "<image/png 4,022 characters>")
