"""The line magic's subcommands. Importing this fills the table, in the order of the help."""

from __future__ import annotations

import shlex

from IPython.core.error import UsageError

from ....core.errors import InvalidInput, UnknownJob, UnknownModel
from ..help import line_help
from ..parse import nearest, shown, usage_error
from .table import COMMANDS, Command, Notebook, Session

# isort: off
from . import models, access, jobs, past, money, settings  # noqa: F401 - they fill the table
# isort: on

__all__ = ["COMMANDS", "Command", "Notebook", "Session", "run_command"]


def run_command(line: str, session: Session) -> str:
    """Run `line` (what follows `%imagegen`) and return the text to show. Raises `UsageError` for wrong words."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"{str(error).lower()} in {shown(line)!r}") from None
    if not words:
        return line_help(COMMANDS.values())
    found = COMMANDS.get(words[0])
    if found is None:
        raise UsageError(_no_such(words[0]))
    try:
        return found.run(session, words[1:])
    except InvalidInput as error:
        raise usage_error(error.problems) from error
    except (UnknownJob, UnknownModel) as error:
        raise UsageError(str(error)) from error


def _no_such(word: str) -> str:
    if "/" in word:
        return f"pictures are made by the cell form: write %%imagegen {shown(word)} and the prompt in the lines below"
    near = nearest(word.lower().lstrip("-"), COMMANDS)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(COMMANDS)}"
    return f"%imagegen {shown(word)}: no such subcommand; {hint}"
