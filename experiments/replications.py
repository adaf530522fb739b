"""One table made of many replications, each of them kept when it is done."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import joblib
import pandas as pd
from tqdm import tqdm

from zoolib.experiment import cache as kept


def gather(
    play: Callable[[int], pd.DataFrame],
    seeds: Sequence[int],
    cache: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Return the rows of ``play(seed)`` for all seeds, in order, numbers to eight decimals."""
    jobs = [joblib.delayed(_one)(play, seed, cache) for seed in seeds]
    parts = joblib.Parallel(return_as="generator")(jobs)
    table = pd.concat(list(tqdm(parts, total=len(jobs), desc=play.__module__, disable=not progress)), ignore_index=True)
    return table.round(8)


def _one(play: Callable[[int], pd.DataFrame], seed: int, cache: str | os.PathLike[str] | None) -> pd.DataFrame:
    if cache is None:
        return play(seed)
    folder = Path(cache) / kept.key({"play": play, "seed": seed})
    if not (known := kept.read(folder)):
        kept.write(folder, play(seed).to_dict("list"))
        known = kept.read(folder)
    return pd.DataFrame(known)
