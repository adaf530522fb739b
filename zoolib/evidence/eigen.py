"""Discounted evidence of many arms: the same numbers, faster; nothing here is needed to understand the book.

With c = gamma^t the evidence of every arm is A = lambda I + c M and b = c m, where M and m change only when the arm is
shown. So do the eigenvectors of M = Q diag(s) Q', and all that fading moves is the scalar c:

    x' A^-1 x = sum_i (Q'x)_i^2 / (lambda + c s_i).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.evidence.digits import refuse_long
from zoolib.evidence.ridge import Evidence, outer
from zoolib.evidence.together import add_in_turn
from zoolib.persistence import Stateful


class EigenEvidence(Evidence):
    """:class:`DiscountedEvidence` of many arms, of which each click touches one, without K inverses.

    >>> evidence = EigenEvidence(d=1, shape=(2,), gamma=0.5)
    >>> evidence.add(np.ones(1), 1.0, arm=0)
    >>> evidence.b.tolist()
    [[1.0], [0.0]]
    """

    state = ("c", "M", "m", "s", "Q")
    gamma = checks.Setting(0.0, 1.0, open_low=True)
    _arrays = ("M", "m", "s", "Q")
    add_many = add_in_turn  # each lets those before it fade

    def __init__(self, d: int, shape: tuple[int, ...] = (), ridge: float = 1.0, *, gamma: float) -> None:
        self.gamma, self.c = gamma, 1.0
        super().__init__(d, shape, ridge)

    def _prior(self, shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
        Q = np.broadcast_to(self.eye, (*shape, self.d, self.d)).copy()
        return np.zeros_like(Q), np.zeros((*shape, self.d)), np.zeros((*shape, self.d)), Q

    def _put(self, A: np.ndarray, b: np.ndarray) -> None:
        self.c, M = 1.0, A - self.ridge * self.eye
        self._set(M, b, *np.linalg.eigh(M))

    @property
    def shape(self) -> tuple[int, ...]:
        """The leading axes."""
        return self.m.shape[:-1]

    @property
    def A(self) -> np.ndarray:  # noqa: N802
        """``(*shape, d, d)``."""
        return self.ridge * self.eye + self.c * self.M

    @property
    def A_inv(self) -> np.ndarray:  # noqa: N802
        """``(*shape, d, d)``."""
        return (self.Q / (self.ridge + self.c * self.s)[..., None, :]) @ np.swapaxes(self.Q, -1, -2)

    @property
    def b(self) -> np.ndarray:
        """``(*shape, d)``."""
        return self.c * self.m

    def mean(self, X: np.ndarray) -> np.ndarray:
        """Return theta'x for the rows x of ``X``."""
        Qm = np.vecmat(self.m, self.Q)
        return np.matvec(X @ self.Q, Qm * (self.c / (self.ridge + self.c * self.s)))

    def width(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(x' A^-1 x) for the rows x of ``X``."""
        return np.sqrt(np.matvec((X @ self.Q) ** 2, 1 / (self.ridge + self.c * self.s)))

    def add(self, x: np.ndarray, r: Any, arm: Any = None) -> None:
        """Let the past of all arms fade, then take in a click of one."""
        refuse_long(x, self.ridge)
        self.c *= self.gamma
        if self.c < 1e-100:  # long before 1 / c overflows
            self._set(self.M * self.c, self.m * self.c, self.s * self.c, self.Q)
            self.c = 1.0
        which = ... if arm is None else self._entry(arm)
        M, m, s, Q = (a.reshape(-1, *a.shape[len(self.shape) :]) for a in (self.M, self.m, self.s, self.Q))
        M[which] += outer(x) / self.c
        m[which] += np.asarray(r)[..., None] * x / self.c
        s[which], Q[which] = np.linalg.eigh(M[which])

    def _changed(self, name: str, before: Any) -> None:
        """Nothing follows: lambda and gamma are read when they are needed."""

    def _tidy(self, force: bool = False) -> None:
        """Nothing piles up."""

    def remove(self, x: np.ndarray, r: Any, arm: Any = None) -> None:
        """Not offered: what a click has left by now is a matter of when it came."""
        raise NotImplementedError("a click cannot be taken out of discounted evidence: its weight has faded since")

    def get_state(self) -> dict[str, Any]:
        """Return the sums."""
        return Stateful.get_state(self)

    def _make_room(self, state: Mapping[str, Any]) -> None:
        self._set(*self._prior(state["m"].shape[:-1]))
