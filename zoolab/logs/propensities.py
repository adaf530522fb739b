"""How probable was that? The chances with which each policy of the book acts, and logs that keep them (chapter 9).

Exact for every policy that can be enumerated: random, epsilon-greedy, inverse gap weighting, one member of an ensemble,
rates drawn from Beta posteriors, and all that decide by a score, which do one thing with probability 1. Thompson
sampling of any other kind draws its scores, and the largest of several normal numbers has no closed form: its chances
are estimated by drawing again, with generators of their own, so that asking changes nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import singledispatch
from typing import TYPE_CHECKING, Any

import numpy as np

from zoolab.columns import HeadAgent
from zoolab.embedding import EmbeddingAgent
from zoolab.logs.policies import log_of_visits, thompson_ranks
from zoolab.rivals import InverseGap, OneIndex, OneMember, StaticMLPAgent
from zoolib import agents, checks
from zoolib.randomness import Seed, generators
from zoolib.ties import argmax
from zoolib.world import ZooplusSimulator

if TYPE_CHECKING:
    from zoolab.logs.logs import LoggedData

N_DRAWS = 1000


@singledispatch
def action_probabilities(
    agent: agents.Agent, user_id: Any, sim: ZooplusSimulator, *, n_draws: int = N_DRAWS, rng: Seed | Sequence[Seed] = 0
) -> np.ndarray:
    """Return the probability with which an agent would now show each product, ``(..., K)``; the agent stays as it is.

    Parameters
    ----------
    agent
        Any agent of the book. For an agent of your own, register a function with the same arguments:
        ``action_probabilities.register(MyAgent, my_function)``.
    user_id, sim
        As in ``agent.predict``.
    n_draws, rng
        For Thompson sampling: how often to draw, and the generators (one a world, or one for all). The standard error
        of an estimate is ``sqrt(p (1 - p) / n_draws)``.
    """
    raise NotImplementedError(f"{type(agent).__name__} has not said how probable its choices are; register it")


@action_probabilities.register
def _of_random(agent: agents.RandomAgent, user_id: Any, sim: ZooplusSimulator, **_: Any) -> np.ndarray:
    checks.same_worlds(agent.batch_shape, sim)
    return _equally(sim.for_sale)


@action_probabilities.register(agents.OracleAgent)
@action_probabilities.register(StaticMLPAgent)
def _of_certain(agent: agents.Agent, user_id: Any, sim: ZooplusSimulator, **_: Any) -> np.ndarray:
    return _certainly(agent.predict(user_id, sim), sim)


@action_probabilities.register
def _of_wrapped(agent: agents.Wrapper, user_id: Any, sim: ZooplusSimulator, **draws: Any) -> np.ndarray:
    return action_probabilities(agent.agent, user_id, sim, **draws)


@action_probabilities.register
def _of_ucb(
    agent: agents.UCBAgent, user_id: Any, sim: ZooplusSimulator, *, n_draws: int = N_DRAWS, rng: Any = 0
) -> np.ndarray:
    explores = agent.exploration
    is_drawn = explores.is_random or isinstance(explores, OneMember)
    if is_drawn and not isinstance(agent, HeadAgent):  # which asks its network alone
        return _drawn(agent, user_id, sim, checks.whole("n_draws", n_draws, 1), generators(rng, agent.batch_shape))
    scores, arms = agent.scored(user_id, sim)
    if isinstance(explores, InverseGap):
        return _of_products(explores.chances(scores), arms, sim)
    best = _certainly(arms[(*sim.worlds, argmax(scores))], sim)
    if isinstance(explores, agents.EpsilonGreedy):
        return (1 - explores.epsilon) * best + explores.epsilon * _equally(sim.for_sale)
    return best


@action_probabilities.register
def _of_beta(agent: agents.BetaThompsonAgent, user_id: Any, sim: ZooplusSimulator, **_: Any) -> np.ndarray:
    checks.same_worlds(agent.batch_shape, sim)
    X, arms = agent.candidates(user_id, sim)
    n, c = agent.counts(X)
    chances = np.zeros(arms.shape)
    parts = (part.reshape(-1, arms.shape[-1]) for part in (chances, 1 + c, 1 + n - c, sim.offers(arms)))
    for each, a, b, there in zip(*parts, strict=True):  # the worlds
        each[there] = thompson_ranks(a[there], b[there])[:, 0]
        each /= each.sum()  # of which the quadrature leaves its last digits open
    return _of_products(chances, arms, sim)


def _drawn(
    agent: agents.UCBAgent, user_id: Any, sim: ZooplusSimulator, n_draws: int, rngs: list[np.random.Generator]
) -> np.ndarray:
    """Return how often each product was best in ``n_draws`` draws of an agent, as shares."""
    checks.same_worlds(agent.batch_shape, sim)
    X, arms = agent.candidates(user_id, sim)
    mean, width, Z = _judged(agent, X)
    explores = agent.exploration
    if isinstance(explores, (agents.Thompson, OneIndex)):  # mean + alpha M xi has the covariance alpha^2 M M'
        M = Z[..., 1:] if isinstance(explores, OneIndex) else Z @ np.linalg.cholesky(agent.evidence.A_inv)
        R = np.linalg.qr(np.swapaxes(M, -1, -2), mode="r")  # and M M' = R' R with few rows, so few numbers are drawn
        R = R * np.where(np.diagonal(R, axis1=-2, axis2=-1) < 0, -1.0, 1.0)[..., None]  # signs differ between builds
        xi = np.stack([rng.standard_normal((R.shape[-2], n_draws)) for rng in rngs])
        spread = np.swapaxes(R, -1, -2) @ xi.reshape(*sim.batch_shape, -1, n_draws)
    elif isinstance(explores, agents.ArmThompson):
        xi = np.stack([rng.standard_normal((mean.shape[-1], n_draws)) for rng in rngs])
        spread = width()[..., None] * xi.reshape(*mean.shape, n_draws)
    elif isinstance(explores, OneMember):  # no draws, but all members
        spread = np.swapaxes(Z - mean[..., None, :], -1, -2)
    else:
        raise NotImplementedError(f"{explores!r} has not said how probable its choices are")
    scores = np.swapaxes(mean[..., None] + agent.alpha * spread, -1, -2)  # (..., n_draws, C)
    scores = np.where(sim.offers(arms)[..., None, :], scores, -np.inf)
    share = (argmax(scores)[..., None] == np.arange(arms.shape[-1])).mean(-2)
    return _of_products(share, arms, sim)


def _judged(agent: agents.UCBAgent, X: np.ndarray) -> tuple[np.ndarray, Callable[[], np.ndarray], Any]:
    """Return the means of the rows of ``X``, a function that returns their widths, and what the agent embedded."""
    if isinstance(agent, EmbeddingAgent):
        Z = agent.embed(X)
        return agent.mean(Z), lambda: agent.width(Z), Z
    if isinstance(agent, agents.LinearUCBAgent) and not isinstance(agent, agents.LinUCBAgent):
        Z = agent.phi(X)
        return agent.evidence.mean(Z), lambda: agent.evidence.width(Z), Z
    return agent.payoff(X), lambda: agent.uncertainty(X), X


class Logbook(agents.Wrapper):
    """Hands everything on to an agent, and writes down what a log needs: who came, what was shown, how probable it was.

    It takes part in :func:`~zoolib.experiment.run` like any agent and changes none of its choices. Where chances are
    estimated (Thompson sampling) the choice made counts as one draw more: (c + 1) / (n_draws + 1), where c of n_draws
    independent draws agree with it. Its inverse has mean (1 - (1 - p)^(n_draws + 1)) / p, and is never infinite.
    What does not answer the last ``predict``, and any ``learn``, is a ``ValueError``; what is never answered is not in
    the log.

    Parameters
    ----------
    agent, n_draws, rng
        As in :func:`action_probabilities`, which must know the agent; its draws are for Thompson sampling.
    """

    def __init__(self, agent: agents.Agent, *, n_draws: int = 100, rng: Seed | Sequence[Seed] = 0) -> None:
        super().__init__(agent)
        self.n_draws, self._rngs = checks.whole("n_draws", n_draws, 1), generators(rng, agent.batch_shape)
        self._rows: list[tuple[Any, ...]] = []

    def predict(self, user_id: Any, sim: ZooplusSimulator) -> Any:
        """Return what the agent chooses."""
        checks.same_worlds(self.batch_shape, sim)
        draws = {"n_draws": self.n_draws, "rng": self._rngs if sim.batch_shape else self._rngs[0]}
        now = action_probabilities(self.agent, user_id, sim, **draws)
        arm = self.agent.predict(user_id, sim)
        p = now[(*sim.worlds, arm)]
        if getattr(self.agent, "exploration", None) and self.agent.exploration.is_random:
            p = (p * self.n_draws + 1) / (self.n_draws + 1)
        self._rows.append((copy.copy(user_id), p, copy.copy(arm)))  # and the reward, once it is known
        return arm

    def _take(self, sim: ZooplusSimulator | None, *lesson: Any) -> None:
        asked = self._rows[-1] if self._rows else ()
        if len(asked) != 3 or not all(map(np.array_equal, asked[::2], lesson)):
            raise ValueError("update must answer the last predict, with its user and its product, once")
        super()._take(sim, *lesson)
        self._rows[-1] = (*asked[:2], *lesson[1:])

    def users(self) -> np.ndarray:
        """Return who came, ``(..., n)``."""
        return np.stack([row[0] for row in self._answered()], axis=-1)

    def log(self, sim: ZooplusSimulator) -> LoggedData:
        """Return the log; the context of a row is the persona, one-hot."""
        users, p, arm, reward = (np.stack(column, axis=-1) for column in zip(*self._answered(), strict=True))
        return log_of_visits(sim, users, arm, reward, p)

    def _answered(self) -> list[tuple[Any, ...]]:
        """Return the visits whose click is known; there is one at least."""
        if not (rows := [row for row in self._rows if len(row) > 3]):
            raise ValueError("nothing has been shown and answered so far")
        return rows


def _of_products(chances: np.ndarray, arms: np.ndarray, sim: ZooplusSimulator) -> np.ndarray:
    """Return the chances of all products, ``(..., K)``, from those of the choices, ``(..., C)``."""
    return (chances[..., None] * (arms[..., None] == np.arange(sim.n_products))).sum(-2)


def _certainly(arm: Any, sim: ZooplusSimulator) -> np.ndarray:
    return (np.asarray(arm)[..., None] == np.arange(sim.n_products)).astype(float)


def _equally(for_sale: np.ndarray) -> np.ndarray:
    return for_sale / for_sale.sum(-1, keepdims=True)
