"""The fourth spoiler of chapter 8: columns that are chosen together, and judged on products that were held out.

In each kind of world with hidden segments clusters and the network play as they were best there
(:mod:`zoolab.experiments.regimes`), with one thing changed: :func:`~zoolab.columns.chosen_together` picks their
columns, once from the log, and where there is none every 200 visits, as often as the network is trained.
"""

from collections.abc import Iterator, Sequence

import pandas as pd

from zoolab.experiments.contest import Setting, of_the_book
from zoolab.experiments.regime_runs import play
from zoolab.experiments.regimes import CHUNK, POINTS, SEEDS, Point, read, row, said
from zoolab.experiments.regimes import TABLE as REGIMES
from zoolab.long import DATA, Cache, gather

TABLE = DATA / "chosen.csv"
FAMILIES = ("clusters", "network")
KINDS = [("base", 0), ("log", 1000), ("quality", 1), ("confounded", 0.8), ("tail", 1), ("rare", 0.005)]
KINDS += [("no log", 4000)]
TOO_LONG = {("rare", "network")}  # it would take as long as all the others


def best(point: Point, family: str) -> Setting:
    """Return the setting with which a family plays in the book's table, its columns being chosen."""
    table = of_the_book(REGIMES)
    of = (table["dial"] == point.dial) & (table["value"] == point.value) & (table["agent"] == family)
    (setting,) = table.loc[of & (table["role"] == "tested"), "setting"]
    return read(setting) | {"prep": "chosen 200" if point.dial == "no log" else "chosen 2000"}


def compute(cache: Cache = None, seeds: Sequence[int] = SEEDS) -> pd.DataFrame:
    """Return the table, as :mod:`zoolab.experiments.regimes` does: what each agent ``earned``, a row a world."""
    jobs = list(_jobs())
    recipes = [({"family": family, "setting": one, **point.world}, list(seeds)) for point, family, one in jobs]
    found = gather(play, recipes, cache, chunk=CHUNK)
    return pd.DataFrame(
        row(point, f"{family}, chosen", said(one), "tested", got)
        for (point, family, one), got in zip(jobs, found, strict=True)
    )


def _jobs() -> Iterator[tuple[Point, str, Setting]]:
    points = {(point.dial, point.value): point for point in POINTS}
    for kind in KINDS:
        for family in FAMILIES:
            if (kind[0], family) not in TOO_LONG:
                yield points[kind], family, best(points[kind], family)
