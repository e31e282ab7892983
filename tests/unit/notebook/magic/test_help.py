"""The help: made from the tables, never wider than 100 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ipyimagegen.core.cost import Cost
from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.params import Param, Params
from ipyimagegen.notebook.magic.commands import COMMANDS
from ipyimagegen.notebook.magic.help import model_help
from ipyimagegen.notebook.magic.magics import ImageGen
from ipyimagegen.notebook.magic.options import OPTIONS
from ipyimagegen.services.local.service import specs

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def widest(text: str) -> int:
    return max(map(len, text.splitlines()))


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_help_of_the_cell_names_every_option_of_the_parser() -> None:
    text = ImageGen.cell.__doc__ or ""
    assert widest(text) <= 100
    for option in OPTIONS:
        assert f"[{option.usage}]" in words(text)
        assert words(option.help) in words(text)


def test_the_help_of_the_line_names_every_subcommand() -> None:
    text = ImageGen.line.__doc__ or ""
    assert widest(text) <= 100
    for command in COMMANDS.values():
        assert f"%imagegen {command.usage} {command.help}" in words(text)


@pytest.mark.parametrize("spec", specs(), ids=str)
def test_the_help_of_a_model_has_every_parameter_with_its_limits_and_default(spec: ModelSpec) -> None:
    text = model_help(spec)
    assert widest(text) <= 100
    for param in spec.params.values():
        assert f"--{param.name.replace('_', '-')}" in text
        assert words(param.description) in words(text)
    assert "--guidance-scale 0 to 20, default 7.5" in words(text) or spec.name != "sketch"


def test_strange_descriptions_stay_within_the_page() -> None:
    params = Params(
        (
            Param(
                name="a" * 60, kind="choice", choices=tuple(f"choice-{n}" * 3 for n in range(40)), description="x" * 900
            ),
        ),
        open=True,
    )
    price = Cost.read(0.03, source="quoted")
    text = model_help(
        ModelSpec(service="s", name="m" * 150, description="\x1b[31mred\nline", params=params, price=price)
    )
    assert widest(text) <= 100
    assert "\x1b" not in text
    assert "Price: $0.03 a call" in text


def test_a_question_mark_shows_the_help(shell: InteractiveShell) -> None:
    for name, line in (("%%imagegen", "Make pictures"), ("%imagegen", "Look after models")):
        assert line in shell.object_inspect_mime(name)["text/plain"]
