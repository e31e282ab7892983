"""`ig.history` is an object that shows itself, and everything in it can be marked, checked, deleted and cleared."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

import ipyimagegen as ig
from ipyimagegen import history
from ipyimagegen.core.cost import Cost
from ipyimagegen.core.errors import InvalidInput, UnknownJob
from ipyimagegen.core.requests import Request, Ticket
from ipyimagegen.history import Journal, keeping
from ipyimagegen.history.library import History
from ipyimagegen.history.recall import journal
from ipyimagegen.jobs.client import Client
from ipyimagegen.media.artifacts import Artifact
from ipyimagegen.media.metadata.record import Record
from ipyimagegen.media.results import Result
from ipyimagegen.services.base import Registry
from ipyimagegen.services.local.service import Local
from ipyimagegen.settings.config import Settings
from tests.unit.media.samples import artifact, flat

DAY_S = 86_400.0


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYIMAGEGEN_HOME", str(tmp_path / "home"))


def make(job: str, prompt: str, picture: Artifact | None = None, *, seed: int = 7) -> Result:
    """A result in the user's journal."""
    picture = picture or artifact(flat(8, 8, (len(job), sum(map(ord, job)) % 256, seed % 256)))
    record = Record(model="far/away", prompt=prompt, seed=seed, created="2026-11-20T10:00:00+00:00", job_id=job)
    request = Request(service="far", model="away", values={"prompt": prompt, "steps": 4}, seed=seed)
    journal().prepared(job, request)
    result = Result(
        model="far/away",
        prompt=prompt,
        artifacts=(replace(picture, record=record, alt=prompt, seed=seed),),
        seed=seed,
        cost=Cost.read("0.02"),
        sent=request.sent,
        job_ids=(job,),
    )
    return journal().succeeded(job, result).result()


def age(job: str, days: float) -> None:
    journal()._select("UPDATE jobs SET created = created - ? WHERE id = ?", days * DAY_S, job)


def files() -> set[str]:
    return {path.stem for path in journal().files.every()}


def test_it_is_one_object_by_every_way_to_it() -> None:
    import ipyimagegen.history as package

    assert isinstance(ig.history, History)
    assert history is ig.history
    assert ig.history is sys.modules["ipyimagegen"].history
    assert package is ig.history
    assert Journal is sys.modules["ipyimagegen.history"].Journal


def test_it_shows_itself_as_a_table() -> None:
    make("j1", "a lighthouse")
    make("j2", "<b>bold</b>\x1b[31m & co")
    ig.history.star("j2")
    ig.history.tag("j1", "sea")
    lines = repr(ig.history).splitlines()
    assert lines[0].split() == ["job", "made", "model", "cost", "prompt"]
    assert [line.split()[0] for line in lines[1:3]] == ["j2", "j1"]
    assert ("★" in lines[1], "#sea a lighthouse" in lines[2]) == (True, True)
    assert lines[-1].startswith(f"2 results in {ig.history.folder}: ")
    shown = ig.history._repr_mimebundle_()
    assert repr(ig.history) == shown["text/plain"]
    assert "&lt;b&gt;bold&lt;/b&gt;" in shown["text/html"]
    assert ("\x1b" in shown["text/html"], "<b>" in shown["text/html"]) == (False, False)
    assert list(ig.history._repr_mimebundle_(include={"text/plain"})) == ["text/plain"]
    assert len(ig.history) == 2


def test_an_empty_or_unreadable_one_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert repr(ig.history) == f"No results yet in {ig.history.folder}"
    assert (len(ig.history), bool(ig.history)) == (0, True)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("IPYIMAGEGEN_HOME", str(tmp_path / "file"))
    assert repr(ig.history).startswith("<History: the journal in ")
    assert list(ig.history._repr_mimebundle_()) == ["text/plain"]


def test_marks_are_given_to_results_and_ids_and_stay() -> None:
    results = [make("j1", "a"), make("j2", "b")]
    ig.history.star(results)
    ig.history.star("j2", starred=False)
    ig.history.tag(results[0], "Meer", "x", "MEER")
    ig.history.tag(["j1", "j2"], "blau", remove="X")
    ig.history.note("j1", " für Zoë ")
    marks = Journal(journal().folder).marks("j1")
    assert (marks.starred, marks.tags, marks.note) == (True, ("blau", "MEER"), "für Zoë")
    assert ig.history.marks("j2").tags == ("blau",)
    assert ig.history.tags() == {"blau": 2, "MEER": 1}


@pytest.mark.parametrize("jobs", ["jx", ["j1", "jx"], ""])
def test_an_unknown_job_is_named_and_nothing_is_done(jobs: str | list[str]) -> None:
    make("j1", "a")
    for act in (ig.history.star, ig.history.delete, ig.history.close):
        with pytest.raises(UnknownJob):
            act(jobs)
    assert (ig.history.marks("j1").starred, len(ig.history)) == (False, 1)


def test_what_is_no_job_tag_or_note_is_refused() -> None:
    make("j1", "a")
    for act in (lambda: ig.history.star(3), lambda: ig.history.tag("j1", ""), lambda: ig.history.note("j1", None)):  # type: ignore[arg-type]
        with pytest.raises(InvalidInput):
            act()


