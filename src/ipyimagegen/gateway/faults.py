"""A small language for things that go wrong: a `Fault` says what happens to which request, and how often.

    gateway.faults.add(Fault("lost_answer", service="segmind", route="submit"))
    gateway.faults.add(Fault("status", service="speedpix", status=429, retry_after_s=1, times=3))

What each kind does is in `KINDS`. The first fault that fits a request is used up by one; the rest wait.
"""

from __future__ import annotations

import threading
from dataclasses import KW_ONLY, dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Collection

FaultKind = Literal[
    "latency",
    "status",
    "reset",
    "lost_answer",
    "lost_behind",
    "truncated",
    "cut_stream",
    "heartbeats_only",
    "drip",
    "empty_body",
    "broken_json",
    "content_type",
    "html",
    "redirect",
    "other_address",
    "local_file",
    "gzip_bomb",
    "job_fails",
    "job_rejected",
    "job_stuck",
]

RetryAfterForm = Literal["seconds", "date", "reset_at_utc"]
"""A Retry-After in seconds or as a date, or Segmind's `x-rate-limit-reset-at-utc`."""

KINDS: dict[FaultKind, str] = {
    "latency": "waits seconds, then answers as usual",
    "status": "answers status (503) and does nothing else; retry_after_s, retry_after_form, text, body",
    "reset": "resets the connection before anything is done",
    "lost_answer": "does what was asked, then resets the connection instead of answering",
    "lost_behind": "does what was asked, then a proxy in front answers status (504) with text as JSON, or a gateway's",
    "truncated": "announces the whole length, sends after_bytes (half) of the body, and closes",
    "cut_stream": "closes the stream after after_lines lines (1) or after_bytes bytes",
    "heartbeats_only": "the stream carries heartbeats and no event, for stream_s seconds (unending), then closes",
    "drip": "sends the body in pieces of after_bytes (256), with seconds between them",
    "empty_body": "answers the usual status with no body",
    "broken_json": "sends the first half of the body with a length that fits",
    "content_type": "sends the usual body as media type text (application/octet-stream)",
    "html": "does nothing and answers 200 with an HTML page; as media type text if given",
    "redirect": "redirects with status (302) to url (the same path under another host name of this machine)",
    "other_address": "puts url (a link-local address) in place of the gateway's address in the answer",
    "local_file": "puts url (/etc/passwd) in place of every address of a file in the answer",
    "gzip_bomb": "answers with a small gzip body that unpacks to after_bytes bytes (256 MiB)",
    "job_fails": "takes the job in; it runs and fails, with text",
    "job_rejected": "takes the job in; it ends as rejected (failed, where a service has no such state), with text",
    "job_stuck": "takes the job in; it runs and never ends",
}


@dataclass(frozen=True, slots=True)
class Fate:
    """What a scripted fault does to a job: ends it as failed or rejected with a text, or lets it run for ever."""

    end: Literal["failed", "rejected", "never"]
    text: str = ""


ENDS: dict[FaultKind, Literal["failed", "rejected", "never"]] = {
    "job_fails": "failed",
    "job_rejected": "rejected",
    "job_stuck": "never",
}
SUBMITS = frozenset({"submit", "run", "workflow"})
ONLY_ON: dict[FaultKind, frozenset[str]] = {
    "job_fails": SUBMITS,
    "job_rejected": SUBMITS,
    "job_stuck": SUBMITS,
    "heartbeats_only": frozenset({"stream"}),
}
"""The routes that a kind has a meaning for, where it is not all of them."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. `KINDS` says which of the further fields a kind reads, and their defaults.

    `service` (`speedpix`, `openpixels`, `segmind`, `inferencesh`, `files`) and `route` (its name in the records) say
    which requests; `None` is any. It happens `times` times (`None`: always), after letting `after` requests through.
    `seconds` is waited first, whatever the kind (but for `drip`). Raises `ValueError` for a kind that does not exist.
    """

    kind: FaultKind
    _: KW_ONLY
    service: str | None = None
    route: str | None = None
    times: int | None = 1
    after: int = 0
    status: int = 0
    retry_after_s: float | None = None
    retry_after_form: RetryAfterForm = "seconds"
    body: Literal["json", "html", "empty"] = "json"
    seconds: float = 0.0
    stream_s: float | None = None
    after_bytes: int | None = None
    after_lines: int | None = None
    text: str = ""
    url: str = ""

    def __post_init__(self) -> None:
        kinds = get_args(FaultKind)
        if self.kind not in kinds:
            near = get_close_matches(self.kind, kinds, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(kinds)}"
            raise ValueError(f"no fault of kind {self.kind!r}{hint}")
        if (self.times is not None and self.times < 1) or self.after < 0 or self.seconds < 0:
            raise ValueError(f"times must be at least 1 or None, after and seconds at least 0: {self}")

    @property
    def fate(self) -> Fate | None:
        """What it does to the job that is submitted."""
        end = ENDS.get(self.kind)
        return Fate(end, self.text) if end else None

    def fits(self, service: str, route: str) -> bool:
        """Whether a request of that service and route is meant."""
        possible = ONLY_ON.get(self.kind)
        return self.service in (None, service) and self.route in (None, route) and (not possible or route in possible)


@dataclass
class _Scripted:
    fault: Fault
    to_pass: int
    left: int | None


class Faults:
    """The faults that wait, in their order; for any thread. `routes` are the names that a fault may aim at."""

    def __init__(self, routes: Collection[tuple[str, str]]) -> None:
        self._routes = frozenset(routes)
        self._lock = threading.Lock()
        self._script: list[_Scripted] = []

    def add(self, *faults: Fault) -> None:
        """Add faults behind those that wait. Raises `ValueError` for one that no request can ever meet."""
        for fault in faults:
            if not any(fault.fits(*route) for route in self._routes):
                names = ", ".join(sorted(route for service, route in self._routes if service == fault.service))
                known = f"; {fault.service} has {names}" if names else ""
                raise ValueError(f"no route {fault.route!r} of service {fault.service!r} for {fault.kind}{known}")
        with self._lock:
            self._script.extend(_Scripted(fault, fault.after, fault.times) for fault in faults)

    def clear(self) -> None:
        """From now on everything goes well."""
        with self._lock:
            self._script.clear()

    def waiting(self) -> list[Fault]:
        """The faults that have not happened as often as they should."""
        with self._lock:
            return [scripted.fault for scripted in self._script]

    def take(self, service: str, route: str) -> Fault | None:
        """The fault for this request, counted down."""
        with self._lock:
            for scripted in self._script:
                if scripted.fault.fits(service, route):
                    if scripted.to_pass:
                        scripted.to_pass -= 1
                        continue
                    if scripted.left is not None:
                        scripted.left -= 1
                        if not scripted.left:
                            self._script.remove(scripted)
                    return scripted.fault
        return None
