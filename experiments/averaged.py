"""What came after the contest of chapter 8, for either side: networks that are averaged, and pairs for the network.

Several networks are trained on the log, each with a start and batches of its own and a step that falls to nothing, and
what they predict is averaged (Lakshminarayanan, Pritzel and Blundell, NIPS 2017). One network is given the columns that
the test keeps, and the differences and the products of the pairs that it names, which are what the trees have; and the
trees lose theirs. All show what they rate highest: they do not explore, and learn from nothing but the log. The dials
were turned on worlds that no table holds, from the seed 83,000,000 on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import zoolib as zoo
from experiments import regime_runs, regimes
from experiments.regimes import CHUNK, POINTS, SEEDS, row
from zoolib.experiment import gather, stored
from zoolib.maps import screen, significant_pairs
from zoolib.networks import AdamW, ClickNetwork, sigmoid
from zoolib.randomness import shifted
from zoolib.world import FeatureShop

TABLE = Path(__file__).resolve().parent.parent / "chapters" / "data" / "averaged.csv"
BATCH, DECAY = 128, 1e-4
Setting = dict[str, Any]
PLAYED: list[tuple[str, float, str, Setting]] = [  # dial and value, who, and how
    ("AND rotated", 2, "networks, averaged", {"k": 5, "width": 64, "epochs": 20, "lasso": 0.002, "lr": 0.005}),
    ("AND rotated, log", 1000, "networks, averaged", {"k": 10, "width": 32, "epochs": 60, "lasso": 0.01, "lr": 0.005}),
    ("AND", 1, "network with pairs", {"k": 1, "width": 64, "epochs": 60, "lasso": 0.002, "lr": 0.003}),
    ("AND", 1, "trees without pairs", {}),
]


def averaged(
    X: np.ndarray, r: np.ndarray, rng: np.random.Generator, k: int, width: int, epochs: int, lasso: float, lr: float
) -> Callable[[np.ndarray], np.ndarray]:
    """Return what ``k`` networks predict on average, of contexts ``(..., d)``, once they have learned from a log.

    Parameters
    ----------
    X, r, rng
        ``(n, d)`` contexts and ``(n,)`` clicks; whoever draws starts and batches.
    k, width, epochs, lasso, lr
        How many there are, of two hidden layers; how often each sees a row, on average; the penalty of its first
        layer, and its step size at first, which falls as half a cosine.
    """
    networks = []
    for start, draws in (one.spawn(2) for one in rng.spawn(k)):
        network = ClickNetwork((X.shape[1], width, width, 1), [start])
        optimizer = AdamW(network.flat, lr, DECAY)
        batches = draws.integers(0, len(X), (round(epochs * len(X) / BATCH), BATCH))
        for i, picks in enumerate(batches):
            optimizer.lr = lr * (1 + np.cos(np.pi * i / len(batches))) / 2
            optimizer.step(network.click_gradient(X[picks], r[picks], lasso))
        networks.append(network)
    return lambda Z: sum(sigmoid(network(Z)[..., 0]) for network in networks) / k


def with_pairs(shop: FeatureShop) -> Callable[[np.ndarray], np.ndarray]:
    """Return what gives the columns that the test keeps, and differences and products of the pairs that it names."""
    kept = screen(shop.log_x, shop.log_r, shop.layout)
    u, p = np.reshape(significant_pairs(shop.log_x, shop.log_r, shop.layout, at_most=8), (-1, 2)).astype(int).T
    kept[0] = False  # the constant
    return lambda X: np.concatenate([X[..., kept], X[..., u] - X[..., p], X[..., u] * X[..., p]], axis=-1)


def without_pairs(dial: str, value: float) -> Setting:
    """Return the setting that the search found for the trees of a kind of world, but for their pairs."""
    with shifted(0):  # in a fresh hundred nothing is searched anew
        known = stored(regimes.TABLE)
    mine = known[(known["dial"] == dial) & (known["value"] == value) & (known["agent"] == "trees")]
    return {**regimes.read(mine.loc[mine["role"] == "tested", "setting"].item()), "pairs": 0}


def play(
    seeds: Sequence[int], taste: Mapping[str, Any], shop: Mapping[str, Any], agent: str, setting: Setting
) -> dict[int, float]:
    """Return what an agent earns in each of the worlds ``seeds``: the mean click probability of what it showed."""
    if agent.startswith("trees"):
        return regime_runs.play(seeds, taste, shop, "trees", setting)

    def learned(world: FeatureShop, seed: int) -> Callable[[np.ndarray], np.ndarray]:
        columns = np.r_[world.layout.user, world.layout.product]
        seen = with_pairs(world) if "pairs" in agent else lambda X: X[..., columns]
        rates = averaged(seen(world.log_x), world.log_r, zoo.spawn(seed, agent), **setting)
        return lambda X: rates(seen(X))

    return regime_runs.rated_highest(seeds, taste, shop, learned)


def compute(
    cache: str | os.PathLike[str] | None = None, progress: bool = True, seeds: Sequence[int] = SEEDS
) -> pd.DataFrame:
    """Return the table, as :mod:`experiments.regimes` does: what was ``earned``, world by world, in a row."""
    points = {(point.dial, point.value): point for point in POINTS}
    how = [setting or without_pairs(dial, value) for dial, value, _, setting in PLAYED]
    asked = [(points[dial, value], agent, s) for (dial, value, agent, _), s in zip(PLAYED, how, strict=True)]
    jobs = [({**point.world, "agent": agent, "setting": s}, list(seeds)) for point, agent, s in asked]
    found = gather(play, jobs, cache, chunk=CHUNK, progress=progress)
    rows = zip(asked, found, strict=True)
    return pd.DataFrame(row(p, agent, regimes.said(s), "tested", got) for (p, agent, s), got in rows)
