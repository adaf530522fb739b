"""The contenders of chapter 8 and one run of theirs; :mod:`zoolab.experiments.regimes` says where they meet."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import zoolib as zoo
from zoolab import columns
from zoolab.rivals import PerProductAgent
from zoolib.randomness import shift
from zoolib.ties import argmax

TASTES = {"segments": columns.Segments, "conditions": columns.Conditions, "pictures": columns.Pictures}
PLAIN = {"raw": columns.Identity, "crossed": columns.Crossed}
MAPS = {"waves": columns.RandomFourier, "clusters": columns.KMeans, "pairs": columns.Pairs}
MAPS |= {"trees": columns.Boosted, "network": columns.Learned}
OF_THE_AGENT = ("alpha", "ridge", "settle", "link", "exploration", "fresh")


@functools.lru_cache(maxsize=2)
def _shop(taste: tuple[Any, ...], shop: tuple[Any, ...], seeds: tuple[int, ...], by: int) -> columns.FeatureShop:
    settings = dict(taste)
    return columns.FeatureShop(TASTES[settings.pop("kind")](**settings), seed=seeds, **dict(shop))


def prepared(shop: columns.FeatureShop, chosen: columns.FeatureMap, prep: str) -> columns.FeatureMap:
    """Return the map on columns that ``prep`` has prepared: ``screened``, ``chosen N``, ``projected K``, ``unmixed``.

    What is done first stands last: ``"screened unmixed"`` screens the independent components. N are the visits from one
    choice to the next, K is a number of directions.
    """
    words, at = iter(prep.split()), shop.layout
    for word in words:
        every = chosen.every or 2000
        if word == "screened":
            chosen = columns.Screened(at, of=chosen, every=every)
        elif word == "chosen":
            by = functools.partial(columns.chosen_together, **_clusters(shop))
            chosen = columns.Screened(at, of=chosen, every=int(next(words)), by=by)
        elif word == "projected":
            chosen = columns.Projected(at, of=chosen, k=int(next(words)), every=every)
        elif word == "unmixed":
            chosen = columns.Unmixed(at, of=chosen)
        elif word != "plain":
            raise ValueError(f"prep must be of screened, chosen N, projected K and unmixed, or plain, got {prep!r}")
    return chosen


def make(shop: columns.FeatureShop, family: str, setting: Mapping[str, Any]) -> zoo.UCBAgent:
    """Make an agent of ``family`` for ``shop``; what the setting does not say is as the class has it."""
    at, settings = shop.layout, dict(setting)
    if family == "per product":
        return PerProductAgent(shop.space, layout=at, n_products=shop.n_products, **settings)
    ours = {name: settings.pop(name) for name in OF_THE_AGENT if name in settings}
    prep, own, alone = settings.pop("prep", "plain"), settings.pop("own", 0.0), settings.pop("head", family == "trees")
    if ours.get("exploration") == "ucb":
        ours["exploration"] = zoo.UCB()
    if epsilon := settings.pop("epsilon", 0.0):
        ours["exploration"] = zoo.EpsilonGreedy(epsilon)
    if "width" in settings:
        settings["hidden"] = (settings.pop("width"),) * 2
    if "size" in settings:  # as many clusters as there are, times ``size``
        size = settings.pop("size")
        settings |= {side: max(1, round(size * n)) for side, n in _clusters(shop).items()}
    if family == "linear":
        family = settings.pop("map", "raw")
    chosen = prepared(shop, (PLAIN | MAPS)[family](at, **settings), prep)
    if own:
        chosen, alone = columns.WithProduct(at, of=chosen, n_products=shop.n_products, scale=own), False
    rngs = [zoo.spawn(seed, "agent") for seed in shop.seeds]
    kind = columns.HeadAgent if alone else columns.MappedAgent
    return kind(shop.space, map=chosen, rng=rngs if shop.batch_shape else rngs[0], **ours)


def _clusters(shop: columns.FeatureShop) -> dict[str, int]:
    """Return how many clusters of visitors and of products there are: ten digits, and where there are none a guess."""
    taste = shop.taste
    if isinstance(taste, columns.Segments):
        return {"users": taste.clusters * len(zoo.PERSONAS), "products": taste.clusters * len(zoo.CATEGORIES)}
    return {"users": 10, "products": 10}


def play(
    seeds: Sequence[int],
    taste: Mapping[str, Any],
    shop: Mapping[str, Any],
    family: str,
    setting: Mapping[str, Any],
) -> dict[int, float]:
    """Return what an agent earns in each of the worlds ``seeds``: the mean click probability of what it showed.

    ``family`` may also be ``"oracle"`` or ``"random"``.
    """
    where = _shop(tuple(taste.items()), tuple(shop.items()), tuple(seeds), shift())
    if family == "oracle":
        earned = where.probability.max(-1).mean(-1)
    elif family == "random":
        earned = columns.random_value(where)
    else:
        agent = make(where, family, setting)
        earned = columns.serve({family: agent}, where, progress=False).expected[0].mean(-1)
    return {seed: round(float(one), 5) for seed, one in zip(seeds, np.atleast_1d(earned), strict=True)}


def rated_highest(
    seeds: Sequence[int],
    taste: Mapping[str, Any],
    shop: Mapping[str, Any],
    learned: Callable[[columns.FeatureShop, int], Callable[[np.ndarray], np.ndarray]],
) -> dict[int, float]:
    """Return what is earned, as by :func:`play`, by showing what ``learned(world, seed)`` rates highest.

    It rates contexts, ``(S, d)``, as it has learned from the log alone; of several that are best the first is shown.
    """
    ours, earned = dict(taste), {}
    made = TASTES[ours.pop("kind")](**ours)
    for seed in seeds:
        world = columns.FeatureShop(made, seed=seed, **shop)
        rates = learned(world, seed)
        shown = [argmax(rates(world.contexts(t))) for t in range(world.n_steps)]
        earned[seed] = round(float(world.probability[np.arange(world.n_steps), shown].mean()), 5)
    return earned
