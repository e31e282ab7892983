"""What the gateway has been asked: one record per request, readable from any thread."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, overload

log = logging.getLogger("ipyimagegen.gateway")
KEPT_RECORDS = 10_000
KEPT_BODY_BYTES = 16 * 1024
SECRET_HEADERS = frozenset({"authorization", "x-api-key", "x-ca-key", "x-ca-signature", "cookie"})


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request. `status` is `None` until the answer starts, and 0 for a connection that was dropped without one.

    `at` is Unix seconds, `seconds` from arrival to the last byte sent. `headers` have lower-case names, and `…` in
    place of keys and signatures. `body` holds at most its first 16 KiB. `fault` is the scripted fault's kind.
    """

    service: str
    route: str
    method: str
    path: str
    at: float
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    received_bytes: int = 0
    sent_bytes: int = 0
    status: int | None = None
    seconds: float = 0.0
    job: str | None = None
    fault: str | None = None


class Records(Sequence[RequestRecord]):
    """The latest 10,000 requests, oldest first. A request is listed from its arrival on; reading takes a snapshot."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: OrderedDict[int, RequestRecord] = OrderedDict()
        self._next = 0

    def open(self, record: RequestRecord) -> int:
        """List a request; the number serves to update the record as its answer goes out."""
        with self._lock:
            self._next += 1
            self._rows[self._next] = record
            while len(self._rows) > KEPT_RECORDS:
                self._rows.popitem(last=False)
            return self._next

    def update(self, number: int, **facts: Any) -> None:
        """Add what is known by now to a record."""
        with self._lock:
            if number in self._rows:
                self._rows[number] = replace(self._rows[number], **facts)

    def get(self, number: int) -> RequestRecord | None:
        """The record as it is by now, unless it has been forgotten."""
        with self._lock:
            return self._rows.get(number)

    def of(self, service: str | None = None, route: str | None = None) -> list[RequestRecord]:
        """The records of a service and a route; `None` stands for any."""
        return [row for row in self._all() if service in (None, row.service) and route in (None, row.route)]

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            self._rows.clear()

    def _all(self) -> list[RequestRecord]:
        with self._lock:
            return list(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[RequestRecord]:
        return iter(self._all())

    @overload
    def __getitem__(self, index: int) -> RequestRecord: ...
    @overload
    def __getitem__(self, index: slice) -> list[RequestRecord]: ...
    def __getitem__(self, index: int | slice) -> Any:
        return self._all()[index]

    def __repr__(self) -> str:
        return f"Records({len(self)} requests)"


def safe_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers for the record, without secrets."""
    return {name: "…" if name in SECRET_HEADERS else value for name, value in headers.items()}
