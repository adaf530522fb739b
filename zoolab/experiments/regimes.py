"""The regimes of chapter 8: in which worlds a learned representation pays, and in which it does not.

In each kind of world every family looks for its settings on five worlds of its own, by one protocol
(:mod:`zoolab.experiments.contest`) and with the same number of tries, and then plays in a hundred others. One row holds
one setting of one family in one kind of world, and what it earned in each of its worlds.
"""

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from zoolab.experiments.contest import Choice, Factor, Found, Setting, of_the_book, search
from zoolab.experiments.regime_runs import play
from zoolab.long import DATA, Cache, gather
from zoolib.randomness import shift

TABLE = DATA / "regimes.csv"
TUNING, SEEDS, CHUNK = range(1000, 1005), range(100), 25
AT_HOME, ELSEWHERE = 24, 8  # tries of each family

ALPHA = Factor(0.1, bottom=0.03, floor=0.0)
RIDGE = Factor(3.0)
PREP = ("plain", "screened", "screened unmixed", "projected 2", "projected 4")
LINK = Choice("identity", "logistic")

# What may be turned, what matters most coming first. Where a dial has an end, more would not fit into the time that
# all families have: the width of a linear model enters cubed.
FAMILIES: dict[str, dict[str, Factor | Choice]] = {
    "linear": {"map": Choice("crossed", "raw"), "prep": Choice(*PREP), "link": LINK, "ridge": RIDGE, "alpha": ALPHA},
    "clusters": {
        "prep": Choice(*PREP), "size": Factor(1.0, bottom=0.2, floor=0.1, top=2.0, ceiling=3.0), "link": LINK,
        "ridge": RIDGE, "alpha": ALPHA,
    },
    "waves": {
        "prep": Choice(*PREP), "length": Factor(2.0), "ridge": RIDGE, "link": LINK, "alpha": ALPHA,
        "settle": Choice(100),
    },
    "pairs": {
        "prep": Choice("plain", "unmixed", "projected 4"), "ridge": RIDGE,
        "pairs": Factor(8, top=10, ceiling=12, whole=True), "knots": Factor(6, top=7, ceiling=8, whole=True),
        "link": Choice("logistic", "identity"), "alpha": ALPHA, "settle": Choice(100),
    },
    "trees": {
        "prep": Choice("plain", "unmixed", "projected 4"), "pairs": Choice(8, 0), "leaves": Factor(31, whole=True),
        "n_trees": Factor(60, top=180, ceiling=300, whole=True), "epsilon": Factor(0.0, bottom=0.01),
    },
    "network": {
        "prep": Choice("plain", "screened", "unmixed", "screened unmixed"), "lasso": Factor(0.001, bottom=1e-4),
        "epochs": Factor(20, whole=True), "alpha": ALPHA, "lr": Factor(0.003), "width": Factor(32, whole=True),
    },
    "per product": {"crossed": Choice(False, True), "ridge": Factor(10.0), "alpha": ALPHA},
}  # fmt: skip

# The network with one thing changed each time, not tuned anew.
ABLATION: dict[str, Setting] = {
    "whole": {},
    "no layer norm": {"normalize": False},
    "no lasso": {"lasso": 0.0},
    "stale evidence": {"fresh": False},
    "UCB": {"exploration": "ucb"},
    "no exploration": {"alpha": 0.0},
    "the head alone": {"head": True},
    "no training on the log": {"epochs": 0},
    "trained on the log alone": {"every": 10**9},
    "a frozen network": {"epochs": 0, "every": 10**9},
}
OF_EXPLORING = ("whole", "UCB", "no exploration", "a frozen network")


