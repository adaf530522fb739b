"""Whose clicks make one body of evidence (chapter 6): everybody's, those of a segment, or each user's own.

The book's shop with 100 users, who come a hundred times each. Neural-Linear UCB with a phi that was trained on a log
and then frozen; A, b are kept for all together, for each of four segments, or for each user, and start with nothing.
The agent sees the persona, or it does not; the segments are the personas, or a guess at them that is right for 70 % of
the users. Each has the alpha that was best in a hundred other worlds: all alphas play in twenty of them, the best four
in eighty more.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from zoolab.experiments.contest import of_the_book
from zoolab.long import DATA, Cache
from zoolib import FeatureEngineer, ZooplusSimulator, run, spawn
from zoolib.agents import argmax
from zoolib.evidence import Evidence
from zoolib.networks import MLP, Adam
from zoolib.randomness import shift

TABLE, TUNED = DATA / "groups.csv", DATA / "groups_tuning.csv"
N_USERS, N_STEPS, N_LOG, RIGHT = 100, 10_000, 10_000, 0.7
ALPHAS = (0.0, 0.03, 0.06, 0.1, 0.17, 0.3, 0.6, 1.0, 1.7, 3.0, 6.0)
WORLDS, TUNING_WORLDS, AT_FIRST, LEFT = range(100), range(1000, 1100), 20, 4
GROUPINGS = ("shared", "segment", "guessed segment", "user")
PERSONA = {"known": True, "hidden": False}

Asked = tuple[str, str, float]  # persona known or hidden, grouping, alpha


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
    alpha
        Weight of the width.
    """

    def __init__(self, features: FeatureEngineer, table: np.ndarray, group: np.ndarray, alpha: float) -> None:
        self.features, self.batch_shape, self.table, self.group = features, features.batch_shape, table, group
        self.alpha = alpha
        self.evidence = Evidence(table.shape[-1], (len(group), int(group.max()) + 1))
        self.worlds = np.arange(len(group))

    def predict(self, user_id: np.ndarray, sim: ZooplusSimulator) -> np.ndarray:
        """Return the product with the highest score for the user of each world."""
        cells, products = self.features.choice_cells(user_id, sim)
        Z = self.table[self.worlds[:, None], cells]
        of_group = self.worlds, self.group[self.worlds, user_id]
        ZA = Z @ self.evidence.A_inv[of_group]
        mean, width = np.matvec(ZA, self.evidence.b[of_group]), np.sqrt(np.vecdot(ZA, Z))
        return products[self.worlds, argmax(mean + self.alpha * width)]

    def update(self, user_id: np.ndarray, chosen_arm: np.ndarray, reward: np.ndarray, sim: ZooplusSimulator) -> None:
        """Let the user's group learn from the click."""
        z = self.table[self.worlds, self.features.cell(user_id, chosen_arm, sim)]
        self.evidence.add(z, reward, self.group[self.worlds, user_id])


def agents(world: ZooplusSimulator, asked: Sequence[Asked]) -> dict[Asked, GroupedAgent]:
    """Return the agents that are asked for: persona known or hidden, grouping, alpha."""
    features, group, table = FeatureEngineer(world), groups(world), {}
    for persona, known in PERSONA.items():
        cells = contexts(features, known)
        inputs = np.broadcast_to(cells, (len(world.seeds), *cells.shape))
        table[persona] = trained_phi(world, cells, known).forward(inputs, depth=2)[2]
    return {one: GroupedAgent(features, table[one[0]], group[one[1]], one[2]) for one in asked}


def played(seeds: Sequence[int], asked: Sequence[Asked]) -> pd.DataFrame:
    """Return the mean click probability of what was shown, over the run, its first and its last fifth.

    One row for each world, grouping and replication.
    """
    world = ZooplusSimulator(n_users=N_USERS, seed=[*seeds])
    results = run(agents(world, asked), world, N_STEPS, progress=False)
    fifth, frames = N_STEPS // 5, []
    for (persona, grouping, alpha), p in zip(results.agents, results.expected, strict=True):
        who = {"persona": persona, "grouping": grouping, "alpha": alpha, "replication": world.seeds}
        columns = {"all": p, "first fifth": p[:, :fifth], "last fifth": p[:, -fifth:]}
        frames.append(pd.DataFrame(who | {name: part.mean(1) for name, part in columns.items()}))
    return pd.concat(frames, ignore_index=True).round(8)


def tuned(seeds: Sequence[int] = TUNING_WORLDS, at_first: int = AT_FIRST) -> pd.DataFrame:
    """Return what alphas earned in the mean, in how many of the tuning worlds, one row for each, and which is best."""
    which = ["persona", "grouping", "alpha"]

    def means(runs: pd.DataFrame) -> pd.DataFrame:
        earned = runs.groupby(which, sort=False)["all"].agg(["size", "mean"])
        return earned.set_axis(["worlds", "earned"], axis=1).round(6).reset_index()

    runs = played(seeds[:at_first], [(who, how, alpha) for who in PERSONA for how in GROUPINGS for alpha in ALPHAS])
    first = means(runs).sort_values("earned", ascending=False).groupby(which[:2], sort=False).head(LEFT)
    asked = list(first.sort_index()[which].itertuples(index=False, name=None))
    found = means(pd.concat([runs, played(seeds[at_first:], asked)]))
    best = found[found["worlds"] == len(seeds)].groupby(which[:2])["earned"].idxmax()
    return found.assign(best=found.index.isin(best))


def tables(cache: Cache = None) -> dict[Path, pd.DataFrame]:
    """Return what was tried, and what the best of it earned in a hundred worlds.

    It takes a few minutes, so nothing is kept in ``cache``.
    """
    tried = of_the_book(TUNED) if shift() else tuned()
    best = tried[tried["best"]]
    chosen = [(row.persona, row.grouping, row.alpha) for row in best.itertuples(index=False)]
    return {TUNED: tried, TABLE: played(WORLDS, chosen)}
