"""The connections under the requests: what HTTP itself never lets an application do to them.

A scripted fault has to reset a connection, end one in the middle of a body, or frame a stream by the closing of the
connection as HTTP/1.0 does.
"""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Any, Literal

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping


HEAD_WAIT_S = 20.0
"""From a request's first byte, or a new connection, to the end of its headers, however slowly they drip."""
BODY_WAIT_S = 60.0
"""Without a byte of a body that was announced."""

Waits = Literal["", "head", "body"]


class Connections:
    """Finds the connection that a request came by, and ends those on which nothing more comes."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], H11Protocol] = {}

    def protocol(self) -> type[asyncio.Protocol]:
        """The protocol class for uvicorn that keeps this register."""
        register = self._open

        class RegisteredProtocol(H11Protocol):
            _waits: Waits = ""
            _timer: asyncio.TimerHandle | None = None

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                if self.client is not None:
                    register[self.client] = self
                self._wait_for("head")

            def data_received(self, data: bytes) -> None:
                super().data_received(data)
                self._wait_for(_outstanding(self.conn))

            def connection_lost(self, exc: Exception | None) -> None:
                if self.client is not None:
                    register.pop(self.client, None)
                self._wait_for("")
                super().connection_lost(exc)

            def _wait_for(self, what: Waits) -> None:
                if what == "head" == self._waits:
                    return  # a head has one deadline, however many pieces it comes in
                if self._timer is not None:
                    self._timer.cancel()
                self._waits = what
                limits = {"head": HEAD_WAIT_S, "body": BODY_WAIT_S}
                self._timer = self.loop.call_later(limits[what], self._give_up) if what else None

            def _give_up(self) -> None:
                waits, self._waits = self._waits, ""
                if self.flow.read_paused:
                    self._wait_for(waits)  # it is we who do not read
                else:
                    self.transport.close()

        return RegisteredProtocol

    def reset(self, scope: Mapping[str, Any]) -> None:
        """Drop the connection at once with a reset, whatever was still to be sent."""
        protocol = self._of(scope)
        if protocol is None:
            return
        raw = protocol.transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        protocol.transport.abort()

    def finish(self, scope: Mapping[str, Any]) -> None:
        """Close the connection after what has been written, in the middle of an answer or not."""
        protocol = self._of(scope)
        if protocol is not None:
            protocol.transport.close()

    def frame_by_closing(self, scope: Mapping[str, Any]) -> None:
        """Send this answer without chunks and without a length: its end is the end of the connection."""
        protocol = self._of(scope)
        if protocol is not None:
            protocol.conn.their_http_version = b"1.0"

    def reset_all(self) -> None:
        """Drop every connection."""
        for protocol in list(self._open.values()):
            protocol.transport.abort()

    def _of(self, scope: Mapping[str, Any]) -> H11Protocol | None:
        client = scope.get("client")
        return self._open.get((client[0], client[1])) if client else None


def _outstanding(connection: h11.Connection) -> Waits:
    """What of a request has begun and not come to its end."""
    if connection.their_state is h11.SEND_BODY:
        return "body"
    return "head" if connection.their_state is h11.IDLE and connection.trailing_data[0] else ""
