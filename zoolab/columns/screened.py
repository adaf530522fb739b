"""What an analyst does before a linear model is fitted: ask the log which columns matter, or directions (chapter 8)."""

import functools
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zoolab.columns.fixed import FeatureMap, RandomFourier, Rngs, crossed, with_one
from zoolab.columns.tastes import Layout
from zoolib import checks
from zoolib.ties import argmax


@dataclass
class _Prepared(FeatureMap):
    """Another map, of columns that the log has prepared."""

    of: FeatureMap = field(default_factory=RandomFourier)

    def _bind(self, rngs: Rngs) -> None:
        self.of = self.of.start(self.d, self.batch_shape, rngs, self.layout)
        self.width = self.of.width

    @abstractmethod
    def _prepared(self, X: np.ndarray) -> np.ndarray:
        """Return what the other map sees of the rows of ``X``."""

    def check(self, X: np.ndarray) -> None:
        """Refuse what the other map has no place for; the product's number stays as it is."""
        self.of.check(X)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return the other map's z for each row of ``X``."""
        return self.of(self._prepared(X))


@dataclass
class Screened(_Prepared):
    """Another map, of the columns that :func:`screen` keeps; the others are 0.

    The waves of a column that is 0 do not see it, nor does a distance, and a product with it is 0: whatever the map, it
    is as if the column were not there.

    Parameters
    ----------
    of, level, bins
        The map; probability of keeping anything if nothing matters; number of bins into which each column is cut.
    by
        What is asked in place of :func:`screen`: ``by(X, r, layout)``, such as :func:`chosen_together`.
    every
        Visits from one screening to the next, each on all records.

    >>> Screened(of=RandomFourier(n=50)).start(d=2, batch_shape=(), rngs=[np.random.default_rng(0)]).width
    51
    """

    level: float = 0.01
    bins: int = 6
    every: int = 2000
    by: Callable[[np.ndarray, np.ndarray, Layout], np.ndarray] | None = None

    state = ("of", "kept")

    def __post_init__(self) -> None:
        checks.real("level", self.level, 0.0, 1.0)
        checks.wholes(2, bins=self.bins)
        checks.wholes(0, every=self.every)

    def _bind(self, rngs: Rngs) -> None:
        super()._bind(rngs)
        self.kept = np.ones((*self.batch_shape, self.d), dtype=bool)

    def _prepared(self, X: np.ndarray) -> np.ndarray:
        return X * self.kept[..., None, :]

    def fit(self, X: np.ndarray, r: np.ndarray) -> None:
        """Screen the columns of each world, then let the map look at what is left."""
        by = self.by or functools.partial(screen, level=self.level, bins=self.bins)
        for i in np.ndindex(self.batch_shape):
            self.kept[i] = by(X[i], r[i], self.layout)
        self.of.fit(self._prepared(X), r)


@dataclass
class Projected(_Prepared):
    """Another map, of each side's columns along the directions that :func:`directions` finds in the log.

    The first columns of each side hold the coordinates; the others, and the nominal category, are 0.

    Parameters
    ----------
    of, k
        The map, and the number of directions of each side.
    every
        Visits from one search to the next, each on all records.

    >>> Projected(Layout(2, 1, 2), k=1).start(d=6, batch_shape=(), rngs=[np.random.default_rng(0)]).turns.shape
    (6, 6)
    """

    k: int = 2
    every: int = 2000

    state = ("of", "turns")

    def __post_init__(self) -> None:
        checks.wholes(0, every=self.every)

    def _bind(self, rngs: Rngs) -> None:
        checks.whole("k", self.k, 1, min(self.layout.n_user, self.layout.n_product))
        super()._bind(rngs)
        self.turns = np.zeros((*self.batch_shape, self.d, self.d))
        self.turns[..., range(self.d), range(self.d)] = 1.0  # until there are records, all columns as they are

    def _prepared(self, X: np.ndarray) -> np.ndarray:
        return X @ self.turns

    def fit(self, X: np.ndarray, r: np.ndarray) -> None:
        """Look for the directions of each world, then let the map look at what is seen along them."""
        for i in np.ndindex(self.batch_shape):
            turn = np.zeros((self.d, self.d))
            turn[0, 0] = 1.0
            sides = (self.layout.user, self.layout.product)
            for mine, other in (sides, sides[::-1]):
                found = directions(X[i][:, mine], X[i][:, other], r[i], self.k)
                turn[mine, mine.start : mine.start + self.k] = found
            self.turns[i] = turn
        self.of.fit(self._prepared(X), r)


def directions(U: np.ndarray, P: np.ndarray, r: np.ndarray, k: int) -> np.ndarray:
    """Return the k directions of U along which r changes most, ``(n_u, k)``, orthonormal.

    Principal Hessian directions (Li, 1992), one search for each quadratic function g of P. By Stein's lemma, E[r g u]
    is the mean gradient of E[r g | u] and E[r g (uu' - E uu')] its mean Hessian, if u is standard normal. Both vanish
    across all directions that do not matter; the answer is the leading eigenvectors of the sum of their squares.

    Parameters
    ----------
    U, P
        What is seen of one side and of the other, ``(n, n_u)`` and ``(n, n_p)``.
    r, k
        Rewards, ``(n,)``, and number of directions.

    >>> U = np.random.default_rng(0).normal(size=(2000, 3))
    >>> directions(U, np.zeros((2000, 1)), U[:, 1] > 0, k=1).round().astype(int).tolist()
    [[0], [1], [0]]
    """
    U = checks.finite("U", U, (None, None))
    P, r = checks.finite("P", P, (len(U), None)), checks.finite("r", r, (len(U),))
    checks.whole("k", k, 1, np.shape(U)[1])
    n, n_u = U.shape
    U = U - U.mean(0)
    G = crossed(with_one(P))[:, 1:]  # all products of at most two columns
    G = np.column_stack([np.ones(n), (G - G.mean(0)) / (G.std(0) + 1e-12)])
    UU = (U[:, :, None] * U[:, None, :]).reshape(n, -1)
    excess = (r - r.mean())[:, None]
    gradients = (excess * U).T @ G / n
    hessians = ((excess * (UU - UU.mean(0))).T @ G / n).reshape(n_u, n_u, -1)
    squares = gradients @ gradients.T + np.einsum("ijg,kjg->ik", hessians, hessians)
    found = np.linalg.eigh(squares)[1][:, ::-1][:, :k]
    largest = argmax(np.abs(found).T)
    return found * np.sign(found[largest, range(k)])  # a direction could as well point the other way


