"""The first line of a cell, read into an `Invocation`. Pure: no names are looked up, no files touched.

The words are split as a POSIX shell would; nothing is expanded. Values stay text: the model says what they mean.
"""

from __future__ import annotations

import difflib
import keyword
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from IPython.core.error import UsageError

from ...core.errors import Problem, capped
from ...core.params import BOOLEAN_WORDS, Param, Params
from ...experiments.axes import MODEL, SEED
from .options import BY_SPELLING, OPTIONS, Option, spelled
from .variables import PATTERN_NAMES, Held, Variables

Text = str | bool | tuple[str, ...]
"""A parameter as it was typed: a word, a flag, or the words of an option that was repeated."""

_TARGET = re.compile(r"\s*(\S+?)\s*<<(?=\s|$|[\w/'\"-])")
_NUMBER = re.compile(r"-\.?\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What one line asks for. `model` is `""` where none is named; `values` holds the model's parameters as text.

    `sweeps` are the names and the values, as text, of the axes that `--sweep` gives.
    """

    model: str = ""
    var: str = ""
    n: int = 1
    values: Mapping[str, Text] = field(default_factory=dict)
    bg: bool = False
    dry_run: bool = False
    quiet: bool = False
    max_cost: Decimal | None = None
    assume_price: Decimal | None = None
    save: str = ""
    sweeps: tuple[tuple[str, str], ...] = ()
    expand: bool = False
    each: bool = False
    sample: int | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def is_many(self) -> bool:
        """Whether it is many calls as one thing."""
        return bool(self.sweeps) or self.expand or self.each or self.sample is not None


def usage_error(problems: Sequence[Problem]) -> UsageError:
    """One line with every problem, numbered where there are several."""
    texts = [" ".join(str(problem).split()) for problem in problems]
    if len(texts) == 1:
        return UsageError(texts[0])
    return UsageError(" ".join(f"({number}) {text}" for number, text in enumerate(texts, start=1)))


def split(line: str) -> tuple[str, list[str]]:
    """The variable of `VAR <<` (or `""`), and the words after it. Raises `UsageError` that shows an open quote."""
    target = _TARGET.match(line)
    rest = line[target.end() :] if target else line
    try:
        return (target.group(1) if target else ""), shlex.split(rest)
    except ValueError:
        raise UsageError(_where_it_opens(rest)) from None


def _where_it_opens(text: str) -> str:
    """Words for a quotation that never ends, or for a backslash with nothing after it."""
    quote, opened, skip = "", 0, False
    for position, letter in enumerate(text):
        if skip:
            skip = False
        elif letter == "\\" and quote != "'":
            skip = True
        elif letter == quote:
            quote = ""
        elif not quote and letter in "'\"":
            quote, opened = letter, position
    if not quote:
        return "the line ends in a backslash with nothing to escape; write two of them"
    other = '"' if quote == "'" else "'"
    shown = capped(text[max(0, opened - 20) : opened] + "▸" + text[opened:], 60)
    return (
        f"the quotation mark {quote} after ▸ is never closed: {' '.join(shown.split())}; close it, put the words into "
        f"{other}…{other}, or write the prompt below the first line, where no quotes are needed"
    )


def parse(line: str, params: Params | None = None, variables: Variables | None = None) -> Invocation:
    """Read a line. With `params` (the model's) unknown options are problems and flags are told from values.

    Without them every option that a word follows takes it: enough to learn which model is meant. `variables` put the
    notebook's values into the words that are values, never into the names of options. Problems are collected in the
    `Invocation`; only an open quotation raises (`UsageError`).
    """
    var, words = split(line)
    reader = _Reader(words, params, variables)
    reader.read()
    found = reader.found
    if var:
        reader.set_var(var)
        found = reader.found
    return replace(found, values=dict(reader.values), problems=tuple(reader.problems))


class _Reader:
    """One pass over the words."""

    def __init__(self, words: Sequence[str], params: Params | None, variables: Variables | None) -> None:
        self.words = list(words)
        self.params = params
        self.variables = variables
        self.found = Invocation()
        self.values: dict[str, Text] = {}
        self.problems: list[Problem] = []
        self.at = 0

    def problem(self, name: str, message: str) -> None:
        self.problems.append(Problem(name, message))

    def read(self) -> None:
        while self.at < len(self.words):
            word = self.words[self.at]
            self.at += 1
            if not is_option(word):
                self._positional(word)
                continue
            name, equals, value = word.partition("=")
            option = own_option(name)
            if option is None and not equals and word[:2] in BY_SPELLING and not word.startswith("--"):
                option, name, equals, value = BY_SPELLING[word[:2]], word[:2], "=", word[2:]  # -n4
            given = value if equals else None
            if option is not None:
                self._own(option, name, given)
            elif name.startswith("--") and len(name) > 2:
                self._parameter(name, given)
            else:
                self.problem(shown(name), f"no such option; there are {', '.join(o.usage for o in OPTIONS)}")

    def _filled(self, word: str) -> str:
        """A value with the notebook's variables put in."""
        return word if self.variables is None else self.variables.fill(word, self.problems)

    def _positional(self, word: str) -> None:
        word = str(self._filled(word))
        if not self.found.model:
            self.found = replace(self.found, model=word)
        else:
            hint = "the prompt goes below the first line, and values with blanks into quotes"
            model = shown(self.found.model)
            self.problem("", f"{shown(word)!r} is one word too many after the model {model!r}; {hint}")

    def _next(self, given: str | None) -> str | None:
        """The option's value: after `=`, or the next word, unless that is an option itself."""
        if given is None and self.at < len(self.words) and not is_option(self.words[self.at]):
            given = self.words[self.at]
            self.at += 1
        return None if given is None else self._filled(given)

    def _own(self, option: Option, name: str, given: str | None) -> None:
        if not option.value:
            on = True if given is None else BOOLEAN_WORDS.get(given.lower())
            if on is None:
                self.problem(name, f"is a flag and takes no value; {shown(given or '')!r} is neither true nor false")
            else:
                self._put({option.field: on})
            return
        if option.field in ("var", "save", "extra", "sweep"):  # where braces are not, or not only, the notebook's
            variables, self.variables = self.variables, None
            value = self._next(given)
            self.variables = variables
        else:
            value = self._next(given)
        if not value:
            self.problem(name, f"needs a value: {option.usage}")
        elif option.field == "var":
            self.set_var(value)
        elif option.field in ("n", "sample"):
            self._set_count(option, value)
        elif option.field in ("max_cost", "assume_price"):
            self._set_amount(option, value)
        elif option.field == "save":
            self._put({"save": self._pattern(value)})
        elif option.field == "sweep":
            self._set_sweep(value)
        else:
            self._set_extra(value)

    def _put(self, change: Mapping[str, Any]) -> None:
        self.found = replace(self.found, **change)

    def set_var(self, var: str) -> None:
        if not var.isidentifier() or keyword.iskeyword(var):
            self.problem("", f"{shown(var)!r} cannot be the name of a variable; write -o NAME or NAME <<")
        elif self.found.var not in ("", var):
            self.problem("", f"two variables are named, {self.found.var!r} and {var!r}; one result goes into one")
        else:
            self._put({"var": var})

    def _set_count(self, option: Option, value: str) -> None:
        if re.fullmatch(r"[0-9]{1,4}", value) and int(value) >= 1:
            self._put({option.field: int(value)})
        else:
            self.problem(option.spellings[0], f"{shown(value)!r} is not a number of pictures, 1 or more")

    def _set_amount(self, option: Option, value: str) -> None:
        try:
            amount = Decimal(value.removeprefix("$"))
        except InvalidOperation:
            amount = Decimal("NaN")
        if amount.is_finite() and amount >= 0:
            self._put({option.field: amount})
        else:
            self.problem(option.spellings[0], f"{shown(value)!r} is not an amount in US dollars, such as 0.20")

    def _set_sweep(self, pair: str) -> None:
        written, equals, values = pair.partition("=")
        name = named(f"--{written}", self.params)
        if not equals or not written or not values:
            self.problem("--sweep", f"{shown(pair)!r} is not NAME=VALUES, such as guidance_scale=3,7,12")
        elif any(name == other for other, _ in self.found.sweeps):
            self.problem(f"--sweep {shown(written)}", "is given twice")
        elif name not in (MODEL, SEED) and self.params is not None and name not in self.params and not self.params.open:
            self.problem(f"--sweep {shown(written)}", unknown(name, self.params))
        else:
            self._put({"sweeps": (*self.found.sweeps, (name, self._filled(values)))})

    def _pattern(self, pattern: str) -> str:
        own = {*PATTERN_NAMES, *(self.params or ())}
        return pattern if self.variables is None else self.variables.fill_pattern(pattern, own, self.problems)

    def _set_extra(self, pair: str) -> None:
        name, equals, value = pair.partition("=")
        if not equals:
            whole = self._filled(pair)
            if isinstance(whole, Held) and isinstance(whole.value, dict):
                for key, entry in whole.value.items():
                    self._extra(key, Held(str(entry), entry, f"{whole.source}[{key}]"))
                return
        if not equals or not name:
            self.problem("-p", f"{shown(pair)!r} is not NAME=VALUE, nor a dict of the notebook, such as {{params}}")
        else:
            self._extra(name, self._filled(value))

    def _extra(self, name: str, value: str) -> None:
        if self.params is not None and name not in self.params and not self.params.open:
            self.problem(f"-p {shown(name)}", unknown(name, self.params))
        else:
            self._add(name, f"-p {name}", value)

    def _parameter(self, written: str, given: str | None) -> None:
        name = named(written, self.params)
        param = self.params.get(name) if self.params is not None else None
        if param is None and self.params is not None:
            positive = named(f"--{written[5:]}", self.params) if written.startswith("--no-") else ""
            flag = self.params.get(positive)
            if flag is not None and flag.kind == "boolean" and given is None:
                self._add(positive, written, value=False)
                return
            if not self.params.open:
                self._next(given)
                self.problem(shown(written), unknown(written, self.params))
                return
        if param is not None and param.kind == "boolean":
            self._add(name, written, self._flag(given))
            return
        value = self._next(given)
        if value is None:
            if param is None:
                self._add(name, written, value=True)  # a flag, as far as anybody knows
            else:
                self.problem(written, f"needs a value ({param.limits})")
            return
        self._add(name, written, value)

    def _flag(self, given: str | None) -> Text:
        if given is None and self.at < len(self.words):
            word = self.words[self.at]
            if word.lower() in BOOLEAN_WORDS or isinstance(self._filled(word), Held):
                given = word
                self.at += 1
        return True if given is None else self._filled(given)

    def _add(self, name: str, written: str, value: Text) -> None:
        earlier = self.values.get(name)
        if earlier is None:
            self.values[name] = value
        elif isinstance(value, str) and not isinstance(earlier, bool) and self._is_list(name):
            self.values[name] = (*((earlier,) if isinstance(earlier, str) else earlier), value)
        else:
            self.problem(written, "is given twice")

    def _is_list(self, name: str) -> bool:
        param: Param | None = self.params.get(name) if self.params is not None else None
        return param is None or param.kind in ("list", "any")


def is_option(word: str) -> bool:
    """Whether a word is an option, and no value: `--seed` is, `-1` and `-` are not."""
    return len(word) > 1 and word.startswith("-") and not _NUMBER.match(word)


def own_option(written: str) -> Option | None:
    """The magic's own option of that spelling, with hyphens or underscores."""
    if written in BY_SPELLING:
        return BY_SPELLING[written]
    return BY_SPELLING.get("--" + written[2:].replace("_", "-")) if written.startswith("--") else None


def named(written: str, params: Params | None) -> str:
    """The parameter that an option means: `--guidance-scale` and `--guidance_scale` both mean `guidance_scale`."""
    bare = written[2:]
    if params is not None and bare not in params:
        folded = bare.replace("-", "_")
        exact = next((name for name in params if name.replace("-", "_") == folded), None)
        return exact or folded
    return bare if params is not None else bare.replace("-", "_")


def unknown(written: str, params: Params) -> str:
    """What to say of an option that the model does not have: the nearest ones, abbreviations first."""
    bare = written.lstrip("-").replace("-", "_").lower()
    if bare in ("help", "h"):
        return "no such option; help is shown by %%imagegen? and by %imagegen help MODEL"
    own = (spelling for option in OPTIONS for spelling in option.spellings if spelling.startswith("--"))
    known = {name.lower(): spelled(name) for name in params} | {s[2:].replace("-", "_"): s for s in own}
    near = nearest(bare, known)
    if near:
        return f"no such option; did you mean {' or '.join(known[name] for name in near)}?"
    return f"no such option; this model has {', '.join(map(spelled, params)) or 'no parameters'}"


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Up to three names that `word` abbreviates, or else the one that it most resembles."""
    names = list(known)
    started = [name for name in names if word and name.startswith(word)]
    return started[:3] or difflib.get_close_matches(word, names, n=1, cutoff=0.6)


def shown(text: str) -> str:
    """A piece of the line, short enough for a message."""
    return capped(text, 60)
