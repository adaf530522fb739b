"""The regimes of chapter 8: in which worlds a learned representation pays, and in which it does not.

A world is turned away from the base in one respect at a time. In each, every family is tuned anew on five worlds of its
own, each with the same number of settings, and then plays in a hundred others. One row holds one setting of one family
in one kind of world, and what it earned in each of its worlds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from experiments.regime_runs import play
from zoolib.experiment import combinations, gather

TABLE = Path(__file__).resolve().parent.parent / "chapters" / "data" / "regimes.csv"
TUNING, SEEDS, CHUNK = range(1000, 1005), range(100), 25

Setting = dict[str, Any]


@dataclass(frozen=True)
class Point:
    """One kind of world: a dial, where it stands, and whatever that changes."""

    dial: str
    value: float
    taste: Mapping[str, Any] = field(default_factory=dict)
    shop: Mapping[str, Any] = field(default_factory=dict)
    every: int = 1
    families: Sequence[str] = ("network", "crossed", "k-means", "screened k-means", "per product")
    more: Sequence[Setting] = ()  # what every family tries, each combined with two settings of its own
    ablate: bool = False

    @property
    def kind(self) -> str:
        """Which shop it is: ``"segments"`` or ``"conditions"``."""
        return self.taste.get("kind", "segments")

    @property
    def world(self) -> dict[str, Any]:
        """The arguments of :func:`experiments.regime_runs.play` that describe it."""
        return {
            "taste": {"kind": self.kind, **self.taste},
            "shop": {"n_steps": 1000, **self.shop},
            "every": self.every,
        }


BASE = Point("base", 0, families=("network", "crossed", "k-means", "waves", "screened k-means", "screened waves"))
OTHERS = Point(
    "base", 0, families=("trees", "raw", "per product", "per product, crossed", "per category", "screened network")
)

# At the base twelve settings a family; elsewhere four, around what was good there.
ALPHA = [0.0, 0.1, 0.3, 1.0]
AT_BASE: dict[str, list[Setting]] = {
    "raw": combinations(ridge=[1.0, 10.0, 100.0], alpha=ALPHA),
    "crossed": combinations(ridge=[1.0, 10.0, 100.0], alpha=ALPHA),
    "per category": combinations(settle=[100], ridge=[1.0, 10.0, 100.0], alpha=ALPHA),
    "per product": combinations(ridge=[1.0, 10.0, 100.0], alpha=ALPHA),
    "per product, crossed": combinations(ridge=[1.0, 10.0, 100.0], alpha=ALPHA),
    "waves": combinations(n=[400], settle=[40], length=[3.0, 6.0, 12.0], ridge=[10.0, 100.0], alpha=[0.0, 0.3]),
    "k-means": combinations(size=[1, 2], ridge=[1.0, 10.0, 100.0], alpha=[0.0, 0.3]),
    "screened k-means": combinations(size=[1, 2], ridge=[1.0, 10.0, 100.0], alpha=[0.0, 0.3]),
    "screened waves": combinations(n=[400], settle=[100], reach=[1, 2, 4], ridge=[1.0, 10.0], alpha=[0.0, 0.3]),
    "network": combinations(lasso=[0.0, 0.0005, 0.001, 0.002], alpha=[0.0, 0.1, 0.3]),
    "screened network": combinations(lasso=[0.0, 0.0005, 0.001, 0.002], alpha=[0.0, 0.1, 0.3]),
    "trees": combinations(leaf=[5, 20]),  # each costs as much as all of another family
}
ELSEWHERE: dict[str, list[Setting]] = {
    "raw": combinations(ridge=[10.0, 100.0], alpha=[0.0, 0.3]),
    "crossed": combinations(ridge=[10.0, 100.0], alpha=[0.0, 0.3]),
    "waves": combinations(n=[400], settle=[40], length=[1.5, 3.0], ridge=[10.0], alpha=[0.0, 0.3]),
    "k-means": combinations(size=[1, 2], ridge=[1.0], alpha=[0.0, 0.3]),
    "screened k-means": combinations(size=[1, 2], ridge=[1.0], alpha=[0.0, 0.3]),
    "screened waves": combinations(n=[400], settle=[100], reach=[1, 2], ridge=[1.0, 10.0], alpha=[0.0]),
    "projected k-means": combinations(size=[1, 2], ridge=[1.0], alpha=[0.0, 0.3]),
    "projected waves": combinations(n=[400], settle=[100], reach=[1, 2], ridge=[1.0, 10.0], alpha=[0.0]),
    "screened crossed": combinations(settle=[100], ridge=[10.0, 100.0], alpha=[0.0, 0.3]),
    "per product": combinations(ridge=[10.0, 100.0], alpha=[0.0, 0.3]),
    "network": combinations(lasso=[0.001, 0.0005], alpha=[0.1, 0.3]),
    "trees": combinations(leaf=[5, 20]),
}

REACH = {"segments": 0.5, "conditions": 2.0}  # the shortest waves of each shop, in the units of its columns

# The winner at the base with one thing changed each time; not tuned anew.
ABLATION: dict[str, Setting] = {
    "no layer norm": {"normalize": False},
    "no lasso": {"lasso": 0.0},
    "stale evidence": {"fresh": False},
    "UCB": {"exploration": "ucb"},
    "no exploration": {"alpha": 0.0},
    "the head alone": {"head": True},
    "no training on the log": {"epochs": 0},
    "a frozen network": {"epochs": 0, "every": 10**9},
}

MANY = ("network", "crossed", "k-means", "screened k-means", "per product")
ROTATED = (*MANY, "screened waves", "projected k-means", "projected waves", "trees")
FIT = ("network", "crossed", "k-means", "raw", "screened crossed", "screened waves", "per product")
WITHOUT_CELLS = ("network", "crossed", "screened crossed", "screened waves", "per product")
AND = {"kind": "conditions", "dial": 1.0}
LONGER = {"n_steps": 4000}
WINDOWS = combinations(window=[None, 3000])
POINTS = [
    BASE,
    Point("clusters", 1, {"clusters": 1}),
    Point("interaction", 1.0, AND, families=FIT),
    Point("interaction", 0.0, {"kind": "conditions", "dial": 0.0}, families=FIT),
    Point("log", 0, shop={"n_log": 0, **LONGER}, more=combinations(alpha=[0.1, 1.0])),
    Point("nuisances", 0, {"nuisances": 0}, families=(*MANY, "waves")),
    Point("log", 1000, shop={"n_log": 1000}),
    OTHERS,
    Point("ablation", 0, families=("network",), ablate=True),
    Point("products", 50, shop={"n_products": 50}),
    Point("products", 5000, shop={"n_products": 5000}),
    Point("rotated", 1, {"rotated": True}, families=ROTATED),
    Point("clusters", 3, {"clusters": 3}),
    Point("shocks", 1, {"n_shocks": 1}, LONGER, more=WINDOWS),
    Point("interaction", 0.5, {"kind": "conditions", "dial": 0.5}, families=FIT),
    Point("log", 3000, shop={"n_log": 3000}),
    Point("nuisances", 10, {"nuisances": 10}),
    Point("guess", 0.5, {"guess": 0.5}),
    Point("arriving", 0.9, shop={"n_products": 5000, "arriving": 0.9}),
    Point("visits", 10_000, shop={"n_steps": 10_000}),
    Point("delay", 500, every=500),
    Point("personas", 1, {"n_personas": 1}),
    Point("personas", 8, {"n_personas": 8}),
    Point("personas", 16, {"n_personas": 16}),
    Point("shocks", 2, {"n_shocks": 2}, LONGER, more=WINDOWS),
    Point("shocks", 4, {"n_shocks": 4}, LONGER, more=WINDOWS),
    Point("nuisances", 2, {"nuisances": 2}),
    Point("guess", 1.0, {"guess": 1.0}),
    Point("conditions, log", 1000, AND, {"n_log": 1000}, families=(*WITHOUT_CELLS, "raw")),
    Point("conditions, products", 50, AND, {"n_products": 50}, families=WITHOUT_CELLS),
    Point("conditions, products", 20_000, AND, {"n_products": 20_000}, families=WITHOUT_CELLS),
    Point("conditions, nuisances", 0, AND | {"nuisances": 0}, families=(*WITHOUT_CELLS, "waves")),
    Point("conditions, waves", 1000, AND, families=("screened waves",), more=combinations(n=[1000])),
]


def settings(point: Point, family: str) -> list[Setting]:
    """Return what ``family`` may try at ``point``."""
    tried = AT_BASE[family] if point.dial in ("base", "ablation") else ELSEWHERE[family]
    if point.more and not (family == "per product" and "window" in point.more[0]):  # its models have none
        tried = [own | more for own in (tried[0], tried[-1]) for more in point.more]
    return [_sized(point, one) for one in tried]


def _sized(point: Point, setting: Setting) -> Setting:
    """Tell k-means how many clusters there are, times ``size``, and the waves how long they are, times ``reach``."""
    rest, taste = dict(setting), point.taste
    if "size" in rest:
        size, m = rest.pop("size"), taste.get("clusters", 2)
        rest |= {"users": size * m * taste.get("n_personas", 4), "products": size * m * 5}
    if "reach" in rest:
        rest["length"] = REACH[point.kind] * rest.pop("reach")
    return rest


def compute(
    points: Sequence[Point] = POINTS,
    cache: str | os.PathLike[str] | None = None,
    progress: bool = True,
    seeds: Sequence[int] = SEEDS,
    tuning: Sequence[int] = TUNING,
) -> pd.DataFrame:
    """Return the table. On a Dask cluster: inside ``with zoolib.experiment.cluster(address):``.

    Columns ``dial``, ``value``, ``agent``, ``setting``, ``role`` ("tuned", "tested", "ablation" or "yardstick"),
    ``first`` (the first seed; the others follow it) and ``earned``, the means for each seed with a space in between.
    """
    return pd.DataFrame(
        row
        for point in tqdm(points, desc="worlds", disable=not progress)
        for row in _rows(point, cache, list(seeds), list(tuning))
    )


def _rows(point: Point, cache: Any, seeds: list[int], tuning: list[int]) -> Iterator[dict[str, Any]]:
    tried = [(family, one, tuning) for family in point.families for one in settings(point, family)]
    first = _play_all(point, tried, cache)
    best: dict[str, tuple[float, Setting]] = {}
    for (family, one, _), got in zip(tried, first, strict=True):
        if (mean := np.mean(list(got.values()))) > best.get(family, (-np.inf,))[0]:
            best[family] = mean, one
    tests = [("tested", family, family, one) for family, (_, one) in best.items()]
    if point is not OTHERS:
        tests += [("yardstick", name, name, {}) for name in ("oracle", "random")]
    if point.ablate:  # the base again, whose rows are there
        tried, first = [], []
        tests = [("ablation", name, "network", best["network"][1] | change) for name, change in ABLATION.items()]
    second = _play_all(point, [(family, one, seeds) for *_, family, one in tests], cache)
    jobs = [("tuned", family, one) for family, one, _ in tried] + [(role, name, one) for role, name, _, one in tests]
    for (role, name, one), got in zip(jobs, first + second, strict=True):
        yield {
            "dial": point.dial,
            "value": point.value,
            "agent": name,
            "setting": " ".join(f"{key}={value}" for key, value in one.items()).replace(", ", ","),
            "role": role,
            "first": next(iter(got)),
            "earned": " ".join(f"{value:.5f}" for value in got.values()),
        }


def _play_all(point: Point, jobs: list[tuple[str, Setting, list[int]]], cache: Any) -> list[dict[int, float]]:
    """Return what each job earned, world by world."""
    recipes = [({"family": family, "setting": one, **point.world}, seeds) for family, one, seeds in jobs]
    return gather(play, recipes, cache, chunk=CHUNK, progress=False)
