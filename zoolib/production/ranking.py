"""The last stage: from embedded candidates to a slate, with scores or propensities (chapter 6)."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from zoolib import checks
from zoolib.agents import best_first
from zoolib.production.records import Sums
from zoolib.randomness import Seed, generators


class Belief(NamedTuple):
    """Evidence as a score needs it: theta = A^-1 b, and A^-1."""

    theta: np.ndarray
    A_inv: np.ndarray

    @classmethod
    def of(cls, sums: Sums) -> Belief:
        """Return what the sums A, b say."""
        A_inv = np.linalg.inv(sums.A)
        A_inv = (A_inv + A_inv.T) / 2
        return cls(A_inv @ sums.b, A_inv)


class Ranking(ABC):
    """How candidates are put in order."""

    @abstractmethod
    def order(self, Z: np.ndarray, belief: Belief, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Choose.

        Parameters
        ----------
        Z
            ``(m, d_emb)``, the embedded candidates.
        belief
            What the evidence says.
        n
            How many to show.

        Returns
        -------
        order, score, propensity
            ``(n,)`` each: rows of ``Z``, best first; their scores; the probability with which this row came to this
            place, NaN where no chance was involved.
        """


class Optimism(Ranking):
    """By upper confidence bounds: theta'z + alpha sqrt(z' A^-1 z), highest first.

    Parameters
    ----------
    alpha
        Weight of the uncertainty, at least 0.
    """

    def __init__(self, alpha: float = 0.3) -> None:
        self.alpha = checks.real("alpha", alpha, 0.0)

    def scores(self, Z: np.ndarray, belief: Belief) -> np.ndarray:
        """Return the scores of the rows of ``Z``, ``(m,)``."""
        return Z @ belief.theta + self.alpha * np.sqrt(np.vecdot(Z @ belief.A_inv, Z))

    def order(self, Z: np.ndarray, belief: Belief, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Choose the highest scores; ties go to the lowest row."""
        scores = self.scores(Z, belief)
        order = best_first(scores, n)
        return order, scores[order], np.full(len(order), np.nan)


class Sampling(Ranking):
    """By Thompson sampling, with propensities that are exact.

    The probability that a theta drawn from N(A^-1 b, alpha^2 A^-1) puts a given row first has no closed form. So
    ``draws`` of them are drawn, one of those orders the slate, and the share that puts the same row in the same place
    is, given the draws, the probability of this choice. A row that none puts first would have probability 0, which no
    weight can make good; hence with probability ``floor`` the order is uniform.

    Parameters
    ----------
    alpha
        At least 0.
    draws
        How many thetas.
    floor
        In [0, 1].
    rng
        Where the draws come from.
    """

    def __init__(self, alpha: float = 0.3, *, draws: int = 128, floor: float = 0.02, rng: Seed) -> None:
        self.alpha, self.floor = checks.real("alpha", alpha, 0.0), checks.real("floor", floor, 0.0, 1.0)
        self.draws = checks.whole("draws", draws, 1)
        (self._rng,) = generators(rng, ())
        self._lock = threading.Lock()  # a generator serves one thread at a time

    def order(self, Z: np.ndarray, belief: Belief, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Choose the order of one of the draws, or with probability ``floor`` any order."""
        m, n = len(Z), min(n, len(Z))
        with self._lock:
            xi = self._rng.standard_normal((self.draws, len(belief.theta)))
            chosen, at_random = self._rng.integers(self.draws), self._rng.random() < self.floor
            uniform = self._rng.permutation(m)[:n] if at_random else None
        thetas = belief.theta + self.alpha * xi @ np.linalg.cholesky(belief.A_inv).T
        scores = thetas @ Z.T
        places = best_first(scores, n)
        order = places[chosen] if uniform is None else uniform
        return order, scores[chosen, order], (1 - self.floor) * (places == order).mean(0) + self.floor / m
