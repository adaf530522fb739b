"""Replay: an agent runs on a log and learns where it would have done the same (chapter 10).

Li, Chu, Langford and Wang (WSDM 2011): walk through a log of uniformly random choices, and keep an event only if the
policy would have chosen as the log did. What is kept is what the policy would have met, had it been there; the rest is
thrown away. It is rejection sampling, and its price is the share that is kept, 1/K.
"""

from dataclasses import dataclass, replace

import numpy as np

from zoolab.logs.logs import LoggedData
from zoolib import checks
from zoolib.agents import Agent


def thinned(log: LoggedData, rng: np.random.Generator) -> LoggedData:
    """Return the events of a log that a coin keeps, so that in what is left every action is equally probable.

    An event is kept with probability min(p) / p. If the propensities p are right, what is left is uniform, provided
    that each of the K actions had a chance in every row. Then 1/p is K on average: a log in which that falls short by
    more than four standard errors and a twentieth of K, or no p is as small as 1/K, is refused.
    """
    if checks.instance("log", log, LoggedData).batch_shape:
        raise ValueError(f"log must be one log, got {len(log.action)} in lockstep")
    K, inverse = log.n_actions, np.minimum(1 / log.propensity, 1e100)  # whose squares are finite
    noise = max(4 * inverse.std() / np.sqrt(len(log)), K / 20)
    if K - inverse.mean() > noise or inverse.max() < K * (1 - 1e-6):
        raise ValueError(f"log: by its propensities about {inverse.mean():.3g} of {K} actions had a chance in each row")
    keep = checks.instance("rng", rng, np.random.Generator).random(len(log)) < log.propensity.min() / log.propensity
    return replace(log.rows(keep), propensity=np.full(keep.sum(), 1 / K))


@dataclass(frozen=True, eq=False)
class Replayed:
    """What is left of a log after a replay.

    Attributes
    ----------
    rows, rewards
        ``(m,)`` the events on which policy and log agreed, and what they earned.
    n_events
        How many were looked at.
    """

    rows: np.ndarray
    rewards: np.ndarray
    n_events: int

    @property
    def acceptance(self) -> float:
        """Share of the events that was kept."""
        return len(self.rows) / self.n_events

    @property
    def value(self) -> float:
        """Mean reward of what was kept; NaN if that is nothing."""
        return float(self.rewards.mean()) if len(self.rewards) else float("nan")


def replay(log: LoggedData, agent: Agent, n_accepted: int | None = None) -> Replayed:
    """Let ``agent`` walk through a log of uniform choices, and learn from those that it would have made itself.

    The loop is one of its own, since the log decides what is to be learned from, and when it ends.

    Parameters
    ----------
    log
        One log (not several in lockstep) whose propensities are all 1/K; what is not uniform is refused.
    agent
        Made for ``ContextSpace(d, K)``; every arm has the context of the event.
    n_accepted
        Stop when so many events have been kept; None: at the end of the log.
    """
    if not isinstance(log, LoggedData) or log.batch_shape:
        raise ValueError("log must be the LoggedData of one log")
    K, d = log.n_actions, log.context.shape[-1]
    if not np.allclose(log.propensity, 1 / K):
        low, high = log.propensity.min(), log.propensity.max()
        raise ValueError(f"log must be uniform, all propensities 1/{K}, got {low:.3g} to {high:.3g}; thin it first")
    checks.having("agent", agent, "select", "learn", "batch_shape", "n_arms", "features")
    if agent.batch_shape or agent.n_arms != K or agent.features.d != d:
        raise ValueError(f"agent must be made for ContextSpace({d}, {K}), got {agent.features}")
    stop = len(log) if n_accepted is None else checks.whole("n_accepted", n_accepted, 1)
    rows: list[int] = []
    n_events = 0
    for i, (x, action, reward) in enumerate(zip(log.context, log.action.tolist(), log.reward.tolist(), strict=True)):
        n_events = i + 1
        if agent.select(np.broadcast_to(x, (K, d))) == action:
            agent.learn(x, action, reward)
            rows.append(i)
            if len(rows) == stop:
                break
    kept = np.array(rows, dtype=np.int64)
    return Replayed(kept, log.reward[kept], n_events)
