"""Each agent against its literal version, which does what the definition says and no more.

The literal loop is zoolab/literal/linear.py and zoolab/literal/neural.py: contexts as they are described, an inverse of
A for every arm or every decision, a backward pass for every arm, and a shop that draws with NumPy's ``binomial``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import zoolib as zoo
from zoolab.benchmarks.measure import cpu_seconds, in_turns
from zoolab.literal import linear as lit
from zoolab.literal import neural as lit_neural
from zoolib.evidence import DiagonalEvidence

K, D, N_USERS, WORLDS = 50, 9, 1000, 100


@dataclass(frozen=True)
class Algorithm:
    """What is compared.

    ``literal`` and ``fast`` make the two agents; ``steps`` says how many steps of the literal version, of the fast one
    alone and of 100 worlds in lockstep make a round; ``must`` is how many times as fast, a step and world, the fast one
    must be alone and in lockstep (None: nothing is asked).
    """

    name: str
    literal: Callable[[], Any]
    fast: Callable[[zoo.FeatureEngineer, Any], Any]
    steps: tuple[int, int, int]
    must: tuple[float | None, float | None] = (None, None)


LINUCB = Algorithm(
    "LinUCB, disjoint",
    lambda: lit.LiteralLinUCB(K, D, alpha=0.2),
    lambda features, rng: zoo.LinUCBAgent(features, alpha=0.2),
    steps=(300, 8_000, 1_500),
    must=(20, 300),
)
REPLAY = Algorithm(
    "Neural-Linear, replay",
    lambda: lit_neural.LiteralReplay(D, 0.3, 0.01, 32, 64, np.random.default_rng(0)),
    lambda features, rng: zoo.NeuralLinearAgent(features, alpha=0.3, training=zoo.Replay(), rng=rng),
    steps=(300, 5_000, 1_000),
    must=(20, 100),
)
ALGORITHMS = [
    LINUCB,
    Algorithm(
        "LinUCB, shared",
        lambda: lit.LiteralSharedLinUCB(K, D, alpha=0.2),
        lambda features, rng: zoo.SharedLinUCBAgent(features, alpha=0.2),
        steps=(600, 5_000, 1_000),
    ),
    Algorithm(
        "NeuralUCB",
        lambda: lit_neural.LiteralNeuralUCB(D, 0.1, 0.001, 64, np.random.default_rng(0)),
        lambda features, rng: zoo.NeuralUCBAgent(features, alpha=0.1, rng=rng),
        steps=(20, 500, 40),
        must=(50, None),
    ),
    Algorithm(
        "NeuralUCB, diagonal",
        lambda: lit_neural.LiteralDiagonalNeuralUCB(D, 0.1, 0.001, 64, np.random.default_rng(0)),
        lambda features, rng: zoo.NeuralUCBAgent(features, alpha=0.1, evidence=DiagonalEvidence, rng=rng),
        steps=(60, 2_000, 100),
    ),
    Algorithm(
        "Neural-Linear, online",
        lambda: lit_neural.LiteralNeuralLinear(D, 0.2, 0.01, 32, 64, np.random.default_rng(0)),
        lambda features, rng: zoo.NeuralLinearAgent(features, alpha=0.2, rng=rng),
        steps=(300, 3_000, 200),
    ),
    REPLAY,
]


def literal_loop(make: Callable[[], Any], n_steps: int) -> float:
    """Return the CPU seconds of a step of the literal loop."""
    users = np.random.default_rng(0).integers(0, N_USERS, n_steps)
    shop, agent = lit.LiteralShop(zoo.CLICK_TABLE, list(zoo.CATEGORIES), K, N_USERS, seed=42), make()

    def loop() -> None:
        for user in users:
            X = shop.contexts(user)
            arm = agent.select(X)
            agent.learn(X[arm], arm, shop.reward(user, arm))

    return cpu_seconds(loop) / n_steps


def fast_loop(make: Callable[[zoo.FeatureEngineer, Any], Any], n_steps: int, n_worlds: int | None = None) -> float:
    """Return the CPU seconds of a step and world of :func:`zoolib.run`, one world or many in lockstep."""
    sim = zoo.ZooplusSimulator(K, N_USERS, seed=42 if n_worlds is None else range(n_worlds))
    agent = make(zoo.FeatureEngineer(sim), 0)
    return cpu_seconds(lambda: zoo.run({"agent": agent}, sim, n_steps)) / n_steps / len(sim.seeds)


def compare(algorithm: Algorithm, rounds: int) -> list[dict[str, Any]]:
    """Return two rows, one world and 100 in lockstep: seconds of both versions and their ratio, medians over rounds."""
    n_literal, n_single, n_lockstep = algorithm.steps
    seconds = in_turns(
        {
            "literal": lambda: literal_loop(algorithm.literal, n_literal),
            "one world": lambda: fast_loop(algorithm.fast, n_single),
            f"{WORLDS} in lockstep": lambda: fast_loop(algorithm.fast, n_lockstep, WORLDS),
        },
        rounds,
    )
    return [
        {
            "algorithm": algorithm.name,
            "worlds": worlds,
            "literal_us": float(seconds["literal"].median() * 1e6),
            "fast_us": float(seconds[worlds].median() * 1e6),
            "ratio": float((seconds["literal"] / seconds[worlds]).median()),
            "must": must,
        }
        for worlds, must in zip(seconds.columns[1:], algorithm.must, strict=True)
    ]
