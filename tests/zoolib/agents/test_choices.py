"""Every agent chooses today as it chose when its choices were recorded: whoever moves code finds out at once.

``PYTHONPATH=tests/helpers python tests/zoolib/agents/test_choices.py`` records them anew, which belongs into a commit
that says why choices may change. What is kept of a run are fingerprints of its choices, fifty steps each; in the shop
of the categories that were shown, since which of several equal products stands for its category is no choice of an
agent's.
"""

import hashlib
import json
import os
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np
import pytest
from stored_numbers import compares_stored_numbers

import zoolib as zoo
from zoolab.columns import (
    Boosted,
    Crossed,
    FeatureShop,
    HeadAgent,
    Identity,
    KMeans,
    Learned,
    MappedAgent,
    Pairs,
    Projected,
    RandomFourier,
    Screened,
    Segments,
    Unmixed,
    WithProduct,
    serve,
)
from zoolab.labelled import ClassificationBandit, LabelledData
from zoolab.literal.neural_ucb import LiteralNeuralUCBAgent
from zoolab.rivals import (
    Anticipating,
    ArmHeadsAgent,
    ArmHeadsTSAgent,
    Delayed,
    DiagonalNeuralUCBAgent,
    EnsembleAgent,
    EpinetAgent,
    EpsilonGreedyAgent,
    InverseGap,
    LinTSAgent,
    MLPRecommender,
    NeuralTSAgent,
    PerProductAgent,
    Restarting,
    StaticMLPAgent,
)
from zoolib.evidence import DiagonalEvidence

RECORD = Path(__file__).with_name("choices.json")
STEPS = 50  # of a fingerprint

REPLAY = zoo.Replay(capacity=300, batch_size=32, every=20)
REHEARSAL = zoo.Replay(capacity=120, batch_size=8, every=10, n_batches=2)
SMALL = {"d_emb": 8, "hidden_dim": 12}
LEARNED = Learned(hidden=(8, 6), every=40, batches=5, batch_size=16, epochs=2)


def neural_linear(**choices):
    return lambda features, rng: zoo.NeuralLinearAgent(features, **SMALL | choices, rng=rng)


def mapped(map, **settings):
    return lambda features, rng: MappedAgent(features, map=map, rng=rng, **settings)


def linucb(kind=zoo.LinUCBAgent, encoding=None, **settings):
    def make(features, rng):
        seen = features.encoded(encoding) if encoding and hasattr(features, "encoded") else features
        return kind(seen, **settings, **({"rng": rng} if kind is LinTSAgent else {}))

    return make


def static(features, rng):
    sim, rngs = features.sim, rng if isinstance(rng, list) else [rng]
    models = [MLPRecommender(sim.n_users, sim.n_products, 4, rng=one) for one in rngs]
    return StaticMLPAgent(features, models if sim.batch_shape else models[0])


