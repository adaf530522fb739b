"""Maps that are fitted to a log by scikit-learn: clusters, and a forest (chapter 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.maps.fixed import Raw, Rngs, with_one


@dataclass
class Cells(Raw):
    """Segments by k-means: users and products are clustered by what is seen of them, and the two memberships crossed.

    The clusters are those of the log, and stay.

    Parameters
    ----------
    users, products
        Numbers of clusters.
    """

    users: int = 8
    products: int = 10

    state = ("centres", "_rngs")

    def _bind(self, rngs: Rngs) -> None:
        checks.whole("users", self.users, 1)
        checks.whole("products", self.products, 1)
        self.width = self.users * self.products
        self._rngs = rngs
        self.centres: dict[str, np.ndarray] = {}
        for side, k in (("user", self.users), ("product", self.products)):  # before a log came, drawn
            n = getattr(self.layout, f"n_{side}")
            drawn = np.stack([rng.standard_normal((k, n)) for rng in rngs])
            self.centres[side] = drawn.reshape(*self.batch_shape, k, n)

    def fit(self, X: np.ndarray, r: np.ndarray) -> None:
        """Cluster the users and the products of the records."""
        from sklearn.cluster import KMeans

        for i, rng in enumerate(self._rngs):
            here = X[i] if self.batch_shape else X
            first = np.unique(here[:, 0], return_index=True)[1]
            sides = (("user", self.users, here), ("product", self.products, here[first]))
            for side, k, rows in sides:
                seen = rows[:, getattr(self.layout, side)]
                if len(seen) >= k:
                    state = int(rng.integers(2**31))
                    centres = KMeans(k, n_init=4, random_state=state).fit(seen).cluster_centers_
                    (self.centres[side][i] if self.batch_shape else self.centres[side])[...] = centres

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return z for each row of ``X``."""
        return self._cross(X, self.centres["user"], self.centres["product"])

    def in_world(self, i: int, X: np.ndarray) -> np.ndarray:
        """Return the same for rows ``(n, d)`` of world ``i`` alone."""
        one = [self.centres[side][i] if self.batch_shape else self.centres[side] for side in ("user", "product")]
        return self._cross(X, *one)

    def _cross(self, X: np.ndarray, user: np.ndarray, product: np.ndarray) -> np.ndarray:
        cell = nearest(X[..., self.layout.user], user) * self.products + nearest(X[..., self.layout.product], product)
        return np.eye(self.width)[cell]


def nearest(X: np.ndarray, centres: np.ndarray) -> Any:
    """Return the number of the nearest centre of each row of ``X``, ``(..., n)``."""
    distance = (centres**2).sum(-1)[..., None, :] - 2 * X @ np.swapaxes(centres, -1, -2)
    return distance.argmin(-1)


@dataclass
class Forest(Raw):
    """z = [1, what a forest of extremely randomized trees predicts] (Geurts, Ernst and Wehenkel, 2006).

    No linear agent, and no network either: the rival that learns from the same log by splitting one column at a time.

    Parameters
    ----------
    n_trees
        Number of trees.
    leaf
        Fewest records in a leaf.
    every
        Visits from one fit to the next, each on all records.
    """

    n_trees: int = 50
    leaf: int = 5
    every: int = 1000

    state = ("_trees", "_rngs")

    def _bind(self, rngs: Rngs) -> None:
        for name in ("n_trees", "leaf", "every"):
            checks.whole(name, getattr(self, name), 1)
        self.width = 2
        self._rngs = rngs
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
        flat = X.reshape(len(self._trees), -1, self.d)
        Z = np.stack([self.in_world(i, rows) for i, rows in enumerate(flat)])
        return Z.reshape(*X.shape[:-1], 2)

    def in_world(self, i: int, X: np.ndarray) -> np.ndarray:
        """Return the same for rows ``(n, d)`` of world ``i`` alone."""
        rows = np.ascontiguousarray(self._seen(X), dtype=np.float32)
        votes = [tree.predict(rows).ravel() for tree in self._trees[i]]
        return with_one(np.mean(votes, axis=0)[:, None] if votes else np.zeros((len(rows), 1)))
