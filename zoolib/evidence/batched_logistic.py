"""Evidence on log-odds, some clicks at a time: Laplace's approximation of logistic regression (chapter 8)."""

from __future__ import annotations

import numpy as np

from zoolib.evidence.batched import BatchedEvidence
from zoolib.evidence.logistic import climbed

NEWTON_STEPS, CLOSE = 25, 1e-8


class BatchedLogistic(BatchedEvidence):
    """theta ~ N(theta, A^-1), where a click has the probability 1 / (1 + exp(-theta'z)).

    What is known so far, N(theta_0, A_0^-1), is the prior of the records that are added: theta is where their posterior
    is highest, by Newton's method, and A its curvature there, A_0 + sum p (1 - p) z z' (Laplace; Spiegelhalter and
    Lauritzen, 1990; Chapelle and Li, 2011, with a full A). Records that are added together are fitted together, so
    that a rebuilt posterior is the penalized fit of all records.

    Parameters
    ----------
    d, shape, ridge
        As in :class:`~zoolib.evidence.BatchedEvidence`. Means and widths are those of log-odds.

    >>> evidence = BatchedLogistic(d=1)
    >>> evidence.sum((), np.ones((4, 1)), np.array([1.0, 1.0, 1.0, 0.0]))
    >>> evidence.factor()
    >>> evidence.theta.round(3).tolist()
    [0.505]
    """

    forgets = False

    def sum(self, world: tuple[int, ...], Z: np.ndarray, r: np.ndarray, sign: float = 1.0) -> None:
        """Take in records of one world, ``(n, d)`` and ``(n,)``; b is A theta."""
        if sign < 0:
            raise ValueError("records on log-odds cannot be taken out; rebuild the evidence from those that stay")
        if not len(Z):
            return
        A0, before = self.A[world], np.linalg.solve(self.A[world], self.b[world])
        theta = before.copy()
        for _ in range(NEWTON_STEPS):
            p = 0.5 * (1 + np.tanh(0.5 * (Z @ theta)))
            A = A0 + (Z * (p * (1 - p))[:, None]).T @ Z
            step = np.linalg.solve(A, Z.T @ (r - p) - A0 @ (theta - before))
            theta += step / max(1.0, np.abs(Z @ step).max() / 4)  # nobody's log-odds moves by more than 4 at once
            if np.abs(step).max() < CLOSE:
                break
        else:  # not there yet, as happens where contexts are long: by steps that are halved until they climb
            theta, A = climbed(before, A0, Z, r, 1.0)
        self.A[world], self.b[world] = A, A @ theta
