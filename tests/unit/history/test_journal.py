"""Nothing that was sent is lost: not with the kernel, not with the cell."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ipyimagegen.core.cost import Cost
from ipyimagegen.core.errors import JobFailed, JobTimeout, StorageError, UnknownJob
from ipyimagegen.core.events import Output
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.requests import Ticket
from ipyimagegen.history import Journal
from ipyimagegen.history.connection import Opened
from ipyimagegen.jobs.client import Client
from ipyimagegen.media.artifacts import Payload
from ipyimagegen.services.base import Registry
from ipyimagegen.services.local.service import Local
from ipyimagegen.settings.config import Settings

SMALL: dict[str, Any] = {"width": 64, "height": 64, "num_inference_steps": 2}


class Paid(Local):
    """The embedded service, as one that charges: every write of the journal is then waited for."""

    async def model(self, name: str) -> ModelSpec:
        return replace(await super().model(name), price=Cost(Decimal("0.01"), "USD", "quoted"))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "home")


def client_with(journal: Journal, service: Local | None = None) -> Client:
    registry = Registry()
    registry.add(service or Local())
    return Client(settings=Settings(), services=registry, journal=journal)


@pytest.mark.parametrize("service", [Local, Paid])
def test_a_result_is_found_again_by_words_of_its_prompt_with_its_picture(
    journal: Journal, service: type[Local]
) -> None:
    made = client_with(journal, service()).run("local/sketch", prompt="A Lighthouse at dusk", seed=7, **SMALL)
    journal.close()  # its writes are done
    later = Journal(journal.folder)
    (found,) = later.results("lighthouse dusk")
    assert later.results("harbour") == []
    assert found.images[0].bytes == made.images[0].bytes
    assert (found.seed, found.cost, found.prompt, found.sent) == (7, made.cost, made.prompt, made.sent)


def test_a_job_is_on_disk_before_it_is_sent_and_its_ticket_before_it_is_followed(journal: Journal) -> None:
    seen: list[tuple[str, bool]] = []

    class Watching(Paid):
        async def submit(self, request: Any) -> Ticket:
            seen.extend((row.phase, row.ticket is not None) for row in Journal(journal.folder).rows())
            return await super().submit(request)

        def follow(self, ticket: Ticket) -> Any:
            seen.extend((row.phase, row.ticket is not None) for row in Journal(journal.folder).rows())
            return super().follow(ticket)

    client_with(journal, Watching()).run("local/sketch", prompt="x", **SMALL)
    assert seen == [("preparing", False), ("queued", True)]


def test_a_job_whose_kernel_died_is_collected_by_the_next_one(journal: Journal) -> None:
    code = f"""
import os
from pathlib import Path
from tests.unit.history.test_journal import Paid, client_with
from ipyimagegen.history import Journal
job = client_with(Journal(Path({str(journal.folder)!r})), Paid()).submit(
    "local/sketch", prompt="a boat", seed=3, width=64, height=64, num_inference_steps=50, step_delay_s=1)
while not job.progress: pass
print(job.id, flush=True)
os._exit(9)
"""
    dead = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert dead.returncode == 9, dead.stderr
    (row,) = journal.rows(open_only=True)
    assert row.id == dead.stdout.strip()
    client = client_with(journal)
    journal._select("UPDATE jobs SET ticket = ? WHERE id = ?", _without_delay(row.ticket), row.id)
    assert client.attach(row.id[:-2]).result(30).images[0].seed == 3
    assert journal.rows(open_only=True) == []


def test_a_script_that_ends_while_a_job_runs_ends_at_once_and_quietly(journal: Journal) -> None:
    code = f"""
from pathlib import Path
from tests.unit.history.test_journal import Paid, client_with
from ipyimagegen.history import Journal
for service in (Paid(), None):
    job = client_with(Journal(Path({str(journal.folder)!r})), service).submit(
        "local/sketch", prompt="a boat", seed=3, width=64, height=64, num_inference_steps=50, step_delay_s=1)
    while not job.progress: pass
