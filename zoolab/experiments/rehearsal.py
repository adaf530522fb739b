"""From training on the latest click to replay, one change at a time (chapter 5).

What trains the embedding differs in four ways, each of which is tried with all values of the others: which payoff it
learns for (the one that is served, or that of a head of its own), by which optimizer, how often and on how many clicks
(every click on one, or every 50th on 64), and where those are drawn from (the latest, or the last 10,000).

``rehearsal.csv`` is the showdown, ``rehearsal_evening.csv`` the evening with the fish hobbyists. There the embedding
always has its own head, and the payoff is predicted by that head or by the evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import zoolib as zoo
from zoolab.long import DATA, Cache, gather
from zoolib import metrics
from zoolib.evidence import Evidence
from zoolib.experiment import Results, draw_users
from zoolib.networks import MLP, SGD

SHOCK, N_STEPS = 10_000, 20_000
QUIET, FANS, AFTER = 2000, 500, 100  # visits of the evening: before it, in it, and those that are looked at afterwards

OPTIMIZERS, SCHEDULES, BUFFERS = ("SGD", "Adam"), ("every click", "every 50th, 64"), ("latest", "last 10,000")
PAYOFFS, PREDICTORS = ("served", "own head"), ("head", "evidence")


@dataclass
class Trained(zoo.Replay):
    """Replay of which the payoff that is learned and the optimizer can be chosen."""

    served: bool = False
    adam: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.has_head = not self.served

    def _make(self, lr: float, batch_shape: tuple[int, ...]) -> None:
        super()._make(lr, batch_shape)
        if not self.adam:
            self.optimizer = SGD(self.network.flat, lr)

    def step(self, x: np.ndarray, reward: Any, evidence: Evidence) -> bool:
        """Remember this click; train if it is time."""
        if not self.served:
            return super().step(x, reward, evidence)
        self.buffer.add(x, reward)
        if self.buffer.n_added % self.every or len(self.buffer) < self.batch_size:
            return False
        batch = self.buffer.sample(self.batch_size, self.rngs)
        self.optimizer.step(served_gradient(self.network, *batch, evidence.theta))
        return True


def served_gradient(network: MLP, X: np.ndarray, n: np.ndarray, s: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Return the gradient of mean (theta'phi(x) - r)^2 with theta held fixed, ``(..., p)``; n and s as in a tally."""
    outputs = network.forward(X)
    error = n * (outputs[-1] @ theta[..., None])[..., 0] - s
    G = 2 * error[..., None] * theta[..., None, :] / n.sum(-1)[..., None, None]
    return network.backward(outputs, G)


def training(optimizer: str, schedule: str, buffer: str, payoff: str = "own head") -> Trained:
    """Return the training that has these four parts."""
    batch, every = (1, 1) if schedule == SCHEDULES[0] else (64, 50)
    capacity = batch if buffer == BUFFERS[0] else 10_000
    return Trained(capacity, batch, every, served=payoff == "served", adam=optimizer == "Adam")


def showdown(seeds: Sequence[int], **parts: str) -> dict[int, dict[str, float]]:
    """Return by seed what the agent earned a visit before and after the boom, and whether it recovered in 2,000."""
    agent = {"Neural-Linear": lambda f, rng: zoo.NeuralLinearAgent(f, training=training(**parts), rng=rng)}
    results = zoo.replicate(agent, seeds, N_STEPS, {SHOCK: zoo.SHOCK_FISH})
    before, after = (metrics.value(results, *of)["Neural-Linear"] for of in ((0, SHOCK), (SHOCK, N_STEPS)))
    steps = metrics.steps_to_recover(results, SHOCK)["Neural-Linear"]
    rows = zip(seeds, before.round(6), after.round(6), steps <= 2000, strict=True)
    return {seed: {"before": b, "after": a, "recovered": int(quick)} for seed, b, a, quick in rows}


def evening(seeds: Sequence[int], predicts: str, **parts: str) -> dict[int, dict[str, float]]:
    """Return by seed what the evening costs the agent a visit of the other personas."""
    sim = zoo.ZooplusSimulator(seed=seeds)
    ordinary = draw_users(sim, QUIET + FANS + AFTER)
    fish, special = sim.user_persona == sim.personas.index("fish_hobbyist"), ordinary.copy()
    for i, seed in enumerate(seeds):
        special[i, QUIET : QUIET + FANS] = zoo.spawn(seed, "evening").choice(np.flatnonzero(fish[i]), size=FANS)

    def expected(users: np.ndarray) -> Results:
        agent = zoo.NeuralLinearAgent(
            zoo.FeatureEngineer(sim),
            training=training(**parts),
            memory=zoo.HeadAlone() if predicts == "head" else zoo.Everything(),
            exploration=zoo.EpsilonGreedy(0.1),
            rng=[zoo.spawn(seed, "Neural-Linear") for seed in seeds],
        )
        return zoo.run({"Neural-Linear": agent}, sim, ordinary.shape[1], users=users)

    staged, control = expected(special), expected(ordinary)
    others = staged.persona[:, QUIET + FANS :] != sim.personas.index("fish_hobbyist")
    change = (staged.expected - control.expected)[0, :, QUIET + FANS :]
    lost = (change * others).sum(-1) / others.sum(-1)
    return {seed: {"change": round(float(x), 6)} for seed, x in zip(seeds, lost, strict=True)}


GRIDS = {
    "rehearsal.csv": (showdown, {"payoff": PAYOFFS}),
    "rehearsal_evening.csv": (evening, {"predicts": PREDICTORS}),
}
COMMON = {"optimizer": OPTIMIZERS, "schedule": SCHEDULES, "buffer": BUFFERS}


def table(
    name: str, seeds: Sequence[int] = range(100), cells: Sequence[int] | None = None, cache: Cache = None
) -> pd.DataFrame:
    """Return a table: its parts, ``replication``, and what came of it; of all cells of the grid, or of some."""
    play, first = GRIDS[name]
    axes = {**first, **COMMON}
    grid = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
    grid = grid if cells is None else [grid[i] for i in cells]
    found = gather(play, [(parts, list(seeds)) for parts in grid], cache, chunk=50)
    rows = zip(grid, found, strict=True)
    return pd.DataFrame({**parts, "replication": seed, **of} for parts, by in rows for seed, of in by.items())


def tables(cache: Cache = None) -> dict[Path, pd.DataFrame]:
    """Return both tables by file."""
    return {DATA / name: table(name, cache=cache) for name in GRIDS}
