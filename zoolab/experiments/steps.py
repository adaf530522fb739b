"""The dials that the showdown of chapter 4 leaves as they are: step size, alpha, and for how long a network trains.

``steps.csv`` turns alpha and the step size; ``steps_showdown.csv`` is the showdown with one thing changed each time.
The networks are those of the showdown.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import zoolib as zoo
from zoolab.long import DATA, Cache, gather
from zoolib import metrics
from zoolib.experiment import Results

SHOCK, N_STEPS = 2000, 4000
EARLY, LATE = slice(250, 500), slice(1500, 2000)
COLUMNS = ("before", "after", "poor", "better")
SETTINGS = [{"alpha": alpha, "lr": lr} for alpha in (0.2, 1.0) for lr in (0.001, 0.01, 0.03, 0.1, 0.3)]

AT, END = 10_000, 20_000  # of the showdown: the boom and the end
PARTS = {"first": (0, 500), "last": (AT - 2000, AT), "before": (0, AT), "after": (AT, END), "all": (0, END)}


class Ending(zoo.NeuralLinearAgent):
    """Neural-Linear of which one thing ends after some visits: its training, its bonus, or what its evidence takes in.

    Without training the evidence goes on; where the evidence stays, theta-hat and A do, and the network is trained on.
    """

    def __init__(self, *args: Any, what: str, after: int, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.what, self.after, self.visits = what, after, 0

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        self.visits += 1
        if self.visits <= self.after:
            return super()._learn(x, arm, reward)
        if self.what == "training":
            return self.memory.add(self.phi(x[..., None, :])[..., 0, :], x, reward)
        if self.what == "bonus":
            self.alpha = 0.0
            return super()._learn(x, arm, reward)
        self.training.step(x, reward, self.evidence)
        return None


def linear(kind: type[zoo.UCBAgent], encoding: str) -> Callable[..., zoo.UCBAgent]:
    """Return what makes an agent that draws nothing."""
    return lambda features, rng, alpha: kind(features.encoded(encoding), alpha=alpha)


shared, disjoint = linear(zoo.SharedLinUCBAgent, "crossed"), linear(zoo.LinUCBAgent, "onehot")
THE_BOOKS: dict[str, Any] = {}
DRAWN = {"click_table": "drawn"}
AGENTS: dict[str, tuple[Callable[..., Any], dict[str, Any], dict[str, Any]]] = {  # who, how, and in what shop
    "shared, alpha 0.5": (shared, {"alpha": 0.5}, THE_BOOKS),
    "shared, alpha 0.71": (shared, {"alpha": 0.5 * 2**0.5}, THE_BOOKS),  # a stranger's worth as to LinUCB with 0.5
    "alpha 0.5": (zoo.NeuralLinearAgent, {"alpha": 0.5}, THE_BOOKS),
    "alpha 1": (zoo.NeuralLinearAgent, {"alpha": 1.0}, THE_BOOKS),
    "alpha 2": (zoo.NeuralLinearAgent, {"alpha": 2.0}, THE_BOOKS),
    "frozen, alpha 2": (zoo.NeuralLinearAgent, {"alpha": 2.0, "training": zoo.Frozen()}, THE_BOOKS),
    "trains to 9,000": (Ending, {"alpha": 0.2, "what": "training", "after": 9000}, THE_BOOKS),
    "bonus to 10,000": (Ending, {"alpha": 0.2, "what": "bonus", "after": AT}, THE_BOOKS),
    "evidence to 10,000": (Ending, {"alpha": 0.2, "what": "evidence", "after": AT}, THE_BOOKS),
    "drawn, Neural-Linear": (zoo.NeuralLinearAgent, {"alpha": 0.2}, DRAWN),
    "drawn, LinUCB": (disjoint, {"alpha": 0.2}, DRAWN),
    "drawn, LinUCB, alpha 0.5": (disjoint, {"alpha": 0.5}, DRAWN),
}


def showdown(seeds: Sequence[int], agent: str) -> dict[int, dict[str, float]]:
    """Return by seed what came of one agent of the showdown; all networks are those of Neural-Linear there."""
    kind, setting, shop = AGENTS[agent]
    played = {"Neural-Linear": lambda f, rng: kind(f, rng=rng, **setting)}
    results = zoo.replicate(played, seeds, END, {AT: zoo.SHOCK_FISH}, **shop)
    columns = {name: metrics.value(results, *of)["Neural-Linear"].round(6).tolist() for name, of in PARTS.items()}
    columns["recovered"] = (metrics.steps_to_recover(results, AT)["Neural-Linear"] <= 2000).astype(int).tolist()
    return {seed: {name: column[i] for name, column in columns.items()} for i, seed in enumerate(seeds)}


def served(results: Results, part: slice) -> np.ndarray:
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
    settings: Sequence[dict[str, Any]] = SETTINGS,
    of: Callable[..., dict[int, dict[str, float]]] = play,
    cache: Cache = None,
) -> pd.DataFrame:
    """Return one of the tables: a setting, ``replication``, and what :func:`play` or :func:`showdown` said of it."""
    found = gather(of, [(setting, list(seeds)) for setting in settings], cache, chunk=50)
    rows = zip(settings, found, strict=True)
    return pd.DataFrame({**setting, "replication": seed, **came} for setting, by in rows for seed, came in by.items())


def tables(cache: Cache = None) -> dict[Path, pd.DataFrame]:
    """Return both tables by file."""
    agents = [{"agent": name} for name in AGENTS]
    return {
        DATA / "steps.csv": compute(cache=cache),
        DATA / "steps_showdown.csv": compute(settings=agents, of=showdown, cache=cache),
    }
