"""Agents that are others with another exploration, under the names by which they are known (chapters 6 and 10)."""

from collections.abc import Sequence
from typing import Any

from zoolab.rivals.arm_heads import ArmHeadsAgent
from zoolab.rivals.diagonal_neural_ucb import DiagonalNeuralUCBAgent
from zoolib.agents.exploration import ArmThompson, EpsilonGreedy
from zoolib.agents.linucb import LinUCBAgent
from zoolib.agents.memory import HeadAlone
from zoolib.agents.neural_linear import NeuralLinearAgent
from zoolib.agents.training import Replay, Training
from zoolib.randomness import Seed
from zoolib.world import ContextSpace, FeatureEngineer

Features = FeatureEngineer | ContextSpace


class _Drawing:
    """Mixed in before an agent of many widths: the same, and of the same parameters, with Thompson sampling."""

    def __init__(self, features: Features, *, rng: Seed | Sequence[Seed], **settings: Any) -> None:
        super().__init__(features, **settings, exploration=ArmThompson(), rng=rng)


class LinTSAgent(_Drawing, LinUCBAgent):
    """Linear Thompson sampling (Agrawal and Goyal, 2013), a model an arm: theta_a'x + alpha xi_a sqrt(x' A_a^-1 x).

    It is :class:`LinUCBAgent` with ``exploration=ArmThompson()``, and has its parameters.

    >>> LinTSAgent(ContextSpace(d=2, n_arms=3), rng=0).exploration
    ArmThompson()
    """


class NeuralTSAgent(_Drawing, DiagonalNeuralUCBAgent):
    """NeuralTS (Zhang, Zhou, Li and Gu, 2021): f(x) + alpha xi sqrt(sum g^2 / A).

    It is :class:`DiagonalNeuralUCBAgent` with ``exploration=ArmThompson()``, and has its parameters.

    >>> NeuralTSAgent(ContextSpace(d=2, n_arms=3), rng=0).exploration
    ArmThompson()
    """


class ArmHeadsTSAgent(_Drawing, ArmHeadsAgent):
    """Neural-Linear as Riquelme, Tucker and Snoek (2018) run it, with Thompson sampling, but for a constant alpha.

    It is :class:`ArmHeadsAgent` with ``exploration=ArmThompson()``, and has its parameters.

    >>> ArmHeadsTSAgent(ContextSpace(d=2, n_arms=3), rng=0).exploration
    ArmThompson()
    """


class EpsilonGreedyAgent(NeuralLinearAgent):
    """Epsilon-greedy on the same network (chapter 5): the product that its head rates highest, or any.

    It is :class:`NeuralLinearAgent` without evidence, trained by replay, exploring by chance alone, and has its other
    parameters (``d_emb``, ``hidden_dim``, ``lr``, ``training``).

    Parameters
    ----------
    epsilon
        Probability of showing any product, in [0, 1].

    >>> EpsilonGreedyAgent(ContextSpace(d=2, n_arms=3), epsilon=0.2, rng=0).exploration
    EpsilonGreedy(epsilon=0.2)
    """

    def __init__(
        self,
        features: Features,
        *,
        epsilon: float = 0.1,
        training: Training = Replay(),
        rng: Seed | Sequence[Seed],
        **settings: Any,
    ) -> None:
        how = {"training": training, "memory": HeadAlone(), "exploration": EpsilonGreedy(epsilon)}
        super().__init__(features, alpha=0.0, **how, **settings, rng=rng)

    @property
    def epsilon(self) -> float:
        """Probability of showing any product."""
        return self.exploration.epsilon

    @epsilon.setter
    def epsilon(self, value: float) -> None:
        self.exploration.epsilon = value
