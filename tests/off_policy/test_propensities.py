"""Propensities are the frequencies with which agents act, and writing them down changes nothing."""

import numpy as np
import pytest

from zoolib import (
    UCB,
    EpsilonGreedy,
    EpsilonGreedyAgent,
    FeatureEngineer,
    LinUCBAgent,
    NeuralLinearAgent,
    NeuralUCBAgent,
    OracleAgent,
    RandomAgent,
    Replay,
    SharedLinUCBAgent,
    StaticMLPAgent,
    Thompson,
    Turnover,
    ZooplusSimulator,
    run,
    spawn,
)
from zoolib.agents import MLPRecommender
from zoolib.off_policy import Logbook, chances, frozen_policy, ips, per_visit, shop_log, thompson_ranks, true_value

N_USERS = 30


def neural(**choices):
    return lambda features, rng: NeuralLinearAgent(features, d_emb=8, hidden_dim=8, rng=rng, **choices)


AGENTS = {
    "random": lambda features, rng: RandomAgent(features, rng=rng),
    "oracle": lambda features, rng: OracleAgent(features),
    "disjoint": lambda features, rng: LinUCBAgent(features),
    "shared": lambda features, rng: SharedLinUCBAgent(features.encoded("crossed")),
    "NeuralUCB": lambda features, rng: NeuralUCBAgent(features, hidden_dim=8, rng=rng),
    "Neural-Linear": neural(exploration=UCB()),
    "epsilon-greedy": lambda features, rng: EpsilonGreedyAgent(features, epsilon=0.3, rng=rng),
    "Neural-Linear, epsilon": neural(exploration=EpsilonGreedy(0.2)),
    "Thompson": neural(exploration=Thompson(), alpha=1.0),
    "Thompson, replay": neural(exploration=Thompson(), training=Replay(), alpha=1.0),
}


def made(name, seed, n_products=10):
    sim = ZooplusSimulator(n_products=n_products, n_users=N_USERS, seed=seed)
    rngs = [spawn(s, name) for s in sim.seeds]
    return AGENTS[name](FeatureEngineer(sim), rngs if sim.batch_shape else rngs[0]), sim


@pytest.mark.parametrize("name", AGENTS)
def test_chances_are_the_frequencies_with_which_an_agent_acts(name):
    agent, sim = made(name, 3)
    run({name: agent}, sim, 60)
    sim.apply_shock(Turnover(["Cat Food", "Dog Toy"]))
    stated = chances(agent, 5, sim, n_draws=20_000)
    assert stated.shape == (sim.n_products,)
    assert stated.sum() == pytest.approx(1)
    assert (stated[~sim.for_sale] == 0).all()
    n = 4000
    seen = np.bincount([agent.predict(5, sim) for _ in range(n)], minlength=sim.n_products) / n
    assert (np.abs(seen - stated) <= 4.5 * np.sqrt(stated * (1 - stated) / n) + 0.01 * (stated % 1 > 0)).all()


@pytest.mark.parametrize("name", AGENTS)
@pytest.mark.parametrize("seed", [3, [3, 8, 5]], ids=["one", "batch"])
def test_a_logbook_changes_no_choice(name, seed):
    (plain, sim), (logged, _) = made(name, seed), made(name, seed)
    book = Logbook(logged, n_draws=5)
    with_it, without = run({name: book}, sim, 80), run({name: plain}, sim, 80)
    assert (with_it.arm == without.arm).all()
    log = book.log(sim)
    assert (log.action == without.arm[0].reshape(log.action.shape)).all()
    assert (log.reward == without.reward[0].reshape(log.reward.shape)).all()
    assert (log.context.argmax(-1) == without.persona.reshape(log.action.shape)).all()
    assert log.propensity.shape == log.action.shape


@pytest.mark.parametrize("name", ["random", "disjoint", "epsilon-greedy"])
def test_world_i_of_a_batch_has_the_chances_of_the_single_run(name):
    agent, sim = made(name, [3, 8])
    book = Logbook(agent)
    run({name: book}, sim, 50)
    for i, seed in enumerate((3, 8)):
        alone, world = made(name, seed)
        single = Logbook(alone)
        run({name: single}, world, 50)
        np.testing.assert_array_equal(single.log(world).propensity, book.log(sim).propensity[i])


