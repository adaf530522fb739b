"""The gauntlet of chapter 7: all agents with standard settings, and windows with fixed and with drawn times of shocks.

What is kept of a replication is told in :func:`experiments.contenders.summary`; the tables are views of it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import zoolib as zoo
from zoolab.experiments import contenders
from zoolab.experiments.contenders import AGENTS, DIALLED, LONGER, MOVED, N_STEPS, SCHEDULES, SLOW, WINDOWED, YARDSTICKS
from zoolab.long import DATA, Cache, summarize
from zoolib import metrics

WORLDS = range(100)
WHEN = SCHEDULES | {"moved": MOVED}
VALUES = ("all", "start", "fish boom", "dog-toy craze")
STEPS = ("fish steps", "toy steps", "fish steps, all personas", "toy steps, all personas")
PULLS = {  # who was shown what, as a share of all that was shown to them, in which blocks of 1,000 steps
    "cat food after the boom": ("budget_shopper", "Cat Food", slice(10, 15)),
    "fish after the boom": ("budget_shopper", "Fish Supplies", slice(10, 15)),
    "dog toys after the craze": ("cat_connoisseur", "Dog Toy", slice(25, 30)),
    "dog toys at the end": ("cat_connoisseur", "Dog Toy", slice(35, 40)),
}
LEARNING = {"first 2,500": slice(0, 5), "last 2,500 before the boom": slice(15, 20)}  # in blocks of 500 steps

Played = dict[str, dict[int, dict[str, Any]]]  # {kind: {seed: summary}}


def played(
    kinds: Sequence[str], seeds: Sequence[int], schedule: str = "standard", cache: Cache = None, **shop: Any
) -> Played:
    """Let agents run the gauntlet, and return what is kept of each replication."""
    known: Played = {}
    for some, chunk in (([k for k in kinds if k not in SLOW], 100), ([k for k in kinds if k in SLOW], 5)):
        if some:
            grid = contenders.grid(some)
            found = summarize(
                grid, seeds, N_STEPS, WHEN[schedule], contenders.summary, chunk=chunk, cache=cache, **shop
            )
            known |= {cell.settings["kind"]: by_seed for cell, by_seed in found}
    return {kind: known[kind] for kind in kinds}


def outcomes(runs: Played, **also: Any) -> pd.DataFrame:
    """Return one row for each agent and replication: its values, and its steps to recover."""
    rows = [
        {"kind": kind, **also, "replication": seed}
        | {name: round(v, 6) for name, v in zip(VALUES, kept["value"], strict=True)}
        | dict(zip(STEPS, kept["steps"], strict=True))
        for kind, by_seed in runs.items()
        for seed, kept in by_seed.items()
    ]
    return pd.DataFrame(rows)


def pulls(runs: Played) -> pd.DataFrame:
    """Return the shares in ``PULLS``, one row for each agent and replication of the standard schedule."""

    def share(counts: np.ndarray, persona: str, category: str, blocks: slice) -> float:
        of_them = counts[zoo.PERSONAS.index(persona), blocks]
        return round(float(of_them[:, zoo.CATEGORIES.index(category)].sum() / of_them.sum()), 4)

    shape = (len(zoo.PERSONAS), -1, len(zoo.CATEGORIES))
    return pd.DataFrame(
        {name: share(np.reshape(kept["shown"], shape), *what) for name, what in PULLS.items()}
        for by_seed in runs.values()
        for kept in by_seed.values()
    )


def learning(runs: Played) -> pd.DataFrame:
    """Return the values in ``LEARNING``, one row for each agent and replication of the standard schedule."""
    return pd.DataFrame(
        {name: round(float(np.mean(kept["curve"][blocks])), 6) for name, blocks in LEARNING.items()}
        for by_seed in runs.values()
        for kept in by_seed.values()
    )


def whole(runs: Played) -> pd.DataFrame:
    """Return all that is told of each agent and replication of the standard schedule."""
    return pd.concat([outcomes(runs), learning(runs), pulls(runs)], axis=1)


def curves(runs: Played) -> pd.DataFrame:
    """Return the mean value of every 500 steps, with half its 95 % interval, two rows for each agent."""
    rows = []
    for kind, by_seed in runs.items():
        values = np.array([kept["curve"] for kept in by_seed.values()])
        ends = [metrics.mean_interval(column) for column in values.T]
        for what, row in {"mean": [e.mean for e in ends], "half": [e.high - e.mean for e in ends]}.items():
            steps = range(500, N_STEPS + 1, 500)
            rows.append({"kind": kind, "what": what} | {str(s): round(v, 5) for s, v in zip(steps, row, strict=True)})
    return pd.DataFrame(rows)


def shown(runs: Played) -> pd.DataFrame:
    """Return how often each persona was shown each category in every 1,000 steps, all replications together."""
    rows = []
    for kind, by_seed in runs.items():
        counts = np.sum([kept["shown"] for kept in by_seed.values()], axis=0)
        counts = counts.reshape(len(zoo.PERSONAS), -1, len(zoo.CATEGORIES))
        for p, persona in enumerate(zoo.PERSONAS):
            for c, category in enumerate(zoo.CATEGORIES):
                steps = {str(1000 * (k + 1)): n for k, n in enumerate(counts[p, :, c].tolist())}
                rows.append({"kind": kind, "persona": persona, "category": category} | steps)
    return pd.DataFrame(rows)


def tables(cache: Cache = None) -> dict[Path, pd.DataFrame]:
    """Return the tables, by the file in which each is stored."""
    plain = played([*YARDSTICKS, *AGENTS], WORLDS, cache=cache)
    dialled = played(list(DIALLED), WORLDS, cache=cache)
    lengths = {"standard": [*WINDOWED, *LONGER]}
    lengths["drawn"] = [*lengths["standard"], "LinUCB, alpha 1"]  # which stands in the first table with standard times
    lengths["moved"] = [kind for kind in WINDOWED if "crossed" in kind]
    windows = [outcomes(played(kinds, WORLDS, s, cache), schedule=s) for s, kinds in lengths.items()]
    found = {
        "gauntlet": whole(plain),
        "gauntlet_curves": curves(plain | dialled),
        "gauntlet_shown": shown(plain | dialled),
        "gauntlet_dial": outcomes(dialled)[["kind", "replication", *VALUES]],
        "gauntlet_windows": pd.concat(windows)[["kind", "schedule", "replication", *VALUES]],
    }
    return {DATA / f"{name}.csv": table for name, table in found.items()}
