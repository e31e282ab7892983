"""The way to inference.sh: its key, and its connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...core.errors import MissingKey
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


_shared: dict[str, _Shared] = {}


def default_http() -> Http:
    """The connections for files that no client fetches: to wherever the environment says the service is."""
    address = keys.base_url(SERVICE)
    if address not in _shared:
        _shared.clear()
        _shared[address] = _Shared(connect(None, address))
    return _shared[address].http
