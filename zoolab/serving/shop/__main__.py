"""Open the shop: ``python -m zoolab.serving.shop --store DIRECTORY`` (chapter 6)."""

import argparse
import contextlib
import secrets
import socket
import sys
from collections.abc import Sequence

from zoolab.serving import extra
from zoolab.serving.shop.app import create_app
from zoolab.serving.shop.security import LOOPBACK
from zoolab.serving.shop.shop import Shop
from zoolab.serving.stores import open_store
from zoolab.serving.stores.base import StoreUnavailableError
from zoolab.serving.stores.codec import UnreadableValueError

# The plain parts of uvicorn, which are always there; a request's head may be as long as any browser makes it.
SETTINGS = {
    "loop": "asyncio",
    "ws": "none",
    "log_level": "warning",
    "server_header": False,
    "h11_max_incomplete_event_size": 16_384,
    "timeout_keep_alive": 60,  # a connection that is closed while a request is on its way looks like an error
    "timeout_graceful_shutdown": 5,
}


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, and sends whatever it has to say at once.

    A reply goes out in two parts. The second would else wait until the other side says that the first has come, which
    takes it some 40 ms.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # those that it accepts inherit this
    return listening


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the shop, serve it until it is interrupted, and return 0; 1 with a sentence if it cannot be opened."""
    parser = argparse.ArgumentParser(prog="python -m zoolab.serving.shop", description=__doc__)
    parser.add_argument("--store", default=".zoo-shop", help="a directory, or redis://host:port/0")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; by default this machine's own only")
    parser.add_argument("--port", type=int, default=8018, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=42, help="of the shop's world")
    parser.add_argument("--name", action="append", default=[], help="a name by which other machines call this one")
    given = parser.parse_args(arguments)
    uvicorn = extra("uvicorn")
    with contextlib.ExitStack() as stack:
        try:
            listening = stack.enter_context(listen(given.host, given.port))
            shop = Shop(stack.enter_context(open_store(given.store)), given.seed)
        except (StoreUnavailableError, UnreadableValueError, ValueError, OverflowError, OSError) as error:
            print(f"The shop cannot be opened: {error}", file=sys.stderr)
            return 1
        host = f"[{given.host}]" if ":" in given.host else given.host
        token = None if host in LOOPBACK else secrets.token_urlsafe(16)
        address = f"http://{host}:{listening.getsockname()[1]}/" + (f"?token={token}" if token else "")
        print(f"The shop is open at {address} (Ctrl-C closes it)", flush=True)
        http = extra("zoolab.serving.shop.connections").Connection
        config = uvicorn.Config(create_app(shop, [host, *given.name], token), http=http, **SETTINGS)
        with contextlib.suppress(KeyboardInterrupt):  # uvicorn has closed everything, and says so once more
            uvicorn.Server(config).run(sockets=[listening])
    return 0


if __name__ == "__main__":
    sys.exit(main())
