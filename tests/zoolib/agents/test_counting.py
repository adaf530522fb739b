"""Agents that count: against their literal versions, a root finder, what they draw from, and theory."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from literal_counting import LiteralKLUCB, LiteralUCB1

import zoolib as zoo
from zoolab.columns import Identity, MappedAgent
from zoolab.long.conformance import same
from zoolab.rivals import InverseGap, NeuralTSAgent
from zoolib.agents.counting import divergence

RATES = np.array([0.45, 0.5, 0.2, 0.02])


def regret(agent, n_steps, rates=RATES, seed=0):
    """Let ``agent`` choose among things with these click rates; return its regret, ``(*batch_shape,)``."""
    luck = np.random.default_rng(seed).random((n_steps, *agent.batch_shape))
    X, lost = np.ones((*agent.batch_shape, len(rates), 1)), 0.0
    for one in luck:
        arm = agent.select(X)
        agent.learn(X[..., 0, :], arm, one < rates[arm])
        lost = lost + rates.max() - rates[arm]
    return lost


def worlds(cls, n=200, **settings):
    return cls(zoo.ContextSpace(1, len(RATES), (n,)), **settings)


@pytest.mark.parametrize(
    ("cls", "literal", "settings"),
    [
        (zoo.UCB1Agent, LiteralUCB1, {}),
        (zoo.UCB1Agent, LiteralUCB1, {"alpha": 0.3}),
        (zoo.KLUCBAgent, LiteralKLUCB, {}),
    ],
)
def test_every_choice_equals_the_literal_version(cls, literal, settings):
    """In a shop a persona's categories are the things to choose from."""
    sim = zoo.ZooplusSimulator(n_products=10, n_users=50, seed=5)
    results = zoo.run({"agent": cls(zoo.FeatureEngineer(sim), **settings)}, sim, 2000, {1000: zoo.SHOCK_FISH})
    plain = literal(**settings)
    for persona, category, reward in zip(results.persona[0], results.category[0, 0], results.reward[0, 0], strict=True):
        order = sim.category_order  # ties go to the category whose product comes first
        assert plain.choose([(persona, c) for c in order])[1] == category
        plain.learn((persona, category), reward)


@given(st.integers(0, 400), st.integers(0, 400), st.integers(2, 10**6))
def test_the_bound_of_kl_ucb_is_where_the_divergence_is_that_large(clicks, misses, t):
    if not (n := clicks + misses) or t < n:
        return
    agent = zoo.KLUCBAgent(zoo.ContextSpace(1, 2))
    agent.shown[:], agent.clicked[:] = [n, t - n or 1], [clicks, 0]
    bound = agent.score(np.ones((2, 1)))[0]
    assert clicks / n <= bound <= 1
    if clicks < n:
        assert bound == pytest.approx(LiteralKLUCB().index(n, clicks, agent.shown.sum()), abs=1e-9)


def test_the_divergence_is_that_of_two_clicks():
    p, q = np.array([0.3, 0.0, 1.0, 0.0, 0.5]), np.array([0.3, 0.2, 0.2, 0.0, 1.0])
    assert divergence(p, q) == pytest.approx([0, -np.log(0.8), -np.log(0.2), 0, np.inf])


def test_thompson_draws_from_what_is_believed():
    agent = zoo.BetaThompsonAgent(zoo.ContextSpace(1, 3), rng=0)
    agent.shown[:], agent.clicked[:] = [0, 10, 100], [0, 4, 90]
    drawn = np.array([agent.score(np.ones((3, 1))) for _ in range(4000)])
    a, b = 1 + agent.clicked, 1 + agent.shown - agent.clicked
    assert drawn.mean(0) == pytest.approx(a / (a + b), abs=0.02)
    assert drawn.var(0) == pytest.approx(a * b / ((a + b) ** 2 * (a + b + 1)), rel=0.1)


def test_greedy_shows_each_thing_once_and_then_what_has_the_highest_rate():
    agent = worlds(zoo.UCB1Agent, alpha=0.0)
    X, x = np.ones((200, 4, 1)), np.ones((200, 1))
    luck = np.random.default_rng(1).random((60, 200))
    for t, one in enumerate(luck):
        arm = agent.select(X)
        rate = agent.clicked / np.maximum(agent.shown, 1)
        assert (arm == t).all() if t < 4 else (rate.max(-1) - rate[np.arange(200), arm] < 1e-9).all()
        agent.learn(x, arm, one < RATES[arm])


