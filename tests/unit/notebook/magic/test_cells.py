"""Whole cells in a shell, over the embedded engine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from ipyimagegen.core.cost import Cost
from ipyimagegen.core.errors import BudgetExceeded, JobCancelled, JobFailed
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.jobs.batch import Batch
from ipyimagegen.jobs.client import Client
from ipyimagegen.jobs.job import Job
from ipyimagegen.media.results import Result
from ipyimagegen.services.local.service import Local

from .conftest import TINY, Ran

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

Run = Callable[[str], Ran]


@pytest.mark.parametrize(
    "prompt",
    [
        "It's a cat",
        '{"json": 1}',
        "$5 and `ls` and !x and %y and ?",
        "a 🐈‍⬛ and 字",
        "x" * 10_000,
        "what is it?",
        "a\n\nb # no comment",
        "back\\slash \\n",
        "'''triple\"\"\"",
    ],
)
def test_a_prompt_arrives_as_it_was_written(run: Run, shell: InteractiveShell, prompt: str) -> None:
    ran = run(f"%%imagegen {TINY} -o result\n{prompt}\n")
    assert ran.error is None
    result = shell.user_ns["result"]
    assert isinstance(result, Result)
    assert result.prompt == prompt
    assert result.image.pil.size == (64, 64)
    assert len(ran.pictures) == 1


@pytest.mark.parametrize("body", ["", "\n", "\n\n   \n"])
def test_an_empty_body_paints_an_abstract_where_the_model_has_a_default_prompt(run: Run, body: str) -> None:
    ran = run(f"%%imagegen {TINY}{body}")
    assert ran.error is None
    assert len(ran.pictures) == 1


def test_a_model_without_a_prompt_needs_no_body(run: Run, shell: InteractiveShell) -> None:
    shell.user_ns["photo"] = Image.new("RGB", (64, 64), "white")
    ran = run("%%imagegen local/cutout --image photo -o cut")
    assert ran.error is None
    assert len(shell.user_ns["cut"].images) == 3


def test_the_cell_has_no_value_and_shows_pictures_then_facts(run: Run, shell: InteractiveShell) -> None:
    ran = run(f"%%imagegen {TINY} --seed 7\na fox")
    assert ran.error is None
    assert "_" not in shell.user_ns or not isinstance(shell.user_ns["_"], Result)
    assert "seed 7" in ran.displayed[-1]["text/plain"]
    assert len(ran.displayed) == 2


def test_quiet_shows_the_pictures_alone(run: Run) -> None:
    ran = run(f"%%imagegen {TINY} -n 2 --quiet\na fox")
    assert len(ran.pictures) == len(ran.displayed) == 2
    assert ran.text == ""


def test_several_pictures_take_consecutive_seeds(run: Run, shell: InteractiveShell) -> None:
    ran = run(f"%%imagegen foxes << {TINY} -n 3 --seed 7\na fox")
    assert ran.error is None
    assert shell.user_ns["foxes"].seeds == (7, 8, 9)


def test_names_in_braces_and_the_negative_prompt_are_sent(run: Run, shell: InteractiveShell) -> None:
    shell.user_ns |= {"animal": "fox", "place": {"name": "snow"}}
    assert run(f"%%imagegen {TINY} -o r\na {{animal}} in {{place[name]}}, {{other}}\n---\nno {{animal}}").error is None
    sent = shell.user_ns["r"].sent
    assert (sent["prompt"], sent["negative_prompt"]) == ("a fox in snow, {other}", "no fox")


def test_names_of_ipython_itself_are_no_variables(run: Run, shell: InteractiveShell) -> None:
    assert run(f"%%imagegen {TINY} -o r\n{{In}} {{exit}} {{get_ipython}} {{__name__}}").error is None
    assert shell.user_ns["r"].prompt == "{In} {exit} {get_ipython} {__name__}"


def test_ipython_expands_nothing_in_the_line(run: Run, shell: InteractiveShell) -> None:
    shell.user_ns["x"] = "expanded"
    assert run(f"%%imagegen {TINY} -o r --prompt '{{x}} {{{{x}}}} $x'").error is None
    assert shell.user_ns["r"].prompt == "expanded {x} $x"  # our own rules; IPython's would have put $x in


def test_an_earlier_result_is_a_picture_to_start_from(run: Run, shell: InteractiveShell) -> None:
    run(f"%%imagegen {TINY} -o first\na fox")
    assert run(f"%%imagegen {TINY} --image first --strength 0.3 -o second\na fox").error is None
    assert "image/png" in shell.user_ns["second"].sent["image"]


def test_pictures_are_saved_where_the_line_says(run: Run, tmp_path: Path) -> None:
    ran = run(f"%%imagegen {TINY} -n 2 --seed 7 --save 'out/fox-{{seed}}.png'\na fox")
    assert ran.error is None
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["fox-7.png", "fox-8.png"]
    assert "fox-7.png" in ran.text


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("--widht 64\nx", "--widht: no such option; did you mean --width?"),
        ("--width 65000\nx", "--width: 65000 is outside 64 to 2048 px"),
        ("--style oill\nx", "did you mean 'oil'?"),
        ("--prompt It's\nx", "is never closed"),
        ("sketch\nx", "did you mean 'local/sketch'?"),
        ("local/sketsh\nx", "did you mean 'local/sketch'"),
        ("a fox in snow\nx", "the prompt goes into the lines below the first"),
        ("nowhere/sketch\nx", "no model 'nowhere/sketch'; did you mean 'local/sketch'?"),
        ("--image nothing.png\nx", "--image: no file 'nothing.png'"),
        ("local/cutout\nx", "local/cutout takes no prompt"),
        ("--save 'out/{sede}.png'\nx", "--save: {sede} in the file name pattern"),
        ("--seed 1 -n 65\nx", "-n: 65 is not a whole number of pictures, 1 to 64"),
        ("\n" + "x" * 10_001, "has 10,001 characters; the model takes at most 10,000"),
        ("\n{bad.thing}", "{bad.thing}"),
    ],
)
def test_wrong_words_are_refused_in_one_line_before_anything_is_sent(
    run: Run, client: Client, shell: InteractiveShell, cell: str, message: str
) -> None:
    shell.user_ns["bad"] = object()
    ran = run(f"%%imagegen {cell}")
    assert ran.message.startswith("UsageError: ")
    assert message in ran.message
    assert "\n" not in ran.message
    assert client.jobs() == []
    assert ran.pictures == []


def test_pictures_are_saved_where_the_settings_say(run: Run, tmp_path: Path) -> None:
    run("%config ImageGen.save = 'kept/'")
    assert run(f"%%imagegen {TINY}\na fox").error is None
    assert len(list((tmp_path / "kept").iterdir())) == 1


def test_a_failed_job_raises_with_a_short_traceback(run: Run, shell: InteractiveShell) -> None:
    ran = run(f"%%imagegen {TINY} --fail-at-step 2 -o r\nx")
    assert isinstance(ran.error, JobFailed)
    assert "r" not in shell.user_ns
    depth, trace = 0, ran.error.__traceback__
    while trace is not None:
        depth, trace = depth + ("ipyimagegen" in trace.tb_frame.f_code.co_filename), trace.tb_next
    assert depth == 1


def test_what_was_made_before_a_failure_is_kept(
    run: Run, shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_submit = Local.submit

    async def submit(self: Local, request: Any) -> Any:
        ticket = await real_submit(self, request)
        if request.seed == 8:
            raise JobFailed("no more")
        return ticket

    monkeypatch.setattr(Local, "submit", submit)
    ran = run(f"%%imagegen {TINY} -n 2 --seed 7 -o r\nx")
    assert isinstance(ran.error, JobFailed)
    assert shell.user_ns["r"].seeds == (7,)


def test_a_dry_run_sends_nothing_and_tells_all(
    run: Run, client: Client, shell: InteractiveShell, tmp_path: Path
) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "start.png")
    size = (tmp_path / "start.png").stat().st_size
    ran = run("%%imagegen --width 64 --image start.png -n 3 --dry-run --max-cost 0.2 --save out/ -o r\na fox\n---\nred")
    assert ran.error is None
    lines = {line.split()[0]: " ".join(line.split()[1:]) for line in ran.text.splitlines()[1:]}
    assert ran.text.startswith("Dry run: nothing was sent.\n")
    expected = {
        "model": "local/sketch",
        "width": "64",
        "height": "512 (default)",
        "image": f"start.png, image/png, {size:,} bytes",
        "prompt": "a fox",
        "negative_prompt": "red",
        "seed": "drawn when it is sent; 3 consecutive ones",
        "pictures": "3 calls, one picture each",
        "cost": "free; under the cap of $0.2",
        "save": "out/",
    }
    assert expected.items() <= lines.items()
    assert (client.jobs(), "r" in shell.user_ns) == ([], False)


def test_a_dry_run_says_which_variable_and_which_seeds(run: Run, shell: InteractiveShell) -> None:
    shell.user_ns["photo"] = Image.new("RGB", (64, 64))
    ran = run("%%imagegen --image photo --seed 7 -n 3 --dry-run\na fox")
    assert "(the variable photo (Image))" in ran.text
    assert "7 to 9" in ran.text


@pytest.fixture
def priced(monkeypatch: pytest.MonkeyPatch) -> None:
    """`local/sketch`, with a price."""
    real = Local.model

    async def model(self: Local, name: str) -> ModelSpec:
        return replace(await real(self, name), price=Cost.read("0.03", source="quoted"))

    monkeypatch.setattr(Local, "model", model)


@pytest.mark.usefixtures("priced")
def test_a_cap_refuses_what_costs_more_before_sending(run: Run, client: Client) -> None:
    ran = run(f"%%imagegen {TINY} -n 4 --max-cost 0.10\nx")
    assert isinstance(ran.error, BudgetExceeded)
    assert client.jobs() == []
    assert run(f"%%imagegen {TINY} -n 3 --max-cost 0.10\nx").error is None


@pytest.mark.usefixtures("priced")
def test_a_dry_run_adds_up_the_cost_and_says_what_a_cap_would_do(run: Run) -> None:
    assert "4 × $0.03 = $0.12" in run("%%imagegen -n 4 --dry-run\nx").text
    assert "would be refused" in run("%%imagegen -n 4 --dry-run --max-cost 0.10\nx").text


def test_a_job_in_the_background_is_in_the_variable_at_once(
    run: Run, client: Client, shell: InteractiveShell, tmp_path: Path
) -> None:
    ran = run(f"%%imagegen {TINY} --bg -o job --save out/\na fox")
    assert ran.error is None
    job = shell.user_ns["job"]
    assert isinstance(job, Job)
    assert job.result(30).prompt == "a fox"
    assert client.jobs() == [job]
    run(f"%%imagegen {TINY} --bg -o batch -n 2\na fox")
    assert isinstance(shell.user_ns["batch"], Batch)
    shell.user_ns["batch"].result(30)


def test_pictures_made_in_the_background_are_saved_when_they_are_done(
    run: Run, shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = threading.Event()
    seen: list[str] = []

    def save(self: Result, pattern: str, **_: object) -> list[Path]:
        seen.append(pattern)
        saved.set()
        return []

    monkeypatch.setattr(Result, "save", save)
    run(f"%%imagegen {TINY} --bg --save out/ -o job\na fox")
    assert saved.wait(30)
    assert seen == ["out/"]


def test_stop_before_anybody_waits_cancels_the_job_too(
    run: Run, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ipyimagegen.notebook.call_view.notebook_view", interrupted)
    ran = run(f"%%imagegen {TINY} --step-delay-s 5\na fox")
    assert isinstance(ran.error, KeyboardInterrupt)
    assert isinstance(client.jobs()[0].outcome.exception(30), JobCancelled)


def test_interrupt_cancels_the_job(run: Run, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Client, work: Job, timeout_s: float | None = None) -> Result:
        work.cancel()
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "finish", interrupted)
    ran = run(f"%%imagegen {TINY} --step-delay-s 5\na fox")
    assert isinstance(ran.error, KeyboardInterrupt)
    assert client.jobs()[0].outcome.exception(30) is not None
