"""LinUCB on log-odds: a click is 0 or 1, and its probability 1 / (1 + exp(-theta'x)).

Filippi, Cappe, Garivier and Szepesvari (NIPS 2010) and Li, Lu and Zhou (ICML 2017) with UCB; Chapelle and Li (NIPS
2011) with Thompson sampling. Where we differ from them:

1. Those with UCB fit theta anew to all clicks so far, Chapelle and Li to each batch, from the posterior before it; here
   each click moves it once, by a Laplace step (:class:`~zoolab.columns.LogisticEvidence`), and no click is kept.
2. In the papers with UCB a click counts x x' in the width; here p (1 - p) x x', as in the Laplace approximation of
   Chapelle and Li, who keep its diagonal alone; here the whole matrix is kept.
3. The width is added to the log-odds, as Li, Lu and Zhou do; Filippi and others add it to p.
4. Li, Lu and Zhou begin with random choices; here there is a prior, lambda I.
5. The past may fade (gamma), which is in none of the papers, and alpha is a constant.
"""

from __future__ import annotations

import numpy as np

from zoolab.columns import LogisticEvidence, sigmoid
from zoolib.agents.counting import shares
from zoolib.agents.linucb import DisjointLinUCBAgent, SharedLinUCBAgent
from zoolib.world import ContextSpace, ZooplusSimulator  # noqa: F401  the examples ask for contexts


class _Logistic:
    """Mixed in before a linear agent: the same on log-odds, of rewards in [0, 1]."""

    _rewards = staticmethod(shares)

    def _make_evidence(self) -> LogisticEvidence:
        if self.window is not None:
            raise TypeError(f"window must be None where no click is kept, got {self.window}; gamma lets the past fade")
        shape = self.batch_shape if self.is_shared else (*self.batch_shape, self.n_arms)
        return LogisticEvidence(self.features.d, shape, self.ridge, gamma=self.gamma)

    def mean(self, Z: np.ndarray) -> np.ndarray:
        """Return theta'x, the log-odds: to them the width is added."""
        return super().payoff(Z)

    def payoff(self, X: np.ndarray) -> np.ndarray:
        """Return 1 / (1 + exp(-theta'x))."""
        return sigmoid(self.mean(X))

    def score(self, X: np.ndarray) -> np.ndarray:
        """Return theta'x + alpha width, or what the exploration puts there; payoffs, if it goes by their gaps."""
        scores = super().score(X)
        return sigmoid(scores) if self.exploration.goes_by_gaps else scores


class SharedLogisticUCBAgent(_Logistic, SharedLinUCBAgent):
    """One logistic model for all arms: theta'x + alpha sqrt(x' A^-1 x), by Laplace steps.

    The parameters are those of :class:`SharedLinUCBAgent`, but for ``window``, which is not to be had; ``gamma`` lets
    the past fade.

    >>> agent = SharedLogisticUCBAgent(ContextSpace(d=2, n_arms=3))
    >>> agent.learn(np.array([0.0, 1.0]), arm=1, reward=1.0)
    >>> agent.payoff(np.eye(3, 2)).round(3).tolist()
    [0.5, 0.599, 0.5]
    """


class LogisticUCBAgent(_Logistic, DisjointLinUCBAgent):
    """A logistic model for each arm, which learns from its own clicks alone: :class:`SharedLogisticUCBAgent`'s kin.

    >>> agent = LogisticUCBAgent(ContextSpace(d=2, n_arms=3))
    >>> agent.learn(np.array([0.0, 1.0]), arm=1, reward=1.0)
    >>> agent.payoff(np.ones((3, 2))).round(3).tolist()
    [0.5, 0.599, 0.5]
    """
