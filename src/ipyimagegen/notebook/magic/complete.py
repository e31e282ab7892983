"""Completion of the first line and of `{names}` in the body. Decisions only: what exists is asked of a `Sources`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from IPython.core.error import UsageError

from ...core.models import ModelSpec
from ...core.params import Param, Params
from ...experiments.axes import MODEL, SEED
from ...help import topics
from ...media.sniff import PICTURE_SUFFIXES
from ...settings.config import READERS
from .commands import COMMANDS
from .commands.table import Subject
from .options import OPTIONS, spelled
from .parse import is_option, named, own_option, parse

MAX_ENTRIES = 500

_CELL = re.compile(r"%%imagegen(?=\s|$)")
_LINE = re.compile(r"\s*%imagegen(?=\s)")
_BRACE = re.compile(r"(?<!\{)\{([^\W\d]\w*)?$")


class Sources(Protocol):
    """Where the candidates come from. Nothing here may wait for a network."""

    def models(self) -> Sequence[ModelSpec]:
        """Models that are known already."""

    def model(self, name: str) -> ModelSpec | None:
        """One model; `""` is the default one."""

    def names(self) -> Iterable[str]:
        """The notebook's variables."""

    def pictures(self) -> Iterable[str]:
        """Those variables that hold a picture."""

    def jobs(self) -> Iterable[str]:
        """The ids of this session's jobs, newest first."""

    def left(self) -> Iterable[str]:
        """The ids of jobs that other sessions did not collect, newest first."""

    def results(self) -> Iterable[str]:
        """The ids of jobs that have a result, newest first."""

    def services(self) -> Iterable[str]:
        """The names of the services that need a key."""


@dataclass(frozen=True, slots=True)
class Offer:
    """`fragment` stands before the cursor and is replaced by one of `texts`, each with its kind."""

    fragment: str
    texts: tuple[tuple[str, str], ...]


NOTHING = Offer("", ())


def offer(text: str, line: int, column: int, sources: Sources) -> Offer | None:
    """What to offer at `column` of `line` in a cell; `None` where the cell, or the place, is not ours."""
    lines = text.split("\n")
    before = lines[line][:column]
    cell = _CELL.match(lines[0])
    if cell is None:
        own = _LINE.match(before)
        return _of_line_magic(before[own.end() :], sources) if own else None
    if line > 0:
        return _of_body(before, sources)
    return _of_first_line(before[cell.end() :], lines[0][cell.end() :], sources) if column > cell.end() else None


def _of_body(before: str, sources: Sources) -> Offer | None:
    brace = _BRACE.search(before)
    if brace is None:
        return None
    fragment = brace[1] or ""
    return _matching(fragment, sources.names(), "variable")


def _of_line_magic(before: str, sources: Sources) -> Offer:
    words, fragment = _words(before)
    if not words:
        return _matching(fragment, COMMANDS, "command")
    known = COMMANDS.get(words[0])
    if known is None or words[-1] == "-o":
        return NOTHING
    if words[-1] == "--model" and "--model" in known.options:
        return _matching(fragment, _model_names(sources), "model")
    if fragment.startswith("-"):
        return _matching(fragment, known.options, "option")
    return _of_subject(known.subject, fragment, sources)


def _of_subject(subject: Subject, fragment: str, sources: Sources) -> Offer:
    match subject:
        case "topics":
            named = [(name, "topic") for name in dict.fromkeys([*topics(), *COMMANDS, "cell"])]
            models = [(name, "model") for name in _model_names(sources)]
            return Offer(fragment, tuple(each for each in (*named, *models) if each[0].startswith(fragment.lower())))
        case "models":
            return _matching(fragment, _model_names(sources), "model")
        case "jobs":
            return _matching(fragment, [*sources.jobs(), "all"], "job")
        case "attachable":
            return _matching(fragment, dict.fromkeys([*sources.jobs(), *sources.left()]), "job")
        case "recallable":
            jobs = _matching(fragment, sources.results(), "job")
            return Offer(fragment, (*jobs.texts, *_files(fragment, PICTURE_SUFFIXES)))
        case "services":
            return _matching(fragment, sources.services(), "service")
        case "settings":
            return _matching(fragment, [f"{name}=" for name in READERS], "setting")
    return NOTHING


def _words(before: str) -> tuple[list[str], str]:
    """The finished words, and the one that is being typed."""
    words = re.split(r"\s+", before.lstrip())
    return words[:-1], words[-1]


def _model_names(sources: Sources) -> list[str]:
    return [spec.id for spec in sources.models()]


