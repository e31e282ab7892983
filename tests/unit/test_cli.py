"""The command `ipyimagegen`."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import ipyimagegen as ig
from ipyimagegen import history
from ipyimagegen.cli import QUICKSTART, main, place_notebooks
from ipyimagegen.core.events import JSON
from ipyimagegen.core.requests import Request, Ticket
from ipyimagegen.history import Journal
from ipyimagegen.jobs import session
from tests.e2e.server import answers, free_port


def eventually_answers(address: str) -> bool:
    """The server writes its address just before it listens."""
    deadline = time.monotonic() + 20
    while not answers(address) and time.monotonic() < deadline:
        time.sleep(0.05)
    return answers(address)


def test_models_are_listed_with_what_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "painter"]) == 0
    assert capsys.readouterr().out.startswith("local/sketch  ")


def test_no_match_is_said_and_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "no-such-model"]) == 1
    assert "no model matches" in capsys.readouterr().err


def test_an_unknown_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["lab", "--brwser"])
    assert (caught.value.code, "--brwser" in capsys.readouterr().err) == (2, True)


def test_notebooks_are_put_in_a_folder_and_the_users_changes_stay(tmp_path: Path) -> None:
    folder = place_notebooks(tmp_path / "mine")
    (folder / QUICKSTART).write_text("changed")
    assert (place_notebooks(folder), (folder / QUICKSTART).read_text()) == (folder, "changed")


def test_lab_opens_on_the_quickstart(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "ipyimagegen", "lab", "--no-browser", f"--port={port}", f"--folder={tmp_path}"]
    lab = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert lab.stdout is not None
    try:
        address = next(word for line in lab.stdout for word in line.split() if word.startswith("http://127.0.0.1"))
        assert f"/lab/tree/{QUICKSTART}" in address
        assert eventually_answers(address)
    finally:
        lab.terminate()
        lab.wait(20)
        lab.stdout.close()


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    """The user's journal, in a folder of the test's own, and no client yet."""
    monkeypatch.setenv("IPYIMAGEGEN_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(session, "_clients", [])
    made = history.journal()
    yield made
    made.close()


def left(journal: Journal, job_id: str = "jleft", prompt: str = "a fox", *, sent: bool = True) -> None:
    """A job that an earlier process prepared, and perhaps sent."""
    values: dict[str, JSON] = {"prompt": prompt, "seed": 5, "width": 64, "height": 64, "num_inference_steps": 2}
    journal.prepared(job_id, Request(service="local", model="sketch", values=values, asked=values, seed=5)).result()
    if sent:
        ticket = Ticket(service="local", model="sketch", remote_id="gone", facts={"values": values})
        journal.submitted(job_id, ticket).result()


def test_jobs_are_listed_with_the_command_that_collects_open_ones(
    journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    left(journal, "jfox")
    left(journal, "jbear", "a bear", sent=False)
    left(journal, "jwolf", "a wolf")
    journal.ended("jwolf", "failed", "no").result()
    assert main(["jobs"]) == 0
    listed = capsys.readouterr().out
    states = {line.split()[0]: line for line in listed.splitlines() if line.startswith("j")}
    assert list(states) == ["job", "jwolf", "jbear", "jfox"]
    assert " failed " in states["jwolf"]
    assert " not known to be sent " in states["jbear"]
    assert " open " in states["jfox"]
    assert "ipyimagegen attach JOB" in listed


def test_jobs_are_narrowed_by_words_and_to_open_ones(journal: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    left(journal, "jfox")
    left(journal, "jwolf", "a wolf", sent=False)
    assert main(["jobs", "--open", "--limit", "5"]) == 0
    assert "wolf" not in capsys.readouterr().out
    assert main(["jobs", "wolf"]) == 0
    captured = capsys.readouterr().out
    assert "jfox" not in captured
    assert "attach" not in captured
    assert main(["jobs", "bear"]) == 1
    assert "no job matches" in capsys.readouterr().err


def test_a_limit_is_a_count(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["jobs", "--limit", "0"])
    assert "invalid count value: '0'" in capsys.readouterr().err


def test_attach_collects_a_job_of_another_process(
    journal: Journal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left(journal)
    assert main(["attach", "jle", "--quiet", "--save", str(tmp_path / "{seed}.png")]) == 0
    summary, saved = capsys.readouterr().out.splitlines()
    assert "local/sketch · 64×64 · seed 5" in summary
    assert saved == str(tmp_path / "5.png")
    assert (tmp_path / "5.png").is_file()
    assert journal.row("jleft").phase == "succeeded"


def test_attach_to_no_job_is_one_line(journal: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attach", "jnone"]) == 1
    assert capsys.readouterr().err == "ipyimagegen: no job with 'jnone' in the journal\n"


def test_the_gateways_own_options_are_in_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["gateway", "--help"])
    assert (caught.value.code, "--queue-limit" in capsys.readouterr().out) == (0, True)


def test_the_gateway_prints_what_points_at_it_and_serves_until_it_is_stopped() -> None:
    command = [sys.executable, "-m", "ipyimagegen", "gateway", "--port", "0", "--quiet"]
    gateway = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert gateway.stdout is not None
    try:
        lines = iter(gateway.stdout)
        address = next(lines).split()[3]
        assert httpx.get(f"{address}/status").json() == {"status": "ok"}
        gateway.send_signal(signal.SIGINT)
        rest = list(lines)
        assert f"export OPENPIXELS_BASE_URL={address}\n" in rest
        assert f"%env SEGMIND_BASE_URL={address}/v1\n" in rest
        assert (rest[-1], gateway.wait(20)) == ("stopped\n", 0)
    finally:
        gateway.kill()
        gateway.wait(20)
        gateway.stdout.close()


def made(prompt: str, cost: str = "0.5") -> str:
    """The id of a result in the user's journal."""
    from tests.unit.history.test_library import make

    result = make(f"j{prompt[:4]}", prompt)
    ig.history.tag(result, "sea")
    return result.job_ids[0]


