"""Connections that are waited for no longer than is fair, and no more of them than a machine can hold (chapter 6).

uvicorn waits for the head of a request as long as it takes. Whoever opens many connections and says nothing, or a byte
now and then, has all descriptors of the process, and nobody else is served.
"""

import asyncio
import json
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from zoolab.serving.shop.security import HEADERS

PATIENCE = 10.0  # seconds from a connection, or the first byte of a further request, to the end of its head
MOST = 200  # connections at a time; a process often has 256 descriptors


class Connection(H11Protocol):
    """A connection that is closed when the head of a request takes too long, or others need its place."""

    deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Wait for a request; where there are too many connections, the one that has waited longest for one goes."""
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > MOST:
            waiting = [one for one in self.connections if one.deadline is not None]
            longest = min(waiting, key=lambda one: one.deadline.when())
            longest._wait_no_longer()  # it is among the connections until the loop comes round
            longest.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._wait_no_longer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in what comes; where no request is answered meanwhile, it must be one soon."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._wait_no_longer()
        elif self.deadline is None:
            self._wait()

    def send_400_response(self, msg: str) -> None:
        """Say that this is no HTTP as everything else is said; the message is not, which may quote the request."""
        body = json.dumps({"error": "This is no request."}).encode()
        headers = HEADERS | {"content-type": "application/json", "connection": "close"}
        self.transport.write(
            self.conn.send(h11.Response(status_code=400, headers=[*headers.items()], reason=b"Bad Request"))
        )
        self.transport.write(self.conn.send(h11.Data(data=body)))
        self.transport.write(self.conn.send(h11.EndOfMessage()))
        self.transport.close()

    def _wait(self) -> None:
        self.deadline = self.loop.call_later(PATIENCE, self.transport.abort)

    def _wait_no_longer(self) -> None:
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None
