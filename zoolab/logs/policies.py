"""Policies, written down as tables, and the logs that they leave (chapter 9)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoolab.logs.logs import LoggedData
from zoolib import checks
from zoolib.randomness import Seed, generators
from zoolib.world import ZooplusSimulator


def shop_log(
    sim: ZooplusSimulator, policy: np.ndarray, n: int, rng: Seed | Sequence[Seed]
) -> tuple[LoggedData, np.ndarray]:
    """Let a fixed policy serve n users of the shop as it is now; return its log and the users, ``(..., n)``.

    ``policy`` is ``(..., P, K)``: the probability of every product for every persona. Users are uniform. The clicks
    take ``rng``, not the shop's own luck.
    """
    policy, n = _policy_table(sim, policy), checks.whole("n", n, 1)
    rngs = generators(rng, sim.batch_shape)
    shape = (*sim.batch_shape, n)
    users = np.stack([g.integers(0, sim.n_users, n) for g in rngs]).reshape(shape)
    u, luck = np.moveaxis(np.stack([g.random((2, n)) for g in rngs]), 1, 0).reshape(2, *shape)
    shown = per_visit(sim, policy, users)
    arm = np.minimum((shown.cumsum(-1) <= u[..., None]).sum(-1), sim.n_products - 1)
    reward = (luck < sim.click_probability(users, arm)).astype(float)
    return log_of_visits(sim, users, arm, reward, np.take_along_axis(shown, arm[..., None], -1)[..., 0]), users


def per_visit(sim: ZooplusSimulator, policy: np.ndarray, users: np.ndarray) -> np.ndarray:
    """Return what a table ``(..., P, K)`` says for each visit, ``(..., n, K)``."""
    return np.take_along_axis(_policy_table(sim, policy), _personas(sim, users)[..., None], -2)


def true_value(sim: ZooplusSimulator, policy: np.ndarray) -> Any:
    """Return what a table ``(..., P, K)`` earns in truth: its mean click probability over all users of the shop."""
    policy, P = _policy_table(sim, policy), len(sim.personas)
    users = np.broadcast_to(np.arange(sim.n_users), (*sim.batch_shape, sim.n_users))
    share = (_personas(sim, users)[..., None] == np.arange(P)).mean(-2)  # (..., P)
    clicks = np.take_along_axis(sim.click_table, sim.product_category[..., None, :], -1)  # (..., P, K)
    value = (share * (policy * clicks).sum(-1)).sum(-1)
    return value if np.ndim(value) else float(value)


def _personas(sim: ZooplusSimulator, users: np.ndarray) -> np.ndarray:
    users = checks.indices("users", np.atleast_1d(users), sim.n_users, sim.batch_shape, more_axes=True)
    return np.take_along_axis(sim.user_persona, users, -1)


def _policy_table(sim: ZooplusSimulator, policy: Any) -> np.ndarray:
    checks.instance("sim", sim, ZooplusSimulator)
    policy = checks.finite("policy", policy, (*sim.batch_shape, len(sim.personas), sim.n_products))
    if np.where(sim.for_sale[..., None, :], policy < 0, policy != 0).any() or (np.abs(policy.sum(-1) - 1) > 1e-9).any():
        raise ValueError("policy must hold probabilities that sum to 1 for every persona, 0 for what has sold out")
    return policy.clip(max=1.0)


def log_of_visits(sim: ZooplusSimulator, users: Any, arm: Any, reward: Any, propensity: Any) -> LoggedData:
    """Return a log of visits, all ``(..., n)``, to the shop; the context of a row is the persona, one-hot."""
    checks.instance("sim", sim, ZooplusSimulator)
    context = np.eye(len(sim.personas))[_personas(sim, users)]
    names = {"features": sim.personas, "n_actions": sim.n_products}
    return LoggedData(context=context, action=arm, reward=reward, propensity=propensity, **names)


def thompson_ranks(alpha: np.ndarray, beta: np.ndarray, n_positions: int = 1) -> np.ndarray:
    """Return how probably Bernoulli Thompson sampling puts each arm at each of the first places, ``(K, n_positions)``.

    Every arm draws from its Beta(alpha, beta), independently, with parameters ``(K,)`` of at least 1; the largest draw
    comes first. Arm a with the draw x stands at position k if exactly k of the others exceed x, which is a
    Poisson-binomial probability. Its mean over x is taken by Gauss-Legendre quadrature on panels between quantiles of
    all arms, to about eight digits.
    """
    from scipy import stats

    alpha, beta = checks.finite("alpha", alpha, (None,)), checks.finite("beta", beta, np.shape(alpha))
    if min(alpha.min(), beta.min()) < 1:
        raise ValueError(f"alpha and beta must be at least 1, got {min(alpha.min(), beta.min())}")
    checks.real("the largest of alpha and beta", max(alpha.max(), beta.max()), 1.0, 1e12)
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
