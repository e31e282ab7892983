"""`%imagegen`, and the settings in `%config ImageGen`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ipyimagegen.core.errors import JobCancelled
from ipyimagegen.jobs.client import Client
from ipyimagegen.notebook.magic.commands import COMMANDS
from ipyimagegen.notebook.magic.magics import ImageGen
from ipyimagegen.settings.config import Settings

from .conftest import TINY, Ran

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

Run = Callable[[str], Ran]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("modls", "%imagegen modls: no such subcommand; did you mean models?"),
        ("can", "%imagegen can: no such subcommand; did you mean cancel?"),
        ("xyz", "%imagegen xyz: no such subcommand; there are help, models, info, login, logout, jobs, attach,"),
        (
            "local/sketch --seed 3",
            "pictures are made by the cell form: write %%imagegen local/sketch and the prompt in the lines below",
        ),
        ("info local/sketsh", "no model 'local/sketsh'; did you mean 'local/sketch'"),
        ("info sketch", "'sketch' is not a model name"),
        ("info a/b c/d", "one model at a time"),
        ("cancel jx", "no job with 'jx'"),
        ("jobs all", "takes no 'all'"),
        ("models 'x", "no closing quotation"),
        ("config modle=x", "modle: no such setting; did you mean 'model'?"),
        ("config quiet=5 max_cost=lots", "(1) quiet: 5 is not true or false (2) max_cost: 'lots' is not an amount"),
        ("config model", "'model' is not NAME=VALUE"),
    ],
)
def test_what_is_wrong_is_said_with_a_suggestion(run: Run, line: str, message: str) -> None:
    ran = run(f"%imagegen {line}")
    assert ran.message.startswith("UsageError: ")
    assert message in ran.message


@pytest.mark.parametrize(
    "line",
    [
        "",
        *(name for name, command in COMMANDS.items() if command.arguments.startswith("[") or not command.arguments),
        *(f"help {name}" for name in COMMANDS),
        "help cell",
        "help local/sketch",
        "models sketch",
        "models zzz",
        "history zzz",
        "cost 0.5",
    ],
)
def test_every_subcommand_writes_text_within_the_page(run: Run, line: str) -> None:
    ran = run(f"%imagegen {line}")
    assert ran.error is None
    assert ran.text.strip()
    assert max(map(len, ran.text.splitlines())) <= 100


def test_models_are_searched_by_words(run: Run) -> None:
    assert "local/sketch" in run("%imagegen models painter").text
    assert "local/cutout" not in run("%imagegen models painter").text


def test_jobs_are_listed_and_cancelled_by_the_start_of_their_ids(run: Run, client: Client) -> None:
    run(f"%%imagegen {TINY} --step-delay-s 5 --bg\na fox")
    run(f"%%imagegen {TINY} --step-delay-s 5 --bg\na bear")
    first, second = client.jobs()
    listed = run("%imagegen jobs").text
    assert first.id in listed
    assert "a bear" in listed
    assert run("%imagegen cancel").message.startswith(
        f"UsageError: 2 jobs run; name one of {first.id}, {second.id}, or all"
    )
    assert "cancelling" in run(f"%imagegen cancel {first.id}").text
    assert isinstance(first.outcome.exception(30), JobCancelled)
    assert "cancelling" in run("%imagegen cancel").text
    assert isinstance(second.outcome.exception(30), JobCancelled)
    assert "cancelled before" in run(f"%imagegen cancel {first.id}").text
    assert run("%imagegen cancel all").text == "No job is running.\n"


def test_every_setting_is_a_trait() -> None:
    names = {item.name for item in fields(Settings)}
    assert set(ImageGen.class_traits(config=True)) == names | {"negative_prompt"}


def test_config_changes_what_every_call_uses(run: Run, client: Client) -> None:
    run("%config ImageGen.model = 'local/cutout'")
    run("%config ImageGen.max_cost = 0.2")
    assert client.settings == Settings(model="local/cutout", max_cost=Decimal("0.2"))


def test_config_shows_what_was_changed_elsewhere(run: Run, client: Client) -> None:
    client.settings = replace(client.settings, timeout_s=12.5)
    assert "Current: 12.5" in run("%config ImageGen").text
    run("%config ImageGen.quiet = True")
    assert client.settings == Settings(timeout_s=12.5, quiet=True)


def test_a_wrong_setting_is_refused_in_words(run: Run, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        run("%config ImageGen.max_cost = 'lots'")
    assert caplog.messages == ["ImageGen.max_cost: 'lots' is not an amount in US dollars, 0 or more"]
    assert client.settings == Settings()


def test_the_settings_of_the_profile_are_taken(bare_shell: InteractiveShell, client: Client) -> None:
    from ipyimagegen.notebook.extension import load_ipython_extension

    bare_shell.config.ImageGen.quiet = True
    load_ipython_extension(bare_shell)
    assert client.settings == Settings(quiet=True)


def test_config_tells_where_a_setting_is_from(run: Run, client: Client, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.ipyimagegen]\ntimeout_s = 60\n", "utf-8")
    client.settings = replace(client.settings, timeout_s=60.0)
    shown = run("%imagegen config metadata=none max_cost=none").text
    origins = {line.split()[0]: line.rsplit("(", 1)[-1].rstrip(")") for line in shown.splitlines()}
    assert {
        "timeout_s": "pyproject.toml",
        "metadata": "session",
        "model": "default",
        "max_cost": "default",
    }.items() <= (origins.items())


def test_the_quiet_setting_silences_cells(run: Run) -> None:
    run("%config ImageGen.quiet = True")
    ran = run(f"%%imagegen {TINY}\na fox")
    assert len(ran.displayed) == len(ran.pictures) == 1


def test_a_negative_prompt_can_be_kept_for_all_cells(run: Run, shell: InteractiveShell) -> None:
    run("%config ImageGen.negative_prompt = 'red'")
    run(f"%%imagegen {TINY} -o a\na fox")
    run(f"%%imagegen {TINY} -o b\na fox\n---\nblue")
    assert shell.user_ns["a"].sent["negative_prompt"] == "red"
    assert shell.user_ns["b"].sent["negative_prompt"] == "blue"
    assert "from %config" in run("%%imagegen --dry-run\na fox").text
    assert "negative_prompt" in run("%imagegen config").text
