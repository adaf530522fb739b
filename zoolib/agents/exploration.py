"""How a score explores: UCB, Thompson sampling, epsilon-greedy, for any agent (chapters 2, 4, 5 and 6)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.randomness import UniformStream
from zoolib.ties import argmax

Rngs = list[np.random.Generator]
Width = Callable[[np.ndarray], np.ndarray]


class NormalStream(UniformStream):
    """Vectors of ``d`` standard normal numbers, one for every world at each call, ``(*batch_shape, d)``."""

    def __init__(self, rngs: Rngs, batch_shape: tuple[int, ...], d: int) -> None:
        self.width = (d,)
        super().__init__(rngs, batch_shape, block=256)

    def _draw(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return rng.standard_normal((n, *self.width))


class Exploration:
    """What alpha multiplies in a score, and which product is shown in the end.

    Attributes
    ----------
    is_random
        Whether the score itself is sampled, so that the chances of the products can only be estimated.
    pick
        A function that returns the row to choose by its score, ``(..., n) -> (...)``; a score of -inf is never chosen.

    >>> Exploration().override(3, for_sale=np.ones(5, dtype=bool))
    3
    """

    is_random = False
    pick = staticmethod(argmax)

    def start(self, rngs: Rngs | None, batch_shape: tuple[int, ...], d: int | None) -> Exploration:
        """Return a copy for an agent.

        Parameters
        ----------
        rngs, batch_shape
            A generator for each world (None: there is none), and the shape of the agent.
        d
            Length of what one linear model sees of all rows; None if each arm has a model of its own.
        """
        mine = copy.copy(self)
        mine._draw_from(rngs, batch_shape, d)
        return mine

    def _draw_from(self, rngs: Rngs | None, batch_shape: tuple[int, ...], d: int | None) -> None:
        """Take the generators, if anything is drawn."""

    def _needed(self, rngs: Rngs | None) -> Rngs:
        if rngs is None:
            raise TypeError(f"rng must be given for exploration={self!r}: randomness is handed in, never implied")
        return rngs

    def bonus(self, width: Width, X: np.ndarray, evidence: Any) -> Any:
        """Return what alpha multiplies for the rows of ``X``, ``(..., n)``.

        Parameters
        ----------
        width, evidence
            A function that returns how unsure the agent is of each row; and what it rests on, if the agent is linear.
        """
        return 0.0

    def override(self, arm: Any, for_sale: np.ndarray) -> Any:
        """Return the arm to show when ``arm`` has the highest score, given which are for sale, ``(..., K)``."""
        return arm


@dataclass
class UCB(Exploration):
    """Optimism: payoff plus alpha times the width of its interval.

    >>> UCB().is_random
    False
    """

    def bonus(self, width: Width, X: np.ndarray, evidence: Any) -> np.ndarray:
        """Return the width."""
        return width(X)


@dataclass
class Thompson(Exploration):
    """Probability matching: a theta drawn from N(A^-1 b, alpha^2 A^-1) takes the place of A^-1 b at each decision.

    It is A^-1 b + alpha C xi with A^-1 = C C' (Cholesky) and xi standard normal. One could draw by singular values
    too, but their vectors have a sign that differs between builds of the linear algebra (Kilitcioglu and Kadioglu,
    2022); Cholesky's factor is unique. Where each arm has a model of its own, it is :class:`ArmThompson`.

    >>> Thompson().is_random
    True
    """

    is_random = True

    def start(self, rngs: Rngs | None, batch_shape: tuple[int, ...], d: int | None) -> Exploration:
        """Return a copy for an agent; :class:`ArmThompson` for one whose arms have models of their own."""
        return ArmThompson().start(rngs, batch_shape, d) if d is None else super().start(rngs, batch_shape, d)

    def _draw_from(self, rngs: Rngs | None, batch_shape: tuple[int, ...], d: int | None) -> None:
        self._normals = NormalStream(self._needed(rngs), batch_shape, d)

    def bonus(self, width: Width, X: np.ndarray, evidence: Any) -> np.ndarray:
        """Return z'C xi for the rows z of ``X``: of mean 0 and standard deviation sqrt(z' A^-1 z), drawn jointly."""
        return np.matvec(X, np.matvec(np.linalg.cholesky(evidence.A_inv), self._normals()))


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

    def _draw_from(self, rngs: Rngs | None, batch_shape: tuple[int, ...], d: int | None) -> None:
        self._rngs = self._needed(rngs)

    def bonus(self, width: Width, X: np.ndarray, evidence: Any) -> np.ndarray:
        """Return width times a standard normal number for each row: new at each call."""
        w = width(X)
        xi = np.array([rng.standard_normal(w.shape[-1]) for rng in self._rngs])
        return w * xi.reshape(w.shape)


class ByChance(Exploration):
    """Draws a uniform number at each decision; the score itself does not explore."""

    def _draw_from(self, rngs: Rngs | None, batch_shape: tuple[int, ...], d: int | None) -> None:
        self._uniforms = UniformStream(self._needed(rngs), batch_shape)


@dataclass
class EpsilonGreedy(ByChance):
    """The highest payoff, but with probability ``epsilon``, in [0, 1], any product.

    >>> EpsilonGreedy(0.2)
    EpsilonGreedy(epsilon=0.2)
    """

    epsilon: float = 0.1

    def __post_init__(self) -> None:
        self.epsilon = checks.real("epsilon", self.epsilon, 0.0, 1.0)

    def override(self, arm: Any, for_sale: np.ndarray) -> Any:
        """Return ``arm``, or any that is for sale."""
        u = self._uniforms()  # If u is below epsilon, u / epsilon is uniform in turn.
        place = u / (self.epsilon or 1.0) * for_sale.sum(-1)
        other = (for_sale.cumsum(-1) > np.asarray(place)[..., None]).argmax(-1)
        return np.where(u < self.epsilon, other, arm)
