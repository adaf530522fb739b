"""Evidence where all contexts differ: the same numbers, faster; nothing here is needed to understand the book.

A click changes what is known of one arm, and so theta is kept, and renewed for that arm alone. Where contexts are short
A^-1 is kept once more, arms last: x' A^-1 x of all arms is then d^2 products of long vectors, not small matrices.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoolib.evidence.ridge import Evidence

SHORT = 8  # length of a context up to which long vectors are the faster


class ArmsLastEvidence(Evidence):
    """:class:`~zoolib.evidence.Evidence` of arms that are all asked about at each step, of which a click changes one.

    >>> evidence = ArmsLastEvidence(d=2, shape=(3,))
    >>> evidence.add(np.array([1.0, 0.0]), 1.0, arm=1)
    >>> evidence.mean(np.ones((3, 1, 2))).tolist()
    [[0.0], [0.5000000000000001], [0.0]]
    """

    @property
    def theta(self) -> np.ndarray:
        """The ridge estimate A^-1 b, ``(*shape, d)``."""
        return self._theta_last.T.copy()

    def mean(self, X: np.ndarray) -> np.ndarray:
        """Return theta'x for the rows x of ``X``, ``(*shape, n, d) -> (*shape, n)``."""
        if self._is_unusual(X):
            return super().mean(X)
        return np.einsum("i...,i...->...", np.ascontiguousarray(X.T), self._theta_last).T

    def width(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(x' A^-1 x) for the rows x of ``X``, ``(*shape, n, d) -> (*shape, n)``."""
        if self._is_unusual(X):
            return super().width(X)
        X = np.ascontiguousarray(X.T)  # all axes in reverse
        return np.sqrt(np.einsum("i...,ij...,j...->...", X, self._A_inv_last, X).T)

    def _is_unusual(self, X: np.ndarray) -> bool:
        """Tell whether contexts are long, or the same for all arms without saying so."""
        return self.d > SHORT or X.ndim != self._b.ndim + 1

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Put back what :meth:`get_state` returned."""
        super().set_state(state)
        self._renew()

    def _set(self, *arrays: np.ndarray) -> None:
        super()._set(*arrays)
        self._theta_last = np.empty(self._b.T.shape, order="C" if self.d <= SHORT else "F")
        self._A_inv_last = np.empty(self._A_inv.T.shape) if self.d <= SHORT else None
        self._renew()

    def _invert(self, due: np.ndarray) -> None:
        super()._invert(due)
        self._renew()

    def _put_back(self, arm: Any, parts: Any, *arrays: np.ndarray) -> None:
        super()._put_back(arm, parts, *arrays)
        self._renew(parts, () if arm is None else (arm, *map(np.arange, self.shape[:-1])))

    def _renew(self, parts: Any = None, at: tuple[Any, ...] = ()) -> None:
        """Renew what is kept: all of it, or that of an arm from the parts of its A, A^-1 and b."""
        _, A_inv, b = parts or (self._A, self._A_inv, self._b)
        self._theta_last[(..., *at)] = np.matvec(A_inv, b).T
        if self.d <= SHORT:
            self._A_inv_last[(..., *at)] = A_inv.T
