"""The faults, as data: what goes wrong, where, and for whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ipyimagegen.gateway import Fault, FaultKind

Service = Literal["speedpix", "openpixels", "segmind", "inferencesh"]
SERVICES: tuple[Service, ...] = ("speedpix", "openpixels", "segmind", "inferencesh")
TITLES: Mapping[Service, str] = {
    "speedpix": "SpeedPix",
    "openpixels": "OpenPixels",
    "segmind": "Segmind",
    "inferencesh": "inference.sh",
}
Stage = Literal["upload", "submit", "wait", "job", "download"]
STAGES: Mapping[Stage, str] = {
    "upload": "The upload of a picture to start from",
    "submit": "The submit",
    "wait": "The wait",
    "job": "The job",
    "download": "The picture",
}
UPLOADED_BY: Mapping[Service, tuple[str, str]] = {
    "speedpix": ("files", "upload"),
    "segmind": ("segmind", "upload"),
    "inferencesh": ("files", "upload"),
}
"""By which route the bytes of an input go out. OpenPixels takes none."""
SIGNED_BY: Mapping[Service, str] = {"speedpix": "sign", "inferencesh": "files"}
"""By which route a place for them is asked for."""
FETCHING: tuple[Service, ...] = ("speedpix", "inferencesh")
"""Whose official library fetches pictures; the others give out an address."""
WAITED_ON: Mapping[Service, str] = {
    "speedpix": "status",
    "openpixels": "poll",
    "segmind": "status",
    "inferencesh": "stream",
}
RESULT: Mapping[Service, str] = {
    "speedpix": "result",
    "openpixels": "poll",
    "segmind": "result",
    "inferencesh": "task",
}

MESH = '{"error": "upstream connect error or disconnect/reset before headers. reset reason: connection termination"}'
PROBLEM = '{"type": "about:blank", "title": "Bad Gateway", "status": 502, "detail": "no answer from the application"}'
ACTING = "out of memory\x1b]0;owned\x07\x1b[2J\x1b[31m on \u202enode\u202c\u200b 7\x00" + "!" * 100_000
"""A title for the terminal, an empty screen, red, text that runs backwards, and a hundred thousand characters."""
LOCAL_FILE = Path(__file__)
"""A file that is there, and that nobody has given to a service."""
WORK_S = 0.2
DEADLINE_S = 8.0
BOMB_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of the table. `faults` by service: those who are not in it cannot meet this one.

    `harmless`: nothing has to be done again to get the picture. `wait_s`: the caller asks to wait no longer, where the
    library lets him. `alone`: in a process of its own, whose memory is measured. `official`: who has a library that
    does this at all. `counts`: a job that the service took in is to be paid.
    `words`: what an error says is looked at.
    """

    stage: Stage
    title: str
    faults: Mapping[Service, tuple[Fault, ...]]
    harmless: bool = False
    wait_s: float | None = None
    work_s: float = WORK_S
    deadline_s: float = DEADLINE_S
    alone: bool = False
    counts: bool = True
    official: tuple[Service, ...] = SERVICES
    heartbeat_s: float = 10.0
    private: bool = False
    words: bool = False

    @property
    def name(self) -> str:
        """Which one it is."""
        return f"{self.stage}: {self.title}"

    @property
    def services(self) -> tuple[Service, ...]:
        """Who can meet it."""
        return tuple(service for service in SERVICES if service in self.faults)


@dataclass(frozen=True, slots=True)
class _On:
    """Makes the cases of one stage: which route of each service (or service and route), and what they share."""

    stage: Stage
    routes: Mapping[Service, str | tuple[str, str]]
    facts: Mapping[str, Any] = field(default_factory=dict)
    times: int | None = 1

    def __call__(self, title: str, kind: FaultKind, /, case: Mapping[str, Any] | None = None, **fields: Any) -> Case:
        fields = {"times": self.times, **fields}
        faults: dict[Service, tuple[Fault, ...]] = {}
        for service, place in self.routes.items():
            owner, route = (service, place) if isinstance(place, str) else place
            faults[service] = (Fault(kind, service=owner, route=route, **fields),)
        return Case(stage=self.stage, title=title, faults=faults, **{**self.facts, **(case or {})})


