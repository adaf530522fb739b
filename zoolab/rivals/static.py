"""A recommender that was trained offline and never learns again (chapters 0 and 7)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents import Agent
from zoolib.ties import LOWEST, argmax
from zoolib.world import FeatureEngineer, ZooplusSimulator


class StaticMLPAgent(Agent):
    """Shows what a model trained offline expects to be clicked most; it never learns again.

    Parameters
    ----------
    features
        See :class:`~zoolib.agents.base.Agent`.
    model
        What has a ``table()`` of ratings, ``(n_users, n_products)``, such as an :class:`~zoolab.rivals.MLPRecommender`;
        in a batch of worlds a sequence of them, one a world.

    >>> shop = ZooplusSimulator(n_products=10, n_users=5, seed=42)
    >>> from zoolab.rivals import MLPRecommender
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
            launched = np.full((*self.batch_shape, sim.n_products - ratings.shape[-1]), LOWEST)  # They come last.
            ratings = np.where(sim.for_sale, np.concatenate([ratings, launched], axis=-1), -np.inf)
        return self._plain(argmax(ratings))

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        """Learn nothing."""
