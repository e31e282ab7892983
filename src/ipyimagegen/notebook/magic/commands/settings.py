"""`%imagegen config`."""

from __future__ import annotations

from dataclasses import fields

from IPython.core.error import UsageError

from ....core.caps import Cap, written
from ....settings.config import Settings
from ...text import rows
from ..parse import shown
from ..traits import origin
from ..values import json_or_text
from .table import Session, command


@command("config", "[NAME=VALUE …]", "the settings and where each is from; or change some", subject="settings")
def config(session: Session, words: list[str]) -> str:
    """The settings, after the changes that the words ask for."""
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
    if isinstance(value, tuple):
        caps = [cap for cap in value if isinstance(cap, Cap)]
        return (written(caps) if caps else f"{len(value)} of your own") if value else "none"
    return repr(value) if isinstance(value, str) else str(value)
