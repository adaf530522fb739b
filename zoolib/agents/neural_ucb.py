"""NeuralUCB: UCB on the gradient of a network, linearised in all its weights (chapter 3).

Zhou, Li and Gu, ICML 2020, in the simple form that is usually run: theirs scales the network and its gradients by
sqrt(m), starts from a symmetric initialisation, keeps no b, and trains anew on the whole history.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.base import UCBAgent
from zoolib.agents.literal import AutogradMLP, LiteralEvidence
from zoolib.evidence import BlockEvidence, DiagonalEvidence
from zoolib.networks import MLP, SGD
from zoolib.randomness import Seed, generators
from zoolib.world import ContextSpace, FeatureEngineer, ZooplusSimulator


class NeuralUCBAgent(UCBAgent):
    """f(x) + alpha sqrt(g' A^-1 g) with g = df(x)/dw, the gradient with respect to all p weights of a network.

    f is an MLP d -> hidden_dim -> 1, one for all arms, and A = lambda I at the start. Upon a click A += g g', b += r g,
    and then f takes one step of gradient descent on (f(x) - r)^2. The definition keeps b; nothing reads it.

    Parameters
    ----------
    features
        See :class:`~zoolib.agents.base.Agent`.
    alpha
        Weight of the uncertainty, at least 0.
    lr
        Step size of the training.
    hidden_dim
        Width of the hidden layer; p = (d + 1) hidden_dim + hidden_dim + 1, 705 in the shop.
    literal
        Do it as the definition reads: a backward pass of torch for every arm, the inverse of A at every decision. The
        choices are the same.
    diagonal
        Keep the diagonal of A alone.
    ridge
        lambda > 0.
    rng
        A seed or generator for the initial weights, or one for each world.
    """

    state = ("network", "evidence")

    def __init__(
        self,
        features: FeatureEngineer | ContextSpace,
        *,
        alpha: float = 0.1,
        lr: float = 0.001,
        hidden_dim: int = 64,
        literal: bool = False,
        diagonal: bool = False,
        ridge: float = 1.0,
        rng: Seed | Sequence[Seed],
    ) -> None:
        super().__init__(features, alpha=alpha)
        self.hidden_dim, self.lr = checks.whole("hidden_dim", hidden_dim, 1), checks.real("lr", lr, 0.0, open_low=True)
        self.ridge, self.literal, self.diagonal = checks.real("ridge", ridge, 0.0, open_low=True), literal, diagonal
        for name, value in (("literal", literal), ("diagonal", diagonal)):
            if not isinstance(value, bool):
                raise TypeError(f"{name} must be True or False, got {value!r}")
        if literal and (diagonal or self.batch_shape):
            raise ValueError("literal is the definition as it reads: one world and the whole matrix A")
        network, evidence = (AutogradMLP, LiteralEvidence) if literal else (MLP, BlockEvidence)
        self.network = network((features.d, self.hidden_dim, 1), generators(rng, self.batch_shape), self.batch_shape)
        self.evidence = (DiagonalEvidence if diagonal else evidence)(self.network.p, self.batch_shape, self.ridge)
        self.optimizer = SGD(self.network.flat, self.lr)

    def payoff(self, X: np.ndarray) -> np.ndarray:
        """Return f(x)."""
        return self.network(X)[..., 0]

    def uncertainty(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(g' A^-1 g)."""
        return self.evidence.width(self.network.gradients(X))

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        X, r = x[..., None, :], np.asarray(reward, dtype=float)
        self.evidence.add(self.network.gradients(X)[..., 0, :], r)
        self.optimizer.step(self.network.loss_gradient(X, np.ones_like(r)[..., None], r[..., None]))

    def _appraise(self, user_id: Any, sim: ZooplusSimulator) -> tuple[np.ndarray, np.ndarray]:
        if not self.literal:
            return super()._appraise(user_id, sim)
        scores = self.score(self.features.contexts(user_id, sim))  # of every product, equal or not
        return np.where(sim.for_sale, scores, -np.inf), np.arange(sim.n_products)
