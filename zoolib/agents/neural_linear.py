"""Neural-Linear: LinUCB on an embedding that a network learns (chapters 4 and 5).

Riquelme, Tucker and Snoek, ICLR 2018, with Thompson sampling; Xu, Wen, Zhao and Gu, ICLR 2022, with UCB.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.exploration import UCB, Exploration
from zoolib.agents.linucb import LinearUCBAgent
from zoolib.agents.memory import Everything, Memory
from zoolib.agents.training import Online, Training
from zoolib.evidence import Evidence
from zoolib.networks import MLP
from zoolib.randomness import Seed, streams
from zoolib.world import ContextSpace, FeatureEngineer


class NeuralLinearAgent(LinearUCBAgent):
    """theta'z + alpha sqrt(z' A^-1 z) with z = phi(x), a network's embedding; A += z z', b += r z, theta = A^-1 b.

    Three choices make such an agent: how phi is trained, how the evidence A, b is kept, how the score explores. After a
    click the evidence comes first, then phi.

    Parameters
    ----------
    features, alpha
        See :class:`~zoolib.agents.base.UCBAgent`.
    d_emb, hidden_dim
        Widths of the embedding and of the hidden layer: phi is an MLP d -> hidden_dim -> d_emb.
    lr, ridge
        Step size of the training, and lambda > 0 of the prior A = lambda I.
    training
        ``Online()``, ``EndToEnd()``, ``Replay()`` or ``Frozen()`` (:mod:`zoolib.agents.training`).
    memory
        ``Everything()``, ``Window(n)``, ``Discount(gamma)``, ``Fresh(n)`` or ``HeadAlone()``
        (:mod:`zoolib.agents.memory`).
    exploration
        ``UCB()``, ``Thompson()`` or ``EpsilonGreedy(epsilon)`` (:mod:`zoolib.agents.exploration`).
    rng
        A seed or generator, or one for each world.

    >>> agent = NeuralLinearAgent(ContextSpace(d=9, n_arms=3), d_emb=16, rng=0)
    >>> agent.phi(np.eye(3, 9)).shape
    (3, 16)
    """

    def __init__(
        self, features: FeatureEngineer | ContextSpace, *, alpha: float = 0.3, d_emb: int = 32, hidden_dim: int = 64,
        lr: float = 0.01, training: Training = Online(), memory: Memory = Everything(),
        exploration: Exploration = UCB(), ridge: float = 1.0, rng: Seed | Sequence[Seed],
    ) -> None:  # fmt: skip
        super().__init__(features, alpha=alpha)
        self.d_emb, self.hidden_dim = checks.wholes(1, d_emb=d_emb, hidden_dim=hidden_dim)
        self.lr = checks.real("lr", lr, 0.0, open_low=True)
        self.ridge = checks.real("ridge", ridge, 0.0, open_low=True)
        for name, choice, kind in (("training", training, Training), ("memory", memory, Memory)):
            if not isinstance(choice, kind):
                raise TypeError(f"{name} must be one of the choices of zoolib.agents.{name}, got {choice!r}")
        if memory.needs_head and not training.has_head:
            raise ValueError(f"memory {memory!r} needs a head, which {type(training).__name__}() does not train")

        initial, batches, _, luck = streams(rng, self.batch_shape, 4)
        sizes = (features.d, hidden_dim, d_emb, *([1] if training.has_head else []))
        self.network = MLP(sizes, initial, self.batch_shape, linear=() if training.rectified else (2,))
        self.training = training.start(self.network, lr, batches, self.batch_shape)
        self.memory = memory.start(self.network, self.phi, ridge, self.batch_shape)
        self._explore(exploration, luck, d_emb)

    @property
    def evidence(self) -> Evidence:
        """The evidence A, b on embeddings."""
        return self.memory.evidence

    def phi(self, X: np.ndarray) -> np.ndarray:
        """Return the embedding of each row of ``X``, ``(..., n, d) -> (..., n, d_emb)``."""
        return self.network.forward(X, depth=2)[2]

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        """Sum up the click as phi embeds it now; then train phi."""
        self.memory.add(self.phi(x[..., None, :])[..., 0, :], x, reward)
        if self.training.step(x, reward, self.evidence):
            self.memory.reembed()
