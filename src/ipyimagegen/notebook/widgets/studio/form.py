"""`Form`: a model and what is filled in for it. A frozen value; `core.params` is the one judge of what may be sent."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ....core.errors import InvalidInput
from ....core.foreign import is_random, same
from ....core.models import ModelSpec
from ....core.params import MEDIA_KINDS, Param, examine
from ....media.artifacts import Artifact
from ....media.inputs import as_input
from ....media.results import Result
from .controls import MAX_EXACT, Role, role_of


@dataclass(frozen=True, slots=True)
class Dropped:
    """A value that the model now chosen does not take. It is kept aside, for a model that does."""

    name: str
    value: Any
    why: str

    def __str__(self) -> str:
        return f"{self.name} ({self.why})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """`values` are what was set, by parameter; what is not set is the model's default.

    `parked` holds what a switch of models dropped, by role or name; `taken` what a reset took, for its undoing.
    """

    spec: ModelSpec
    values: Mapping[str, Any] = field(default_factory=dict)
    parked: Mapping[str, Any] = field(default_factory=dict)
    taken: Mapping[str, Any] = field(default_factory=dict)

    def put(self, changes: Mapping[str, Any]) -> Form:
        """With some values changed, as a page sends them: `None` takes one away, numbers may be text."""
        values = dict(self.values)
        for name, value in changes.items():
            param = self.spec.params.get(name)
            kept = from_page(value)
            kept = kept if param is None else tidy(param, kept)
            if self._is_default(param, kept):
                values.pop(name, None)
            else:
                values[name] = kept
        return replace(self, values=values)

    def having(self, values: Mapping[str, Any]) -> Form:
        """With exactly these values, as a program sets them: a value that equals the default stays."""
        kept = {
            name: value if (param := self.spec.params.get(name)) is None else tidy(param, value)
            for name, value in values.items()
        }
        seed = self.spec.params.seed
        if seed is not None and _is_random(kept.get(seed.name)):
            kept.pop(seed.name, None)
        places = {name: place for place, name in enumerate(self.spec.params)}
        named = sorted(kept, key=lambda name: places.get(name, len(places)))
        return replace(self, values={name: kept[name] for name in named if kept[name] is not None})

    def reset(self) -> Form:
        """With every parameter at its default, but for the prompt and what is a medium; itself where nothing is set."""
        kept = {
            name: value
            for name, value in self.values.items()
            if (param := self.spec.params.get(name)) is not None
            and (param.is_media or role_of(self.spec, param) == "prompt")
        }
        taken = {name: value for name, value in self.values.items() if name not in kept}
        return replace(self, values=kept, taken=taken) if taken else self

    def undo_reset(self) -> Form:
        """With what the last reset took; what was set since then stays as it is."""
        return replace(self.having({**self.taken, **self.values}), taken={})

    def _is_default(self, param: Param | None, value: Any) -> bool:
        if value is None:
            return True
        if param is None:
            return False
        seed = self.spec.params.seed
        if seed is not None and param.name == seed.name:
            return _is_random(value)
        if param.kind == "text" and value == "" and param.default in (None, ""):
            return True
        return type(value) is type(param.default) and same(value, param.default)

    def problems(self) -> dict[str, str]:
        """What is wrong, by place (`steps`, `loras[1].scale`); `""` for what concerns none. Asks only the schema."""
        try:
            self.spec.params.check(self.values, model=self.spec.id)
        except InvalidInput as error:
            return {problem.name: problem.message for problem in error.problems} | self._unreadable()
        return self._unreadable()

    def _unreadable(self) -> dict[str, str]:
        """Media that could not be read when they were set."""
        found = {}
        for name, value in self.values.items():
            param = self.spec.params.get(name)
            if param is not None and param.is_media:
                entries = value if isinstance(value, list) else [value]
                wrong = [entry.why for entry in entries if isinstance(entry, Unreadable)]
                if wrong:
                    found[name] = wrong[0]
        return found

    def adjustments(self) -> dict[str, str]:
        """What will be sent otherwise than it stands there, by place: `sent as 512`."""
        found: dict[str, str] = {}
        for name, value in self.values.items():
            param = self.spec.params.get(name)
            if param is not None:
                _, seen = examine(param, value)
                found |= {change.name: f"sent as {change.sent:g}: {change.why}" for change in seen.changes}
        return found

    def missing(self) -> list[str]:
        """Parameters that must be given and are not."""
        return [
            param.name
            for param in self.spec.params.values()
            if param.required and param.default is None and param.name not in self.values
        ]

    def switch(self, spec: ModelSpec) -> tuple[Form, tuple[Dropped, ...]]:
        """The form of another model: what both have stays (a prompt is a prompt by any name), the rest is told.

        What an earlier switch dropped comes back where the new model takes it.
        """
        carried = {**self.parked, **{_key(self.spec, name): value for name, value in self.values.items()}}
        names = {_key(spec, name): name for name in spec.params}
        values: dict[str, Any] = {}
        dropped: list[Dropped] = []
        fresh = {_key(self.spec, name): name for name in self.values}
        for key, value in carried.items():
            name = names.get(key)
            why = "the model has no such parameter" if name is None and not spec.params.open else ""
            if name is not None:
                _, seen = examine(spec.params[name], value, rounding=False)
                why = "; ".join(one.message if one.name == name else str(one) for one in seen.problems)
            if not why:
                values[name or fresh.get(key, key)] = value
            elif key in fresh:
                dropped.append(Dropped(fresh[key], value, why))
        parked = {key: value for key, value in carried.items() if names.get(key, key) not in values}
        return Form(spec=spec, parked=parked).having(values), tuple(dropped)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """In the place of a medium that could not be read: what was given, and why not."""

    given: str
    why: str

    def describe(self) -> str:
        """A short text for reports."""
        return self.given


def tidy(param: Param, value: Any) -> Any:
    """`value` with its type made right where that is plain, and otherwise as it is; media are looked at.

    Numbers keep what was asked: rounding to the model's steps happens when they are sent.
    """
    if value is None:
        return None
    if param.kind in MEDIA_KINDS:
        return readable(param, value)
    if param.item is not None and param.item.kind in MEDIA_KINDS:
        return [readable(param, entry) for entry in _entries(value)]
    if param.kind in ("integer", "number") and isinstance(value, str) and not value.strip():
        return None
    sent, seen = examine(param, value, rounding=False)
    return value if seen.problems else sent


def from_page(value: Any) -> Any:
    """A value of a page, whose numbers are all doubles: a whole one that is too large to be exact was a float."""
    if isinstance(value, int) and abs(value) > MAX_EXACT:
        with contextlib.suppress(OverflowError):
            return float(value)
    if isinstance(value, list):
        return [from_page(entry) for entry in value]
    return {name: from_page(entry) for name, entry in value.items()} if isinstance(value, dict) else value


def readable(param: Param, value: Any) -> Any:
    """A medium as an `InputFile`, an `Artifact` as it is, or `Unreadable` with the reason. Reads a file's head."""
    if isinstance(value, Result) and value.images:
        value = value.images[0]
    if isinstance(value, Artifact | Unreadable) or value is None:
        return value
    kind = param.item.kind if param.item is not None else param.kind
    try:
        return as_input(value, kind=kind, name=param.name)
    except InvalidInput as error:
        return Unreadable(str(type(value).__name__), error.problems[0].message)


def _entries(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _is_random(value: Any) -> bool:
    """Whether a seed says "choose one", as an emptied field does too. Such a seed is not kept."""
    return is_random(value) or (type(value) is str and not value)


def _key(spec: ModelSpec, name: str) -> str:
    """What a value is called between models: its role, where it has one (with a mark no parameter has)."""
    param = spec.params.get(name)
    role: Role = role_of(spec, param) if param is not None else ""
    return f"{role}\0" if role in ("prompt", "negative", "seed") else name
