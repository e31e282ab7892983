"""The command `ipyimagegen`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from ipyimagegen.cli import QUICKSTART, main, place_notebooks
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
