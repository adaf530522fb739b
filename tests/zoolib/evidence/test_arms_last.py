"""Evidence with the arms last in memory is evidence."""

import copy

import numpy as np
import pytest

from zoolib import LinUCBAgent, SharedLinUCBAgent
from zoolib.agents.linucb import DisjointLinUCBAgent
from zoolib.evidence import Evidence, ridge
from zoolib.evidence.arms_last import SHORT, ArmsLastEvidence
from zoolib.world import ContextSpace

SHAPES = [(4,), (1,), (3, 4), (1, 4), (3, 1)]


def asked(evidence, X):
    return evidence.theta, evidence.mean(X), evidence.width(X)


def clicks(rng, shape, d, n):
    for _ in range(n):
        *worlds, n_arms = shape
        yield rng.normal(size=(*worlds, d)), rng.normal(size=worlds), rng.integers(n_arms, size=worlds or None)


def same(one, other, X):
    return all(np.allclose(a, b, rtol=1e-9, atol=1e-12) for a, b in zip(asked(one, X), asked(other, X), strict=True))


@pytest.mark.parametrize("d", [1, 3, SHORT, SHORT + 1])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_it_says_what_evidence_says_whatever_happens_to_it(shape, d, monkeypatch):
    monkeypatch.setattr(ridge, "TIDY_EVERY", 25)
    monkeypatch.setattr(ridge, "TIDY_FROM", 5)
    rng = np.random.default_rng(0)
    plain, fast = Evidence(d, shape, 0.5), ArmsLastEvidence(d, shape, 0.5)
    X = rng.normal(size=(*shape, 2, d))
    assert same(plain, fast, X)
    for x, r, arm in clicks(rng, shape, d, 60):
        for one in (plain, fast):
            one.add(x, r, int(arm) if len(shape) == 1 else arm)
        assert same(plain, fast, X)
    for one in (plain, fast):
        one.remove(x, r, int(arm) if len(shape) == 1 else arm)
    assert same(plain, fast, X)
    plain.ridge = fast.ridge = 2.0
    assert same(plain, fast, X)
    other = ArmsLastEvidence(d, shape, 0.5)
    other.set_state(copy.deepcopy(fast.get_state()))
    assert all((a == b).all() for a, b in zip(asked(other, X), asked(fast, X), strict=True))
    for one in (plain, fast):
        one.grow(2)
    X = rng.normal(size=(*plain.shape, 2, d))
    assert same(plain, fast, X)
    for one in (plain, fast):
        one.rebuild(X, X[..., 0])
    assert same(plain, fast, X)


@pytest.mark.parametrize("d", [5, SHORT + 1])
def test_an_agent_in_lockstep_chooses_what_it_chooses_alone(d):
    rng, R, K = np.random.default_rng(1), 3, 4
    batch, alone = LinUCBAgent(ContextSpace(d, K, (R,))), [LinUCBAgent(ContextSpace(d, K)) for _ in range(R)]
    for _ in range(150):
        X, r = rng.normal(size=(R, K, d)), rng.normal(size=R)
        arms = [one.select(x) for one, x in zip(alone, X, strict=True)]
        assert batch.select(X).tolist() == arms
        batch.learn(X[range(R), arms], np.array(arms), r)
        for one, x, arm, reward in zip(alone, X, arms, r, strict=True):
            one.learn(x[arm], arm, reward)


@pytest.mark.parametrize("batch_shape", [(), (3,)])
def test_linucb_on_bare_contexts_uses_it_and_chooses_as_the_definition_does(batch_shape):
    space, rng = ContextSpace(5, 6, batch_shape), np.random.default_rng(2)
    plain, fast = DisjointLinUCBAgent(space), LinUCBAgent(space)
    assert isinstance(fast.evidence, ArmsLastEvidence)
    assert not isinstance(SharedLinUCBAgent(space).evidence, ArmsLastEvidence)
    for _ in range(300):
        X = rng.normal(size=(*batch_shape, 6, 5))
        arm = fast.select(X)
        assert np.array_equal(plain.select(X), arm)
        for agent in (plain, fast):
            agent.learn(X[(*space.rows, arm)], arm, X[(*space.rows, arm)].sum(-1))
