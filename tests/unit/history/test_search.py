"""What was typed is found again: by words without case and accents, by any fact, in any order, indexed or not yet."""

from __future__ import annotations

import sqlite3
from concurrent.futures import Future
from contextlib import closing
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.cost import UNKNOWN, Cost
from ipyimagegen.core.errors import InvalidInput
from ipyimagegen.core.requests import Request
from ipyimagegen.history import End, Journal, finding, index
from ipyimagegen.history.query import asked, moment_of
from ipyimagegen.history.recall import search
from ipyimagegen.history.words import fold, param_key, words_of
from ipyimagegen.media.artifacts import Artifact
from ipyimagegen.media.results import Result

FREE = Cost(Decimal(0), "USD", "free")
NOW = datetime(2026, 11, 26, 15, 30, tzinfo=timezone(timedelta(hours=1)))  # a Thursday


def note(
    journal: Journal, job: str, prompt: str, *, model: str = "segmind/flux-1", cost: Cost = FREE, **sent: Any
) -> None:
    service, _, name = model.partition("/")
    seed = sent.get("seed")
    journal.prepared(job, Request(service=service, model=name, values={"prompt": prompt, **sent}, seed=seed))
    made = Artifact(sha256=f"{job:0>64}", media_type="image/png", error="not fetched", seed=seed)
    journal.succeeded(
        job, Result(model=model, prompt=prompt, artifacts=(made,), seed=seed, cost=cost, sent=sent)
    ).result()


def found(journal: Journal, query: str = "", **filters: Any) -> list[str]:
    return [result.job_ids[0] for result in journal.results(asked(query, **filters))]


def quick_index(journal: Journal) -> None:
    """As it is: folded when noted."""


def no_index(journal: Journal) -> None:
    """As a kernel of the version before leaves it: nothing is folded, and nothing will be."""
    journal._settled = lambda: 0  # type: ignore[method-assign]
    journal._select("UPDATE entries SET stale = 1, words = ''")
    journal._select("DELETE FROM entry_params")
    if index_of_words(journal):
        journal._select("DROP TABLE found")


def without_fts5(journal: Journal) -> None:
    """As another Python without FTS5 finds it."""
    if index_of_words(journal):
        journal._select("DROP TABLE found")


def index_of_words(journal: Journal) -> bool:
    return journal._select("SELECT 1 FROM sqlite_master WHERE name = 'found'") != []


