"""Who may ask the page's server, and what it says about itself in every answer (chapter 6).

The server has no passwords: whoever can reach it may use it. It listens on the loopback address, but the reader's
browser can reach that too, and does so for any page that asks it to. Two headers tell these requests apart. ``Host`` is
the name by which the browser knows us, and a foreign one means that somebody's domain name was made to point here.
``Origin`` is the page that asks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive, Send = Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:\d{1,5})?", re.ASCII)

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}


class Guard:
    """Lets only those requests through that come from the page itself, or from no page at all.

    Parameters
    ----------
    app
        What they are let through to.
    hosts
        Names by which the server may be called, besides those of the loopback address.
    """

    def __init__(self, app: Any, hosts: Iterable[str] = ()) -> None:
        self.app, self.hosts = app, {*LOOPBACK, *(host.lower() for host in hosts)}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [pair for pair in message["headers"] if pair[0].decode() not in HEADERS] + ours
            await send(message)

        refused = self.refused(scope)
        if refused is None:
            return await self.app(scope, receive, with_headers)
        body = json.dumps({"error": refused}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await with_headers({"type": "http.response.start", "status": 403, "headers": headers})
        await with_headers({"type": "http.response.body", "body": body})

    def refused(self, scope: Message) -> str | None:
        """Return why a request is refused; None if it is not."""
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        names = [name.lower() for name, _ in scope["headers"]]
        if any(names.count(name) > 1 for name in (b"host", b"origin", b"sec-fetch-site")):
            return "This request says twice where it comes from."
        host = headers.get(b"host", "").lower()
        match = HOST.fullmatch(host)
        if match is None or match[1] not in self.hosts:
            return "This server does not go by that name."
        origin = headers.get(b"origin")
        if origin is not None and origin.lower() != f"{scope['scheme']}://{host}":
            return "Only the shop's own page may ask this."
        if scope["method"] not in ("GET", "HEAD") and headers.get(b"sec-fetch-site", "same-origin") != "same-origin":
            return "Only the shop's own page may ask this."
        return None
