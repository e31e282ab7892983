"""The line magic's subcommands, one function each, in the table that the help and the completion read too."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Literal

from IPython.core.error import UsageError

from ...client import Client
from ...config import Settings
from ...core.errors import InvalidInput, UnknownJob, UnknownModel, capped
from ...core.jobs import in_words
from ...job import Job
from ...terminal import seconds_in_words
from ..text import paragraph, rows, table
from .help import cell_help, line_help, model_help
from .parse import nearest, shown, usage_error
from .traits import origin
from .values import json_or_text

Subject = Literal["", "commands", "models", "jobs", "settings"]
"""What the words after a subcommand are, for the completion."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a subcommand may use."""

    client: Client
    negative_prompt: str = ""


Run = Callable[[Session, list[str]], str]
"""A subcommand: its words in, the text to print out. May raise `UsageError` and any `ImagegenError`."""


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand."""

    name: str
    arguments: str
    help: str
    subject: Subject
    run: Run

    @property
    def usage(self) -> str:
        """`info MODEL`."""
        return f"{self.name} {self.arguments}".rstrip()


COMMANDS: dict[str, Command] = {}


def command(name: str, arguments: str, help: str, *, subject: Subject = "") -> Callable[[Run], Run]:
    """Put a function into the table under `name`."""

    def put(run: Run) -> Run:
        COMMANDS[name] = Command(name, arguments, help, subject, run)
        return run

    return put


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


@command("help", "[MODEL|SUBCOMMAND]", "this help, or that of a model or of the cell form ('cell')", subject="models")
def _help(session: Session, words: list[str]) -> str:
    if not words:
        return line_help(COMMANDS.values())
    if words == ["cell"]:
        return cell_help()
    if words[0] in COMMANDS:
        return line_help([COMMANDS[words[0]]])
    return _info(session, words)


@command("models", "[WORDS]", "the models whose name or text has every word", subject="models")
def _models(session: Session, words: list[str]) -> str:
    found = session.client.models(" ".join(words))
    if not found:
        return (
            f"No model has {' and '.join(map(repr, words))} in its name or text." if words else "No models are known."
        )
    broken = [f"{name}: not available ({capped(why, 80)})" for name, why in session.client.services.broken.items()]
    lines = table(("model", "price", "title"), ((spec.id, str(spec.price), capped(spec.title, 60)) for spec in found))
    return "\n".join([lines, *broken])


@command("info", "[MODEL]", "the parameters of a model: limits, defaults, descriptions", subject="models")
def _info(session: Session, words: list[str]) -> str:
    if len(words) > 1:
        raise UsageError("one model at a time: %imagegen info MODEL")
    return model_help(session.client.model(words[0] if words else ""))


@command("jobs", "", "the jobs of this session")
def _jobs(session: Session, words: list[str]) -> str:
    if words:
        raise UsageError(f"%imagegen jobs takes no {shown(words[0])!r}")
    jobs = session.client.jobs()
    if not jobs:
        return "No jobs in this session yet."
    return table(("job", "model", "after", "prompt", "state"), (_job_row(job) for job in jobs))


def _job_row(job: Job) -> tuple[str, ...]:
    prompt = " ".join(job.request.prompt.split())
    return job.id, job.model, seconds_in_words(job.elapsed_s), _cut(prompt, 28), in_words(job.state)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


@command(
    "cancel", "[JOB … | all]", "cancel jobs by (the start of) an id; without one, the job that runs", subject="jobs"
)
def _cancel(session: Session, words: list[str]) -> str:
    running = [job for job in session.client.jobs() if not job.done]
    if words == ["all"]:
        chosen = running
    elif words:
        chosen = [session.client.job(word) for word in words]
    elif len(running) > 1:
        raise UsageError(f"{len(running)} jobs run; name one of {', '.join(job.id for job in running)}, or all")
    else:
        chosen = running
    return "\n".join(map(_cancelled, chosen)) or "No job is running."


def _cancelled(job: Job) -> str:
    if not job.cancel():
        return f"{job.id} {job.model}: {in_words(job.state)} before"
    note = f"; {capped(job.spec.cannot_cancel, 300)}" if job.spec.cannot_cancel else ""
    return paragraph(f"{job.id} {job.model}: cancelling{note}", hanging=2)


@command("config", "[NAME=VALUE …]", "the settings and where each is from; or change some", subject="settings")
def _config(session: Session, words: list[str]) -> str:
    changes = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"{shown(word)!r} is not NAME=VALUE, such as model=local/sketch")
        changes[name] = None if value.lower() == "none" and name != "metadata" else json_or_text(value)
    client = session.client
    client.settings = client.settings.with_(changes)
    names = [item.name for item in fields(Settings)]
    lines = [(name, f"{_shown(getattr(client.settings, name))}   ({origin(name, client.settings)})") for name in names]
    if session.negative_prompt:
        lines.append(("negative_prompt", f"{session.negative_prompt!r}   (session)"))
    return rows(lines)


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, str) else str(value)
