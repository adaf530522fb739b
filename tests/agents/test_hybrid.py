"""Hybrid LinUCB keeps to what an agent is, and is the ridge regression on the whole matrix that it says it is."""

# ruff: noqa: RUF012  the settings of a test class are read, never changed

import numpy as np
import pytest

from literal.linear import LiteralHybridLinUCB
from zoolib import (
    ArmThompson,
    ContextSpace,
    FeatureEngineer,
    FeatureShop,
    HybridLinUCBAgent,
    HybridPerProductAgent,
    Learned,
    Segments,
    ZooplusSimulator,
    load,
    save,
    serve,
)
from zoolib.agents.conformance import AgentConformance
from zoolib.maps import Crossed, Identity, RandomFourier
from zoolib.randomness import streams


class TestHybrid(AgentConformance):
    by_arm = True
    settings: dict = {}

    @classmethod
    def make(cls, features, rng):
        return HybridLinUCBAgent(features, alpha=0.3, **cls.settings)


class TestHybridDiscounted(TestHybrid):
    settings = {"gamma": 0.98}


class TestHybridThompson(AgentConformance):
    prefers, is_random, by_arm = False, True, True

    @staticmethod
    def make(features, rng):
        seen = features.encoded("crossed") if hasattr(features, "encoded") else features
        return HybridLinUCBAgent(seen, alpha=0.3, exploration=ArmThompson(), rng=rng)


@pytest.mark.parametrize("gamma", [1.0, 0.95])
@pytest.mark.parametrize("own", [[0, 2], [0, 1, 2, 3, 4]])
@pytest.mark.parametrize("ridge", [1.0, 0.3])
def test_payoff_and_width_are_those_of_the_whole_matrix(gamma, own, ridge):
    rng, K = np.random.default_rng(0), 4
    agent = HybridLinUCBAgent(ContextSpace(5, K), alpha=0.4, own=own, gamma=gamma, ridge=ridge)
    literal = LiteralHybridLinUCB(K, 5, own, 0.4, ridge, gamma)
    for _ in range(150):
        X = rng.normal(size=(K, 5))
        payoff, width = zip(*(literal.payoff_and_width(x, arm) for arm, x in enumerate(X)), strict=True)
        np.testing.assert_allclose(agent.payoff(X), payoff, atol=1e-9)
        np.testing.assert_allclose(agent.uncertainty(X), width, atol=1e-9)
        arm = agent.select(X)
        assert arm == literal.select(X)
        reward = rng.normal()
        agent.learn(X[arm], arm, reward)
        literal.learn(X[arm], arm, reward)


@pytest.mark.parametrize("encoding", ["onehot", "crossed", "both"])
@pytest.mark.parametrize("gamma", [1.0, 0.97])
def test_in_the_shop_z_is_the_context_and_x_the_persona(encoding, gamma):
    sim = ZooplusSimulator(n_products=10, n_users=40, seed=5)
    features = FeatureEngineer(sim, encoding)
    agent, d = HybridLinUCBAgent(features, alpha=0.3, gamma=gamma), features.d
    literal = LiteralHybridLinUCB(10, d + 4, list(range(d, d + 4)), 0.3, 1.0, gamma)  # z, and x beside it
    for user in np.random.default_rng(1).integers(0, 40, 200).tolist():
        x = np.tile(features.encoded("onehot").context(user, 0, sim)[:4], (10, 1))
        Z = np.concatenate([features.contexts(user, sim), x], axis=1)
        arm = agent.predict(user, sim)
        Z[:, d:] = 0  # of the model that all share z alone
        vectors = [literal.long(z, a) for a, z in enumerate(Z)]
        for a, vector in enumerate(vectors):
            vector[literal.d + 4 * a : literal.d + 4 * (a + 1)] = x[a]
        A_inv = np.linalg.inv(literal.A)
        scores = [v @ A_inv @ literal.b + 0.3 * np.sqrt(v @ A_inv @ v) for v in vectors]
        np.testing.assert_allclose(agent.score(features.contexts(user, sim)), scores, atol=1e-9)
        reward = sim.get_reward(user, arm)
        agent.update(user, arm, reward, sim)
        literal.A = gamma * literal.A + (1 - gamma) * np.eye(literal.size) + np.outer(vectors[arm], vectors[arm])
        literal.b = gamma * literal.b + reward * vectors[arm]


@pytest.fixture
def shop():
    return FeatureShop(Segments(), seed=[2, 5], n_products=12, shown=5, n_log=60, n_steps=60)


