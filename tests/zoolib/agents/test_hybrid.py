"""Hybrid LinUCB keeps to what an agent is, and is the ridge regression on the whole matrix that it says it is."""

# ruff: noqa: RUF012  the settings of a test class are read, never changed

import numpy as np
import pytest
from small_agents import AgentConformance

from zoolab.literal.linear import LiteralHybridLinUCB
from zoolib import (
    ArmThompson,
    ContextSpace,
    FeatureEngineer,
    HybridLinUCBAgent,
    ZooplusSimulator,
)


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


@pytest.mark.parametrize(("length", "known"), [(70, True), (1000, False)])
def test_where_all_fades_long_contexts_are_refused_before_a_digit_is_lost(length, known):
    rng, agent = np.random.default_rng(0), HybridLinUCBAgent(ContextSpace(4, 3), gamma=0.99)
    A = np.eye(16)
    for _ in range(200):
        x, arm = rng.normal(size=4), rng.integers(3)
        x *= length / np.linalg.norm(x)
        if not known:
            with pytest.raises(ValueError, match="scale them"):
                agent.learn(x, arm, 1.0)
            assert not agent.B.any()
            return
        agent.learn(x, arm, 1.0)
        long = np.kron(np.r_[1, np.eye(3)[arm]], x)
        A = 0.99 * A + 0.01 * np.eye(16) + np.outer(long, long)
        X = length * rng.normal(size=(3, 4))
        rows = np.array([np.kron(np.r_[1, np.eye(3)[k]], X[k]) for k in range(3)])
        widths = np.sqrt(np.vecdot(rows, rows @ np.linalg.inv(A)))
        np.testing.assert_allclose(agent.uncertainty(X), widths, rtol=1e-5)


def test_what_makes_no_sense_is_refused_by_name():
    with pytest.raises(ValueError, match="own"):
        HybridLinUCBAgent(ContextSpace(3, 4), own=[3])
    with pytest.raises(ValueError, match="gamma"):
        HybridLinUCBAgent(ContextSpace(3, 4), gamma=0.0)
    with pytest.raises(AttributeError, match="gamma stays as"):
        HybridLinUCBAgent(ContextSpace(3, 4)).gamma = 0.9
