"""Exploring by chance alone: what a network is worth without evidence (chapter 6)."""

from __future__ import annotations

from collections.abc import Sequence

from zoolib.agents.exploration import EpsilonGreedy
from zoolib.agents.memory import HeadAlone
from zoolib.agents.neural_linear import NeuralLinearAgent
from zoolib.agents.training import Replay, Training
from zoolib.randomness import Seed
from zoolib.world import ContextSpace, FeatureEngineer


class EpsilonGreedyAgent(NeuralLinearAgent):
    """Epsilon-greedy on the same network: the product that its head rates highest, or any.

    It is Neural-Linear with another set of choices: trained by replay, without evidence, exploring by chance alone. The
    parameters are those of :class:`NeuralLinearAgent`, and

    Parameters
    ----------
    epsilon
        Probability of showing any product, in [0, 1].
    """

    def __init__(
        self,
        features: FeatureEngineer | ContextSpace,
        *,
        epsilon: float = 0.1,
        d_emb: int = 32,
        hidden_dim: int = 64,
        lr: float = 0.01,
        training: Training = Replay(),  # noqa: B008
        rng: Seed | Sequence[Seed],
    ) -> None:
        self.epsilon = epsilon
        super().__init__(
            features,
            alpha=0.0,
            d_emb=d_emb,
            hidden_dim=hidden_dim,
            lr=lr,
            training=training,
            memory=HeadAlone(),
            exploration=EpsilonGreedy(epsilon),
            rng=rng,
        )
