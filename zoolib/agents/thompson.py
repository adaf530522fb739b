"""Thompson sampling where every arm has its own draw: a normal number in the place of the bonus (chapter 10).

An agent that draws a model theta_a for each arm from N(mu_a, alpha^2 A_a^-1) uses of it nothing but theta_a'x_a, whose
distribution is N(mu_a'x_a, alpha^2 x_a' A_a^-1 x_a). So it may as well draw that number: payoff + alpha * width * xi
with xi standard normal, independently for each arm. Chapelle and Li (2011) sample linear models, Zhang, Zhou, Li and Gu
(2021) define NeuralTS in this very form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolib.agents.arm_heads import ArmHeadsAgent
from zoolib.agents.diagonal import DiagonalNeuralUCBAgent
from zoolib.agents.exploration import Sampled
from zoolib.agents.linucb import LinUCBAgent
from zoolib.agents.training import Training
from zoolib.randomness import Seed, streams
from zoolib.world import ContextSpace, FeatureEngineer, ZooplusSimulator


class LinTSAgent(Sampled, LinUCBAgent):
    """Linear Thompson sampling, a model for each arm: theta_a'x + alpha xi_a sqrt(x' A_a^-1 x).

    Parameters
    ----------
    features, alpha, gamma, window, ridge
        See :class:`~zoolib.agents.linucb.LinUCBAgent`.
    rng
        A seed or generator, or one for each world.
    """

    state = ("evidence", "_rngs")

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
        super().__init__(features, alpha=alpha, gamma=gamma, window=window, ridge=ridge)
        (self._rngs,) = streams(rng, self.batch_shape, 1)

    def _appraise(self, user_id: Any, sim: ZooplusSimulator) -> tuple[np.ndarray, np.ndarray]:
        self._meet(sim)  # no score is worth keeping: each is drawn anew
        persona = np.asarray(sim.persona(user_id))
        mean, width = self.evidence.mean_and_width(self._by_entry)
        mean, width = (a.reshape(*self.evidence.shape, -1) for a in (mean, width))
        at = (*self.rows, ..., persona)
        xi = np.stack([rng.standard_normal(self.n_arms) for rng in self._rngs]).reshape(self.evidence.shape)
        return np.where(sim.for_sale, mean[at] + self.alpha * width[at] * xi, -np.inf), self._arms

    def _refresh(self, entry: Any) -> None:
        """Keep no scores."""


class NeuralTSAgent(Sampled, DiagonalNeuralUCBAgent):
    """NeuralTS: f(x) + alpha xi sqrt(sum g^2 / A).

    The parameters are those of :class:`~zoolib.agents.diagonal.DiagonalNeuralUCBAgent`.
    """

    state = ("network", "evidence", "training", "_rngs")

    def _start(self, training: Training, rngs: list[list[np.random.Generator]]) -> None:
        super()._start(training, rngs)
        self._rngs = rngs[2]


class ArmHeadsTSAgent(Sampled, ArmHeadsAgent):
    """Neural-Linear as Riquelme, Tucker and Snoek (2018) run it, with Thompson sampling.

    The parameters are those of :class:`~zoolib.agents.arm_heads.ArmHeadsAgent`.
    """

    state = ("network", "optimizer", "evidence", "buffer", "rngs", "_rngs")

    def _start(self, rngs: list[list[np.random.Generator]]) -> None:
        super()._start(rngs)
        self._rngs = rngs[2]