def test_the_static_agent_is_certain():
    sim = ZooplusSimulator(n_products=10, n_users=N_USERS, seed=1)
    agent = StaticMLPAgent(FeatureEngineer(sim), MLPRecommender(N_USERS, 10, rng=0))
    stated = chances(agent, 4, sim)
    assert stated.max() == 1
    assert stated.argmax() == agent.predict(4, sim)


def test_asking_a_thompson_agent_leaves_its_own_luck_as_it_is():
    (agent, sim), (twin, _) = made("Thompson", 3), made("Thompson", 3)
    chances(agent, 5, sim)
    assert [agent.predict(5, sim) for _ in range(20)] == [twin.predict(5, sim) for _ in range(20)]


def test_the_chances_of_two_normal_scores_are_the_closed_form():
    """With two categories a Thompson agent compares two jointly normal scores."""
    from scipy.stats import norm

    table = {"a": {"Cat Food": 0.5, "Dog Food": 0.4}}
    sim = ZooplusSimulator(6, 5, 0, click_table=table, categories=("Cat Food", "Dog Food"))
    agent = NeuralLinearAgent(FeatureEngineer(sim), alpha=0.7, exploration=Thompson(), rng=1)
    run({"Thompson": agent}, sim, 30)
    X, arms = agent.features.choices(0, sim)
    Z = agent.phi(X)
    mean, spread = agent.evidence.mean(Z), 0.7**2 * Z @ agent.evidence.A_inv @ Z.T
    p = norm.cdf((mean[0] - mean[1]) / np.sqrt(spread[0, 0] + spread[1, 1] - 2 * spread[0, 1]))
    stated = chances(agent, 0, sim, n_draws=40_000)
    assert stated[arms[0]] == pytest.approx(p, abs=4.5 * np.sqrt(p * (1 - p) / 40_000))


@pytest.mark.parametrize(("p", "n"), [(0.3, 10), (0.02, 100), (0.5, 1)])
def test_counting_the_choice_itself_makes_the_inverse_nearly_unbiased(p, n):
    from scipy.stats import binom

    c = np.arange(n + 1)
    mean = (binom.pmf(c, n, p) * (n + 1) / (c + 1)).sum()
    assert mean == pytest.approx((1 - (1 - p) ** (n + 1)) / p)


def test_an_agent_that_nobody_registered_is_refused_and_one_that_was_is_not():
    class Stubborn:
        batch_shape = ()

        def predict(self, user_id, sim):
            return 2

        def update(self, *click):
            pass

    sim = ZooplusSimulator(5, 5, 0)
    with pytest.raises(NotImplementedError, match="Stubborn"):
        chances(Stubborn(), 0, sim)
    chances.register(Stubborn, lambda agent, user_id, sim, **_: np.eye(5)[2])
    assert frozen_policy(Stubborn(), np.arange(4), sim).shape == (4, 5)


def test_a_frozen_policy_says_for_each_user_what_the_agent_would_do():
    agent, sim = made("disjoint", [3, 8])
    run({"disjoint": agent}, sim, 50)
    users = np.array([[0, 3, 3], [1, 2, 9]])
    policy = frozen_policy(agent, users, sim)
    assert policy.shape == (2, 3, 10)
    for t in range(3):
        assert (policy[:, t].argmax(-1) == agent.predict(users[:, t], sim)).all()


# ---- policies as tables -----------------------------------------------------------------------------------


