"""One agent for all families of chapter 8: LinUCB or Thompson sampling on z = map(x), warm-started from a log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from zoolab.columns.batched import BatchedEvidence, BatchedLogistic
from zoolab.columns.click_network import sigmoid
from zoolab.columns.fixed import FeatureMap
from zoolib import checks
from zoolib.agents.base import UCBAgent
from zoolib.agents.counting import shares
from zoolib.agents.exploration import Exploration
from zoolib.agents.sampling import Thompson
from zoolib.randomness import Seed, streams
from zoolib.world import ContextSpace, FeatureEngineer

LINKS = {"identity": BatchedEvidence, "logistic": BatchedLogistic}

LARGEST_X = 1e6  # of contexts, in size


class _Ahead(Thompson):
    """Thompson sampling whose draws from N(0, A^-1) are made ahead, as many as there are clicks until A is renewed."""

    state = ("_rngs", "_noise", "_used")

    def __init__(self, rngs: list[np.random.Generator], n: int) -> None:
        self._rngs, self.n = rngs, n

    def renew(self, evidence: BatchedEvidence, alpha: float) -> None:
        """Draw rows L'^-1 xi ~ N(0, A^-1), one for each choice to come."""
        self._used, self._noise = 0, np.zeros((*evidence.shape, self.n, evidence.d))
        if alpha:
            xi = np.stack([rng.standard_normal((self.n, evidence.d)) for rng in self._rngs]).reshape(self._noise.shape)
            self._noise[...] = np.swapaxes(evidence.solved(np.swapaxes(xi, -1, -2), trans=1), -1, -2)

    def bonus(self, agent: Any, Z: np.ndarray) -> np.ndarray:
        """Return (theta_drawn - theta)'z / alpha for the rows z of ``Z``."""
        if self._used >= self.n:  # more choices than clicks
            self.renew(agent.evidence, agent.alpha)
        return np.matvec(Z, self._noise[..., self._used, :])

    def divert(self, arm: Any, for_sale: np.ndarray) -> Any:
        """Return ``arm``; the next choice has a draw of its own."""
        self._used += 1
        return arm


