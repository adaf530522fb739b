"""Agents that count (chapter 0): no features, no model, only how often each thing was shown and clicked.

In a shop they count pairs of persona and category, each persona a bandit of its own; elsewhere arms, whatever their
contexts. Nothing is carried over from one count to another: where these are few, nobody does much better.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.base import UCBAgent
from zoolib.agents.exploration import UCB, Exploration
from zoolib.agents.linucb import LinUCBAgent
from zoolib.randomness import Seed, streams
from zoolib.world import ContextSpace, FeatureEngineer, ZooplusSimulator

HALVINGS = 40  # So often an interval of rates is halved; what is left is below the tolerance of ties.


def shares(name: str, value: Any, shape: Sequence[int | None]) -> np.ndarray:
    """Return ``value`` as an array of ``shape`` of rewards in [0, 1], which count as clicks or as parts of them."""
    value = checks.finite(name, value, shape)
    if np.count_nonzero((value < 0) | (value > 1)):
        raise ValueError(f"{name} must lie between 0 and 1, as clicks do, got {value.min()} to {value.max()}")
    return value


class UCB1Agent(UCBAgent):
    """UCB1 (Auer, Cesa-Bianchi and Fischer, Machine Learning 2002): c / n + alpha sqrt(2 ln t / n).

    n is how often something was shown, c how often it was clicked, t the sum of n over what there is to choose from.
    What was never shown comes first. With alpha 0 it is greedy: it shows each thing once, and from then on what has the
    highest rate. A reward outside [0, 1] is a ``ValueError``.

    Parameters
    ----------
    features
        See :class:`~zoolib.agents.Agent`.
    alpha
        Weight of the uncertainty, at least 0; 1 is UCB1.
    exploration
        ``UCB()``, or with alpha 0 ``EpsilonGreedy(epsilon)``.
    rng
        Where the exploration is random: a seed or generator, or one for each world.

    >>> agent = UCB1Agent(ContextSpace(d=1, n_arms=3))
    >>> for reward in (1, 0, 0, 1):
    ...     agent.learn(np.ones(1), agent.select(np.ones((3, 1))), reward)
    >>> agent.shown.tolist(), agent.clicked.tolist()
    ([2.0, 1.0, 1.0], [2.0, 0.0, 0.0])
    """

    def __init__(
        self,
        features: FeatureEngineer | ContextSpace,
        *,
        alpha: float = 1.0,
        exploration: Exploration = UCB(),
        rng: Seed | Sequence[Seed] | None = None,
    ) -> None:
        shop = isinstance(features, FeatureEngineer)
        super().__init__(features.encoded("crossed") if shop else features, alpha=alpha)
        self.in_shop = shop
        self.shown, self.clicked = np.zeros((2, *self.batch_shape, self.features.d if shop else self.n_arms))
        self._explore(exploration, None if rng is None else streams(rng, self.batch_shape, 1)[0], None)

    def counts(self, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return how often what the rows of ``X`` stand for was shown, and clicked, ``(..., n)``."""
        if self.in_shop:  # A row has a 1 in the place of its pair.
            return np.matvec(X, self.shown), np.matvec(X, self.clicked)
        return self.shown, self.clicked

    def candidates(self, user_id: Any, sim: ZooplusSimulator) -> tuple[np.ndarray, np.ndarray]:
        """Return the contexts that differ, and their products; what is sold out counts as never shown."""
        X, arms = super().candidates(user_id, sim)
        return X * sim.offers(arms)[..., None], arms

    def payoff(self, X: np.ndarray) -> np.ndarray:
        """Return the click rate; infinity of what was never shown."""
        n, c = self.counts(X)
        return np.divide(c, n, out=np.full_like(n, np.inf), where=n > 0)

    def uncertainty(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(2 ln t / n); infinity of what was never shown."""
        n, _ = self.counts(X)
        t = np.maximum(n.sum(-1, keepdims=True), 1)
        return np.sqrt(np.divide(2 * np.log(t), n, out=np.full_like(n, np.inf), where=n > 0))

    def checked(self, x: Any, arm: Any, reward: Any) -> tuple[np.ndarray, Any, Any]:
        """Return what ``learn`` takes; a reward outside [0, 1] is refused."""
        return super().checked(x, arm, shares("reward", reward, self.batch_shape))

    def _contexts(self, X: Any) -> np.ndarray:
        return super()._contexts(X) if self.in_shop else LinUCBAgent._contexts(self, X)

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        one = x if self.in_shop else np.eye(self.n_arms)[arm]
        self.shown += one
        self.clicked += one * np.asarray(reward)[..., None]


class KLUCBAgent(UCB1Agent):
    """KL-UCB (Garivier and Cappe, COLT 2011): the highest rate q with n kl(c / n, q) <= ln t.

    kl(p, q) = p ln(p / q) + (1 - p) ln((1 - p) / (1 - q)) says how unlikely a click rate is if the true one is q. For
    clicks no agent that does well in every shop can have less regret in the long run (Lai and Robbins, 1985).

    Parameters
    ----------
    features
        See :class:`~zoolib.agents.Agent`.

    >>> agent = KLUCBAgent(ContextSpace(d=1, n_arms=2))
    >>> for arm in (0, 1, 1, 1, 1):
    ...     agent.learn(np.ones(1), arm, 1)
    >>> agent.learn(np.ones(1), 1, 0)
    >>> agent.score(np.ones((2, 1))).round(3).tolist()
    [1.0, 0.986]
    """

    def __init__(self, features: FeatureEngineer | ContextSpace) -> None:
        super().__init__(features)

    def score(self, X: np.ndarray) -> np.ndarray:
        """Return the highest rate that is not too unlikely; infinity of what was never shown."""
        n, c = self.counts(X)
        p, most = c / np.maximum(n, 1), np.log(np.maximum(n.sum(-1, keepdims=True), 1))
        low, high = p, np.ones_like(p)
        for _ in range(HALVINGS):
            q = (low + high) / 2
            likely = n * divergence(p, q) <= most
            low, high = np.where(likely, q, low), np.where(likely, high, q)
        return np.where(n > 0, low, np.inf)


class BetaThompsonAgent(UCB1Agent):
    """Thompson sampling of clicks (Thompson, 1933; Chapelle and Li, NIPS 2011): rates drawn from Beta posteriors.

    From a uniform prior that is Beta(1 + c, 1 + n - c), for c clicks in n.

    Parameters
    ----------
    features
        See :class:`~zoolib.agents.Agent`.
    rng
        A seed or generator, or one for each world.

    >>> agent = BetaThompsonAgent(ContextSpace(d=1, n_arms=2), rng=0)
    >>> agent.clicked[:] = agent.shown[:] = 0, 1000
    >>> agent.select(np.ones((2, 1)))
    1
    """

    def __init__(self, features: FeatureEngineer | ContextSpace, *, rng: Seed | Sequence[Seed]) -> None:
        super().__init__(features)
        self._rngs = streams(rng, self.batch_shape, 1)[0]

    def score(self, X: np.ndarray) -> np.ndarray:
        """Return a rate for each row, drawn from what is believed of it."""
        n, c = self.counts(X)
        a, b = (part.reshape(len(self._rngs), -1).tolist() for part in (1 + c, 1 + n - c))
        drawn = [
            list(map(rng.beta, *of)) for rng, *of in zip(self._rngs, a, b, strict=True)
        ]  # This is faster than arrays.
        return np.reshape(drawn, n.shape)


def divergence(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return kl(p, q) of click rates, entry by entry; infinity where q rules out what p saw.

    >>> divergence(np.array([0.5, 0.0, 1.0]), np.array([0.25, 0.5, 0.5])).round(3).tolist()
    [0.144, 0.693, 0.693]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        hit = np.where(p > 0, p * np.log(p / q), 0.0)
        miss = np.where(p < 1, (1 - p) * np.log((1 - p) / (1 - q)), 0.0)
    return hit + miss
