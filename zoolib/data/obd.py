"""Data that nobody here made: the sample of the Open Bandit Dataset (chapter 9).

A week of recommendations in the fashion shop ZOZOTOWN, November 2019: Saito, Aihara, Matsutani and Narita, *Open Bandit
Dataset and Pipeline: Towards Realistic and Reproducible Off-Policy Evaluation*, NeurIPS Datasets and Benchmarks, 2021.
The data set is published under CC BY 4.0. Its sample, 10,000 rows for each of three campaigns and two policies, ships
with the package ``obp`` 0.5.7 (Apache-2.0), which does not install on present versions of Python; the files are taken
from its archive (:mod:`zoolib.data.packages`).
"""

from __future__ import annotations

import io
import re

import numpy as np
import pandas as pd

from zoolib import checks
from zoolib.data.logs import LoggedData, log_of_frame
from zoolib.data.packages import member

CAMPAIGNS = {"all": 80, "men": 34, "women": 46}  # and how many products each has
POLICIES = ("random", "bts")


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
    text = member("obp", "obp/policy/conf/prior_bts.yaml").decode()
    # three levels of a list; to read it takes no more YAML than this
    blocks = dict(zip(CAMPAIGNS, re.findall(r"^(?:all|men|women):\n((?: .*\n?)+)", text, re.MULTILINE), strict=True))
    _, *both = re.split(r"  (?:alpha|beta):", blocks[campaign])
    alpha, beta = (np.array(part.split("\n    - ")[1:], dtype=float) for part in both)
    return alpha, beta