def test_what_is_deleted_is_gone_with_the_files_that_nobody_else_needs() -> None:
    shared = artifact(flat(8, 8))
    make("j1", "a", shared)
    make("j2", "b", shared)
    other = make("j3", "c").image.sha256
    ig.history.star("j3")
    assert ig.history.delete(["j1", "j3"]) == 2
    assert files() == {shared.sha256}
    assert [result.job_ids for result in ig.history.search()] == [("j2",)]
    assert other not in files()


def test_clearing_keeps_what_may_still_be_collected_and_frees_everything_else() -> None:
    make("j1", "old")
    make("jnew", "new")
    for job, ticket, days in (("jsent", True, 3), ("jlost", True, 40), ("junsent", False, 3), ("jnow", False, 0)):
        journal().prepared(job, Request(service="far", model="away", values={})).result()
        if ticket:
            journal().submitted(job, Ticket(service="far", model="away", remote_id=job)).result()
        age(job, days + 1)
    age("j1", 40)
    age("jnow", -1)
    kept_input = journal().inputs.keep(artifact(flat(4, 4)))
    os.utime(kept_input, (1.0, 1.0))
    copy = journal().file.with_name("journal.v1.sqlite")
    copy.write_bytes(b"x" * 9)
    os.utime(copy, (1.0, 1.0))
    assert ig.history.size().copies_bytes == 9
    assert ig.history.clear(older_than_days=2) == 3
    assert {row.id for row in journal().rows()} == {"jnew", "jsent", "jnow"}
    assert [path.exists() for path in (kept_input, copy)] == [False, False]


def test_clearing_gives_the_space_back() -> None:
    for number in range(300):
        request = Request(service="far", model="away", values={"prompt": f"{number} " * 800})
        journal().prepared(f"j{number}", request)
        journal().ended(f"j{number}", "failed", "no")
    before = ig.history.size().database_bytes
    ig.history.clear(older_than_days=0)
    assert ig.history.size().database_bytes < before / 4


def test_a_job_that_will_never_end_is_closed_by_hand() -> None:
    journal().prepared("j1", Request(service="far", model="away", values={})).result()
    journal().submitted("j1", Ticket(service="far", model="away", remote_id="r")).result()
    make("j2", "a")
    assert ig.history.close(["j1", "j2"]) == 1
    assert (journal().row("j1").phase, journal().row("j1").error) == ("failed", "closed by hand")
    assert journal().rows(open_only=True) == []
    assert len(ig.history) == 1


def test_size_counts_what_is_there() -> None:
    made = make("j1", "a").image
    size = ig.history.size()
    assert (size.results, size.jobs, size.files, size.files_bytes) == (1, 1, 1, made.size)
    assert size.bytes == size.database_bytes + made.size


def test_verify_tells_what_is_missing_changed_and_unknown() -> None:
    paths = []
    for job in ("j1", "j2", "j3"):
        made = make(job, "a").image
        paths.append(journal().files.path(made.sha256, "image/png"))
    assert ig.history.verify(contents=True) == keeping.Check()
    paths[0].unlink()
    paths[1].write_bytes(b"short")
    paths[2].write_bytes(bytes(len(paths[2].read_bytes())))
    stray = paths[0].with_name(f"{'ab' * 32}.png")
    stray.write_bytes(b"x")
    check = ig.history.verify()
    assert (check.missing, check.changed, check.unknown) == ((("j1", paths[0]),), (("j2", paths[1]),), (stray,))
    assert (check.ok, check.database) == (False, ())
    assert [job for job, _ in ig.history.verify(contents=True).changed] == ["j2", "j3"]


def test_rows_are_flat_and_hold_parameters_and_marks() -> None:
    make("j1", "a pier")
    ig.history.tag("j1", "sea")
    (row,) = ig.history.to_rows("pier", steps=4)
    assert (row["job"], row["cost"], row["param.steps"], row["tags"]) == ("j1", 0.02, 4, ["sea"])
    assert row["made"] == datetime.fromisoformat("2026-11-20T10:00:00+00:00")
    assert [Path(name).is_file() for name in row["files"]] == [True]


def test_without_pandas_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip install pandas.*to_rows"):
        ig.history.to_pandas()


def test_limits_forget_the_oldest_without_a_star(tmp_path: Path) -> None:
    sizes = {}
    for place, job in enumerate(("j1", "j2", "j3", "j4")):
        sizes[job] = make(job, job).image.size
        age(job, 10 - place)
    ig.history.star("j1")
    most = sum(sizes.values()) - sizes["j2"]
    assert journal().keep_within(days=None, gigabytes=most / 1e9).result() == 1
    assert {row.id for row in journal().rows()} == {"j1", "j3", "j4"}
    assert journal().keep_within(days=7.5, gigabytes=None).result() == 1
    assert {row.id for row in journal().rows()} == {"j1", "j4"}
    assert journal().keep_within(days=None, gigabytes=0).result() == 1
    assert {row.id for row in journal().rows()} == {"j1"}


def test_limits_are_settings_and_kept_before_a_clients_first_job() -> None:
    make("jold", "a pier")
    age("jold", 40)
    settings = Settings().with_({"history_days": 30, "history_gb": 50})
    registry = Registry()
    registry.add(Local())
    client = Client(settings=settings, services=registry, journal=journal())
    assert len(ig.history) == 1
    client.run("local/sketch", "a fox", width=64, height=64, num_inference_steps=2)
    assert [result.prompt for result in ig.history.search()] == ["a fox"]
    with pytest.raises(InvalidInput, match="history_days: -1 is not a number of days"):
        Settings().with_({"history_days": -1})
