"""What two stages give away at two million products (chapter 6).

In each replication shop, log, towers, phi, visitors and luck are new, and the log is in the evidence. The candidates of
a visitor come from the towers, by chance, from both, from what phi predicts for others, or they are all products there
are; the ten of them with the highest predicted payoff are shown. Nobody explores and nobody learns, so that arms differ
in their candidates alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from zoolab import serving as prod
from zoolab.experiments.candidates import World
from zoolab.long import DATA, Cache, gather
from zoolib import spawn
from zoolib.agents import top_k

TABLE = DATA / "two_stages.csv"
SIZES = {"n_products": 2_000_000, "n_brands": 2_000, "n_log": 100_000, "epochs": 10}  # those of the chapter
SHOWN, N_LISTS = 10, 1024
WORLDS, N_VISITORS, OF_ALL = range(10), 200, 40  # so many visitors, of whom so many are shown the best of everything
SURE, BLOCK = 2_000, 8_192  # of how many the best are found in float64; products scored at a time
OF_TOWERS = ("500 of the towers", "500, one list", "500, all lists")  # among which one may ask what a search misses
OTHERS = 80  # visitors for whom phi predicts every product, so that other products' payoffs can be told from it
FEW, MANY = 200, 4_000  # products for which it predicts what a visitor will find, so that the others can be told

Candidates = Callable[..., np.ndarray]


def arms(index: prod.Retriever, retold: Retold, n_products: int) -> dict[str, Candidates]:
    """Return where candidates come from: functions of queries, of towers and phi, by few and many, and a generator."""

    def towers(m: int, n_probe: int = 64) -> Candidates:
        return lambda q, *_: index.search(q, m, n_probe=n_probe)[0]

    def phi(m: int, by: int = 1) -> Candidates:
        return lambda *asked: retold.search(asked[by], m)

    def chance(m: int) -> Candidates:
        return lambda *asked: asked[-1].choice(n_products, m, replace=False)

    return {
        "50 of the towers": towers(50),
        "500 of the towers": towers(500),
        "500, one list": towers(500, 1),
        "500, all lists": towers(500, N_LISTS),
        "5,000 of the towers": towers(5_000),
        "5,000 at random": chance(5_000),
        "250 of the towers, 2,500 at random": lambda *asked: np.union1d(towers(250)(*asked), chance(2_500)(*asked)),
        "50 of phi": phi(50),
        "500 of phi": phi(500),
        "500 of phi, many": phi(500, by=2),
    }


class Ranker:
    """Predicted payoffs of products for a visitor, in float64 for some products and in float32 for all."""

    def __init__(self, world: World) -> None:
        self.world, self.theta = world, world.evidence("the log").theta
        (W, b), (W2, _) = world.phi.layers[:2]
        d, v = world.shop.d_user, W2 @ self.theta
        self.of_visitors, self.of_products, self.b, self.v = (a.astype(np.float32) for a in (W[:d], W[d:], b, v))

    def best(self, visitor: np.ndarray, ids: np.ndarray) -> np.ndarray:
        """Return the products of the highest payoffs among ``ids``, best first."""
        ids = np.sort(ids)
        X = self.world.contexts(np.broadcast_to(visitor, (len(ids), len(visitor))), ids)
        return ids[top_k(self.world.phi.forward(X, depth=2)[2] @ self.theta, SHOWN)]

    def payoffs(self, visitors: np.ndarray, products: np.ndarray) -> np.ndarray:
        """Return what is predicted for each visitor, ``(n, d)``, of each product, ``(m, d)``, but for a constant."""
        payoff = np.empty((len(visitors), len(products)), dtype=np.float32)
        of_visitors = visitors.astype(np.float32) @ self.of_visitors + self.b
        for start in range(0, len(products), BLOCK):
            hidden = products[start : start + BLOCK] @ self.of_products
            for row, of_visitor in zip(payoff, of_visitors, strict=True):
                row[start : start + BLOCK] = np.maximum(hidden + of_visitor, 0) @ self.v
        return payoff

    def best_of_all(self, visitors: np.ndarray) -> list[np.ndarray]:
        """Return the products of the highest payoffs for each visitor, ``(n, d)``."""
        near = (np.argpartition(-row, SURE)[:SURE] for row in self.payoffs(visitors, self.world.shop.products))
        return [self.best(visitor, ids) for visitor, ids in zip(visitors, near, strict=True)]


class Retold:
    """Retrieval by what phi predicts, without one more click: again one inner product of 32 numbers for a product.

    A product is what is predicted of it for other visitors, in the directions in which that is largest in mean square;
    a visitor is what fits best to what is predicted of some products for them.
    """

    def __init__(self, ranker: Ranker, rng: np.random.Generator, d: int = 32) -> None:
        shop = ranker.world.shop
        payoff = ranker.payoffs(shop.visitors(OTHERS, rng), shop.products)
        _, turns = np.linalg.eigh(payoff @ payoff.T)
        self.ranker, self.vectors = ranker, payoff.T @ turns[:, -d:]
        self.references = rng.choice(shop.n_products, min(MANY, shop.n_products), replace=False)

    def query(self, visitors: np.ndarray, m: int = FEW) -> np.ndarray:
        """Return the queries of visitors, ``(n, d)``, by what is predicted of ``m`` products."""
        some = self.references[:m]
        products = self.ranker.world.shop.products[some]
        return self.ranker.payoffs(visitors, products) @ np.linalg.pinv(self.vectors[some]).T

    def search(self, query: np.ndarray, m: int) -> np.ndarray:
        """Return the ``m`` products of the largest inner products with a query."""
        return np.argpartition(-(self.vectors @ query), m)[:m]


def play(seed: int, **sizes: int) -> list[dict[str, Any]]:
    """Return the rows of one replication: what the slates that each arm led to are worth, and its recall at 500."""
    world = World(seed, **SIZES | sizes)
    shop, ranker = world.shop, Ranker(world)
    visitors = shop.visitors(N_VISITORS, spawn(seed, "visitors"))
    index = prod.Retriever(world.towers.embed(shop.products), "ivf", n_lists=N_LISTS, n_probe=64)
    retold = Retold(ranker, spawn(seed, "references"))
    ways, draws = arms(index, retold, shop.n_products), spawn(seed, "candidates")
    found, worth = ({name: [] for name in ways} for _ in range(2))
    asked = world.towers.query(visitors), retold.query(visitors), retold.query(visitors, MANY)
    for visitor, *queries in zip(visitors, *asked, strict=True):
        for name, candidates in ways.items():
            found[name].append(candidates(*queries, draws))
            slate = ranker.best(visitor, found[name][-1])
            worth[name].append(shop.click_probability(visitor, slate).mean())
    best = ranker.best_of_all(visitors[:OF_ALL])
    worth["all"] = [shop.click_probability(v, slate).mean() for v, slate in zip(visitors, best, strict=False)]
    exact = np.stack(found["500, all lists"])
    return [
        {
            "replication": seed,
            "candidates": name,
            "recall": float(prod.recall(np.stack(found[name]), exact).mean()) if name in OF_TOWERS else np.nan,
            "some": float(np.mean(values[:OF_ALL])),
            "many": float(np.mean(values)) if len(values) == N_VISITORS else np.nan,
        }
        for name, values in worth.items()
    ]


def compute(cache: Cache = None) -> pd.DataFrame:
    """Return the table: ``replication``, ``candidates``, ``recall``, the worth of ``some`` and of ``many`` slates."""
    (found,) = gather(play, [({}, list(WORLDS))], cache, chunk=1, alone=True)
    return pd.DataFrame(row for rows in found.values() for row in rows).round(6)
