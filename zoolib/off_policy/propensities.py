"""How probable was that? The chances with which each policy of the book acts, and logs that keep them (chapter 9).

Exact for every policy that can be enumerated: random, epsilon-greedy, and all that decide by a score, which do one
thing with probability 1. Thompson sampling draws from a joint normal distribution of scores, whose largest entry has no
closed form: its chances are estimated by drawing again, with generators of their own, so that asking changes nothing.
Bernoulli Thompson sampling, whose draws are independent, is integrated exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

import numpy as np

from zoolib import checks
from zoolib.agents import (
    Agent,
    EpsilonGreedy,
    NeuralLinearAgent,
    OracleAgent,
    RandomAgent,
    StaticMLPAgent,
    Thompson,
    UCBAgent,
    first_best,
)
from zoolib.data import LoggedData
from zoolib.off_policy.policies import _shop_log
from zoolib.randomness import Seed, generators
from zoolib.world import ZooplusSimulator

N_DRAWS = 1000


@singledispatch
def chances(
    agent: Agent, user_id: Any, sim: ZooplusSimulator, *, n_draws: int = N_DRAWS, rng: Seed | Sequence[Seed] = 0
) -> np.ndarray:
    """Return the probability with which an agent would now show each product, ``(..., K)``; the agent stays as it is.

    Parameters
    ----------
    agent
        Any agent of the book. For an agent of your own, register a function with the same arguments:
        ``chances.register(MyAgent, my_function)``.
    user_id, sim
        As in ``agent.predict``.
    n_draws, rng
        For Thompson sampling: how often to draw, and the generators (one a world, or one for all). The standard error
        of an estimate is ``sqrt(p (1 - p) / n_draws)``.
    """
    raise NotImplementedError(f"{type(agent).__name__} has not said how probable its choices are; register it")


@chances.register
def _of_random(agent: RandomAgent, user_id: Any, sim: ZooplusSimulator, **_: Any) -> np.ndarray:
    return _equally(sim.for_sale)


@chances.register(UCBAgent)
@chances.register(OracleAgent)
@chances.register(StaticMLPAgent)
def _of_certain(agent: Agent, user_id: Any, sim: ZooplusSimulator, **_: Any) -> np.ndarray:
    return _certainly(agent.predict(user_id, sim), sim)


@chances.register
def _of_neural_linear(
    agent: NeuralLinearAgent,
    user_id: Any,
    sim: ZooplusSimulator,
    *,
    n_draws: int = N_DRAWS,
    rng: Seed | Sequence[Seed] = 0,
) -> np.ndarray:
    explores = agent.exploration
    if isinstance(explores, Thompson):
        arms, counts = _drawn(
            agent, user_id, sim, checks.whole("n_draws", n_draws, 1), generators(rng, sim.batch_shape)
        )
        return _at(arms, counts / n_draws, sim)
    best = _certainly(UCBAgent.predict(agent, user_id, sim), sim)
    if isinstance(explores, EpsilonGreedy):
        return (1 - explores.epsilon) * best + explores.epsilon * _equally(sim.for_sale)
    return best


def _drawn(
    agent: NeuralLinearAgent, user_id: Any, sim: ZooplusSimulator, n_draws: int, rngs: list[np.random.Generator]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct choices of a Thompson agent and how often each was best in ``n_draws`` draws of theta."""
    checks.same_worlds(agent.batch_shape, sim.batch_shape)
    X, arms = agent.features.choices(user_id, sim)
    Z = agent.phi(X)
    M = Z @ np.linalg.cholesky(agent.evidence.A_inv)  # scores are Z theta + alpha M xi, of covariance alpha^2 M M'
    R = np.linalg.qr(np.swapaxes(M, -1, -2), mode="r")  # and M M' = R' R with few rows, so few numbers are drawn
    R = R * np.where(np.diagonal(R, axis1=-2, axis2=-1) < 0, -1.0, 1.0)[..., None]  # signs differ between builds
    xi = np.stack([rng.standard_normal((R.shape[-2], n_draws)) for rng in rngs])
    spread = np.swapaxes(R, -1, -2) @ xi.reshape(*sim.batch_shape, -1, n_draws)
    scores = agent.evidence.mean(Z)[..., None] + agent.alpha * spread  # (..., C, n_draws)
    best = first_best(np.swapaxes(scores, -1, -2))
    return arms, (best[..., None] == np.arange(arms.shape[-1])).sum(-2)


