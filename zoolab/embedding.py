"""A base for agents that embed a context once and judge it by what they embedded, when that is not linear."""

from abc import abstractmethod
from typing import Any

import numpy as np

from zoolib.agents import UCBAgent


class EmbeddingAgent(UCBAgent):
    """Says into what it embeds a context, and the mean and the width of what it embedded.

    The parameters are those of :class:`~zoolib.agents.UCBAgent`.

    >>> issubclass(EmbeddingAgent, UCBAgent)
    True
    """

    @abstractmethod
    def embed(self, X: np.ndarray) -> Any:
        """Return what the agent sees in each row of ``X``, ``(..., n, d)``."""

    @abstractmethod
    def mean(self, Z: Any) -> np.ndarray:
        """Return the payoff, ``(..., n)``, of what :meth:`embed` returned."""

    @abstractmethod
    def width(self, Z: Any) -> np.ndarray:
        """Return the uncertainty, ``(..., n)``, of what :meth:`embed` returned."""

    def payoff(self, X: np.ndarray) -> np.ndarray:
        """Return the mean of each row of ``X``, embedded."""
        return self.mean(self.embed(X))

    def uncertainty(self, X: np.ndarray) -> np.ndarray:
        """Return the width of each row of ``X``, embedded."""
        return self.width(self.embed(X))

    def score(self, X: np.ndarray) -> np.ndarray:
        """Return mean + alpha * width, or what the exploration puts in its place; each row is embedded once."""
        Z = self.embed(X)
        mean = self.mean(Z)
        return mean + self.alpha * self.exploration.bonus(self.width, Z, None) if self.alpha else mean
