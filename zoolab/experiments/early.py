"""How NeuralUCB begins (chapter 3): 500 visits with the full matrix, and 2,500 with its diagonal."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

import zoolib as zoo
from zoolab.long import DATA, Cache, gather
from zoolib.evidence import DiagonalEvidence

TABLE = DATA / "early.csv"
N_STEPS, EVERY = {"full": 500, "full, from zero": 500, "diagonal": 2500, "none": 2500}, 250
SETTINGS = {f"α {alpha}, η {lr}": (alpha, lr) for lr in (0.001, 0.01, 0.1) for alpha in (0.1, 0.5, 1.0)}
BEST = {"full": "α 0.5, η 0.1", "diagonal": "α 0.3, η 0.1"}  # for visits 250 to 500, on other worlds
BESIDE = [(matrix, f"{best.partition(',')[0]}, η {lr}") for matrix, best in BEST.items() for lr in (0.05, 0.2)]


class GrowingEvidence:
    """A^-1 = I - W'W, a row of W for each click: exact, and small while t is."""

    def __init__(self, p: int, shape: tuple[int, ...], most: int) -> None:
        self.rows, self.t = np.zeros((*shape, most, p)), 0

    def width(self, X: np.ndarray) -> np.ndarray:
        """Return sqrt(x' A^-1 x) of each row of X."""
        XW = X @ np.swapaxes(self.rows[..., : self.t, :], -1, -2)
        return np.sqrt(np.vecdot(X, X) - np.vecdot(XW, XW))

    def add(self, g: np.ndarray, r: Any) -> None:
        """Count a click at g; the payoff is the network's, so nothing keeps r."""
        W = self.rows[..., : self.t, :]
        u = g - np.vecmat(np.matvec(W, g), W)
        self.rows[..., self.t, :] = u / np.sqrt(1 + np.vecdot(g, u))[..., None]
        self.t += 1


class ZeroStartAgent(zoo.NeuralUCBAgent):
    """NeuralUCB with f(x) - f0(x) as its payoff, where f0 is the untrained network."""

    def payoff(self, X: np.ndarray) -> np.ndarray:
        """Return f(x) - f0(x)."""
        if not hasattr(self, "origin"):
            self.origin = copy.deepcopy(self.network)
        return super().payoff(X) - self.origin(X)[..., 0]

    def _learn(self, x: np.ndarray, arm: Any, reward: Any) -> None:
        super()._learn(x, arm, reward + self.origin(x[..., None, :])[..., 0, 0])


RUNS = [  # matrix, setting
    *(("full", name) for name in ("α 0.1, η 0.001", "α 0.1, η 0.01", "α 0.1, η 0.1", "α 0.5, η 0.01")),
    ("full, from zero", "α 0.1, η 0.001"),
    *(("diagonal", name) for name, (alpha, _) in SETTINGS.items() if alpha != 0.5),
    *BEST.items(),
    *BESIDE,
    *(("full", f"α 1.0, η {lr}") for lr in (0.01, 0.1)),
    ("none", "Random"),
    ("none", "Oracle"),
]
WORLDS = {("full", "α 0.1, η 0.001"): 400, ("none", "Random"): 400}  # the lead of these settings is small


def made(matrix: str, setting: str, features: Any, seeds: Sequence[int]) -> Any:
    """Return the agent of a run for all worlds; the networks of a world begin alike in all runs."""
    if matrix == "none":
        return zoo.RandomAgent(features, rng=[zoo.spawn(seed, "Random") for seed in seeds])
    kind = ZeroStartAgent if matrix == "full, from zero" else zoo.NeuralUCBAgent
    alpha, lr = (float(part.split()[1]) for part in setting.split(","))
    rngs = [zoo.spawn(seed, "NeuralUCB") for seed in seeds]
    agent = kind(features, alpha=alpha, lr=lr, evidence=DiagonalEvidence, rng=rngs)
    if matrix != "diagonal":
        agent.evidence = GrowingEvidence(agent.network.p, (len(seeds),), N_STEPS[matrix])
    return agent


def play(seeds: Sequence[int], matrix: str, setting: str) -> dict[int, dict[str, Any]]:
    """Return by seed what one agent earned, and how far its network has gone."""
    sim = zoo.ZooplusSimulator(seed=seeds)
    features = zoo.FeatureEngineer(sim)
    agent = made(matrix, setting, features, seeds)
    start = copy.deepcopy(agent.network) if matrix == "full" else None
    results = zoo.run({setting: agent}, sim, N_STEPS[matrix])
    shown = results.oracle if setting == "Oracle" else results.expected[0]
    earned = shown.reshape(len(seeds), -1, EVERY).mean(-1)
    rows = {seed: {"earned": " ".join(f"{x:.5f}" for x in earned[i])} for i, seed in enumerate(seeds)}
    if start is not None:
        cells = np.broadcast_to(features.cells, (len(seeds), 20, 9))
        for name, values in (("error", departure(agent, start, cells)), ("cosine", turned(agent, start, cells))):
            for seed, value in zip(seeds, values, strict=True):
                rows[seed][name] = f"{value:.4f}"
    return rows


def departure(agent: Any, start: Any, cells: np.ndarray) -> np.ndarray:
    """Return the error of the start's expansion, relative to how far the outputs have moved, for each world."""
    moved = agent.network(cells)[..., 0] - start(cells)[..., 0]
    error = moved - np.matvec(start.gradients(cells), agent.network.flat - start.flat)
    return np.linalg.norm(error, axis=-1) / np.linalg.norm(moved, axis=-1)


def turned(agent: Any, start: Any, cells: np.ndarray) -> np.ndarray:
    """Return the mean cosine of the gradient features with those of the start, for each world."""
    G, G0 = (network.gradients(cells) for network in (agent.network, start))
    return (np.vecdot(G, G0) / np.sqrt(np.vecdot(G, G) * np.vecdot(G0, G0))).mean(-1)


def compute(
    seeds: Sequence[int] | None = None, runs: Sequence[tuple[str, str]] = tuple(RUNS), cache: Cache = None
) -> pd.DataFrame:
    """Return ``matrix``, ``setting``, ``replication``, ``earned`` and, for full matrices, ``error``, ``cosine``.

    A hundred worlds a run, or as many as ``WORLDS`` says, if no seeds are given.
    """
    worlds = [list(range(WORLDS.get(run, 100)) if seeds is None else seeds) for run in runs]
    jobs = [({"matrix": matrix, "setting": setting}, of) for (matrix, setting), of in zip(runs, worlds, strict=True)]
    found = gather(play, jobs, cache, chunk=25)
    rows = [
        {"matrix": matrix, "setting": setting, "replication": seed, **of}
        for (matrix, setting), by in zip(runs, found, strict=True)
        for seed, of in by.items()
    ]
    columns = ["matrix", "setting", "replication", "earned", "error", "cosine"]
    return pd.DataFrame(rows).reindex(columns=columns).astype({"error": float, "cosine": float})
