"""What a shared linear model may see of a context: maps x -> z (chapter 8).

A linear model on z = map(x) is as good as its map. Those of this file are written down beforehand or drawn; the one in
:mod:`zoolib.agents.learned_map` is learned. Each is started for one agent, may look at its log once (``fit``), and maps
``(..., n, d)`` to ``(..., n, width)``.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from zoolib import checks
from zoolib.persistence import Stateful
from zoolib.segments import Layout

Rngs = list[np.random.Generator]


@dataclass
class Raw(Stateful):
    """The features as they are, and a constant; the product's number is left out.

    Parameters
    ----------
    layout
        What the columns say; None: there is no product's number, and all columns are features.
    """

    layout: Layout | None = None

    every = 0  # visits from one training of the map to the next; 0: it is never trained

    def start(self, d: int, batch_shape: tuple[int, ...], rngs: Rngs) -> Self:
        """Return a copy that serves an agent with contexts of length ``d``, with a generator a world."""
        if self.layout is not None and self.layout.d != d:
            raise ValueError(f"layout is of contexts of length {self.layout.d}, but the agent's have {d}")
        mine = copy.copy(self)
        mine.d, mine.batch_shape = d, batch_shape
        mine._bind(rngs)
        return mine

    def _bind(self, rngs: Rngs) -> None:
        self.width = self._n_seen + 1

    @property
    def _n_seen(self) -> int:
        return self.d - (self.layout is not None)

    def _seen(self, X: np.ndarray) -> np.ndarray:
        """Return the columns that are features."""
        return X if self.layout is None else X[..., 1:]

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return z for each row of ``X``."""
        return with_one(self._seen(X))

    def in_world(self, i: int, X: np.ndarray) -> np.ndarray:
        """Return the same for rows ``(n, d)`` of world ``i`` alone."""
        return self(X)

    def fit(self, X: np.ndarray, r: np.ndarray) -> None:
        """Look at the records so far, ``(..., n, d)`` and ``(..., n)``."""


@dataclass
class Crossed(Raw):
    """The features, a constant, and all products of two features, squares included: a quadratic model."""

    def _bind(self, rngs: Rngs) -> None:
        n = self._n_seen + 1
        self.width = n * (n + 1) // 2

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return z for each row of ``X``."""
        return crossed(with_one(self._seen(X)))


@dataclass
class PerCategory(Raw):
    """A quadratic model of user and product for each nominal category: what a shop does that trusts its shelves."""

    def _bind(self, rngs: Rngs) -> None:
        n = 1 + self.layout.n_user + self.layout.n_product
        self.width = self.layout.n_nominal * n * (n + 1) // 2

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return z for each row of ``X``."""
        at = self.layout
        z = crossed(with_one(np.concatenate([X[..., at.user], X[..., at.product]], axis=-1)))
        return (X[..., at.nominal, None] * z[..., None, :]).reshape(*z.shape[:-1], -1)


@dataclass
class Fourier(Raw):
    """Random Fourier features (Rahimi and Recht, 2007): linear in them is, nearly, a Gaussian kernel.

    z_k = sqrt(2) cos(w_k'x + c_k) with w_k ~ N(0, I / length^2) and c_k uniform; and a constant.

    Parameters
    ----------
    n
        Number of waves.
    length
        Length scale of the kernel.
    """

    n: int = 400
    length: float = 3.0

    state = ("W", "c")

    def _bind(self, rngs: Rngs) -> None:
        checks.whole("n", self.n, 1)
        checks.real("length", self.length, 0.0, open_low=True)
        self.width = self.n + 1
        W = np.stack([rng.standard_normal((self._n_seen, self.n)) / self.length for rng in rngs])
        c = np.stack([rng.uniform(0, 2 * np.pi, self.n) for rng in rngs])
        self.W, self.c = W.reshape(*self.batch_shape, *W.shape[1:]), c.reshape(*self.batch_shape, self.n)

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return z for each row of ``X``."""
        return with_one(np.sqrt(2) * np.cos(self._seen(X) @ self.W + self.c[..., None, :]))

    def in_world(self, i: int, X: np.ndarray) -> np.ndarray:
        """Return the same for rows ``(n, d)`` of world ``i`` alone."""
        W, c = (self.W[i], self.c[i]) if self.batch_shape else (self.W, self.c)
        return with_one(np.sqrt(2) * np.cos(self._seen(X) @ W + c))


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


def with_one(X: np.ndarray) -> np.ndarray:
    """Return the rows of ``X`` with a constant 1 in front."""
    return np.concatenate([np.ones((*X.shape[:-1], 1)), X], axis=-1)


def crossed(X: np.ndarray) -> np.ndarray:
    """Return all products of two entries of each row, each pair once, ``(..., n) -> (..., n (n + 1) / 2)``."""
    n = X.shape[-1]
    Z = np.empty((*X.shape[:-1], n * (n + 1) // 2))
    start = 0
    for i in range(n):
        np.multiply(X[..., i, None], X[..., i:], out=Z[..., start : start + n - i])
        start += n - i
    return Z


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
