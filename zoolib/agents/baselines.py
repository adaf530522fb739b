"""Yardsticks (chapter 0): who knows nothing, who knows the truth, and who has stopped learning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.base import Agent
from zoolib.randomness import Seed, UniformStream, generators
from zoolib.ties import LOWEST, argmax
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


class StaticMLPAgent(_Fixed):
    """Shows what a model trained offline expects to be clicked most; it never learns again.

    Parameters
    ----------
    features
        See :class:`~zoolib.agents.base.Agent`.
    model
        What has a ``table()`` of ratings, ``(n_users, n_products)``, such as an :class:`~zoolib.agents.MLPRecommender`;
        in a batch of worlds a sequence of them, one a world.

    >>> shop = ZooplusSimulator(n_products=10, n_users=5, seed=42)
    >>> from zoolib.agents.recommender import MLPRecommender
    >>> StaticMLPAgent(FeatureEngineer(shop), MLPRecommender(5, 10)).table.shape
    (5, 10)
    """

    def __init__(self, features: FeatureEngineer, model: Any) -> None:
        super().__init__(features)
        if not isinstance(features, FeatureEngineer):
            raise TypeError("features must be a FeatureEngineer: the model knows users and products, not contexts")
        models = list(model) if isinstance(model, Sequence) else [] if self.batch_shape else [model]
        if len(models) != (R := len(features.sim.seeds)) or not all(hasattr(one, "table") for one in models):
            wanted = f"a sequence of {R}, one a world" if self.batch_shape else "one"
            got = f"{len(models)} models for {R} worlds" if models and len(models) != R else type(model).__name__
            raise TypeError(f"model must have a table() of ratings, {wanted}; got {got}")
        tables = [one.table() for one in models]
        for users, products in {*map(np.shape, tables)} - {(features.sim.n_users, features.sim.n_products)}:
            raise ValueError(f"model knows {users} users and {products} products, not those of this shop")
        self.table = np.reshape(tables, (*self.batch_shape, *tables[0].shape))  # (..., U, K)

    def predict(self, user_id: Any, sim: ZooplusSimulator) -> Any:
        """Return the product rated highest for ``user_id``; if all that the model knows is gone, the first for sale."""
        checks.same_worlds(self.batch_shape, sim)
        user_id = checks.indices("user_id", user_id, self.table.shape[-2], self.batch_shape)
        ratings = self.table[(*self.worlds, user_id)]
        if sim.sold_out:
            launched = np.full(
                (*self.batch_shape, sim.n_products - ratings.shape[-1]), LOWEST
            )  # They come after the others.
            ratings = np.where(sim.for_sale, np.concatenate([ratings, launched], axis=-1), -np.inf)
        return self._plain(argmax(ratings))