AGENTS = {
    "random": lambda features, rng: zoo.RandomAgent(features, rng=rng),
    "LinUCB": linucb(alpha=0.2),
    "LinUCB, alpha 1": linucb(alpha=1.0, ridge=2.0),
    "LinUCB, window": linucb(alpha=0.3, window=150),
    "LinUCB, discount": linucb(alpha=0.3, gamma=0.99),
    "LinUCB, both": linucb(alpha=0.3, encoding="both"),
    "LinTS": linucb(LinTSAgent, alpha=0.3),
    "LinTS, window": linucb(LinTSAgent, alpha=0.3, window=150),
    "shared": linucb(zoo.SharedLinUCBAgent, alpha=0.3),
    "shared crossed": linucb(zoo.SharedLinUCBAgent, "crossed", alpha=1.0),
    "shared, window": linucb(zoo.SharedLinUCBAgent, "both", alpha=0.3, window=150),
    "shared, discount": linucb(zoo.SharedLinUCBAgent, "crossed", alpha=0.3, gamma=0.99),
    "NeuralUCB": lambda f, rng: zoo.NeuralUCBAgent(f, hidden_dim=6, lr=0.05, rng=rng),
    "NeuralUCB, diagonal": lambda f, rng: zoo.NeuralUCBAgent(
        f, hidden_dim=6, lr=0.05, evidence=DiagonalEvidence, rng=rng
    ),
    "NeuralUCB, latest click": lambda f, rng: DiagonalNeuralUCBAgent(f, hidden_dim=6, lr=0.05, rng=rng),
    "NeuralUCB, rehearsal": lambda f, rng: DiagonalNeuralUCBAgent(
        f, hidden_dim=6, lr=0.02, training=REHEARSAL, rng=rng
    ),
    "NeuralTS": lambda f, rng: NeuralTSAgent(f, hidden_dim=6, lr=0.02, training=REHEARSAL, rng=rng),
    "ensemble": lambda f, rng: EnsembleAgent(
        f, n_members=4, hidden_dim=6, every=10, batch_size=16, capacity=120, rng=rng
    ),
    "epinet": lambda f, rng: EpinetAgent(
        f, index_dim=4, hidden_dim=6, epi_dim=5, every=10, batch_size=16, capacity=120, rng=rng
    ),
    "online": neural_linear(),
    "end to end": neural_linear(training=zoo.EndToEnd(), lr=0.1),
    "frozen": neural_linear(training=zoo.Frozen()),
    "replay": neural_linear(training=REPLAY),
    "rehearsal": neural_linear(training=REHEARSAL),
    "fresh": neural_linear(training=REPLAY, memory=zoo.Fresh(100)),
    "online fresh": neural_linear(memory=zoo.Fresh(30)),
    "window": neural_linear(training=REPLAY, memory=zoo.Window(100)),
    "discount": neural_linear(training=REPLAY, memory=zoo.Discount(0.98)),
    "Thompson": neural_linear(training=REPLAY, exploration=zoo.Thompson()),
    "fresh Thompson": neural_linear(training=REPLAY, memory=zoo.Fresh(100), exploration=zoo.Thompson()),
    "online Thompson": neural_linear(exploration=zoo.Thompson()),
    "epsilon-greedy": neural_linear(training=REPLAY, exploration=zoo.EpsilonGreedy(0.2), alpha=0.0),
    "head alone": lambda f, rng: EpsilonGreedyAgent(f, **SMALL, training=REPLAY, rng=rng),
    "inverse gap": neural_linear(training=REPLAY, exploration=InverseGap(20.0)),
    "LinUCB, inverse gap": lambda f, rng: zoo.LinUCBAgent(f, exploration=InverseGap(20.0, per="loss"), rng=rng),
    "mapped": mapped(Identity()),
    "mapped, ucb": mapped(Crossed(), exploration=zoo.UCB(), settle=3),
    "mapped, waves": mapped(RandomFourier(n=12), settle=1),
    "mapped, learned": mapped(LEARNED, alpha=0.3, settle=7),
    "mapped, stale": mapped(LEARNED, alpha=0.3, fresh=False),
    "head of the map": lambda f, rng: HeadAgent(f, map=LEARNED, exploration=zoo.UCB(), rng=rng),
    "delayed": lambda f, rng: Delayed(linucb(alpha=0.2)(f, rng), delay=30, every=4),
    "anticipating": lambda f, rng: Anticipating(linucb(zoo.SharedLinUCBAgent, "both")(f, rng), delay=30),
    "restarting": lambda f, rng: Restarting(neural_linear(training=REPLAY)(f, rng), at=[90, 200]),
}
SHOP_ONLY = {"oracle": lambda features, rng: zoo.OracleAgent(features), "static": static}
BARE_ONLY = {
    "arm heads": lambda f, rng: ArmHeadsAgent(f, d_emb=4, hidden_dim=6, every=10, batch_size=8, capacity=90, rng=rng),
    "arm heads TS": lambda f, rng: ArmHeadsTSAgent(f, d_emb=4, hidden_dim=6, every=10, batch_size=8, rng=rng),
}
FEATURES = {
    "raw": lambda layout: mapped(Identity(layout)),
    "crossed": lambda layout: mapped(Crossed(layout), exploration=zoo.UCB(), alpha=0.2),
    "waves": lambda layout: mapped(RandomFourier(layout, n=20)),
    "cells": lambda layout: mapped(KMeans(layout, users=3, products=4)),
    "trees": lambda layout: mapped(Boosted(layout, n_trees=4, leaf=5, every=100), alpha=0.0),
    "pairs": lambda layout: mapped(Pairs(layout, pairs=3, knots=4, every=100), link="logistic"),
    "unmixed": lambda layout: mapped(Unmixed(layout, of=Crossed(layout)), alpha=0.0),
    "with product": lambda layout: mapped(WithProduct(layout, of=Identity(layout), n_products=40), link="logistic"),
    "screened": lambda layout: mapped(Screened(layout, of=Crossed(layout), every=100)),
    "projected": lambda layout: mapped(Projected(layout, of=RandomFourier(layout, n=20), every=100)),
    "learned": lambda layout: mapped(Learned(layout, hidden=(8, 6), every=60, batches=5, batch_size=32, epochs=2)),
    "per product": lambda layout: lambda f, rng: PerProductAgent(f, layout=layout, n_products=40, crossed=True),
}
SHOCKS = {
    80: zoo.SHOCK_FISH,
    160: zoo.Turnover(["Cat Food", "Dog Toy"]),
    230: zoo.Launch(["Fish Supplies", "Dog Food"]),
}


