"""A server that speaks as any of the four services, and as badly as it is told: raw sockets, nothing of the gateway.

It counts the jobs that it takes in. What it says at each step is scripted; where the script says nothing, it answers as
the service does (services/*/PROTOCOL.md), and the job is done at once.
"""

from __future__ import annotations

import base64
import json
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

Moment = Literal["answer", "cut", "reset", "reset_before"]
"""The whole answer, half of it, none after the request was read, none and the request unread."""
SERVICES = ("speedpix", "openpixels", "segmind", "inferencesh")
LINGER_NOT = struct.pack("ii", 1, 0)
MAX_HEAD = 256 * 1024


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(2 * (b"\0" + 6 * b"\x7f")))
    + _chunk(b"IEND", b"")
)


@dataclass(frozen=True, slots=True)
class Act:
    """One answer. `takes`: whether the job was taken in all the same (where the request is a submit)."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    moment: Moment = "answer"
    takes: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def submits(self) -> str:
        """The service whose paid route this is; `""` for every other request."""
        if self.method != "POST":
            return ""
        path = self.path.partition("?")[0]
        exact = {"/scc/comfy_prompt": "speedpix", "/v2/submit": "openpixels", "/apps/run": "inferencesh"}
        return exact.get(path) or ("segmind" if path.startswith("/v2/") and path.count("/") == 2 else "")


Script = Callable[[Asked], Act | None]
"""What to answer; `None`: as the service does."""


class Hostile:
    """The server. `taken` are the ids of the jobs that it took in, `sent` all submits that reached it."""

    def __init__(self, script: Script = lambda _: None) -> None:
        self.script = script
        self.taken: list[str] = []
        self.sent: list[Asked] = []
        self.asked: list[Asked] = []
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def env(self, keys: Mapping[str, str]) -> dict[str, str]:
        """The variables that lead all four clients here, with these keys (by variable)."""
        names = ("SPEEDPIX_ENDPOINT", "OPENPIXELS_BASE_URL", "SEGMIND_BASE_URL", "INFERENCE_BASE_URL")
        return dict(keys) | dict.fromkeys(names, self.url)

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        with line, suppress(OSError):
            while (asked := _read(line)) is not None:
                act = self._decide(asked)
                if act.moment in ("reset", "reset_before"):
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
                    return
                whole = _written(act)
                line.sendall(whole[: len(whole) // 2] if act.moment == "cut" else whole)
                if act.moment == "cut":
                    return

    def _decide(self, asked: Asked) -> Act:
        with self._lock:
            self.asked.append(asked)
            scripted = self.script(asked)
            if asked.submits:
                self.sent.append(asked)
                job = f"job-{len(self.sent):04}-of-this-server"
                if scripted is None or scripted.takes:
                    self.taken.append(job)
                return scripted or _good(asked, job)
            return scripted or _good(asked, self.taken[-1] if self.taken else "job-0000-nobody")


@contextmanager
def hostile(script: Script = lambda _: None) -> Iterator[Hostile]:
    """A server for the length of a block."""
    server = Hostile(script)
    try:
        yield server
    finally:
        server.close()


def said(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Act:
    """An answer in JSON."""
    return Act(status, json.dumps(value).encode(), {"content-type": "application/json", **(headers or {})})


def _good(asked: Asked, job: str) -> Act:
    """What the service itself would say."""
    path = asked.path.partition("?")[0]
    picture = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    host = f"http://{asked.headers.get('host', '')}"
    done: dict[str, Any] = {
        "/scc/comfy_prompt": {"taskId": job, "status": "waiting"},
        "/scc/comfy_get_progress": {"taskId": job, "status": "succeeded", "progress": 1},
        "/scc/comfy_get_result": {"taskId": job, "status": "succeeded", "result": {"images": {"url": f"{host}/a.png"}}},
        "/v2/submit": {"type": "update", "id": job, "status": "queued"},
        f"/v2/poll/{job}": {"type": "result", "id": job, "status": "complete", "data": {"url": picture}},
        f"/v2/requests/{job}/status": {"request_id": job, "status": "COMPLETED"},
        f"/v2/requests/{job}": {"request_id": job, "status": "COMPLETED", "output": f"{host}/a.png"},
        "/apps/run": {"id": job, "status": 1},
        f"/tasks/{job}": {"id": job, "status": 10, "output": {"image": {"uri": f"{host}/a.png"}}},
        f"/tasks/{job}/stream": {"id": job, "status": 10, "output": {"image": {"uri": f"{host}/a.png"}}},
        f"/tasks/{job}/cancel": {"id": job, "status": 12},
        "/apps/infsh/sdxl": {
            "title": "SDXL",
            "version": {"input_schema": {"properties": {"prompt": {"type": "string"}}}},
        },
        "/status": {"status": "ok"},
    }
    if path == "/a.png":
        return Act(200, PNG, {"content-type": "image/png"})
    if asked.submits == "segmind":
        return said({"request_id": job, "status": "QUEUED"})
    if path.startswith("/scc/") and path in done:
        return said({"status": 10, "data": done[path]})
    if path.endswith("/stream") and path in done:
        return Act(200, json.dumps(done[path]).encode() + b"\n", {"content-type": "application/x-ndjson"})
    return said(done[path]) if path in done else said({"error": "not here"}, 404)


def _read(line: socket.socket) -> Asked | None:
    """The next request of a connection; `None` at its end."""
    held = b""
    while b"\r\n\r\n" not in held:
        piece = line.recv(65536)
        if not piece or len(held) > MAX_HEAD:
            return None
        held += piece
    head, _, body = held.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (entry.partition(":") for entry in lines)}
    length = int(headers.get("content-length", "0"))
    while len(body) < length:
        piece = line.recv(65536)
        if not piece:
            return None
        body += piece
    method, path, _ = first.split(" ", 2)
    return Asked(method, path, headers, body)


def _written(act: Act) -> bytes:
    lines = [f"HTTP/1.1 {act.status} Said So"]
    lines += [
        f"{name}: {value}" for name, value in ({"content-length": str(len(act.body))} | dict(act.headers)).items()
    ]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", errors="surrogateescape") + act.body
