"""`%imagegen history | recall`: what the journal remembers."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import PurePath

from IPython.core.error import UsageError

from ....core.errors import ImagegenError, InvalidInput, UnknownJob, UnknownModel
from ....core.models import ModelSpec
from ....core.params import Params
from ....core.paths import form_of
from ....history import Journal, Row
from ....history.query import typed
from ....media.artifacts import Artifact
from ....media.metadata import Found, read_metadata
from ....media.results import Result
from ...text import at, cut, table
from ..as_code import code_of, code_of_found
from ..found_table import found_table
from ..parse import shown
from .table import Session, Words, command, divided, job_id, only_one

NEWEST = 20
"""Results that one `%imagegen history` lists."""
MOST = 1_000
"""Results that it counts."""


@command(
    "history",
    "[WORDS] [NAME=VALUE]",
    f"the newest {NEWEST} results, or of those that have every word in model, prompt, id, tags or note, and every "
    "value: since=7d until=monday cost=<0.1 tag=winter model=sketch starred=true sort=dearest, or any parameter",
)
def history(session: Session, words: list[str]) -> str:
    """One line for each result."""
    try:
        wanted = typed(words, limit=MOST)
    except InvalidInput as error:
        raise UsageError(f"%imagegen history: {error}") from error
    rows = journal_of(session).rows(wanted)
    if not rows:
        return f"No result has {' and '.join(map(repr, words))} in it." if words else "No results yet."
    lines = table(("job", "made", "model", "cost", "prompt"), map(_result_row, rows[:NEWEST]))
    more = f"{len(rows) - NEWEST} older ones; words narrow the list: %imagegen history lighthouse"
    shown_again = "Show one again: %imagegen recall JOB"
    return "\n".join([lines, "", *([more] if len(rows) > NEWEST else []), shown_again])


def _result_row(row: Row) -> tuple[str, ...]:
    prompt = cut(" ".join(row.prompt.split()), 40)
    return row.id, at(row.created), f"{row.service}/{row.model}", str(row.cost), prompt


@command(
    "recall",
    "JOB|FILE [-o VAR] [--code] [--model MODEL]",
    "show a result of the journal again, or what any tool wrote into a picture about its making; --code: the "
    "code that makes it again, also as a cell below, with MODEL or the one that made it",
    subject="recallable",
    options=("-o", "--code", "--model"),
)
def recall(session: Session, words: list[str]) -> str:
    """Show an earlier result or what a file says, or write the code that asks for the same again."""
    given = divided("recall", words)
    if given.model and "--code" not in given.flags:
        raise UsageError("--model names the model of the code; write --code too")
    word = only_one("recall", given)
    source = _file(session, word)
    if source is not None:
        return _recall_file(session, source, given)
    result = _result(session, job_id(session, word))
    if "--code" not in given.flags:
        session.notebook.show(result, var=given.var)
        return ""
    if given.var:
        raise UsageError("-o takes the result, --code writes a cell instead: one of the two")
    if given.model:
        code = code_of_found(read_metadata(result), session.client.model(given.model), word)
    else:
        code = code_of(result, _params(session, result))
    return _as_cell(session, code)


def _as_cell(session: Session, code: str) -> str:
    """Put `code` below, and give it as text too: VS Code, Colab and nbconvert know no cell that a kernel puts there."""
    session.notebook.next_cell(code)
    return code


def _file(session: Session, word: str) -> object:
    """The picture that a word means: a path, or a variable that holds one or a picture; `None` for a job.

    The id of a job has neither a dot nor a slash.
    """
    held = session.notebook.variable(word)
    if isinstance(held, os.PathLike | bytes | Artifact) or type(held).__module__.startswith("PIL."):
        return held
    path = held if isinstance(held, str) else word
    return path if form_of(path) != "text" or "/" in path or "\\" in path else None


def _recall_file(session: Session, source: object, given: Words) -> str:
    name = PurePath(source).name if isinstance(source, str | PurePath) else given.plain[0]
    found = replace(read_metadata(source), find_model=session.client.model)
    session.notebook.assign(given.var, found)
    if "--code" not in given.flags:
        return found_table(found, name)
    if not found:
        raise UsageError(f"{shown(name)} does not say how it was made, so there is no code for it")
    return _as_cell(session, code_of_found(found, _model_for(session, found, given.model), name))


def _model_for(session: Session, found: Found, named: str) -> ModelSpec:
    """The model that was named, or else that of a file of ours where it is still there, or else the setting's."""
    if not named and found.record is not None and found.record.model:
        with suppress(UnknownModel, InvalidInput):
            return session.client.model(found.record.model)
    return session.client.model(named)


def _result(session: Session, name: str) -> Result:
    """The result of a job of this session, or of the journal. Raises `UnknownJob`."""
    client = session.client
    try:
        job = client.job(name)
    except UnknownJob:
        return journal_of(session).result(name)
    if not job.done or job.exception() is not None:
        raise UnknownJob(f"job {job.id} has no result: it is {job.phase}")
    return job.result()


def _params(session: Session, result: Result) -> Params:
    try:
        return session.client.model(result.model).params
    except ImagegenError:
        return Params(open=True)


def journal_of(session: Session) -> Journal:
    """The session's journal. Raises `UsageError` where it keeps none."""
    if session.client.journal is None:
        raise UsageError("this session's client keeps no journal")
    return session.client.journal