def test_the_history_is_found_by_words_and_facts(journal: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    made("Überraschung am Hafen")
    made("fox in the snow")
    assert main(["history", "uberraschung", "--since", "1d", "--tag", "SEA", "--cost", "<1"]) == 0
    header, line = capsys.readouterr().out.splitlines()
    assert header.split() == ["job", "made", "model", "cost", "prompt"]
    assert "#sea Überraschung am Hafen" in line
    assert main(["history", "nobody"]) == 1
    assert "no result matches" in capsys.readouterr().err


def test_the_history_goes_to_another_machine_and_is_checked_and_cleared(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made("fox")
    made("bear")
    archive = str(tmp_path / "x.zip")
    assert main(["history", "--export", archive]) == 0
    monkeypatch.setenv("IPYIMAGEGEN_HOME", str(tmp_path / "other"))
    assert main(["history", "--import", archive]) == 0
    assert main(["history", "--verify"]) == 0
    assert main(["history", "--size"]) == 0
    out = capsys.readouterr().out
    assert "2 results with 2 files taken in; 0 were here already" in out
    assert "every file is as it came" in out
    assert "2 of 2 jobs" in out
    next(iter(history.journal().files.every())).unlink()
    assert main(["history", "--verify"]) == 1
    assert main(["history", "--delete", "jfox"]) == 0
    assert main(["history", "--clear", "0d"]) == 0
    assert "1 job forgotten, " in capsys.readouterr().out
    assert main(["history"]) == 1


def test_an_age_that_is_none_is_one_line(journal: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "--clear", "soon"]) == 1
    assert "since: 'soon' is not a time such as '7d'" in capsys.readouterr().err


def test_an_open_job_is_closed_by_hand(journal: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    left(journal)
    assert main(["history", "--close", "jleft"]) == 0
    assert (journal.row("jleft").phase, capsys.readouterr().out) == ("failed", "closed\n")
