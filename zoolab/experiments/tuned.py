"""The tuned gauntlet of chapter 7: the setting that each search found plays the hundred worlds.

It is a part of the gauntlet that can be computed alone, so that fresh hundreds may judge what was found.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from zoolab.experiments import contenders, families, gauntlet, tuning
from zoolab.experiments.gauntlet import STEPS, WORLDS
from zoolab.long import DATA, Cache


def judged(best: Sequence[str], seeds: Sequence[int] = WORLDS, cache: Cache = None) -> pd.DataFrame:
    """Return what settings earn with standard and with drawn times, and the standard settings with drawn ones."""
    standard = [family for family in families.FAMILIES if family in contenders.AGENTS]
    asked = [(best, schedule) for schedule in contenders.SCHEDULES] + [(standard, "drawn")]
    runs = [
        gauntlet.outcomes(gauntlet.played(list(kinds), seeds, schedule, cache), schedule=schedule)
        for kinds, schedule in asked
    ]
    return pd.concat(runs, ignore_index=True).drop(columns=list(STEPS[2:]))


def found(seeds: Sequence[int] = WORLDS, cache: Cache = None) -> pd.DataFrame:
    """Return what fifty separate models earn with drawn times, and how soon they find the dog toys."""
    kinds = [*contenders.FINDERS, *contenders.EXPECTING]
    runs = gauntlet.outcomes(gauntlet.played(kinds, seeds, "drawn", cache))
    return runs[["kind", "replication", "all", "toy steps"]]


def tables(cache: Cache = None) -> dict[Path, pd.DataFrame]:
    """Return what was tried, what the best of it earned in the hundred worlds, and who finds the dog toys."""
    tried = tuning.tried(cache)
    best = tried.loc[tried["best"], "kind"].tolist()
    return {
        tuning.TABLE: tried,
        DATA / "gauntlet_tuned.csv": judged(best, cache=cache),
        DATA / "gauntlet_toys.csv": found(cache=cache),
    }
