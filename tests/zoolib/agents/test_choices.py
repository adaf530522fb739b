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
from roster import AGENTS, BARE_ONLY, FEATURES, SHOP_ONLY
from stored_numbers import compares_stored_numbers

import zoolib as zoo
from zoolab.columns import (
    FeatureShop,
    Segments,
    serve,
)
from zoolab.labelled import ClassificationBandit, LabelledData
from zoolab.literal.neural_ucb import LiteralNeuralUCBAgent

RECORD = Path(__file__).with_name("choices.json")
STEPS = 50  # of a fingerprint

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
