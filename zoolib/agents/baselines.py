"""Yardsticks (chapter 0): who knows nothing, who knows the truth, and who has stopped learning."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.base import Agent
from zoolib.randomness import Seed, UniformStream, generators
from zoolib.world import ContextSpace, FeatureEngineer, ZooplusSimulator


class _Fixed(Agent):
    """An agent that learns nothing from clicks."""

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        """Learn nothing."""


class RandomAgent(_Fixed):
    """Shows every product equally often.

    Parameters
    ----------
    features
        See :class:`~zoolib.agents.base.Agent`.
    rng
        A seed or generator, or one for each world. Not the seed of the user sequence: the same seed gives the same
        numbers, and the product shown would be a function of the user.

    >>> RandomAgent(ContextSpace(d=2, n_arms=3), rng=0).select(np.eye(3, 2))
    1
    """

    def __init__(self, features: FeatureEngineer | ContextSpace, *, rng: Seed | Sequence[Seed]) -> None:
        super().__init__(features)
        self._uniforms = UniformStream(generators(rng, self.batch_shape), self.batch_shape)

    def predict(self, user_id: Any, sim: ZooplusSimulator) -> Any:
        """Return any product that is for sale."""
        checks.same_worlds(self.batch_shape, sim)
        checks.indices("user_id", user_id, sim.n_users, self.batch_shape)
        if not sim.sold_out:
            return self._any_of(sim.n_products)
        place = self._uniforms() * sim.for_sale.sum(-1)  # It is the place-th of those for sale.
        return self._plain((sim.for_sale.cumsum(-1) > place[..., None]).argmax(-1))

    def select(self, X: np.ndarray) -> Any:
        """Return any row of ``X``."""
        return self._any_of(self._contexts(X).shape[-2])

    def _any_of(self, n: int) -> Any:
        return self._plain((self._uniforms() * n).astype(np.int64))


class OracleAgent(_Fixed):
    """Shows what the user clicks most often, by the click table as it is at that moment. Nobody can do better.

    >>> shop = ZooplusSimulator(n_products=10, seed=42)
    >>> OracleAgent(FeatureEngineer(shop)).predict(7, shop) == shop.best_arm(7)
    True
    """

    def predict(self, user_id: Any, sim: ZooplusSimulator) -> Any:
        """Return the best product for ``user_id``."""
        checks.same_worlds(self.batch_shape, sim)
        checks.indices("user_id", user_id, sim.n_users, self.batch_shape)
        return sim.best_arm(user_id)