@dataclass(frozen=True)
class Point:
    """One kind of world: a dial, where it stands, and whatever that changes.

    ``like`` is the kind of world whose best settings a search begins with; where it is "" the search begins from
    scratch and has three times as many tries. ``plain`` says whether each family that prepares its columns is searched
    a second time there, for the best that takes them as they come (``"network, plain"``). ``more`` are dials that only
    this kind of world has, and come first; ``ends`` are dials that end earlier there, and ``skip`` names maps and
    preparations that it has not, since with 133 columns or a log four times as long they would take hours. Where
    something is to ``ablate``, only the network plays, as it was best in the world that it is ``like``, or with its
    dials where they begin, and with one thing changed each time.
    """

    dial: str
    value: float
    like: str = ""
    taste: Mapping[str, Any] = field(default_factory=dict)
    shop: Mapping[str, Any] = field(default_factory=dict)
    families: Sequence[str] = ("linear", "clusters", "trees", "network", "per product")
    plain: bool = False
    more: Mapping[str, Factor | Choice] = field(default_factory=dict)
    ends: Mapping[str, Factor] = field(default_factory=dict)
    skip: Sequence[str] = ()
    ablate: Sequence[str] = ()

    @property
    def name(self) -> str:
        """The dial and where it stands."""
        return f"{self.dial} {self.value:g}"

    @property
    def world(self) -> dict[str, Any]:
        """The arguments of :func:`experiments.regime_runs.play` that describe it."""
        return {"taste": {"kind": "segments", **self.taste}, "shop": {"n_steps": 500, **self.shop}}

    @property
    def budget(self) -> int:
        """How many settings each family tries."""
        return ELSEWHERE if self.like else AT_HOME

    def dials(self, family: str) -> dict[str, Factor | Choice]:
        """Return what may be turned."""
        dials = {**({} if family == "per product" else self.more), **FAMILIES[family]}
        dials |= {name: end for name, end in self.ends.items() if name in dials}
        for name in dials.keys() & {"prep", "map"}:
            dials[name] = Choice(*(one for one in dials[name].values if not set(one.split()) & set(self.skip)))
        if "crossed" in self.skip and "crossed" in dials:
            dials["crossed"] = Choice(False)
        return dials


ALL = tuple(FAMILIES)
OF_CONDITIONS = ("linear", "pairs", "trees", "network")
AND = {"kind": "conditions"}
TURNED = AND | {"rotated": True}
NORMAL = TURNED | {"normal": True}
POINTS = [
    Point("base", 0, families=ALL, plain=True),
    Point("AND", 1, taste=AND, families=ALL, plain=True),
    Point("rotated", 1, taste={"rotated": True}, families=ALL, plain=True),
    Point("AND rotated", 2, taste=NORMAL, families=ALL),
    Point("AND rotated", 1, "AND rotated 2", TURNED, families=OF_CONDITIONS),
    Point("AND", 0, "AND 1", AND | {"dial": 0.0}, families=OF_CONDITIONS),
    Point("log", 1000, "base 0", shop={"n_log": 1000}),
    Point("ablation", 0, ablate=tuple(ABLATION)),
    Point("quality", 1, "base 0", shop={"quality": 1.0, "n_products": 100}, more={"own": Choice(0.0, 1.0)}),
    Point("confounded", 0.8, "base 0", shop={"confounded": 0.8}),
    Point("tail", 1, "base 0", shop={"tail": 1.0}),
    Point(
        "rare",
        0.005,
        "base 0",
        shop={"rarity": 0.024, "n_log": 40_000},
        ends={"epochs": Factor(20, top=20, ceiling=60, whole=True)},
    ),
    Point("no log", 4000, shop={"n_log": 0, "n_steps": 4000}),
    Point("no log, ablation", 4000, "no log 4000", shop={"n_log": 0, "n_steps": 4000}, ablate=OF_EXPLORING),
    Point("AND rotated, log", 1000, "AND rotated 2", NORMAL, {"n_log": 1000}, families=OF_CONDITIONS),
    Point("pictures", 1, taste={"kind": "pictures"}, skip=("crossed", "projected", "unmixed")),
]


def said(setting: Setting) -> str:
    """Return a setting in words, as it stands in the table."""
    return " ".join(f"{key}={value}".replace(" ", "-") for key, value in setting.items())


