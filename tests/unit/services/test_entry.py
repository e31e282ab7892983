"""What an `Entry` and `seen` write, also when things go wrong between the steps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from ipyimagegen import history
from ipyimagegen.core.cost import Cost
from ipyimagegen.core.errors import BadRequest, ConnectionFailed, JobCancelled, JobFailed, SubmitUnknown
from ipyimagegen.core.events import Cancelled, Event, Failed, Output, Succeeded
from ipyimagegen.core.requests import Request, Ticket
from ipyimagegen.gateway.work import flat_png
from ipyimagegen.history import Row
from ipyimagegen.media.artifacts import Payload, make_artifact
from ipyimagegen.media.results import Result, Timings
from ipyimagegen.net.secrets import Secret, shield
from ipyimagegen.services.kit.entry import Entry, open_entry, plain, seen

PICTURE = flat_png(64, 64)
TICKET = Ticket(service="far", model="away", remote_id="r1")
PAID = Cost.read("0.25")


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYIMAGEGEN_HOME", str(tmp_path))


def only_row() -> Row:
    (row,) = history.journal().rows()
    return row


@asynccontextmanager
async def recorded(service: str, model: str, values: dict[str, object]) -> AsyncGenerator[Entry, None]:
    entry = Entry.documented(service, model, values)
    async with entry.submitting():
        yield entry


@asynccontextmanager
async def sent(ticket: Ticket = TICKET) -> AsyncGenerator[Entry, None]:
    async with recorded("far", "away", {"prompt": "a pier", "seed": 5}) as row:
        await row.submitted(ticket)
        yield row


async def send(ticket: Ticket = TICKET) -> None:
    async with sent(ticket):
        pass


def ended(event: Event) -> Row:
    asyncio.run(send())
    seen("far", "r1", lambda: event)
    return only_row()


def test_each_step_is_on_disk_before_the_next() -> None:
    async def steps() -> list[tuple[str, bool]]:
        found = []
        async with recorded("far", "away", {"prompt": "a pier"}) as row:
            found.append((only_row().phase, only_row().is_open))
            await row.submitted(TICKET)
            found.append((only_row().phase, only_row().is_open))
        return found

    assert asyncio.run(steps()) == [("preparing", False), ("queued", True)]
    assert only_row().ticket == TICKET


def test_a_success_keeps_cost_seed_and_the_bytes_that_came_with_it() -> None:
    outputs = (Output(data=PICTURE), Output(url="https://files.example/a.png"))
    row = ended(Succeeded(outputs=outputs, cost=PAID, seed=6, queue_s=0.5, inference_s=2.0))
    (result,) = history.search("pier")
    assert (result.timings.queue_s, result.timings.run_s) == (0.5, 2.0)
    assert (row.phase, row.cost.amount, result.seed) == ("succeeded", Decimal("0.25"), 6)
    assert PICTURE == result.images[0].bytes
    assert ("https://files.example/a.png", True) == (result.images[1].url, bool(result.images[1].error))


def test_bytes_that_the_caller_was_given_are_kept() -> None:
    asyncio.run(send())
    event = Succeeded(outputs=(Output(url="https://files.example/a.png"),))
    seen("far", "r1", lambda: event, lambda output: Payload(data=PICTURE) if output.url else None)
    assert PICTURE == history.search()[0].image.bytes


def test_what_is_no_picture_in_a_pictures_place_is_not_kept_and_says_so() -> None:
    ended(Succeeded(outputs=(Output(data=b"<html><body>Sorry</body></html>"),)))
    assert history.search()[0].artifacts[0].error


def test_a_failure_that_was_billed_counts_as_spent() -> None:
    row = ended(Failed(message="no", cost=PAID))
    assert (row.phase, row.error, row.cost.amount) == ("failed", "no", Decimal("0.25"))
    assert [(name, cost.amount) for name, _, cost in history.spent()] == [("far/away", Decimal("0.25"))]


def test_a_cancelled_job_costs_nothing_that_is_known() -> None:
    row = ended(Cancelled(message="by you"))
    assert (row.phase, row.error, row.is_open, history.spent()) == ("cancelled", "by you", False, [])


def test_an_end_is_noted_once_and_a_result_is_not_taken_back() -> None:
    row = ended(Succeeded(text="yes"))
    seen("far", "r1", lambda: Failed(message="no"))
    history.journal().ended(row.id, "failed", "no").result()
    history.journal().left(row.id, "gone").result()
    assert (only_row().phase, only_row().error) == ("succeeded", "")
    assert open_entry("far", "r1") is None


def test_a_job_of_somebody_else_is_left_as_it_is() -> None:
    seen("far", "unheard-of", lambda: Failed(message="no"))
    assert history.journal().rows() == []


@pytest.mark.parametrize(
    ("error", "phase"),
    [(BadRequest("no", service="far"), "failed"), (SubmitUnknown("look there", service="far"), "preparing")],
)
def test_an_error_before_there_is_a_ticket(error: Exception, phase: str) -> None:
    async def refused() -> None:
        async with recorded("far", "away", {}):
            raise error

    with pytest.raises(type(error)):
        asyncio.run(refused())
    assert (only_row().phase, only_row().error, only_row().is_open) == (phase, str(error), False)


def cancelled_inside(row: Callable[[], AbstractAsyncContextManager[object]]) -> None:
    async def run() -> None:
        inside = asyncio.Event()

        async def step() -> None:
            async with row():
                inside.set()
                await asyncio.sleep(30)

        task = asyncio.ensure_future(step())
        await inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())


def test_a_cancel_before_it_was_sent_closes_the_row() -> None:
    cancelled_inside(lambda: recorded("far", "away", {}))
    assert (only_row().phase, only_row().error) == ("cancelled", "cancelled before it was sent")


def test_a_cancel_after_it_was_sent_leaves_it_to_be_collected() -> None:
    cancelled_inside(sent)
    assert only_row().is_open


def test_a_key_that_the_service_repeats_does_not_get_in(tmp_path: Path) -> None:
    shield(Secret("far-made-up-key"))
    asyncio.run(send(Ticket(service="far", model="away", remote_id="r1", facts={"answer": "Key far-made-up-key"})))
    seen("far", "r1", lambda: Failed(message="far-made-up-key is no good"))
    assert only_row().error.endswith("is no good")
    history.journal().close()
    assert b"far-made-up-key" not in b"".join(path.read_bytes() for path in tmp_path.glob("journal*"))


def test_a_key_in_a_result_does_not_get_in_and_the_waiting_user_keeps_it_as_it_came(tmp_path: Path) -> None:
    shield(Secret("far-made-up-key"))
    asyncio.run(send())
    outputs = (Output(name="far-made-up-key", url="https://files.example/a.png?key=far-made-up-key"),)
    seen("far", "r1", lambda: Succeeded(outputs=outputs, text="far-made-up-key", facts={"you": ["far-made-up-key"]}))
    assert ("[secret]", {"you": ["[secret]"]}) == (history.search()[0].text, history.search()[0].facts)
    history.journal().close()
    assert b"far-made-up-key" not in b"".join(path.read_bytes() for path in tmp_path.glob("journal*"))


def test_a_result_with_an_answer_of_any_depth_is_noted() -> None:
    nested: list[object] = []
    for _ in range(5_000):
        nested = [nested]
    request = Request(service="far", model="away", values={})

    async def run() -> Result:
        entry = Entry(history.journal(), request)
        await entry.prepared()
        return await entry.succeeded(Result(model="far/away", text="made", facts={"deep": nested}))  # type: ignore[dict-item]

    assert asyncio.run(run()).text == "made"
    assert [result.text for result in history.search("away")] == ["made"]


def test_without_a_journal_nothing_is_noted_and_the_job_goes_on() -> None:
    async def run() -> Result:
        entry = Entry(None, Request(service="far", model="away", values={}))
        async with entry.submitting():
            await entry.submitted(TICKET)
        return await entry.succeeded(Result(model="far/away", text="made"))

    assert asyncio.run(run()).text == "made"


@pytest.mark.parametrize(
    ("error", "ticket", "goes_on", "phase"),
    [
        (JobFailed("no"), TICKET, "", "failed"),
        (JobCancelled("stopped"), TICKET, "", "cancelled"),
        (JobCancelled("stopped"), TICKET, "it goes on there", "preparing"),
        (ConnectionFailed("gone", service="far"), TICKET, "", "preparing"),
        (ConnectionFailed("gone", service="far"), None, "", "failed"),
        (SubmitUnknown("look there", service="far"), None, "", "preparing"),
    ],
)
def test_an_entry_stays_open_where_the_job_may_go_on(
    error: Exception, ticket: Ticket | None, goes_on: str, phase: str
) -> None:
    async def run() -> None:
        entry = Entry(history.journal(), Request(service="far", model="away", values={}), ticket=ticket)
        await entry.prepared()
        entry.close_by(error, goes_on=goes_on)

    asyncio.run(run())
    assert phase == only_row().phase


def test_a_reader_that_breaks_is_told_and_the_job_stays_open() -> None:
    asyncio.run(send())

    def broken() -> Event:
        raise ValueError("cannot read this")

    seen("far", "r1", broken)
    with pytest.warns(RuntimeWarning, match="cannot read this"):
        assert only_row().is_open


def test_a_prompt_that_is_no_unicode_is_written_all_the_same() -> None:
    async def run() -> None:
        async with recorded("far", "away", {"prompt": "half a pair: \ud800"}) as row:
            await row.submitted(TICKET)

    asyncio.run(run())
    assert (only_row().is_open, only_row().prompt) == (True, "half a pair: ?")


def test_values_are_described() -> None:
    given = {"a": [Path("/elsewhere/boat.png"), b"123"], "b": "data:image/png;base64,AAAA", "c": 1.5, "d": None}
    assert plain(given) == {
        "a": ["<boat.png>", "<3 bytes>"],
        "b": "<image/png 26 characters>",
        "c": 1.5,
        "d": None,
    }
    assert plain("x" * 30_000) == f"{'x' * 200}… <30,000 characters>"
    with Path(__file__).open("rb") as file:
        assert plain(file) == "<test_entry.py>"
    endless: list[object] = []
    endless.append(endless)
    assert "<…>" in str(plain(endless))


def test_pictures_that_are_fetched_later_join_a_result_whose_times_and_cost_stay() -> None:
    row = ended(Succeeded(outputs=(Output(url="https://files.example/a.png"),), cost=PAID))
    (before,) = history.search()
    whole = make_artifact(Payload(data=PICTURE), Output(url="https://files.example/a.png"))
    later = replace(before, artifacts=(whole,), timings=Timings(total_s=90_000.0), cost=Cost())
    history.journal().succeeded(row.id, later).result()
    history.journal().succeeded(row.id, before).result()
    (after,) = history.search()
    assert PICTURE == after.image.bytes
    assert (after.cost, after.timings) == (before.cost, before.timings)