def test_greedy_is_stuck_in_some_worlds_epsilon_greedy_pays_at_each_visit_and_the_others_ever_less():
    n, rates = 1500, np.array([0.3, 0.6, 0.2, 0.02])
    drawn = [zoo.spawn(i, "agent") for i in range(80)]
    made = {
        "greedy": worlds(zoo.UCB1Agent, 80, alpha=0.0),
        "epsilon": worlds(zoo.UCB1Agent, 80, alpha=0.0, exploration=zoo.EpsilonGreedy(0.1), rng=drawn),
        "UCB1": worlds(zoo.UCB1Agent, 80),
        "KL-UCB": worlds(zoo.KLUCBAgent, 80),
        "Thompson": worlds(zoo.BetaThompsonAgent, 80, rng=drawn),
    }
    first = {name: regret(agent, n, rates, seed=1) for name, agent in made.items()}
    again = {name: regret(agent, n, rates, seed=2).mean() for name, agent in made.items()}  # goes on
    assert 0.1 < (first["greedy"] > 0.1 * n).mean() < 0.5
    assert again["epsilon"] == pytest.approx(0.1 * n * (0.6 - rates.mean()), rel=0.1)
    for name in ("UCB1", "KL-UCB", "Thompson"):
        assert again[name] < 0.6 * first[name].mean()
    assert first["KL-UCB"].mean() < first["UCB1"].mean() / 2


def test_the_regret_of_kl_ucb_is_of_the_size_that_lai_and_robbins_say_it_must_have():
    rates, n = np.array([0.4, 0.6]), 5000
    bound = 0.2 / divergence(rates[:1], rates[1:])[0] * np.log(n)
    lost = regret(zoo.KLUCBAgent(zoo.ContextSpace(1, 2, (80,))), n, rates)
    assert bound / 2 < lost.mean() < 2 * bound


def narrow(seed=0):
    """A shop of two categories of the five."""
    sim = zoo.ZooplusSimulator(n_products=2, n_users=50, seed=seed)
    sim.set_catalog(np.broadcast_to([0, 1], (*sim.batch_shape, 2)))
    return sim


@pytest.mark.parametrize("gone", [0, 2], ids=["the catalog lacks three", "three have sold out"])
@pytest.mark.parametrize(
    "make",
    [
        lambda F: zoo.BetaThompsonAgent(F, rng=0),
        lambda F: NeuralTSAgent(F, rng=0, alpha=100.0),
        lambda F: zoo.SharedLinUCBAgent(F, exploration=InverseGap(), rng=0),
    ],
    ids=["Beta", "NeuralTS", "inverse gap"],
)
def test_a_category_that_is_not_to_be_had_is_not_drawn_in_the_name_of_the_first(make, gone):
    sim = narrow()
    if gone:
        sim.set_catalog(np.arange(5), np.arange(5) < 2)
    agent = make(zoo.FeatureEngineer(sim))
    shares = np.bincount([agent.predict(0, sim) for _ in range(1000)], minlength=2) / 1000
    assert shares == pytest.approx([0.5, 0.5], abs=0.06)


@pytest.mark.parametrize("seed", [0, [0, 1]], ids=["one", "batch"])
@pytest.mark.parametrize("cls", [zoo.UCB1Agent, zoo.KLUCBAgent])
def test_a_category_that_is_not_to_be_had_does_not_count_as_shown(cls, seed):
    sim = narrow(seed)
    shape = sim.batch_shape
    agent, bare = cls(zoo.FeatureEngineer(sim)), cls(zoo.ContextSpace(1, 2, shape))
    user, rng = np.zeros(shape, dtype=int) if shape else 0, np.random.default_rng(0)
    for _ in range(200):
        arm, row = agent.predict(user, sim), bare.select(np.ones((*shape, 2, 1)))
        assert np.array_equal(arm, row)
        click = (rng.random(shape or None) < np.where(np.asarray(arm), 0.4, 0.5)) * 1
        agent.update(user, arm, click if shape else int(click), sim)
        bare.learn(np.ones((*shape, 1)), row, click)


@pytest.mark.parametrize(
    "make",
    [
        zoo.UCB1Agent,
        zoo.KLUCBAgent,
        lambda space: zoo.BetaThompsonAgent(space, rng=0),
        lambda space: MappedAgent(space, map=Identity(), link="logistic", rng=0),
    ],
)
def test_what_is_no_part_of_a_click_is_refused_where_clicks_are_counted(make):
    agent = make(zoo.ContextSpace(2, 3))
    before = copy.deepcopy(agent)
    for reward in (5.0, -0.1):
        with pytest.raises(ValueError, match="between 0 and 1"):
            agent.learn(np.ones(2), 0, reward)
        if getattr(agent, "warm", None):
            with pytest.raises(ValueError, match="between 0 and"):
                agent.warm(np.ones((2, 2)), np.array([0.0, reward]))
    assert same(before, agent)
    agent.learn(np.ones(2), 0, 0.5)


def test_elsewhere_than_in_a_shop_there_is_a_row_for_each_arm():
    agent = zoo.UCB1Agent(zoo.ContextSpace(2, 3))
    with pytest.raises(ValueError, match="shape"):
        agent.select(np.ones((2, 2)))
