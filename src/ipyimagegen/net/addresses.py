"""Where a request may go, and whether the key goes with it. Decisions only; `transport` keeps them when it connects."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

from ..core.errors import ProtocolError

DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_URL_CHARS = 16_384

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def origin(url: str) -> str:
    """`scheme://host:port` in lower case, with the port written out. Raises `ProtocolError` for no http(s) URL."""
    scheme, host, port = parts(url)
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


@lru_cache(maxsize=256)
def parts(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an http or https URL.

    Raises `ProtocolError`, and does not quote the URL (it may be signed).
    """
    if len(url) > MAX_URL_CHARS or not url.isprintable() or " " in url or "\\" in url:
        raise ProtocolError("not an address: spaces, control characters or too long")
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        raise ProtocolError("not an address") from None
    host = (split.hostname or "").rstrip(".")
    if split.scheme not in DEFAULT_PORTS or not host:
        raise ProtocolError(f"an address must begin with https:// and name a host, not {split.scheme or 'nothing'}:")
    if split.username is not None or split.password is not None:
        raise ProtocolError("an address with a user name in it is refused")
    return split.scheme, host.lower(), port or DEFAULT_PORTS[split.scheme]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet: not private, loopback, link-local, multicast or reserved.

    IPv4 addresses inside IPv6 ones (mapped, 6to4, Teredo, NAT64) are judged as what they are.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _literal(host: str) -> bool:
    """Whether a host is an IP address, also as resolvers take it: `127.1`, `0x7f000001`, `2130706433`."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        last = host.rpartition(".")[2]
        return last.isdigit() or last.startswith("0x")
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An address that may be asked. `own`: it is the service's own origin, and gets the key."""

    url: str
    own: bool


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What belongs to a service: its own origins (`scheme://host:port`)."""

    origins: frozenset[str]

    @classmethod
    def of(cls, urls: Iterable[str]) -> Neighbourhood:
        """The neighbourhood of a service that is reached at these base URLs."""
        return cls(frozenset(origin(url) for url in urls))

    @property
    def _hosts(self) -> set[str]:
        return {parts(own)[1] for own in self.origins}

    @property
    def encrypted(self) -> bool:
        """Whether the service itself speaks https everywhere."""
        return all(own.startswith("https:") for own in self.origins)

    def place(self, url: str, *, came_from: str = "") -> Place:
        """Whether and how `url` may be asked; `came_from` is the address that redirected there.

        A plain http address that an https service names is asked by https. Raises `ProtocolError` for another scheme, a
        redirect from https down to http, or an address literal on a private network where the service is not.
        """
        scheme, host, port = parts(url)
        if origin(url) in self.origins:
            return Place(url=url, own=True)
        if scheme == "http" and came_from.startswith("https:"):
            raise ProtocolError(f"a redirect from https to http is refused ({host})")
        if not self.admits(host) and (is_loopback(host) or (_literal(host) and not is_public(host))):
            raise ProtocolError(f"an address on a private network is refused ({host})")
        if scheme == "http" and self.encrypted and port == DEFAULT_PORTS["http"]:
            url = urlunsplit(urlsplit(url)._replace(scheme="https", netloc=f"[{host}]" if ":" in host else host))
        elif scheme == "http" and self.encrypted:
            raise ProtocolError(f"an unencrypted address is refused ({host})")
        return Place(url=url, own=False)

    def admits(self, host: str) -> bool:
        """Whether a host may lie on a private network: only where the service itself is at that host."""
        hosts = self._hosts
        return host in hosts or (is_loopback(host) and any(is_loopback(own) for own in hosts))

    def connectable(self, host: str, address: str) -> bool:
        """Whether `host` may be reached at the IP address that its name came to."""
        return is_public(address) or self.admits(host)
