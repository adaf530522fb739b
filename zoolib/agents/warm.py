"""A start from a log: what a policy before this one was told, as evidence (the decision guide)."""

from __future__ import annotations

import numpy as np

from zoolib import checks
from zoolib.agents.linucb import LinUCBAgent, SharedLinUCBAgent
from zoolib.world import FeatureEngineer


def log_contexts(features: FeatureEngineer, users: np.ndarray, arms: np.ndarray) -> np.ndarray:
    """Return the contexts of logged visits, ``(..., n)`` users and products, as ``(..., n, d)``."""
    sim = features.sim
    users = checks.indices("users", users, sim.n_users, sim.batch_shape, more_axes=True)
    arms = checks.indices("arms", arms, sim.n_products, sim.batch_shape, more_axes=True)
    if np.shape(users) != np.shape(arms) or np.ndim(users) != len(sim.batch_shape) + 1:
        raise ValueError(f"users and arms must be (..., n) both, got {np.shape(users)} and {np.shape(arms)}")
    persona = np.take_along_axis(sim.user_persona, users, -1)
    return features.table[persona, np.take_along_axis(sim.product_category, arms, -1)]


def warm_start(agent: SharedLinUCBAgent, X: np.ndarray, r: np.ndarray, weight: float = 1.0) -> None:
    """Give an agent the evidence of a log: A = lambda I + w sum x x', b = w sum r x.

    With w = 1 this is to replay the log, in any order. With w < 1 its n clicks count as w n: they say where to begin,
    and the agent's own clicks soon outweigh them.

    Parameters
    ----------
    agent
        One that shares a model and remembers everything; what it knew before is replaced.
    X, r
        ``(..., n, d)`` and ``(..., n)``, contexts and rewards.
    weight
        w, at least 0.
    """
    shared = isinstance(agent, SharedLinUCBAgent) and not isinstance(agent, LinUCBAgent)
    if not shared or agent.gamma < 1 or agent.window is not None:
        raise TypeError(f"agent must be a SharedLinUCBAgent that remembers everything, got {agent!r}")
    X = checks.finite("X", X, (*agent.batch_shape, None, agent.features.d))
    r = checks.finite("r", r, X.shape[:-1])
    weight = checks.real("weight", weight, 0.0)
    agent.evidence.rebuild(X, weight * r, np.full(r.shape, weight))
