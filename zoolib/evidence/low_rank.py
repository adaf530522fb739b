"""What clicks leave behind in all weights of a network: a Kalman filter whose covariance is of low rank.

The weights w drift and are seen through clicks: from one to the next w has moved by N(0, q I), and a click on a context
of gradient g has moved it away from its mean by what it missed, r - f(x). Of the covariance of all p weights the d
largest directions are kept, so that a click costs d p in place of p^2 numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zoolib import checks
from zoolib.persistence import Stateful


class LowRankFilter(Stateful):
    """The covariance U' diag(v) U of p weights, of rank d, that follows a drift, click by click.

    Before a click it is S = U' diag(v) U + q I. With g the gradient of what was seen, the click's variance is
    s = g'S g + noise and the gain k = S g / s: the weights move by k (r - f(x)), and S becomes S - s k k'. Of that the
    d largest eigenvalues, v, and their eigenvectors, the rows of U, are kept; with d = p nothing is lost.

    Parameters
    ----------
    p, rank, shape
        Number of weights; d, at most p; and leading axes.
    rngs
        A generator for each entry of ``shape``, which draws the d directions of the prior.
    prior, noise, drift
        Variance of the weights in these directions at first, that of a reward, and q.

    Attributes
    ----------
    U, v
        ``(*shape, d, p)``, orthonormal rows, and ``(*shape, d)``.

    >>> covariance = LowRankFilter(3, 3, rngs=[np.random.default_rng(0)])
    >>> covariance.add(np.array([1.0, 0.0, 0.0]), 1.0)[0].round(3).item()
    0.8
    >>> covariance.width(np.eye(3)).round(3).tolist()
    [0.447, 1.0, 1.0]
    """

    state = ("U", "v")
    prior, noise = checks.Setting(0.0, open_low=True, fixed=True), checks.Setting(0.0, open_low=True)
    drift = checks.Setting(0.0)

    def __init__(
        self,
        p: int,
        rank: int,
        shape: tuple[int, ...] = (),
        *,
        rngs: Sequence[np.random.Generator],
        prior: float = 1.0,
        noise: float = 0.25,
        drift: float = 0.0,
    ) -> None:
        self.p, self.rank = checks.whole("p", p, 1), checks.whole("rank", rank, 1, p)
        self.prior, self.noise, self.drift = prior, noise, drift
        rngs = [checks.instance("rngs", rng, np.random.Generator) for rng in checks.items("rngs", rngs, 1)]
        drawn = [np.linalg.qr(rng.standard_normal((p, rank))) for rng in rngs]  # the signs: alike everywhere
        self.U = np.stack([(Q * np.sign(np.diagonal(R))).T for Q, R in drawn]).reshape(*shape, rank, p)
        self.v = np.full((*shape, rank), self.prior)

    def width(self, G: np.ndarray) -> np.ndarray:
        """Return sqrt(g'S g) for the rows g of ``G``, ``(*shape, n, p) -> (*shape, n)``."""
        seen = G @ np.swapaxes(self.U, -1, -2)
        return np.sqrt(np.matvec(seen * seen, self.v) + self.drift * np.vecdot(G, G))

    def add(self, g: np.ndarray, error: np.ndarray) -> np.ndarray:
        """Take in a click of gradient ``g``, ``(*shape, p)``, and its ``error``; return how the weights are to move."""
        along, basis, spread = np.matvec(self.U, g), self.U, self.v
        if self.rank < self.p:  # one direction more: of g, what is outside of the d
            rest = g - np.vecmat(along, basis)
            rest -= np.vecmat(np.matvec(basis, rest), basis)  # once more: of a short one rounding errors are a part
            length = np.sqrt(np.vecdot(rest, rest))[..., None]
            length[length <= 1e-10 * np.sqrt(np.vecdot(g, g))[..., None]] = 0.0  # and so much is nothing else
            rest /= np.where(length > 0, length, 1.0)
            basis = np.concatenate([basis, rest[..., None, :]], axis=-2)
            none = np.where(length > 0, 0.0, -1.0 - self.drift)  # as no direction is: the lowest, never kept
            along, spread = (np.concatenate(two, axis=-1) for two in ((along, length), (spread, none)))
        spread = spread + self.drift  # in this basis S is diagonal
        s = (np.vecdot(along * along, spread) + self.noise)[..., None]
        gain = spread * along / s
        small = spread[..., None] * np.eye(spread.shape[-1]) - s[..., None] * gain[..., :, None] * gain[..., None, :]
        values, vectors = np.linalg.eigh(small)  # in ascending order
        self.v = np.maximum(values[..., -self.rank :], 0.0)
        self.U = np.swapaxes(vectors[..., -self.rank :], -1, -2) @ basis
        return np.vecmat(gain, basis) * np.asarray(error)[..., None]
