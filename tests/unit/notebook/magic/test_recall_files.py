"""`%imagegen recall FILE`: what any tool wrote into a picture, as text, as a value and as code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ipyimagegen.jobs.client import Client
from ipyimagegen.media.metadata import Found
from tests.unit.media.foreign import INFOTEXT, png_with

from .conftest import TINY, Ran

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

Run = Callable[[str], Ran]


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A picture of the web UI, in the folder of the notebook."""
    path = tmp_path / "a fox.png"
    path.write_bytes(png_with({"parameters": INFOTEXT}))
    return path


@pytest.fixture
def cells(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cells that were put below."""
    made: list[str] = []
    monkeypatch.setattr(shell, "set_next_input", made.append)
    return made


def test_a_file_of_another_tool_is_told_in_full(run: Run, foreign: Path) -> None:
    told = [" ".join(line.split()) for line in run("%imagegen recall 'a fox.png'").text.splitlines()]
    assert told[0] == "a fox.png"
    facts = {"tool AUTOMATIC1111", "prompt a lighthouse at dusk", "negative prompt fog", "guidance_scale 7", "seed 42"}
    assert facts <= set(told)


def test_a_variable_takes_what_was_found(run: Run, shell: InteractiveShell, foreign: Path) -> None:
    shell.user_ns["picture"] = foreign
    assert run("%imagegen recall picture -o found").error is None
    found = shell.user_ns["found"]
    assert isinstance(found, Found)
    assert found.prompt == "a lighthouse at dusk"
    assert found.to_params("local/sketch").params["num_inference_steps"] == 20


def test_the_code_runs_and_says_what_could_not_be_carried_over(
    run: Run, shell: InteractiveShell, foreign: Path, cells: list[str]
) -> None:
    ran = run("%imagegen recall './a fox.png' --code -o found")
    assert (ran.error, ran.text) == (None, f"{cells[0]}\n")
    assert '"local/sketch"' in cells[0]
    assert '# not carried over: sampler="Euler"' in cells[0].replace("'", '"')
    assert run(cells[0].replace("width=512", "width=64").replace("height=640", "height=64")).error is None
    result = shell.user_ns["result"]
    assert (result.sent["prompt"], result.seed) == ("a lighthouse at dusk", 42)


def test_what_a_file_says_stays_within_the_comments_and_strings(
    run: Run, shell: InteractiveShell, tmp_path: Path, cells: list[str]
) -> None:
    evil = 'Steps: 2, Sampler: "x\\nowned = 1\\r\\nowned = 2", Seed: 7, Size: 64x64, Model: y'
    (tmp_path / "evil.png").write_bytes(png_with({"parameters": f'a "\\\nowned = 3\n{evil}'}))
    run("%imagegen recall evil.png --code")
    assert run(cells[0]).error is None
    assert "owned" not in shell.user_ns


def test_our_own_file_is_made_again_with_its_own_model(
    run: Run, shell: InteractiveShell, client: Client, cells: list[str]
) -> None:
    run(f"%%imagegen {TINY} --seed 7 --style watercolor --save x.png -o fox\na fox")
    client.settings = client.settings.with_({"model": "local/cutout"})
    run("%imagegen recall x.png --code")
    run(cells[0])
    assert shell.user_ns["result"].image.sha256 == shell.user_ns["fox"].image.sha256


def test_a_result_is_carried_over_to_another_model_by_name(
    run: Run, foreign: Path, cells: list[str], client: Client
) -> None:
    run(f"%%imagegen {TINY} --seed 7 -o fox\na fox")
    assert run("%imagegen recall fox --code --model local/cutout").error is None
    assert '"local/cutout"' in cells[0]
    assert "# not carried over: prompt='a fox'" in cells[0]


def test_a_file_that_says_nothing_is_said_to(run: Run, tmp_path: Path) -> None:
    (tmp_path / "plain.png").write_bytes(png_with({}))
    assert run("%imagegen recall plain.png").text == "plain.png does not say how it was made.\n"
    assert "plain.png does not say how it was made" in run("%imagegen recall plain.png --code").message


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("recall gone.png", "cannot read gone.png"),
        ("recall 'a fox.png' --model local/sketch", "write --code too"),
        ("recall 'a fox.png' --code --model", "--model: the name of a model is missing"),
        ("recall 'a fox.png' --code --model local/skech", "local/sketch"),
    ],
)
def test_wrong_words_are_refused(run: Run, foreign: Path, line: str, message: str) -> None:
    assert message in run(f"%imagegen {line}").message