def _of_first_line(before: str, whole: str, sources: Sources) -> Offer:
    brace = _BRACE.search(before)
    if brace is not None:
        return _matching(brace[1] or "", sources.names(), "variable")
    words, fragment = _words(before)
    params = _params(before, whole, fragment, sources)
    name, equals, begun = fragment.partition("=")
    if equals and is_option(name):
        return _value(name, begun, params, sources)
    if fragment.startswith("-"):
        spellings = [o.spellings[0] for o in OPTIONS] + [spelled(name) for name in params]
        return _matching(fragment, dict.fromkeys(spellings), "option", or_underscored=True)
    if words and is_option(words[-1]) and "=" not in words[-1] and _takes_value(words[-1], params):
        return _value(words[-1], fragment, params, sources)
    return _matching(fragment, _model_names(sources) if _lacks_model(" ".join(words)) else (), "model")


def _params(before: str, whole: str, fragment: str, sources: Sources) -> Params:
    """The parameters of the model that the line names, the word under the cursor set aside."""
    rest = whole[len(before) :]
    try:
        model = parse(f"{before[: len(before) - len(fragment)]} {rest if rest[:1].isspace() else ''}").model
    except UsageError:
        model = ""
    spec = sources.model(model)
    return spec.params if spec is not None else Params()


def _lacks_model(words: str) -> bool:
    """Whether a model may follow; not inside an open quotation."""
    try:
        return not parse(words).model
    except UsageError:
        return False


def _takes_value(written: str, params: Params) -> bool:
    option = own_option(written)
    if option is not None:
        return bool(option.value)
    param = params.get(named(written, params))
    return param is not None and param.kind != "boolean"


def _value(written: str, begun: str, params: Params, sources: Sources) -> Offer:
    option = own_option(written)
    if option is not None:
        if option.field == "extra" and "=" not in begun:
            return _matching(begun, [f"{name}=" for name in params], "option")
        if option.field == "sweep":
            return _axis(begun, params, sources)
        if option.field == "save":
            return Offer(begun, tuple(_files(begun, frozenset())))
        return Offer(begun, ())
    param = params.get(named(written, params))
    return _of_param(param, begun, sources) if param is not None else Offer(begun, ())


def _axis(begun: str, params: Params, sources: Sources) -> Offer:
    """What `--sweep` takes: the name of a parameter, and then its values, with `||` between."""
    written, equals, values = begun.lstrip("'\"").partition("=")
    if not equals:
        return _matching(begun, [f"{name}=" for name in dict.fromkeys([*params, MODEL, SEED])], "option")
    last = re.split(r"\|\||,", values)[-1]
    name = named(f"--{written}", params)
    if name not in params:
        return _matching(last, _model_names(sources), "model") if name == MODEL else Offer(last, ())
    return _of_param(params[name], last, sources)


def _of_param(param: Param, begun: str, sources: Sources) -> Offer:
    if param.is_media:
        suffixes = None if param.kind == "file" else PICTURE_SUFFIXES
        names = [(name, "variable") for name in sources.pictures() if name.startswith(begun)]
        return Offer(begun, (*names, *_files(begun, suffixes)))
    if param.kind == "boolean":
        return _matching(begun, ["true", "false"], "keyword")
    if param.kind == "list" and param.item is not None and param.item.choices:
        return _matching(begun.rpartition(",")[2], [_quoted(str(choice)) for choice in param.item.choices], "value")
    return _matching(begun, [_quoted(str(choice)) for choice in param.choices], "value")


def _matching(fragment: str, names: Iterable[str], kind: str, *, or_underscored: bool = False) -> Offer:
    wanted = fragment.lower()
    folded = f"--{wanted[2:].replace('_', '-')}" if or_underscored and wanted.startswith("--") else wanted
    return Offer(fragment, tuple((name, kind) for name in names if name.lower().startswith((wanted, folded))))


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[\w./:@%+,=~-]+", text) else "'" + text.replace("'", "'\\''") + "'"


def _files(begun: str, suffixes: frozenset[str] | None) -> list[tuple[str, str]]:
    """Folders, and files with one of `suffixes` (any, for `None`), whose path starts with `begun`."""
    head, slash, tail = begun.rpartition("/")
    try:
        with os.scandir(Path(f"{head}{slash}" or ".").expanduser()) as entries:
            found = [(entry.name, entry.is_dir()) for _, entry in zip(range(MAX_ENTRIES), entries, strict=False)]
    except (OSError, ValueError, RuntimeError):
        return []
    return [
        (_quoted(f"{head}{slash}{name}{'/' if is_folder else ''}"), "path")
        for name, is_folder in sorted(found)
        if name.startswith(tail)
        and not (name.startswith(".") and not tail)
        and (is_folder or suffixes is None or Path(name).suffix.lower() in suffixes)
    ]
