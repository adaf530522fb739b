"""How a score explores: the one choice that all agents share (chapters 2, 4, 6 and 10).

An exploration says what alpha is multiplied with, and may divert the choice. Where it is random the agent keeps a copy
with generators of its own.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from zoolib import checks
from zoolib.persistence import Stateful
from zoolib.randomness import NormalStream, UniformStream

Rngs = list[np.random.Generator]


class Sampled(Protocol):
    """What an exploration asks of an agent."""

    evidence: Any

    def width(self, Z: Any) -> np.ndarray:
        """Return how unsure it is of each row."""


class Exploration(Stateful):
    """What all explorations are.

    Attributes
    ----------
    is_random
        Whether the score itself is drawn.
    asks_for_inverse
        Whether A^-1 itself is used, and not only means and widths.
    """

    is_random = asks_for_inverse = False

    def start(self, rngs: Rngs | None, batch_shape: tuple[int, ...], d: int | None) -> Exploration:
        """Return a copy for an agent.

        Parameters
        ----------
        rngs
            A generator a world, for what is random in it; None: there is none.
        batch_shape
            Of the agent.
        d
            Length of what it embeds, of which one linear model judges all rows; None: each arm has its own.
        """
        mine = copy.copy(self)
        mine._bind(rngs, batch_shape, d)
        return mine

    def _bind(self, rngs: Rngs | None, batch_shape: tuple[int, ...], d: int | None) -> None:
        """Take what is needed."""

    def _needed(self, rngs: Rngs | None) -> Rngs:
        if rngs is None:
            raise TypeError(f"rng must be given for exploration={self!r}: randomness is handed in, never implied")
        return rngs

    def bonus(self, agent: Sampled, Z: Any) -> Any:
        """Return what alpha multiplies in the score of what the agent embedded, ``(..., n)``."""
        raise NotImplementedError

    def divert(self, arm: Any, for_sale: np.ndarray) -> Any:
        """Return the arm to show when ``arm`` has the highest score, given which are for sale, ``(..., K)``."""
        return arm


@dataclass
class UCB(Exploration):
    """Optimism: payoff plus alpha times the width of its interval."""

    def bonus(self, agent: Sampled, Z: Any) -> np.ndarray:
        """Return the width."""
        return agent.width(Z)


@dataclass
class Thompson(Exploration):
    """Probability matching: a theta drawn from N(A^-1 b, alpha^2 A^-1) takes the place of A^-1 b at each decision.

    It is A^-1 b + alpha C xi with A^-1 = C C' (Cholesky) and xi standard normal. One could draw by singular values
    too, but their vectors have a sign that differs between builds of the linear algebra (Kilitcioglu and Kadioglu,
    2022); Cholesky's factor is unique. Where each arm has a model of its own, it is :class:`ArmThompson`.
    """

    is_random = asks_for_inverse = True
    state = ("_normals",)

    def start(self, rngs: Rngs | None, batch_shape: tuple[int, ...], d: int | None) -> Exploration:
        """Return a copy for an agent; for one whose arms have models of their own, what is the same there."""
        return ArmThompson().start(rngs, batch_shape, d) if d is None else super().start(rngs, batch_shape, d)

    def _bind(self, rngs: Rngs | None, batch_shape: tuple[int, ...], d: int | None) -> None:
        self._normals = NormalStream(self._needed(rngs), batch_shape, d)

    def bonus(self, agent: Sampled, Z: np.ndarray) -> np.ndarray:
        """Return z'C xi for the rows z of ``Z``: of mean 0 and standard deviation sqrt(z' A^-1 z), drawn jointly."""
        return np.matvec(Z, np.matvec(np.linalg.cholesky(agent.evidence.A_inv), self._normals()))


@dataclass
class ArmThompson(Exploration):
    """Thompson sampling where every arm has its own draw: a normal number times the width.

    An agent that draws a model theta_a for each arm from N(mu_a, alpha^2 A_a^-1) uses of it nothing but theta_a'x_a,
    whose distribution is N(mu_a'x_a, alpha^2 x_a' A_a^-1 x_a). So it may as well draw that number: payoff + alpha xi
    width, with xi standard normal, independently for each arm. Chapelle and Li (2011) sample linear models, Zhang,
    Zhou, Li and Gu (2021) define NeuralTS in this very form.
    """

    is_random = True
    state = ("_rngs",)

    def _bind(self, rngs: Rngs | None, batch_shape: tuple[int, ...], d: int | None) -> None:
        self._rngs = self._needed(rngs)

    def bonus(self, agent: Sampled, Z: Any) -> np.ndarray:
        """Return width times a standard normal number for each row: new at each call."""
        width = agent.width(Z)
        xi = np.stack([rng.standard_normal(width.shape[-1]) for rng in self._rngs])
        return width * xi.reshape(width.shape)


@dataclass
class EpsilonGreedy(Exploration):
    """The highest payoff, but with probability ``epsilon`` any product.

    Parameters
    ----------
    epsilon
        In [0, 1].
    """

    epsilon: float = checks.Setting(0.0, 1.0, default=0.1)

    state = ("_uniforms",)

    def _bind(self, rngs: Rngs | None, batch_shape: tuple[int, ...], d: int | None) -> None:
        self._uniforms = UniformStream(self._needed(rngs), batch_shape)

    def bonus(self, agent: Sampled, Z: Any) -> float:
        """Return 0: this score does not explore."""
        return 0.0

    def divert(self, arm: Any, for_sale: np.ndarray) -> Any:
        """Return ``arm``, or any that is for sale."""
        u = self._uniforms()  # below epsilon, u / epsilon is uniform in turn
        place = u / (self.epsilon or 1.0) * for_sale.sum(-1)
        some = (for_sale.cumsum(-1) > np.asarray(place)[..., None]).argmax(-1)
        return np.where(u < self.epsilon, some, arm)
