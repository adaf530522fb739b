"""A Redis server of one's own for as long as a ``with`` lasts, where Redis is installed (chapter 6)."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_redis(folder: str | os.PathLike[str], wait: float = 30.0) -> Iterator[str | None]:
    """Yield the URL of a Redis server that nobody else can reach; None where ``redis-server`` is not installed.

    It listens at a socket in ``folder`` and at no port, keeps everything in memory, and ends with the ``with``.

    Raises
    ------
    RuntimeError
        If it has not begun to listen after ``wait`` seconds.
    """
    program = shutil.which("redis-server")
    if program is None:
        yield None
        return
    socket = Path(folder).resolve() / "redis.sock"
    settings = ["--port", "0", "--unixsocket", os.fspath(socket), "--save", "", "--dir", os.fspath(socket.parent)]
    server = subprocess.Popen([program, *settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        give_up = time.monotonic() + wait
        while not socket.exists():
            if server.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"redis-server does not start in {wait} s")
            time.sleep(0.02)
        yield f"unix://{socket}"
    finally:
        server.kill()
        server.wait()