def frozen_policy(agent: Agent, users: np.ndarray, sim: ZooplusSimulator, **draws: Any) -> np.ndarray:
    """Return what an agent that stopped learning now would do for each user, ``(..., n) -> (..., n, K)``."""
    users = checks.indices("users", users, sim.n_users, sim.batch_shape, more_axes=True)
    visits = np.moveaxis(np.atleast_1d(users), -1, 0)
    rows = [chances(agent, v if sim.batch_shape else int(v), sim, **draws) for v in visits]
    return np.stack(rows, axis=-2)


class Logbook:
    """Hands everything on to an agent, and writes down what a log needs: who came, what was shown, how probable it was.

    It takes part in :func:`~zoolib.experiment.run` like any agent and changes none of its choices. Where chances are
    estimated (Thompson sampling) the choice made counts as one draw more: (c + 1) / (n_draws + 1), where c of n_draws
    independent draws agree with it. Its inverse has mean (1 - (1 - p)^(n_draws + 1)) / p, and is never infinite.

    Parameters
    ----------
    agent
        An agent that :func:`chances` knows.
    n_draws, rng
        For Thompson sampling, as in :func:`chances`.
    """

    def __init__(self, agent: Agent, *, n_draws: int = 100, rng: Seed | Sequence[Seed] = 0) -> None:
        self.agent, self.batch_shape = agent, agent.batch_shape
        self.n_draws, self._rngs = checks.whole("n_draws", n_draws, 1), generators(rng, agent.batch_shape)
        self._rows: list[tuple[Any, ...]] = []

    def predict(self, user_id: Any, sim: ZooplusSimulator) -> Any:
        """Return what the agent chooses."""
        draws = {"n_draws": self.n_draws, "rng": self._rngs if sim.batch_shape else self._rngs[0]}
        now = chances(self.agent, user_id, sim, **draws)
        arm = self.agent.predict(user_id, sim)
        p = now[(*sim.rows, arm)]
        if isinstance(getattr(self.agent, "exploration", None), Thompson):
            p = (p * self.n_draws + 1) / (self.n_draws + 1)
        self._rows.append((user_id, p))
        return arm

    def update(self, user_id: Any, chosen_arm: Any, reward: Any, sim: ZooplusSimulator) -> None:
        """Let the agent learn."""
        self.agent.update(user_id, chosen_arm, reward, sim)
        self._rows[-1] = (*self._rows[-1], chosen_arm, reward)

    def users(self) -> np.ndarray:
        """Return who came, ``(..., n)``."""
        return np.stack([row[0] for row in self._rows], axis=-1)

    def log(self, sim: ZooplusSimulator) -> LoggedData:
        """Return the log; the context of a row is the persona, one-hot."""
        users, p, arm, reward = (np.stack(column, axis=-1) for column in zip(*self._rows, strict=True))
        return _shop_log(sim, users, arm, reward, p)


# ---- policies of the shop, written down as tables ---------------------------------------------------------


# ---- Bernoulli Thompson sampling, without drawing ---------------------------------------------------------


def _certainly(arm: Any, sim: ZooplusSimulator) -> np.ndarray:
    return (np.asarray(arm)[..., None] == np.arange(sim.n_products)).astype(float)


def _equally(for_sale: np.ndarray) -> np.ndarray:
    return for_sale / for_sale.sum(-1, keepdims=True)


def _at(arms: np.ndarray, p: np.ndarray, sim: ZooplusSimulator) -> np.ndarray:
    """Return chances of some arms as chances of all, ``(..., C) -> (..., K)``."""
    return (p[..., None] * (arms[..., None] == np.arange(sim.n_products))).sum(-2)
