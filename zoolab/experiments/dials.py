"""Agents of the ablation with more exploration weights than two (chapter 5).

They play what they play there, in the same worlds. Of linear agents there are separate models and shared ones, with a
window and without; of neural ones those that remember everything, trained by replay, by replay with draws in place of
a bonus, and not at all.
"""

from collections.abc import Sequence

import pandas as pd

from zoolab.experiments import ablation
from zoolab.long import DATA, Cache

TABLE = DATA / "dials.csv"
LINEAR = ("disjoint", "disjoint, window", "shared, crossed", "shared, crossed, window")
NEURAL = ("replay", "replay, Thompson", "frozen")
FAMILIES = {
    "Linear": (ablation.linear, LINEAR, [0.2, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8]),
    "Neural-Linear": (ablation.neural, NEURAL, [0.3, 1.0, 2.0, 4.0, 6.0, 9.0]),
}


def compute(
    seeds: Sequence[int] = range(100), kinds: Sequence[str] = (*LINEAR, *NEURAL), cache: Cache = None
) -> pd.DataFrame:
    """Return the columns of the ablation, one row for each kind, alpha and replication."""
    return ablation.compute(seeds, kinds, cache, FAMILIES)
