"""One agent for all families of chapter 8: LinUCB or Thompson sampling on z = map(x), warm-started from a log."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import solve_triangular

from zoolib import checks
from zoolib.agents.base import UCBAgent
from zoolib.maps import FeatureMap
from zoolib.randomness import Seed, streams
from zoolib.world import ContextSpace, FeatureEngineer, ZooplusSimulator

EXPLORATIONS = ("thompson", "ucb")


class MappedAgent(UCBAgent):
    """Shared linear evidence on mapped contexts: A = lambda I + sum z z', b = sum r z, theta = A^-1 b, z = map(x).

    The families of chapter 8 differ in the map alone: raw, crossed, drawn, or learned. When a map has been trained,
    A and b are rebuilt from all records.

    Parameters
    ----------
    features
        See :class:`~zoolib.agents.base.Agent`.
    map
        A map of :mod:`zoolib.maps.fixed`, or :class:`~zoolib.maps.Learned`.
    alpha
        Weight of the uncertainty, at least 0.
    ridge
        lambda > 0.
    window
        Number of last records that count, those of the log among them; None: all.
    settle
        Clicks that are collected before A is factored anew. With 1 the evidence is up to date at each visit; with 20
        it lacks at most 19 clicks, and costs a twentieth.
    exploration
        ``"thompson"``: theta is drawn from N(A^-1 b, alpha^2 A^-1) at each visit; ``"ucb"``: theta'z + alpha times
        sqrt(z' A^-1 z).
    fresh
        Whether A and b are rebuilt when the map has been trained. If not, they keep what old maps made of the past.
    rng
        A seed or generator, or one for each world.
    """

    state = ("map", "A", "b", "_X", "_r", "_n", "_first", "_settled", "_used", "_rngs", "theta", "_noise")

    def __init__(
        self,
        features: FeatureEngineer | ContextSpace,
        *,
        map: FeatureMap,
        alpha: float = 0.1,
        ridge: float = 1.0,
        window: int | None = None,
        settle: int = 20,
        exploration: str = "thompson",
        fresh: bool = True,
        rng: Seed | Any,
    ) -> None:
        super().__init__(features, alpha=alpha)
        if not isinstance(map, FeatureMap):
            raise TypeError(f"map must be a map of zoolib.maps.fixed or Learned(), got {map!r}")
        if exploration not in EXPLORATIONS:
            raise ValueError(f"exploration must be one of {', '.join(EXPLORATIONS)}, got {exploration!r}")
        if window is not None and not fresh:
            raise ValueError("a window needs fresh evidence: what leaves it is taken out as the map is now")
        self.ridge = checks.real("ridge", ridge, 0.0, open_low=True)
        self.window = None if window is None else checks.whole("window", window, 1)
        self.settle, self.exploration, self.fresh = checks.whole("settle", settle, 1), exploration, fresh
        drawn, self._rngs = streams(rng, self.batch_shape, 2)
        self.map = map.start(features.d, self.batch_shape, drawn)
        self._X = np.empty((*self.batch_shape, 0, features.d))
        self._r = np.empty((*self.batch_shape, 0))
        self._n = self._first = self._settled = self._used = 0  # records [first, settled) are in A and b
        self._empty()
        self._factor()

    # ---- evidence ----------------------------------------------------------------------------------------------------

    @property
    def _worlds(self) -> list[tuple[int, ...]]:
        return [(i,) for i in range(*self.batch_shape)] if self.batch_shape else [()]

    def _empty(self) -> None:
        eye = np.eye(self.map.width)
        self.A = np.broadcast_to(self.ridge * eye, (*self.batch_shape, *eye.shape)).copy()
        self.b = np.zeros((*self.batch_shape, len(eye)))

    def _sum(self, start: int, stop: int, sign: float = 1.0) -> None:
        """Add the records from ``start`` to ``stop`` to A and b, or take them out; world by world."""
        for k, i in enumerate(self._worlds):
            Z, r = self.map.of_world(k)(self._X[i][start:stop]), self._r[i][start:stop]
            self.A[i] += sign * (Z.T @ Z)
            self.b[i] += sign * (r @ Z)

    def _settle(self) -> None:
        """Bring the evidence up to date with the records."""
        first = self._first if self.window is None else max(self._first, self._n - self.window)
        self._sum(self._settled, self._n)
        if first > self._first:
            self._sum(self._first, min(first, self._settled), -1.0)
        self._first, self._settled = first, self._n
        self._factor()

    def _rebuild(self) -> None:
        self._empty()
        self._first = 0 if self.window is None else max(0, self._n - self.window)
        self._sum(self._first, self._n)
        self._settled = self._n
        self._factor()

    def _factor(self) -> None:
        """Compute theta, and what the score explores by until the evidence changes again."""
        L = np.linalg.cholesky(self.A)
        thompson = self.exploration == "thompson"
        self.theta = np.empty_like(self.b)
        n = self.settle if thompson else self.map.width
        self._noise = np.zeros((*self.batch_shape, n, self.map.width))
        self._used = 0
        for k, i in enumerate(self._worlds):
            half = solve_triangular(L[i], self.b[i], lower=True, check_finite=False)
            self.theta[i] = solve_triangular(L[i], half, lower=True, trans=1, check_finite=False)
            if self.alpha and thompson:  # rows L'^-1 xi ~ N(0, A^-1), one for each visit to come
                xi = self._rngs[k].standard_normal((n, self.map.width))
                self._noise[i] = solve_triangular(L[i], xi.T, lower=True, trans=1, check_finite=False).T
            elif self.alpha:  # L^-1: z' A^-1 z is the squared length of L^-1 z
                self._noise[i] = solve_triangular(L[i], np.eye(n), lower=True, check_finite=False)

    # ---- the two methods ---------------------------------------------------------------------------------------------

    def payoff(self, X: np.ndarray) -> np.ndarray:
        """Return theta'z."""
        return np.matvec(self.map(X), self.theta)

    def uncertainty(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(z' A^-1 z), or for Thompson sampling (theta_drawn - theta)'z / alpha."""
        return self._spread(self.map(X))

    def _spread(self, Z: np.ndarray) -> np.ndarray:
        if self.exploration == "thompson":
            return np.matvec(Z, self._noise[..., self._used % self.settle, :])
        V = Z @ np.swapaxes(self._noise, -1, -2)
        return np.sqrt(np.vecdot(V, V))

    def score(self, X: np.ndarray) -> np.ndarray:
        """Return payoff + alpha * uncertainty of each row of ``X``, which is mapped once for both."""
        Z = self.map(X)
        payoff = np.matvec(Z, self.theta)
        return payoff + self.alpha * self._spread(Z) if self.alpha else payoff

    def select(self, X: np.ndarray) -> Any:
        """Return the row of ``X`` with the highest score; the next choice has a draw of its own."""
        row = super().select(X)
        self._used += self.exploration == "thompson"
        return row

    def predict(self, user_id: Any, sim: ZooplusSimulator) -> Any:
        """Return the product with the highest score for ``user_id``; the next choice has a draw of its own."""
        arm = super().predict(user_id, sim)
        self._used += self.exploration == "thompson"
        return arm

    # ---- learning ----------------------------------------------------------------------------------------------------

    def warm(self, X: np.ndarray, r: np.ndarray) -> None:
        """Take in a log: contexts ``(..., n, d)`` and finite rewards ``(..., n)``; the map is trained on it first."""
        X = checks.finite("X", X, (*self.batch_shape, None, self.features.d))
        r = checks.finite("r", r, (*self.batch_shape, X.shape[-2]))
        for t in range(0, X.shape[-2], 4096):
            self._note(X[..., t : t + 4096, :], r[..., t : t + 4096])
        self.map.fit(*self._counting())
        self._rebuild()

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        self._note(x[..., None, :], np.asarray(reward)[..., None])
        if self.map.every and self._n % self.map.every == 0:
            if not self.fresh:
                self._settle()
            self.map.fit(*self._counting())
            if self.fresh:
                self._rebuild()
        elif self._n - self._settled >= self.settle:
            self._settle()

    def _counting(self) -> tuple[np.ndarray, np.ndarray]:
        first = 0 if self.window is None else max(0, self._n - self.window)
        return self._X[..., first : self._n, :], self._r[..., first : self._n]

    def _note(self, X: np.ndarray, r: np.ndarray) -> None:
        m = X.shape[-2]
        if self._n + m > self._r.shape[-1]:  # room for twice as many
            X_room = np.zeros((*self.batch_shape, max(1024, 2 * (self._n + m)), self.features.d))
            r_room = np.zeros(X_room.shape[:-1])
            X_room[..., : self._n, :], r_room[..., : self._n] = self._X[..., : self._n, :], self._r[..., : self._n]
            self._X, self._r = X_room, r_room
        self._X[..., self._n : self._n + m, :], self._r[..., self._n : self._n + m] = X, r
        self._n += m


class HeadAgent(MappedAgent):
    """Greedy on the network's own prediction, the last entry of z: no evidence, no exploration."""

    def score(self, X: np.ndarray) -> np.ndarray:
        """Return the predicted click probability."""
        return self.map(X)[..., -1]
