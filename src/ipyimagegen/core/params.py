"""Parameters as data: one description drives validation, controls, help and completion.

`schema.read_params` makes them from a JSON Schema; `Params.check` finds every problem of a call at once. What a value
may be is decided here; how files are read is not (`media.inputs`).
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice
from typing import Any, Literal

from .errors import InvalidInput, Problem
from .events import JSON
from .foreign import same, scalar, shown
from .service_text import capped, one_line

Kind = Literal["text", "integer", "number", "boolean", "choice", "image", "mask", "file", "list", "object", "any"]
"""What a parameter holds. `text` is also the kind of prompts; `any` is a value that no schema describes."""

MAX_ENTRIES = 100_000
"""Of a list. An iterator may have no end."""
MEDIA_KINDS: frozenset[Kind] = frozenset({"image", "mask", "file"})
PROMPT_NAMES = ("prompt", "text_prompt", "positive_prompt", "text", "positive")
SEED_NAMES = ("seed", "noise_seed", "random_seed")
NEGATIVE_NAMES = ("negative_prompt", "negative", "neg_prompt", "negative_text")
MAX_N = 64
"""Pictures of one call. More are a sweep."""
OWN_N = "n"
"""The parameter of models that make several pictures in one job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """One parameter of a model.

    `minimum` and `maximum` are inclusive; `step` is the distance between values that make sense; `default` is what the
    service takes when nothing is sent (`None`: the service decides). `unit` is a short word such as `px` or `s`.
    `item` is what each entry of a list may be, and `fields` what an object holds (`None`: nobody said).
    """

    name: str
    kind: Kind = "any"
    title: str = ""
    description: str = ""
    default: JSON = None
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[JSON, ...] = ()
    unit: str = ""
    max_length: int | None = None
    advanced: bool = False
    nullable: bool = False
    rounds: bool = False
    item: Param | None = None
    fields: Params | None = None
    ours: bool = False
    """Acted on here, before anything is sent; the model knows nothing of it."""

    def __post_init__(self) -> None:
        clean = {
            "title": one_line(self.title),
            "description": capped(self.description),
            "unit": one_line(self.unit),
        }
        for name, text in clean.items():
            object.__setattr__(self, name, text)

    @property
    def is_media(self) -> bool:
        """Whether a value is a picture or a file, which is uploaded or encoded before it is sent."""
        return self.kind in MEDIA_KINDS or (self.item is not None and self.item.is_media)

    @property
    def takes_null(self) -> bool:
        """Whether `None` may be sent, where something must be; else it means that nothing was given."""
        return self.nullable or self.kind == "any"

    @property
    def limits(self) -> str:
        """What values are accepted, in words: `64 to 2048 px`, `one of 'a', 'b'`."""
        if self.choices:
            return capped("one of " + ", ".join(repr(choice) for choice in self.choices))
        if self.fields is not None:
            return capped(f"{{{', '.join(self.fields)}}}")
        unit = f" {self.unit}" if self.unit else ""
        low, high = self.minimum, self.maximum
        if low is not None and high is not None:
            return f"{plain(low)} to {plain(high)}{unit}"
        if low is not None:
            return f"at least {plain(low)}{unit}"
        return self.kind if high is None else f"at most {plain(high)}{unit}"

    def __repr__(self) -> str:
        default = "" if self.default in (None, "") else f", default {shown(self.default)}"
        return f"<Param {one_line(self.name)}: {self.limits}{', required' if self.required else ''}{default}>"


def plain(number: float) -> str:
    """`64`, `7.5`, `4294967295`: a number as a person writes it."""
    return str(int(number)) if abs(number) < 2**63 and number == int(number) else f"{number:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between what was asked and what is sent.

    `dropped`, `adjusted`, `chosen` (a seed, a size), `default`, or `fitted`: a picture that was made fit (`asked` and
    `sent` are its sizes).
    """

    what: Literal["dropped", "adjusted", "chosen", "default", "fitted"]
    name: str
    asked: JSON = None
    sent: JSON = None
    why: str = ""

    def __str__(self) -> str:
        match self.what:
            case "dropped":
                return f"{self.name}={self.asked!r} was not sent: {self.why}"
            case "adjusted":
                return f"{self.name}={self.asked!r} was sent as {self.sent!r}: {self.why}"
            case "chosen":
                return f"{self.name}={self.sent!r} was chosen: {self.why}"
            case "fitted":
                return f"adjusted {self.name}: {self.asked}, {self.why}, sent as {self.sent}"
            case "default":
                return f"{self.name}={self.sent!r} (default)"


@dataclass(frozen=True, slots=True)
class Checked:
    """Values that may be sent, and what was changed on the way."""

    values: Mapping[str, Any]
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found while values were looked at, each at its place: `loras[1].scale`."""

    problems: list[Problem] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    rounding: bool = True


