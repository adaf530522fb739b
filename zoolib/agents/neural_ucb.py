"""NeuralUCB: UCB on the gradient of a network, linearised in all its weights (chapter 3).

Zhou, Li and Gu, ICML 2020, in the simple form that is usually run: theirs scales the network and its gradients by
sqrt(m), starts from a symmetric initialisation, keeps no b, and trains from scratch on the whole history.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.base import UCBAgent
from zoolib.agents.exploration import UCB, Exploration
from zoolib.evidence import DiagonalEvidence, Evidence
from zoolib.networks import MLP, SGD
from zoolib.randomness import Seed, generators
from zoolib.world import ContextSpace, FeatureEngineer


class NeuralUCBAgent(UCBAgent):
    """f(x) + alpha sqrt(g' A^-1 g) with g = df(x)/dw, the gradient with respect to all p weights of a network.

    f is an MLP d -> hidden_dim -> 1, one for all arms, and A = lambda I at the start. After a click A += g g',
    b += r g, and then f takes one step of gradient descent on (f(x) - r)^2. The definition keeps b; nothing reads it.

    Parameters
    ----------
    features, alpha
        See :class:`~zoolib.agents.base.UCBAgent`.
    lr
        Step size of the training.
    hidden_dim
        Width of the hidden layer; p = (d + 1) hidden_dim + hidden_dim + 1, 705 in the shop.
    evidence, ridge
        :class:`~zoolib.evidence.Evidence`, or :class:`~zoolib.evidence.DiagonalEvidence` to keep the diagonal of A
        alone; lambda > 0.
    exploration
        ``UCB()``, ``ArmThompson()``, which is NeuralTS, or ``EpsilonGreedy(epsilon)``.
    rng
        A seed or generator for the initial weights and the exploration, or one for each world.

    >>> NeuralUCBAgent(ContextSpace(d=9, n_arms=3), rng=0).network.p
    705
    """

    network_kind = MLP

    def __init__(
        self, features: FeatureEngineer | ContextSpace, *, alpha: float = 0.1, lr: float = 0.001, hidden_dim: int = 64,
        evidence: type[Evidence | DiagonalEvidence] = Evidence, ridge: float = 1.0, exploration: Exploration = UCB(),
        rng: Seed | Sequence[Seed],
    ) -> None:  # fmt: skip
        super().__init__(features, alpha=alpha)
        self.hidden_dim = checks.whole("hidden_dim", hidden_dim, 1)
        self.lr = checks.real("lr", lr, 0.0, open_low=True)
        self.ridge = checks.real("ridge", ridge, 0.0, open_low=True)
        if not (isinstance(evidence, type) and issubclass(evidence, (Evidence, DiagonalEvidence))):
            raise TypeError(f"evidence must be the class Evidence or DiagonalEvidence, got {evidence!r}")
        rngs = generators(rng, self.batch_shape)
        self.network = self.network_kind((features.d, self.hidden_dim, 1), rngs, self.batch_shape)
        self.evidence = evidence(self.network.p, self.batch_shape, self.ridge)
        self.optimizer = SGD(self.network.flat, self.lr)
        luck = None if isinstance(exploration, UCB) else [one.spawn(1)[0] for one in rngs]
        self._explore(exploration, luck, None)

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
