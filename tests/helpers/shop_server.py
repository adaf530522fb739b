"""The shop's server, for the tests: in a thread of this process, or in one that can be killed."""

import http.client
import json
import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from redis_server import free_port

from zoolab.serving.shop.__main__ import SETTINGS, listen, main
from zoolab.serving.shop.app import create_app
from zoolab.serving.shop.connections import Connection
from zoolab.serving.shop.shop import Shop


def wait_for(port: int, seconds: float = 180.0) -> None:
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError("the server does not start")


@contextmanager
def serving(shop: Shop, token: str | None = None) -> Iterator[int]:
    """Serve ``shop`` in a thread; yield the port."""
    listening = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(create_app(shop, token=token), http=Connection, **SETTINGS))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    wait_for(listening.getsockname()[1])
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(20)
    listening.close()


def start(url: str, port: int | None = None) -> tuple[Any, int]:
    """Start a process that serves the shop of the store at ``url`` as the command line does; return it and its port.

    It is a fork of a server that has imported all it needs.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([main.__module__])
    port = port or free_port()
    process = context.Process(target=main, args=(["--store", url, "--port", str(port)],), daemon=True)
    process.start()
    wait_for(port)
    return process, port


@contextmanager
def process(url: str) -> Iterator[int]:
    """Serve in a process, and ask it to stop at the end."""
    running, port = start(url)
    try:
        yield port
    finally:
        running.terminate()
        running.join(20)


def ask(port: int, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """Return status and answer of a request: GET, or POST if there is a body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=180)
    try:
        if body is None:
            connection.request("GET", path, headers=headers)
        else:
            connection.request("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"} | headers)
        response = connection.getresponse()
        text = response.read()
        kind = response.getheader("content-type", "")
        return response.status, json.loads(text) if kind == "application/json" else text
    finally:
        connection.close()


def raw(port: int, request: bytes, wait: float = 180.0) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of what comes back when these bytes are sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as connection:
        connection.sendall(request)
        response = http.client.HTTPResponse(connection, method="GET")
        response.begin()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
