"""How much a funnel gives away (chapter 6): few candidates against the whole catalog.

A grown shop of 1,000 products, small enough to score all of it. In each replication shop, log, towers, phi, visitors
and luck are new. Every agent sees the same visitors and the same uniforms; all score by Neural-Linear UCB with the same
frozen phi and evidence of their own. They differ in how many candidates they look at and in what their evidence starts
with: nothing, the log that towers and phi were trained on, or another one as long that nothing was trained on. Each has
the alpha that was best in ten other worlds. The loop is one of its own, so that phi embeds all contexts of a visitor
once for all agents.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from zoolab.experiments.contest import of_the_book
from zoolab.long import DATA, Cache, gather
from zoolab.serving import GrownShop, TwoTowers, train_phi
from zoolib import spawn
from zoolib.agents import top_k
from zoolib.evidence import Evidence
from zoolib.randomness import shift

TABLE, TUNED = DATA / "candidates.csv", DATA / "candidates_tuning.csv"
N_PRODUCTS, N_BRANDS, N_LOG, N_STEPS = 1_000, 100, 30_000, 1_500
CANDIDATES = (10, 50, 250, N_PRODUCTS)  # the last looks at all
STARTS = ("nothing", "the log", "another log")
ALPHAS = (0.0, 0.01, 0.03, 0.06, 0.1, 0.17, 0.3, 0.6, 1.0, 1.7)
WORLDS, TUNING_WORLDS = range(100), range(1000, 1010)
HALVES = ("first half", "second half")

Agent = tuple[str, int, float]  # start, candidates, alpha


class World:
    """A grown shop, its towers, and phi, a network whose second layer is the embedding."""

    def __init__(
        self, seed: int, n_products: int = N_PRODUCTS, n_brands: int = N_BRANDS, n_log: int = N_LOG, epochs: int = 6
    ) -> None:
        self.seed, self.shop = seed, GrownShop(n_products, n_brands, rng=spawn(seed, "grown shop"))
        x, ids, clicks = log = self.shop.log(n_log, spawn(seed, "log"))
        self.towers = TwoTowers.train(x, self.shop.products[ids], clicks, spawn(seed, "towers"), epochs)
        self.phi = train_phi(self.contexts(x, ids), clicks, spawn(seed, "phi"), epochs)
        self.logs = {"the log": log, "another log": self.shop.log(n_log, spawn(seed, "another log"))}

    def contexts(self, x: np.ndarray, ids: np.ndarray) -> np.ndarray:
        """Return the contexts of some visitors and products, ``(n, d)``."""
        return np.hstack([x, self.shop.products[ids]])

    def evidence(self, start: str) -> Evidence:
        """Return evidence that starts with nothing, or holds a log."""
        evidence = Evidence(self.phi.sizes[2])
        if start in self.logs:
            x, ids, clicks = self.logs[start]
            evidence.rebuild(self.phi.forward(self.contexts(x, ids), depth=2)[2], clicks.astype(float))
        return evidence


def play(seed: int, agents: Sequence[Agent]) -> list[dict[str, Any]]:
    """Return the rows of one replication: what each agent and two yardsticks showed, as mean click probabilities."""
    world = World(seed)
    shop, visitors = world.shop, world.shop.visitors(N_STEPS, spawn(seed, "visitors"))
    values = world.towers.visitor(visitors) @ world.towers.product(shop.products.astype(float)).T
    ranked = np.stack([top_k(row, max(CANDIDATES[:-1])) for row in values])
    probabilities = np.stack([shop.click_probability(x) for x in visitors])
    uniforms = spawn(seed, "luck").random(N_STEPS)
    (W, b), (W2, b2) = world.phi.layers[:2]
    of_visitors, of_products = visitors @ W[: shop.d_user], shop.products @ W[shop.d_user :] + b
    playing = [(m, alpha, world.evidence(start)) for start, m, alpha in agents]
    shown = np.empty((len(agents) + 2, N_STEPS))
    for t, p in enumerate(probabilities):
        Z = np.maximum(of_visitors[t] + of_products, 0) @ W2 + b2  # phi of all contexts of this visitor
        for i, (m, alpha, evidence) in enumerate(playing):
            ids = np.sort(ranked[t, :m]) if m < N_PRODUCTS else np.arange(N_PRODUCTS)
            mean, width = evidence.mean(Z[ids]), evidence.width(Z[ids])
            arm = ids[top_k(mean + alpha * width, 1)[0]]
            shown[i, t] = p[arm]
            evidence.add(Z[arm], float(uniforms[t] < p[arm]))
        shown[-2:, t] = p[ranked[t, 0]], p.max()
    half = N_STEPS // 2
    table = pd.DataFrame(
        {
            "start": [start for start, _, _ in agents] + [""] * 2,
            "candidates": [str(m) for _, m, _ in agents] + ["towers", "oracle"],
            "alpha": [alpha for _, _, alpha in agents] + [np.nan] * 2,
            "replication": seed,
            "all": shown.mean(1),
            HALVES[0]: shown[:, :half].mean(1),
            HALVES[1]: shown[:, half:].mean(1),
        }
    )
    return table.to_dict("records")


def played(seeds: Sequence[int], agents: Sequence[Agent], cache: Cache = None) -> pd.DataFrame:
    """Return all replications, numbers to eight decimals."""
    (found,) = gather(play, [({"agents": list(agents)}, list(seeds))], cache, chunk=1, alone=True)
    return pd.DataFrame(row for rows in found.values() for row in rows).round(8)


def tuned(cache: Cache = None, seeds: Sequence[int] = TUNING_WORLDS) -> pd.DataFrame:
    """Return what every alpha earned in the tuning worlds, in the mean, one row for each, and which is the best."""
    grid = [(start, m, alpha) for start in STARTS for m in CANDIDATES for alpha in ALPHAS]
    runs = played(seeds, grid, cache)
    runs = runs[runs["start"] != ""].rename(columns={"all": "earned"})
    means = runs.groupby(["start", "candidates", "alpha"], sort=False)["earned"].mean().round(6).reset_index()
    return means.assign(best=means.index.isin(means.groupby(["start", "candidates"])["earned"].idxmax()))


def tables(cache: Cache = None) -> dict[Path, pd.DataFrame]:
    """Return what was tried, and what the best of it earned in a hundred worlds."""
    tried = of_the_book(TUNED) if shift() else tuned(cache)
    best = tried[tried["best"]]
    chosen = [(row.start, int(row.candidates), row.alpha) for row in best.itertuples(index=False)]
    return {TUNED: tried, TABLE: played(WORLDS, chosen, cache)}