@dataclass(frozen=True, slots=True)
class Params(Mapping[str, Param]):
    """The parameters of one model, or the fields of one object, in the service's order.

    `open` is true where the list is known to be incomplete (a workflow that nobody described): other names then pass
    through as they are, instead of being refused.
    """

    entries: tuple[Param, ...] = ()
    open: bool = False
    _by_name: dict[str, Param] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        self._by_name.update({param.name: param for param in self.entries})

    def __getitem__(self, name: str) -> Param:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def __repr__(self) -> str:
        """One line for each."""
        also = ["<any other>"] if self.open else []
        return "\n".join([*map(repr, self.entries), *also]) or "<no parameters>"

    @property
    def prompt(self) -> Param | None:
        """The parameter that a cell's body fills: the first that is named like a prompt."""
        return self._first(PROMPT_NAMES)

    @property
    def seed(self) -> Param | None:
        """The parameter that makes a picture repeatable, if the model has one."""
        seed = self._first(SEED_NAMES)
        return seed if seed is not None and seed.kind in ("integer", "number", "any") else None

    @property
    def negative(self) -> Param | None:
        """The parameter that says what must not be in the picture, if the model takes one."""
        return self._first(NEGATIVE_NAMES)

    @property
    def own_n(self) -> Param | None:
        """The parameter by which one job makes several pictures, if the model has one."""
        return self._by_name.get(OWN_N)

    def _first(self, names: Iterable[str]) -> Param | None:
        return next((self._by_name[name] for name in names if name in self._by_name), None)

    def check(self, asked: Mapping[str, Any], *, model: str = "") -> Checked:
        """`asked` with types made right, or one `InvalidInput` that names every problem.

        A `None` means "not given". Defaults are not filled in: the service has them. Media values pass through.
        """
        found = Findings()
        values = self.look(asked, found)
        if found.problems:
            raise InvalidInput(found.problems, model=model)
        return Checked(values, tuple(found.changes))

    def look(self, asked: Mapping[Any, Any], found: Findings, place: str = "") -> dict[str, Any]:
        """`asked` with types made right as far as that goes; `found` takes what is wrong.

        For an object, `place` says where it is. What it must hold and does not is its default, if the schema has one.
        """
        values: dict[str, Any] = {}
        for name, value in asked.items():
            if not isinstance(name, str):
                found.problems.append(Problem(place, f"{shown(name)} is not the name of a parameter"))
                continue
            param, here = self._by_name.get(name), _within(place, name)
            if param is None:
                if self.open:
                    values[name] = value
                else:
                    found.problems.append(Problem(here, self._unknown(name)))
            elif value is not None:
                values[name] = _look(param, value, here, found)
            elif (param.nullable and param.default is not None) or (param.required and param.takes_null):
                values[name] = None
        for param in self.entries:
            if param.required and param.name not in values and asked.get(param.name) is None:
                if param.default is None:
                    found.problems.append(Problem(_within(place, param.name), f"is required ({param.limits})"))
                elif place:
                    values[param.name] = param.default
        return values

    def _unknown(self, name: str) -> str:
        near = difflib.get_close_matches(name, self._by_name, n=1, cutoff=0.6)
        folded = {other.replace("_", "").lower(): other for other in self._by_name}
        near = near or [other for key, other in folded.items() if key == name.replace("_", "").lower()]
        if near:
            return f"no such parameter; did you mean {near[0]!r}?"
        return f"no such parameter; this model has {', '.join(self._by_name) or 'none'}"


def examine(param: Param, value: Any, *, rounding: bool = True) -> tuple[Any, Findings]:
    """The value to send, and what was found; where there are problems, the value is not to be sent.

    Without `rounding` a number keeps what was asked, however coarse the model's steps are.
    """
    found = Findings(rounding=rounding)
    return _look(param, value, param.name, found), found


