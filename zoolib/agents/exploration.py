"""The third choice in a Neural-Linear agent: how the score explores (chapters 4 and 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zoolib import checks
from zoolib.agents.training import Choice, Rngs
from zoolib.evidence import Evidence
from zoolib.randomness import NormalStream, UniformStream

if TYPE_CHECKING:
    from zoolib.agents.neural_linear import NeuralLinearAgent


@dataclass
class UCB(Choice):
    """Optimism: payoff plus alpha times the width of its interval."""

    asks_for_inverse = False  # whether A^-1 itself is used

    def spread(self, evidence: Evidence, Z: np.ndarray) -> np.ndarray:
        """Return what alpha multiplies in the score of the rows z of ``Z``, ``(..., n)``: sqrt(z' A^-1 z)."""
        return evidence.width(Z)

    def divert(self, arm: Any, for_sale: np.ndarray) -> Any:
        """Return the arm to show when ``arm`` has the highest score, given which are for sale, ``(..., K)``."""
        return arm


@dataclass
class Thompson(UCB):
    """Probability matching: a theta drawn from N(A^-1 b, alpha^2 A^-1) takes the place of A^-1 b at each decision.

    It is A^-1 b + alpha C xi with A^-1 = C C' (Cholesky) and xi standard normal. One could draw by singular values
    too, but their vectors have a sign that differs between builds of the linear algebra (Kilitcioglu and Kadioglu,
    2022); Cholesky's factor is unique.
    """

    asks_for_inverse = True
    state = ("_normals",)

    def _bind(self, agent: NeuralLinearAgent, rngs: Rngs) -> None:
        self._normals = NormalStream(rngs, agent.batch_shape, agent.d_emb)

    def spread(self, evidence: Evidence, Z: np.ndarray) -> np.ndarray:
        """Return z'C xi for the rows z of ``Z``: of mean 0 and standard deviation sqrt(z' A^-1 z), drawn jointly."""
        return np.matvec(Z, np.matvec(np.linalg.cholesky(evidence.A_inv), self._normals()))


@dataclass
class EpsilonGreedy(UCB):
    """The highest payoff, but with probability ``epsilon`` any product.

    Parameters
    ----------
    epsilon
        In [0, 1].
    """

    epsilon: float = 0.1

    state = ("_uniforms",)

    def __post_init__(self) -> None:
        checks.real("epsilon", self.epsilon, 0.0, 1.0)

    def _bind(self, agent: NeuralLinearAgent, rngs: Rngs) -> None:
        self._uniforms = UniformStream(rngs, agent.batch_shape)

    def spread(self, evidence: Evidence, Z: np.ndarray) -> np.ndarray:
        """Return 0: this score does not explore."""
        return np.zeros(Z.shape[:-1] if Z.dtype.kind == "f" else Z.shape)  # evidence by cells is asked by their numbers

    def divert(self, arm: Any, for_sale: np.ndarray) -> Any:
        """Return ``arm``, or any that is for sale."""
        u = self._uniforms()  # below epsilon, u / epsilon is uniform in turn
        place = u / (self.epsilon or 1.0) * for_sale.sum(-1)
        some = (for_sale.cumsum(-1) > np.asarray(place)[..., None]).argmax(-1)
        return np.where(u < self.epsilon, some, arm)


class Sampled:
    """What makes a :class:`~zoolib.agents.base.UCBAgent` sample: mixed in before it, with a stream of its own."""

    _rngs: list[np.random.Generator]

    def uncertainty(self, X: np.ndarray) -> np.ndarray:
        """Return width times a standard normal number for each row of ``X``, ``(..., n)``: new at each call."""
        width = super().uncertainty(X)  # type: ignore[misc]
        xi = np.stack([rng.standard_normal(width.shape[-1]) for rng in self._rngs])
        return width * xi.reshape(width.shape)