@pytest.fixture(scope="module", params=[quick_index, no_index, without_fts5])
def journal(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Journal:
    """A history of five results, one job that failed, and one that is open, however they are indexed."""
    journal = Journal(tmp_path_factory.mktemp("history"))
    note(journal, "j1", "Eine Überraschung am Hafen", seed=7, num_inference_steps=20)
    note(journal, "j2", "A LIGHTHOUSE at dusk", model="local/sketch", cost=Cost.read("0.02"), seed=2**40)
    note(journal, "j3", "灯塔 in der Straße", cost=Cost.read("1.5"), num_inference_steps=20.0, guidance_scale=7.5)
    note(journal, "j4", "a lighthouse, a boat", cost=UNKNOWN, style="Öl auf Leinwand", tiled=True)
    note(journal, "j5", "100% of a_b", model="speedpix/köln", cost=Cost.read("0.05"))
    journal.prepared("j6", Request(service="local", model="sketch", values={"prompt": "a lighthouse"}))
    journal.ended("j6", "failed", "no")
    for day, job in enumerate(("j1", "j2", "j3", "j4", "j5", "j6")):
        journal._select("UPDATE jobs SET created = ? WHERE id = ?", 1_000_000.0 + day * 86_400, job)
    journal.tag("j2", "Am Meer", "sea").result()
    journal.note("j3", "für die Einladung").result()
    journal.star("j4").result()
    request.param(journal)
    return journal


@pytest.mark.parametrize(
    ("query", "jobs"),
    [
        ("Überraschung", ["j1"]),
        ("uberraschung", ["j1"]),
        ("ÜBERRASCHUNG hafen", ["j1"]),
        ("berrasch", ["j1"]),
        ("lighthouse", ["j4", "j2"]),
        ("LightHouse boat", ["j4"]),
        ("house", ["j4", "j2"]),
        ("strasse", ["j3"]),
        ("STRASSE", ["j3"]),
        ("灯塔", ["j3"]),
        ("塔", ["j3"]),
        ("100%", ["j5"]),
        ("a_b", ["j5"]),
        ('"', []),
        ("lighthouse' OR 1=1 --", []),
        ("* NEAR(", []),
        ("koln", ["j5"]),
        ("segmind/flux", ["j4", "j3", "j1"]),
        ("j2", ["j2"]),
        ("meer", ["j2"]),
        ("einladung", ["j3"]),
        ("", ["j5", "j4", "j3", "j2", "j1"]),
        ("nobody", []),
    ],
)
def test_words_are_found_without_case_and_accents_and_as_parts(journal: Journal, query: str, jobs: list[str]) -> None:
    assert found(journal, query) == jobs


@pytest.mark.parametrize(
    ("filters", "jobs"),
    [
        ({"model": "sketch"}, ["j2"]),
        ({"model": "Flux"}, ["j4", "j3", "j1"]),
        ({"since": 1_000_000.0 + 86_400 * 3}, ["j5", "j4"]),
        ({"until": 1_000_000.0 + 86_400}, ["j1"]),
        ({"cost": "free"}, ["j1"]),
        ({"cost": "unknown"}, ["j4"]),
        ({"cost": ">0.02"}, ["j5", "j3"]),
        ({"cost": ">=0.02"}, ["j5", "j3", "j2"]),
        ({"cost": (0.02, 0.1)}, ["j5", "j2"]),
        ({"cost": Decimal("0.05")}, ["j5"]),
        ({"starred": True}, ["j4"]),
        ({"starred": False, "model": "flux"}, ["j3", "j1"]),
        ({"tag": "am meer"}, ["j2"]),
        ({"tag": ["SEA", "Am  Meer"]}, ["j2"]),
        ({"tag": "land"}, []),
        ({"seed": 7}, ["j1"]),
        ({"seed": 2**40}, ["j2"]),
        ({"params": {"num_inference_steps": 20}}, ["j3", "j1"]),
        ({"params": {"num_inference_steps": 20, "guidance_scale": 7.5}}, ["j3"]),
        ({"params": {"style": "ol auf leinwand"}}, ["j4"]),
        ({"params": {"tiled": True}}, ["j4"]),
        ({"params": {"tiled": "True"}}, []),
        ({"query": "lighthouse", "cost": "<1"}, ["j2"]),
        ({"sort": "oldest", "limit": 2}, ["j1", "j2"]),
        ({"sort": "dearest"}, ["j3", "j5", "j2", "j1", "j4"]),
        ({"sort": "cheapest"}, ["j1", "j2", "j5", "j3", "j4"]),
        ({"sort": "model", "limit": 2}, ["j2", "j4"]),
        ({"limit": 0}, []),
    ],
)
def test_every_fact_is_a_filter(journal: Journal, filters: dict[str, Any], jobs: list[str]) -> None:
    assert found(journal, **filters) == jobs


def test_jobs_without_a_result_are_among_the_rows_only(journal: Journal) -> None:
    assert [row.id for row in journal.rows("lighthouse")] == ["j6", "j4", "j2"]


def test_what_changes_is_found_as_it_is_now(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    note(journal, "j1", "a pier")
    journal.tag("j1", "sea").result()
    assert found(journal, "sea pier") == ["j1"]
    journal.tag("j1", "land", remove=("sea",)).result()
    assert [found(journal, word) for word in ("sea", "land")] == [[], ["j1"]]
    journal.note("j1", "for Zoë").result()
    assert found(journal, "zoe") == ["j1"]
    journal.note("j1", "").result()
    assert found(journal, "zoe") == []
    journal.clear(before=float("inf"))
    assert [found(journal, "pier"), journal._select("SELECT * FROM entries")] == [[], []]
    note(journal, "j2", "a boat")
    assert [found(journal, word) for word in ("pier", "boat")] == [[], ["j2"]]


def test_a_thousand_results_of_a_frequent_word_are_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path)
    writes: list[Future[Any]] = []
    for number in range(60):
        request = Request(service="local", model="sketch", values={"prompt": "a lighthouse", "steps": 4})
        writes.append(journal.prepared(f"j{number:03}", request))
        writes.append(journal._do(journal._ended, f"j{number:03}", End("succeeded")))
    for write in writes:
        write.result(20)
    monkeypatch.setattr(finding, "FEW", 10)
    newest = [f"j{number:03}" for number in range(59, 54, -1)]
    assert found(journal, "lighthouse", limit=5) == newest
    assert found(journal, "house", params={"steps": 4}, limit=5) == newest
    assert found(journal, sort="oldest", params={"steps": 4}, limit=2) == ["j000", "j001"]


def test_more_rows_than_are_folded_at_once_are_folded_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path)
    for number in range(7):
        journal.prepared(f"j{number}", Request(service="local", model="sketch", values={"prompt": "ä"})).result()
    monkeypatch.setattr(index, "SETTLED_AT_ONCE", 2)
    assert len(journal.rows("a")) == 7
    assert journal._select("SELECT 1 FROM entries WHERE stale = 1") == []