_moving: Mapping[str, Any] = {"deadline_s": 20.0}
_upload = _On("upload", UPLOADED_BY, _moving)
_place = _On("upload", SIGNED_BY, _moving)
_submit = _On("submit", dict.fromkeys(SERVICES, "submit"))
_wait = _On("wait", WAITED_ON, times=2)
_job = _On("job", dict.fromkeys(SERVICES, "submit"), {"counts": False})
_download = _On("download", dict.fromkeys(SERVICES, ("files", "download")), {"official": FETCHING})
_bomb: Mapping[str, Any] = {"alone": True, "deadline_s": 45.0}


def cases() -> Iterator[Case]:
    """All of them, in the order of the table."""
    yield from _at_the_upload()
    yield from _at_the_submit()
    yield from _while_waiting()
    yield _job("the job fails", "job_fails", text="out of memory on node 7")
    yield _job("the job fails, in words that a terminal obeys", "job_fails", {"words": True}, text=ACTING)
    yield _job("the job is rejected", "job_rejected", text="the prompt was refused")
    yield _job("the job never ends (asked to wait 3 s at most)", "job_stuck", {"wait_s": 3.0})
    yield from _at_the_download()


def _at_the_upload() -> Iterator[Case]:
    yield _upload("the bytes take 1 s", "latency", {"harmless": True}, seconds=1.0)
    yield _upload("429 with Retry-After", "status", status=429, retry_after_s=1)
    yield _upload("502 with a proxy's page", "status", status=502, body="html", text="Bad Gateway")
    yield _upload("connection reset while the bytes go out, twice", "reset", times=2)
    yield _upload("taken in, then the answer is lost", "lost_answer")
    yield _upload("a sign-in page with status 200", "html")
    yield _upload("redirected to another host", "redirect", status=307)
    yield _place("502 for the place to upload to", "status", status=502, body="html", text="Bad Gateway")
    yield _place("the answer with the place is lost", "lost_answer")
    yield _place("the place is at a private address", "other_address", {"private": True}, times=None)


def _at_the_submit() -> Iterator[Case]:
    yield _submit("the answer takes 1 s", "latency", {"harmless": True}, seconds=1.0)
    yield _submit("429 with Retry-After", "status", status=429, retry_after_s=1)
    yield _submit("429 without Retry-After", "status", status=429)
    yield _submit("503 with Retry-After", "status", status=503, retry_after_s=1)
    yield _submit("502 with a proxy's page", "status", status=502, body="html", text="Bad Gateway")
    yield _submit("connection reset before anything", "reset")
    yield _submit("taken in, then the answer is lost", "lost_answer")
    yield _submit("taken in, then a cloud gateway's 504 in JSON", "lost_behind")
    yield _submit("taken in, then a service mesh's 503 in JSON", "lost_behind", status=503, text=MESH)
    yield _submit("taken in, then a proxy's 502 as problem+json", "lost_behind", status=502, text=PROBLEM)
    yield _submit("taken in, then an empty answer", "empty_body")
    yield _submit("taken in, then half of the JSON", "broken_json")
    yield _submit("taken in, then the answer is cut", "truncated")
    yield _submit("a sign-in page with status 200", "html")
    yield _submit("redirected to another host", "redirect", status=307)
    yield _submit("a gzip bomb of 256 MiB", "gzip_bomb", _bomb, after_bytes=BOMB_BYTES)
    named = _submit("the answer names a private address to ask", "other_address", {"private": True})
    yield replace(named, faults={"segmind": named.faults["segmind"]})


