"""Factorization machines (Rendle, ICDM 2010): every pair of features has a weight, a product of two short vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zoolib import checks
from zoolib.persistence import Stateful


class FactorizationMachine(Stateful):
    """f(x) = w_0 + sum w_i x_i + sum_(i < j) <v_i, v_j> x_i x_j, where some of the x_i are one-hot ids.

    With S = sum v_i x_i the pairs are (|S|^2 - sum |v_i x_i|^2) / 2, so that they cost no more than the sum.

    Parameters
    ----------
    d, ids
        Length of a context, and how many values the ids among its columns have, which come first: a number below
        ``ids[0]``, one below ``ids[1]``, and so on. The other columns are features as they are.
    n_factors, spread
        Length of the v_i, and their entries' standard deviation at first; the other weights are 0 then.
    rngs, batch_shape
        As in :class:`~zoolib.networks.MLP`.

    Attributes
    ----------
    flat
        ``(..., p)``, all weights: w_0, then w and then v, first of the features and then of the ids.

    >>> machine = FactorizationMachine(3, [np.random.default_rng(0)], ids=(10,), n_factors=2)
    >>> machine(np.array([[7, 0.5, 1.0]])).shape, machine.flat.shape
    ((1,), (37,))
    """

    state = ("flat",)

    def __init__(
        self,
        d: int,
        rngs: Sequence[np.random.Generator],
        batch_shape: tuple[int, ...] = (),
        *,
        ids: Sequence[int] = (),
        n_factors: int = 8,
        spread: float = 0.1,
    ) -> None:
        self.ids = tuple(checks.whole("ids", n, 1) for n in checks.items("ids", ids))
        self.n_factors = checks.whole("n_factors", n_factors, 1)
        self.sizes, self.batch_shape = (checks.whole("d", d, max(1, len(self.ids))),), tuple(batch_shape)
        self.n_features, self.n_all = d - len(self.ids), d - len(self.ids) + sum(self.ids)
        self.starts = self.n_features + np.cumsum((0, *self.ids[:-1]), dtype=int)[: len(self.ids)]
        self.rows = tuple(np.arange(R)[:, None, None] for R in self.batch_shape)
        rngs = [checks.instance("rngs", rng, np.random.Generator) for rng in checks.items("rngs", rngs, 1)]
        drawn = [spread * rng.standard_normal(self.n_all * n_factors) for rng in rngs]
        self.flat = np.stack([np.concatenate([np.zeros(1 + self.n_all), v]) for v in drawn]).reshape(*batch_shape, -1)

    def views(self, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return w_0 ``(...)``, w ``(..., m)`` and v ``(..., m, n_factors)`` in ``flat``, without copying."""
        m = self.n_all
        return flat[..., 0], flat[..., 1 : m + 1], flat[..., m + 1 :].reshape(*flat.shape[:-1], m, self.n_factors)

    def split(self, X: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        """Return the features of each row, ``(..., n, n_features)``, and where the weights of its ids are."""
        m = len(self.ids)
        said, numbers = X[..., :m], X[..., :m].astype(int)
        wrong = (numbers != said) | (numbers.view(np.uint64) >= np.array(self.ids, dtype=np.uint64))
        if np.count_nonzero(wrong):
            raise ValueError(f"ids must lie below {self.ids} and be whole, got {said[wrong].tolist()[:5]}")
        return X[..., m:].astype(float, copy=False), (*self.rows, numbers + self.starts)

    def _sums(self, X: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the features F, where the ids' weights are, S ``(..., n, n_factors)``, and the ids' v."""
        (F, at), (_, _, v) = self.split(X), self.views(self.flat)
        own = v[at]
        return F, at, F @ v[..., : self.n_features, :] + own.sum(-2), own

    def __call__(self, X: np.ndarray) -> np.ndarray:
        """Return f of each row of ``X``, ``(..., n, d) -> (..., n)``."""
        (F, at, S, own), (w_0, w, v) = self._sums(X), self.views(self.flat)
        squares = (F**2) @ (v[..., : self.n_features, :] ** 2).sum(-1)[..., None]
        pairs = np.vecdot(S, S) - squares[..., 0] - (own**2).sum((-1, -2))
        return w_0[..., None] + np.matvec(F, w[..., : self.n_features]) + w[at].sum(-1) + pairs / 2

    def backward(self, X: np.ndarray, G: np.ndarray) -> np.ndarray:
        """Return the gradient of sum G f(x) over the rows x of ``X``, ``(..., n, d)`` and ``(..., n) -> (..., p)``."""
        F, at, S, own = self._sums(X)
        flat, n = np.zeros_like(self.flat), self.n_features
        (_, gw, gv), v = self.views(flat), self.views(self.flat)[2]
        flat[..., 0] = G.sum(-1)
        gw[..., :n] = np.vecmat(G, F)
        gv[..., :n, :] = np.swapaxes(F, -1, -2) @ (G[..., None] * S) - np.vecmat(G, F**2)[..., None] * v[..., :n, :]
        np.add.at(gw, at, np.broadcast_to(G[..., None], own.shape[:-1]))
        np.add.at(gv, at, G[..., None, None] * (S[..., None, :] - own))
        return flat

    def loss_gradient(self, X: np.ndarray, n: np.ndarray, s: np.ndarray) -> np.ndarray:
        """Return the gradient of the mean squared error, ``(..., p)``, for records told as to an MLP."""
        return self.backward(X, 2 * (n * self(X) - s) / n.sum(-1, keepdims=True))

    def squared_gradients(self, X: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return sum weights (df(x)/dflat)^2 for the rows x of ``X``, ``(..., n, d)`` and ``(..., p) -> (..., n)``."""
        (F, at, S, own), n = self._sums(X), self.n_features
        (c_0, c, C), V = self.views(weights), self.views(self.flat)[2][..., :n, :]
        K = C[..., :n, :]  # of v_i the derivative is x_i (S - v_i x_i), which is squared, weighted and summed over i
        of_v = (F**2 @ K) * S**2 - 2 * (F**3 @ (K * V)) * S + F**4 @ (K * V**2)
        of_ids = (C[at] * (S[..., None, :] - own) ** 2).sum((-1, -2)) + c[at].sum(-1)
        return c_0[..., None] + np.matvec(F**2, c[..., :n]) + of_v.sum(-1) + of_ids
