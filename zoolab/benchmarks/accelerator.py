"""What an accelerator could take over: the part of the network in a step of Neural-Linear, from one world to 10,000.

    python -m zoolab.benchmarks.accelerator

All worlds stand in one array. Timed are choice, click and learning, of which the network's part is its passes forward
and backward and the steps of Adam. It is trained on one minibatch in 50 steps.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import numpy as np

from zoolab.benchmarks.memory import peak_mb
from zoolib import FeatureEngineer, NeuralLinearAgent, Replay, ZooplusSimulator, spawn
from zoolib.networks import MLP, Adam

K, SIZES, STEPS, ROUNDS = 50, (1, 10, 100, 1000, 10_000), 150, 3
OF_THE_NETWORK = (MLP, "forward"), (MLP, "backward"), (Adam, "step")


@contextmanager
def timed(methods: Sequence[tuple[type, str]]) -> Iterator[list[float]]:
    """Yield a list to which each call of a method adds the CPU seconds that it took."""
    spent: list[float] = []

    def watched(method: Any) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            start = time.process_time()
            try:
                return method(*given, **named)
            finally:
                spent.append(time.process_time() - start)

        return call

    with ExitStack() as stack:
        for kind, name in methods:
            stack.enter_context(mock.patch.object(kind, name, watched(getattr(kind, name))))
        yield spent


def cost(worlds: int, steps: int = STEPS) -> tuple[float, float]:
    """Return the CPU seconds of a step of a world, and the network's part of them."""
    seeds = range(worlds)
    sim = ZooplusSimulator(n_products=K, seed=seeds)
    rngs = [spawn(seed, "agent") for seed in seeds]
    agent = NeuralLinearAgent(FeatureEngineer(sim), alpha=0.3, training=Replay(), rng=rngs)
    users = np.random.default_rng(0).integers(0, sim.n_users, (steps, worlds))
    with timed(OF_THE_NETWORK) as spent:
        start = time.process_time()
        for user in users:
            arm = agent.predict(user, sim)
            agent.update(user, arm, sim.get_reward(user, arm), sim)
        seconds = time.process_time() - start
    return seconds / steps / worlds, sum(spent) / seconds


def measure(sizes: Sequence[int] = SIZES, rounds: int = ROUNDS) -> dict[str, Any]:
    """Return a row for each number of worlds: medians over the rounds, and the peak of the memory so far in MB."""
    rows = []
    for worlds in sizes:
        seconds, network = np.median([cost(worlds) for _ in range(rounds)], axis=0).tolist()
        rows.append({"worlds": worlds, "seconds": seconds, "network": network, "mb": peak_mb()})
    return {"arms": K, "steps": STEPS, "rows": rows}


if __name__ == "__main__":
    print(json.dumps(measure()))
