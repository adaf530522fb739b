"""Six labelled data sets as bandits: who learns them with the fewest mistakes (chapter 10).

Every agent is tuned alike: six settings, five shuffles, the first thousand steps. The best setting, by mistakes, then
plays a hundred other shuffles, all agents the same ones. On the set that is hardest four of the agents play ten of them
once more, for the 15,000 steps that the papers go.
"""

import functools
import itertools
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import zoolib as zoo
from zoolab.columns import serve, with_one
from zoolab.experiments.expecting import ExpectingLinUCB
from zoolab.labelled import ClassificationBandit, LabelledData, labelled
from zoolab.long import DATA, Cache, combinations, gather
from zoolab.rivals import (
    ArmHeadsAgent,
    ArmHeadsTSAgent,
    DiagonalNeuralUCBAgent,
    EpsilonGreedyAgent,
    LinTSAgent,
    NeuralTSAgent,
)
from zoolib import metrics

TABLE = DATA / "classification.csv"
HORIZON = {"cancer": 1138, "digits": 1797, "segment": 2310, "mushroom": 1000, "shuttle": 1000, "magic": 3000}
SHUFFLES = range(100)
LONG, LONG_SHUFFLES = {"magic": 15_000}, range(10)
LONG_AGENTS = ("LinUCB", "Neural-Linear, heads", "Neural-Linear, fresh", "NeuralUCB, replay")
TUNING_SHUFFLES, TUNING_STEPS = range(1000, 1005), 1000
CHECKPOINTS = 10  # at a tenth of the horizon, two tenths, ...
COLUMNS = [f"r{100 * (i + 1) // CHECKPOINTS}" for i in range(CHECKPOINTS)]
CHUNK = 50  # shuffles in lockstep, so that the records of all fit into memory

BELIEF = {"alpha": [0.01, 0.1, 1.0], "ridge": [0.01, 1.0]}
PRIOR = {"ridge": [0.001, 0.01, 0.1, 1.0, 10.0, 100.0]}
CHANCE = {"epsilon": [0.002, 0.01, 0.05], "lr": [0.01, 0.03]}
STEPS = {"alpha": [0.03, 0.3], "lr": [0.03, 0.1, 0.3]}
REHEARSAL = {"training": zoo.Replay(batch_size=32, every=20, n_batches=4)}
NETWORK = {"d_emb": 16, "hidden_dim": 32} | REHEARSAL
FRESH = {"memory": zoo.Fresh(3000)}
SMALL = {"hidden_dim": 4}
LONGER = {"every": 10, "n_batches": 20, "hidden_dim": 128, "d_emb": 32}  # ten times the training
AGENTS: dict[str, tuple[str, Callable[..., zoo.Agent], dict[str, Any], dict[str, list[float]]]] = {
    "LinUCB": ("shared", zoo.LinUCBAgent, {}, BELIEF),
    "Linear, greedy": ("shared", zoo.LinUCBAgent, {"alpha": 0.0}, PRIOR),
    "Linear Thompson": ("shared", LinTSAgent, {}, BELIEF),
    "Neural-Linear, heads": ("shared", ArmHeadsAgent, {}, BELIEF),
    "Neural-Linear, heads, Thompson": ("shared", ArmHeadsTSAgent, {}, BELIEF),
    "Neural-Linear, replay": ("copies", zoo.NeuralLinearAgent, NETWORK, BELIEF),
    "Neural-Linear, discount": ("copies", zoo.NeuralLinearAgent, NETWORK | {"memory": zoo.Discount(0.999)}, BELIEF),
    "Neural-Linear, fresh": ("copies", zoo.NeuralLinearAgent, NETWORK | FRESH, BELIEF),
    "Neural-Linear, fresh, Thompson": (
        "copies",
        zoo.NeuralLinearAgent,
        NETWORK | FRESH | {"exploration": zoo.Thompson()},
        BELIEF,
    ),
    "Epsilon-greedy": ("copies", EpsilonGreedyAgent, NETWORK, CHANCE),
    "NeuralUCB, replay": ("copies", DiagonalNeuralUCBAgent, REHEARSAL, BELIEF),
    "NeuralTS": ("copies", NeuralTSAgent, REHEARSAL, BELIEF),
    "NeuralUCB, latest click": ("copies", DiagonalNeuralUCBAgent, {}, STEPS),
    "NeuralUCB, small, diagonal": ("copies", DiagonalNeuralUCBAgent, SMALL, STEPS),
    "NeuralUCB, small, full": ("copies", zoo.NeuralUCBAgent, SMALL, STEPS),
}
CEILINGS = {
    "Logistic regression": LogisticRegression(max_iter=2000),
    "Neural network": MLPClassifier((32, 16), max_iter=400, random_state=0),
}
WHOLE_MATRIX = ("cancer", "shuttle", "magic")  # where p is small enough for the last two
RIVALS = {  # not of the field; of the longer search
    "LinUCB, squares": ("squares", zoo.LinUCBAgent, {}, BELIEF),
    "LinUCB, cubes": ("cubes", zoo.LinUCBAgent, {}, BELIEF),
    "LinUCB, expects": ("shared", ExpectingLinUCB, {}, BELIEF),
    "Linear, greedy, expects": ("shared", ExpectingLinUCB, {"alpha": 0.0}, PRIOR),
    "Neural-Linear, heads, longer": ("shared", ArmHeadsAgent, LONGER, BELIEF),
}


