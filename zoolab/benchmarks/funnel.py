"""The funnel at two million products: what a decision costs, what retrieval finds, how much memory it takes.

``python -m zoolab.benchmarks.funnel`` prints one line of JSON; :mod:`zoolab.benchmarks` runs it in a process of its
own, since what is measured is the peak memory of all of it, the making of the catalog and of the index included. Its
decisions are made one after another. What a visitor waits who comes when another is being served is measured under
open-loop load.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from zoolab.benchmarks.memory import peak_mb
from zoolab.serving import STAGES, Embedder, Funnel, GrownShop, Retriever, TwoTowers, Visitor, recall, timed, train_phi
from zoolab.serving.stores import open_store
from zoolib import spawn

N_LOG, N_PROBE, N_CANDIDATES = 100_000, 64, 500
BUSY, N_OPEN = 0.6, 3_000  # share of the time that one thread is to be busy under open-loop load, and visitors of it
NAMES = (*STAGES, "decision", "decision, on the clock", "a click")


def measure(n_products: int = 2_000_000, n_decisions: int = 3_000, n_queries: int = 200) -> dict[str, Any]:
    """Return percentiles of the CPU time of a decision and of its stages in ms, recall, and memory in MB."""
    shop = GrownShop(n_products, rng=spawn(0, "grown shop"))
    x, ids, clicks = shop.log(N_LOG, spawn(0, "log"))
    towers = TwoTowers.train(x, shop.products[ids], clicks, spawn(0, "towers"))
    phi = train_phi(np.hstack([x, shop.products[ids]]), clicks, spawn(0, "phi"))
    retriever = Retriever(towers.embed(shop.products), "ivf", n_probe=N_PROBE)

    queries = towers.query(shop.visitors(n_queries, spawn(0, "queries")))
    truth, _ = retriever.search(queries, N_CANDIDATES, n_probe=retriever.n_lists)  # all lists: exact
    found = np.concatenate([retriever.search(query[None], N_CANDIDATES)[0] for query in queries])

    visitors, luck = shop.visitors(n_decisions, spawn(0, "visitors")), spawn(0, "luck")
    rows: list[list[float]] = []
    with tempfile.TemporaryDirectory() as folder, open_store(folder) as store:
        embedder = Embedder(phi, device="cpu")
        funnel = Funnel(retriever, shop.products, embedder, store, query=towers.query, n_candidates=N_CANDIDATES)
        for features in visitors:
            stages: dict[str, float] = {}
            clock = time.perf_counter()
            with timed(stages, "decision"):
                decision = funnel.decide(Visitor(features), stages=stages)
            stages["decision, on the clock"] = time.perf_counter() - clock
            if not (decision.propensity > 0).all():
                raise RuntimeError("a decision was made without a propensity")
            arm = int(decision.arms[0])
            with timed(stages, "a click"):
                reward = int(luck.random() < shop.click_probability(features, arm))
                funnel.feedback(decision.id, arm, reward)
            rows.append([stages[name] for name in NAMES])
        pace = spawn(0, "pace").exponential(size=min(N_OPEN, n_decisions))
        queue = open_loop([lambda x=x: funnel.decide(Visitor(x)) for x in visitors[: len(pace)]], pace)
    times = np.array(rows[100:])  # the first ones warm up
    return {
        "products": n_products,
        "decisions": len(times),
        "candidates": N_CANDIDATES,
        "stages": [{"stage": name, **_percentiles(seconds)} for name, seconds in zip(NAMES, times.T, strict=True)],
        "open_loop": queue,
        "recall": float(recall(found, truth).mean()),
        "index_mb": retriever.nbytes / 2**20,
        "peak_mb": peak_mb(),
    }


def open_loop(work: Sequence[Callable[[], Any]], pace: np.ndarray, busy: float = BUSY) -> dict[str, Any]:
    """Do each piece of ``work`` when its time comes, however long those before it take; return what its owner waits.

    Times between arrivals are ``pace``, of mean 1, scaled so that one thread is busy for the share ``busy`` of them: if
    they are exponential, owners come independently of each other. They are drawn beforehand, and a latency counts from
    the arrival: who comes while others are served waits for them, and nobody comes later because of that.

    Returns
    -------
    ``busy``, ``median_ms``, ``p99_ms``, ``wait_ms``: the share of the time for which the thread was busy, latency, and
    the mean wait before anybody is served, by the clock on the wall. ``formula_ms``: what Pollaczek and Khinchine say
    of that wait, busy * E[s^2] / (2 E[s] (1 - busy)) for the times s that the work took. ``others``: by what factor
    that was longer than the processor worked on it, since others had it too. ``core``: latency where the same owners
    come to a core that does nothing else, takes the processor's time for each, and is busy for the share asked for.
    """
    start = time.perf_counter()
    for piece in work[:100]:
        piece()
    usual = (time.perf_counter() - start) / len(work[:100])
    due = np.cumsum(pace) * usual / busy
    served, cpu, latency = np.empty(len(work)), np.empty(len(work)), np.empty(len(work))
    start = time.perf_counter()
    for i, piece in enumerate(work):
        if (early := due[i] - (time.perf_counter() - start)) > 0:
            time.sleep(early)
        begun, worked = time.perf_counter() - start, time.process_time()
        piece()
        done, cpu[i] = time.perf_counter() - start, time.process_time() - worked
        served[i], latency[i] = done - begun, done - due[i]
    found = served.sum() / done
    alone = latencies(np.cumsum(pace) / pace.mean() * cpu.mean() / busy, cpu)
    return {
        "busy": float(found),
        **_percentiles(latency),
        "wait_ms": float(1000 * (latency - served).mean()),
        "formula_ms": float(1000 * found * np.mean(served**2) / (2 * served.mean() * (1 - found))),
        "others": float(served.sum() / cpu.sum()),
        "core": {"busy": busy, **_percentiles(alone)},
    }


def latencies(due: np.ndarray, served: np.ndarray) -> np.ndarray:
    """Return how long each waits from its arrival until it is served, one after another in the order of arrival."""
    free, found = 0.0, np.empty(len(due))
    for i, (arrival, takes) in enumerate(zip(due.tolist(), served.tolist(), strict=True)):
        free = max(free, arrival) + takes
        found[i] = free - arrival
    return found


def _percentiles(seconds: np.ndarray) -> dict[str, float]:
    return {"median_ms": float(1000 * np.median(seconds)), "p99_ms": float(1000 * np.percentile(seconds, 99))}


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:]))))
