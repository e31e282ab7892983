"""The one client behind `ig.run`, the magic and the widgets, made at first use."""

from __future__ import annotations

import os

from ..core import forks
from ..settings.config import Settings
from .client import Client

_lock = forks.lock()
_clients: list[Client] = []
_inherited: list[Settings] = []


def _forget() -> None:
    """A forked child makes its own: its parent's jobs and connections are not its business; its settings are."""
    _inherited[:] = [client.settings for client in _clients] or _inherited
    _clients.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def default_client() -> Client:
    """The process's own client. `ig.default_client().settings` are the defaults of every call."""
    with _lock:
        if not _clients:
            _clients.append(Client(settings=_inherited[0] if _inherited else None))
        return _clients[0]
