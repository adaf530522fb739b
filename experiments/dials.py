"""Four linear agents of the ablation with seven exploration weights each, not two (chapter 5).

They play what they play there, in the same worlds: separate models and shared ones, with a window and without. Each of
the four is best somewhere inside the grid.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from experiments import ablation

TABLE = Path(__file__).resolve().parent.parent / "chapters" / "data" / "dials.csv"
KINDS = ("disjoint", "disjoint, window", "shared, crossed", "shared, crossed, window")
ALPHAS = (0.2, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0)


def compute(
    seeds: Sequence[int] = range(100),
    alphas: Sequence[float] = ALPHAS,
    cache: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Return the columns of the ablation, one row for each kind, alpha and replication."""
    families = {"Linear": (ablation.linear, KINDS, list(alphas))}
    return ablation.compute(seeds, KINDS, cache, progress, families)
