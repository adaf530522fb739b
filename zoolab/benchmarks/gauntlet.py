"""The four contenders of the gauntlet, 100 replications of 40,000 steps: CPU time and memory of a process of its own.

python -m zoolab.benchmarks.gauntlet
"""

import json
import sys
from typing import Any

import zoolib as zoo
from zoolab.benchmarks.measure import cpu_seconds
from zoolab.benchmarks.memory import peak_mb
from zoolab.rivals import StaticMLPAgent, random_log, train_recommender


def trained_models(sim: zoo.ZooplusSimulator) -> list[Any]:
    """Train one recommender a world, offline, on the log of a random policy."""
    models = []
    for seed in sim.seeds:
        world = zoo.ZooplusSimulator(seed=seed)
        log = random_log(world, 50_000, zoo.spawn(seed, "log"))
        models.append(train_recommender(log, world.n_users, world.n_products, zoo.spawn(seed, "training"))[0])
    return models


def measure(n_worlds: int = 100, n_steps: int = 40_000) -> dict[str, Any]:
    """Return CPU seconds by agent, those of the offline training, and the peak memory of this process in MB."""
    sim = zoo.ZooplusSimulator(seed=range(n_worlds))
    models: list[Any] = []
    training = cpu_seconds(lambda: models.extend(trained_models(sim)))
    shocks = {n_steps // 4: zoo.SHOCK_FISH, n_steps * 5 // 8: zoo.SHOCK_DOG_TOY}
    agents = {
        "random": lambda features, rng: zoo.RandomAgent(features, rng=rng),
        "static MLP": lambda features, rng: StaticMLPAgent(features, models),
        "LinUCB": lambda features, rng: zoo.LinUCBAgent(features, alpha=0.2),
        "Neural-Linear, replay": lambda features, rng: zoo.NeuralLinearAgent(
            features, alpha=0.3, training=zoo.Replay(), rng=rng
        ),
    }
    together = cpu_seconds(lambda: zoo.replicate(agents, range(n_worlds), n_steps, shocks))
    peak = peak_mb()
    return {"seconds": together, "training_seconds": training, "peak_mb": peak, "worlds": n_worlds, "steps": n_steps}


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:]))))
