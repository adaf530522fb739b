"""Two processes serve one shop from one store, one of them is killed, and clients go to the other (chapter 6)."""

import json
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from zoolab.serving import Embedder, Funnel, GrownShop, InverseGapRanking, Retriever, Visitor
from zoolab.serving.stores import open_store
from zoolab.serving.stores.base import StoreUnavailableError
from zoolib.networks import MLP

SMALL = GrownShop(1000, 20, rng=0)
PATIENCE = 10.0  # seconds for which a client waits


def small_funnel(url: str) -> Funnel:
    """Return a funnel over a thousand products, with the store at ``url``."""
    store, settings = open_store(url), {"n_candidates": 50, "n_slate": 5, "device": "cpu"}
    settings["ranking"] = InverseGapRanking(rng=np.random.SeedSequence())
    retriever = Retriever(SMALL.products, "exact")
    phi = Embedder(MLP((15, 16, 8), [np.random.default_rng(0)], linear=(1,)), device="cpu")
    return Funnel(retriever, SMALL.products, phi, store, query=lambda x: np.append(x, 1.0), **settings)


class Serve(socketserver.StreamRequestHandler):
    """Answers lines: a visitor's features by what is shown, a click by what became of it."""

    funnel: Funnel

    def handle(self) -> None:
        """Answer line by line until the client goes."""
        for line in self.rfile:
            try:
                answer = self.answer(json.loads(line))
            except StoreUnavailableError as error:
                answer = {"error": str(error)}
            self.wfile.write(json.dumps(answer).encode() + b"\n")

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return what a client is told who has ``asked``."""
        if "x" in asked:
            shown = self.funnel.decide(Visitor(np.array(asked["x"])))
            return {"decision": shown.id, "arms": shown.arms.tolist()}
        return {"outcome": self.funnel.feedback(asked["decision"], asked["arm"], 1).value}


@contextmanager
def server(url: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Yield a process that serves the store at ``url``, and its port on the loopback address."""
    process = subprocess.Popen([sys.executable, __file__, url], stdout=subprocess.PIPE, text=True)
    try:
        yield process, int(process.stdout.readline())  # type: ignore[union-attr]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]


class Request(NamedTuple):
    """When a request was made and answered, in seconds, which port was asked first, and which answered."""

    asked: float
    answered: float
    first: int
    by: int


@dataclass
class Run:
    """What clients saw: the clicks that were acknowledged, all requests, who failed, and which port was killed when."""

    clicks: list[tuple[str, int]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    failed: list[Exception] = field(default_factory=list)
    killed: float = np.inf
    victim: int = 0

    def longest_wait(self) -> float:
        """Return the longest that a request has waited for its answer, in milliseconds."""
        return 1000 * max(request.answered - request.asked for request in self.requests)

    def answered_afterwards(self) -> int:
        """Return how many requests were made and answered after the kill."""
        return sum(request.asked > self.killed for request in self.requests)

    def by_the_killed(self) -> int:
        """Return how many requests the process had answered that was killed."""
        return sum(request.by == self.victim for request in self.requests)

    def taken_over(self) -> int:
        """Return how many requests were made to the one that was killed, and answered by the other."""
        return sum(request.first == self.victim != request.by for request in self.requests)


def ask(line: dict[str, Any], ports: list[int], lines: dict[int, Any], run: Run) -> dict[str, Any]:
    """Return the answer of the first port that gives one; who does not, is left alone from now on."""
    start, first = time.monotonic(), ports[0]
    while time.monotonic() < start + PATIENCE:
        port = ports[0]
        try:
            if port not in lines:
                made = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
                lines[port] = made.makefile("rwb", buffering=0)
            lines[port].write(json.dumps(line).encode() + b"\n")
            answer = json.loads(lines[port].readline())  # an empty line, from one that is dead, is no JSON
        except (OSError, ValueError):
            if len(ports) == 1:
                raise
            ports.pop(0)
            continue
        if "error" not in answer:
            run.requests.append(Request(start, time.monotonic(), first, port))
            return answer
        time.sleep(0.01)
    raise TimeoutError(f"no answer to {line} within {PATIENCE:g} seconds")


def shop(ports: list[int], seed: int, stop: threading.Event, run: Run) -> None:
    """Come and click on what is shown first, again and again."""
    rng, lines = np.random.default_rng(seed), {}
    try:
        while not stop.is_set():
            shown = ask({"x": SMALL.visitors(1, rng)[0].tolist()}, ports, lines, run)
            click = shown["decision"], shown["arms"][0]
            ask({"decision": click[0], "arm": click[1]}, ports, lines, run)
            run.clicks.append(click)
    except (OSError, ValueError) as error:
        run.failed.append(error)
    for line in lines.values():
        line.close()


def fail_over(url: str, n_clients: int = 4, seconds: float = 1.5) -> Run:
    """Let two processes serve clients from one store, kill one of them half-way, and return what the clients saw.

    Half of the clients begin with the one that is killed. Whoever gets no answer asks the other the same again.
    """
    small_funnel(url).store.close()  # which puts a phi in force
    with server(url) as (first, one), server(url) as (_, other):
        run, stop = Run(victim=one), threading.Event()
        ports = [[one, other] if i % 2 == 0 else [other] for i in range(n_clients)]
        clients = [threading.Thread(target=shop, args=(ports[i], i, stop, run)) for i in range(n_clients)]
        for client in clients:
            client.start()
        time.sleep(seconds / 2)
        first.kill()
        run.killed = time.monotonic()
        time.sleep(seconds / 2)
        stop.set()
        for client in clients:
            client.join()
    return run


if __name__ == "__main__":
    Serve.funnel = small_funnel(sys.argv[1])
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Serve) as serving:
        serving.daemon_threads = True
        print(serving.server_address[1], flush=True)
        serving.serve_forever()
