"""Clicks that come together teach an agent what they teach it one after another."""

import numpy as np
import pytest

from zoolab.rivals import LinTSAgent
from zoolib import (
    ContextSpace,
    Delayed,
    HybridLinUCBAgent,
    LinUCBAgent,
    LogisticUCBAgent,
    NeuralLinearAgent,
    NeuralUCBAgent,
    Replay,
    SharedLinUCBAgent,
    SharedLogisticUCBAgent,
)
from zoolib.agents.linucb import DisjointLinUCBAgent

REHEARSAL = Replay(capacity=120, batch_size=8, every=10)
AGENTS = {
    "shared": SharedLinUCBAgent,
    "shared, window": lambda space: SharedLinUCBAgent(space, window=30),
    "shared, discount": lambda space: SharedLinUCBAgent(space, gamma=0.95),
    "disjoint": DisjointLinUCBAgent,
    "LinUCB": LinUCBAgent,
    "LinUCB, window": lambda space: LinUCBAgent(space, window=30),
    "LinUCB, discount": lambda space: LinUCBAgent(space, gamma=0.95),
    "log-odds, shared": SharedLogisticUCBAgent,
    "log-odds": LogisticUCBAgent,
    "hybrid": HybridLinUCBAgent,
    "drawn": lambda space: LinTSAgent(space, rng=seeds(space)),
    "Neural-Linear": lambda space: NeuralLinearAgent(space, hidden_dim=6, training=REHEARSAL, rng=seeds(space)),
    "NeuralUCB": lambda space: NeuralUCBAgent(space, hidden_dim=4, diagonal=True, rng=seeds(space)),
}


def seeds(space):
    return list(range(*space.batch_shape)) if space.batch_shape else 0


@pytest.mark.parametrize("batch_shape", [(), (2,)], ids=["one", "batch"])
@pytest.mark.parametrize("make", AGENTS.values(), ids=AGENTS)
def test_clicks_that_come_together_count_as_one_after_another(make, batch_shape):
    agent, twin = (make(ContextSpace(4, 6, batch_shape)) for _ in range(2))
    rng = np.random.default_rng(1)
    for n in (1, 0, 100):
        X, arms = rng.normal(size=(n, *batch_shape, 4)), rng.integers(0, 6, (n, *batch_shape))
        rewards = rng.integers(0, 2, arms.shape)
        agent.learn_many(X, arms, rewards)
        for x, arm, reward in zip(X, arms, rewards, strict=True):
            twin.learn(x, arm, reward)
    X = np.random.default_rng(2).normal(size=(*batch_shape, 6, 4))
    assert agent.payoff(X) == pytest.approx(twin.payoff(X), rel=1e-8, abs=1e-10)
    assert agent.uncertainty(X) == pytest.approx(twin.uncertainty(X), rel=1e-8, abs=1e-10)
    assert np.array_equal(agent.select(X), twin.select(X))


@pytest.mark.parametrize(
    ("X", "arms", "rewards", "message"),
    [
        (np.ones((3, 5)), [0, 1, 2], [0, 1, 0], r"X must have shape \(any, 4\), got \(3, 5\)"),
        (np.full((3, 4), np.nan), [0, 1, 2], [0, 1, 0], "X must be finite"),
        (np.ones((3, 4)), [0, 1, 6], [0, 1, 0], "arms must lie between 0 and 5"),
        (np.ones((3, 4)), [0, 1], [0, 1, 0], r"arms must have shape \(3,\)"),
        (np.ones((3, 4)), [0, 1, 2], [0, 1], r"rewards must have shape \(3\), got \(2,\)"),
        (np.ones((3, 4)), [0, 1, 2], [0, np.inf, 1], "rewards must be finite"),
    ],
)
def test_what_cannot_be_learned_is_named_and_leaves_no_trace(X, arms, rewards, message):
    agent = LinUCBAgent(ContextSpace(4, 6))
    with pytest.raises(ValueError, match=message):
        agent.learn_many(X, arms, rewards)
    assert not agent.evidence.b.any()


@pytest.mark.parametrize("batch_shape", [(), (2,)], ids=["one", "batch"])
@pytest.mark.parametrize("name", ["shared", "shared, window", "shared, discount", "disjoint", "LinUCB", "log-odds"])
def test_a_batch_with_one_context_too_long_is_refused_whole(name, batch_shape):
    agent = AGENTS[name](ContextSpace(4, 6, batch_shape))
    X, arms = np.random.default_rng(0).normal(size=(20, *batch_shape, 4)), np.zeros((20, *batch_shape), dtype=int)
    X[10] *= 1e9
    with pytest.raises(ValueError, match="scale them"):
        agent.learn_many(X, arms, np.ones(arms.shape))
    assert not agent.evidence.b.any()


def test_one_that_learns_in_its_own_way_does_so_in_batches_too():
    class Doubling(SharedLinUCBAgent):
        def _learn(self, x, arm, reward):
            super()._learn(2 * x, arm, reward)

    agent = Doubling(ContextSpace(1, 2))
    agent.learn_many(np.ones((5, 1)), [0, 1, 0, 1, 0], np.ones(5))
    assert agent.evidence.A.item() == 21


def test_a_lesson_that_is_refused_when_it_is_due_is_gone_and_the_others_are_learned_once():
    agent = Delayed(SharedLinUCBAgent(ContextSpace(2, 3)), every=3)
    for x in ([1.0, 0.0], [1e9, 0.0]):
        agent.learn(np.array(x), 0, 1.0)
    with pytest.raises(ValueError, match="scale them"):
        agent.learn(np.array([1.0, 0.0]), 0, 1.0)
    for _ in range(3):
        agent.learn(np.array([0.0, 1.0]), 0, 1.0)
    assert agent.agent.evidence.A.diagonal().tolist() == [3.0, 4.0]
