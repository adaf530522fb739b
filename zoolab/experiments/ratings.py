"""Ratings replayed: what the events on which an agent agrees with the raters say (chapter 10).

In each of a hundred replications the users are drawn anew from those there are, with replacement, and the log is
thinned anew. The agents then walk through it in the order of time, until two thousand events have been kept.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

import zoolib as zoo
from zoolab.logs import LoggedData, movielens, rating_log, replay, thinned
from zoolab.long import DATA, Cache
from zoolab.rivals import LinTSAgent

TABLE = DATA / "ratings.csv"
N_ACCEPTED = 2000
AGENTS = {
    "Random": lambda space, rng: zoo.RandomAgent(space, rng=rng),
    "LinUCB": lambda space, rng: zoo.LinUCBAgent(space, alpha=1.0),
    "Linear Thompson": lambda space, rng: LinTSAgent(space, alpha=0.3, rng=rng),
}


def resampled(log: LoggedData, user: np.ndarray, rng: np.random.Generator) -> LoggedData:
    """Return the events of users drawn with replacement, in the order of time."""
    users = np.unique(user)
    times = np.bincount(rng.integers(0, len(users), len(users)), minlength=len(users))
    return log.rows(np.repeat(np.arange(len(user)), times[np.searchsorted(users, user)]))


def compute(seeds: Sequence[int] = range(100), cache: Cache = None) -> pd.DataFrame:
    """Return what was accepted, and its mean reward: one row for each replication and agent, or genre shown always."""
    log, user = rating_log(movielens())
    rows = []
    for seed in seeds:
        drawn = thinned(resampled(log, user, zoo.spawn(seed, "users")), zoo.spawn(seed, "thinning"))
        for name, make in AGENTS.items():
            space = zoo.ContextSpace(log.context.shape[-1], log.n_actions)
            found = replay(drawn, make(space, zoo.spawn(seed, name)), N_ACCEPTED)
            shown = np.bincount(drawn.action[found.rows], minlength=log.n_actions)
            rows.append((seed, name, found.n_events, len(found.rows), found.value, *shown))
        for k, genre in enumerate(log.actions):
            mine = np.flatnonzero(drawn.action == k)[:N_ACCEPTED]
            shown = np.eye(log.n_actions, dtype=int)[k] * len(mine)
            rows.append((seed, f"always {genre}", mine[-1] + 1, len(mine), drawn.reward[mine].mean(), *shown))
    columns = ["replication", "agent", "events", "accepted", "value", *(f"shown {genre}" for genre in log.actions)]
    return pd.DataFrame(rows, columns=columns)