def test_a_kernel_of_an_earlier_version_adds_and_changes_what_is_found(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    note(journal, "j1", "a pier")
    with closing(sqlite3.connect(journal.file)) as old:
        old.execute("PRAGMA foreign_keys = ON")
        old.execute(
            "INSERT INTO jobs (id, service, model, phase, created, prompt, asked, sent, cost, currency)"
            " VALUES ('j2', 'far', 'away', 'succeeded', 5.0, 'Ein Schloß', '{}', '{\"steps\": 3}', '0.5', 'USD')"
        )
        old.execute("UPDATE jobs SET starred = 1 WHERE id = 'j1'")
        old.commit()
        assert found(journal, "schloss", params={"steps": 3}, cost=0.5) == ["j2"]
        assert found(journal, starred=True) == ["j1"]
        old.execute("DELETE FROM jobs WHERE id = 'j2'")
        old.commit()
    assert found(journal, "schloss") == []


@pytest.mark.parametrize(
    ("value", "since", "until"),
    [
        ("7d", "2026-11-19T15:30+01:00", "2026-11-19T15:30+01:00"),
        ("12 hours", "2026-11-26T03:30+01:00", "2026-11-26T03:30+01:00"),
        ("2 weeks ago", "2026-11-12T15:30+01:00", "2026-11-12T15:30+01:00"),
        (0.5, "1970-01-01T00:00:00.5+00:00", "1970-01-01T00:00:00.5+00:00"),
        ("2026-11-20T10:00+00:00", "2026-11-20T10:00+00:00", "2026-11-20T10:00+00:00"),
        (datetime.fromisoformat("2026-11-20T10:00+02:00"), "2026-11-20T10:00+02:00", "2026-11-20T10:00+02:00"),
    ],
)
def test_times_are_read_as_they_are_typed(value: Any, since: str, until: str) -> None:
    exact = [datetime.fromisoformat(text).timestamp() for text in (since, until)]
    assert exact == [moment_of(value, NOW, end=False), moment_of(value, NOW, end=True)]


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("monday", (2026, 11, 23)),
        ("Thursday", (2026, 11, 26)),
        ("friday", (2026, 11, 20)),
        ("today", (2026, 11, 26)),
        ("yesterday", (2026, 11, 25)),
        ("2026-11-01", (2026, 11, 1)),
        (date(2026, 11, 1), (2026, 11, 1)),
    ],
)
def test_a_day_is_from_its_beginning_to_its_end(value: Any, day: tuple[int, int, int]) -> None:
    begins = datetime(*day).astimezone().timestamp()
    assert begins == moment_of(value, NOW, end=False)
    assert (datetime(*day) + timedelta(days=1)).astimezone().timestamp() == moment_of(value, NOW, end=True)  # noqa: DTZ001


def test_every_problem_of_a_query_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        asked(3, since="soon", cost="cheap", tag="", seed=1.5, sort="best", starred="yes", limit=-1)
    assert [problem.name for problem in caught.value.problems] == [
        "query",
        "since",
        "cost",
        "starred",
        "tag",
        "seed",
        "sort",
        "limit",
    ]


@given(st.text())
def test_folding_knows_no_case_and_is_done_once_for_all(text: str) -> None:
    assert fold(text.upper().lower()) == fold(fold(text.upper().lower()))
    assert " ".join(words_of(text)) == " ".join(words_of(fold(text)))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [(7, 7.0, True), ("Öl", "ol", True), (1, True, False), ("1", 1, False), ([1, 2], [1, 2], True), (7, 8, False)],
)
def test_parameters_are_alike_where_their_values_are(one: Any, other: Any, *, same: bool) -> None:
    assert (param_key("steps", one) == param_key("Steps", other)) is same


@pytest.mark.parametrize("name", ["modle", "tags", "star", "untill", "seeds"])
def test_a_filter_that_is_spelt_wrong_is_not_taken_for_a_parameter(name: str) -> None:
    with pytest.raises(InvalidInput, match=rf"{name}: did you mean '.*'\? .* params={{'{name}': \.\.\.}}"):
        search("x", params=None, sort="newest", **cast("Any", {name: 1}))
