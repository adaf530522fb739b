"""Evidence of clicks as what they are, 0 or 1: logistic regression, one Laplace step a click.

The log-odds of a click are theta'x, and what is known of theta is a normal distribution, N(theta, A^-1). A click makes
of it another one: its mode is found exactly, and the curvature there is added to A (Spiegelhalter and Lauritzen, 1990).
"""

from typing import Any

import numpy as np

from zoolab.columns.click_network import sigmoid as probability  # of a click, given its log-odds
from zoolib import checks
from zoolib.evidence import Evidence, refuse_long

STEPS = 60  # halvings of an interval at most; Newton's steps, which come first wherever they help, need five or so
ENOUGH = 1e-9  # a step of theta after which the next one would be lost in rounding
LEAST = 1e-9  # what a curvature p (1 - p) counts as at least


class LogisticEvidence(Evidence):
    """A normal distribution of the theta of p = 1 / (1 + exp(-theta'x)), that follows click by click, and may fade.

    With a = theta'x and v = x' A^-1 x, the log-odds s of x after the click solve s = a + v (r - p(s)), one equation in
    one unknown. Then theta += A^-1 x (r - p(s)) and A += p(s) (1 - p(s)) x x', of which p (1 - p) counts as 1e-9 at
    least. In sums it is ridge evidence of a record whose context is weighted by q = p (1 - p) and whose reward is
    s + (r - p) / q. So mean and width are those of theta'x, the log-odds.

    Parameters
    ----------
    d, shape, ridge
        As in :class:`~zoolib.evidence.Evidence`.
    gamma
        Discount in (0, 1]: A <- gamma A + (1 - gamma) lambda I, A theta <- gamma A theta before each click.

    >>> evidence = LogisticEvidence(d=1)
    >>> _ = [evidence.add(np.ones(1), 1.0) for _ in range(3)]
    >>> probability(evidence.mean(np.ones((1, 1)))).round(3).tolist()
    [0.706]
    """

    def __init__(self, d: int, shape: tuple[int, ...] = (), ridge: float = 1.0, *, gamma: float = 1.0) -> None:
        super().__init__(d, shape, ridge)
        self.gamma = checks.real("gamma", gamma, 0.0, 1.0, open_low=True)

    def add(self, x: np.ndarray, r: Any, arm: Any = None) -> None:
        """Let the past fade, if it does, then take in a click."""
        refuse_long(x, self.ridge)
        if self.gamma < 1:
            self.put(self.gamma * self.A + (1 - self.gamma) * self.ridge * self.eye, self.gamma * self.b)
        at = self._at(arm)
        u = np.matvec(self.A_inv[at], x)
        s = mode(np.vecdot(u, self.b[at]), np.vecdot(u, x), np.asarray(r, dtype=float))
        p = probability(s)
        root = np.sqrt(np.maximum(p * (1 - p), LEAST))
        super().add(root[..., None] * x, root * s + (r - p) / root, arm)

    def rebuild(self, X: np.ndarray, r: np.ndarray, n: np.ndarray | None = None) -> None:
        """Refuse to start afresh: what is fitted to all records at once is :class:`BatchedLogistic`."""
        raise NotImplementedError("log-odds are learned click by click here; BatchedLogistic is fitted to records")


def climbed(theta: np.ndarray, A0: np.ndarray, X: np.ndarray, r: np.ndarray, n: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the mode and its curvature from N(``theta``, A0^-1) and records, by steps that are halved where they fall.

    It takes what Newton's own steps do not find. Of contexts ``(m, d)``, ``r`` are the clicks, and ``n``, ``(m,)`` or a
    number, says how often each came.

    >>> climbed(np.zeros(1), np.eye(1), np.array([[300.0]]), np.array([1.0]), 1.0)[0].round(3).tolist()
    [0.031]
    """
    before, step = theta, np.ones_like(theta)

    def height(theta: np.ndarray) -> Any:
        s = X @ theta
        return r @ s - np.sum(n * np.logaddexp(0, s)) - (theta - before) @ A0 @ (theta - before) / 2

    while np.abs(step).max() > ENOUGH * max(1.0, np.abs(theta).max()):
        p = probability(X @ theta)
        A = A0 + (X * (n * p * (1 - p))[:, None]).T @ X
        step = np.linalg.solve(A, (r - n * p) @ X - A0 @ (theta - before))
        while height(theta + step) < height(theta):
            step = step / 2
        theta = theta + step
    return theta, A


def mode(a: Any, v: Any, r: Any) -> np.ndarray:
    """Return the s with s = a + v (r - p(s)): Newton's steps, and a half of the interval where they leave it."""
    low, high = a + v * (r - 1), a + v * r
    s, found = np.array(a + v * (r - probability(a)) / (1 + v / 4)), False
    for _ in range(STEPS):
        p = probability(s)
        excess = s - a - v * (r - p)
        low, high = np.where(excess < 0, s, low), np.where(excess < 0, high, s)
        step = s - excess / (1 + v * p * (1 - p))
        step = np.where(found, s, np.where((low <= step) & (step <= high), step, (low + high) / 2))
        s, found = step, found | (np.abs(step - s) <= 1e-14 * (1 + np.abs(s)))
        if np.all(found):
            break
    return s