def screen(X: np.ndarray, r: np.ndarray, layout: Layout, level: float = 0.01, bins: int = 6) -> np.ndarray:
    """Return which columns have to do with clicks, ``(d,)``; the product's number stays.

    Each column is cut into bins of equal size. Two chi-square tests ask of each column whether clicks differ between
    its bins, and of each pair of one about the user and one about the product whether they differ between the pair's
    cells by more than the two columns explain by themselves. A column is kept if one test of it is significant, the
    level being divided by the number of tests (Bonferroni). If none is kept of one side, all of it is. The level holds
    from about five expected clicks a cell on: where 500 records bring a click in fifty, 0.3 a cell, a level of 0.01 let
    one test pass in 0.03 (6 columns) to 0.11 (25) of logs in which nothing matters.

    Parameters
    ----------
    X, r, layout
        Records, contexts ``(n, d)`` and rewards ``(n,)``; what the columns say.
    level, bins
        See :class:`Screened`.

    >>> X = np.random.default_rng(0).normal(size=(2000, 7))
    >>> screen(X, X[:, 2] + X[:, 5], Layout(2, 2, 2)).tolist()
    [True, False, True, False, False, True, False]
    """
    from scipy.stats import chi2

    checks.instance("layout", layout, Layout)
    kept = np.zeros(layout.d, dtype=bool)
    alone, together = between(X, r, layout, bins)
    bound = level / max(1, len(alone) + len(together))
    for columns, (statistic, freedom) in (alone | together).items():
        if statistic > chi2.isf(bound, freedom):
            kept[list(columns)] = True
    for side in (slice(0, 1), layout.user, slice(layout.nominal.start, layout.d)):
        if not kept[side].any():
            kept[side] = True
    return kept


def significant_pairs(
    X: np.ndarray, r: np.ndarray, layout: Layout, at_most: int, level: float = 0.01, bins: int = 6
) -> list[tuple[int, int]]:
    """Return the pairs of columns, one of the user and one of the product, whose test in :func:`screen` is significant.

    The clearest come first: those whose statistic lies most standard deviations above what chance gives it.

    Parameters
    ----------
    X, r, layout, level, bins
        As in :func:`screen`.
    at_most
        How many are returned at most.

    >>> X = np.random.default_rng(0).normal(size=(2000, 7))
    >>> significant_pairs(X, X[:, 2] * X[:, 5], Layout(2, 2, 2), at_most=3)
    [(2, 5)]
    """
    from scipy.stats import chi2

    alone, together = between(X, r, layout, bins)
    bound = level / max(1, len(alone) + len(together))
    clear = {
        pair: (statistic - freedom) / np.sqrt(2 * freedom)
        for pair, (statistic, freedom) in together.items()
        if statistic > chi2.isf(bound, freedom)
    }
    return sorted(clear, key=lambda pair: -clear[pair])[: checks.whole("at_most", at_most, 0)]


def between(
    X: np.ndarray, r: np.ndarray, layout: Layout, bins: int
) -> tuple[dict[tuple[int], tuple[float, int]], dict[tuple[int, int], tuple[float, int]]]:
    """Return how much clicks differ between the bins of each column, and between the cells of each pair.

    Each as a chi-square statistic and its degrees of freedom; that of a pair is what neither column explains by itself,
    if the two do not go together, as in a log of random products. Nothing is said where all rewards are alike.
    """
    checks.instance("layout", layout, Layout)
    X = checks.finite("X", X, (None, layout.d))
    r = checks.finite("r", r, (len(X),))
    users, products = range(layout.d)[layout.user], range(layout.d)[layout.nominal.start :]
    spread = r.var() if len(r) else 0.0
    if not spread:
        return {}, {}
    excess = r - r.mean()
    edges = {c: np.unique(np.quantile(X[:, c], np.arange(1, bins) / bins)) for c in (*users, *products)}
    cells = {c: np.searchsorted(edges[c], X[:, c]) for c in edges}
    n_bins = {c: int(cells[c].max()) + 1 for c in cells}
    alone = {(c,): (_between(cells[c], excess) / spread, max(1, n_bins[c] - 1)) for c in cells}
    together = {
        (u, p): (
            _between(cells[u] * n_bins[p] + cells[p], excess) / spread - alone[u,][0] - alone[p,][0],
            max(1, (n_bins[u] - 1) * (n_bins[p] - 1)),
        )
        for u in users
        for p in products
    }
    return alone, together


def _between(cell: np.ndarray, excess: np.ndarray) -> Any:
    """Return the sum of squares between cells."""
    n, total = np.bincount(cell), np.bincount(cell, excess)
    return (total**2 / np.maximum(n, 1)).sum()
