"""How large the steps of a network should be (chapter 4): 4,000 visits, the fish boom at 2,000, by alpha and step size.

One row is one setting in one world: what Neural-Linear earned a visit before and after the boom; how many personas it
served badly at first, by which is meant that in visits 250 to 500 they got less than half of the oracle's clicks; and
how many of these got more than half in visits 1,500 to 2,000. The networks are those of the showdown.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

import zoolib as zoo
from zoolib import metrics
from zoolib.experiment import gather

TABLE = Path(__file__).resolve().parent.parent / "chapters" / "data" / "steps.csv"
SHOCK, N_STEPS = 2000, 4000
EARLY, LATE = slice(250, 500), slice(1500, 2000)
COLUMNS = ("before", "after", "poor", "better")
SETTINGS = [{"alpha": alpha, "lr": lr} for alpha in (0.2, 1.0) for lr in (0.001, 0.01, 0.03, 0.1, 0.3)]


def served(results: zoo.Results, part: slice) -> np.ndarray:
    """Return which share of the oracle's clicks each persona of each world got, ``(R, P)``."""
    came = results.persona[:, part, None] == np.arange(len(results.personas))
    got, possible = ((of[:, part, None] * came).sum(1) for of in (results.expected[0], results.oracle))
    return got / possible


def play(seeds: Sequence[int], alpha: float, lr: float) -> dict[int, dict[str, float]]:
    """Return by seed what came of one setting."""
    agent = {"Neural-Linear": lambda f, rng: zoo.NeuralLinearAgent(f, alpha=alpha, lr=lr, rng=rng)}
    results = zoo.replicate(agent, seeds, N_STEPS, {SHOCK: zoo.SHOCK_FISH})
    before, after = (metrics.value(results, *of)["Neural-Linear"].round(6) for of in ((0, SHOCK), (SHOCK, N_STEPS)))
    poor = served(results, EARLY) < 0.5
    better = (poor & (served(results, LATE) > 0.5)).sum(1)
    rows = zip(before.tolist(), after.tolist(), poor.sum(1).tolist(), better.tolist(), strict=True)
    return {seed: dict(zip(COLUMNS, row, strict=True)) for seed, row in zip(seeds, rows, strict=True)}


def compute(
    seeds: Sequence[int] = range(100),
    settings: Sequence[dict[str, float]] = SETTINGS,
    cache: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Return ``alpha``, ``lr``, ``replication``, ``before``, ``after``, ``poor`` and ``better``."""
    found = gather(play, [(of, list(seeds)) for of in settings], cache, chunk=50, progress=progress)
    rows = zip(settings, found, strict=True)
    return pd.DataFrame({**setting, "replication": seed, **of} for setting, by in rows for seed, of in by.items())