"""
    ended = subprocess.run(
        [sys.executable, "-X", "dev", "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert [line for line in ended.stderr.splitlines() if "took" not in line] == []
    assert len(journal.rows(open_only=True)) == 2


def _without_delay(ticket: Ticket | None) -> str:
    import json

    assert ticket is not None
    data: dict[str, Any] = ticket.to_json()
    data["facts"]["values"]["step_delay_s"] = 0
    return json.dumps(data)


def test_a_job_that_was_left_but_goes_on_at_its_service_is_collected_in_the_same_session(journal: Journal) -> None:
    class Uncancellable(Paid):
        async def cancel(self, ticket: Ticket) -> str:
            return "goes on, and will be billed"

    client = client_with(journal, Uncancellable())
    with pytest.raises(JobTimeout) as caught:
        client.run("local/sketch", prompt="x", seed=5, step_delay_s=0.5, timeout_s=0.5, **SMALL)
    assert client.attach(caught.value.job_id).result(30).seed == 5


def test_attaching_to_a_finished_job_gives_its_result_without_sending_anything(journal: Journal) -> None:
    made = client_with(journal).run("local/sketch", prompt="x", seed=1, **SMALL)
    again = client_with(journal).attach(made.job_ids[0])
    assert (again.phase, again.result(0).images[0].sha256) == ("succeeded", made.images[0].sha256)


def test_a_failed_job_is_closed_and_says_why(journal: Journal) -> None:
    client = client_with(journal)
    with pytest.raises(JobFailed) as caught:
        client.run("local/sketch", prompt="x", fail_at_step=1, **SMALL)
    row = journal.row(caught.value.job_id)
    assert (row.phase, row.is_open) == ("failed", False)
    with pytest.raises(UnknownJob, match="failed"):
        client_with(journal).attach(row.id)


def test_an_unknown_job_is_an_error(journal: Journal) -> None:
    with pytest.raises(UnknownJob, match="zzz"):
        client_with(journal).attach("zzz")


def test_a_disk_that_cannot_be_written_to_warns_and_stops_no_job(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    broken = Journal(tmp_path / "file")
    with pytest.warns(RuntimeWarning, match="cannot be attached"):
        assert client_with(broken, Paid()).run("local/sketch", prompt="x", **SMALL).images
    with pytest.raises(StorageError):
        broken.rows()


def test_what_the_journal_misses_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    client = client_with(Journal(tmp_path / "file"), Paid())
    with pytest.warns(RuntimeWarning) as warned:
        [client.run("local/sketch", prompt="x", **SMALL) for _ in range(2)]
    (text,) = [str(entry.message) for entry in warned]
    assert text.count(str(tmp_path)) == 1


class Large(Paid):
    """One whose outputs come as temporary files, as downloads of more than 4 MiB do."""

    def __init__(self, folder: Path, data: bytes) -> None:
        super().__init__()
        self.path = folder / "download"
        self.data = data

    async def fetch(self, output: Output) -> Payload:
        self.path.write_bytes(self.data)
        return Payload(path=self.path)


def test_a_large_output_moves_into_the_journal(journal: Journal, tmp_path: Path) -> None:
    held = io.BytesIO()
    Image.new("RGB", (1400, 1200)).save(held, "PNG", compress_level=0)
    service = Large(tmp_path, held.getvalue())
    (artifact,) = client_with(journal, service).run("local/sketch", prompt="x", **SMALL).artifacts
    assert artifact.bytes == service.data
    assert artifact.path is not None
    assert journal.folder in artifact.path.parents
    assert not service.path.exists()


def test_nothing_is_left_of_a_download_that_is_no_picture(journal: Journal, tmp_path: Path) -> None:
    service = Large(tmp_path, b"<!doctype html><title>Sign in</title>")
    (artifact,) = client_with(journal, service).run("local/sketch", prompt="x", **SMALL).artifacts
    assert "text/html" in artifact.error
    assert not service.path.exists()


def test_the_same_picture_is_kept_once(journal: Journal) -> None:
    client = client_with(journal)
    for _ in range(2):
        client.run("local/sketch", prompt="x", seed=1, **SMALL)
    assert len(journal.results()) == 2
    assert len(list(journal.files.folder.glob("??/*"))) == 1


def test_clearing_forgets_ended_jobs_and_the_pictures_that_no_job_needs(journal: Journal) -> None:
    client_with(journal).run("local/sketch", prompt="x", **SMALL)
    assert journal.clear(before=0) == 0
    assert journal.clear(before=float("inf")) == 1
    assert list(journal.files.folder.glob("??/*")) == []


def test_clearing_leaves_a_file_that_another_kernel_may_be_about_to_note(journal: Journal) -> None:
    (made,) = client_with(journal).run("local/sketch", prompt="x", **SMALL).artifacts
    journal.clear(before=float("inf"))
    noting, forgotten = journal.files.keep(made), journal.files.path("ab" * 32, "image/png")
    forgotten.parent.mkdir(exist_ok=True)
    half = forgotten.with_name(".new-1")
    for path in (forgotten, half):
        path.write_bytes(b"x")
        os.utime(path, (1.0, 1.0))
    journal.clear(before=float("inf"))
    assert [noting] == list(journal.files.folder.glob("??/*"))
    os.utime(noting, (1.0, 1.0))
    journal.files.keep(made)  # it is there already, and wanted anew
    journal.clear(before=float("inf"))
    assert noting.is_file()


def test_costs_are_summed_by_model_and_an_unknown_one_stays_unknown(journal: Journal) -> None:
    client_with(journal).run("local/sketch", prompt="x", n=2, **SMALL)
    ((model, jobs, cost),) = journal.costs()
    assert (model, jobs, cost.source) == ("local/sketch", 2, "free")


def test_estimates_are_learned_from_earlier_sessions(journal: Journal) -> None:
    client_with(journal).run("local/sketch", prompt="x", **SMALL)
    job = client_with(journal).submit("local/sketch", prompt="x", **SMALL).jobs[0]
    assert job.expected_s is not None
    job.result(10)


def test_a_folder_that_cannot_be_used_is_named_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    folder = tmp_path / "file" / "journal"
    with pytest.raises(StorageError) as caught:
        Journal(folder).rows()
    assert str(caught.value) == f"the journal in {folder} cannot be used: {os.strerror(errno.ENOTDIR)}"


def test_a_star_is_kept_and_saves_its_job_from_clearing(journal: Journal) -> None:
    made = client_with(journal).run("local/sketch", prompt="x", seed=1, **SMALL)
    assert journal.star(made.job_ids[0]).result()
    assert journal.clear(before=float("inf")) == 0
    assert Journal(journal.folder).starred() == {made.job_ids[0]}
    assert journal.star(made.job_ids[0], starred=False).result()
    assert journal.starred() == frozenset()
    assert not journal.star("nobody").result()


def test_a_result_of_the_journal_knows_when_it_was_made_and_how_long_it_took(journal: Journal) -> None:
    made = client_with(journal).run("local/sketch", prompt="x", **SMALL)
    (record,) = [result.images[0].record for result in journal.results()]
    assert record.timings == made.timings.to_json()
    assert record.created > "2020"


FORK = """
import multiprocessing, sys
import ipyimagegen as ig
small = dict(width=64, height=64, num_inference_steps=2)
ig.default_client().settings = ig.default_client().settings.with_({"max_cost": 3})
ig.run(prompt="before", **small)
job = ig.submit(prompt="of the parent", width=256, height=256, num_inference_steps=40)

