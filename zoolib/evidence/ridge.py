"""Evidence: what clicks leave behind in a linear model, and how sure it makes us (chapters 1, 2 and 5).

Ridge regression of rewards r on contexts x needs two sums,

    A = lambda I + sum x x',    b = sum r x,    theta = A^-1 b,

and the width of its prediction at x is sqrt(x' A^-1 x). Here the sums hold all of the past;
:mod:`zoolib.evidence.forgetting` keeps a window of it, or lets it fade. Leading axes are free: worlds ``(R,)``, or
worlds and arms ``(R, K)``, each with an A and a b of its own.
"""

from typing import Any

import numpy as np

from zoolib import checks

TIDY_EVERY = 1000  # Every 1,000 clicks we look at the rounding errors,
TIDY_FROM = 100  # and compute those inverses afresh that 100 clicks have changed.
LONGEST = 1e10  # With x'x / lambda above this, a few thousand x x' would drown the prior in A.
LEAST_LEFT = 1e-2  # A click that leaves less of 1 - x' A^-1 x is not taken out by a rank-one update.


class Evidence:
    """Ridge-regression evidence that remembers everything.

    Parameters
    ----------
    d, shape
        Length of a context, and leading axes: ``()``, ``(R,)``, ``(K,)`` or ``(R, K)``.
    ridge
        lambda > 0, the weight of the prior A = lambda I.

    Attributes
    ----------
    A, A_inv, b
        ``(*shape, d, d)``, the same, and ``(*shape, d)``. The inverse follows A by rank-one updates.
    n_clicks, n_since
        Updates so far; and how many each inverse has seen since it was computed afresh, ``shape``.

    >>> evidence = Evidence(d=2)
    >>> evidence.add(np.array([1.0, 0.0]), 1.0)
    >>> evidence.theta.tolist()
    [0.5000000000000001, 0.0]
    """

    def __init__(self, d: int, shape: tuple[int, ...] = (), ridge: float = 1.0) -> None:
        self.d, self.ridge = checks.whole("d", d, 1), checks.real("ridge", ridge, 0.0, open_low=True)
        self.shape, self.eye = tuple(shape), np.eye(d)
        self.A = np.tile(self.ridge * self.eye, (*self.shape, 1, 1))
        self.A_inv = np.tile(self.eye / self.ridge, (*self.shape, 1, 1))
        self.b = np.zeros((*self.shape, d))
        self.n_clicks, self.n_since = 0, np.zeros(self.shape, dtype=np.int64)

    @property
    def theta(self) -> np.ndarray:
        """The ridge estimate A^-1 b, ``(*shape, d)``."""
        return np.matvec(self.A_inv, self.b)

    def mean(self, X: np.ndarray) -> np.ndarray:
        """Return theta'x for the rows x of ``X``, ``(*shape, n, d) -> (*shape, n)``."""
        return np.matvec(X, self.theta)

    def width(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(x' A^-1 x) for the rows x of ``X``, ``(*shape, n, d) -> (*shape, n)``."""
        return np.sqrt(np.vecdot(X @ self.A_inv, X))

    def add(self, x: np.ndarray, r: Any, arm: Any = None) -> None:
        """Take in a click: A <- A + x x', b <- b + r x.

        Parameters
        ----------
        x, r
            Context ``(..., d)`` and reward ``(...)``. A context that is too long beside lambda is a ``ValueError``.
        arm
            Whose click it is, where the last axis of ``shape`` is that of arms: an int, or one for each world.
        """
        refuse_long(x, self.ridge)
        self._rank_one(x, r, self._at(arm), +1.0)

    def remove(self, x: np.ndarray, r: Any, arm: Any = None) -> None:
        """Take out a click that was taken in before: A <- A - x x', b <- b - r x."""
        self._rank_one(x, r, self._at(arm), -1.0)

    def _rank_one(self, x: np.ndarray, r: Any, at: Any, sign: float) -> None:
        """Add a click or take it out; the inverse follows by the formula of Sherman and Morrison (1950)."""
        u = np.matvec(self.A_inv[at], x)
        v = np.vecdot(x, u)
        self.A[at] += sign * outer(x)
        self.b[at] += sign * np.asarray(r)[..., None] * x
        if sign < 0 and np.any(v > 1 - LEAST_LEFT):
            self.A_inv[at] = np.linalg.inv(self.A[at])
        else:
            self.A_inv[at] -= sign * outer(u / np.sqrt(1 + sign * v)[..., None])  # w w' keeps it exactly symmetric.
        self.n_clicks += 1
        self.n_since[at] += 1
        if self.n_clicks % TIDY_EVERY == 0:
            self._tidy()

    def _at(self, arm: Any) -> Any:
        """Return the index of an arm's evidence, one arm in each world."""
        return ... if arm is None else (*(np.arange(R) for R in self.shape[:-1]), arm)

    def _tidy(self) -> None:
        """Compute the inverses afresh that have seen many updates, so that rounding errors cannot pile up."""
        due = self.n_since >= TIDY_FROM
        self.A_inv[due], self.n_since[due] = np.linalg.inv(self.A[due]), 0

    def rebuild(self, X: np.ndarray, r: np.ndarray, n: np.ndarray | None = None) -> None:
        """Start afresh from records: A = lambda I + sum n x x', b = sum r x.

        Parameters
        ----------
        X
            ``(*shape, m, d)`` contexts, refused if they are too long.
        r, n
            ``(*shape, m)``: the summed rewards of each context, and how often it came (None: once).
        """
        X, n = np.asarray(X, dtype=float), np.asarray(1.0 if n is None else n)
        refuse_long(X, self.ridge, np.minimum(n, 1))
        self.put(self.ridge * self.eye + np.swapaxes(X, -1, -2) @ (X * n[..., None]), np.vecmat(r, X))

    def put(self, A: np.ndarray, b: np.ndarray) -> None:
        """Take copies of other sums, ``(*shape, d, d)`` and ``(*shape, d)``, and compute the inverses afresh."""
        self.A, self.b = np.array(A, dtype=float, order="C"), np.array(b, dtype=float, order="C")
        self.A_inv, self.n_since = np.linalg.inv(self.A), np.zeros(self.shape, dtype=np.int64)

    def grow(self, n_new: int) -> None:
        """Append ``n_new`` arms without a past."""
        new = Evidence(self.d, (*self.shape[:-1], n_new), self.ridge)
        axis, self.shape = len(self.shape) - 1, (*self.shape[:-1], self.shape[-1] + n_new)
        for name in ("A", "A_inv", "b", "n_since"):
            setattr(self, name, np.concatenate([getattr(self, name), getattr(new, name)], axis=axis))


def refuse_long(x: np.ndarray, ridge: float, weight: Any = None) -> None:
    """Refuse contexts, ``(..., d)``, one of which, times its ``weight`` ``(...)``, would drown lambda = ``ridge`` in A.

    >>> refuse_long(np.ones((5, 2)), ridge=1.0)
    """
    if not np.all(np.vecdot(x, x if weight is None else np.asarray(weight)[..., None] * x) <= LONGEST * ridge):
        raise ValueError(f"contexts or gradients too long: scale them to x'x <= {LONGEST * ridge:g}, or raise ridge")


def outer(x: np.ndarray) -> np.ndarray:
    """Return x x', ``(..., d) -> (..., d, d)``."""
    return np.einsum("...i,...j->...ij", x, x)
