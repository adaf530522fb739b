"""LinUCB: linear payoffs with a confidence width (chapters 1 and 2).

Li, Chu, Langford and Schapire, WWW 2010. Linear Thompson sampling is the same agent with another exploration.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.base import UCBAgent
from zoolib.agents.exploration import UCB, Exploration
from zoolib.evidence import make_evidence, refuse_long
from zoolib.randomness import Seed, streams
from zoolib.world import ContextSpace, FeatureEngineer, ZooplusSimulator


class LinearUCBAgent(UCBAgent):
    """Linear in z = phi(x): theta'z + alpha sqrt(z' A^-1 z). A subclass says what phi is; here it is x itself.

    The parameters are those of :class:`~zoolib.agents.base.UCBAgent`.

    >>> issubclass(LinearUCBAgent, UCBAgent)
    True
    """

    def phi(self, X: np.ndarray) -> np.ndarray:
        """Return what the linear model sees of each row of ``X``, ``(..., n, d) -> (..., n, d_z)``."""
        return X

    def payoff(self, X: np.ndarray) -> np.ndarray:
        """Return theta'z."""
        return self.evidence.mean(self.phi(X))

    def uncertainty(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(z' A^-1 z)."""
        return self.evidence.width(self.phi(X))

    def score(self, X: np.ndarray) -> np.ndarray:
        """Return payoff + alpha * uncertainty, or what the exploration puts in its place; phi(X) is computed once."""
        Z = self.phi(X)
        of, payoff = self.evidence, self.evidence.mean(Z)
        return payoff + self.alpha * self.exploration.bonus(of.width, Z, of) if self.alpha else payoff


class SharedLinUCBAgent(LinearUCBAgent):
    """One linear model for all arms: theta'x + alpha sqrt(x' A^-1 x), A += x x', b += r x.

    Parameters
    ----------
    features, alpha
        See :class:`~zoolib.agents.base.UCBAgent`. The agent can learn what their encoding can say.
    gamma
        Discount in (0, 1]: A <- gamma A + (1 - gamma) lambda I, b <- gamma b before each click. 1 forgets nothing.
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

    score = UCBAgent.score  # Here phi costs nothing.

    def __init__(
        self, features: FeatureEngineer | ContextSpace, *, alpha: float = 0.2, gamma: float = 1.0,
        window: int | None = None, ridge: float = 1.0, exploration: Exploration = UCB(),
        rng: Seed | Sequence[Seed] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(features, alpha=alpha)
        self.evidence = make_evidence(features.d, self._shape(), ridge, gamma, window)
        self.gamma, self.window, self.ridge = gamma, window, ridge
        rngs = None if rng is None else streams(rng, self.batch_shape, 1)[0]
        self._explore(exploration, rngs, self._d_joint())

    def _shape(self) -> tuple[int, ...]:
        return self.batch_shape  # one model for each world

    def _d_joint(self) -> int | None:
        return self.features.d  # Thompson sampling draws one theta for all rows.

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        self.evidence.add(x, reward)

    def warm(self, X: np.ndarray, r: np.ndarray, weight: float = 1.0) -> None:
        """Start from a log: A = lambda I + w sum x x', b = w sum r x, instead of what was known before.

        With w = 1 this is to replay the log, in any order. With w < 1 its n clicks count as w n: they say where to
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


class LinUCBAgent(SharedLinUCBAgent):
    """Disjoint LinUCB: every arm has a model of its own, which learns from its own clicks alone.

    A_a = lambda I, b_a = 0; score theta_a'x + alpha sqrt(x' A_a^-1 x); A_a += x x', b_a += r x. The parameters are
    those of :class:`SharedLinUCBAgent`.

    >>> agent = LinUCBAgent(ContextSpace(d=2, n_arms=3))
    >>> agent.learn(np.array([0.0, 1.0]), arm=1, reward=1.0)
    >>> agent.payoff(np.ones((3, 2))).tolist()
    [0.0, 0.5000000000000001, 0.0]
    """

    warm = None  # A log of contexts does not say which arm they belong to.

    @property
    def n_arms(self) -> int:
        """Number of arms K that the agent has met."""
        return self.evidence.shape[-1]

    def _shape(self) -> tuple[int, ...]:
        return (*self.batch_shape, self.features.n_arms)  # K models for each world

    def _d_joint(self) -> None:
        return None  # Thompson sampling draws for each arm.

    def payoff(self, X: np.ndarray) -> np.ndarray:
        """Return theta_a'x_a: row a of ``X``, ``(..., K, d)``, is judged by the model of arm a."""
        return self.evidence.mean(X[..., None, :])[..., 0]

    def uncertainty(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(x_a' A_a^-1 x_a)."""
        return self.evidence.width(X[..., None, :])[..., 0]

    def candidates(self, user_id: Any, sim: ZooplusSimulator) -> tuple[np.ndarray, np.ndarray]:
        """Return the contexts of all products, and their numbers."""
        self._meet(sim)
        return self.features.contexts(user_id, sim), np.broadcast_to(np.arange(sim.n_products), sim.for_sale.shape)

    def update(self, user_id: Any, chosen_arm: Any, reward: Any, sim: ZooplusSimulator) -> None:
        """Learn from ``reward``, 0 or 1, of having shown ``chosen_arm`` to ``user_id``."""
        checks.same_worlds(self.batch_shape, sim)
        self._meet(sim)
        super().update(user_id, chosen_arm, reward, sim)

    def _meet(self, sim: ZooplusSimulator) -> None:
        """Make models for products that have come into the catalog since the last visit."""
        new = sim.n_products - self.n_arms
        if new < 0:
            raise ValueError(f"sim has {sim.n_products} products, but the agent has already met {self.n_arms}")
        if new:
            self.evidence.grow(new)

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        self.evidence.add(x, reward, arm)

    def _contexts(self, X: Any) -> np.ndarray:
        return checks.finite("X", X, (*self.batch_shape, self.n_arms, self.features.d))
