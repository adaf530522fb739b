"""A factorization machine that explores: a model of all pairs of features and ids (Rendle, ICDM 2010).

The paper has the model and how it is fitted, but no bandit. Where we differ from it:

1. It is fitted to the past by steps of Adam on batches, without the weight decay of the paper.
2. The uncertainty is that of NeuralUCB with a diagonal (Zhou, Li and Gu, ICML 2020), on the gradients of this model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.base import UCBAgent
from zoolib.agents.exploration import UCB, Exploration
from zoolib.agents.training import Replay, Training
from zoolib.evidence import DiagonalEvidence
from zoolib.networks import FactorizationMachine
from zoolib.randomness import Seed, streams
from zoolib.world import ContextSpace, FeatureEngineer


class FactorizationAgent(UCBAgent):
    """f(x) + alpha sqrt(sum g^2 / A), g = df(x)/dw, of a factorization machine f; A += g^2 upon a click.

    Parameters
    ----------
    features, alpha
        See :class:`~zoolib.agents.base.UCBAgent`.
    ids
        How many values the numbers have with which a context begins, that of the product above all; none in the shop.
    n_factors, spread
        Length of the vectors of which pairs are made, and their entries' standard deviation at first.
    lr, ridge
        Adam's step size, and lambda > 0 of A = lambda at the start.
    training
        ``Replay()`` or ``EndToEnd()`` (:mod:`zoolib.agents.training`).
    exploration
        ``UCB()``, ``ArmThompson()``, ``EpsilonGreedy(epsilon)`` or ``InverseGap(gamma)``.
    rng
        A seed or generator, or one for each world.

    >>> agent = FactorizationAgent(ContextSpace(d=3, n_arms=2), ids=(10,), n_factors=4, rng=0)
    >>> agent.evidence.A.shape
    (61,)
    """

    state = ("network", "evidence", "training", "exploration")
    n_factors = checks.Setting(1, kind=int, fixed=True)
    spread = checks.Setting(0.0, fixed=True)
    lr, ridge = checks.Setting(0.0, open_low=True), checks.Setting(0.0, open_low=True)

    def __init__(
        self,
        features: FeatureEngineer | ContextSpace,
        *,
        ids: Sequence[int] = (),
        alpha: float = 0.1,
        n_factors: int = 8,
        spread: float = 0.1,
        lr: float = 0.01,
        ridge: float = 1.0,
        training: Training = Replay(every=20, n_batches=4),  # noqa: B008  the agent keeps a copy
        exploration: Exploration = UCB(),  # noqa: B008
        rng: Seed | Sequence[Seed],
    ) -> None:
        super().__init__(features, alpha=alpha)
        if not isinstance(training, Training) or not training.has_head:
            raise TypeError(f"training must be EndToEnd() or Replay(...), got {training!r}")
        self.ids, self.n_factors, self.spread, self.lr, self.ridge = tuple(ids), n_factors, spread, lr, ridge
        initial, batches, drawn = streams(rng, self.batch_shape, 3)
        how = {"ids": self.ids, "n_factors": n_factors, "spread": spread}
        self.network = FactorizationMachine(features.d, initial, self.batch_shape, **how)
        self.evidence = DiagonalEvidence(self.network.flat.shape[-1], self.batch_shape, ridge)
        self.training = training.start(self.network, lr, batches, self.batch_shape)
        self._explore(exploration, drawn, None)

    def payoff(self, X: np.ndarray) -> np.ndarray:
        """Return f(x)."""
        return self.network(X)

    def uncertainty(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(sum g^2 / A)."""
        return np.sqrt(self.network.squared_gradients(X, 1 / self.evidence.A))

    def _vectors(self, name: str, value: Any, shape: Sequence[int | None]) -> np.ndarray:
        self.network.split(X := checks.finite(name, value, shape))  # before any is learned
        return X

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        X = x[..., None, :]
        self.evidence.add(self.network.backward(X, np.ones(X.shape[:-1])), reward)
        self.training.step(x, reward, self.evidence)

    def warm(self, X: np.ndarray, r: np.ndarray) -> None:
        """Take in a log: contexts ``(..., n, d)`` and finite rewards ``(..., n)``, one after the other."""
        X = self._vectors("X", X, (*self.batch_shape, None, self.features.d))
        r = checks.finite("r", r, (*self.batch_shape, X.shape[-2]))
        X, r = np.moveaxis(X, -2, 0), np.moveaxis(r, -1, 0)
        self._learn_many(X, np.zeros(r.shape, dtype=int), r)  # whatever arm it was

    def _changed(self, name: str, before: float) -> None:
        self.training.optimizer.lr, self.evidence.ridge = self.lr, self.ridge
