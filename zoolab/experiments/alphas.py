"""How much exploring is worth, with one shared model and with fifty separate ones, on several encodings (chapter 2).

6,000 visits, the fish boom at 3,000. Every alpha of a grid whose steps are at most a factor of 1.45 plays in the book's
hundred worlds, in a hundred worlds kept for tuning, and in as many of each kind whose click tables are drawn.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import zoolib as zoo
from zoolab.long import DATA, Cache, gather
from zoolib import metrics

SHOCK, N_STEPS = 3000, 6000
WORLDS, TUNING_WORLDS = range(100), range(1000, 1100)
ALPHAS = (0.1, 0.14, 0.2, 0.28, 0.4, 0.5, 0.7, 1.0, 1.2, 1.4, 1.7, 2.0, 2.8)
LAWS: dict[str, dict[str, Any]] = {"book": {}, "drawn": {"click_table": "drawn"}}


def on(encoding: str, kind: type[zoo.UCBAgent], features: zoo.FeatureEngineer, alpha: float) -> zoo.UCBAgent:
    """Make an agent that sees an encoding."""
    return kind(features.encoded(encoding), alpha=alpha)


AGENTS: dict[str, Any] = {
    "LinUCB": zoo.LinUCBAgent,
    "LinUCB, crossed": partial(on, "crossed", zoo.LinUCBAgent),
    "Shared, crossed": partial(on, "crossed", zoo.SharedLinUCBAgent),
    "Shared, both": partial(on, "both", zoo.SharedLinUCBAgent),
}


def play(seeds: Sequence[int], agent: str, alpha: float, law: str) -> dict[int, dict[str, Any]]:
    """Return by seed the values of both halves, the oracle's too, and the rolling mean, under ``alpha``."""
    make = {agent: lambda features, rng: AGENTS[agent](features, alpha=alpha)}
    results = zoo.replicate(make, seeds, N_STEPS, {SHOCK: zoo.SHOCK_FISH}, **LAWS[law])
    halves = [metrics.value(results, *half) for half in ((0, SHOCK), (SHOCK, N_STEPS))]
    curve = metrics.rolling(results, of="expected")[1][0]
    return {
        seed: {
            "value": [float(half[agent].iloc[i]) for half in halves],
            "oracle": [float(half["Oracle"].iloc[i]) for half in halves],
            "curve": curve[i].tolist(),
        }
        for i, seed in enumerate(seeds)
    }


def played(
    seeds: Sequence[int], laws: Sequence[str], agents: Sequence[str], alphas: Sequence[float], **how: Any
) -> list[tuple[dict[str, Any], dict[int, dict[str, Any]]]]:
    """Return the parts of each cell of the grid, and what :func:`play` returned."""
    grid = [{"law": law, "agent": a, "alpha": alpha} for law in laws for a in agents for alpha in alphas]
    found = gather(play, [(parts, list(seeds)) for parts in grid], chunk=100, **how)
    return list(zip(grid, found, strict=True))


def compute(
    seeds: Sequence[int] = WORLDS,
    laws: Sequence[str] = tuple(LAWS),
    agents: Sequence[str] = tuple(AGENTS),
    alphas: Sequence[float] = ALPHAS,
    cache: Cache = None,
) -> pd.DataFrame:
    """Return ``law``, ``agent``, ``alpha``, ``replication``, ``before``, ``after``; the oracle's rows have alpha 0."""
    rows = []
    for parts, by_seed in played(seeds, laws, agents, alphas, cache=cache):
        if (parts["agent"], parts["alpha"]) == (agents[0], alphas[0]):
            of = {"law": parts["law"], "agent": "Oracle", "alpha": 0.0}
            rows += [of | _halves(seed, kept["oracle"]) for seed, kept in by_seed.items()]
        rows += [parts | _halves(seed, kept["value"]) for seed, kept in by_seed.items()]
    return pd.DataFrame(rows)


def _halves(seed: int, values: Sequence[float]) -> dict[str, Any]:
    return {"replication": seed} | dict(zip(("before", "after"), np.round(values, 6).tolist(), strict=True))


def tuning(cache: Cache = None) -> pd.DataFrame:
    """Return ``law``, ``agent``, ``alpha``, ``share``: of the oracle's value, on the worlds kept for tuning."""
    runs = played(TUNING_WORLDS, tuple(LAWS), tuple(AGENTS), ALPHAS, cache=cache)
    share = [np.mean([sum(kept["value"]) / sum(kept["oracle"]) for kept in by.values()]) for _, by in runs]
    return pd.DataFrame([parts for parts, _ in runs]).assign(share=np.round(share, 6))


def curves(cache: Cache = None) -> pd.DataFrame:
    """Return the mean and half its interval at every hundredth step, of the book's worlds."""
    rows = []
    for parts, by_seed in played(WORLDS, ("book",), tuple(AGENTS), ALPHAS, cache=cache):
        ends = [metrics.mean_interval(column) for column in np.array([kept["curve"] for kept in by_seed.values()]).T]
        for what, row in {"mean": [e.mean for e in ends], "half": [e.high - e.mean for e in ends]}.items():
            steps = range(500, N_STEPS + 1, 100)
            numbers = {str(step): round(v, 5) for step, v in zip(steps, row, strict=True)}
            rows.append({"agent": parts["agent"], "alpha": parts["alpha"], "what": what} | numbers)
    return pd.DataFrame(rows)


def tables(cache: Cache = None) -> dict[Path, pd.DataFrame]:
    """Return the three tables by file."""
    return {
        DATA / "alphas.csv": compute(cache=cache),
        DATA / "alphas_tuning.csv": tuning(cache),
        DATA / "alphas_curves.csv": curves(cache),
    }
