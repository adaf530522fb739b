"""The labelled sets once more, for some families, with dials that have no end (chapter 10).

The grids of :mod:`zoolab.experiments.classification` have six settings, and much of what was chosen lies at an end of
them. Here LinUCB and four agents with networks are each given twenty that a search goes to
(:func:`experiments.contest.search`), networks with their step size among the dials. Shuffles, steps of tuning and
horizons are the same. LinUCB plays once more on squares and products of the columns, where these are at most 200; on
cancer they would be 496, on the digits 2,145, on mushroom thousands. And a linear model plays, with a bonus and
without, that expects something of the unknown; and a wider network with heads is trained ten times as long. This and
the products go on to the horizon of the papers on the hardest set, where LinUCB plays on products of three columns as
well.
"""

import itertools
from collections.abc import Iterable
from typing import Any

import pandas as pd

from zoolab.experiments import classification as short
from zoolab.experiments.contest import Factor, remembered, search
from zoolab.long import DATA, Cache, gather
from zoolib.randomness import shift

TABLE = DATA / "widened.csv"
BUDGET = 20

LINEAR = {"alpha": Factor(0.1, bottom=0.001), "ridge": Factor(0.1)}
NETWORK = LINEAR | {"lr": Factor(0.01)}
DIALS: dict[str, dict[str, Factor]] = {
    "LinUCB": LINEAR,
    "Neural-Linear, heads": NETWORK,
    "Neural-Linear, fresh": NETWORK,
    "Epsilon-greedy": {"epsilon": Factor(0.01, bottom=0.0005), "lr": Factor(0.01)},
    "NeuralUCB, replay": NETWORK,
    "LinUCB, squares": LINEAR,
    "LinUCB, cubes": LINEAR,
    "LinUCB, expects": LINEAR | {"expects": Factor(0.5)},
    "Linear, greedy, expects": {"ridge": Factor(0.1), "expects": Factor(0.5)},
    "Neural-Linear, heads, longer": LINEAR | {"lr": Factor(0.003)},
}
COLUMNS = ["alpha", "ridge", "epsilon", "lr", "expects"]
GO_ON = ("LinUCB, squares", "LinUCB, cubes", "Neural-Linear, heads, longer")
FEW_PRODUCTS = ("segment", "shuttle", "magic")  # 190, 55 and 66
WHERE = {"LinUCB, squares": FEW_PRODUCTS, "LinUCB, cubes": tuple(short.LONG)}  # the latter are 286


def field() -> list[tuple[str, str]]:
    """Return who is searched where, as pairs of data set and agent."""
    pairs = itertools.product(short.HORIZON, DIALS)
    return [(data, name) for data, name in pairs if data in WHERE.get(name, short.HORIZON)]


def one(pair: tuple[str, str]) -> list[dict[str, Any]]:
    """Search the dials of one agent on one data set, let the best setting play, and return the rows of all that.

    In a fresh hundred, whose shuffles are others, what the book's search found plays.
    """
    data, name = pair

    def score(some: list[dict[str, float]]) -> list[float]:
        return [-short.mistakes(data, name, s, short.TUNING_SHUFFLES, short.TUNING_STEPS)[:, -1].mean() for s in some]

    known = {"data": data, "agent": name}
    found = remembered(TABLE, DIALS[name], "mistakes", **known) if shift() else search(score, DIALS[name], BUDGET)
    row = known | dict.fromkeys(COLUMNS)
    rows = [row | {"phase": "tuning"} | s | {"mistakes": f"{-value:.1f}"} for s, value in found.tried]
    counts = short.mistakes(data, name, found.best, short.SHUFFLES, short.HORIZON[data])[:, -1]
    told = {"mistakes": " ".join(f"{m:.0f}" for m in counts), "unsettled": " ".join(found.unsettled)}
    return [*rows, row | {"phase": "play"} | found.best | told, *farther(data, name, found.best)]


def farther(data: str, name: str, setting: dict[str, float]) -> list[dict[str, Any]]:
    """Return the mistakes of those who go on, after a fifth of the steps of the papers and after all of them."""
    if data not in short.LONG or name not in GO_ON:
        return []
    row = {"data": data, "agent": name} | dict.fromkeys(COLUMNS)
    counts = short.mistakes(data, name, setting, short.LONG_SHUFFLES, short.LONG[data])[:, [1, 9]].T
    steps = (short.LONG[data] // 5, short.LONG[data])
    told = [(f"{step} steps", " ".join(f"{m:.0f}" for m in of)) for step, of in zip(steps, counts, strict=True)]
    return [row | {"phase": phase} | setting | {"mistakes": counted} for phase, counted in told]


def compute(pairs: Iterable[tuple[str, str]] | None = None, cache: Cache = None) -> pd.DataFrame:
    """Return mistakes: of each setting that was tried, a mean; of the best one, a number for every shuffle."""
    (found,) = gather(one, [({}, list(pairs or field()))], cache, chunk=1, alone=True)
    frame = pd.DataFrame([row for rows in found.values() for row in rows])
    return frame[["data", "agent", "phase", *COLUMNS, "unsettled", "mistakes"]]
