"""The ablation of chapter 5: what exploration, crossing, forgetting, fresh evidence, sharing and a network each bring.

Every kind of agent plays the gauntlet in a hundred worlds with two exploration weights. All neural kinds start from the
same random networks, world by world, so that they can be compared in pairs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

import zoolib as zoo
from zoolab.long import DATA, Cache, sweep

TABLE = DATA / "ablation.csv"
N_STEPS = 40_000
SHOCKS = {10_000: zoo.SHOCK_FISH, 25_000: zoo.SHOCK_DOG_TOY}

WINDOW = 4000
LINEAR = {
    "disjoint": (zoo.LinUCBAgent, "onehot", {}),
    "disjoint, window": (zoo.LinUCBAgent, "onehot", {"window": WINDOW}),
    "shared, one-hot": (zoo.SharedLinUCBAgent, "onehot", {}),
    "shared, one-hot, window": (zoo.SharedLinUCBAgent, "onehot", {"window": WINDOW}),
    "shared, crossed": (zoo.SharedLinUCBAgent, "crossed", {}),
    "shared, crossed, window": (zoo.SharedLinUCBAgent, "crossed", {"window": WINDOW}),
    "shared, crossed, discount": (zoo.SharedLinUCBAgent, "crossed", {"gamma": 0.999}),
}
REPLAY, FROZEN, FRESH = zoo.Replay(), zoo.Frozen(), zoo.Fresh(WINDOW)
NEURAL = {
    "online": {"training": zoo.Online()},
    "replay": {"training": REPLAY},
    "replay, window": {"training": REPLAY, "memory": zoo.Window(WINDOW)},
    "replay, discount": {"training": REPLAY, "memory": zoo.Discount(0.999)},
    "replay, fresh": {"training": REPLAY, "memory": FRESH},
    "replay, fresh, all": {"training": REPLAY, "memory": zoo.Fresh(N_STEPS)},
    "replay, Thompson": {"training": REPLAY, "exploration": zoo.Thompson()},
    "replay, fresh, Thompson": {"training": REPLAY, "memory": FRESH, "exploration": zoo.Thompson()},
    "frozen": {"training": FROZEN},
    "frozen, window": {"training": FROZEN, "memory": FRESH},
    "replay, scaled": {"training": REPLAY, "ridge": 0.01},
    "replay, fresh, scaled": {"training": REPLAY, "memory": FRESH, "ridge": 0.01},
    "frozen, window, scaled": {"training": FROZEN, "memory": FRESH, "ridge": 0.01},
}


def linear(features: zoo.FeatureEngineer, kind: str, alpha: float) -> zoo.UCBAgent:
    """Make the linear agent of that kind."""
    agent, encoding, settings = LINEAR[kind]
    return agent(features.encoded(encoding), alpha=alpha, **settings)


def neural(features: zoo.FeatureEngineer, kind: str, alpha: float, rng: Any) -> zoo.UCBAgent:
    """Make the neural agent of that kind."""
    return zoo.NeuralLinearAgent(features, alpha=alpha, rng=rng, **NEURAL[kind])


def oracle(features: zoo.FeatureEngineer, kind: str, alpha: float) -> zoo.OracleAgent:
    """Make the yardstick, which has no kinds and explores nothing."""
    return zoo.OracleAgent(features)


FAMILIES = {  # who makes it, its kinds, its alphas
    "Linear": (linear, LINEAR, [0.2, 1.0]),
    "Neural-Linear": (neural, NEURAL, [0.3, 1.0]),
    "Oracle": (oracle, ["oracle"], [0.0]),
}


def compute(
    seeds: Sequence[int] = range(100),
    kinds: Sequence[str] = (*LINEAR, *NEURAL, "oracle"),
    cache: Cache = None,
    families: Mapping[str, tuple[Any, Sequence[str], Sequence[float]]] | None = None,
) -> pd.DataFrame:
    """Return the mean click probability of what each agent showed, over the run and over its three phases.

    One row for each kind, alpha and replication. Eight decimals say which of the possible means it is: click
    probabilities have two.
    """
    grid: dict[str, Any] = {}
    families = families or FAMILIES
    for name, (make, known, alphas) in families.items():
        if wanted := [kind for kind in known if kind in kinds]:
            grid[name] = (make, {"kind": wanted, "alpha": alphas})
    long = sweep(grid, seeds, N_STEPS, SHOCKS, measures=("value",), cache=cache)
    phases = list(dict.fromkeys(long["phase"]))
    wide = long.pivot(index=["kind", "alpha", "replication"], columns="phase", values="value")[phases]
    order = [kind for _, known, _ in families.values() for kind in known if kind in kinds]
    return wide.loc[order].round(8).reset_index().rename_axis(columns=None)
