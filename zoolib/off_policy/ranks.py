"""Bernoulli Thompson sampling, without drawing (chapter 9)."""

from __future__ import annotations

import numpy as np
from scipy import stats

from zoolib import checks


def thompson_ranks(alpha: np.ndarray, beta: np.ndarray, n_positions: int = 1) -> np.ndarray:
    """Return how probably Bernoulli Thompson sampling puts each arm at each position, ``(K, n_positions)``.

    Every arm draws from its Beta(alpha, beta), independently; the largest draw comes first. Arm a with the draw x
    stands at position k if exactly k of the others exceed x, which is a Poisson-binomial probability. Its mean over x
    is taken by Gauss-Legendre quadrature on panels between quantiles of all arms, to about eight digits.

    Parameters
    ----------
    alpha, beta
        ``(K,)``, at least 1.
    n_positions
        How many of the first positions.
    """
    alpha, beta = checks.finite("alpha", alpha, (None,)), checks.finite("beta", beta, np.shape(alpha))
    if min(alpha.min(), beta.min()) < 1:
        raise ValueError(f"alpha and beta must be at least 1, got {min(alpha.min(), beta.min())}")
    K, n_positions = len(alpha), checks.whole("n_positions", n_positions, 1, len(alpha))
    a, b = alpha[:, None], beta[:, None]
    tail = 10.0 ** -np.array([2, 3, 5, 8, 13])
    middle = np.linspace(0.1, 0.9, 9)
    quantiles = [stats.beta.ppf(tail, a, b), stats.beta.ppf(middle, a, b), stats.beta.isf(tail, a, b)]
    edges = np.unique(np.concatenate(quantiles, axis=None))
    node, weight = np.polynomial.legendre.leggauss(8)
    width = np.diff(edges)[:, None] / 2
    x, dx = ((edges[:-1, None] + width * (1 + node)).ravel(), (width * weight).ravel())
    exceeds = stats.beta.sf(x, a, b)  # (K, nodes)
    exactly = np.zeros((n_positions, K, len(x)))  # exactly[k, a]: k of the others than a, so far, exceed x
    exactly[0] = 1.0
    for other in range(K):
        rival = np.repeat(exceeds[[other]], K, axis=0)
        rival[other] = 0.0  # nobody is their own rival
        exactly[1:] += rival * (exactly[:-1] - exactly[1:])
        exactly[0] *= 1 - rival
    return ((exactly * stats.beta.pdf(x, a, b)) @ dx).T
