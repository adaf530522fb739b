"""The contenders of chapter 8 and one run of theirs; :mod:`experiments.regimes` says where they meet."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import zoolib as zoo
from zoolib.agents import HeadAgent, MappedAgent, PerProductAgent
from zoolib.experiment import serve
from zoolib.maps import Crossed, Forest, Identity, KMeans, Learned, PerCategory, Projected, RandomFourier, Screened
from zoolib.randomness import shift
from zoolib.world import Conditions, FeatureShop, Segments, random_value

TASTES = {"segments": Segments, "conditions": Conditions}
MAPS = {
    "raw": Identity, "crossed": Crossed, "per category": PerCategory, "waves": RandomFourier, "k-means": KMeans,
    "network": Learned, "trees": Forest,
}  # fmt: skip
PREPARED = {"screened": Screened, "projected": Projected}  # maps of columns, or directions, that the log has chosen
OF_THE_AGENT = ("alpha", "ridge", "window", "settle", "exploration", "fresh")


@functools.lru_cache(maxsize=2)
def _shop(taste: tuple[Any, ...], shop: tuple[Any, ...], seeds: tuple[int, ...], by: int) -> FeatureShop:
    settings = dict(taste)
    return FeatureShop(TASTES[settings.pop("kind")](**settings), seed=seeds, **dict(shop))


def make(shop: FeatureShop, family: str, setting: Mapping[str, Any]) -> zoo.UCBAgent:
    """Make an agent of ``family`` for ``shop``; what the setting does not say is as the class has it."""
    if family.startswith("per product"):
        crossed = family == "per product, crossed"
        return PerProductAgent(shop.space, layout=shop.layout, n_products=shop.n_products, crossed=crossed, **setting)
    rngs = [zoo.spawn(seed, "agent") for seed in shop.seeds]
    settings = dict(setting)
    kind = HeadAgent if settings.pop("head", family == "trees") else MappedAgent
    ours = {name: settings.pop(name) for name in OF_THE_AGENT if name in settings}
    if ours.get("exploration") == "ucb":
        ours["exploration"] = zoo.UCB()
    prefix, _, rest = family.rpartition(" ") if family.split()[0] in PREPARED else ("", "", family)
    chosen = MAPS[rest](shop.layout, **settings)
    if prefix:
        chosen = PREPARED[prefix](shop.layout, of=chosen, every=chosen.every or 2000)
    return kind(shop.space, map=chosen, rng=rngs if shop.batch_shape else rngs[0], **ours)


def play(
    seeds: Sequence[int],
    taste: Mapping[str, Any],
    shop: Mapping[str, Any],
    family: str,
    setting: Mapping[str, Any],
    every: int = 1,
) -> dict[int, float]:
    """Return what an agent earns in each of the worlds ``seeds``: the mean click probability of what it showed.

    ``family`` may also be ``"oracle"`` or ``"random"``.
    """
    where = _shop(tuple(taste.items()), tuple(shop.items()), tuple(seeds), shift())
    if family == "oracle":
        earned = where.probability.max(-1).mean(-1)
    elif family == "random":
        earned = random_value(where)
    else:
        agent = zoo.Delayed(make(where, family, setting), every=every)
        earned = serve({family: agent}, where, progress=False).expected[0].mean(-1)
    return {seed: round(float(one), 5) for seed, one in zip(seeds, np.atleast_1d(earned), strict=True)}
