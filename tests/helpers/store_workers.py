"""What other processes do in the tests of the stores; they are forks of a server that has imported all they need."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from zoolab.serving import Embedder, Ledger, Outcome
from zoolab.serving.stores import open_store
from zoolab.serving.stores.base import Put
from zoolib.networks import MLP


def start(work: Callable[..., None], *arguments: Any) -> tuple[Any, Connection]:
    """Return a process that does ``work(connection, *arguments)``, and the other end of its connection."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["zoolab.serving"])  # what lies beside the tests it would not find
    mine, its = context.Pipe()
    process = context.Process(target=work, args=(its, *arguments), daemon=True)
    process.start()
    its.close()
    return process, mine


def said(connection: Connection) -> list[Any]:
    """Return all that a process says until it ends, whole messages only."""
    messages = []
    try:
        while True:
            messages.append(connection.recv())
    except (EOFError, OSError):
        return messages


def patient(url: str) -> Any:
    return open_store(url, **({"timeout": 60.0} if "://" in url else {}))


def increment(connection: Connection, url: str, times: int) -> None:
    """Add one, again and again, and say so each time that the store has taken it."""
    with patient(url) as store:
        for i in range(times):
            store.transact(["n"], lambda values: ({"n": Put(str(int(values["n"] or 0) + 1).encode())}, None))
            connection.send(i + 1)


def die_inside(connection: Connection, url: str) -> None:
    """Die in the middle of a transaction."""

    def update(values: Any) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)
        return {"a": Put(b"new"), "b": Put(b"new")}, None

    patient(url).transact(["a", "b"], update)


def settle_all(connection: Connection, url: str, messages: list[Any], seed: int) -> None:
    """Report ``messages`` in an order of one's own, some of them twice, and say how many were new."""
    rng = np.random.default_rng(seed)
    embed = Embedder(MLP((5, 8, 4), [np.random.default_rng(0)], linear=(2,)), device="cpu", dtype="float64")
    with patient(url) as store:
        ledger, order = Ledger(store, 4, ridge=0.5), rng.permutation(len(messages)).tolist()
        outcomes: list[Outcome] = []
        for start_at in range(0, len(order), 5):
            some = [messages[i] for i in order[start_at : start_at + 5]]
            outcomes += ledger.settle(some + some[:2], embed, "v")
        connection.send(sum(outcome is not Outcome.REPEATED for outcome in outcomes))
