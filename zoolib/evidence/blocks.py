"""Evidence on long contexts (chapter 3): the same numbers, faster; nothing here is needed to understand the book.

At d = 705 a matrix is 4 MB, and what a click costs is not arithmetic but reading and writing them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from zoolib.evidence.digits import is_delicate, refuse_long
from zoolib.evidence.ridge import Evidence

BLOCK = 32  # clicks that are collected before the matrices are rewritten


class BlockEvidence(Evidence):
    """:class:`~zoolib.evidence.Evidence` whose matrices are rewritten once in a block of clicks.

    In between, with the contexts collected as rows of U and the vectors w of their rank-one updates as rows of W,

        A + U'U    and    A^-1 - W'W

    take the places of A and A^-1. ``A`` and ``A_inv`` are brought up to date when they are asked for.

    >>> evidence = BlockEvidence(d=2)
    >>> evidence.add(np.array([1.0, 0.0]), 1.0)
    >>> evidence.theta.tolist()
    [0.5000000000000001, 0.0]
    """

    state = ("_A", "_A_inv", "_b", "_n_since_tidy", "_U", "_W", "_signs", "_k")

    def _set(self, *arrays: np.ndarray) -> None:
        super()._set(*arrays)
        self._U = np.zeros((*self.shape, BLOCK, self.d))
        self._W, self._signs, self._k = np.zeros_like(self._U), np.ones(BLOCK), 0

    @property
    def theta(self) -> np.ndarray:
        """The ridge estimate A^-1 b, ``(*shape, d)``."""
        return self._solve(self._b)

    def width(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(x' A^-1 x) for the rows x of ``X``, ``(*shape, n, d) -> (*shape, n)``."""
        XW = X @ np.swapaxes(self._W[..., : self._k, :], -1, -2)
        return np.sqrt(np.vecdot(X @ self._A_inv, X) - np.vecdot(XW * self._signs[: self._k], XW))

    def _solve(self, x: np.ndarray) -> np.ndarray:
        W = self._W[..., : self._k, :]
        return np.matvec(self._A_inv, x) - np.vecmat(np.matvec(W, x) * self._signs[: self._k], W)

    def _rank_one(self, x: np.ndarray, r: Any, arm: Any, sign: float) -> None:
        if arm is not None:
            raise NotImplementedError("evidence in blocks has no arms of its own")
        if self._k == BLOCK:
            self._bring_up_to_date()
        u = self._solve(x)
        if is_delicate(np.vecdot(x, u), sign):
            self._bring_up_to_date()
            return super()._rank_one(x, r, arm, sign)
        if sign > 0:
            refuse_long(x, self.ridge)
        self._U[..., self._k, :] = x
        self._W[..., self._k, :] = u / np.sqrt(1 + sign * np.vecdot(x, u))[..., None]
        self._signs[self._k] = sign
        self._k += 1
        self._b += x * (sign * np.asarray(r))[..., None]
        return self._recent.append(arm)

    def _bring_up_to_date(self) -> None:
        """Carry out what has been collected, world by world: nothing of the size of all matrices is made."""
        if not self._k:
            return
        signs = self._signs[: self._k, None]
        for world in np.ndindex(self.shape):
            A, A_inv, U, W = self._A[world], self._A_inv[world], self._U[world][: self._k], self._W[world][: self._k]
            A += (U * signs).T @ U
            A_inv -= (W * signs).T @ W
        self._k = 0

    def _invert(self, due: Any) -> None:
        self._bring_up_to_date()
        for world in np.ndindex(self.shape):
            if due[world]:
                self._A_inv[world] = np.linalg.inv(self._A[world])