def test_a_shop_log_holds_what_its_policy_does_and_the_true_value_is_its_mean():
    sim = ZooplusSimulator(n_products=5, n_users=40, seed=2)
    policy = np.random.default_rng(1).dirichlet(np.ones(5), size=4)
    log, users = shop_log(sim, policy, 200_000, 7)
    for persona in range(4):
        here = sim.user_persona[users] == persona
        shown = np.bincount(log.action[here], minlength=5) / here.sum()
        np.testing.assert_allclose(shown, policy[persona], atol=0.01)
    assert (log.propensity == policy[sim.user_persona[users], log.action]).all()
    assert log.reward.mean() == pytest.approx(true_value(sim, policy), abs=0.005)
    assert ips(log, per_visit(sim, policy, users)).value == pytest.approx(log.reward.mean())
    by_hand = np.mean([sum(policy[sim.user_persona[u], a] * sim.click_probability(u, a) for a in range(5))
                       for u in range(40)])  # fmt: skip
    assert true_value(sim, policy) == pytest.approx(by_hand)


def test_world_i_of_a_batch_of_logs_is_the_log_of_its_seed():
    many = ZooplusSimulator(n_products=6, n_users=20, seed=[4, 9])
    policy = np.random.default_rng(1).dirichlet(np.ones(6), size=(2, 4))
    log, _ = shop_log(many, policy, 50, [spawn(seed, "log") for seed in (4, 9)])
    for i, seed in enumerate((4, 9)):
        one, _ = shop_log(ZooplusSimulator(6, 20, seed), policy[i], 50, spawn(seed, "log"))
        for column in ("context", "action", "reward", "propensity"):
            assert (getattr(one, column) == getattr(log, column)[i]).all()


@pytest.mark.parametrize("policy", [np.full((4, 5), 0.3), np.full((3, 5), 0.2), np.array([[2.0, -1, 0, 0, 0]] * 4)])
def test_a_table_that_is_no_policy_is_refused(policy):
    sim = ZooplusSimulator(n_products=5, n_users=40, seed=2)
    with pytest.raises(ValueError, match="policy"):
        true_value(sim, policy)


# ---- Bernoulli Thompson sampling --------------------------------------------------------------------------


def test_ranks_are_the_closed_form_for_two_arms():
    """P(Beta(2, 1) > Beta(1, 1)) = 2/3, the mean of a Beta(2, 1)."""
    ranks = thompson_ranks(np.array([2.0, 1.0]), np.array([1.0, 1.0]), 2)
    np.testing.assert_allclose(ranks, [[2 / 3, 1 / 3], [1 / 3, 2 / 3]], atol=1e-9)


def test_ranks_of_equal_arms_are_equal_and_of_any_arms_sum_to_one():
    np.testing.assert_allclose(thompson_ranks(np.full(7, 3.0), np.full(7, 9.0), 3), 1 / 7, atol=1e-9)
    rng = np.random.default_rng(0)
    ranks = thompson_ranks(rng.uniform(1, 500, 30), rng.uniform(1, 50_000, 30), 30)
    np.testing.assert_allclose(ranks.sum(0), 1, atol=1e-8)
    np.testing.assert_allclose(ranks.sum(1), 1, atol=1e-8)


def test_ranks_are_the_frequencies_of_draws():
    rng = np.random.default_rng(2)
    alpha, beta = np.array([1.0, 4.0, 40.0, 2.5]), np.array([1.0, 9.0, 100.0, 30.0])
    order = (-rng.beta(alpha, beta, (100_000, 4))).argsort(-1)
    seen = np.stack([np.bincount(order[:, k], minlength=4) for k in range(3)], axis=-1) / 100_000
    ranks = thompson_ranks(alpha, beta, 3)
    assert (np.abs(seen - ranks) < 4.5 * np.sqrt(ranks * (1 - ranks) / 100_000) + 1e-9).all()


@pytest.mark.parametrize("wrong", [
    ([0.5, 1.0], [1.0, 1.0], 1), ([1.0, np.nan], [1.0, 1.0], 1), ([1.0], [1.0, 1.0], 1), ([1.0, 1.0], [1.0, 1.0], 3),
])  # fmt: skip
def test_arms_that_cannot_be_ranked_are_refused(wrong):
    with pytest.raises(ValueError):
        thompson_ranks(*map(np.array, wrong[:2]), wrong[2])