class MappedAgent(UCBAgent):
    """Shared linear evidence on mapped contexts: A = lambda I + sum z z', b = sum r z, theta = A^-1 b, z = map(x).

    The families of chapter 8 differ in the map alone: raw, crossed, drawn, or learned. When a map has been trained,
    A and b are rebuilt from all records. With the logistic link theta'z is the log-odds of a click, and so are means,
    widths and draws; that changes no choice, since more likely clicks have higher log-odds.

    Parameters
    ----------
    features, alpha
        See :class:`~zoolib.agents.base.UCBAgent`.
    map
        A map of :mod:`zoolab.columns`.
    ridge
        lambda > 0.
    settle
        Clicks that are collected before A is factored anew. With 1 the evidence is up to date at each visit; with 20
        it lacks at most 19 clicks, and costs a twentieth.
    exploration
        ``Thompson()``, ``UCB()`` or ``EpsilonGreedy(epsilon)`` (:mod:`zoolib.agents.exploration`).
    link
        ``"identity"``, or ``"logistic"`` for rewards in [0, 1] (Filippi, Cappe, Garivier and Szepesvari, 2010; evidence
        as in :class:`~zoolab.columns.BatchedLogistic`).
    fresh
        Whether A and b are rebuilt when the map has been trained. Else they keep what old maps made.
    rng
        A seed or generator, or one for each world.

    >>> from zoolab.columns import Identity
    >>> agent = MappedAgent(ContextSpace(d=2, n_arms=3), map=Identity(), rng=0)
    >>> agent.embed(np.eye(3, 2)).shape
    (3, 3)
    """

    state = ("map", "evidence", "exploration", "_X", "_r", "_n", "_settled")
    ridge = checks.Setting(0.0, open_low=True)
    settle = checks.Setting(1, kind=int, fixed=True)

    def __init__(
        self,
        features: FeatureEngineer | ContextSpace,
        *,
        map: FeatureMap,
        alpha: float = 0.1,
        ridge: float = 1.0,
        settle: int = 20,
        exploration: Exploration = Thompson(),  # noqa: B008  the agent keeps a copy
        link: str = "identity",
        fresh: bool = True,
        rng: Seed | Sequence[Seed],
    ) -> None:
        super().__init__(features, alpha=alpha)
        if not isinstance(map, FeatureMap):
            raise TypeError(f"map must be one of zoolab.columns, got {map!r}")
        self.ridge, self.settle, self.fresh = ridge, settle, fresh
        self.link = checks.choice("link", link, LINKS)
        self._rewards = shares if link == "logistic" else checks.finite
        drawn, rngs = streams(rng, self.batch_shape, 2)
        self.map = map.start(features.d, self.batch_shape, drawn)
        self.evidence = LINKS[link](self.map.width, self.batch_shape, self.ridge)
        self._X = np.empty((*self.batch_shape, 0, features.d))
        self._r = np.empty((*self.batch_shape, 0))
        self._n = self._settled = 0  # records [0, settled) are in A and b
        self._explore(exploration, rngs, self.map.width)
        if type(exploration) is Thompson:
            self.exploration = _Ahead(rngs, self.settle)
            self.exploration.renew(self.evidence, self.alpha)

    def embed(self, X: np.ndarray) -> np.ndarray:
        """Return z = map(x) for each row of ``X``."""
        return self.map(X)

    def payoff(self, X: np.ndarray) -> np.ndarray:
        """Return what each row of ``X`` is expected to earn, ``(..., n, d) -> (..., n)``."""
        payoff = super().payoff(X)
        return sigmoid(payoff) if self.link == "logistic" else payoff

    def mean(self, Z: np.ndarray) -> np.ndarray:
        """Return theta'z: the payoff, or its log-odds."""
        return self.evidence.mean(Z)

    def width(self, Z: np.ndarray) -> np.ndarray:
        """Return sqrt(z' A^-1 z)."""
        return self.evidence.width(Z)

    def warm(self, X: np.ndarray, r: np.ndarray) -> None:
        """Take in a log: contexts ``(..., n, d)`` and rewards ``(..., n)``; the map is trained on it first."""
        X = self._vectors("X", X, (*self.batch_shape, None, self.features.d))
        r = self._rewards("r", r, (*self.batch_shape, X.shape[-2]))
        for t in range(0, X.shape[-2], 4096):
            self._note(X[..., t : t + 4096, :], r[..., t : t + 4096])
        self._fit()
        self._rebuild()

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        self._note(x[..., None, :], np.asarray(reward)[..., None])
        if self.map.every and self._n % self.map.every == 0:
            if not self.fresh:
                self._catch_up()
            self._fit()
            if self.fresh:
                self._rebuild()
        elif self._n - self._settled >= self.settle:
            self._catch_up()

    def _vectors(self, name: str, value: Any, shape: Sequence[int | None]) -> np.ndarray:
        X = checks.finite(name, value, shape)
        if np.abs(X).max(initial=0.0) > LARGEST_X:
            raise ValueError(f"{name} must lie between -{LARGEST_X:g} and {LARGEST_X:g}, or the prior would be lost")
        self.map.check(X)
        return X

    def _changed(self, name: str, before: Any) -> None:
        if name == "alpha":
            return self._draw_ahead()
        self.evidence.ridge = self.ridge
        return self._rebuild() if self.fresh else self._catch_up()

    def get_state(self) -> dict[str, Any]:
        """Return what has been learned, and the records."""
        self._X, self._r = self._X[..., : self._n, :], self._r[..., : self._n]
        return super().get_state()

    def _make_room(self, state: Mapping[str, Any]) -> None:
        self._X, self._r = self._X[..., :0, :], self._r[..., :0]  # there may be more records, or fewer

    def _rebuild(self) -> None:
        """Sum up all records that count, as the map is now."""
        self.evidence.clear()
        self._settled = 0
        self._catch_up()

    def _catch_up(self) -> None:
        """Bring the evidence up to date with the records."""
        self._sum(self._settled, self._n)
        self._settled = self._n
        self._factor()

    def _sum(self, start: int, stop: int) -> None:
        """Add the records from ``start`` to ``stop`` to A and b, world by world."""
        for k, i in enumerate(np.ndindex(*self.batch_shape)):
            self.evidence.sum(i, self.map.of_world(k)(self._X[i][start:stop]), self._r[i][start:stop])

    def _factor(self) -> None:
        self.evidence.factor()
        self._draw_ahead()

    def _draw_ahead(self) -> None:
        if isinstance(self.exploration, _Ahead):
            self.exploration.renew(self.evidence, self.alpha)

    def _fit(self) -> None:
        self.map.fit(self._X[..., : self._n, :], self._r[..., : self._n])

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
    """Greedy on the network's own prediction, the last entry of z: no evidence, no exploration.

    >>> issubclass(HeadAgent, MappedAgent)
    True
    """

    def score(self, X: np.ndarray) -> np.ndarray:
        """Return the predicted click probability."""
        return self.map(X)[..., -1]

    def _sum(self, start: int, stop: int) -> None:
        """Sum up nothing."""

    def _factor(self) -> None:
        """Factor nothing."""