def read(setting: str) -> Setting:
    """Return a setting of the table as a dictionary again."""
    words: dict[str, Any] = dict(word.split("=") for word in setting.split())
    known = {"True": True, "False": False, "None": None}
    for name, value in words.items():
        number = re.fullmatch(r"[\d.]+(e-?\d+)?", value)
        words[name] = known.get(value, value.replace("-", " "))
        if number:
            words[name] = int(value) if value.isdigit() else float(value)
    return words


def compute(
    points: Sequence[Point] = POINTS,
    cache: Cache = None,
    seeds: Sequence[int] = SEEDS,
    tuning: Sequence[int] = TUNING,
) -> pd.DataFrame:
    """Return the table. On a Dask cluster: inside ``with zoolab.long.cluster(address):``.

    Columns ``dial``, ``value``, ``agent``, ``setting``, ``role`` ("tuned", "tested", "ablation" or "yardstick"),
    ``unsettled`` (of a tested setting, the dials whose neighbours the budget left untried), ``first`` (the first seed;
    the others follow it) and ``earned``, the means for each seed with a space in between. In a fresh hundred nothing is
    searched anew: the settings of the book's table play there.
    """
    best: dict[tuple[str, str], Setting] = {}
    known = of_the_book(TABLE).query("role == 'tuned'").to_dict("records") if shift() else []
    found = {(row["dial"], row["value"], row["agent"], row["setting"]): row for row in known}
    return pd.DataFrame(
        row
        for point in tqdm(points, desc="worlds")
        for row in _rows(point, cache, list(seeds), list(tuning), best, found)
    )


def _rows(
    point: Point,
    cache: Any,
    seeds: list[int],
    tuning: list[int],
    best: dict[tuple[str, str], Setting],
    known: Mapping[tuple[str, float, str, str], dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    def rows(jobs: list[tuple[str, str, str, Setting, str]], worlds: list[int]) -> Iterator[dict[str, Any]]:
        recipes = [({"family": family, "setting": one, **point.world}, worlds) for _, _, family, one, _ in jobs]
        found = gather(play, recipes, cache, chunk=CHUNK, progress=False)
        for (role, name, _, one, left), got in zip(jobs, found, strict=True):
            yield row(point, name, said(one), role, got, unsettled=left)

    if point.ablate:
        whole = best.get((point.like, "network"), {name: dial.start for name, dial in point.dials("network").items()})
        yield from rows([("ablation", n, "network", whole | ABLATION[n], "") for n in point.ablate], seeds)
        return
    tests = [("yardstick", name, name, {}, "") for name in ("oracle", "random")]

    def searched(
        name: str, family: str, dials: Mapping[str, Factor | Choice], start: Setting | None
    ) -> Generator[dict[str, Any], None, Found]:
        seen: list[dict[str, Any]] = []

        def score(some: list[Setting]) -> list[float]:
            if known:
                seen.extend(known[point.dial, point.value, name, said(one)] for one in some)
            else:
                seen.extend(rows([("tuned", name, family, one, "") for one in some], tuning))
            return [float(np.mean([float(v) for v in row["earned"].split()])) for row in seen[-len(some) :]]

        found = search(score, dials, point.budget, start)
        best[point.name, name] = found.best
        tests.append(("tested", name, family, found.best, " ".join(found.unsettled)))
        yield from seen
        return found

    for family in point.families:
        dials = point.dials(family)
        found = yield from searched(family, family, dials, best.get((point.like, family)))
        if point.plain and "prep" in dials:
            name, as_they_come = f"{family}, plain", [pair for pair in found.tried if pair[0]["prep"] == "plain"]
            best[point.name, name] = max(as_they_come, key=lambda pair: pair[1])[0]
            if best[point.name, name] != found.best:
                yield from searched(name, family, dials | {"prep": Choice("plain")}, best[point.name, name])
    yield from rows(tests, seeds)


def row(point: Point, name: str, setting: str, role: str, got: dict[int, float], **more: Any) -> dict[str, Any]:
    """Return a row of a table: what an agent earned in each world, from the ``first`` on."""
    who = {"dial": point.dial, "value": point.value, "agent": name, "setting": setting, "role": role}
    return who | more | {"first": next(iter(got)), "earned": " ".join(f"{value:.5f}" for value in got.values())}
