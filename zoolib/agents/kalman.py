"""A Bayesian network without replay, for worlds that drift: an extended Kalman filter on all weights, of low rank.

Duran-Martin, Sanchez-Betancourt, Cartea and Murphy (arXiv 2506.11898) call it LRKF; with the rank of all weights it is
the extended Kalman filter that Duran-Martin, Kara and Murphy (AISTATS 2022) compare with. Where we differ from LRKF:

1. LRKF puts all of the drift q I back after a click, also what the click has explained of it. Here that is gone, so
   that with all weights kept the filter is the exact one.
2. The reward's variance is a constant.
3. With Thompson sampling payoffs are drawn, by themselves for each arm as there, but without the noise of a click.
   Optimism, epsilon-greedy and inverse gaps are not in the paper.
4. Their other filters, HiLoFi and LoLoFi, which treat the last layer apart from the hidden ones, are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.base import UCBAgent
from zoolib.agents.exploration import UCB, Exploration
from zoolib.evidence import LowRankFilter
from zoolib.networks import MLP
from zoolib.randomness import Seed, streams
from zoolib.world import ContextSpace, FeatureEngineer


class KalmanNetworkAgent(UCBAgent):
    """f(x) + alpha sqrt(g'S g), g = df(x)/dw: the weights w of a network are normal, and a click moves mean and S.

    f is an MLP d -> hidden_dim -> 1, one for all arms. It learns by :class:`~zoolib.evidence.LowRankFilter` alone, and
    no click is kept.

    Parameters
    ----------
    features, alpha
        See :class:`~zoolib.agents.base.UCBAgent`.
    hidden_dim
        Width of the hidden layer; there are p = (d + 1) hidden_dim + hidden_dim + 1 weights.
    rank
        Number of directions of the weights about which something is known; None: all p of them.
    prior, noise
        Variance of the weights at first, in ``rank`` directions that are drawn, and of a reward, above 0 both.
    drift
        q, by how much the variance of each weight grows from one click to the next, at least 0. It is how fast the
        agent forgets.
    exploration
        ``UCB()``, ``ArmThompson()``, ``EpsilonGreedy(epsilon)`` or ``InverseGap(gamma)``.
    rng
        A seed or generator, or one for each world.

    >>> agent = KalmanNetworkAgent(ContextSpace(d=4, n_arms=3), hidden_dim=5, rank=6, rng=0)
    >>> agent.filter.U.shape
    (6, 31)
    """

    state = ("network", "filter", "exploration")
    hidden_dim, rank = checks.Setting(1, kind=int, fixed=True), checks.Setting(1, kind=int, optional=True, fixed=True)
    prior, noise = checks.Setting(0.0, open_low=True, fixed=True), checks.Setting(0.0, open_low=True)
    drift = checks.Setting(0.0)

    def __init__(
        self,
        features: FeatureEngineer | ContextSpace,
        *,
        alpha: float = 1.0,
        hidden_dim: int = 16,
        rank: int | None = 20,
        prior: float = 1.0,
        noise: float = 0.25,
        drift: float = 0.0,
        exploration: Exploration = UCB(),  # noqa: B008  the agent keeps a copy
        rng: Seed | Sequence[Seed],
    ) -> None:
        super().__init__(features, alpha=alpha)
        self.hidden_dim, self.rank, self.prior, self.noise, self.drift = hidden_dim, rank, prior, noise, drift
        initial, directions, drawn = streams(rng, self.batch_shape, 3)
        self.network = MLP((features.d, hidden_dim, 1), initial, self.batch_shape)
        p, how = self.network.p, {"prior": prior, "noise": noise, "drift": drift}
        self.filter = LowRankFilter(p, rank or p, self.batch_shape, rngs=directions, **how)
        self._explore(exploration, drawn, None)

    def payoff(self, X: np.ndarray) -> np.ndarray:
        """Return f(x)."""
        return self.network(X)[..., 0]

    def uncertainty(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(g'S g)."""
        return self.filter.width(self.network.gradients(X))

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        X = x[..., None, :]
        missed = np.asarray(reward) - self.payoff(X)[..., 0]
        self.network.flat += self.filter.add(self.network.gradients(X)[..., 0, :], missed)

    def _changed(self, name: str, before: float) -> None:
        self.filter.noise, self.filter.drift = self.noise, self.drift
