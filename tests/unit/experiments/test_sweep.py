"""Sweeps: run, stopped, resumed by another kernel, extended; nothing is sent twice; the table says what came of it."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ipyimagegen.core.errors import BudgetExceeded, InvalidInput, JobFailed, JobTimeout, UnknownJob, UnknownSweep
from ipyimagegen.experiments.cells import Status
from ipyimagegen.experiments.opening import _live, listed, load, options_of
from ipyimagegen.experiments.sweep import Sweep
from ipyimagegen.experiments.table import Table
from ipyimagegen.experiments.template import Template
from ipyimagegen.jobs.client import Client
from tests.unit.experiments.made import Made, client_of, sweep_of

PROMPTS = ["a", "b", "c", "d"]


@pytest.fixture
def service() -> Made:
    return Made()


@pytest.fixture
def client(service: Made, tmp_path: Path) -> Iterator[Client]:
    made = client_of(service, tmp_path / "journal")
    yield made
    assert made.journal is not None
    made.journal.close()


def other_kernel(client: Client, service: Made) -> Client:
    """A client of a process that begins anew, with the same journal. The one before is gone."""
    assert client.journal is not None
    client.journal.written().result()
    _live.clear()
    return client_of(service, client.journal.folder)


def until(true: Callable[[], bool]) -> None:
    ended = time.monotonic() + 5
    while not true():
        assert time.monotonic() < ended
        threading.Event().wait(0.002)


def statuses(sweep: Sweep) -> dict[str, Status]:
    return {cell.values["prompt"]: cell.status for cell in sweep.table.cells}


def test_every_cell_is_made_once_and_the_table_says_how(client: Client, service: Made) -> None:
    sweep = sweep_of(client, prompt=["a", "b"], guidance=[3, 7, 7.0], seed=5, name="foxes")
    table = sweep.start().result(5)
    assert {"a": 2, "b": 2} == service.counts
    assert (6, {"succeeded": 6}) == (len(table), table.counts)
    first = sweep.to_rows()[0]
    expected = {"prompt": "a", "guidance": 3, "model": "made/flux", "seed": 5, "status": "succeeded", "cost": 0.02}
    assert expected == {name: first[name] for name in expected}
    assert (sweep.id, table[0, 0].image.sha256) == (first["sweep"], first["sha256"])
    assert table[0, 1].image == table[0, 2].image != table[0, 0].image
    assert "foxes · 6 cells: 6 succeeded · cost $0.08" == table.summary
    assert "4 of 4 done · $0.08 spent" == str(sweep.progress)


def test_the_plan_with_its_seed_is_in_the_journal_before_anything_is_sent(client: Client, service: Made) -> None:
    seen: list[Any] = []
    assert client.journal is not None
    file = client.journal.file

    def look(_: object) -> None:
        import sqlite3

        with sqlite3.connect(file) as other:
            seen.append(other.execute("SELECT count(*), min(job IS NOT NULL) FROM sweep_cells").fetchone())

    service.on_submit = look
    sweep_of(client, prompt=["a"], seed=None).start().result(5)
    assert [(1, 1)] == seen


def test_nothing_is_sent_before_the_start_and_its_table_is_all_planned(client: Client, service: Made) -> None:
    sweep = sweep_of(client, prompt=PROMPTS)
    assert {"planned": 4} == sweep.table.counts
    with pytest.raises(InvalidInput, match=r"was not started: start\(\) sends 4 calls"):
        sweep.result()
    with pytest.raises(UnknownJob, match="prompt=a: planned"):
        _ = sweep.cell(prompt="a").result
    assert [] == service.sent


def test_an_equal_call_is_never_paid_again(client: Client, service: Made) -> None:
    sweep_of(client, prompt=["a", "b"]).start().result(5)
    again = sweep_of(client, prompt=["b", "c"])
    assert 1 == again.plan.count
    assert "1 are made already and are taken from the journal" in repr(again.plan)
    assert {"succeeded": 2} == again.start().result(5).counts
    assert {"a": 1, "b": 1, "c": 1} == service.counts
    assert "2 of 2 done · $0.02 spent" == str(again.progress)


def test_an_equal_sweep_that_is_started_while_the_first_runs_pays_nothing_again(client: Client, service: Made) -> None:
    prompts = [str(n) for n in range(30)]
    service.held = set(prompts)
    first = sweep_of(client, prompt=prompts, parallel=4).start()
    until(lambda: service.at_once == 4)
    second = sweep_of(client, prompt=prompts[::-1], parallel=4).start()
    assert second.running
    service.held = set()
    assert {"succeeded": 30} == first.result(5).counts == second.result(5).counts
    assert set(service.counts.values()) == {1}
    assert {"succeeded": 30} == load(other_kernel(client, service), second.id).table.counts


def test_a_call_that_failed_for_one_sweep_is_made_by_the_other(client: Client, service: Made) -> None:
    service.held, service.failing = {"a"}, {"a"}
    first = sweep_of(client, prompt="a").start()
    until(lambda: service.at_once == 1)
    second = sweep_of(client, prompt="a").start()
    service.held = set()
    assert {"failed": 1} == first.result(5).counts
    assert {"failed": 1} == second.result(5).counts
    assert ["a", "a"] == service.sent


def test_a_model_without_seeds_makes_new_pictures_for_a_new_sweep(client: Client, service: Made) -> None:
    for _ in range(2):
        sweep_of(client, "made/plain", prompt="a", n=2, seed=None).start().result(5)
    assert {"a": 4} == service.counts


def test_a_failed_cell_stands_in_the_table_and_is_tried_again_alone(client: Client, service: Made) -> None:
    service.failing = {"b"}
    sweep = sweep_of(client, prompt=PROMPTS)
    sweep.start().result(5)
    assert {"a": "succeeded", "b": "failed", "c": "succeeded", "d": "succeeded"} == statuses(sweep)
    assert "out of paint" in sweep.cell(prompt="b").why
    service.failing = set()
    sweep.start().result(5)
    assert "failed" == statuses(sweep)["b"]
    sweep.retry().result(5)
    assert "succeeded" == statuses(sweep)["b"]
    assert {"a": 1, "b": 2, "c": 1, "d": 1} == service.counts


@pytest.mark.parametrize(("raise_on", "raised"), [(None, False), ("any", True), ("all", False)])
def test_a_failure_is_raised_where_it_was_asked_for(
    client: Client, service: Made, raise_on: str | None, *, raised: bool
) -> None:
    service.failing = {"b"}
    sweep = sweep_of(client, prompt=["a", "b"], raise_on=raise_on).start()
    if not raised:
        assert 2 == len(sweep.result(5))
        return
    with pytest.raises(JobFailed, match=r"1 of 2 cells have no picture; prompt=b: .*out of paint") as caught:
        sweep.result(5)
    assert isinstance(caught.value.partial, Table)


def test_stop_sends_nothing_further_cancels_what_runs_and_resume_does_the_rest(client: Client, service: Made) -> None:
    service.held = {"b", "c"}
    sweep = sweep_of(client, prompt=PROMPTS, parallel=1)
    sweep.start()
    until(lambda: "b" in service.sent or "c" in service.sent or "d" in service.sent)
    until(lambda: bool(service.at_once))
    sweep.stop()
    sweep.result(5)
    counts = sweep.table.counts
    assert 1 == counts["cancelled"]
    assert counts["planned"] >= 1
    service.held, service.cancelled = set(), []
    assert {"succeeded": 4} == sweep.resume().result(5).counts
    assert {1, 2} == set(service.counts.values())


def test_what_a_service_cannot_cancel_goes_on_and_is_collected_not_sent_again(client: Client, service: Made) -> None:
    service.held, service.not_cancellable = {"a"}, "it goes on at Made, and will be billed"
    sweep = sweep_of(client, prompt=["a"]).start()
    until(lambda: bool(service.at_once))
    sweep.stop().result(5)
    assert "open" == statuses(sweep)["a"]
    assert "it goes on at Made, and will be billed" in sweep.cell(prompt="a").why
    assert "1 going on at the service" in str(sweep.progress)
    service.held = set()
    assert {"succeeded": 1} == sweep.resume().result(5).counts
    assert ["a"] == service.sent


def test_pause_lets_what_runs_go_on_and_sends_nothing(client: Client, service: Made) -> None:
    service.held = {"a"}
    sweep = sweep_of(client, prompt=["a", "b", "c"], parallel=1).start()
    until(lambda: bool(service.at_once))
    sweep.pause()
    service.held = set()
    until(lambda: sweep.progress.done == 1)
    assert (["a"], True) == (service.sent, sweep.running)
    assert "paused" in str(sweep.progress)
    assert {"succeeded": 3} == sweep.resume().result(5).counts


def test_at_most_so_many_run_at_once(client: Client, service: Made) -> None:
    sweep_of(client, prompt=[str(n) for n in range(20)], parallel=3).start().result(5)
    assert service.most_at_once <= 3


def test_another_kernel_takes_what_is_finished_collects_what_is_open_and_sends_the_rest(
    client: Client, service: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.held = {"c"}
    service.lost = {"b"}
    sweep = sweep_of(client, prompt=PROMPTS, parallel=1, name="foxes").start()
    until(lambda: "c" in service.sent)
    before = Counter(service.sent)
    sweep.pause()
    monkeypatch.setattr("ipyimagegen.experiments.book.is_at_work", lambda _: False)
    service.held = set()
    service.lost = set()
    again = load(other_kernel(client, service), "foxes")
    assert sweep.seed == again.seed
    assert "open" == statuses(again)["c"] or "succeeded" == statuses(again)["c"]
    again.resume().result(5)
    found = statuses(again)
    assert dict.fromkeys(("a", "c", "d"), "succeeded") == {name: found[name] for name in ("a", "c", "d")}
    assert all(count == 1 for name, count in service.counts.items())
    assert before["c"] == 1
    if before["b"]:
        assert "unknown" == found["b"]


def test_many_that_go_on_are_collected_at_once_on_few_threads(client: Client, service: Made) -> None:
    prompts = [str(n) for n in range(60)]
    service.held, service.not_cancellable = set(prompts), "it goes on"
    sweep = sweep_of(client, prompt=prompts, parallel=60).start()
    until(lambda: service.at_once == 60)
    sweep.stop().result(5)
    assert {"open": 60} == sweep.table.counts
    again = load(other_kernel(client, service), sweep.id)
    service.held = set()
    assert {"succeeded": 60} == again.resume().result(10).counts
    assert 60 == len(service.sent)


def test_an_ambiguous_submit_is_named_and_never_sent_again_by_itself(client: Client, service: Made) -> None:
    service.lost = {"b"}
    sweep = sweep_of(client, prompt=["a", "b"]).start()
    sweep.result(5)
    assert ("unknown", "the answer was lost") == ((cell := sweep.cell(prompt="b")).status, cell.why)
    service.lost = set()
    for go in (sweep.start, sweep.resume, sweep.retry):
        go().result(5)
    again = load(other_kernel(client, service), sweep.id)
    assert "unknown" == statuses(again)["b"]
    again.resume().result(5)
    again.retry().result(5)
    assert {"a": 1, "b": 1} == service.counts
    again.retry(unknown=True).result(5)
    assert ("succeeded", 2) == (statuses(again)["b"], service.counts["b"])


def test_two_kernels_send_no_cell_twice(client: Client, service: Made) -> None:
    service.held = {"a"}
    sweep = sweep_of(client, prompt=[str(n) for n in range(20)] + ["a"], parallel=2)
    sweep.start().pause()
    again = load(other_kernel(client, service), sweep.id)
    sweep.resume()
    again.start()
    service.held = set()
    sweep.result(5)
    again.result(5)
    assert set(service.counts.values()) == {1}
    assert {"succeeded": 21} == load(other_kernel(client, service), sweep.id).resume().result(5).counts
    assert set(service.counts.values()) == {1}


def test_a_cell_that_a_dead_process_had_claimed_and_not_sent_is_sent(client: Client, service: Made) -> None:
    sweep = sweep_of(client, prompt=["a"])
    sweep.start().stop().result(5)
    assert client.journal is not None
    (cell,) = client.journal.cells(sweep.id)
    client.journal.claim(sweep.id, cell.identity, "jnever", instead_of=cell.job).result()
    again = load(other_kernel(client, service), sweep.id)
    assert {"succeeded": 1} == again.resume().result(5).counts
    assert service.counts["a"] == 1 + ("a" in service.cancelled)


def test_extend_sends_only_what_is_missing(client: Client, service: Made) -> None:
    sweep = sweep_of(client, prompt=["a", "b"], guidance=[3, 7]).start()
    sweep.result(5)
    seeds = {cell.cell.seed for cell in sweep.table.cells}
    table = sweep.extend(guidance=[7, 12]).result(5)
    assert {"a": 3, "b": 3} == service.counts
    assert (6, {"succeeded": 6}) == (len(table), table.counts)
    assert seeds == {cell.cell.seed for cell in table.cells}
    table = sweep.extend(steps=[20, 40]).result(5)
    assert {"a": 6, "b": 6} == service.counts  # 20 steps are the default: those pictures are there
    assert "steps: default, 20, 40" in table.alt
    assert (18, {"succeeded": 18}) == (len(table), table.counts)
    assert table.counts == load(other_kernel(client, service), sweep.id).table.counts


def test_extend_takes_further_seeds_repeats_and_models(client: Client, service: Made) -> None:
    sweep = sweep_of(client, prompt=["a"], seed=1).start()
    sweep.result(5)
    assert 3 == len(sweep.extend(seed=[1, 2, 3]).result(5))
    assert 6 == len(sweep.extend(n=2).result(5))
    assert {"a": 4} == service.counts
    with pytest.raises(InvalidInput, match="model: is set together"):
        sweep.extend(model="made/small")
    two = sweep_of(client, ["made/flux", "made/plain"], prompt="z", seed=None).start()
    two.result(5)
    assert 3 == len(two.extend(model="made/small").result(5))


def test_pictures_are_saved_as_they_come_under_the_names_of_the_axes_and_never_twice(
    client: Client, service: Made, tmp_path: Path
) -> None:
    save = str(tmp_path / "out" / "{prompt}-{guidance}-{seed}.png")
    sweep = sweep_of(client, prompt=["a/b", "c"], guidance=[3, 7.5], seed=4, save=save, name="s").start()
    sweep.result(5)
    expected = ["a-b-3-4.png", "a-b-7.5-4.png", "c-3-4.png", "c-7.5-4.png"]
    assert expected == sorted(path.name for path in (tmp_path / "out").iterdir())
    (tmp_path / "out" / "c-3-4.png").unlink()
    again = load(other_kernel(client, service), "s")
    again.extend(guidance=9)
    again.resume().result(5)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert sorted([*expected, "a-b-9-4.png", "c-9-4.png"]) == names
    assert str(tmp_path / "out" / "a-b-3-4.png") == again.to_rows()[0]["path"]


def test_a_pattern_of_names_that_no_cell_has_is_refused_before_anything_is_paid(client: Client) -> None:
    with pytest.raises(InvalidInput, match=r"\{nope\} in the file name pattern"):
        sweep_of(client, prompt=["a"], save="{nope}.png")


def test_a_picture_that_cannot_be_saved_is_made_all_the_same(client: Client, service: Made, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    sweep = sweep_of(client, prompt=["a"], save=tmp_path / "file" / "{prompt}.png").start()
    table = sweep.result(5)
    assert {"succeeded": 1} == table.counts
    assert "made, but not saved: " in str(table.to_rows()[0]["error"])
    sweep.retry().result(5)
    assert ["a"] == service.sent


def test_pictures_of_an_earlier_sweep_are_saved_too(client: Client, service: Made, tmp_path: Path) -> None:
    sweep_of(client, prompt=["a"]).start().result(5)
    sweep_of(client, prompt=["a", "b"], save=tmp_path / "{prompt}.png").start().result(5)
    assert ["a.png", "b.png"] == sorted(path.name for path in tmp_path.glob("*.png"))
    assert {"a": 1, "b": 1} == service.counts


def test_a_file_that_is_there_stays_and_cells_of_one_name_are_numbered(
    client: Client, service: Made, tmp_path: Path
) -> None:
    (tmp_path / "x.png").write_bytes(b"somebody's own")
    sweep_of(client, prompt=["a", "b"], save=tmp_path / "x.png").start().result(5)
    assert b"somebody's own" == (tmp_path / "x.png").read_bytes()
    assert ["x-2.png", "x-3.png", "x.png"] == sorted(path.name for path in tmp_path.glob("x*"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_cost": 0.03}, "2 calls cost \\$0.04 \\(quoted\\), over max_cost=0.03; nothing was sent"),
        ({"max_cost": 1, "model": "made/plain"}, "nobody knows what 2 of 2 calls cost, so max_cost=1 cannot"),
    ],
)
def test_a_plan_over_its_cap_is_refused_before_anything_is_sent(
    client: Client, service: Made, arguments: dict[str, Any], message: str
) -> None:
    sweep = sweep_of(client, prompt=["a", "b"], **{"seed": None, **arguments})
    with pytest.raises(BudgetExceeded, match=message):
        sweep.start()
    assert [] == service.sent


def test_what_the_user_assumes_is_the_price_where_nobody_says_one(client: Client) -> None:
    sweep = sweep_of(client, "made/plain", prompt=["a", "b"], seed=None, max_cost=1, assume_price=0.3)
    assert "price: $0.6 (assumed)" in repr(sweep.plan)
    assert {"succeeded": 2} == sweep.start().result(5).counts


def test_charges_of_before_are_the_price_of_a_model_without_one(client: Client, service: Made) -> None:
    sweep_of(client, "made/plain", prompt="a", seed=None).start().result(5)
    again = sweep_of(client, "made/plain", prompt=["b", "c"], seed=None, max_cost=0.03)
    assert "$0.04 (own charges, " in repr(again.plan)
    with pytest.raises(BudgetExceeded, match="over max_cost"):
        again.start()


def test_a_cap_of_the_day_stops_a_sweep_and_says_why(client: Client, service: Made) -> None:
    client.settings = client.settings.with_({"daily_cap": "0.05"})
    sweep = sweep_of(client, prompt=PROMPTS, seed=None).start()
    sweep.result(5)
    assert (2, {"succeeded": 2, "planned": 2}) == (len(service.sent), sweep.table.counts)
    assert "would pass the cap of $0.05 a day" in repr(sweep)
    client.settings = client.settings.with_({"daily_cap": "1"})
    assert {"succeeded": 4} == sweep.resume().result(5).counts


def test_a_wait_that_is_too_short_lets_the_sweep_go_on(client: Client, service: Made) -> None:
    service.held = {"a"}
    sweep = sweep_of(client, prompt=["a"]).start()
    with pytest.raises(JobTimeout):
        sweep.result(0.01)
    service.held = set()
    assert {"succeeded": 1} == sweep.result(5).counts


def test_a_sweep_can_be_awaited_and_cancelling_the_await_stops_it(client: Client, service: Made) -> None:
    async def wait() -> Table:
        return await sweep_of(client, prompt=["a"]).start()

    assert {"succeeded": 1} == asyncio.run(wait()).counts
    service.held = {"b"}
    sweep = sweep_of(client, prompt=["b", "c"], parallel=1)

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(sweep.start(), 0.05)

    asyncio.run(give_up())
    sweep.result(5)
    assert {"cancelled", "planned"} >= set(statuses(sweep).values()) - {"succeeded"}
    assert "b" not in [name for name, status in statuses(sweep).items() if status == "succeeded"]


def test_interrupt_stops_the_whole_and_says_what_became_of_it(
    client: Client, service: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    service.held = {"a"}
    sweep = sweep_of(client, prompt=["a", "b", "c"], parallel=1, name="foxes").start()
    until(lambda: bool(service.at_once))
    timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        sweep.result(5)
    timer.join()
    told = capsys.readouterr().err
    assert "sweep foxes stopped: 0 of 3 done · 1 cancelled · 2 left; resume() goes on with the rest\n" == told
    assert ["a"] == service.sent


def test_without_a_journal_a_sweep_runs_in_memory(service: Made) -> None:
    client = client_of(service, None)
    sweep = sweep_of(client, prompt=["a", "b"]).start()
    table = sweep.result(5)
    assert {"succeeded": 2} == table.counts
    assert 2 == len(table.images)
    with pytest.raises(UnknownSweep, match="keeps no journal"):
        load(client, "s1")


def test_pictures_of_ended_cells_are_not_held_in_memory(client: Client) -> None:
    sweep = sweep_of(client, prompt=PROMPTS).start()
    sweep.result(5)
    assert [] == client.jobs()
    assert all(cell.outcome.held is None for cell in sweep.table.cells)
    assert all(not image.data for image in sweep.table.images)


def test_loading_a_sweep_of_this_process_gives_the_same_again(client: Client) -> None:
    sweep = sweep_of(client, prompt=["a"], name="mine")
    sweep.start().result(5)
    assert load(client, "mine") is sweep
    assert [("mine", 1, 1)] == [(row.name, row.cells, row.succeeded) for row in listed(client)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"raise_on": "some"}, "raise_on: 'some' is neither 'any' nor 'all'"),
        ({"max_cost": -1}, "max_cost: -1 is not an amount in US dollars"),
        ({"parallel": 0}, "parallel: 0 is not a whole number, 1 or more"),
        ({"save": 5}, "save: 5 is not a pattern"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        options_of(**options)


def test_a_template_is_kept_beside_the_prompt_in_journal_and_file(client: Client, tmp_path: Path) -> None:
    sweep = sweep_of(client, prompt=Template("a {fox|cat}"), save=tmp_path / "{prompt}.png").start()
    result = sweep.result(5)[0].result
    assert ("a {fox|cat}", "a fox") == (result.asked["prompt"], result.sent["prompt"])
    assert b"a {fox|cat}" in (tmp_path / "a-fox.png").read_bytes()
    assert "'a {fox|cat}'" in str(result.report)


def test_input_files_are_kept_so_that_another_kernel_can_send_them(
    client: Client, service: Made, tmp_path: Path
) -> None:
    from tests.unit.experiments.made import picture

    file = tmp_path / "in.png"
    file.write_bytes(picture({}))
    sweep = sweep_of(client, prompt=["a", "b"], image=[file])
    sweep.start().stop().result(5)
    file.unlink()
    service.cancelled = []
    seen: list[bytes] = []
    service.on_submit = lambda request: seen.append(request.values["image"].read())
    again = load(other_kernel(client, service), sweep.id)
    assert {"succeeded": 2} == again.resume().result(5).counts
    assert {picture({})} >= set(seen)
    assert "in.png" == again.to_rows()[0]["image"]
    assert replace(again.plan, made=frozenset()).count == 2
