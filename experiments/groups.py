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

from zoolib import FeatureEngineer, ZooplusSimulator, spawn
from zoolib.agents import first_best
from zoolib.evidence import Evidence
from zoolib.networks import MLP, Adam

TABLE = Path(__file__).resolve().parent.parent / "chapters" / "data" / "groups.csv"
N_USERS, N_STEPS, N_LOG, ALPHA, RIGHT = 100, 10_000, 10_000, 0.3, 0.7
GROUPINGS = ("shared", "segment", "guessed segment", "user")
KNOWN = (True, False)


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


def play(seeds: Sequence[int], n_steps: int = N_STEPS) -> dict[tuple[bool, str], np.ndarray]:
    """Return the products shown in worlds in lockstep, ``{(persona known, grouping): (n_steps, R)}``."""
    world = ZooplusSimulator(n_users=N_USERS, seed=seeds)
    features, rows = FeatureEngineer(world), np.arange(len(world.seeds))
    users = np.stack([spawn(seed, "users").integers(0, N_USERS, n_steps) for seed in world.seeds], axis=1)
    shown = {}
    for known in KNOWN:
        cells = contexts(features, known)
        table = trained_phi(world, cells, known).forward(np.broadcast_to(cells, (len(rows), *cells.shape)), depth=2)[2]
        for grouping, group in groups(world).items():
            sim, n_groups = world.copy(), int(group.max()) + 1
            evidence = Evidence(32, (len(rows), n_groups))
            arms = np.empty((n_steps, len(rows)), dtype=int)
            for t, user in enumerate(users):
                cell, products = features.choice_cells(user, sim)
                Z, entry = table[rows[:, None], cell], rows * n_groups + group[rows, user]
                mean, width = _appraise(evidence, Z, entry)
                place = first_best(mean + ALPHA * width)
                arms[t] = products[rows, place]
                evidence.add(Z[rows, place], sim.get_reward(user, arms[t]), entry)
            shown[known, grouping] = arms
    return shown


def _appraise(evidence: Evidence, Z: np.ndarray, entry: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    A_inv, b = (a.reshape(-1, *a.shape[2:])[entry] for a in (evidence.A_inv, evidence.b))
    ZA = Z @ A_inv
    return np.matvec(ZA, b), np.sqrt(np.vecdot(ZA, Z))


def compute(
    seeds: Sequence[int] = range(100), cache: str | os.PathLike[str] | None = None, progress: bool = True
) -> pd.DataFrame:
    """Return the mean click probability of what was shown, over the run, its first and its last fifth.

    One row for each world, grouping and replication. It takes about a minute, so nothing is kept in ``cache``.
    """
    seeds = [*seeds]
    world = ZooplusSimulator(n_users=N_USERS, seed=seeds)
    users = np.stack([spawn(seed, "users").integers(0, N_USERS, N_STEPS) for seed in seeds], axis=1)
    fifth, frames = N_STEPS // 5, []
    for (known, grouping), arms in play(seeds).items():
        p = world.click_probability(users.T, arms.T)
        columns = {"all": p, "first fifth": p[:, :fifth], "last fifth": p[:, -fifth:]}
        means = {name: part.mean(1) for name, part in columns.items()}
        frames.append(
            pd.DataFrame(
                {"persona": "known" if known else "hidden", "grouping": grouping, "replication": seeds, **means}
            )
        )
    return pd.concat(frames, ignore_index=True).round(8)
