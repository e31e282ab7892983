"""The one client behind `ig.run`, the magic and the widgets, made at first use."""

from __future__ import annotations

import threading

from .client import Client

_lock = threading.Lock()
_clients: list[Client] = []


def default_client() -> Client:
    """The process's own client. `ig.default_client().settings` are the defaults of every call."""
    with _lock:
        if not _clients:
            _clients.append(Client())
        return _clients[0]
