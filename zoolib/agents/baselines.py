"""Yardsticks: the agent that knows nothing, and the one that knows the truth (chapter 0)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.base import Agent
from zoolib.features import ContextSpace, FeatureEngineer
from zoolib.randomness import Seed, UniformStream, generators
from zoolib.simulator import ZooplusSimulator


class RandomAgent(Agent):
    """Shows every product equally often.

    Parameters
    ----------
    features
        See :class:`~zoolib.agents.base.Agent`.
    rng
        A seed or generator, or one for each world. Not the seed of the user sequence: the same seed gives the same
        numbers, and the product shown would be a function of the user.
    """

    def __init__(self, features: FeatureEngineer | ContextSpace, *, rng: Seed | Sequence[Seed]) -> None:
        super().__init__(features)
        self._uniforms = UniformStream(generators(rng, self.batch_shape), self.batch_shape)

    def predict(self, user_id: Any, sim: ZooplusSimulator) -> Any:
        """Return any product."""
        checks.same_worlds(self.batch_shape, sim.batch_shape)
        return self._any_of(sim.n_products)

    def select(self, X: np.ndarray) -> Any:
        """Return any row of ``X``."""
        return self._any_of(self._contexts(X).shape[-2])

    def _any_of(self, n: int) -> Any:
        u = self._uniforms()
        return (u * n).astype(np.int64) if self.batch_shape else int(u * n)

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        """Learn nothing."""


class OracleAgent(Agent):
    """Shows what the user clicks most often, by the click table as it is at that moment. Nobody can do better."""

    def predict(self, user_id: Any, sim: ZooplusSimulator) -> Any:
        """Return the best product for ``user_id``."""
        checks.same_worlds(self.batch_shape, sim.batch_shape)
        return sim.best_arm(user_id)

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        """Learn nothing: there is nothing left to learn."""
