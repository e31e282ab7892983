"""The way to inference.sh: its key, and its connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakValueDictionary

from ...core.errors import MissingKey, ProtocolError
from ...net.addresses import origin
from ...net.http import Http, Outgoing
from ...net.secrets import Secret
from ...settings import keys
from ..kit.closing import close_when_gone
from .errors import SERVICE, MissingInferenceKey


def key(argument: str | Secret | None) -> Secret:
    """The key. Raises `MissingInferenceKey`."""
    try:
        return keys.key(SERVICE, argument)
    except MissingKey as error:
        raise MissingInferenceKey(SERVICE, str(error)) from None


def connect(api_key: str | Secret | None, base_url: str) -> Http:
    """The door to the service at `base_url`. Without `api_key`: the one that this process has at each call."""

    def authorize(_outgoing: Outgoing) -> Mapping[str, str | Secret]:
        return {"authorization": key(api_key).after("Bearer")}

    return Http(SERVICE, keys.base_url(SERVICE, base_url), authorize=authorize)


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class _Shared:
    http: Http

    def __post_init__(self) -> None:
        close_when_gone(self, self.http)


class Connected(Protocol):
    """What holds the connections of a client."""

    http: Http


_shared: dict[str, _Shared] = {}
_clients: WeakValueDictionary[str, Connected] = WeakValueDictionary()
_trusted: set[str] = set()
"""Where this process's clients are, or were: a person named these addresses, also private ones."""


def remember(client: Connected) -> None:
    """Files at the address of this client may be fetched from now on, by its connections while it lives."""
    place = origin(client.http.base_url)
    _clients[place] = client
    _trusted.add(place)


def http_for(url: str) -> Http:
    """The connections by which the file at `url` is fetched, whoever it came from.

    Those of the client at the same place; else those to wherever the environment says the service is, which alone get
    its key. Where a client was that is gone, no key goes.
    """
    try:
        place = origin(url)
    except ProtocolError:
        return _default()
    client, own = _clients.get(place), keys.base_url(SERVICE)
    if client is not None:
        return client.http
    return _default() if place == origin(own) or place not in _trusted else _kept(place, Http(SERVICE, place))


def _default() -> Http:
    address = keys.base_url(SERVICE)
    return _kept(address, connect(None, address)) if address not in _shared else _shared[address].http


def _kept(address: str, http: Http) -> Http:
    """One connection for files at a time; another address ends the last one's."""
    if address not in _shared:
        _shared.clear()
        _shared[address] = _Shared(http)
    return _shared[address].http
