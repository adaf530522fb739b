"""Scores that are kept, not computed: a mean and a variance for every product, corrected after each click (chapter 6).

Where the embedding z_a of product a does not depend on who looks, m_a = z_a' theta and v_a = z_a' A^-1 z_a can be kept
for all K products. A click r on z changes the evidence by a matrix of rank one, and so all of them by one product Z u:

    u = A^-1 z,   c = 1 + z'u,   m <- m + (r - z'theta) / c Z u,   v <- v - (Z u)^2 / c.

Several clicks at once cost one reading of Z as well, and that reading is what takes the time.
"""

from typing import Any

import numpy as np

from zoolab.serving.ranking import Posterior
from zoolab.serving.records import Sums
from zoolib import checks
from zoolib.ties import ROUGH, top_k

ROWS = 16_384  # whose products stay in the processor's cache while they are used


class KeptScores:
    """Mean and variance of every product, of one evidence about all of them.

    Parameters
    ----------
    Z
        ``(K, d)`` float32 or float64, the embeddings; kept as they are, not copied.
    sums, ridge
        The evidence to begin with; if None that of no clicks, with this lambda > 0.
    renew_every
        After how many clicks mean and variance are computed afresh, so that rounding errors cannot pile up.

    Attributes
    ----------
    mean, variance, theta, A_inv
        ``(K,)`` float64 each; what the evidence says, ``(d,)`` and ``(d, d)``.
    """

    def __init__(self, Z: np.ndarray, sums: Sums | None = None, *, ridge: float = 1.0, renew_every: int = 1000) -> None:
        if not isinstance(Z, np.ndarray) or Z.dtype not in (np.float32, np.float64) or Z.ndim != 2 or not Z.size:
            raise ValueError(f"Z must be a matrix of float32 or float64, a row a product, got {type(Z).__name__}")
        checks.real("the sum of Z", float(Z.sum()), -np.inf)
        ridge = checks.real("ridge", ridge, 0.0, open_low=True)
        sums = Sums.prior(Z.shape[1], ridge) if sums is None else sums
        if checks.instance("sums", sums, Sums).b.shape != Z.shape[1:]:
            raise ValueError(f"sums must be about embeddings of length {Z.shape[1]}, got {len(sums.b)}")
        self.Z, self.renew_every = Z, checks.whole("renew_every", renew_every, 1)
        self.mean, self.variance = np.empty(len(Z)), np.empty(len(Z))
        self.theta, self.A_inv = Posterior.of(sums)
        self.renew()

    def learn(self, z: Any, reward: Any) -> None:
        """Take in rewards of 0 or 1: one for ``z`` of ``(d,)``, or ``(n,)`` for ``(n, d)``, be they products or not."""
        z = np.asarray(z)
        n, d = (1, *z.shape) if z.ndim == 1 else (z.shape if z.ndim == 2 else (0, 0))
        if d != len(self.theta) or not n:
            raise ValueError(f"z must have shape ({len(self.theta)},) or (n, {len(self.theta)}), got {z.shape}")
        z = checks.finite("z", z.reshape(n, d), (n, d))
        r = checks.clicks("reward", np.reshape(reward, n) if np.size(reward) == n else reward, (n,))
        C = np.linalg.cholesky(np.eye(n) + z @ self.A_inv @ z.T)  # one click: the root of 1 + z'u
        U = np.linalg.solve(C, z @ self.A_inv).T
        error = np.linalg.solve(C, r - z @ self.theta)
        self.theta = self.theta + U @ error
        self.A_inv = self.A_inv - U @ U.T
        self._n_since += n
        if self._n_since >= self.renew_every:
            self.renew()
        else:
            self._correct(U, error)

    def _correct(self, U: np.ndarray, error: np.ndarray) -> None:
        U = U.astype(self.Z.dtype)
        for rows in self._blocks():
            P = self.Z[rows] @ U
            self.mean[rows] += P @ error
            self.variance[rows] -= np.vecdot(P, P)

    def renew(self) -> None:
        """Compute all means and variances from ``theta`` and ``A_inv``."""
        theta, A_inv = self.theta.astype(self.Z.dtype), self.A_inv.astype(self.Z.dtype)
        for rows in self._blocks():
            self.mean[rows] = self.Z[rows] @ theta
            self.variance[rows] = np.vecdot(self.Z[rows] @ A_inv, self.Z[rows])
        self._n_since = 0

    def _blocks(self) -> list[slice]:
        return [slice(start, start + ROWS) for start in range(0, len(self.Z), ROWS)]

    def scores(self, alpha: float) -> np.ndarray:
        """Return m + alpha sqrt(v), ``(K,)``."""
        return self.mean + checks.real("alpha", alpha, 0.0) * np.sqrt(np.maximum(self.variance, 0.0))

    def best(self, n: int, alpha: float) -> np.ndarray:
        """Return the ``n`` products that score highest, best first; of those that are near, exact scores decide."""
        scores, n = self.scores(alpha), min(checks.whole("n", n, 1), len(self.Z))
        last = np.partition(scores, len(scores) - n)[len(scores) - n]
        near = np.flatnonzero(scores >= last - 2 * ROUGH * np.abs(scores.max()))
        Z, posterior = self.Z[near].astype(float), Posterior(self.theta, self.A_inv)
        return near[top_k(posterior.mean(Z) + alpha * posterior.width(Z), n)]
