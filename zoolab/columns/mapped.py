"""One agent for all families of chapter 8: LinUCB or Thompson sampling on z = map(x), warm-started from a log."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolab.columns.batched import BatchedEvidence, BatchedLogistic
from zoolab.columns.click_network import sigmoid
from zoolab.columns.fixed import FeatureMap
from zoolib import checks
from zoolib.agents.counting import shares
from zoolib.agents.exploration import Exploration, Thompson
from zoolib.agents.linucb import LinearUCBAgent
from zoolib.randomness import Seed, streams
from zoolib.world import ContextSpace, FeatureEngineer

LINKS = {"identity": BatchedEvidence, "logistic": BatchedLogistic}

LARGEST_X = 1e6  # of contexts, in size


class _Ahead(Thompson):
    """Thompson sampling whose draws from N(0, A^-1) are made ahead, as many as there are clicks until A is renewed."""

    def __init__(self, rngs: list[np.random.Generator], n: int) -> None:
        self._rngs, self.n = rngs, n

    def renew(self, evidence: BatchedEvidence, alpha: float) -> None:
        """Draw rows L'^-1 xi ~ N(0, A^-1), one for each choice to come; with alpha 0 none is needed."""
        self._used, self._noise = 0 if alpha else self.n, np.zeros((*evidence.shape, self.n, evidence.d))
        if alpha:
            xi = np.stack([rng.standard_normal((self.n, evidence.d)) for rng in self._rngs]).reshape(self._noise.shape)
            self._noise[...] = np.swapaxes(evidence.solved(np.swapaxes(xi, -1, -2), trans=1), -1, -2)

    def bonus(self, width: Any, Z: np.ndarray, evidence: BatchedEvidence) -> np.ndarray:
        """Return (theta_drawn - theta)'z / alpha for the rows z of ``Z``."""
        if self._used >= self.n:  # There were more choices than clicks.
            self.renew(evidence, 1.0)
        return np.matvec(Z, self._noise[..., self._used, :])

    def override(self, arm: Any, for_sale: np.ndarray) -> Any:
        """Return ``arm``; the next choice has a draw of its own."""
        self._used += 1
        return arm


class MappedAgent(LinearUCBAgent):
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
    >>> agent.phi(np.eye(3, 2)).shape
    (3, 3)
    """

    def __init__(
        self,
        features: FeatureEngineer | ContextSpace,
        *,
        map: FeatureMap,
        alpha: float = 0.1,
        ridge: float = 1.0,
        settle: int = 20,
        exploration: Exploration = Thompson(),
        link: str = "identity",
        fresh: bool = True,
        rng: Seed | Sequence[Seed],
    ) -> None:
        super().__init__(features, alpha=alpha)
        if not isinstance(map, FeatureMap):
            raise TypeError(f"map must be one of zoolab.columns, got {map!r}")
        self.ridge = checks.real("ridge", ridge, 0.0, open_low=True)
        self.settle, self.fresh = checks.whole("settle", settle, 1), fresh
        self.link = checks.choice("link", link, LINKS)
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

    def phi(self, X: np.ndarray) -> np.ndarray:
        """Return z = map(x) for each row of ``X``."""
        return self.map(X)

    def payoff(self, X: np.ndarray) -> np.ndarray:
        """Return what each row of ``X`` is expected to earn, ``(..., n, d) -> (..., n)``."""
        payoff = super().payoff(X)
        return sigmoid(payoff) if self.link == "logistic" else payoff

    def warm(self, X: np.ndarray, r: np.ndarray) -> None:
        """Take in a log: contexts ``(..., n, d)`` and rewards ``(..., n)``; the map is trained on it first."""
        X = self._fine("X", checks.finite("X", X, (*self.batch_shape, None, self.features.d)))
        r = self._reward("r", r, (*self.batch_shape, X.shape[-2]))
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

    def checked(self, x: Any, arm: Any, reward: Any) -> tuple[np.ndarray, Any, Any]:
        """Return what ``learn`` takes; what the map or the link cannot take is refused."""
        x, arm, reward = super().checked(x, arm, reward)
        return self._fine("x", x), arm, self._reward("reward", reward, self.batch_shape)

    def _reward(self, name: str, value: Any, shape: Sequence[int | None]) -> np.ndarray:
        return (shares if self.link == "logistic" else checks.finite)(name, value, shape)

    def _fine(self, name: str, X: np.ndarray) -> np.ndarray:
        if np.abs(X).max(initial=0.0) > LARGEST_X:
            raise ValueError(f"{name} must lie between -{LARGEST_X:g} and {LARGEST_X:g}, or the prior would be lost")
        self.map.check(X)
        return X

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
