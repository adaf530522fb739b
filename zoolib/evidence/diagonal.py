"""Evidence that keeps the diagonal of A alone (chapter 3)."""

from typing import Any

import numpy as np

from zoolib import checks


class DiagonalEvidence:
    """Evidence that keeps the diagonal of A alone, as NeuralUCB's authors do on real data.

    A = lambda + sum x * x, entry by entry: p numbers instead of p^2. The price is to treat the weights of a network as
    if they could be learned one by one. The parameters are those of :class:`~zoolib.evidence.Evidence`.

    Attributes
    ----------
    A, b
        ``(*shape, d)``.

    >>> DiagonalEvidence(705).A.shape
    (705,)
    """

    def __init__(self, d: int, shape: tuple[int, ...] = (), ridge: float = 1.0) -> None:
        self.d, self.ridge = checks.whole("d", d, 1), checks.real("ridge", ridge, 0.0, open_low=True)
        self.A, self.b = np.full((*shape, self.d), self.ridge), np.zeros((*shape, self.d))

    @property
    def theta(self) -> np.ndarray:
        """The estimate b / A, ``(*shape, d)``."""
        return self.b / self.A

    def mean(self, X: np.ndarray) -> np.ndarray:
        """Return theta'x for the rows x of ``X``, ``(*shape, n, d) -> (*shape, n)``."""
        return np.matvec(X, self.theta)

    def width(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(sum x * x / A) for the rows x of ``X``, ``(*shape, n, d) -> (*shape, n)``."""
        return np.sqrt(np.matvec(X * X, 1 / self.A))

    def add(self, x: np.ndarray, r: Any) -> None:
        """Take in a click: A <- A + x * x, b <- b + r x."""
        self.A += x * x
        self.b += x * np.asarray(r)[..., None]
