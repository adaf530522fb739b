"""Clicks that come together leave the evidence that they leave one after another."""

import copy

import numpy as np
import pytest

from zoolab.columns import LogisticEvidence
from zoolib import FeatureEngineer, LinUCBAgent, ZooplusSimulator
from zoolib.agents.linucb import DisjointLinUCBAgent
from zoolib.evidence import (
    ArmsLastEvidence,
    BlockEvidence,
    DiscountedEvidence,
    EigenEvidence,
    Evidence,
    TabularEvidence,
    WindowedEvidence,
    ridge,
)
from zoolib.evidence.together import inverse

KINDS = {
    "all": Evidence,
    "arms last": ArmsLastEvidence,
    "blocks": BlockEvidence,
    "window": lambda d, shape, ridge: WindowedEvidence(d, shape, ridge, window=7),
    "discount": lambda d, shape, ridge: DiscountedEvidence(d, shape, ridge, gamma=0.9),
    "discount of arms": lambda d, shape, ridge: EigenEvidence(d, shape, ridge, gamma=0.9),
    "log-odds": LogisticEvidence,
    "a table": lambda d, shape, ridge: TabularEvidence(np.ones((*shape, 2, d)), ridge),
}
ARMS, ALONE = [(3,), (2, 3)], [(), (2,)]  # of three arms, or of none; in one world, or in two
SHAPES = dict.fromkeys(KINDS, ARMS + ALONE) | {"arms last": ARMS, "discount of arms": ARMS, "blocks": ALONE}


@pytest.mark.parametrize("n", [0, 1, 2, 60])
@pytest.mark.parametrize("d", [1, 3, 25])
@pytest.mark.parametrize(("kind", "shape"), [(kind, shape) for kind in KINDS for shape in SHAPES[kind]], ids=str)
def test_they_leave_what_they_leave_one_after_another(kind, shape, d, n, monkeypatch):
    monkeypatch.setattr(ridge, "TIDY_EVERY", 25)
    monkeypatch.setattr(ridge, "TIDY_FROM", 5)
    by_arm, rng = shape[-1:] == (3,), np.random.default_rng(n)
    together, in_turn = KINDS[kind](d, shape, 0.5), KINDS[kind](d, shape, 0.5)
    worlds, X = (shape[:-1] if by_arm else shape), rng.normal(size=(*shape, 2, d))
    for _ in range(3):
        x, r = rng.normal(size=(n, *worlds, d)), rng.integers(0, 2, (n, *worlds)).astype(float)
        arms = rng.integers(0, 2, (n, *worlds)) if by_arm else None  # the last arm has no clicks
        before = copy.deepcopy((x, r, arms))
        together.add_many(x, r, arms)
        assert all(np.array_equal(a, b) for a, b in zip(before, (x, r, arms), strict=True))
        for i in range(n):
            one = None if arms is None else arms[i] if worlds else int(arms[i])
            in_turn.add(x[i], r[i], one)
        for name in ("A", "A_inv", "b", "theta"):
            assert np.allclose(getattr(together, name), getattr(in_turn, name), rtol=1e-9, atol=1e-12), name
        assert np.allclose(together.mean(X), in_turn.mean(X), rtol=1e-9, atol=1e-11)
        assert np.allclose(together.width(X), in_turn.width(X), rtol=1e-9, atol=1e-11)
        together.set_state(copy.deepcopy(together.get_state()))


def test_the_inverse_is_symmetric_and_exact_however_ill_the_contexts():
    rng = np.random.default_rng(0)
    evidence = ArmsLastEvidence(20, (3,), 1e-3)
    X = rng.normal(size=(4000, 20)) * np.logspace(-3, 2, 20)
    evidence.add_many(X, rng.normal(size=4000), rng.integers(0, 3, 4000))
    assert np.abs(evidence.A @ evidence.A_inv - np.eye(20)).max() < 1e-6
    assert np.abs(evidence.A_inv - np.swapaxes(evidence.A_inv, -1, -2)).max() <= 1e-12 * np.abs(evidence.A_inv).max()


def test_an_agent_of_the_shop_shows_what_it_would_have_shown():
    shops = [ZooplusSimulator(n_products=10, n_users=40, seed=1) for _ in range(3)]
    fast, slow, plain = (
        kind(FeatureEngineer(shop), alpha=0.3)
        for kind, shop in zip((LinUCBAgent, LinUCBAgent, DisjointLinUCBAgent), shops, strict=True)
    )
    rng, shop = np.random.default_rng(0), shops[0]
    for _ in range(4):
        users, arms = rng.integers(0, 40, 50).tolist(), rng.integers(0, 10, 50)
        rewards = rng.integers(0, 2, 50)
        X = np.array([fast.features.context(u, a, shop) for u, a in zip(users, arms.tolist(), strict=True)])
        for agent in (fast, plain):
            agent.learn_many(X, arms, rewards)
        for user, arm, reward in zip(users, arms.tolist(), rewards.tolist(), strict=True):
            slow.update(user, arm, reward, shops[1])
        shown = [[agent.predict(u, s) for u in range(40)] for agent, s in zip((fast, slow, plain), shops, strict=True)]
        assert shown[0] == shown[1] == shown[2]


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_diagonal_matrices_are_inverted_as_any_others(shape, rng):
    diagonal = np.zeros((*shape, 4, 4))
    diagonal[..., range(4), range(4)] = rng.uniform(0.5, 100, (*shape, 4))
    one_is_not = diagonal.copy()
    one_is_not[(*[-1] * len(shape), 0, 1)] = one_is_not[(*[-1] * len(shape), 1, 0)] = 0.25
    for A in (diagonal, one_is_not, diagonal[..., ::-1, :], diagonal.round().astype(int) + np.eye(4, dtype=int)):
        assert np.array_equal(inverse(A), np.linalg.inv(A))
    diagonal[(*[-1] * len(shape), 2, 2)] = 0
    with pytest.raises(np.linalg.LinAlgError):
        inverse(diagonal)
