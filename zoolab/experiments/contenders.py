"""The contenders of chapter 7: every agent of the book by name, and what is kept of a run.

The gauntlet: 40,000 steps, the fish boom, the dog-toy craze. Neural agents start from the same random networks, world
by world, so that they can be compared in pairs.
"""

from typing import Any

import numpy as np

import zoolib as zoo
from zoolab.experiments import cells, families
from zoolab.rivals import EpsilonGreedyAgent, MLPRecommender, StaticMLPAgent, random_log, train_recommender
from zoolib import metrics
from zoolib.experiment import Results

N_STEPS = families.N_STEPS
WHO = {"fish boom": "budget_shopper", "dog-toy craze": "cat_connoisseur"}  # whose taste changes
STANDARD = {10_000: zoo.SHOCK_FISH, 25_000: zoo.SHOCK_DOG_TOY}
DRAWN = zoo.RandomTimes((zoo.SHOCK_FISH, zoo.SHOCK_DOG_TOY), first=5000, last=35_000, apart=5000)
SCHEDULES = {"standard": STANDARD, "drawn": DRAWN}
MOVED = {9000: zoo.SHOCK_FISH, 22_500: zoo.SHOCK_DOG_TOY}  # two times that 4,500 divides, and 5,000 does not

WINDOW, GAMMA = 4000, 0.999
DISJOINT, SHARED = (zoo.LinUCBAgent, "onehot"), (zoo.SharedLinUCBAgent, "onehot")
CROSSED, NEURAL = (zoo.SharedLinUCBAgent, "crossed"), (zoo.NeuralLinearAgent, "onehot")
GREEDY, CANONICAL = (EpsilonGreedyAgent, "onehot"), (zoo.NeuralUCBAgent, "onehot")

REPLAY, FRESH = {"training": zoo.Replay()}, {"memory": zoo.Fresh(WINDOW)}
STALE, FADING = {"memory": zoo.Window(WINDOW)}, {"memory": zoo.Discount(GAMMA)}
THOMPSON = {"exploration": zoo.Thompson()}

AGENTS: dict[str, tuple[Any, str, dict[str, Any]]] = {  # as the chapters have them: class, encoding, settings
    "LinUCB": (*DISJOINT, {"alpha": 0.2}),
    "LinUCB, alpha 1": (*DISJOINT, {"alpha": 1.0}),
    "LinUCB, window": (*DISJOINT, {"alpha": 0.2, "window": WINDOW}),
    "LinUCB, discount": (*DISJOINT, {"alpha": 0.2, "gamma": GAMMA}),
    "Shared": (*SHARED, {"alpha": 0.2}),
    "Shared, crossed": (*CROSSED, {"alpha": 0.2}),
    "Shared, crossed, alpha 1": (*CROSSED, {"alpha": 1.0}),
    "Shared, crossed, window": (*CROSSED, {"alpha": 1.0, "window": WINDOW}),
    "Shared, crossed, discount": (*CROSSED, {"alpha": 1.0, "gamma": GAMMA}),
    "NeuralUCB": (*CANONICAL, {"alpha": 0.1, "lr": 0.001}),
    "Neural-Linear, online": (*NEURAL, {"alpha": 0.2, "training": zoo.Online()}),
    "Neural-Linear, frozen": (*NEURAL, {"alpha": 0.3, "training": zoo.Frozen()}),
    "Neural-Linear, replay": (*NEURAL, {"alpha": 0.3, **REPLAY}),
    "Neural-Linear, stale window": (*NEURAL, {"alpha": 0.3, **REPLAY, **STALE}),
    "Neural-Linear, discount": (*NEURAL, {"alpha": 0.3, **REPLAY, **FADING}),
    "Neural-Linear, fresh": (*NEURAL, {"alpha": 0.3, **REPLAY, **FRESH}),
    "Neural-Linear, fresh, all": (*NEURAL, {"alpha": 0.3, **REPLAY, "memory": zoo.Fresh(N_STEPS)}),
    "Neural-Linear, Thompson": (*NEURAL, {"alpha": 0.3, **REPLAY, **THOMPSON}),
    "Neural-Linear, fresh, Thompson": (*NEURAL, {"alpha": 0.3, **REPLAY, **FRESH, **THOMPSON}),
    "Epsilon-greedy": (*GREEDY, {"epsilon": 0.1}),
}
SLOW = ("NeuralUCB",)  # a world takes as long as a hundred of most others
YARDSTICKS = ("Oracle", "Static MLP", "Random")

ALPHAS = (0.1, 0.3, 1.0, 3.0)  # of the figure that the reader moves
DIALLED = {
    f"{name} @ {alpha:g}": (cls, encoding, settings | {"alpha": alpha})
    for name, (cls, encoding, settings) in AGENTS.items()
    for alpha in ALPHAS
    if name in ("LinUCB", "Shared, crossed", "Neural-Linear, replay")
}

WINDOWS = (4000, 4500, 5000, 5500, 6000)
WINDOWED = {
    f"{name}, window {window}": (cls, encoding, {"alpha": 1.0, "window": window})
    for name, (cls, encoding) in {"LinUCB": DISJOINT, "Shared, crossed": CROSSED}.items()
    for window in WINDOWS
}

LONGER = {f"LinUCB, window {window}": (*DISJOINT, {"alpha": 1.0, "window": window}) for window in (10_000, 20_000)}