def _while_waiting() -> Iterator[Case]:
    yield _wait("429 twice", "status", status=429)
    yield _wait("502 with a proxy's page, twice", "status", status=502, body="html", text="Bad Gateway")
    yield _wait("connection reset, twice", "reset")
    yield _wait("an empty answer, twice", "empty_body")
    yield _wait("half of the JSON, twice", "broken_json")
    yield _wait("the answer is cut, twice", "truncated")
    yield _wait("a sign-in page with status 200, twice", "html")
    yield _wait("redirected to another host", "redirect", times=1, status=307)
    yield _wait("a gzip bomb of 256 MiB", "gzip_bomb", _bomb, times=1, after_bytes=BOMB_BYTES)
    yield _on_the_result("502 for the result, twice", status=502, body="html", text="Bad Gateway")
    always: Mapping[str, Any] = {"wait_s": 3.0}
    yield _wait("nobody answers any more (asked to wait 3 s at most)", "reset", always, times=None)
    stream = _On("wait", {"inferencesh": "stream"})
    yield stream("the stream is cut after a line", "cut_stream", after_lines=1)
    yield stream("the stream is cut within a line", "cut_stream", after_bytes=50)
    yield stream("the stream ends without the end of the job", "heartbeats_only", stream_s=0.05)
    yield stream("the stream comes in drops", "drip", {"harmless": True}, after_bytes=64, seconds=0.02)
    quiet: Mapping[str, Any] = {"work_s": 20.0, "deadline_s": 45.0}
    yield stream("a stream of heartbeats only, for a job of 20 s", "heartbeats_only", quiet, times=None)


def _on_the_result(title: str, **fields: Any) -> Case:
    """The call that fetches a result, where it is another one than that which is waited on."""
    apart: dict[Service, str] = {service: RESULT[service] for service in ("speedpix", "segmind")}
    return _On("wait", apart, times=2)(title, "status", **fields)


def _at_the_download() -> Iterator[Case]:
    yield _download("the bytes come in drops", "drip", {"harmless": True}, after_bytes=2048, seconds=0.05)
    yield _download("another Content-Type", "content_type", {"harmless": True}, text="application/octet-stream")
    yield _download("redirected to another host", "redirect", {"harmless": True})
    yield _download("503", "status", status=503)
    yield _download("connection reset", "reset")
    yield _download("the connection is cut halfway", "truncated")
    yield _download("half a picture of that length", "broken_json")
    yield _download("no bytes", "empty_body")
    yield _download("a sign-in page with status 200", "html")
    yield _download("a sign-in page as image/png", "html", text="image/png")
    yield _download("a gzip bomb of 256 MiB", "gzip_bomb", _bomb, after_bytes=BOMB_BYTES, text="image/png")
    yield _download(
        "redirected to a private address", "redirect", {"private": True}, times=None, url="http://169.254.169.254/x.png"
    )
    yield _private_address()
    yield _local_file()


def _private_address() -> Case:
    """The result names an address on a private network."""
    return Case(
        stage="download",
        title="the result names a private address",
        faults=_in_the_result("other_address"),
        official=FETCHING,
        private=True,
    )


def _local_file() -> Case:
    """The result names a file of the caller's machine: there is no picture, and no way back to one."""
    faults = _in_the_result("local_file", url=str(LOCAL_FILE))
    return Case(stage="download", title="the result names a local file", faults=faults, official=FETCHING, counts=False)


def _in_the_result(kind: FaultKind, **fields: Any) -> dict[Service, tuple[Fault, ...]]:
    """A fault in every answer that brings a result."""
    faults: dict[Service, tuple[Fault, ...]] = {
        service: (Fault(kind, service=service, route=route, times=None, **fields),) for service, route in RESULT.items()
    }
    # Streams are not rewritten: a silent one makes each library ask for the task.
    silent = Fault("heartbeats_only", service="inferencesh", route="stream", stream_s=2 * WORK_S, times=None)
    faults["inferencesh"] = (silent, *faults["inferencesh"])
    return faults
