"""Maps that are fitted to a log by scikit-learn: clusters, trees, and columns turned back (chapter 8)."""

import itertools
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoolab.columns.fixed import FeatureMap, Rngs, with_one
from zoolab.columns.screened import _Prepared, significant_pairs
from zoolab.columns.tastes import Layout
from zoolib import checks


@dataclass
class KMeans(FeatureMap):
    """Segments by k-means: users and products are clustered by what is seen of them, and the two memberships crossed.

    The clusters, as many as ``users`` and ``products`` say, are those of the log, and stay.

    >>> map = KMeans(Layout(1, 2, 1), users=2, products=3).start(d=5, batch_shape=(), rngs=[np.random.default_rng(0)])
    >>> map(np.ones((4, 5))).sum(-1).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """

    users: int = 8
    products: int = 10

    state = ("user_centres", "product_centres", "_rngs")

    def __post_init__(self) -> None:
        checks.wholes(1, users=self.users, products=self.products)

    def _bind(self, rngs: Rngs) -> None:
        self.width, self._rngs = self.users * self.products, rngs
        self.user_centres, self.product_centres = (  # until a log comes, drawn
            np.stack([rng.standard_normal((k, n)) for rng in rngs]).reshape(*self.batch_shape, k, n)
            for k, n in ((self.users, self.layout.n_user), (self.products, self.layout.n_product))
        )

    def fit(self, X: np.ndarray, r: np.ndarray) -> None:
        """Cluster the users and the products of the records."""
        from sklearn import cluster

        for i, rng in enumerate(self._rngs):
            world, here = self.of_world(i), X[i] if self.batch_shape else X
            each = here[np.unique(here[:, 0], return_index=True)[1]]  # of every product one record
            users, products = here[:, self.layout.user], each[:, self.layout.product]
            for centres, seen in ((world.user_centres, users), (world.product_centres, products)):
                if len(seen) >= len(centres):
                    found = cluster.KMeans(len(centres), n_init=4, random_state=int(rng.integers(2**31))).fit(seen)
                    centres[...] = found.cluster_centers_

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return the membership of each row of ``X``, one-hot."""
        user = nearest(X[..., self.layout.user], self.user_centres)
        product = nearest(X[..., self.layout.product], self.product_centres)
        return np.eye(self.width)[user * self.products + product]


def nearest(X: np.ndarray, centres: np.ndarray) -> Any:
    """Return the number of the nearest centre of each row of ``X``, ``(..., n)``."""
    distance = (centres**2).sum(-1)[..., None, :] - 2 * X @ np.swapaxes(centres, -1, -2)
    return distance.argmin(-1)


def chosen_together(X: np.ndarray, r: np.ndarray, layout: Layout, users: int = 8, products: int = 10) -> np.ndarray:
    """Return which two columns of each side predict clicks best on products that were held out, ``(d,)``; see screen.

    Every two columns of the user are clustered by k-means into ``users``, every two of the product into ``products``;
    crossed, with the mean click of each crossing, they predict the clicks of a fifth of the products from those of all
    others (Stone, 1974). Where there are fewer records or products than that, or a side has one column, all stay.

    >>> X = np.random.default_rng(0).normal(size=(2000, 8))
    >>> X[:, 0] = range(2000)
    >>> chosen_together(X, X[:, 1] * X[:, 2] * X[:, 6] * X[:, 7] > 0, Layout(3, 1, 3), 4, 4).astype(int).tolist()
    [1, 1, 1, 0, 0, 0, 1, 1]
    """
    from sklearn import cluster

    X = checks.finite("X", X, (None, checks.instance("layout", layout, Layout).d))
    r, (users, products) = checks.finite("r", r, (len(X),)), checks.wholes(1, users=users, products=products)
    _, first, product = np.unique(X[:, 0], return_index=True, return_inverse=True)
    if len(X) < users or len(first) < products or min(layout.n_user, layout.n_product) < 2:
        return np.ones(layout.d, dtype=bool)
    labels, fold = [], product % 5
    for side, k, rows in ((layout.user, users, X), (layout.product, products, X[first])):
        pairs, means = itertools.combinations(range(layout.d)[side], 2), cluster.KMeans(k, n_init=2, random_state=0)
        labels.append({pair: means.fit(rows[:2000, pair]).predict(X[:, pair]) for pair in pairs})

    def missed(pairs: tuple[tuple[int, int], tuple[int, int]]) -> Any:
        user, its = (known[pair] for known, pair in zip(labels, pairs, strict=True))
        cell, n_cells = (fold * users + user) * products + its, users * products
        n, clicks = (np.bincount(cell, w, 5 * n_cells).reshape(5, -1) for w in (None, r))
        mean = (clicks.sum(0) - clicks + 5 * r.mean()) / (n.sum(0) - n + 5)  # in the other four fifths
        return (n * mean**2 - 2 * clicks * mean).sum()  # squared errors, but for what is the same for all

    return np.isin(range(layout.d), [0, *itertools.chain(*min(itertools.product(*labels), key=missed))])


@dataclass
class Boosted(FeatureMap):
    """z = [1, the log-odds that boosted trees predict] (Friedman, 2001; scikit-learn's, on histograms).

    No linear agent, and no network either: what a practitioner would try first. To the columns are added, if asked for,
    the difference and the product of each pair that acts together by :func:`~zoolab.columns.significant_pairs`.

    Parameters
    ----------
    n_trees, rate, leaves, leaf
        Number of trees, step size, most leaves of a tree and fewest records in one.
    pairs
        Pairs of which the difference and the product are added, at most.
    every
        Visits from one fit to the next, each on all records.

    >>> map = Boosted(n_trees=5, leaf=1, pairs=0).start(d=1, batch_shape=(), rngs=[np.random.default_rng(0)])
    >>> map.fit(np.array([[0.0], [1.0]] * 9), np.array([0.0, 1.0] * 9))
    >>> (map(np.array([[0.0], [1.0]]))[:, 1] > 0).tolist()
    [False, True]
    """

    n_trees: int = 60
    rate: float = 0.1
    leaves: int = 31
    leaf: int = 20
    pairs: int = 8
    every: int = 1000

    state = ("columns", "_trees", "_rngs")

    def __post_init__(self) -> None:
        checks.real("rate", self.rate, 0.0, open_low=True)
        checks.wholes(1, n_trees=self.n_trees, leaf=self.leaf, every=self.every)
        checks.wholes(2, leaves=self.leaves)
        checks.wholes(0, pairs=self.pairs)

    def _bind(self, rngs: Rngs) -> None:
        self.width, self._rngs = 2, rngs
        self._trees: list[Any] = [None for _ in rngs]
        self.columns: list[Any] = [[] for _ in rngs]

    def fit(self, X: np.ndarray, r: np.ndarray) -> None:
        """Grow the trees of each world; where nothing was clicked, or all was, there are none."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        X, r = X.reshape(-1, *X.shape[-2:]), r.reshape(-1, r.shape[-1])
        for i, rng in enumerate(self._rngs):
            state = int(rng.integers(2**31))
            if r[i].size and 0 < r[i].mean() < 1:
                if self.pairs:
                    self.columns[i] = significant_pairs(X[i], r[i], self.layout, self.pairs)
                trees = HistGradientBoostingClassifier(
                    max_iter=self.n_trees, learning_rate=self.rate, max_leaf_nodes=self.leaves,
                    min_samples_leaf=self.leaf, early_stopping=False, random_state=state,
                )  # fmt: skip
                self._trees[i] = trees.fit(self._with_pairs(i, X[i]), r[i])

    def _with_pairs(self, i: int, X: np.ndarray) -> np.ndarray:
        u, p = np.reshape(self.columns[i], (-1, 2)).astype(int).T
        return np.hstack([self._seen(X), X[:, u] - X[:, p], X[:, u] * X[:, p]])

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return z for each row of ``X``."""
        worlds = X.reshape(len(self._trees), -1, X.shape[-1])
        odds = np.zeros(worlds.shape[:-1])
        for i, trees in enumerate(self._trees):
            if trees is not None:
                odds[i] = trees.decision_function(self._with_pairs(i, worlds[i]))
        return with_one(odds.reshape(*X.shape[:-1], 1))


@dataclass
class Unmixed(_Prepared):
    """Another map, of the independent components of each side's columns (FastICA; Hyvarinen and Oja, 2000).

    If what is seen is a rotation, or any invertible linear mixture, of columns that are independent and not normal, the
    components are these columns again, but for order, sign and scale. No click is looked at. A column that never
    changes stays as it is. Of normal columns every rotation is as independent as any other, and nothing can be found.

    Parameters
    ----------
    of
        The map.
    every
        Visits from one search to the next, each on all records.

    >>> from zoolab.columns import Identity
    >>> at = Layout(2, 1, 2)
    >>> Unmixed(at, of=Identity(at)).start(d=6, batch_shape=(), rngs=[np.random.default_rng(0)]).turns.shape
    (6, 6)
    """

    every: int = 0

    state = ("of", "turns", "centre", "_rngs")

    def __post_init__(self) -> None:
        checks.wholes(0, every=self.every)

    def _bind(self, rngs: Rngs) -> None:
        super()._bind(rngs)
        self._rngs = rngs
        self.centre = np.zeros((*self.batch_shape, self.d))
        self.turns = np.broadcast_to(np.eye(self.d), (*self.batch_shape, self.d, self.d)).copy()
        self.every = self.every or self.of.every

    def _prepared(self, X: np.ndarray) -> np.ndarray:
        return (X - self.centre[..., None, :]) @ self.turns

    def fit(self, X: np.ndarray, r: np.ndarray) -> None:
        """Look for the components of each world, visitors and products apart; then let the map look at them."""
        from sklearn.decomposition import FastICA

        for i, rng in zip(np.ndindex(self.batch_shape), self._rngs, strict=True):
            each = X[i][np.unique(X[i][:, 0], return_index=True)[1]]  # of every product one record
            for side, rows in ((self.layout.user, X[i]), (self.layout.product, each)):
                state = int(rng.integers(2**31))
                columns = side.start + np.flatnonzero(np.ptp(rows[:, side], axis=0) > 0) if len(rows) else []
                if len(rows) > 2 * len(columns) > 0:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")  # among normal columns it need not come to an end
                        found = FastICA(whiten="unit-variance", fun="cube", max_iter=100, tol=1e-3, random_state=state)
                        found.fit(rows[:, columns])
                    self.turns[i][np.ix_(columns, columns)] = found.components_.T
                    self.centre[i][columns] = found.mean_
        self.of.fit(self._prepared(X), r)
