"""What came after the contest of chapter 8, for either side: networks that are averaged, and pairs for the network.

Several networks are trained on the log, each with a start and batches of its own and a step that falls to nothing, and
what they predict is averaged (Lakshminarayanan, Pritzel and Blundell, NIPS 2017). As controls, one of them alone, and
all of them and one with a constant step. One network is given the columns that the test keeps, with the differences and
the products of the pairs that it names, which are what the trees have, or without; and trees are given the columns
alone. All show what they rate highest: they do not explore, and the networks learn from nothing but the log. Of their
dials six settings were tried with the long log and three with the short one, where the largest number of networks and
the largest penalty were the best, on worlds that no table holds, from the seed 81,000,000 on. Trees without pairs had
six settings on the worlds of the search.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

import zoolib as zoo
from zoolab.columns import AdamW, ClickNetwork, FeatureShop, screen, sigmoid, significant_pairs
from zoolab.experiments import regime_runs, regimes
from zoolab.experiments.regimes import CHUNK, POINTS, SEEDS, row
from zoolab.long import DATA, Cache, gather

TABLE = DATA / "averaged.csv"
BATCH, DECAY = 128, 1e-4
Setting = dict[str, Any]
LONG = {"k": 5, "width": 64, "epochs": 20, "lasso": 0.002, "lr": 0.005}
SHORT = {"k": 10, "width": 32, "epochs": 60, "lasso": 0.01, "lr": 0.005}
PAIRS = {"k": 1, "width": 64, "epochs": 60, "lasso": 0.002, "lr": 0.003}
PLAYED: list[tuple[str, float, str, Setting]] = [  # dial and value, who, and how
    ("AND rotated", 2, "networks, averaged", LONG),
    ("AND rotated", 2, "one of them", LONG | {"k": 1}),
    ("AND rotated", 2, "networks, constant step", LONG | {"falls": False}),
    ("AND rotated", 2, "one of them, constant step", LONG | {"k": 1, "falls": False}),
    ("AND rotated, log", 1000, "networks, averaged", SHORT),
    ("AND rotated, log", 1000, "one of them", SHORT | {"k": 1}),
    ("AND rotated, log", 1000, "networks, constant step", SHORT | {"falls": False}),
    ("AND rotated, log", 1000, "one of them, constant step", SHORT | {"k": 1, "falls": False}),
    ("AND", 1, "network with pairs", PAIRS),
    ("AND", 1, "network without pairs", PAIRS),
    ("AND", 1, "trees without pairs", {"prep": "screened", "pairs": 0, "leaves": 10, "n_trees": 180}),
]
SCREENED = {"network with pairs": True, "network without pairs": False}  # who is given what the test keeps, and pairs?


def averaged(
    X: np.ndarray,
    r: np.ndarray,
    rng: np.random.Generator,
    k: int,
    width: int,
    epochs: int,
    lasso: float,
    lr: float,
    falls: bool = True,
) -> Callable[[np.ndarray], np.ndarray]:
    """Return what ``k`` networks predict on average, of contexts ``(..., d)``, once they have learned from a log.

    Parameters
    ----------
    X, r, rng
        ``(n, d)`` contexts and ``(n,)`` clicks; whoever draws starts and batches.
    k, width, epochs, lasso, lr, falls
        How many there are, of two hidden layers; how often each sees a row, on average; the penalty of its first
        layer, its step size at first, and whether that falls, as half a cosine.
    """
    networks = []
    for start, draws in (one.spawn(2) for one in rng.spawn(k)):
        network = ClickNetwork((X.shape[1], width, width, 1), [start])
        optimizer = AdamW(network.flat, lr, DECAY)
        batches = draws.integers(0, len(X), (round(epochs * len(X) / BATCH), BATCH))
        for i, picks in enumerate(batches):
            optimizer.lr = lr * (1 + np.cos(np.pi * i / len(batches))) / 2 if falls else lr
            optimizer.step(network.click_gradient(X[picks], r[picks], lasso))
        networks.append(network)
    return lambda Z: sum(sigmoid(network(Z)[..., 0]) for network in networks) / k


def seen_by(agent: str, shop: FeatureShop) -> Callable[[np.ndarray], np.ndarray]:
    """Return what gives an agent's columns of contexts: of visitor and product, or those that the test keeps.

    To these the differences and the products of the pairs that the test names are added, for whom they are meant.
    """
    if agent not in SCREENED:
        both = np.r_[shop.layout.user, shop.layout.product]
        return lambda X: X[..., both]
    kept = screen(shop.log_x, shop.log_r, shop.layout)
    kept[0] = False  # the constant
    if not SCREENED[agent]:
        return lambda X: X[..., kept]
    u, p = np.reshape(significant_pairs(shop.log_x, shop.log_r, shop.layout, at_most=8), (-1, 2)).astype(int).T
    return lambda X: np.concatenate([X[..., kept], X[..., u] - X[..., p], X[..., u] * X[..., p]], axis=-1)


def play(
    seeds: Sequence[int], taste: Mapping[str, Any], shop: Mapping[str, Any], agent: str, setting: Setting
) -> dict[int, float]:
    """Return what an agent earns in each of the worlds ``seeds``: the mean click probability of what it showed."""
    if agent == "trees without pairs":
        return regime_runs.play(seeds, taste, shop, "trees", setting)
    stream = "network with pairs" if agent in SCREENED else "networks, averaged"  # who differ in one thing begin alike

    def learned(world: FeatureShop, seed: int) -> Callable[[np.ndarray], np.ndarray]:
        seen = seen_by(agent, world)
        rates = averaged(seen(world.log_x), world.log_r, zoo.spawn(seed, stream), **setting)
        return lambda X: rates(seen(X))

    return regime_runs.rated_highest(seeds, taste, shop, learned)


def compute(cache: Cache = None, seeds: Sequence[int] = SEEDS) -> pd.DataFrame:
    """Return the table, as :mod:`zoolab.experiments.regimes` does: what was ``earned``, world by world, in a row."""
    points = {(point.dial, point.value): point for point in POINTS}
    asked = [(points[dial, value], agent, setting) for dial, value, agent, setting in PLAYED]
    jobs = [({**point.world, "agent": agent, "setting": s}, list(seeds)) for point, agent, s in asked]
    found = gather(play, jobs, cache, chunk=CHUNK)
    rows = zip(asked, found, strict=True)
    return pd.DataFrame(row(p, agent, regimes.said(s), "tested", got) for (p, agent, s), got in rows)
