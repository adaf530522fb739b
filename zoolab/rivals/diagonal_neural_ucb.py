"""NeuralUCB as its authors run it on data: the diagonal of A, and a network trained on the past (chapter 10)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolib.agents.exploration import UCB, Exploration
from zoolib.agents.neural_ucb import NeuralUCBAgent
from zoolib.agents.training import EndToEnd, Training
from zoolib.evidence import DiagonalEvidence
from zoolib.randomness import Seed, streams
from zoolib.world import ContextSpace, FeatureEngineer


class DiagonalNeuralUCBAgent(NeuralUCBAgent):
    """f(x) + alpha sqrt(sum g^2 / A) with A += g^2, entry by entry, and f trained in a way that can be chosen.

    So Zhou, Li and Gu (2020) run it on data: the whole matrix in the theory, its diagonal in their experiments, and a
    network that is trained on the past. Here the gradient need not be written down: a weight's derivative is what goes
    into it times what comes back to it, so the sum of their squares over a layer, each divided by its entry of A, is a
    product of matrices of the layer's size.

    Parameters
    ----------
    features, alpha, lr, hidden_dim, ridge, exploration
        See :class:`~zoolib.agents.NeuralUCBAgent`.
    training
        ``EndToEnd()``, one step on the latest click, or ``Replay()``: steps of Adam on the past
        (:mod:`zoolib.agents.training`).
    rng
        A seed or generator, or one for each world.

    >>> DiagonalNeuralUCBAgent(ContextSpace(d=9, n_arms=3), rng=0).evidence.A.shape
    (353,)
    """

    def __init__(
        self,
        features: FeatureEngineer | ContextSpace,
        *,
        alpha: float = 0.1,
        lr: float = 0.01,
        hidden_dim: int = 32,
        training: Training = EndToEnd(),
        ridge: float = 1.0,
        exploration: Exploration = UCB(),
        rng: Seed | Sequence[Seed],
    ) -> None:
        if not isinstance(training, Training) or not training.has_head:
            raise TypeError(f"training must be EndToEnd() or Replay(...), got {training!r}")
        batch_shape = getattr(features, "batch_shape", ())
        rngs = streams(rng, batch_shape, 3)
        initial = rngs[0] if batch_shape else rngs[0][0]
        of = {"evidence": DiagonalEvidence, "ridge": ridge}
        super().__init__(features, alpha=alpha, lr=lr, hidden_dim=hidden_dim, **of, rng=initial)
        self.training = training.start(self.network, self.lr, rngs[1], batch_shape)
        self.optimizer = self.training.optimizer
        self._explore(exploration, rngs[2], None)

    def uncertainty(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(sum g^2 / A), layer by layer."""
        outputs = self.network.forward(np.asarray(X, dtype=float))
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
