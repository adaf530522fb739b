"""Columns turned back: independent components in place of columns that nobody can read (chapter 8)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from zoolib import checks
from zoolib.maps.fixed import Rngs
from zoolib.maps.screened import _Prepared


@dataclass
class Unmixed(_Prepared):
    """Another map, of the independent components of each side's columns (FastICA; Hyvarinen and Oja, 2000).

    If what is seen is a rotation, or any invertible linear mixture, of columns that are independent and not normal, the
    components are these columns again, but for order, sign and scale. No click is looked at. A column that never
    changes stays as it is. Of normal columns every rotation is as independent as any other, and nothing can be found.

    Parameters
    ----------
    of
        The map.
    every
        Visits from one search to the next, each on all records.

    >>> from zoolib.maps import Identity
    >>> from zoolib.world import Layout
    >>> at = Layout(2, 1, 2)
    >>> Unmixed(at, of=Identity(at)).start(d=6, batch_shape=(), rngs=[np.random.default_rng(0)]).turns.shape
    (6, 6)
    """

    every: int = checks.Setting(0, kind=int, default=0)

    state = ("of", "turns", "centre", "_rngs")

    def _bind(self, rngs: Rngs) -> None:
        super()._bind(rngs)
        self._rngs = rngs
        self.centre = np.zeros((*self.batch_shape, self.d))
        self.turns = np.broadcast_to(np.eye(self.d), (*self.batch_shape, self.d, self.d)).copy()
        self.every = self.every or self.of.every

    def _prepared(self, X: np.ndarray) -> np.ndarray:
        return (X - self.centre[..., None, :]) @ self.turns

    def fit(self, X: np.ndarray, r: np.ndarray) -> None:
        """Look for the components of each world, visitors and products apart; then let the map look at them."""
        from sklearn.decomposition import FastICA

        for i, rng in zip(np.ndindex(self.batch_shape), self._rngs, strict=True):
            each = X[i][np.unique(X[i][:, 0], return_index=True)[1]]  # of every product one record
            for side, rows in ((self.layout.user, X[i]), (self.layout.product, each)):
                state = int(rng.integers(2**31))
                columns = side.start + np.flatnonzero(np.ptp(rows[:, side], axis=0) > 0) if len(rows) else []
                if len(rows) > 2 * len(columns) > 0:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")  # among normal columns it need not come to an end
                        found = FastICA(whiten="unit-variance", fun="cube", max_iter=100, tol=1e-3, random_state=state)
                        found.fit(rows[:, columns])
                    self.turns[i][np.ix_(columns, columns)] = found.components_.T
                    self.centre[i][columns] = found.mean_
        self.of.fit(self._prepared(X), r)
