"""The gateway as a whole: its parts put together, served from a thread of its own."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Self

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .connections import Connections
from .deliveries import Deliveries
from .engine_work import EngineWork
from .exchange import Call, Exchange, Incoming
from .faults import Faults
from .files import FileStore
from .help import ServiceStatus, help_page
from .inferencesh import InferenceOptions, InferenceSh
from .jobs import SERVICES, JobQueue, JobState, Limits, ServiceName
from .keys import Keys
from .openpixels import MODELS as OPENPIXELS_MODELS
from .openpixels import OpenPixels, OpenPixelsOptions
from .records import Records
from .segmind import Segmind, SegmindOptions
from .speedpix import SpeedPix, SpeedPixOptions

if TYPE_CHECKING:
    from types import TracebackType

    from .work import Work

CLOSE_WAIT_S = 5.0
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

PerService = Mapping[ServiceName, int]


class _Server(uvicorn.Server):
    """Uvicorn without its ticks and its grace: it ends the moment that it is told to, with everything under way."""

    def __init__(self, app: Starlette, connections: Connections) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=connections.protocol(),
                ws="none",
                lifespan="off",
                loop="asyncio",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
            )
        )
        self.closing = asyncio.Event()

    async def main_loop(self) -> None:
        await self.closing.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for task in self.server_state.tasks:
            task.cancel()
        await asyncio.sleep(0)


class Gateway:
    """A running gateway. Made by `serve`; a context manager that closes it.

    `faults` scripts what goes wrong; `requests` holds a record of everything that was asked; `keys` are accepted;
    `speedpix`, `openpixels`, `segmind` and `inferencesh` are each service's options: change them while it runs.
    """

    def __init__(self, *, work: Work, host: str, port: int, keys: Keys, limits: Mapping[ServiceName, Limits]) -> None:
        self.keys = keys
        self.requests = Records()
        self._socket = _listen(host, port)
        name = f"[{host}]" if ":" in host else host
        self.url = f"http://{name}:{self._socket.getsockname()[1]}"
        self._connections = Connections()
        files = FileStore(self.url)
        self._jobs = JobQueue(work, files, limits)
        speedpix = SpeedPix(self._jobs, files, keys.speedpix_app_key, keys.speedpix_app_secret)
        openpixels = OpenPixels(self._jobs, files, keys.openpixels)
        deliveries = Deliveries()
        segmind = Segmind(self._jobs, files, deliveries, keys.segmind)
        inferencesh = InferenceSh(self._jobs, files, deliveries, keys.inference)
        self.speedpix: SpeedPixOptions = speedpix.options
        self.openpixels: OpenPixelsOptions = openpixels.options
        self.segmind: SegmindOptions = segmind.options
        self.inferencesh: InferenceOptions = inferencesh.options
        page = Call("page", "help", "GET", "/", self._help)
        services = (speedpix, openpixels, segmind, inferencesh)
        calls = [page, *files.calls(), *(call for service in services for call in service.calls())]
        self.faults = Faults([(call.service, call.route) for call in calls])
        self._loop = asyncio.new_event_loop()
        self._server = _Server(self._app(calls), self._connections)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ipyimagegen-gateway", daemon=True)
        self._thread.start()

    def env(self) -> dict[str, str]:
        """The environment variables that point each service's client, official or ours, at this gateway."""
        return self.keys.env(self.url)

    def jobs(self, service: ServiceName | None = None) -> list[JobState]:
        """The state of every job of a service, or of all, oldest first."""
        return self._jobs.states(service)

    def set_limits(self, service: ServiceName, limits: Limits) -> None:
        """Change what a service takes, from now on."""
        self._call(self._jobs.set_limits, service, limits)

    def close(self) -> None:
        """Stop jobs, drop connections, end the thread. May be called again."""
        if not self._ended.is_set() and not self._server.closing.is_set():
            self._call(self._jobs.close)
            self._call(self._connections.reset_all)
            self._call(self._server.closing.set)
        self._ended.wait(CLOSE_WAIT_S)
        self._thread.join(CLOSE_WAIT_S)

    def wait(self) -> None:
        """Block until the server ends.

        An event, because an interrupted `Thread.join` may take the thread for ended (Python 3.11).
        """
        self._ended.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Gateway({self.url!r})"

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._server.serve(sockets=[self._socket]))
        finally:
            self._ended.set()

    def _call(self, do: Callable[..., None], *args: object) -> None:
        """Have the server's loop do something, and wait until it is done."""

        async def done() -> None:
            do(*args)

        asyncio.run_coroutine_threadsafe(done(), self._loop).result(CLOSE_WAIT_S)

    async def _help(self, _incoming: Incoming) -> Response:
        offers: dict[ServiceName, Iterable[str]] = {
            "speedpix": self.speedpix.workflows,
            "openpixels": OPENPIXELS_MODELS,
            "segmind": self.segmind.models,
            "inferencesh": self.inferencesh.apps,
        }
        statuses = [ServiceStatus(name, sorted(offers[name]), self._jobs.load(name)) for name in SERVICES]
        return help_page(self.url, self.env(), statuses, list(self.requests), self.faults.waiting())

    def _app(self, calls: list[Call]) -> Starlette:
        routes = []
        for call in calls:
            exchange = Exchange(call, self.requests, self.faults, self._connections)
            routes.append(Route(call.path, exchange, methods=call.method.split(",")))
        fallback = Call("page", "unknown", "*", "/{path:path}", _not_found)
        exchange = Exchange(fallback, self.requests, self.faults, self._connections)
        routes.append(Route(fallback.path, exchange, methods=list(METHODS)))
        # A page elsewhere whose name is made to resolve to this machine must not be able to read keys.
        hosts = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]", "::1"])
        app = Starlette(routes=routes, middleware=[hosts])
        app.router.redirect_slashes = False
        app.router.default = exchange  # for a path that no pattern matches, such as one with a line feed
        return app


def serve(
    *,
    work: Work | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    keys: Keys | None = None,
    slots: int | PerService = 4,
    queue_limit: int | PerService = 100,
    retry_after_s: float = 1.0,
) -> Gateway:
    """Start a gateway in a thread of its own and return it; as a context manager it closes itself.

    `work` does the jobs: the embedded engine (`EngineWork()`) unless given, or `TimedWork(seconds)` for tests. `port`
    0 is any free one. `slots` jobs of each service run at a time and `queue_limit` more wait; beyond that it answers
    429 and says to come back after `retry_after_s`. Raises `ValueError` for a host that is not this machine, `OSError`
    for a port that is taken.

        with serve(work=TimedWork(0.3), slots=8, queue_limit=0) as gateway:
            os.environ.update(gateway.env())
    """
    limits = {
        service: Limits(_for(slots, service, 4), _for(queue_limit, service, 100), retry_after_s) for service in SERVICES
    }
    return Gateway(work=work or EngineWork(), host=host, port=port, keys=keys or Keys(), limits=limits)


def _for(value: int | PerService, service: ServiceName, default: int) -> int:
    return value if isinstance(value, int) else value.get(service, default)


def _listen(host: str, port: int) -> socket.socket:
    address = "127.0.0.1" if host == "localhost" else host
    if not ipaddress.ip_address(address).is_loopback:
        raise ValueError(f"host must be this machine, not {host!r}: the gateway shows its keys to all who reach it")
    listener = socket.socket(
        socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
    )
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


async def _not_found(incoming: Incoming) -> Response:
    return JSONResponse({"error": "Not Found", "path": incoming.request.url.path}, status_code=404)