# Fifty separate models that find the dog toys, or do not: LinUCB and the same with a link, as tuned, and LinUCB with an
# alpha one step larger, and two thirds of one. Three more have the dials of the second, and differ in the link, or in
# what they expect of a product that they know nothing of, a payoff or log-odds; with the link those are 0, which is one
# click in two. Of the last two one hopes and forgets nothing, and one hopes for less, with a larger alpha.
FINDERS = (
    "LinUCB: alpha 0.3, gamma 0.9995, ridge 1",
    "LinUCB, logistic: alpha 0.1, gamma 0.9995, ridge 1.3",
    "LinUCB: alpha 0.39, gamma 0.9995, ridge 1",
    "LinUCB: alpha 0.36, gamma 0.9995, ridge 1",
)
SAME = {"alpha": 0.1, "gamma": 0.9995, "ridge": 1.3}
EXPECTING = {
    f"{link}, expects {expects:g}": (cls, "onehot", {**SAME, "expects": expects})
    for link, cls, expects in (
        ("linear", cells.Disjoint, 0.0),
        ("linear", cells.Disjoint, 0.5),
        ("log-odds", cells.DisjointLogistic, -2.0),
    )
}
HOPING = {
    "linear, expects 0.5, remembers": {"gamma": 1.0, "expects": 0.5},
    "linear, expects 0.35, alpha 0.15": {"alpha": 0.15, "ridge": 1, "expects": 0.35},
}
EXPECTING |= {name: (cells.Disjoint, "onehot", SAME | own) for name, own in HOPING.items()}

KNOWN = AGENTS | DIALLED | WINDOWED | LONGER | EXPECTING


def named(kind: str) -> tuple[Any, str, dict[str, Any]]:
    """Return class, encoding and settings of the agent of that name, which may say where the dials of a family stand.

    >>> named("LinUCB, alpha 1")[2]
    {'alpha': 1.0}
    """
    return KNOWN[kind] if kind in KNOWN else families.known(kind)


def linear(features: zoo.FeatureEngineer, kind: str) -> zoo.UCBAgent:
    """Make the linear agent of that name."""
    cls, encoding, settings = named(kind)
    return cls(features.encoded(encoding), **settings)


def neural(features: zoo.FeatureEngineer, kind: str, rng: Any) -> zoo.UCBAgent:
    """Make the agent of that name which has a network."""
    cls, encoding, settings = named(kind)
    return cls(features.encoded(encoding), rng=rng, **settings)


def oracle(features: zoo.FeatureEngineer, kind: str) -> zoo.OracleAgent:
    """Make the yardstick that knows the truth."""
    return zoo.OracleAgent(features)


def random(features: zoo.FeatureEngineer, kind: str, rng: Any) -> zoo.RandomAgent:
    """Make the yardstick that knows nothing."""
    return zoo.RandomAgent(features, rng=rng)


def static(features: zoo.FeatureEngineer, kind: str) -> StaticMLPAgent:
    """Make the yardstick that has stopped learning: trained before the run on a random policy's 50,000 clicks."""

    def trained(seed: int) -> MLPRecommender:
        world = zoo.ZooplusSimulator(features.sim.n_products, features.sim.n_users, seed)
        log = random_log(world, n_clicks=50_000, rng=zoo.spawn(seed, "log"))
        size = world.n_users, world.n_products
        return train_recommender(log, *size, rng=zoo.spawn(seed, "training"))[0]

    models = [trained(seed) for seed in features.sim.seeds]
    return StaticMLPAgent(features, models if features.batch_shape else models[0])


def is_linear(kind: str) -> bool:
    """Return whether the agent of that name is linear and draws nothing."""
    if kind in YARDSTICKS:
        return False
    cls, _, settings = named(kind)
    return issubclass(cls, (zoo.SharedLinUCBAgent, cells.Cells)) and "exploration" not in settings


def grid(kinds: list[str]) -> dict[str, Any]:
    """Return the grid of a sweep over these agents; the name under which one stands decides its random numbers."""
    makers = {"Oracle": oracle, "Static MLP": static, "Random": random}
    found: dict[str, Any] = {}
    for kind in kinds:
        default = ("Linear", linear) if is_linear(kind) else ("Neural-Linear", neural)
        name, make = (kind, makers[kind]) if kind in makers else default
        found.setdefault(name, (make, {"kind": []}))[1]["kind"].append(kind)
    return found


def summary(results: Results) -> dict[int, dict[str, Any]]:
    """Return what is kept of each replication of one agent.

    ``value``: mean click probability of what it showed, over the run and each phase; ``steps``: to recover from each
    shock, counting the visits of the persona whose taste changed, and counting all; ``curve``: the value of every 500
    steps; ``shown``: how often each persona was shown each category in every 1,000 steps.
    """
    (agent,), times = results.agents, metrics.phases(results)
    values = [metrics.value(results, *ends)[agent] for ends in [(0, None), *times.values()]]
    shocks = {name: start for name, (start, _) in times.items() if name != "at first"}
    own = [metrics.steps_to_recover(results, start, persona=WHO[name])[agent] for name, start in shocks.items()]
    every = [metrics.steps_to_recover(results, start)[agent] for start in shocks.values()]
    curve = metrics.rolling(results, 500, 500, "expected")[1][0]
    P, C, blocks = len(results.personas), len(results.categories), results.n_steps // 1000
    block = np.arange(results.n_steps) // 1000
    cell = (results.persona * blocks + block) * C + results.category[0]
    return {
        seed: {
            "value": [float(v[seed]) for v in values],
            "steps": [float(v[seed]) for v in (*own, *every)],
            "curve": curve[i].tolist(),
            "shown": np.bincount(cell[i], minlength=P * blocks * C).tolist(),
        }
        for i, seed in enumerate(results.seeds)
    }
