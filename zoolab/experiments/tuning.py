"""How the settings of chapter 7 are found: a search for each family, in worlds that serve for nothing else."""

import time
from collections.abc import Sequence
from typing import Any

import pandas as pd

import zoolib as zoo
from zoolab.experiments import contenders, families
from zoolab.experiments.contest import Setting, of_the_book, search
from zoolab.long import DATA, Cache, gather
from zoolib import metrics
from zoolib.randomness import shift

TABLE = DATA / "gauntlet_tuning.csv"
WORLDS, BUDGET = range(1000, 1010), 30
FACTORS = (3.0, 1.7, 1.3)  # how far neighbours lie, from coarse to fine
COLUMNS = ["all", "start", "fish boom", "dog-toy craze"]


def played(family: str, setting: Setting, seeds: Sequence[int]) -> dict[str, Any]:
    """Return what a setting earned with drawn times: means over the worlds, spread, and seconds of a processor."""
    kind = families.kind(family, setting)
    ((name, _),) = contenders.grid([kind]).items()  # by which its random numbers go

    def make(features: zoo.FeatureEngineer, rng: Any) -> zoo.UCBAgent:
        return contenders.linear(features, kind) if name == "Linear" else contenders.neural(features, kind, rng)

    began = time.process_time()
    results = zoo.replicate({name: make}, list(seeds), contenders.N_STEPS, contenders.DRAWN)
    seconds = time.process_time() - began
    values = [metrics.value(results, *ends)[name] for ends in [(0, None), *metrics.phases(results).values()]]
    means = {column: round(float(v.mean()), 6) for column, v in zip(COLUMNS, values, strict=True)}
    return {"kind": kind} | means | {"sd": round(float(values[0].std()), 6), "seconds": round(seconds, 1)}


def searched(names: Sequence[str], dials: Any, starts: Any, budget: int, seeds: Sequence[int]) -> dict[str, Any]:
    """Return by family what its search tried, in that order, which is best, and the dials that it left unsettled."""
    found = {}
    for family in names:
        rows: dict[str, dict[str, Any]] = {}

        def score(some: list[Setting], family: str = family, rows: dict[str, Any] = rows) -> list[float]:
            for setting in some:
                if (kind := families.kind(family, setting)) not in rows:
                    rows[kind] = played(family, setting, seeds)
            return [rows[families.kind(family, setting)]["all"] for setting in some]

        first = max(starts, key=lambda setting: score([setting])[0])
        ended = search(score, dials, budget - len(starts) + 1, first, FACTORS)
        best = families.kind(family, ended.best)
        found[family] = {"rows": list(rows.values()), "best": best, "unsettled": list(ended.unsettled)}
    return found


def tried(
    cache: Cache = None,
    names: Sequence[str] = tuple(families.FAMILIES),
    budget: int = BUDGET,
    seeds: Sequence[int] = WORLDS,
) -> pd.DataFrame:
    """Return what every setting earned that a search tried, one row each, and which is best of its family.

    A setting is found once, and judged in every fresh hundred: there it is the book's search that is returned.
    """
    if shift():
        return of_the_book(TABLE).fillna({"unsettled": ""})
    how = {"budget": budget, "seeds": list(seeds)}
    jobs = [({"dials": families.FAMILIES[n].dials, "starts": families.FAMILIES[n].starts} | how, [n]) for n in names]
    found = gather(searched, jobs, cache)
    table = pd.DataFrame(
        {"family": family} | row | {"best": row["kind"] == one["best"], "unsettled": ", ".join(one["unsettled"])}
        for by_family in found
        for family, one in by_family.items()
        for row in one["rows"]
    )
    return table.assign(unsettled=table["unsettled"].where(table["best"], ""))
