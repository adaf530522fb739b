"""Agents that are others with another exploration, under the names by which they are known (chapters 6 and 10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoolib.agents.arm_heads import ArmHeadsAgent
from zoolib.agents.linucb import LinUCBAgent
from zoolib.agents.memory import HeadAlone
from zoolib.agents.neural_linear import NeuralLinearAgent
from zoolib.agents.neural_ucb import DiagonalNeuralUCBAgent
from zoolib.agents.sampling import ArmThompson, EpsilonGreedy
from zoolib.agents.training import EndToEnd, Replay, Training
from zoolib.randomness import Seed
from zoolib.world import ContextSpace, FeatureEngineer


class LinTSAgent(LinUCBAgent):
    """Linear Thompson sampling, a model for each arm: theta_a'x + alpha xi_a sqrt(x' A_a^-1 x).

    It is :class:`LinUCBAgent` with ``exploration=ArmThompson()``, and has its parameters.
    """

    def __init__(
        self,
        features: FeatureEngineer | ContextSpace,
        *,
        alpha: float = 0.2,
        gamma: float = 1.0,
        window: int | None = None,
        ridge: float = 1.0,
        rng: Seed | Sequence[Seed],
    ) -> None:
        how = {"alpha": alpha, "gamma": gamma, "window": window, "ridge": ridge}
        super().__init__(features, **how, exploration=ArmThompson(), rng=rng)


class NeuralTSAgent(DiagonalNeuralUCBAgent):
    """NeuralTS (Zhang, Zhou, Li and Gu, 2021): f(x) + alpha xi sqrt(sum g^2 / A).

    It is :class:`DiagonalNeuralUCBAgent` with ``exploration=ArmThompson()``, and has its parameters.
    """

    def __init__(
        self,
        features: FeatureEngineer | ContextSpace,
        *,
        alpha: float = 0.1,
        lr: float = 0.01,
        hidden_dim: int = 32,
        training: Training = EndToEnd(),  # noqa: B008
        ridge: float = 1.0,
        rng: Seed | Sequence[Seed],
    ) -> None:
        how = {"alpha": alpha, "lr": lr, "hidden_dim": hidden_dim, "training": training, "ridge": ridge}
        super().__init__(features, **how, exploration=ArmThompson(), rng=rng)


class ArmHeadsTSAgent(ArmHeadsAgent):
    """Neural-Linear as Riquelme, Tucker and Snoek (2018) run it, with Thompson sampling.

    It is :class:`ArmHeadsAgent` with ``exploration=ArmThompson()``, and has its parameters.
    """

    def __init__(self, features: ContextSpace, *, rng: Seed | Sequence[Seed], **settings: Any) -> None:
        super().__init__(features, **settings, exploration=ArmThompson(), rng=rng)


class EpsilonGreedyAgent(NeuralLinearAgent):
    """Epsilon-greedy on the same network (chapter 6): the product that its head rates highest, or any.

    It is :class:`NeuralLinearAgent` with another set of choices: trained by replay, without evidence, exploring by
    chance alone. The parameters are those, and

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
        how = {"d_emb": d_emb, "hidden_dim": hidden_dim, "lr": lr, "training": training, "rng": rng}
        super().__init__(features, alpha=0.0, **how, memory=HeadAlone(), exploration=EpsilonGreedy(epsilon))

    @property
    def epsilon(self) -> float:
        """Probability of showing any product."""
        return self.exploration.epsilon

    @epsilon.setter
    def epsilon(self, value: float) -> None:
        self.exploration.epsilon = value
