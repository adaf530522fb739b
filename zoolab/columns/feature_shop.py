"""A shop on bare contexts: what is seen of users and products, in place of who and what they are (chapter 8)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolab.columns.pictures import Pictures
from zoolab.columns.tastes import Conditions, Segments
from zoolib import checks
from zoolib.randomness import spawn, worlds
from zoolib.world.features import ContextSpace
from zoolib.world.simulator import CATEGORIES, PERSONAS


class FeatureShop:
    """One shop, or R in lockstep, that show features of users and products.

    Parameters
    ----------
    taste
        Who likes what, and what is seen of it: :class:`~zoolab.columns.Segments`, :class:`~zoolab.columns.Conditions`
        or :class:`~zoolab.columns.Pictures`.
    seed
        A seed: one shop. A sequence of them: that many in lockstep.
    n_products
        K.
    shown
        Products among which to choose at each visit, drawn anew with replacement; all of them if there are no more.
    n_log, n_steps
        Random recommendations, with their clicks, from before the first visit; and visits T.
    rarity, quality
        What all click probabilities are multiplied by, in (0, 1]; then to their log-odds is added what a product has
        and no feature says, normal with standard deviation ``quality``.
    tail
        In the log and on the shelves a product is as frequent as (its number + 1)^-tail.
    confounded
        Share of the log in which products were chosen by somebody who saw what nobody wrote down: whether the visitor
        was in the mood, which makes clicks half as likely again, or half as likely. Those in the mood were shown the
        products with the higher values in their first column, the others those with the lower ones. It takes two.

    Attributes
    ----------
    seeds, batch_shape
        Of its worlds, and ``()`` or ``(R,)``.
    product_x, user_x
        ``(..., K, n)`` and ``(..., T, n)``: what is seen.
    shelf, probability
        ``(..., T, S)``: the products among which to choose at each visit, and their click probabilities.
    log_x, log_r
        ``(..., n_log, d)`` and ``(..., n_log)``: contexts and clicks of the log.

    >>> FeatureShop(Segments(), seed=range(3), n_log=500, n_steps=20).contexts(0).shape
    (3, 50, 20)
    """

    streams = ("world", "log", "quality", "visits")  # as in Problem

    def __init__(
        self,
        taste: Segments | Conditions | Pictures,
        seed: int | Sequence[int] = 0,
        *,
        n_products: int = 500,
        shown: int = 50,
        n_log: int = 10_000,
        n_steps: int = 4000,
        rarity: float = 1.0,
        quality: float = 0.0,
        tail: float = 0.0,
        confounded: float = 0.0,
    ) -> None:
        self.taste = checks.instance("taste", taste, Segments, Conditions, Pictures)
        self.layout, self.n_log = taste.layout, checks.whole("n_log", n_log, 0, checks.MOST)
        self.n_products, shown, self.n_steps = checks.wholes(1, n_products=n_products, shown=shown, n_steps=n_steps)
        self.n_shown = min(shown, self.n_products)
        self.rarity = checks.real("rarity", rarity, 0.0, 1.0, open_low=True)
        self.quality, self.tail = checks.real("quality", quality, 0.0), checks.real("tail", tail, 0.0)
        self.confounded = checks.real("confounded", confounded, 0.0, 1.0)
        if self.confounded and self.n_products < 2:
            raise ValueError(f"confounded needs a log of two products or more, got {self.n_products}")
        self.seeds, self.batch_shape = worlds(seed, apart=True)
        self.space = ContextSpace(self.layout.d, self.n_shown, self.batch_shape)  # what an agent is made with
        self.worlds: list[dict[str, Any]] = []
        drawn = [self._draw(s) for s in self.seeds]
        for name in drawn[0]:
            stack = np.stack([one[name] for one in drawn])
            setattr(self, name, stack if self.batch_shape else stack[0])

    def _draw(self, seed: int) -> dict[str, np.ndarray]:
        rng, taste = spawn(seed, "world"), self.taste
        world = taste.draw(rng)
        self.worlds.append(world)
        kind, product_x = taste.products(rng, world, self.n_products)
        rng = spawn(seed, "log")
        who, log_user = taste.users(rng, world, self.n_log)
        log_product = rng.integers(0, self.n_products, self.n_log)
        if self.tail:
            log_product = self._by_number(rng.random(self.n_log))
        own = self.quality * spawn(seed, "quality").standard_normal(self.n_products) if self.quality else None
        clicked = self._clicked(taste.probability(world, who, kind[log_product]), own, log_product)
        if self.confounded:
            log_product, clicked = self._confounded(rng, world, who, kind, product_x, log_product, own)
        log_r = rng.random(self.n_log) < clicked
        rng = spawn(seed, "visits")
        who, user_x = taste.users(rng, world, self.n_steps)
        shelf = self._draw_shelf(rng)
        p = taste.probability(world, who[:, None], kind[shelf])
        return {
            "kind": kind,
            "product_x": product_x,
            "log_x": self._contexts(log_user, log_product, product_x[log_product]),
            "log_r": log_r.astype(float),
            "who": who,
            "user_x": user_x,
            "shelf": shelf,
            "probability": self._clicked(p, own, shelf),
            "luck": rng.random(self.n_steps),
        }

    def _clicked(self, p: np.ndarray, own: np.ndarray | None, product: np.ndarray) -> np.ndarray:
        """Return the probability of a click on what taste alone would click with probability ``p``."""
        p = self.rarity * p
        return p if own is None else p / (p + (1 - p) * np.exp(-own[product]))

    def _confounded(
        self, rng: np.random.Generator, world: Any, who: Any, kind: Any, product_x: Any, product: Any, own: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return what the log shows, and with which probabilities it was clicked, where mood had a part in both."""
        mood = rng.random(self.n_log) < 0.5
        order = np.argsort(product_x[:, self.layout.n_nominal], kind="stable")
        half = self.n_products // 2
        low, high = (rng.integers(0, n, self.n_log) for n in (half, self.n_products - half))
        chosen = np.where(mood, order[half + high], order[low])
        product = np.where(rng.random(self.n_log) < self.confounded, chosen, product)
        p = self._clicked(self.taste.probability(world, who, kind[product]), own, product)
        return product, np.minimum(1.0, p * np.where(mood, 1.5, 0.5))

    def _by_number(self, u: np.ndarray) -> np.ndarray:
        """Return the products at uniform numbers, each as frequent as its number says."""
        share = np.arange(1, self.n_products + 1) ** -self.tail
        return np.searchsorted(share.cumsum() / share.sum(), u * (1 - 1e-12)).astype(np.int32)

    def _draw_shelf(self, rng: np.random.Generator) -> np.ndarray:
        if self.n_shown == self.n_products:
            return np.broadcast_to(np.arange(self.n_products), (self.n_steps, self.n_products))
        if self.tail:
            return self._by_number(rng.random((self.n_steps, self.n_shown)))
        return np.floor(rng.random((self.n_steps, self.n_shown)) * self.n_products).astype(np.int32)

    def _contexts(self, user_x: np.ndarray, number: np.ndarray, product_x: np.ndarray) -> np.ndarray:
        """Put contexts together: the product's number, the user, the product."""
        X = np.empty((*number.shape, self.layout.d))
        X[..., 0] = number
        X[..., self.layout.user] = user_x
        X[..., self.layout.nominal.start :] = product_x
        return X

    @property
    def log(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The contexts and clicks from before the first visit, if there are any."""
        return (self.log_x, self.log_r) if self.n_log else None

    def contexts(self, t: int) -> np.ndarray:
        """Return the contexts of the products on the shelf at visit ``t``, ``(..., S, d)``."""
        shelf = self.shelf[..., checks.indices("t", t, self.n_steps, ()), :]
        product_x = self.product_x[(*(rows[:, None] for rows in self.space.worlds), shelf)]
        return self._contexts(self.user_x[..., t, None, :], shelf, product_x)

    def reward(self, t: int, place: Any) -> Any:
        """Return whether the product at a place of the shelf is clicked at visit ``t``, 1.0 or 0.0."""
        t = checks.indices("t", t, self.n_steps, ())
        place = checks.indices("place", place, self.n_shown, self.batch_shape)
        return (self.luck[..., t] < self.probability[..., t, :][(*self.space.worlds, place)]) * 1.0

    def outcome(self, places: np.ndarray) -> dict[str, Any]:
        """Return what is true of the places that agents chose, ``(A, R, T)``: parts of ``Results``.

        ``arm`` is the product's number, ``category`` its niche and ``persona`` who came, where there are such;
        ``oracle`` is the highest click probability on the shelf.
        """
        R = len(self.seeds)
        shelf, p = (a.reshape(R, *a.shape[-2:]) for a in (self.shelf, self.probability))
        arm, expected = (np.take_along_axis(a[None], places[..., None], -1)[..., 0] for a in (shelf, p))
        found = {"arm": arm, "expected": expected, "oracle": p.max(-1)}
        if not isinstance(self.taste, (Segments, Pictures)):
            return found
        return found | {
            "category": np.take_along_axis(self.kind.reshape(1, R, -1), arm, -1).astype(np.int8),
            "persona": self.who.reshape(R, -1).astype(np.int8),
            "categories": CATEGORIES,
            "personas": PERSONAS,
        }


def random_value(shop: FeatureShop) -> np.ndarray:
    """Return what a random choice earns on average in each shop, ``(R,)``, without the luck of its draws.

    >>> random_value(FeatureShop(Segments(), n_log=500, n_steps=100)).round(2).tolist()
    [0.21]
    """
    return checks.instance("shop", shop, FeatureShop).probability.reshape(len(shop.seeds), -1).mean(-1)
