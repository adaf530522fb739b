"""The gauntlet in a hundred shops whose click tables differ (chapter 7): to see what is true of the book's alone.

As in :mod:`zoolab.experiments.gauntlet`, but each world draws its own click table. The two shocks are the same, and set
the same entries.
"""

from collections.abc import Sequence

import pandas as pd

from zoolab.experiments import gauntlet
from zoolab.long import DATA, Cache

TABLE = DATA / "laws.csv"
KINDS = (
    "LinUCB",
    "LinUCB, alpha 1",
    "LinUCB, window",
    "Shared",
    "Shared, crossed",
    "Shared, crossed, alpha 1",
    "Shared, crossed, window",
    "Shared, crossed, discount",
    "Neural-Linear, online",
    "Neural-Linear, frozen",
    "Neural-Linear, replay",
    "Neural-Linear, stale window",
    "Neural-Linear, fresh",
    "Epsilon-greedy",
    # settings that a coarser search than that of Chapter 7 found in the book's shop
    "Shared, crossed: alpha 1, window 5500",
    "Neural-Linear, online: alpha 1, lr 0.01",
    "Neural-Linear, replay: alpha 1, lr 0.01, buffer 2500",
    "Neural-Linear, fresh: alpha 1, ridge 0.01, fresh 5500",
    "Neural-Linear, frozen: alpha 1, ridge 0.01, fresh 5500",
    "Oracle",
    "Random",
)


def compute(seeds: Sequence[int] = range(100), kinds: Sequence[str] = KINDS, cache: Cache = None) -> pd.DataFrame:
    """Return what is told of each agent in each world: as in ``gauntlet.csv``."""
    return gauntlet.whole(gauntlet.played(kinds, seeds, "standard", cache, click_table="drawn"))
