"""Explorations that draw: Thompson sampling, epsilon-greedy, inverse gap weighting, for any agent (chapters 4, 6, 10).

Where inverse gap weighting here differs from its papers:

1. gamma is a constant; in SquareCB it is set from the horizon and the regression oracle's regret.
2. The oracle is whatever regression the agent does, which learns from the shown arms without weights, as theirs does.
3. K counts the choices that differ: products that the agent cannot tell apart are one, of which the first is shown.
4. FastCB regresses with the logarithmic loss. What it divides by is the greedy arm's expected loss, here 1 - payoff.
   Where payoffs are small that is nearly 1, and so the payoff can be divided by in its place, as some libraries do.
   What an agent puts below 1e-9 counts as that much.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents.exploration import Exploration, Rngs
from zoolib.randomness import UniformStream
from zoolib.ties import first_best

LEAST = 1e-9  # what a greedy loss or payoff counts as at least


class NormalStream(UniformStream):
    """Vectors of ``d`` standard normal numbers, one for every world at each call, ``(*batch_shape, d)``."""

    def __init__(self, rngs: Rngs, batch_shape: tuple[int, ...], d: int) -> None:
        self.width = (d,)
        super().__init__(rngs, batch_shape, block=256)

    def _draw(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return rng.standard_normal((n, *self.width))


@dataclass
class Thompson(Exploration):
    """Probability matching: a theta drawn from N(A^-1 b, alpha^2 A^-1) takes the place of A^-1 b at each decision.

    It is A^-1 b + alpha C xi with A^-1 = C C' (Cholesky) and xi standard normal. One could draw by singular values
    too, but their vectors have a sign that differs between builds of the linear algebra (Kilitcioglu and Kadioglu,
    2022); Cholesky's factor is unique. Where each arm has a model of its own, it is :class:`ArmThompson`.

    >>> Thompson().is_random
    True
    """

    is_random = asks_for_inverse = True
    state = ("_normals",)

    def start(self, rngs: Rngs | None, batch_shape: tuple[int, ...], d: int | None) -> Exploration:
        """Return a copy for an agent; for one whose arms have models of their own, what is the same there."""
        return ArmThompson().start(rngs, batch_shape, d) if d is None else super().start(rngs, batch_shape, d)

    def _bind(self, rngs: Rngs | None, batch_shape: tuple[int, ...], d: int | None) -> None:
        self._normals = NormalStream(self._needed(rngs), batch_shape, d)

    def bonus(self, agent: Any, Z: np.ndarray) -> np.ndarray:
        """Return z'C xi for the rows z of ``Z``: of mean 0 and standard deviation sqrt(z' A^-1 z), drawn jointly."""
        return np.matvec(Z, np.matvec(np.linalg.cholesky(agent.evidence.A_inv), self._normals()))


@dataclass
class ArmThompson(Exploration):
    """Thompson sampling where every arm has its own draw: a normal number times the width.

    An agent that draws a model theta_a for each arm from N(mu_a, alpha^2 A_a^-1) uses of it nothing but theta_a'x_a,
    whose distribution is N(mu_a'x_a, alpha^2 x_a' A_a^-1 x_a). So it may as well draw that number: payoff + alpha xi
    width, with xi standard normal, independently for each arm. Agrawal and Goyal (ICML 2013) sample linear models,
    Zhang, Zhou, Li and Gu (2021) define NeuralTS in this very form.

    >>> ArmThompson().is_random
    True
    """

    is_random = True
    state = ("_rngs",)

    def _bind(self, rngs: Rngs | None, batch_shape: tuple[int, ...], d: int | None) -> None:
        self._rngs = self._needed(rngs)

    def bonus(self, agent: Any, Z: Any) -> np.ndarray:
        """Return width times a standard normal number for each row: new at each call."""
        width = agent.width(Z)
        xi = np.array([rng.standard_normal(width.shape[-1]) for rng in self._rngs])
        return width * xi.reshape(width.shape)


class ByChance(Exploration):
    """One that draws a uniform number at each decision, and of which the score itself knows nothing."""

    state = ("_uniforms",)

    def _bind(self, rngs: Rngs | None, batch_shape: tuple[int, ...], d: int | None) -> None:
        self._uniforms = UniformStream(self._needed(rngs), batch_shape)

    def bonus(self, agent: Any, Z: Any) -> float:
        """Return 0: this score does not explore."""
        return 0.0


@dataclass
class EpsilonGreedy(ByChance):
    """The highest payoff, but with probability ``epsilon``, in [0, 1], any product.

    >>> EpsilonGreedy(0.2)
    EpsilonGreedy(epsilon=0.2)
    """

    epsilon: float = checks.Setting(0.0, 1.0, default=0.1)

    def divert(self, arm: Any, for_sale: np.ndarray) -> Any:
        """Return ``arm``, or any that is for sale."""
        u = self._uniforms()  # below epsilon, u / epsilon is uniform in turn
        place = u / (self.epsilon or 1.0) * for_sale.sum(-1)
        some = (for_sale.cumsum(-1) > np.asarray(place)[..., None]).argmax(-1)
        return np.where(u < self.epsilon, some, arm)


@dataclass
class InverseGap(ByChance):
    """Inverse gap weighting: an arm is shown the more rarely, the farther its payoff is below the highest.

    Of K arms, all but the greedy one have the probability 1 / (K + gamma (highest payoff - payoff)), and the greedy one
    has the rest. Abe and Long (ICML 1999) draw so, and Foster and Rakhlin (ICML 2020) show that its regret is of the
    best order where the regression can express the payoffs: SquareCB. Neither alpha nor the width has a part in it.

    Parameters
    ----------
    gamma
        Weight of a gap, above 0. The higher, the greedier.
    per
        What gamma is divided by: ``"one"``; or the greedy arm's ``"loss"``, 1 - payoff, which is FastCB (Foster and
        Krishnamurthy, NeurIPS 2021); or its ``"payoff"``.

    >>> InverseGap(gamma=20.0).chances(np.array([0.5, 0.4, 0.1])).round(3).tolist()
    [0.709, 0.2, 0.091]
    """

    gamma: float = checks.Setting(0.0, open_low=True, default=100.0)
    per: str = "one"

    goes_by_gaps = True

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, checks.choice("per", value, ("one", "loss", "payoff")) if name == "per" else value)

    def chances(self, scores: np.ndarray) -> np.ndarray:
        """Return the probability of each row given its payoff, ``(..., n) -> (..., n)``; 0 where that is -inf."""
        best = scores.max(-1, keepdims=True)
        gap = np.subtract(best, scores, out=np.zeros_like(scores), where=scores < best)
        unit = {"one": np.ones_like(best), "loss": 1 - best, "payoff": best}[self.per]
        gamma = self.gamma / np.maximum(unit, LEAST)
        greedy = first_best(scores)[..., None] == np.arange(scores.shape[-1])
        others = np.where(greedy, 0.0, 1 / ((scores > -np.inf).sum(-1, keepdims=True) + gamma * gap))
        return others + greedy * (1 - others.sum(-1, keepdims=True))

    def pick(self, scores: np.ndarray) -> Any:
        """Return a row that is drawn by its chance."""
        return (self.chances(scores).cumsum(-1) > np.asarray(self._uniforms())[..., None]).argmax(-1)
