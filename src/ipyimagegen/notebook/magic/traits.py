"""The settings as traits, so that `%config ImageGen` reads and writes the very ones that `ig.run` uses."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from traitlets import TraitError, TraitType, Unicode
from traitlets.config.loader import DeferredConfig

from ...core.errors import InvalidInput
from ...settings.config import HELP, WANTED, Settings, load

if TYPE_CHECKING:
    from traitlets.config import Config

SECTION = "ImageGen"
DEFAULTS = asdict(Settings())


class Setting(TraitType[Any, Any]):
    """A trait that holds nothing: it reads and writes one field of the default client's `Settings`."""

    def __init__(self, field: str) -> None:
        self.field = field
        self.info_text = WANTED[field]
        super().__init__(default_value=DEFAULTS[field], help=HELP[field])
        self.tag(config=True)

    def get(self, obj: Any, cls: Any = None) -> Any:  # noqa: ARG002 - as traitlets calls it
        """The value that calls use now."""
        return getattr(obj.client.settings, self.field)

    def set(self, obj: Any, value: Any) -> None:
        """Change it for all calls of this session. Raises `TraitError` for a value that cannot be."""
        self.validate(obj, value)
        obj.client.settings = obj.client.settings.with_({self.field: value})

    def validate(self, obj: Any, value: Any) -> Any:  # noqa: ARG002 - as traitlets calls it
        """`value`. Raises `TraitError` for one that cannot be."""
        try:
            Settings().with_({self.field: value})
        except InvalidInput as error:
            raise TraitError(f"{SECTION}.{error.problems[0]}") from None
        return value

    def from_string(self, s: str) -> Any:
        """What a command line means: `--ImageGen.quiet=True`."""
        try:
            return ast.literal_eval(s)
        except (ValueError, SyntaxError):
            return s


def take_out_wrong(config: Config, traits: Mapping[str, TraitType[Any, Any]]) -> list[str]:
    """Take what cannot be set out of a shell's configuration, and say of each why.

    IPython keeps there what `%config` has refused, so that a class with such a trait could not be loaded again.
    """
    told = []
    section = config.get(SECTION, {})
    for name, value in tuple(section.items()):
        trait = traits.get(name)
        if not isinstance(trait, Setting | Unicode):
            continue
        try:
            trait.validate(None, value.get_value(trait) if isinstance(value, DeferredConfig) else value)
        except TraitError as error:
            del section[name]
            told.append(str(error).rstrip("."))
    return told


def origin(name: str, settings: Settings) -> str:
    """Where a setting's value is from: `default`, `pyproject.toml`, or `session`."""
    value, default = getattr(settings, name), getattr(Settings(), name)
    try:
        written = getattr(load(), name)
    except InvalidInput:
        written = default
    if value != written:
        return "session"
    return "default" if value == default else "pyproject.toml"
