"""LinUCB in all its forms against its literal version, the published numbers and its own invariants."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refused import each

import zoolib as zoo
from zoolab.literal.linear import LiteralLinUCB, LiteralSharedLinUCB, LiteralShop

SHOCKS = {10_000: zoo.SHOCK_FISH, 25_000: zoo.SHOCK_DOG_TOY}


def test_the_published_gauntlet_of_one_run_is_reproduced_exactly():
    sim = zoo.ZooplusSimulator(seed=42)
    users = np.random.default_rng(42).integers(0, 1000, size=40_000)
    agent = zoo.LinUCBAgent(zoo.FeatureEngineer(sim), alpha=0.2)
    reward = zoo.run({"LinUCB": agent}, sim, 40_000, SHOCKS, users=users).reward[0, 0]
    ctr = [reward.mean(), reward[10_000:25_000].mean(), reward[25_000:].mean()]
    assert [f"{x:.4f}" for x in ctr] == ["0.5257", "0.4943", "0.5869"]


@pytest.mark.parametrize("shared", [False, True], ids=["disjoint", "shared"])
@pytest.mark.parametrize("memory", [{}, {"window": 300}, {"gamma": 0.995}], ids=["all", "window", "discount"])
def test_every_choice_equals_the_literal_version(shared, memory):
    n_steps = 3000
    sim = zoo.ZooplusSimulator(n_products=10, n_users=200, seed=5)
    users = np.random.default_rng(1).integers(0, 200, n_steps)
    shocks = {1000: zoo.SHOCK_FISH, 2000: zoo.SHOCK_DOG_TOY}
    made = (zoo.SharedLinUCBAgent if shared else zoo.LinUCBAgent)(zoo.FeatureEngineer(sim), alpha=0.3, **memory)
    results = zoo.run({"agent": made}, sim, n_steps, shocks, users=users)

    literal = (LiteralSharedLinUCB if shared else LiteralLinUCB)(10, 9, 0.3, **memory)
    shop = LiteralShop(zoo.CLICK_TABLE, list(zoo.CATEGORIES), 10, 200, seed=5)
    categories = []
    for t, user in enumerate(users):
        if t in shocks:
            for persona, row in shocks[t].changes.items():
                shop.table[persona].update(row)
        X = shop.contexts(user)
        arm = literal.select(X)
        literal.learn(X[arm], arm, shop.reward(user, arm))
        categories.append(zoo.CATEGORIES.index(shop.product[arm]))
    assert results.category[0, 0].tolist() == categories


@pytest.mark.parametrize("encoding", ["onehot", "crossed", "both"])
def test_scores_of_candidates_are_those_of_their_products(encoding):
    sim = zoo.ZooplusSimulator(n_products=15, n_users=100, seed=[1, 2])
    features = zoo.FeatureEngineer(sim, encoding)
    rng = np.random.default_rng(0)
    for agent in (zoo.LinUCBAgent(features, alpha=0.5), zoo.SharedLinUCBAgent(features, alpha=0.5)):
        for t in range(100):
            user = rng.integers(0, 100, 2)
            X, arms = agent.candidates(user, sim)
            scores = np.take_along_axis(agent.score(features.contexts(user, sim)), arms, -1)
            assert np.allclose(agent.score(X), scores, atol=1e-12), t
            arm = agent.predict(user, sim)
            agent.update(user, arm, sim.get_reward(user, arm), sim)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_arms=st.integers(2, 6), d=st.integers(1, 5))
def test_permuting_the_arms_permutes_the_choices(seed, n_arms, d):
    rng = np.random.default_rng(seed)
    order = rng.permutation(n_arms)
    plain, permuted = (zoo.LinUCBAgent(zoo.ContextSpace(d, n_arms), alpha=0.4) for _ in range(2))
    for _ in range(30):
        X = rng.normal(size=(n_arms, d))  # continuous, so that no ties need breaking
        arm, place = plain.select(X), permuted.select(X[order])
        assert order[place] == arm
        reward = rng.normal()
        plain.learn(X[arm], arm, reward)
        permuted.learn(X[arm], int(place), reward)


def test_a_launched_product_is_a_stranger_to_the_disjoint_agent():
    sim = zoo.ZooplusSimulator(n_products=10, n_users=50, seed=3)
    agent = zoo.LinUCBAgent(zoo.FeatureEngineer(sim), alpha=0.2)
    for user in range(50):
        arm = agent.predict(user, sim)
        agent.update(user, arm, sim.get_reward(user, arm), sim)
    sim.apply_shock(zoo.Launch(["Cat Food"]))
    agent.predict(0, sim)
    assert agent.evidence.shape == (11,)
    assert np.array_equal(agent.evidence.A[10], np.eye(9))
    assert not agent.evidence.b[10].any()
    assert agent.evidence.A[:10].trace(axis1=1, axis2=2).sum() == 10 * 9 + 50 * 2


@pytest.mark.parametrize(("arguments", "message"), [
    *each(alpha=[-0.1, float("nan")], gamma=[0.0, 1.5], window=[0], ridge=[0.0]),
    ({"window": 10, "gamma": 0.9}, "two ways to forget"),
])  # fmt: skip
@pytest.mark.parametrize("agent_class", [zoo.LinUCBAgent, zoo.SharedLinUCBAgent])
def test_settings_that_make_no_sense_are_refused_by_name(agent_class, arguments, message, features):
    with pytest.raises(ValueError, match=message):
        agent_class(features, **arguments)


@pytest.mark.parametrize("seed", [3, [3, 4]])
def test_a_click_on_a_product_that_was_launched_since_the_last_choice_is_learned_by_that_product(seed):
    sim = zoo.ZooplusSimulator(n_products=10, n_users=50, seed=seed)
    agent = zoo.LinUCBAgent(zoo.FeatureEngineer(sim), alpha=0.2)
    user, old, new = (n if sim.batch_shape == () else np.full(2, n) for n in (0, 3, 10))
    agent.predict(user, sim)
    sim.apply_shock(zoo.Launch(["Cat Food"]))
    agent.update(user, new, user + 1, sim)
    agent.update(user, old, user + 1, sim)
    clicked = agent.evidence.b.any(axis=-1)
    assert (np.flatnonzero(clicked[0] if sim.batch_shape else clicked) == [3, 10]).all()
    assert clicked.sum() == 2 * len(sim.seeds)


def test_an_exploration_that_takes_the_place_of_another_is_given_what_it_asks_for():
    sim = zoo.ZooplusSimulator(20, 100, seed=range(3))
    features = zoo.FeatureEngineer(sim)
    drawn = zoo.SharedLinUCBAgent(features, exploration=zoo.Thompson(), rng=range(3))
    placed = zoo.SharedLinUCBAgent(features)
    placed.exploration = copy.deepcopy(drawn.exploration)
    results = zoo.run({"from the start": drawn, "afterwards": placed}, sim, 200)
    np.testing.assert_array_equal(results.arm[0], results.arm[1])


@pytest.mark.parametrize("kind", [zoo.LinUCBAgent, zoo.SharedLinUCBAgent])
def test_a_subclass_is_asked_for_its_own_payoff_and_uncertainty(kind):
    class Mine(kind):
        def payoff(self, X):
            return super().payoff(X) + np.arange(X.shape[-2]) / 200

        def uncertainty(self, X):
            return 2 * super().uncertainty(X)

    agent, X = Mine(zoo.ContextSpace(3, 5), alpha=0.3), np.random.default_rng(0).normal(size=(5, 3))
    agent.learn(X[0], 0, 1.0)
    expected = kind.payoff(agent, X) + np.arange(5) / 200 + 0.6 * kind.uncertainty(agent, X)
    np.testing.assert_allclose(agent.score(X), expected)