@pytest.mark.parametrize("chosen", [Identity, Crossed, lambda layout: RandomFourier(layout, n=6)])
def test_among_products_that_come_and_go_it_is_one_ridge_regression_too(shop, chosen):
    layout, rngs = shop.layout, [1, 2]
    made = HybridPerProductAgent(
        shop.space, layout=layout, n_products=12, map=chosen(layout), alpha=0.3, ridge=0.5, rng=rngs
    )
    results = serve({"hybrid": made}, shop)
    for i, seed in enumerate((2, 5)):
        alone = FeatureShop(Segments(), seed=seed, n_products=12, shown=5, n_log=60, n_steps=60)
        z = chosen(layout).start(layout.d, (), [made_of(rngs[i])])
        d = z.width
        A, b = 0.5 * np.eye(d + 12 * (1 + layout.n_user)), np.zeros(d + 12 * (1 + layout.n_user))

        def long(x, z=z, d=d, A=A):
            vector, start = np.zeros(len(A)), d + int(x[0]) * (1 + layout.n_user)
            vector[:d], vector[start : start + 1 + layout.n_user] = z(x[None])[0], np.r_[1, x[layout.user]]
            return vector

        for x, r in zip(*alone.log, strict=True):
            A, b = A + np.outer(long(x), long(x)), b + r * long(x)
        shown = []
        for t in range(60):
            vectors, A_inv = np.array([long(x) for x in alone.contexts(t)]), np.linalg.inv(A)
            scores = vectors @ A_inv @ b + 0.3 * np.sqrt([v @ A_inv @ v for v in vectors])
            place = int(np.flatnonzero(scores >= scores.max() - 1e-10)[0])
            A, b = A + np.outer(vectors[place], vectors[place]), b + alone.reward(t, place) * vectors[place]
            shown.append(alone.shelf[t, place])
        assert results.arm[0, i].tolist() == shown


def made_of(rng):
    """The generator with which an agent draws its map."""
    return streams(rng, (), 2)[0][0]


def test_a_log_is_what_having_lived_through_it_would_have_left(shop):
    warm, lived = (HybridPerProductAgent(shop.space, layout=shop.layout, n_products=12, ridge=2.0) for _ in range(2))
    X, r = shop.log
    warm.warm(X, r)
    for t in range(X.shape[1]):
        lived.learn(X[:, t], np.zeros(2, dtype=int), r[:, t])
    C = shop.contexts(0)
    np.testing.assert_allclose(warm.payoff(C), lived.payoff(C), atol=1e-9)
    np.testing.assert_allclose(warm.uncertainty(C), lived.uncertainty(C), atol=1e-9)


def test_it_goes_on_where_it_was_saved(shop, tmp_path):
    how = {"layout": shop.layout, "n_products": 12, "exploration": ArmThompson(), "rng": [1, 2]}
    agent, twin = (HybridPerProductAgent(shop.space, **how) for _ in range(2))
    serve({"agent": agent}, shop)
    save(agent, tmp_path / "agent.npz")
    loaded = load(tmp_path / "agent.npz", into=twin)
    for t in range(20):
        place = agent.select(shop.contexts(t))
        assert (loaded.select(shop.contexts(t)) == place).all()
        for one in (agent, loaded):
            one.learn(shop.contexts(t)[[0, 1], place], place, shop.reward(t, place))


def test_what_makes_no_sense_among_products_is_refused_by_name(shop):
    agent = HybridPerProductAgent(shop.space, layout=shop.layout, n_products=10)
    with pytest.raises(ValueError, match="product's number"):
        agent.select(np.full((2, 5, shop.layout.d), 10.0))
    with pytest.raises(ValueError, match="layout"):
        HybridPerProductAgent(ContextSpace(3, 4), layout=shop.layout, n_products=10)
    with pytest.raises(ValueError, match="never trained"):
        HybridPerProductAgent(shop.space, layout=shop.layout, n_products=12, map=Learned(shop.layout))


def test_what_makes_no_sense_is_refused_by_name():
    with pytest.raises(ValueError, match="own"):
        HybridLinUCBAgent(ContextSpace(3, 4), own=[3])
    with pytest.raises(ValueError, match="gamma"):
        HybridLinUCBAgent(ContextSpace(3, 4), gamma=0.0)
    with pytest.raises(AttributeError, match="gamma stays as"):
        HybridLinUCBAgent(ContextSpace(3, 4)).gamma = 0.9
