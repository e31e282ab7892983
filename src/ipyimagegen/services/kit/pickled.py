"""Clients, and what they gave, copied and pickled: one rule for all services.

A copy shares its client and its key; a pickle holds no key, but a mark of it, and works where the process has that very
key: anywhere else what needs one raises `MissingKey`, so that no other account ever pays.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ...core.errors import MissingKey
from ...net.secrets import Secret
from ...settings import keys

MARK_BYTES = 8
"""Enough to tell two keys apart, and far too little to find one by."""


@dataclass(frozen=True, slots=True)
class Mark:
    """By which a key is known again, where it is there, and from which it cannot be had."""

    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, known: tuple[Secret, ...]) -> Mark:
        """The mark of these keys, another one each time; of no keys one that no key has."""
        salt = secrets.token_bytes(16)
        return cls(salt, _digest(salt, known) if known else b"")

    def checked(self, service: str, known: tuple[Secret, ...]) -> tuple[Secret, ...]:
        """`known`, if it is the key that was marked. Raises `MissingKey`."""
        if hmac.compare_digest(self.digest, _digest(self.salt, known)):
            return known
        variables = " and ".join(keys.source(service).variables)
        raise MissingKey(
            service,
            f"{service}: this was unpickled, and a pickle holds no key; the key of this process is not the one that it "
            f"was made with, and is not used in its place. Set {variables} to that one, or make a new client here",
        )


def _digest(salt: bytes, known: tuple[Secret, ...]) -> bytes:
    told = hashlib.blake2b(key=salt, digest_size=MARK_BYTES)
    for secret in known:
        told.update(len(secret.reveal()).to_bytes(4, "big") + secret.reveal().encode())
    return told.digest()


class Pickled(ABC):
    """A client that keeps the rule above: mixed into each documented client."""

    @abstractmethod
    def _made_from(self) -> tuple[str, tuple[Secret, ...], Mapping[str, Any]]:
        """The service, the keys in the order of its variables, and the other arguments by name."""

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        service, known, options = self._made_from()
        return _made_again, (type(self), service, Mark.of(known), dict(options))


def _made_again(kind: type[Any], service: str, mark: Mark, options: Mapping[str, Any]) -> Any:
    mark.checked(service, keys.keys(service))
    return kind(**options)
