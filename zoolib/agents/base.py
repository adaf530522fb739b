"""What an agent is, and the rule that most agents of this book share (chapters 0 and 2)."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.exploration import UCB, Exploration, Rngs
from zoolib.world import ContextSpace, FeatureEngineer, ZooplusSimulator


class Agent(ABC):
    """Chooses a product for a user, then learns from the click.

    In the shop an agent is two methods, ``predict`` and ``update``. Beneath them are two that know no shop: ``select``
    chooses among the rows of a matrix of contexts, ``learn`` takes in a context and a reward.

    Parameters
    ----------
    features
        The agent's eyes: a :class:`~zoolib.world.FeatureEngineer`, or a :class:`~zoolib.world.ContextSpace` for data
        without a shop. An agent made for one world takes and returns ints; one made for R in lockstep, arrays of R.

    >>> issubclass(UCBAgent, Agent)
    True
    """

    def __init__(self, features: FeatureEngineer | ContextSpace) -> None:
        self.features = checks.instance("features", features, FeatureEngineer, ContextSpace)
        self.batch_shape, self.worlds = features.batch_shape, features.worlds

    @property
    def n_arms(self) -> int:
        """Number of arms K that the agent knows."""
        return self.features.n_arms

    @abstractmethod
    def predict(self, user_id: Any, sim: ZooplusSimulator) -> Any:
        """Return the product to show to ``user_id``; ties go to the lowest number."""

    def update(self, user_id: Any, chosen_arm: Any, reward: Any, sim: ZooplusSimulator) -> None:
        """Learn from ``reward``, 0 or 1, of having shown ``chosen_arm`` to ``user_id``."""
        checks.same_worlds(self.batch_shape, sim)
        reward = checks.clicks("reward", reward, self.batch_shape)
        x = self.features.context(user_id, chosen_arm, sim)
        self._learn(x, self._plain(chosen_arm), reward)

    def select(self, X: np.ndarray) -> Any:
        """Return the row of ``X``, ``(..., K, d)``, to choose."""
        raise NotImplementedError(f"{type(self).__name__} knows users and products only, not bare contexts")

    def learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        """Learn from a finite ``reward`` of having chosen ``arm`` with context ``x``, ``(..., d)``."""
        self._learn(*self.checked(x, arm, reward))

    def checked(self, x: Any, arm: Any, reward: Any) -> tuple[np.ndarray, Any, Any]:
        """Return what :meth:`learn` takes in the form in which it is used, or refuse it."""
        x = checks.finite("x", x, (*self.batch_shape, self.features.d))
        arm = checks.indices("arm", arm, self.n_arms, self.batch_shape)
        return x, arm, checks.finite("reward", reward, self.batch_shape)

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        """Take in a click whose parts have been checked."""
        raise NotImplementedError(f"{type(self).__name__} must say how it learns: update, or _learn for bare contexts")

    def _contexts(self, X: Any) -> np.ndarray:
        X = checks.finite("X", X, (*self.batch_shape, None, self.features.d))
        if not X.size:
            raise ValueError(f"X must hold at least one context, got shape {X.shape}")
        return X

    def _plain(self, arm: Any) -> Any:
        """Return an int for one world, an array for a batch."""
        return np.asarray(arm) if self.batch_shape else int(arm)


class UCBAgent(Agent):
    """The generalized UCB principle: choose the arm of the highest payoff plus alpha times uncertainty.

    An agent of this kind says two things of a context, :meth:`payoff` and :meth:`uncertainty`, and how it learns from a
    click. What follows from them is written here, once. With another ``exploration`` the same agents sample (Thompson)
    or override the choice (epsilon-greedy).

    Parameters
    ----------
    features
        See :class:`Agent`.
    alpha
        Weight of the uncertainty, at least 0.

    >>> UCBAgent.exploration
    UCB()
    """

    exploration: Exploration = UCB()
    evidence: Any = None  # A linear agent has some.

    def __init__(self, features: FeatureEngineer | ContextSpace, *, alpha: float) -> None:
        super().__init__(features)
        self.alpha = checks.real("alpha", alpha, 0.0)

    @abstractmethod
    def payoff(self, X: np.ndarray) -> np.ndarray:
        """Return what each row of ``X`` is expected to earn, ``(..., n, d) -> (..., n)``."""

    @abstractmethod
    def uncertainty(self, X: np.ndarray) -> np.ndarray:
        """Return how unsure the agent is of each row of ``X``, ``(..., n, d) -> (..., n)``."""

    def score(self, X: np.ndarray) -> np.ndarray:
        """Return payoff + alpha * uncertainty of each row of ``X``, or what the exploration puts in its place."""
        payoff, how = self.payoff(X), self.exploration
        return payoff + self.alpha * how.bonus(self.uncertainty, X, self.evidence) if self.alpha else payoff

    def select(self, X: np.ndarray) -> Any:
        """Return the row of ``X`` with the highest score, unless exploration overrides it."""
        X = self._contexts(X)
        row = self.exploration.pick(self.score(X))
        return self._plain(self.exploration.override(row, np.ones(X.shape[:-1], bool)))

    def predict(self, user_id: Any, sim: ZooplusSimulator) -> Any:
        """Return the product with the highest score for ``user_id``, unless exploration overrides it."""
        scores, arms = self.scored(user_id, sim)
        best = arms[(*self.worlds, self.exploration.pick(scores))]
        return self._plain(self.exploration.override(best, sim.for_sale))

    def scored(self, user_id: Any, sim: ZooplusSimulator) -> tuple[np.ndarray, np.ndarray]:
        """Return the scores of the candidates for ``user_id``, -inf if sold out, and their products, ``(..., n)``."""
        checks.same_worlds(self.batch_shape, sim)
        X, arms = self.candidates(user_id, sim)
        return np.where(sim.offers(arms), self.score(X), -np.inf), arms

    def candidates(self, user_id: Any, sim: ZooplusSimulator) -> tuple[np.ndarray, np.ndarray]:
        """Return the contexts that differ for ``user_id``, ``(..., n, d)``, and a product for each, ``(..., n)``."""
        return self.features.candidates(user_id, sim)

    def _explore(self, exploration: Exploration, rngs: Rngs | None, d: int | None) -> None:
        """Take a copy of ``exploration`` for this agent (:meth:`Exploration.start`)."""
        if not isinstance(exploration, Exploration):
            raise TypeError(f"exploration must be one of zoolib.agents.exploration, got {exploration!r}")
        self.exploration = exploration.start(rngs, self.batch_shape, d)