def prints(choices):
    """Fingerprints of ``(T, ...)`` choices."""
    choices = np.asarray(choices).astype(np.int16)
    blocks = [choices[t : t + STEPS] for t in range(0, len(choices), STEPS)]
    return [hashlib.sha256(np.ascontiguousarray(b).tobytes()).hexdigest()[:8] for b in blocks]


def in_the_shop(make, seeds):
    results = zoo.replicate({"agent": make}, seeds, 300, SHOCKS, n_products=20, n_users=60)
    return prints(np.moveaxis(results.category[0], 0, -1))


def literal():
    sim = zoo.ZooplusSimulator(n_products=20, n_users=60, seed=7)
    agent = LiteralNeuralUCBAgent(zoo.FeatureEngineer(sim), hidden_dim=4, lr=0.05, rng=7)
    return prints(zoo.run({"agent": agent}, sim, 100).category[0, 0])


def on_bare_contexts(make):
    """Three problems in lockstep, each with a linear truth of its own."""
    rngs = [zoo.spawn(i, "agent") for i in range(3)]
    agent, rng = make(zoo.ContextSpace(4, 6, (3,)), rngs), np.random.default_rng(5)
    truth, rows = rng.normal(size=(3, 4)), []
    for _ in range(200):
        X = rng.normal(size=(3, 6, 4))
        row = agent.select(X)
        x = X[np.arange(3), row]
        agent.learn(x, row, (np.vecdot(x, truth) + rng.normal(size=3) > 0) * 1.0)
        rows.append(row)
    return prints(rows)


def in_a_shop_of_features(make, nuisances=2):
    shop = FeatureShop(Segments(nuisances=nuisances), range(3), n_products=40, shown=8, n_log=300, n_steps=250)
    rngs = [zoo.spawn(seed, "agent") for seed in shop.seeds]
    results = serve({"agent": make(shop.layout)(shop.space, rngs)}, shop)
    return prints(np.moveaxis(results.arm[0], 0, -1))


def in_classification(make):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    data = LabelledData("made up", X, (X[:, 0] * X[:, 1] > 0) + (X[:, 2] > 1) * 1, ("a", "b", "c"), "none")
    played = serve({"agent": make}, ClassificationBandit(data, range(3), n_steps=200))
    return prints(np.moveaxis(played.reward[0] == 0, 0, -1))


RUNS = {
    **{f"{name} / one world": (lambda m=make: in_the_shop(m, 3)) for name, make in (AGENTS | SHOP_ONLY).items()},
    **{
        f"{name} / five worlds": (lambda m=make: in_the_shop(m, range(5)))
        for name, make in (AGENTS | SHOP_ONLY).items()
    },
    **{f"{name} / bare contexts": (lambda m=make: on_bare_contexts(m)) for name, make in (AGENTS | BARE_ONLY).items()},
    **{
        f"{name} / classification": (lambda m=(AGENTS | BARE_ONLY)[name]: in_classification(m))
        for name in ("LinUCB", "LinTS", "arm heads", "arm heads TS", "NeuralUCB, rehearsal")
    },
    **{f"{name} / features": (lambda m=make: in_a_shop_of_features(m)) for name, make in FEATURES.items()},
    # of normal columns any rotation is as good: which one is found depends on the last bits, and so on the processor
    "unmixed / features": lambda: in_a_shop_of_features(FEATURES["unmixed"], nuisances=0),
    "NeuralUCB, literal / one world": literal,
}


@compares_stored_numbers
@pytest.mark.parametrize("name", RUNS)
def test_choices_are_those_that_were_recorded(name):
    assert RUNS[name]() == json.loads(RECORD.read_text(encoding="utf-8"))[name]


def test_every_record_is_of_a_run():
    assert json.loads(RECORD.read_text(encoding="utf-8")).keys() == RUNS.keys()


if __name__ == "__main__":
    RECORD.write_text(json.dumps({name: run() for name, run in RUNS.items()}, indent=1) + "\n", encoding="utf-8")
