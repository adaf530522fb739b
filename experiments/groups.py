"""Whose clicks make one body of evidence (chapter 6): everybody's, those of a segment, or each user's own.

The book's shop with 100 users, who come a hundred times each. Neural-Linear UCB with a phi that was trained on a log
and then frozen; A, b are kept for all together, for each of four segments, or for each user. The agent sees the
persona, or it does not; the segments are the personas, or a guess at them that is right for 70 % of the users.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from zoolib import FeatureEngineer, ZooplusSimulator, run, spawn
from zoolib.agents import first_best
from zoolib.evidence import Evidence
from zoolib.networks import MLP, Adam

TABLE = Path(__file__).resolve().parent.parent / "chapters" / "data" / "groups.csv"
N_USERS, N_STEPS, N_LOG, ALPHA, RIGHT = 100, 10_000, 10_000, 0.3, 0.7
GROUPINGS = ("shared", "segment", "guessed segment", "user")
PERSONA = {"known": True, "hidden": False}


def trained_phi(sim: ZooplusSimulator, cells: np.ndarray, persona_known: bool) -> MLP:
    """Return one network a world, trained on a log of ``N_LOG`` random recommendations."""
    rngs = [spawn(seed, f"phi, persona known: {persona_known}") for seed in sim.seeds]
    network = MLP((cells.shape[1], 64, 32, 1), rngs, sim.batch_shape, linear=(2,))
    n, s = np.zeros((2, len(sim.seeds), 20))
    for i, seed in enumerate(sim.seeds):
        rng = spawn(seed, "log")
        user, arm = rng.integers(0, sim.n_users, N_LOG), rng.integers(0, sim.n_products, N_LOG)
        cell = sim.user_persona[i, user] * 5 + sim.product_category[i, arm]
        clicked = rng.random(N_LOG) < sim.click_table[i].ravel()[cell]
        n[i], s[i] = np.bincount(cell, minlength=20), np.bincount(cell, clicked, minlength=20)
    adam, X = Adam(network.flat, 0.01), np.broadcast_to(cells, (len(sim.seeds), *cells.shape))
    for _ in range(300):
        adam.step(network.loss_gradient(X, n, s))
    return network


def contexts(features: FeatureEngineer, persona_known: bool) -> np.ndarray:
    """Return the 20 contexts, ``(20, 9)``; ``(20, 5)`` without the persona."""
    return features.cells if persona_known else features.cells[:, 4:]


def groups(sim: ZooplusSimulator) -> dict[str, np.ndarray]:
    """Return the number of each user's group, ``(R, U)``, for each way of grouping."""
    guess = sim.user_persona.copy()
    for i, seed in enumerate(sim.seeds):
        rng = spawn(seed, "segments")
        wrong = rng.random(sim.n_users) > RIGHT
        guess[i, wrong] = (guess[i, wrong] + rng.integers(1, 4, wrong.sum())) % 4
    each = np.broadcast_to(np.arange(sim.n_users), guess.shape)
    return {"shared": np.zeros_like(guess), "segment": sim.user_persona, "guessed segment": guess, "user": each}


class GroupedAgent:
    """Neural-Linear UCB with a frozen phi, whose evidence is kept for each group of users.

    Parameters
    ----------
    features
        Of worlds in lockstep.
    table
        ``(R, 20, d)``, phi of every context.
    group
        ``(R, U)``, the number of each user's group.
    """

    def __init__(self, features: FeatureEngineer, table: np.ndarray, group: np.ndarray) -> None:
        self.features, self.batch_shape, self.table, self.group = features, features.batch_shape, table, group
        self.evidence = Evidence(table.shape[-1], (len(group), int(group.max()) + 1))
        self.rows = np.arange(len(group))

    def predict(self, user_id: np.ndarray, sim: ZooplusSimulator) -> np.ndarray:
        """Return the product with the highest score for the user of each world."""
        cells, products = self.features.choice_cells(user_id, sim)
        Z = self.table[self.rows[:, None], cells]
        mean, width = self.evidence.mean_and_width(Z, self.group[self.rows, user_id])
        return products[self.rows, first_best(mean + ALPHA * width)]

    def update(self, user_id: np.ndarray, chosen_arm: np.ndarray, reward: np.ndarray, sim: ZooplusSimulator) -> None:
        """Let the user's group learn from the click."""
        z = self.table[self.rows, self.features.cell(user_id, chosen_arm, sim)]
        self.evidence.add(z, reward, self.group[self.rows, user_id])


def agents(world: ZooplusSimulator) -> dict[tuple[str, str], GroupedAgent]:
    """Return an agent for each way of grouping, with the persona known and hidden."""
    made, features = {}, FeatureEngineer(world)
    for persona, known in PERSONA.items():
        cells = contexts(features, known)
        inputs = np.broadcast_to(cells, (len(world.seeds), *cells.shape))
        table = trained_phi(world, cells, known).forward(inputs, depth=2)[2]
        made |= {(persona, name): GroupedAgent(features, table, group) for name, group in groups(world).items()}
    return made


def compute(
    seeds: Sequence[int] = range(100), cache: str | os.PathLike[str] | None = None, progress: bool = True
) -> pd.DataFrame:
    """Return the mean click probability of what was shown, over the run, its first and its last fifth.

    One row for each world, grouping and replication. It takes about a minute, so nothing is kept in ``cache``.
    """
    world = ZooplusSimulator(n_users=N_USERS, seed=[*seeds])
    results = run(agents(world), world, N_STEPS, progress=False)
    fifth, frames = N_STEPS // 5, []
    for (persona, grouping), p in zip(results.agents, results.expected, strict=True):
        columns = {"all": p, "first fifth": p[:, :fifth], "last fifth": p[:, -fifth:]}
        means = {name: part.mean(1) for name, part in columns.items()}
        frames.append(pd.DataFrame({"persona": persona, "grouping": grouping, "replication": world.seeds, **means}))
    return pd.concat(frames, ignore_index=True).round(8)