def _within(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _look(param: Param, value: Any, place: str, found: Findings) -> Any:
    """One value, checked. Whatever a class of the caller's raises meanwhile is a problem of that value."""
    if param.is_media or (value is None and param.nullable):
        return value
    before = len(found.problems)
    try:
        return _look_inside(param, value, place, found)
    except Exception as error:  # noqa: BLE001 - an object of any class may come here
        del found.problems[before:]
        reason = (
            f"this {capped(type(value).__name__, 60)} cannot be read: {capped(str(error), 120) or type(error).__name__}"
        )
        found.problems.append(Problem(place, reason))
        return None


def _look_inside(param: Param, value: Any, place: str, found: Findings) -> Any:
    if param.kind == "list":
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
            found.problems.append(Problem(place, f"{shown(value)} is not a list"))
            return None
        entries = list(islice(value, MAX_ENTRIES + 1))
        if len(entries) > MAX_ENTRIES:
            found.problems.append(Problem(place, f"has more than {MAX_ENTRIES:,} entries"))
            return None
        item = param.item
        return entries if item is None else [_look(item, one, f"{place}[{i}]", found) for i, one in enumerate(entries)]
    if param.kind == "object":
        if not isinstance(value, Mapping):
            found.problems.append(Problem(place, f"{shown(value)} is not a mapping"))
            return None
        return dict(value) if param.fields is None else param.fields.look(value, found, place)
    own = scalar(value)
    sent, problem = _check_one(param if found.rounding else replace(param, rounds=False), own, shown(value))
    if problem:
        found.problems.append(Problem(place, problem))
    elif found.rounding and param.rounds and not same(sent, own):
        why = f"the model takes multiples of {param.step:g}"
        found.changes.append(Change(what="adjusted", name=place, asked=own, sent=sent, why=why))
    return sent


def _check_one(param: Param, value: Any, told: str) -> tuple[Any, str]:
    """The value to send and `""`, or `None` and what is wrong with it."""
    match param.kind:
        case "integer" | "number":
            return _check_number(param, value, told)
        case "boolean":
            return _check_boolean(value, told)
        case "choice":
            return _check_choice(param, value, told)
        case "text":
            return _check_text(param, value, told)
    return value, ""


def _check_number(param: Param, value: Any, told: str) -> tuple[Any, str]:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None, f"{told} is not a number ({param.limits})"
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None, f"{told} is not a number ({param.limits})"
    if not math.isfinite(number):
        return None, f"{told} is not a finite number"
    if param.kind == "integer":
        if not number.is_integer():
            return None, f"{told} is not a whole number ({param.limits})"
        exact = int(value) if isinstance(value, int) or (isinstance(value, str) and _is_int(value)) else int(number)
        return _check_range(param, exact, told)
    return _check_range(param, number, told)


def _is_int(text: str) -> bool:
    return text.strip().lstrip("+-").isdecimal()


def _check_range(param: Param, asked: float, told: str) -> tuple[Any, str]:
    low, high = param.minimum, param.maximum
    number = _rounded(asked, param.step) if param.rounds and param.step else asked
    if (low is not None and number < low) or (high is not None and number > high):
        return None, f"{told} is {'outside' if None not in (low, high) else 'not'} {param.limits}"
    if param.choices and number not in param.choices:
        return None, f"{told} is not {param.limits}"
    return number, ""


def _rounded(number: float, step: float) -> float:
    """The nearest multiple of `step`: to the digit where both are whole, as large seeds must be."""
    if isinstance(number, int) and float(step).is_integer():
        whole = int(step)
        return round(Fraction(number, whole)) * whole
    steps = number / step
    nearest = round(steps) * step if math.isfinite(steps) else number
    return type(number)(nearest) if math.isfinite(nearest) else number


def _check_boolean(value: Any, told: str) -> tuple[Any, str]:
    if isinstance(value, bool):
        return value, ""
    if isinstance(value, str) and value.strip().lower() in BOOLEAN_WORDS:
        return BOOLEAN_WORDS[value.strip().lower()], ""
    return None, f"{told} is neither true nor false"


BOOLEAN_WORDS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}
"""The words that mean a boolean on a command line or in a cell's first line."""


def _check_choice(param: Param, value: Any, told: str) -> tuple[Any, str]:
    for choice in param.choices:
        if same(choice, value) and isinstance(choice, bool) == isinstance(value, bool):
            return choice, ""
    text = str(value) if isinstance(value, str | int | float) else told
    for choice in param.choices:  # the magic's options are text
        if text == str(choice) or (isinstance(choice, bool) and text.lower() == str(choice).lower()):
            return choice, ""
    near = difflib.get_close_matches(text[:200], [str(choice) for choice in param.choices], n=1, cutoff=0.6)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return None, f"{told} is not {param.limits}{hint}"


def _check_text(param: Param, value: Any, told: str) -> tuple[Any, str]:
    if not isinstance(value, str):
        if isinstance(value, bool | int | float):
            value = str(value)
        else:
            return None, f"{told} is not a text"
    if any("\ud800" <= character <= "\udfff" for character in value):
        return None, "has half of a character (a lone surrogate), which cannot be sent; was it cut or decoded wrongly?"
    if param.max_length is not None and len(value) > param.max_length:
        return None, f"has {len(value):,} characters; the model takes at most {param.max_length:,}"
    return value, ""


def with_defaults(params: Params, defaults: Mapping[str, JSON]) -> Params:
    """The same parameters with other defaults; names that the model does not have are passed over."""
    return Params(
        tuple(
            replace(param, default=defaults[param.name], required=False) if param.name in defaults else param
            for param in params.entries
        ),
        params.open,
    )
