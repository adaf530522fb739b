"""NeuralUCB: UCB on the gradient of a network, linearised in all its weights (chapters 3 and 10).

Zhou, Li and Gu, ICML 2020, in the simple form that is usually run: theirs scales the network and its gradients by
sqrt(m), starts from a symmetric initialisation, keeps no b, and trains anew on the whole history.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.base import UCBAgent
from zoolib.agents.exploration import UCB, Exploration
from zoolib.agents.training import EndToEnd, Training
from zoolib.evidence import BlockEvidence, DiagonalEvidence
from zoolib.networks import MLP, SGD
from zoolib.randomness import Seed, generators, streams
from zoolib.world import ContextSpace, FeatureEngineer, ZooplusSimulator


class NeuralUCBAgent(UCBAgent):
    """f(x) + alpha sqrt(g' A^-1 g) with g = df(x)/dw, the gradient with respect to all p weights of a network.

    f is an MLP d -> hidden_dim -> 1, one for all arms, and A = lambda I at the start. Upon a click A += g g', b += r g,
    and then f takes one step of gradient descent on (f(x) - r)^2. The definition keeps b; nothing reads it.

    Parameters
    ----------
    features, alpha
        See :class:`~zoolib.agents.base.UCBAgent`.
    lr
        Step size of the training.
    hidden_dim
        Width of the hidden layer; p = (d + 1) hidden_dim + hidden_dim + 1, 705 in the shop.
    literal
        Do it as the definition reads: a backward pass of torch for every arm, the inverse of A at every decision. The
        choices are the same.
    diagonal, ridge
        Keep the diagonal of A alone; lambda > 0.
    exploration
        ``UCB()``, ``ArmThompson()``, which is NeuralTS, or ``EpsilonGreedy(epsilon)``.
    rng
        A seed or generator for what is random, the initial weights above all, or one for each world.

    >>> NeuralUCBAgent(ContextSpace(d=9, n_arms=3), rng=0).network.p
    705
    """

    state = ("network", "evidence", "exploration")
    hidden_dim = checks.Setting(1, kind=int, fixed=True)
    lr, ridge = checks.Setting(0.0, open_low=True), checks.Setting(0.0, open_low=True)

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
        exploration: Exploration = UCB(),  # noqa: B008  the agent keeps a copy
        rng: Seed | Sequence[Seed],
    ) -> None:
        super().__init__(features, alpha=alpha)
        self.hidden_dim, self.lr, self.ridge, self.literal, self.diagonal = hidden_dim, lr, ridge, literal, diagonal
        for name, value in (("literal", literal), ("diagonal", diagonal)):
            checks.instance(name, value, bool)
        if literal and (diagonal or self.batch_shape):
            raise ValueError("literal is the definition as it reads: one world and the whole matrix A")
        network, evidence = MLP, DiagonalEvidence if diagonal else BlockEvidence
        if literal:
            from zoolib.agents.literal import AutogradMLP as network  # noqa: N813
            from zoolib.agents.literal import LiteralEvidence as evidence  # noqa: N813
        rngs = generators(rng, self.batch_shape)
        self.network = network((features.d, self.hidden_dim, 1), rngs, self.batch_shape)
        self.evidence = evidence(self.network.p, self.batch_shape, self.ridge)
        self.optimizer = SGD(self.network.flat, self.lr)
        drawn = None if isinstance(exploration, UCB) else [one.spawn(1)[0] for one in rngs]
        self._explore(exploration, drawn, None)

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

    def choices(self, user_id: Any, sim: ZooplusSimulator) -> tuple[np.ndarray, np.ndarray]:
        """Return the choices that differ for ``user_id``, and their products; the literal agent tells none apart."""
        if not self.literal:
            return super().choices(user_id, sim)
        return self.features.contexts(user_id, sim), np.arange(sim.n_products)

    def _changed(self, name: str, before: Any) -> None:
        self.optimizer.lr, self.evidence.ridge = self.lr, self.ridge


class DiagonalNeuralUCBAgent(NeuralUCBAgent):
    """f(x) + alpha sqrt(sum g^2 / A) with A += g^2, entry by entry, and f trained in a way that can be chosen.

    So Zhou, Li and Gu (2020) run it on data: the whole matrix in the theory, its diagonal in their experiments, and a
    network that is trained on the past. Here the gradient need not be written down: a weight's derivative is what goes
    into it times what comes back to it, so the sum of their squares over a layer, each divided by its entry of A, is a
    product of matrices of the layer's size.

    Parameters
    ----------
    features, alpha, lr, hidden_dim, ridge, exploration
        See :class:`NeuralUCBAgent`.
    training
        ``EndToEnd()``, one step on the latest click, or ``Replay()``: steps of Adam on the past
        (:mod:`zoolib.agents.training`).
    rng
        A seed or generator, or one for each world.

    >>> DiagonalNeuralUCBAgent(ContextSpace(d=9, n_arms=3), rng=0).evidence.A.shape
    (353,)
    """

    state = ("network", "evidence", "training", "exploration")

    def __init__(
        self,
        features: FeatureEngineer | ContextSpace,
        *,
        alpha: float = 0.1,
        lr: float = 0.01,
        hidden_dim: int = 32,
        training: Training = EndToEnd(),  # noqa: B008  the agent keeps a copy
        ridge: float = 1.0,
        exploration: Exploration = UCB(),  # noqa: B008
        rng: Seed | Sequence[Seed],
    ) -> None:
        if not isinstance(training, Training) or not training.has_head:
            raise TypeError(f"training must be EndToEnd() or Replay(...), got {training!r}")
        batch_shape = getattr(features, "batch_shape", ())
        rngs = streams(rng, batch_shape, 3)
        initial = rngs[0] if batch_shape else rngs[0][0]
        super().__init__(features, alpha=alpha, lr=lr, hidden_dim=hidden_dim, diagonal=True, ridge=ridge, rng=initial)
        self.training = training.start(self.network, self.lr, rngs[1], batch_shape)
        self.optimizer = self.training.optimizer
        self._explore(exploration, rngs[2], None)

    def uncertainty(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(sum g^2 / A), layer by layer."""
        outputs = self.network.forward(self._rows_of(X))
        G, total = np.ones_like(outputs[-1]), np.zeros(outputs[-1].shape[:-1])
        for i, (W, b) in reversed(list(enumerate(self.network.views(1 / self.evidence.A)))):
            G = self.network._through_relu(i, outputs, G)
            total += np.vecdot((outputs[i] ** 2) @ W + b[..., None, :], G * G)
            if i:
                G = G @ np.swapaxes(self.network.layers[i][0], -1, -2)
        return np.sqrt(total)

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        self.evidence.add(self.network.gradients(x[..., None, :])[..., 0, :], np.asarray(reward, dtype=float))
        self.training.step(x, reward, self.evidence)
