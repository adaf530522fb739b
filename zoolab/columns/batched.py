"""Evidence some clicks at a time, factored when somebody says so; the second on log-odds (chapter 8)."""

from functools import cached_property

import numpy as np

from zoolab.columns.logistic import climbed, probability
from zoolib import checks

NEWTON_STEPS, CLOSE = 25, 1e-8


class BatchedEvidence:
    """A = lambda I + sum z z' and b = sum r z, summed record by record and factored when somebody says so.

    Parameters
    ----------
    d, shape, ridge
        As in :class:`~zoolib.evidence.Evidence`; there are no arms.

    Attributes
    ----------
    A, b, L, theta
        The sums, ``(*shape, d, d)`` and ``(*shape, d)``; and, as of the last :meth:`factor`, Cholesky's factor of A and
        the estimate A^-1 b.

    >>> evidence = BatchedEvidence(d=2)
    >>> evidence.sum((), np.eye(2), np.ones(2))
    >>> evidence.factor()
    >>> evidence.theta.round(3).tolist()
    [0.5, 0.5]
    """

    def __init__(self, d: int, shape: tuple[int, ...] = (), ridge: float = 1.0) -> None:
        self.d, self.shape = checks.whole("d", d, 1), tuple(shape)
        self.ridge = checks.real("ridge", ridge, 0.0, open_low=True)
        self.clear()
        self.factor()

    def clear(self) -> None:
        """Forget everything."""
        self.A = np.broadcast_to(self.ridge * np.eye(self.d), (*self.shape, self.d, self.d)).copy()
        self.b = np.zeros((*self.shape, self.d))

    def sum(self, world: tuple[int, ...], Z: np.ndarray, r: np.ndarray) -> None:
        """Add records of one world, ``(n, d)`` and ``(n,)``."""
        self.A[world] += Z.T @ Z
        self.b[world] += r @ Z

    def factor(self) -> None:
        """Bring theta and the factor up to date with A and b."""
        self.L = np.linalg.cholesky(self.A)
        self.__dict__.pop("L_inv", None)
        self.theta = self.solved(self.solved(self.b[..., None], trans=0), trans=1)[..., 0]

    @property
    def A_inv(self) -> np.ndarray:  # noqa: N802
        """The inverse of L L', ``(*shape, d, d)``."""
        return np.linalg.inv(self.L @ np.swapaxes(self.L, -1, -2))

    @cached_property
    def L_inv(self) -> np.ndarray:  # noqa: N802
        """The inverse of L, ``(*shape, d, d)``, computed when it is first asked for."""
        return self.solved(np.broadcast_to(np.eye(self.d), self.A.shape), trans=0)

    def mean(self, Z: np.ndarray) -> np.ndarray:
        """Return theta'z for the rows z of ``Z``, ``(*shape, n, d) -> (*shape, n)``."""
        return np.matvec(Z, self.theta)

    def width(self, Z: np.ndarray) -> np.ndarray:
        """Return sqrt(z' A^-1 z), the length of L^-1 z, for the rows z of ``Z``, ``(*shape, n, d) -> (*shape, n)``."""
        V = Z @ np.swapaxes(self.L_inv, -1, -2)
        return np.sqrt(np.vecdot(V, V))

    def solved(self, B: np.ndarray, trans: int) -> np.ndarray:
        """Return L^-1 B, or L'^-1 B for ``trans=1``, ``(*shape, d, n) -> (*shape, d, n)``."""
        from scipy.linalg import solve_triangular

        solved = np.empty(B.shape)
        for i in np.ndindex(*self.shape):
            solved[i] = solve_triangular(self.L[i], B[i], lower=True, trans=trans, check_finite=False)
        return solved


class BatchedLogistic(BatchedEvidence):
    """theta ~ N(theta, A^-1), where a click has the probability 1 / (1 + exp(-theta'z)).

    What is known so far, N(theta_0, A_0^-1), is the prior of the records that are added: theta is where their posterior
    is highest, by Newton's method, and A its curvature there, A_0 + sum p (1 - p) z z' (Laplace; Spiegelhalter and
    Lauritzen, 1990; Chapelle and Li, 2011, with a full A). Records that are added together are fitted together, so
    that a rebuilt posterior is the penalized fit of all records.

    Parameters
    ----------
    d, shape, ridge
        As in :class:`~zoolab.columns.BatchedEvidence`. Means and widths are those of log-odds.

    >>> evidence = BatchedLogistic(d=1)
    >>> evidence.sum((), np.ones((4, 1)), np.array([1.0, 1.0, 1.0, 0.0]))
    >>> evidence.factor()
    >>> evidence.theta.round(3).tolist()
    [0.505]
    """

    def sum(self, world: tuple[int, ...], Z: np.ndarray, r: np.ndarray) -> None:
        """Take in records of one world, ``(n, d)`` and ``(n,)``; b is A theta."""
        if not len(Z):
            return
        A0, before = self.A[world], np.linalg.solve(self.A[world], self.b[world])
        theta = before.copy()
        for _ in range(NEWTON_STEPS):
            p = probability(Z @ theta)
            A = A0 + (Z * (p * (1 - p))[:, None]).T @ Z
            step = np.linalg.solve(A, Z.T @ (r - p) - A0 @ (theta - before))
            theta += step / max(1.0, np.abs(Z @ step).max() / 4)  # nobody's log-odds moves by more than 4 at once
            if np.abs(step).max() < CLOSE and np.abs(Z @ step).max() < 100 * CLOSE:
                break
        else:  # not there yet, as happens where contexts are long: by steps that are halved until they climb
            theta, A = climbed(before, A0, Z, r, 1.0)
        self.A[world], self.b[world] = A, A @ theta
