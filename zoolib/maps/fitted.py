"""Maps that are fitted to a log by scikit-learn: clusters, and a forest (chapter 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.maps.fixed import FeatureMap, Rngs, with_one


@dataclass
class KMeans(FeatureMap):
    """Segments by k-means: users and products are clustered by what is seen of them, and the two memberships crossed.

    The clusters, as many as ``users`` and ``products`` say, are those of the log, and stay.

    >>> from zoolib.world import Layout
    >>> map = KMeans(Layout(1, 2, 1), users=2, products=3).start(d=5, batch_shape=(), rngs=[np.random.default_rng(0)])
    >>> map(np.ones((4, 5))).sum(-1).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """

    users: int = checks.Setting(1, kind=int, default=8)
    products: int = checks.Setting(1, kind=int, default=10)

    state = ("user_centres", "product_centres", "_rngs")

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


@dataclass
class Forest(FeatureMap):
    """z = [1, what a forest of extremely randomized trees predicts] (Geurts, Ernst and Wehenkel, 2006).

    No linear agent, and no network either: the rival that learns from the same log by splitting one column at a time.

    Parameters
    ----------
    n_trees, leaf
        Number of trees, and fewest records in a leaf.
    every
        Visits from one fit to the next, each on all records.

    >>> map = Forest(n_trees=5, leaf=1).start(d=1, batch_shape=(), rngs=[np.random.default_rng(0)])
    >>> map.fit(np.array([[0.0], [1.0]]), np.array([0.0, 1.0]))
    >>> map(np.array([[0.0], [1.0]])).tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """

    n_trees: int = checks.Setting(1, kind=int, default=50)
    leaf: int = checks.Setting(1, kind=int, default=5)
    every: int = checks.Setting(1, kind=int, default=1000)

    state = ("_trees", "_rngs")

    def _bind(self, rngs: Rngs) -> None:
        self.width, self._rngs = 2, rngs
        self._trees: list[list[Any]] = [[] for _ in rngs]

    def fit(self, X: np.ndarray, r: np.ndarray) -> None:
        """Grow a forest in each world."""
        from sklearn.ensemble import ExtraTreesRegressor

        X, r = self._seen(X).reshape(-1, *X.shape[-2:-1], self._n_seen), r.reshape(-1, r.shape[-1])
        for i, rng in enumerate(self._rngs):
            state = int(rng.integers(2**31))
            forest = ExtraTreesRegressor(self.n_trees, min_samples_leaf=self.leaf, random_state=state)
            self._trees[i] = [tree.tree_ for tree in forest.fit(X[i], r[i]).estimators_]

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return z for each row of ``X``."""
        worlds = np.ascontiguousarray(self._seen(X), dtype=np.float32).reshape(len(self._trees), -1, self._n_seen)
        votes = np.zeros(worlds.shape[:-1])
        for i, trees in enumerate(self._trees):
            if trees:
                votes[i] = np.mean([tree.predict(worlds[i]).ravel() for tree in trees], axis=0)
        return with_one(votes.reshape(*X.shape[:-1], 1))
