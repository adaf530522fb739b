"""The numbers are those of the program, not of the machine: threads and instruction sets change no choice."""

import os
import subprocess
import sys

import pytest

# Prints what every kind of agent shows in three worlds, and how the networks' choices stand after a shock.
PLAY = """
import hashlib, tempfile, torch
import numpy as np
from zoolab import serving as production
from zoolab.rivals import EpsilonGreedyAgent
from zoolib import *
from zoolab.literal.neural_ucb import LiteralNeuralUCBAgent
from zoolib.networks import MLP

torch.set_num_threads(int(__import__("os").environ["OMP_NUM_THREADS"]))
replay = Replay(capacity=500, batch_size=64, every=20)
agents = {
    "LinUCB": lambda f, rng: LinUCBAgent(f, alpha=0.2),
    "LinUCB discounted": lambda f, rng: LinUCBAgent(f, alpha=0.2, gamma=0.995),
    "shared": lambda f, rng: SharedLinUCBAgent(f.encoded("both"), window=300),
    "NeuralUCB": lambda f, rng: NeuralUCBAgent(f, hidden_dim=16, lr=0.01, rng=rng),
    "online": lambda f, rng: NeuralLinearAgent(f, rng=rng),
    "replay": lambda f, rng: NeuralLinearAgent(f, training=replay, rng=rng),
    "fresh": lambda f, rng: NeuralLinearAgent(f, training=replay, memory=Fresh(300), rng=rng),
    "discount": lambda f, rng: NeuralLinearAgent(f, training=replay, memory=Discount(0.995), rng=rng),
    "Thompson": lambda f, rng: NeuralLinearAgent(f, training=replay, exploration=Thompson(), rng=rng),
    "epsilon-greedy": lambda f, rng: EpsilonGreedyAgent(f, training=replay, rng=rng),
}
results = replicate(agents, range(3), 900, {450: SHOCK_FISH})
for name, category in zip(results.agents, results.category):
    print(name, hashlib.sha256(category.tobytes()).hexdigest()[:16], category[:, -8:].tolist())
sim = ZooplusSimulator(seed=1)
literal = run({"literal": LiteralNeuralUCBAgent(FeatureEngineer(sim), hidden_dim=8, rng=0)}, sim, 60)
print("literal", literal.category.tolist())

sim = ZooplusSimulator(n_products=30, n_users=60, seed=5)  # of each kind of product six that are equal
features, phi = FeatureEngineer(sim), MLP((9, 64, 32), [np.random.default_rng(0)], linear=(2,))
products = features.table[0, sim.product_category][:, 4:]
for dtype in ("float32", "float64"):
    with tempfile.TemporaryDirectory() as folder, production.open_store(folder) as store:
        funnel = production.Funnel(
            production.Retriever(np.ones((30, 2)), "exact"), products, production.Embedder(phi, dtype=dtype), store,
            query=lambda x: np.ones(2), n_candidates=25, n_slate=12, dtype=dtype,
            ranking=production.InverseGapRanking(rng=0),
        )
        for t in range(60):
            decision = funnel.decide(production.Visitor(features.table[sim.persona(t), 0][:4]))
            funnel.feedback(decision.id, int(decision.arms[t % 3]), t % 2)
        print("funnel", dtype, decision.arms.tolist())
"""


def choices(**environment):
    threads = {
        name: environment.get("threads", "1") for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    }
    kept = {k: v for k, v in os.environ.items() if k not in ("ATEN_CPU_CAPABILITY", "OPENBLAS_CORETYPE")}
    environment.pop("threads", None)
    done = subprocess.run(
        [sys.executable, "-c", PLAY], env=kept | threads | environment, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def here():
    return choices()


@pytest.mark.many
@pytest.mark.parametrize("environment", [
    {"threads": "2"},
    {"ATEN_CPU_CAPABILITY": "default"},
    {"OPENBLAS_CORETYPE": "Haswell"},
    {"OPENBLAS_CORETYPE": "Prescott", "ATEN_CPU_CAPABILITY": "default", "threads": "2"},
], ids=lambda e: " ".join(f"{k}={v}" for k, v in e.items()))  # fmt: skip
def test_choices_are_the_same(environment, here):
    assert here.count("\n") == 13
    assert choices(**environment) == here
