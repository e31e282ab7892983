"""The table of subcommands, which the line magic, its help and its completion read."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from IPython.core.error import UsageError

from ....jobs.batch import Batch
from ....jobs.client import Client
from ....jobs.job import Job
from ....media.results import Result
from ..parse import is_option, nearest, shown

Subject = Literal["", "topics", "models", "jobs", "attachable", "recallable", "settings", "services"]
"""What the words after a subcommand are, for the completion."""


class Notebook(Protocol):
    """What a subcommand may do to the notebook, beside printing its text."""

    def ask(self, prompt: str) -> str:
        """A line that the user types, not shown. Raises `NotImplementedError` where nobody can be asked."""

    def wait(self, job: Job, *, var: str = "") -> None:
        """Show a job until it has ended, and its pictures; `var` takes the `Result`. Raises what ended the job."""

    def follow(self, job: Job, *, var: str = "") -> None:
        """Show a job while the notebook goes on; `var` takes the `Job`."""

    def show(self, result: Result, *, var: str = "") -> None:
        """Show a result's pictures; `var` takes the `Result`."""

    def assign(self, var: str, value: object) -> None:
        """Put a value into a variable; `""` is none."""

    def variable(self, name: str) -> object:
        """What a variable of the notebook holds; `None` where there is none."""

    def next_cell(self, code: str) -> None:
        """Put a cell with `code` below the running one."""


@dataclass(frozen=True, slots=True)
class Session:
    """What a subcommand may use."""

    client: Client
    notebook: Notebook
    negative_prompt: str = ""


Run = Callable[[Session, list[str]], str]
"""A subcommand: its words in, the text to print out. May raise `UsageError` and any `ImagegenError`."""


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand. `options` are what may be completed after a hyphen."""

    name: str
    arguments: str
    help: str
    subject: Subject
    options: tuple[str, ...]
    run: Run

    @property
    def usage(self) -> str:
        """`info MODEL`."""
        return f"{self.name} {self.arguments}".rstrip()


COMMANDS: dict[str, Command] = {}


def command(
    name: str, arguments: str, help: str, *, subject: Subject = "", options: tuple[str, ...] = ()
) -> Callable[[Run], Run]:
    """Put a function into the table under `name`."""

    def put(run: Run) -> Run:
        COMMANDS[name] = Command(name, arguments, help, subject, options, run)
        return run

    return put


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a subcommand, divided: `plain` ones, the values of `-o` and `--model`, and the flags."""

    plain: tuple[str, ...] = ()
    var: str = ""
    model: str = ""
    flags: frozenset[str] = frozenset()


def divided(name: str, words: Sequence[str]) -> Words:
    """The words of subcommand `name`, whose options are in the table. Raises `UsageError`."""
    known = COMMANDS[name]
    plain: list[str] = []
    flags: set[str] = set()
    var, model, rest = "", "", iter(words)
    for word in rest:
        if word == "-o" and word in known.options:
            var = next(rest, "")
            if not var.isidentifier() or keyword.iskeyword(var):
                raise UsageError(f"-o {shown(var)}".rstrip() + ": the name of a variable is missing; write -o NAME")
        elif word == "--model" and word in known.options:
            model = next(rest, "")
            if not model or is_option(model):
                raise UsageError("--model: the name of a model is missing; write --model local/sketch")
        elif not is_option(word):
            plain.append(word)
        elif word in known.options:
            flags.add(word)
        else:
            near = nearest(word, known.options)
            hint = f"did you mean {near[0]}?" if near else f"usage: %imagegen {known.usage}"
            raise UsageError(f"%imagegen {name}: no such option {shown(word)}; {hint}")
    return Words(tuple(plain), var, model, frozenset(flags))


def job_id(session: Session, word: str) -> str:
    """The job that `word` means: a variable that holds a job or a result of one, or else an id, or the start of one.

    Raises `UsageError` for a result of several jobs.
    """
    held = session.notebook.variable(word)
    if isinstance(held, Job):
        return held.id
    if not isinstance(held, Result | Batch):
        return word
    ids = held.job_ids if isinstance(held, Result) else tuple(job.id for job in held.jobs)
    if len(ids) != 1:
        raise UsageError(
            f"{word} is of {len(ids)} jobs; name one of {', '.join(ids)}" if ids else f"{word} is of no job"
        )
    return ids[0]


def only_one(name: str, words: Words) -> str:
    """The one plain word that subcommand `name` takes. Raises `UsageError`."""
    if len(words.plain) != 1:
        raise UsageError(f"usage: %imagegen {COMMANDS[name].usage}")
    return words.plain[0]