class Products(ClassificationBandit):
    """Rows that come with a constant and all products of at most ``degree`` columns, powers included, for every arm."""

    def __init__(self, data: LabelledData, seeds: Sequence[int], n_steps: int, degree: int = 2) -> None:
        super().__init__(data, seeds, n_steps)
        X = with_one(self.x[..., :-1])
        factors = zip(*itertools.combinations_with_replacement(range(X.shape[-1]), degree), strict=True)
        self.x = functools.reduce(np.multiply, (X[..., columns] for columns in map(list, factors)))
        self.space = zoo.ContextSpace(self.x.shape[-1], self.n_arms, self.batch_shape)


def field() -> list[tuple[str, str]]:
    """Return who plays where, as pairs of data set and agent."""
    pairs = itertools.product(HORIZON, AGENTS)
    return [(data, name) for data, name in pairs if data in WHOLE_MATRIX or not name.startswith("NeuralUCB, small")]


def settings(name: str) -> list[dict[str, float]]:
    """Return the six settings that agent ``name`` is tuned over."""
    return combinations(**AGENTS[name][3])


@functools.cache
def _rows(data: str) -> LabelledData:
    return labelled(data)  # read once


def mistakes(data: str, name: str, setting: dict[str, float], shuffles: Sequence[int], n_steps: int) -> np.ndarray:
    """Return the regret of one agent at the checkpoints, ``(shuffles, 10)``."""
    form, make, always, _ = (AGENTS | RIVALS)[name]
    degree = {"squares": 2, "cubes": 3}.get(form)
    kind, how = (Products, {"degree": degree}) if degree else (ClassificationBandit, {"form": form})

    def factory(space: zoo.ContextSpace, rngs: Any) -> zoo.Agent:
        needs = {} if make in (zoo.LinUCBAgent, ExpectingLinUCB) else {"rng": rngs}  # they leave nothing to chance
        return make(space, **always, **setting, **needs)

    at = [n_steps * (i + 1) // CHECKPOINTS for i in range(CHECKPOINTS)]
    parts = []
    for start in range(0, len(shuffles), CHUNK):
        bandit = kind(_rows(data), shuffles[start : start + CHUNK], n_steps, **how)
        played = serve({name: factory}, bandit, progress=False)
        parts.append(np.stack([metrics.regret(played, stop=step)[name] for step in at], axis=1))
    return np.concatenate(parts)


def _row(data: str, name: str, phase: str, steps: int, setting: dict[str, float]) -> dict[str, Any]:
    unset = dict.fromkeys(("alpha", "ridge", "epsilon", "lr"))
    return {"data": data, "agent": name, "phase": phase, "steps": steps} | unset | setting


def one(pair: tuple[str, str]) -> list[dict[str, Any]]:
    """Tune one agent on one data set, let the best setting play, and return the rows of all that."""
    (data, name), rows = pair, []
    for setting in settings(name):
        found = mistakes(data, name, setting, TUNING_SHUFFLES, TUNING_STEPS)
        rows.append(_row(data, name, "tuning", TUNING_STEPS, setting) | {"r100": float(found[:, -1].mean())})
    best = settings(name)[int(np.argmin([row["r100"] for row in rows]))]
    plays = [("play", SHUFFLES, HORIZON[data])]
    if data in LONG and name in LONG_AGENTS:
        plays.append(("long", LONG_SHUFFLES, LONG[data]))
    for phase, seeds, n_steps in plays:
        for seed, regrets in zip(seeds, mistakes(data, name, best, seeds, n_steps).tolist(), strict=True):
            played = dict(zip(COLUMNS, regrets, strict=True))
            rows.append(_row(data, name, phase, n_steps, best) | {"shuffle": seed} | played)
    return rows


def ceilings(data: str) -> list[dict[str, Any]]:
    """Return how many mistakes classifiers would make in the horizon that were taught with all labels beforehand.

    Their error is that of cross-validation in five parts, on at most 5,000 rows drawn by lot.
    """
    found = _rows(data)
    rows = zoo.spawn(0, f"ceiling of {data}").permutation(len(found.X))[:5000]
    rows_out = []
    for name, classifier in CEILINGS.items():
        whole = make_pipeline(StandardScaler(), classifier)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # 400 rounds are what the network gets
            right = cross_val_score(whole, found.X[rows], found.y[rows], cv=KFold(5)).mean()
        rows_out.append(
            _row(data, name, "ceiling", HORIZON[data], {}) | {"r100": round((1 - right) * HORIZON[data], 3)}
        )
    return rows_out


def tidy(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a table: counts as whole numbers, what does not apply left empty."""
    frame = pd.DataFrame(rows)
    return frame.astype(dict.fromkeys(["shuffle", *COLUMNS[:-1]], "Int64"))[
        [*_row("", "", "", 0, {}), "shuffle", *COLUMNS]
    ]


def compute(pairs: Iterable[tuple[str, str]] | None = None, cache: Cache = None) -> pd.DataFrame:
    """Return regrets: of every setting in the tuning, a mean; of the best one, ten checkpoints of every shuffle."""
    (found,) = gather(one, [({}, list(pairs or field()))], cache, chunk=1, alone=True)
    rows = [row for some in found.values() for row in some]
    return tidy(rows + [row for data in HORIZON if pairs is None for row in ceilings(data)])
