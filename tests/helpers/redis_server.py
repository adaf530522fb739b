"""A Redis server of the tests' own: on a free loopback port, its data in memory, gone when the tests are done."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from built_book import missing


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class RedisServer:
    """A process ``redis-server`` that can be killed and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        arguments = {"port": self.port, "bind": "127.0.0.1", "dir": self.folder, "save": '""', "appendonly": "yes"}
        arguments |= {"appendfsync": "always"}
        command = ["redis-server", *(word for k, v in arguments.items() for word in (f"--{k}", str(v)))]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("redis-server does not start")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    if not shutil.which("redis-server"):
        missing("redis-server is not installed (on Debian and Ubuntu: apt-get install redis-server)")
    server = RedisServer(folder)
    try:
        yield server
    finally:
        server.kill()
