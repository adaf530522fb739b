"""How much a funnel gives away (chapter 6): few candidates against the whole catalog.

A grown shop of 1,000 products, small enough to score all of it. In each replication shop, log, towers, phi, visitors
and luck are new. Every agent sees the same visitors and the same uniforms; all score by Neural-Linear UCB with the same
frozen phi and evidence of their own, which starts empty. They differ in how many candidates they look at. The loop is
one of its own, so that phi embeds all contexts of a visitor once for all agents.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from zoolib import spawn
from zoolib.agents import best_first
from zoolib.evidence import Evidence
from zoolib.experiment import gather
from zoolib.networks import MLP
from zoolib.production import TwoTowers, train_phi
from zoolib.world import GrownShop

TABLE = Path(__file__).resolve().parent.parent / "chapters" / "data" / "candidates.csv"
N_PRODUCTS, N_BRANDS, N_LOG, N_STEPS, ALPHA = 1_000, 100, 30_000, 1_500, 0.3
CANDIDATES = (10, 50, 250, N_PRODUCTS)


def world(seed: int) -> tuple[GrownShop, TwoTowers, MLP, np.ndarray]:
    """Return a grown shop, its towers, phi (a network whose second layer is the embedding), and the visitors."""
    shop = GrownShop(N_PRODUCTS, N_BRANDS, rng=spawn(seed, "grown shop"))
    x, ids, clicks = shop.log(N_LOG, spawn(seed, "log"))
    towers = TwoTowers.train(x, shop.products[ids], clicks, spawn(seed, "towers"), epochs=6)
    phi = train_phi(np.hstack([x, shop.products[ids]]), clicks, spawn(seed, "phi"), epochs=6)
    return shop, towers, phi, shop.visitors(N_STEPS, spawn(seed, "visitors"))


def play(seed: int) -> pd.DataFrame:
    """Return one replication: for each number of candidates the mean click probability of what was shown, by halves."""
    shop, towers, phi, visitors = world(seed)
    values = towers.visitor(visitors) @ towers.product(shop.products.astype(float)).T
    ranked = np.stack([best_first(row, CANDIDATES[-2]) for row in values])
    probabilities = np.stack([shop.click_probability(x) for x in visitors])
    uniforms = spawn(seed, "luck").random(N_STEPS)
    (W, b), (W2, b2) = phi.layers[:2]
    of_visitors, of_products = visitors @ W[: shop.d_user], shop.products @ W[shop.d_user :] + b
    agents = {m: Evidence(phi.sizes[2]) for m in CANDIDATES}
    shown = np.empty((len(agents) + 2, N_STEPS))
    for t, p in enumerate(probabilities):
        Z = np.maximum(of_visitors[t] + of_products, 0) @ W2 + b2  # phi of all contexts of this visitor
        for i, (m, evidence) in enumerate(agents.items()):
            ids = np.sort(ranked[t, :m]) if m < N_PRODUCTS else slice(None)
            place = best_first(evidence.mean(Z[ids]) + ALPHA * evidence.width(Z[ids]), 1)[0]
            arm = place if m == N_PRODUCTS else ids[place]
            shown[i, t] = p[arm]
            evidence.add(Z[arm], float(uniforms[t] < p[arm]))
        shown[-2:, t] = p[ranked[t, 0]], p.max()
    names = [*map(str, CANDIDATES), "towers", "oracle"]
    half = N_STEPS // 2
    return pd.DataFrame(
        {
            "candidates": names,
            "replication": seed,
            "all": shown.mean(1),
            "first half": shown[:, :half].mean(1),
            "second half": shown[:, half:].mean(1),
        }
    )


def compute(
    seeds: Sequence[int] = range(100), cache: str | os.PathLike[str] | None = None, progress: bool = True
) -> pd.DataFrame:
    """Return all replications, numbers to eight decimals."""
    (played,) = gather(play_all, [({}, seeds)], cache, chunk=1, progress=progress)
    return pd.concat(played.values(), ignore_index=True).round(8)


def play_all(seeds: Sequence[int]) -> dict[int, pd.DataFrame]:
    """Return replications by their seed."""
    return {seed: play(seed) for seed in seeds}