def child():
    assert ig.default_client().settings.max_cost == 3
    assert [made.id for made in ig.jobs()] == []
    ig.run(prompt="in the child", **small)
    assert len(ig.history.search("")) >= 2
    assert ig.attach(job.id).result(20).prompt == "of the parent"

process = multiprocessing.get_context("fork").Process(target=child)
process.start()
process.join(30)
assert ig.default_client().jobs()[-1] is job
job.result(20)
sys.exit(process.exitcode)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_a_journal_and_a_client_of_its_own(tmp_path: Path) -> None:
    environment = {**os.environ, "IPYIMAGEGEN_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", FORK], env=environment, capture_output=True, text=True, timeout=90, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


class Between(Journal):
    """A journal beside which something happens between the reading of jobs and that of their outputs."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.happens: list[Callable[[], object]] = []

    def _connect(self) -> Opened:
        opened = super()._connect()
        opened.connection.set_trace_callback(self._hear)
        return opened

    def _hear(self, statement: str) -> None:
        if statement.strip().startswith("SELECT outputs.*") and self.happens:
            self.happens.pop()()


@pytest.mark.parametrize("limit", [1, 10])
def test_results_are_whole_while_another_kernel_notes_one(limit: int, journal: Journal) -> None:
    client_with(journal).run("local/sketch", prompt="a lighthouse", seed=7, **SMALL)
    journal.close()
    reading = Between(journal.folder)

    def another() -> None:
        client_with(journal).run("local/sketch", prompt="a lighthouse", seed=8, **SMALL)
        journal.close()

    reading.happens = [another]
    assert [(7, 1)] == [(result.seed, len(result.images)) for result in reading.results("lighthouse", limit=limit)]
    assert [8, 7][:limit] == [result.seed for result in reading.results("lighthouse", limit=limit)]


@pytest.mark.parametrize("seed", [7, 2**63 + 5, None])
def test_a_live_result_and_the_one_of_the_journal_are_one(journal: Journal, tmp_path: Path, seed: int | None) -> None:
    asked = {"seed": seed} if seed == 7 else {}
    made = client_with(journal, Paid()).run("local/sketch", prompt="a «pier»", **asked, **SMALL)
    if seed == 2**63 + 5:  # more than SQLite's integers have
        record = replace(made.image.record, seed=seed)
        image = replace(made.image, seed=seed, record=record)
        made = replace(made, seed=seed, job_ids=("jlarge",), artifacts=(image,))
        journal.succeeded("jlarge", made).result()
    found = Journal(journal.folder).result(made.job_ids[0])
    assert found == made
    assert found.report == made.report
    assert found.image.record == made.image.record
    assert found.save(tmp_path / "out") == made.save(tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == 1
    assert found.save(tmp_path / "{date}-{model}-{seed}.png") == made.save(tmp_path / "{date}-{model}-{seed}.png")
