"""What an agent is, and the one rule that most agents of this book share (chapters 0 and 2)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.persistence import Stateful
from zoolib.world import ContextSpace, FeatureEngineer, ZooplusSimulator

TIE = 1e-10  # scores closer than this are equal: what separates them is rounding, which differs between machines


def first_best(scores: np.ndarray) -> np.ndarray:
    """Return the lowest index of the highest score along the last axis, ``(..., n) -> (...)``."""
    return (scores >= scores.max(-1, keepdims=True) - TIE).argmax(-1)


def best_first(scores: np.ndarray, n: int) -> np.ndarray:
    """Return the places of the ``n`` highest scores, best first, ``(..., m) -> (..., n)``; ties go to the lowest place.

    As everywhere, scores closer than rounding errors are equal.
    """
    m = scores.shape[-1]
    most = 2.0**61 / m
    keys = np.arange(m) - np.rint(np.clip(scores / TIE, -most, most)).astype(np.int64) * m  # no two alike
    if n >= m:
        return np.argsort(keys, axis=-1)
    best = np.argpartition(keys, n - 1, axis=-1)[..., :n]
    return np.take_along_axis(best, np.argsort(np.take_along_axis(keys, best, -1), axis=-1), -1)


class Agent(Stateful, ABC):
    """Chooses a product for a user, then learns from the click.

    In the shop an agent is two methods, ``predict`` and ``update``. Beneath them are two more that know no shop:
    ``select`` chooses among the rows of a matrix of contexts, ``learn`` takes in a context and a reward.

    Parameters
    ----------
    features
        The agent's eyes: a :class:`~zoolib.world.FeatureEngineer`, or a
        :class:`~zoolib.world.ContextSpace` for data that is no shop. Made for one world, the agent takes and returns
        ints; made for R worlds in lockstep, arrays of R.
    """

    def __init__(self, features: FeatureEngineer | ContextSpace) -> None:
        if not isinstance(features, (FeatureEngineer, ContextSpace)):
            raise TypeError(f"features must be a FeatureEngineer or a ContextSpace, got {type(features).__name__}")
        self.features = features
        self.batch_shape, self.rows = features.batch_shape, features.rows

    @property
    def n_arms(self) -> int:
        """Number of arms K that the agent knows."""
        return self.features.n_arms

    @abstractmethod
    def predict(self, user_id: Any, sim: ZooplusSimulator) -> Any:
        """Return the product to show to ``user_id``; ties go to the lowest number."""

    def update(self, user_id: Any, chosen_arm: Any, reward: Any, sim: ZooplusSimulator) -> None:
        """Learn from ``reward``, 0 or 1, of having shown ``chosen_arm`` to ``user_id``."""
        checks.same_worlds(self.batch_shape, sim.batch_shape)
        reward = checks.clicks("reward", reward, self.batch_shape)
        x = self._context(user_id, chosen_arm, sim)
        self._meet(sim)
        self._learn(x, self._plain(chosen_arm), reward)

    def _context(self, user_id: Any, arm: Any, sim: ZooplusSimulator) -> np.ndarray:
        """Return what there is to learn from: the context of the click."""
        return self.features.context(user_id, arm, sim)

    def _meet(self, sim: ZooplusSimulator) -> None:
        """Take note of the catalog, where an agent keeps something for every product."""

    def select(self, X: np.ndarray) -> Any:
        """Return the row of ``X``, ``(..., K, d)``, to choose."""
        raise NotImplementedError(f"{type(self).__name__} knows users and products only, not bare contexts")

    def learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        """Learn from a finite ``reward`` of having chosen ``arm`` with context ``x``, ``(..., d)``."""
        x = checks.finite("x", x, (*self.batch_shape, self.features.d))
        arm = checks.indices("arm", arm, self.n_arms, self.batch_shape)
        self._learn(x, arm, checks.finite("reward", reward, self.batch_shape))

    @abstractmethod
    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        """Take in a click whose parts have been checked."""

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

    LinUCB, NeuralUCB and Neural-Linear differ in their two methods :meth:`payoff` and :meth:`uncertainty`, and in what
    they learn from a click. What follows from the two is written here, once.

    Parameters
    ----------
    features
        See :class:`Agent`.
    alpha
        Weight of the uncertainty, at least 0.
    """

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
        """Return payoff + alpha * uncertainty of each row of ``X``, ``(..., n)``."""
        return self.payoff(X) + self.alpha * self.uncertainty(X)

    def select(self, X: np.ndarray) -> Any:
        """Return the row of ``X`` with the highest score."""
        return self._plain(first_best(self.score(self._contexts(X))))

    def predict(self, user_id: Any, sim: ZooplusSimulator) -> Any:
        """Return the product with the highest score for ``user_id``."""
        checks.same_worlds(self.batch_shape, sim.batch_shape)
        scores, arms = self._appraise(user_id, sim)
        return self._plain(arms[(*self.rows, first_best(scores))])

    def _appraise(self, user_id: Any, sim: ZooplusSimulator) -> tuple[np.ndarray, np.ndarray]:
        """Return the score of each distinct choice and the product that stands for it, both ``(..., n)``."""
        X, arms = self.features.choices(user_id, sim)
        return self.score(X), arms
