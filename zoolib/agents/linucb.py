"""LinUCB: linear payoffs with a confidence width (chapters 1 and 2).

Li, Chu, Langford and Schapire, WWW 2010. Linear Thompson sampling is the same agent with another exploration.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.base import UCBAgent
from zoolib.agents.exploration import UCB, Exploration
from zoolib.agents.tabulated import ByCell, Tabulated
from zoolib.evidence import Evidence, make_evidence, refuse_long
from zoolib.randomness import Seed, streams
from zoolib.world import ContextSpace, FeatureEngineer, ZooplusSimulator


class SharedLinUCBAgent(ByCell, UCBAgent):
    """One linear model for all arms: theta'x + alpha sqrt(x' A^-1 x), A += x x', b += r x.

    Parameters
    ----------
    features, alpha
        See :class:`~zoolib.agents.base.UCBAgent`. What the agent can learn is what their encoding can say.
    gamma
        Discount in (0, 1]: A <- gamma A + (1 - gamma) I, b <- gamma b before each click is added. 1 forgets nothing.
    window
        Number of last clicks that count, or None for all.
    ridge
        lambda > 0 of the prior A = lambda I.
    exploration
        ``UCB()``, ``Thompson()`` or ``EpsilonGreedy(epsilon)`` (:mod:`zoolib.agents.exploration`).
    rng
        Where the exploration is random: a seed or generator, or one for each world.

    >>> agent = SharedLinUCBAgent(ContextSpace(d=2, n_arms=3))
    >>> agent.learn(np.array([0.0, 1.0]), arm=1, reward=1.0)
    >>> agent.select(np.eye(3, 2))
    1
    """

    state = ("evidence", "exploration")
    is_shared = True  # one model for all arms
    by_cell = True  # and faster so, which what is derived from this class is not
    gamma = checks.Setting(0.0, 1.0, open_low=True)
    window = checks.Setting(1, kind=int, optional=True)
    ridge = checks.Setting(0.0, open_low=True)

    def __init__(
        self,
        features: FeatureEngineer | ContextSpace,
        *,
        alpha: float = 0.2,
        gamma: float = 1.0,
        window: int | None = None,
        ridge: float = 1.0,
        exploration: Exploration = UCB(),  # noqa: B008  the agent keeps a copy
        rng: Seed | Sequence[Seed] | None = None,
    ) -> None:
        super().__init__(features, alpha=alpha)
        self.gamma, self.window, self.ridge = gamma, window, ridge
        drawn = None if rng is None else streams(rng, self.batch_shape, 1)[0]
        self._explore(exploration, drawn, features.d if self.is_shared else None)
        self.evidence = self._make_evidence()

    def _make_evidence(self) -> Evidence:
        shape = self.batch_shape if self.is_shared else (*self.batch_shape, self.n_arms)
        return self._on_cells(make_evidence(self.features.d, shape, self.ridge, self.gamma, self.window))

    def payoff(self, X: np.ndarray) -> np.ndarray:
        """Return theta'x."""
        return self.evidence.mean(X)

    def uncertainty(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(x' A^-1 x)."""
        return self.evidence.width(X)

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        self.evidence.add(x, reward)

    def _learn_many(self, X: np.ndarray, arms: np.ndarray, rewards: np.ndarray) -> None:
        self.evidence.add_many(X, rewards)

    def warm(self, X: np.ndarray, r: np.ndarray, weight: float = 1.0) -> None:
        """Start from a log: A = lambda I + w sum x x', b = w sum r x, in the place of what was known before.

        With w = 1 this is to replay the log, in any order (log-odds, which go click by click, are here fitted to all of
        it together). With w < 1 its n clicks count as w n: they say where to
        begin, and the agent's own clicks soon outweigh them.

        Parameters
        ----------
        X, r, weight
            ``(..., n, d)`` and ``(..., n)``, contexts and rewards; w, at least 0.
        """
        if self.gamma < 1 or self.window is not None:
            raise TypeError("a log can be given to an agent that remembers everything, without gamma and window")
        X = checks.finite("X", X, (*self.batch_shape, None, self.features.d))
        r, weight = checks.finite("r", r, X.shape[:-1]), checks.real("weight", weight, 0.0)
        refuse_long(X, self.ridge, weight=weight)
        self.evidence.rebuild(X, weight * r, np.full(r.shape, weight))

    def _changed(self, name: str, before: Any) -> None:
        if name != "alpha":
            self.evidence = self._make_evidence().take_over(self.evidence)


class DisjointLinUCBAgent(SharedLinUCBAgent):
    """Disjoint LinUCB: every arm a model of its own, which learns from its own clicks alone.

    A_a = I, b_a = 0; score theta_a'x + alpha sqrt(x' A_a^-1 x); A_a += x x', b_a += r x. The parameters are those of
    :class:`SharedLinUCBAgent`.

    >>> agent = DisjointLinUCBAgent(ContextSpace(d=2, n_arms=3))
    >>> agent.learn(np.array([0.0, 1.0]), arm=1, reward=1.0)
    >>> agent.payoff(np.ones((3, 2))).tolist()
    [0.0, 0.5000000000000001, 0.0]
    """

    is_shared = False
    warm = None  # a log of contexts does not say whose they are

    @property
    def n_arms(self) -> int:
        """Number of arms K that the agent has met."""
        return self.evidence.shape[-1] if hasattr(self, "evidence") else self.features.n_arms

    def payoff(self, X: np.ndarray) -> np.ndarray:
        """Return theta_a'x_a, row a of ``X`` ``(..., K, d)`` being judged by the model of arm a."""
        return self.evidence.mean(X[..., None, :])[..., 0]

    def uncertainty(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(x_a' A_a^-1 x_a)."""
        return self.evidence.width(X[..., None, :])[..., 0]

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        self.evidence.add(x, reward, arm)

    def _learn_many(self, X: np.ndarray, arms: np.ndarray, rewards: np.ndarray) -> None:
        self.evidence.add_many(X, rewards, arms)

    def choices(self, user_id: Any, sim: ZooplusSimulator) -> tuple[np.ndarray, np.ndarray]:
        """Return the contexts of all products, and their numbers."""
        self._meet(sim)
        return self.features.contexts(user_id, sim), np.broadcast_to(np.arange(sim.n_products), sim.for_sale.shape)

    def _meet(self, sim: ZooplusSimulator) -> None:
        """Take note of the catalog; products that it has more than the last one are new arms."""
        if (new := sim.n_products - self.n_arms) > 0:
            self.evidence.grow(new)

    def _contexts(self, X: Any) -> np.ndarray:
        return checks.finite("X", X, (*self.batch_shape, self.n_arms, self.features.d))


class LinUCBAgent(Tabulated, DisjointLinUCBAgent):
    """Disjoint LinUCB, the agent of chapter 1: :class:`DisjointLinUCBAgent`, made fast for the shop; the same choices.

    The parameters are those of :class:`SharedLinUCBAgent`.

    >>> agent = LinUCBAgent(ContextSpace(d=2, n_arms=3))
    >>> agent.learn(np.array([0.0, 1.0]), arm=1, reward=1.0)
    >>> agent.select(np.ones((3, 2)))
    1
    """

    by_bounds = True  # and faster so, which what is derived from this class is not
