"""What the magic prints is clean, whoever said it."""

from __future__ import annotations

import pytest

from ipyimagegen.core.models import ModelSpec
from ipyimagegen.core.params import Param, Params
from ipyimagegen.notebook.magic.help import model_help
from ipyimagegen.notebook.text import paragraph, rows, table

EVIL = "a\x1b[31m\x1b]0;owned\x07 \u202eb\u202c\u200b\x00c\r\nd"
ACTING = "\x1b\x07\x00\u202e\u202c\u200b\r"


@pytest.mark.parametrize(
    "shown",
    [
        paragraph(EVIL),
        rows([(EVIL, EVIL)]),
        table((EVIL, "b"), [(EVIL, EVIL)]),
        model_help(
            ModelSpec(
                service="s",
                name=EVIL,
                title=EVIL,
                description=EVIL,
                params=Params((Param(name=EVIL, description=EVIL, choices=(EVIL,), default=EVIL),)),
                cannot_cancel=EVIL,
                url=EVIL,
            )
        ),
    ],
    ids=["paragraph", "rows", "table", "help"],
)
def test_nothing_that_is_printed_acts_on_a_terminal(shown: str) -> None:
    assert [] == [c for c in ACTING if c in shown]
    assert "a" in shown


def test_a_cell_of_a_table_stays_on_its_line() -> None:
    assert "model\na b" == table(("model",), [("a\nb",)])
