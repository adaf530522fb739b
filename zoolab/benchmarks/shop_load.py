"""The shop's page under load: some clients that visit and answer for a minute, and whether every click was counted.

``python -m zoolab.benchmarks.shop_load`` prints one line of JSON. The server is a process of its own with an empty
embedded store. Each client visits, clicks by the true probabilities, and says so; every tenth answer it sends twice.
Afterwards the server is stopped and the store is read: the evidence must be that of the acknowledged answers and of
nothing else.
"""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np

from zoolab.serving import Sums
from zoolab.serving.shop.shop import Shop
from zoolab.serving.stores import open_store
from zoolib import PERSONAS, spawn

HEADERS = {"Content-Type": "application/json"}
AGAIN = 10  # every so many answers one is sent twice


class Client:
    """One connection that is kept open, and the seconds that each of its requests took."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.seconds: dict[str, list[float]] = {}

    def ask(self, path: str, body: Any = None) -> tuple[int, Any]:
        start = time.perf_counter()
        if body is None:
            self.connection.request("GET", f"/api/{path}")
        else:
            self.connection.request("POST", f"/api/{path}", json.dumps(body).encode(), HEADERS)
        response = self.connection.getresponse()
        told = json.loads(response.read())
        self.seconds.setdefault(path, []).append(time.perf_counter() - start)
        return response.status, told


class Shopper(threading.Thread):
    """Visits and answers until it is told to stop."""

    def __init__(self, port: int, number: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.client, self.stop, self.rng = Client(port), stop, spawn(number, "shopper")
        self.answered: dict[str, list[int]] = {}
        self.repeated, self.errors = 0, []

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                self.once()
        except Exception as error:
            self.errors.append(f"{type(error).__name__}: {error}")

    def once(self) -> None:
        status, told = self.client.ask("visit", {})
        if status != 200:
            self.errors.append(f"visit: {status} {told}")
            return
        clicked = [one["id"] for one in told["products"] if self.rng.random() < one["truth"]]
        for outcome in ("counted", "repeated")[: 2 if len(self.answered) % AGAIN == 0 else 1]:
            status, said = self.client.ask("answer", {"decision": told["decision"], "clicked": clicked})
            if (status, said) != (200, {"outcome": outcome}):
                self.errors.append(f"answer: {status} {said}, not {outcome}")
            elif outcome == "counted":
                self.answered[told["decision"]] = clicked
            else:
                self.repeated += 1


@contextmanager
def server(store: str) -> Iterator[int]:
    """Run the shop as a process on a free port, yield the port, and stop it at the end."""
    command = [sys.executable, "-m", "zoolab.serving.shop", "--store", store, "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()  # "The shop is open at http://127.0.0.1:PORT/ ..."
        if not line:
            raise RuntimeError(f"the shop did not open, exit status {process.wait()}")
        yield int(line.split("127.0.0.1:")[1].split("/")[0])
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def evidence_of(shop: Shop, answered: dict[str, list[int]]) -> tuple[int, float]:
    """Compare the store with the acknowledged answers.

    Returns
    -------
    How many of the answers are not in the store as they were given, and by how much at most an entry of any A or b
    differs from the sum over the answers.
    """
    ledger, embedder, era = shop.funnel.ledger, shop.funnel.embedder, shop.statistics().era
    groups = {f"segment:{era}.{persona}": Sums.prior(embedder.d_emb, ledger.ridge) for persona in PERSONAS}
    lost = 0
    for decision_id, clicked in answered.items():
        decision = ledger.decision(decision_id)
        verdict = np.isin(decision.arms, clicked)
        lost += not np.array_equal(decision.verdict, verdict)
        for z, reward in zip(embedder(decision.X), verdict, strict=True):
            groups[decision.group].count(z, int(reward), -1)
    off = 0.0
    for group, sums in groups.items():
        kept = ledger.evidence(embedder.version, group)
        lost += abs(kept.n_clicks - sums.n_clicks) + abs(kept.n_shown - sums.n_shown)
        off = max(off, float(np.abs(kept.A - sums.A).max()), float(np.abs(kept.b - sums.b).max()))
    return lost, off


def measure(
    seconds: float = 60.0, n_clients: int = 4, serve: Callable[[str], AbstractContextManager[int]] = server
) -> dict[str, Any]:
    """Return what was asked, how long it took in ms on the clock, and what went wrong."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        with serve(folder) as port:
            Client(port).ask("visit", {})  # warms up
            stop = threading.Event()
            shoppers = [Shopper(port, number, stop) for number in range(n_clients)]
            start = time.perf_counter()
            for shopper in shoppers:
                shopper.start()
            stop.wait(seconds)
            stop.set()
            for shopper in shoppers:
                shopper.join(120)
            took = time.perf_counter() - start
            _, state = Client(port).ask("state")
        answered = {key: clicked for shopper in shoppers for key, clicked in shopper.answered.items()}
        with open_store(folder) as store:
            lost, off = evidence_of(Shop(store), answered)
    clicks = sum(map(len, answered.values()))
    told = {name: sum(one[name] for one in state["categories"]) for name in ("shown", "clicked")}
    lost += abs(state["visits"] - len(answered)) + abs(told["clicked"] - clicks)
    times = {
        path: np.concatenate([shopper.client.seconds[path] for shopper in shoppers]) for path in ("visit", "answer")
    }
    return {
        "load_before": load,
        "clients": n_clients,
        "seconds": took,
        "answers": len(answered),
        "repeated": sum(shopper.repeated for shopper in shoppers),
        "clicks": clicks,
        "counted": told["clicked"],
        "lost": int(lost),
        "off": off,
        "errors": [error for shopper in shoppers for error in shopper.errors][:20],
        "requests": [
            {
                "request": path,
                "count": len(t),
                "median_ms": float(1000 * np.median(t)),
                "p99_ms": float(1000 * np.percentile(t, 99)),
            }
            for path, t in times.items()
        ],
    }


if __name__ == "__main__":
    print(json.dumps(measure(*map(float, sys.argv[1:2]))))
