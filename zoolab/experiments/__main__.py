"""Compute the tables of all experiments anew, or of those that are named; or run the book in fresh worlds.

python -m zoolab.experiments
python -m zoolab.experiments gauntlet
python -m zoolab.experiments gauntlet --cluster tcp://SCHEDULER:8786
python -m zoolab.experiments replicate --hundreds 1:4
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

import joblib
import pandas as pd

from zoolab.experiments import replicate
from zoolab.long import cluster, store

NAMES = (  # in the order in which they are computed
    "alphas", "stuck", "steps", "early", "rehearsal", "ablation", "dials", "candidates", "two_stages", "groups",
    "tastes", "gauntlet", "tuned", "laws", "regimes", "chosen", "metric", "averaged", "classification", "ratings",
    "wheel", "widened",
)  # fmt: skip
EXPERIMENTS = {name: import_module(f"zoolab.experiments.{name}") for name in NAMES}


def tables(experiment: ModuleType, cache: str) -> dict[Path, pd.DataFrame]:
    """Return what an experiment gives, by file: one table by ``compute``, or several by ``tables``."""
    if hasattr(experiment, "tables"):
        return experiment.tables(cache=cache)
    return {experiment.TABLE: experiment.compute(cache=cache)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiments that are asked for and write their tables; what ``--cache`` holds is not computed again."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == ["replicate"]:
        return replicate.main(given[1:], lambda name, cache: tables(EXPERIMENTS[name], cache), list(EXPERIMENTS))
    parser = argparse.ArgumentParser("python -m zoolab.experiments", description="Compute tables of the book anew.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(EXPERIMENTS)}; all if none is named")
    parser.add_argument(
        "--cluster", metavar="ADDRESS", help="of a Dask scheduler, to use its cluster in place of all cores"
    )
    parser.add_argument("--cache", default=".cache/sweeps", metavar="FOLDER", help="where what is done is kept")
    asked = parser.parse_args(given)
    if unknown := [name for name in asked.names if name not in EXPERIMENTS]:
        parser.error(f"no experiment {unknown[0]!r}; there are {', '.join(EXPERIMENTS)}")
    for name in asked.names or EXPERIMENTS:
        with cluster(asked.cluster) if asked.cluster else joblib.parallel_config(n_jobs=-1):
            found = tables(EXPERIMENTS[name], asked.cache)
        for path, table in found.items():
            store(table, path)
            print(f"{path.name}: {len(table)} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
