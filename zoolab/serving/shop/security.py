"""Who may ask the page's server, and what it says about itself in every answer (chapter 6).

It listens on the loopback address, but the reader's browser can reach that too, and does so for any page that asks it
to. Two headers tell these requests apart. ``Host`` is the name by which the browser knows us, and a foreign one means
that somebody's domain name was made to point here. ``Origin`` is the page that asks. Where others can reach the server
it asks for a token besides, which it says once to whoever has opened it, and lets nobody ask without an end.
"""

import contextlib
import json
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

Message = MutableMapping[str, Any]
Receive, Send = Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:\d{1,5})?", re.ASCII)

LONGEST_HEAD, MOST_FIELDS = 16_384, 100  # bytes, and headers
RATE, BURST, MOST_CLIENTS = 20.0, 100.0, 10_000  # requests a second and at once, from an address; addresses remembered
COOKIE = "shop-token"
Refusal = tuple[int, str]

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
    token
        What a request must hold, if anything: ``/?token=...`` once, which a cookie remembers, or as
        ``Authorization: Bearer ...``. From one address at most 20 requests a second are taken then.
    """

    def __init__(self, app: Any, hosts: Iterable[str] = (), token: str | None = None) -> None:
        self.app, self.hosts = app, {*LOOPBACK, *(host.lower() for host in hosts)}
        self.token, self.left = token, OrderedDict[str, tuple[float, float]]()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                if self.token is not None and refused is None:
                    kept = f"{COOKIE}={self.token}; Path=/; HttpOnly; SameSite=Strict"
                    ours.append((b"set-cookie", kept.encode()))
                message["headers"] = [pair for pair in message["headers"] if pair[0].decode() not in HEADERS] + ours
            await send(message)

        refused = self.refused(scope)
        if refused is None:
            return await self.app(scope, receive, with_headers)
        status, said = refused
        body = json.dumps({"error": said}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        headers += [(b"retry-after", b"1")] if status == 429 else [(b"connection", b"close")]
        await with_headers({"type": "http.response.start", "status": status, "headers": headers})
        await with_headers({"type": "http.response.body", "body": body})

    def refused(self, scope: Message) -> Refusal | None:
        """Return the status with which a request is refused, and why; None if it is not."""
        for judge in (_malformed, self._foreign, self._unknown, self._too_fast):
            if (refused := judge(scope)) is not None:
                return refused
        return None

    def _foreign(self, scope: Message) -> Refusal | None:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        names = [name.lower() for name, _ in scope["headers"]]
        if any(names.count(name) > 1 for name in (b"host", b"origin", b"sec-fetch-site")):
            return 403, "This request says twice where it comes from."
        host = headers.get(b"host", "").lower()
        match = HOST.fullmatch(host)
        if match is None or match[1] not in self.hosts:
            return 403, "This server does not go by that name."
        origin = headers.get(b"origin")
        if origin is not None and origin.lower() != f"{scope['scheme']}://{host}":
            return 403, "Only the shop's own page may ask this."
        if scope["method"] not in ("GET", "HEAD") and headers.get(b"sec-fetch-site", "same-origin") != "same-origin":
            return 403, "Only the shop's own page may ask this."
        return None

    def _unknown(self, scope: Message) -> Refusal | None:
        if self.token is None:
            return None
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        told = [headers.get(b"authorization", "").removeprefix("Bearer ")]
        told += parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
        with contextlib.suppress(CookieError):  # of somebody else
            told += [cookie.value for cookie in SimpleCookie(headers.get(b"cookie", "")).values()]
        if any(secrets.compare_digest(one.encode(), self.token.encode()) for one in told):
            return None
        return 401, "This shop asks for the token that it said when it was opened: add ?token=... to its address."

    def _too_fast(self, scope: Message) -> Refusal | None:
        if self.token is None:
            return None
        client, now = (scope.get("client") or ("",))[0], time.monotonic()
        left, then = self.left.pop(client, (BURST, now))
        left = min(BURST, left + RATE * (now - then))
        self.left[client] = max(left - 1, 0.0), now
        if len(self.left) > MOST_CLIENTS:
            self.left.popitem(last=False)
        return None if left >= 1 else (429, "That is faster than anybody clicks. Try again in a second.")


def _malformed(scope: Message) -> Refusal | None:
    """Refuse what is HTTP to the letter, but would be read otherwise by somebody else, or is too much."""
    fields = scope["headers"]
    line = len(scope.get("raw_path") or b"") + len(scope.get("query_string", b""))
    if len(fields) > MOST_FIELDS or line + sum(len(name) + len(value) for name, value in fields) > LONGEST_HEAD:
        return 431, f"The head of a request may hold {LONGEST_HEAD} bytes and {MOST_FIELDS} fields."
    if scope.get("http_version", "1.1") not in ("1.0", "1.1"):
        return 505, "This server speaks HTTP/1.1."
    if {b"content-length", b"transfer-encoding"} <= {name.lower() for name, _ in fields}:
        return 400, "This request says twice how long it is."
    return None
