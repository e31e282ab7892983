"""Where a request may go, and whether the key goes with it. Decisions only; `transport` keeps them when it connects."""

from __future__ import annotations

import ipaddress
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

from ..core.errors import ProtocolError

DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_URL_CHARS = 16_384

_OPEN_6 = ipaddress.IPv6Network("2000::/3")
"""The only IPv6 addresses that were ever given out for the open internet (IANA's registry of the address space)."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_CLOSED_6 = tuple(
    map(ipaddress.IPv6Network, ("2001:2::/48", "2001:10::/28", "2001:20::/28", "2001:db8::/32", "3fff::/20"))
)
_CLOSED_4 = tuple(map(ipaddress.IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")))
"""Beside what Python knows, which differs by version: protocol assignments (one cloud's metadata lies among them), the
old 6to4 relays, and the address at which another cloud's hosts answer their guests."""
_ISATAP = (0x00005EFE, 0x02005EFE)


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
    host = _plain(split.hostname or "")
    if split.scheme not in DEFAULT_PORTS or not host:
        raise ProtocolError(f"an address must begin with https:// and name a host, not {split.scheme or 'nothing'}:")
    if split.username is not None or split.password is not None:
        raise ProtocolError("an address with a user name in it is refused")
    return split.scheme, host, port or DEFAULT_PORTS[split.scheme]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet: not private, loopback, link-local, multicast or reserved.

    An IPv6 address through which an IPv4 one is reached (mapped, NAT64, 6to4, Teredo, ISATAP) is public where that one
    is; forms that nothing outside of a private network uses (compatible, translated, local NAT64) never are, nor is an
    address with a zone. A network's own NAT64 prefix cannot be told from others.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not ip.is_multicast and not any(ip in network for network in _CLOSED_4)
    if ip.scope_id:
        return False
    inner = _inside(ip)
    if ip.ipv4_mapped is None and ip not in _NAT64:
        known = ip.is_global or bool(inner)  # Python counts all of Teredo as private
        if not known or ip not in _OPEN_6 or any(ip in network for network in _CLOSED_6):
            return False
    return all(is_public(str(one)) for one in inner)


def _inside(ip: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses to which an IPv6 one leads, by the rules of the translations that stand in the address."""
    found = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
    low = int(ip) & 0xFFFFFFFF
    if ip in _NAT64 or (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP:
        found.append(ipaddress.IPv4Address(low))
    return [one for one in found if one is not None]


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return False
    return (getattr(ip, "ipv4_mapped", None) or ip).is_loopback


def _plain(host: str) -> str:
    """A host as resolvers read it: full-width letters and dots as plain ones, an IP address in its short form."""
    host = unicodedata.normalize("NFKC", host).replace("\u3002", ".").rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host


def _literal(host: str) -> bool:
    """Whether a host is an IP address, also as resolvers take it: `127.1`, `0x7f000001`, `2130706433`."""
    try:
        ipaddress.ip_address(host)
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
    def _places(self) -> set[tuple[str, int]]:
        return {parts(own)[1:] for own in self.origins}

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
        if not self.admits(host, port) and (is_loopback(host) or (_literal(host) and not is_public(host))):
            raise ProtocolError(f"an address on a private network is refused ({host})")
        if scheme == "http" and self.encrypted and port == DEFAULT_PORTS["http"]:
            url = urlunsplit(urlsplit(url)._replace(scheme="https", netloc=f"[{host}]" if ":" in host else host))
        elif scheme == "http" and self.encrypted:
            raise ProtocolError(f"an unencrypted address is refused ({host})")
        return Place(url=url, own=False)

    def admits(self, host: str, port: int) -> bool:
        """Whether a place may lie on a private network: only where the service itself is, at this host and port.

        Another port is another program: what a local service names must not reach a notebook server beside it.
        """
        places = self._places
        return (host, port) in places or (
            is_loopback(host) and any(is_loopback(own) for own, at in places if at == port)
        )

    def connectable(self, host: str, port: int, address: str) -> bool:
        """Whether `host` may be reached at the IP address that its name came to."""
        if is_public(address):
            return True
        return (host, port) in self._places or (self.admits(host, port) and is_loopback(address))
