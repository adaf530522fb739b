"""The last stage: from embedded candidates to a slate, with scores or propensities (chapter 6)."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from zoolab.serving.records import Sums
from zoolib import checks
from zoolib.randomness import Seed, generators
from zoolib.ties import TIE, top_k

Chosen = tuple[np.ndarray, np.ndarray, np.ndarray]  # order, score and propensity


class Posterior(NamedTuple):
    """What evidence says, as a score needs it: theta = A^-1 b, and A^-1.

    :class:`~zoolib.evidence.Evidence` answers the same questions and takes in clicks besides. This is a third of its
    size, which counts where thousands of groups are kept at hand, and never changes.
    """

    theta: np.ndarray
    A_inv: np.ndarray

    @classmethod
    def of(cls, sums: Sums) -> Posterior:
        """Return what the sums A, b say."""
        A_inv = np.linalg.inv(checks.instance("sums", sums, Sums).A)
        A_inv = (A_inv + A_inv.T) / 2
        return cls(A_inv @ sums.b, A_inv)

    def mean(self, Z: np.ndarray) -> np.ndarray:
        """Return theta'z for the rows z of ``Z``, ``(m, d) -> (m,)``."""
        return Z @ self.theta

    def width(self, Z: np.ndarray) -> np.ndarray:
        """Return sqrt(z' A^-1 z) for the rows z of ``Z``, ``(m, d) -> (m,)``."""
        return np.sqrt(np.vecdot(Z @ self.A_inv, Z))


class Ranked(NamedTuple):
    """What a ranking chose, best first, ``(n,)`` each; payoff and width are what the posterior says of the rows."""

    order: np.ndarray  # rows
    score: np.ndarray
    propensity: np.ndarray  # the probability with which this row came to this place, NaN where it took no chances
    payoff: np.ndarray
    width: np.ndarray


class Ranking(ABC):
    """How candidates are put in order, where the uncertainty has the weight ``alpha``, at least 0.

    Any number of threads may ask, since nothing of a call outlasts it.
    """

    def __init__(self, alpha: float = 0.3) -> None:
        self.alpha = checks.real("alpha", alpha, 0.0)

    def rank(self, Z: np.ndarray, posterior: Posterior, n: int, tolerance: float = TIE) -> Ranked:
        """Choose ``n`` of the embedded candidates ``Z``, ``(m, d_emb)``.

        Scores that differ by less than the part ``tolerance`` of their size are equal (:mod:`zoolib.ties`).
        """
        Z = checks.finite("Z", Z, (None, len(checks.instance("posterior", posterior, Posterior).theta)))
        if not len(Z):
            raise ValueError("Z must hold at least one candidate")
        order, score, propensity = self._choose(Z, posterior, checks.whole("n", n, 1), tolerance)
        return Ranked(order, score, propensity, posterior.mean(Z[order]), posterior.width(Z[order]))

    @abstractmethod
    def _choose(self, Z: np.ndarray, posterior: Posterior, n: int, tolerance: float) -> Chosen:
        """Return what of the rows of ``Z`` is shown."""


class UCBRanking(Ranking):
    """By upper confidence bounds: theta'z + alpha sqrt(z' A^-1 z), highest first; ties go to the lowest row."""

    def scores(self, Z: np.ndarray, posterior: Posterior) -> np.ndarray:
        """Return the scores of the rows of ``Z``, ``(m,)``: payoff + alpha * width."""
        Z = checks.finite("Z", Z, (None, len(checks.instance("posterior", posterior, Posterior).theta)))
        return posterior.mean(Z) + self.alpha * posterior.width(Z)

    def _choose(self, Z: np.ndarray, posterior: Posterior, n: int, tolerance: float) -> Chosen:
        scores = self.scores(Z, posterior)
        order = top_k(scores, n, tolerance)
        return order, scores[order], np.full(len(order), np.nan)


class InverseGapRanking(Ranking):
    """By inverse gap weighting of upper confidence bounds, place by place, with propensities that are exact.

    Of the m candidates that are left for a place, one whose score is ``gap`` below the highest has the probability
    1 / (m (1 + gap / price)), and the highest has the rest: :class:`~zoolab.rivals.InverseGap` with gamma = m / price.
    So a place gives up less than ``price`` of the score in the mean, every candidate may come, and those who come
    before the first verdicts are there are not all shown the same. The propensity of a place is that given the places
    before it; their product is that of the slate.

    Parameters
    ----------
    alpha, price
        The weight of the uncertainty, at least 0, and what a place may give up at most, above 0: of the expected
        clicks, where alpha is 0.
    rng
        Where the choices come from.

    >>> nothing = Posterior(np.array([1.0]), np.zeros((1, 1)))
    >>> found = InverseGapRanking(price=0.01, rng=0).rank(np.array([[0.5], [0.45], [0.1]]), nothing, 2)
    >>> found.order.tolist(), found.propensity.round(3).tolist()
    ([0, 1], [0.936, 0.986])
    """

    def __init__(self, alpha: float = 0.3, *, price: float = 0.01, rng: Seed) -> None:
        super().__init__(alpha)
        self.price = checks.real("price", price, 0.0, open_low=True)
        (self._rng,) = generators(rng, ())
        self._lock = threading.Lock()  # a generator serves one thread at a time

    def _choose(self, Z: np.ndarray, posterior: Posterior, n: int, tolerance: float) -> Chosen:
        m, scores = len(Z), posterior.mean(Z) + self.alpha * posterior.width(Z)
        n, left = min(n, m), scores.copy()
        with self._lock:
            luck = self._rng.random(n)
        order, propensity = np.empty(n, dtype=np.intp), np.empty(n)
        for place, u in enumerate(luck):
            highest = left.max()
            gap = highest - left
            gap[gap <= tolerance * abs(highest)] = 0.0
            chances = 1 / ((m - place) * (1 + gap / self.price))
            chances[best := gap.argmin()] = 0.0
            chances[best] = 1 - chances.sum()
            order[place] = at = np.searchsorted(sums := chances.cumsum(), u * sums[-1], "right")
            propensity[place], left[at] = chances[at], -np.inf
        return order, scores[order], propensity
