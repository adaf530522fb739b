"""An additive model of pairs: what an analyst writes down who has tested which columns act together (chapter 8)."""

from dataclasses import dataclass

import numpy as np

from zoolab.columns.fixed import FeatureMap, Rngs, with_one
from zoolab.columns.screened import significant_pairs
from zoolab.columns.tastes import Layout
from zoolib import checks


@dataclass
class Pairs(FeatureMap):
    """A smooth function of each pair of columns that act together by :func:`~zoolab.columns.significant_pairs`, summed.

    The function of a pair is piecewise bilinear: its features are products of *tents*, which are 1 at one knot, 0 at
    all others, and linear in between. With a logistic link it is a generalized additive model with pairwise
    interactions (Lou, Caruana, Gehrke and Hooker, 2013), whose functions are trees where ours are tents.

    Parameters
    ----------
    pairs, knots
        How many pairs at most, the clearest first; knots of each column, at equal steps of its quantiles in the log.
    level, bins
        Of the test.
    every
        Visits from one test to the next, each on all records.

    >>> from zoolab.columns import Layout
    >>> map = Pairs(Layout(1, 1, 1), pairs=2, knots=3).start(d=4, batch_shape=(), rngs=[])
    >>> X = np.random.default_rng(0).normal(size=(2000, 4))
    >>> map.fit(X, (X[:, 1] > X[:, 3]) * 1.0)
    >>> map.columns.tolist(), map(X).shape
    ([[1, 3], [0, 0]], (2000, 19))
    """

    pairs: int = 8
    knots: int = 6
    level: float = 0.01
    bins: int = 6
    every: int = 2000

    state = ("columns", "at")

    def __post_init__(self) -> None:
        checks.real("level", self.level, 0.0, 1.0)
        checks.wholes(1, pairs=self.pairs)
        checks.wholes(2, knots=self.knots, bins=self.bins)
        checks.wholes(0, every=self.every)

    def _bind(self, rngs: Rngs) -> None:
        self.width = 1 + self.pairs * self.knots**2
        self.columns = np.zeros((*self.batch_shape, self.pairs, 2), dtype=int)  # [0, 0]: there is no pair
        self.at = np.zeros((*self.batch_shape, self.d, self.knots))

    def fit(self, X: np.ndarray, r: np.ndarray) -> None:
        """Look in each world for the pairs that act together, and for where the knots lie."""
        for i in np.ndindex(self.batch_shape):
            found = significant_pairs(X[i], r[i], self.layout, self.pairs, self.level, self.bins)
            self.columns[i] = 0
            self.columns[i][: len(found)] = found or np.zeros((0, 2), dtype=int)
            if len(r[i]):
                self.at[i] = np.quantile(X[i], np.linspace(0, 1, self.knots), axis=0).T

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return z for each row of ``X``."""
        columns = self.columns.reshape(*self.batch_shape, 1, -1)
        x = np.take_along_axis(X, np.broadcast_to(columns, (*X.shape[:-1], columns.shape[-1])), axis=-1)
        at = np.take_along_axis(self.at, columns.reshape(*self.batch_shape, -1)[..., None], axis=-2)
        T = tents(x, at[..., None, :, :])
        T = T.reshape(*X.shape[:-1], self.pairs, 2, self.knots)
        Z = T[..., 0, :, None] * T[..., 1, None, :] * self.columns.any(-1)[..., None, :, None, None]
        return with_one(Z.reshape(*X.shape[:-1], -1))


def tents(x: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the weights of the knots ``at``, ``(..., k)``, that interpolate at ``x``, ``(...)``: ``(..., k)``.

    >>> tents(np.array([0.5, 9.0]), np.array([[0.0, 1.0, 3.0]])).tolist()
    [[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]
    """
    gaps = np.maximum(np.diff(at), 1e-12)
    place = np.clip((x[..., None] - at[..., :-1]) / gaps, 0, 1).sum(-1)
    return np.clip(1 - np.abs(place[..., None] - np.arange(at.shape[-1])), 0, 1)


@dataclass
class WithProduct(FeatureMap):
    """Another map, and a one-hot number of the product: a shared model with an offset of its own for each product.

    It is for what a product has and its features do not say. In a ridge regression the offsets are random intercepts,
    with ``scale`` times the standard deviation of the other weights.

    Parameters
    ----------
    of, n_products, scale
        The map, K, and what stands at the product's place.

    >>> from zoolab.columns import Identity
    >>> from zoolab.columns import Layout
    >>> at = Layout(1, 1, 1)
    >>> map = WithProduct(at, of=Identity(at), n_products=3).start(d=4, batch_shape=(), rngs=[])
    >>> map(np.array([[2.0, 5.0, 0.0, 7.0]])).tolist()
    [[1.0, 5.0, 0.0, 7.0, 0.0, 0.0, 1.0]]
    """

    of: FeatureMap | None = None
    n_products: int = 1
    scale: float = 1.0

    state = ("of",)

    def __post_init__(self) -> None:
        checks.real("scale", self.scale, 0.0)
        checks.wholes(1, n_products=self.n_products)

    def _bind(self, rngs: Rngs) -> None:
        self.of = checks.instance("of", self.of, FeatureMap).start(self.d, self.batch_shape, rngs, self.layout)
        self.width = self.of.width + self.n_products

    @property
    def every(self) -> int:
        """Visits from one training of the other map to the next."""
        return self.of.every

    def fit(self, X: np.ndarray, r: np.ndarray) -> None:
        """Let the other map look at the records."""
        self.of.fit(X, r)

    def check(self, X: np.ndarray) -> None:
        """Refuse numbers that are no product's."""
        Layout._number(X, self.n_products)
        self.of.check(X)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return z for each row of ``X``; a number that is no product's is a ``ValueError``."""
        number, Z = Layout._number(X, self.n_products).ravel(), np.zeros((*X.shape[:-1], self.width))
        Z[..., : self.of.width] = self.of(X)
        Z.reshape(-1, self.width)[np.arange(number.size), self.of.width + number] = self.scale
        return Z
