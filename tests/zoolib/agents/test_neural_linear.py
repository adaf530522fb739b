"""The Neural-Linear family against literal versions in torch, choice by choice, and against its own definitions."""

import literal_family as literal
import numpy as np
import pytest
from refused import each
from test_neural_ucb import LONG, SETTING, shown_by, shown_by_literal

import zoolib as zoo
from zoolab.literal.neural import LiteralNeuralLinear, LiteralReplay
from zoolab.rivals import EpsilonGreedyAgent

FAMILY = {
    "online": (LiteralNeuralLinear, {"training": zoo.Online()}),
    "end to end": (literal.LiteralEndToEnd, {"training": zoo.EndToEnd()}),
    "frozen": (literal.LiteralFrozen, {"training": zoo.Frozen()}),
    "replay": (LiteralReplay, {"training": zoo.Replay()}),
    "fresh": (literal.LiteralFresh, {"training": zoo.Replay(), "memory": zoo.Fresh(500)}),
    "window": (literal.LiteralWindow, {"training": zoo.Replay(), "memory": zoo.Window(500)}),
    "discount": (literal.LiteralDiscount, {"training": zoo.Replay(), "memory": zoo.Discount(0.998)}),
    "Thompson": (literal.LiteralThompson, {"training": zoo.Replay(), "exploration": zoo.Thompson()}),
}


ALL_AND_ONE_FOR_LONG = [(name, SETTING) for name in FAMILY] + [pytest.param("fresh", LONG, marks=pytest.mark.slow)]


@pytest.mark.parametrize(
    ("name", "setting"), ALL_AND_ONE_FOR_LONG, ids=lambda value: value if str(value) == value else value[1]
)
def test_every_choice_equals_the_literal_version(name, setting):
    made, choices = FAMILY[name]
    shown = shown_by(lambda f: zoo.NeuralLinearAgent(f, rng=7, **choices), *setting)
    assert shown == shown_by_literal(made(9, 0.3, 0.01, 32, 64, np.random.default_rng(7)), *setting)


def test_every_choice_equals_the_literal_epsilon_greedy():
    shown = shown_by(lambda f: EpsilonGreedyAgent(f, rng=7), *SETTING)
    made = literal.LiteralEpsilonGreedy(9, 0.0, 0.01, 32, 64, np.random.default_rng(7))
    assert shown == shown_by_literal(made, *SETTING)


@pytest.mark.parametrize("choices", [
    {"training": zoo.Online(), "memory": zoo.Fresh(40)},
    {"training": zoo.EndToEnd(), "memory": zoo.Window(40)},
    {"training": zoo.Replay(60, 16, 10)},
    {"training": zoo.Replay(60, 16, 10), "memory": zoo.Fresh(40)},
    {"training": zoo.Replay(60, 16, 10), "memory": zoo.Fresh(40), "exploration": zoo.Thompson()},
    {"training": zoo.Replay(60, 16, 10), "memory": zoo.HeadAlone(), "exploration": zoo.EpsilonGreedy(0.2)},
    {"training": zoo.Frozen()},
], ids=str)  # fmt: skip
@pytest.mark.parametrize("seed", [3, [3, 8]], ids=["one", "batch"])
def test_in_the_shop_it_learns_what_the_same_bare_contexts_would_teach_it(choices, seed):
    sim = zoo.ZooplusSimulator(n_products=10, n_users=50, seed=seed)
    features = zoo.FeatureEngineer(sim)
    rngs = [1, 2] if sim.batch_shape else 1
    shop = zoo.NeuralLinearAgent(features, d_emb=6, hidden_dim=8, rng=rngs, **choices)
    bare = zoo.NeuralLinearAgent(zoo.ContextSpace(9, 10, sim.batch_shape), d_emb=6, hidden_dim=8, rng=rngs, **choices)
    strays = zoo.NeuralLinearAgent(features, d_emb=6, hidden_dim=8, rng=rngs, **choices)  # told now so, now so
    rng = np.random.default_rng(0)
    for t in range(300):
        user = rng.integers(0, 50, sim.batch_shape or None)
        arm = shop.predict(user, sim)
        X = features.contexts(user, sim)
        if not isinstance(shop.exploration, zoo.EpsilonGreedy):  # whose random product is not a random row
            assert np.array_equal(bare.select(X), arm)
            assert np.array_equal(strays.predict(user, sim) if t % 2 else strays.select(X), arm)
        x, reward = features.context(user, arm, sim), sim.get_reward(user, arm)
        shop.update(user, arm, reward, sim)
        bare.learn(x, arm, reward)
        if t % 3:
            strays.update(user, arm, reward, sim)
        else:
            strays.learn(x, arm, reward)
        for other in (bare, strays):
            assert np.allclose(other.network.flat, shop.network.flat, atol=1e-7)
    if not isinstance(shop.memory, zoo.HeadAlone):
        for other in (bare, strays):
            assert np.allclose(other.evidence.A, shop.evidence.A, rtol=1e-6, atol=1e-6)
            assert np.allclose(other.evidence.b, shop.evidence.b, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("training", [zoo.Online(), zoo.Replay(60, 16, 10), zoo.Frozen()], ids=str)
def test_fresh_evidence_is_at_all_times_that_of_the_last_contexts_under_todays_embedding(training):
    sim = zoo.ZooplusSimulator(n_products=10, n_users=50, seed=3)
    features = zoo.FeatureEngineer(sim)
    agent = zoo.NeuralLinearAgent(features, d_emb=6, hidden_dim=8, rng=0, training=training, memory=zoo.Fresh(40))
    rng, past = np.random.default_rng(0), []
    for _ in range(150):
        user = int(rng.integers(0, 50))
        arm = agent.predict(user, sim)
        reward = sim.get_reward(user, arm)
        agent.update(user, arm, reward, sim)
        past.append((features.context(user, arm, sim), reward))
        Z = agent.phi(np.array([x for x, _ in past[-40:]]))
        assert np.allclose(agent.evidence.A, np.eye(6) + Z.T @ Z, atol=1e-9)
        assert np.allclose(agent.evidence.b, Z.T @ [r for _, r in past[-40:]], atol=1e-9)


def test_thompson_sampling_draws_the_score_around_the_payoff_with_the_width_as_deviation():
    agent = zoo.NeuralLinearAgent(
        zoo.ContextSpace(4, 3), d_emb=5, hidden_dim=8, alpha=0.7, exploration=zoo.Thompson(), rng=0
    )
    rng = np.random.default_rng(0)
    for _ in range(60):
        agent.learn(rng.normal(size=4), 0, rng.normal())
    X = rng.normal(size=(3, 4))
    draws = np.array([agent.score(X) for _ in range(20_000)])
    Z = agent.phi(X)
    cov = 0.49 * Z @ np.linalg.inv(agent.evidence.A) @ Z.T
    assert draws.mean(0) == pytest.approx(agent.payoff(X), abs=5 * np.sqrt(cov.max() / 20_000))
    assert np.cov(draws.T) == pytest.approx(cov, rel=0.06, abs=0.06 * cov.max())


@pytest.mark.parametrize("epsilon", [0.0, 0.3, 1.0])
def test_epsilon_greedy_explores_as_often_as_it_says(epsilon):
    sim = zoo.ZooplusSimulator(n_products=10, n_users=50, seed=range(200))
    agent, greedy = (EpsilonGreedyAgent(zoo.FeatureEngineer(sim), epsilon=e, rng=0) for e in (epsilon, 0.0))
    users = np.zeros(200, dtype=int)
    arms = np.array([agent.predict(users, sim) for _ in range(100)])
    share = (arms != greedy.predict(users, sim)).mean()
    assert share == pytest.approx(0.9 * epsilon, abs=0.02)
    if epsilon == 1:
        assert np.bincount(arms.ravel()) / 20_000 == pytest.approx(np.full(10, 0.1), abs=0.01)


def test_a_frozen_network_stays_as_it_is_and_a_trained_one_learns():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 4))
    r = np.abs(X[:, 0]) + 0.1 * rng.normal(size=3000)  # no linear model can say it

    def error(training):
        agent = zoo.NeuralLinearAgent(zoo.ContextSpace(4, 3), training=training, memory=zoo.Fresh(500), rng=0, d_emb=4)
        before = agent.network.flat.copy()
        for x, reward in zip(X[:2500], r[:2500], strict=True):
            agent.learn(x, 0, reward)
        assert np.array_equal(agent.network.flat, before) == isinstance(training, zoo.Frozen)
        return ((agent.payoff(X[2500:]) - r[2500:]) ** 2).mean()

    assert error(zoo.Replay()) < 0.05 < error(zoo.Frozen())


def test_one_set_of_choices_may_serve_many_agents():
    choices = {"training": zoo.Replay(50, 8, 5), "memory": zoo.Fresh(20), "exploration": zoo.Thompson()}
    agents = [zoo.NeuralLinearAgent(zoo.ContextSpace(4, 3), d_emb=5, hidden_dim=6, rng=s, **choices) for s in (0, 0, 1)]
    rng = np.random.default_rng(0)
    for _ in range(60):
        x, r = rng.normal(size=4), rng.normal()
        agents[0].learn(x, 0, r)
    assert np.array_equal(agents[1].network.flat, zoo.NeuralLinearAgent(
        zoo.ContextSpace(4, 3), d_emb=5, hidden_dim=6, rng=0, **choices).network.flat)  # fmt: skip
    assert not np.array_equal(agents[0].network.flat, agents[1].network.flat)
    assert choices == {"training": zoo.Replay(50, 8, 5), "memory": zoo.Fresh(20), "exploration": zoo.Thompson()}


@pytest.mark.parametrize(("make", "wrong", "error", "message"), [
    *((zoo.NeuralLinearAgent, *row) for row in each(
        ValueError, d_emb=[0], hidden_dim=[-1], lr=[0.0], alpha=[np.inf], ridge=[-1.0])),
    *((zoo.NeuralLinearAgent, *row) for row in each(
        TypeError, d_emb=[3.5], rng=[None], training=["replay", zoo.Replay], memory=[zoo.Online()],
        exploration=[zoo.Everything()], features=["features"])),
    (zoo.NeuralLinearAgent, {"memory": zoo.HeadAlone()}, ValueError, "needs a head"),
    *((zoo.Replay, *row) for row in each(ValueError, capacity=[0], batch_size=[0], every=[0])),
    (zoo.Replay, {"capacity": 32}, ValueError, "batch_size must be between 1 and 32, got 64"),
    (zoo.Replay, {"every": 2.5}, TypeError, "every"), (zoo.Window, {"window": None}, TypeError, "window"),
    (zoo.Window, {"window": 0}, ValueError, "window"), (zoo.Fresh, {"window": 0}, ValueError, "window"),
    *((zoo.Discount, *row) for row in each(ValueError, gamma=[0.0, 1.1])),
    (zoo.EpsilonGreedy, {"epsilon": 1.5}, ValueError, "epsilon"),
    (EpsilonGreedyAgent, {"epsilon": float("nan")}, ValueError, "epsilon"),
])  # fmt: skip
def test_settings_that_make_no_sense_are_refused_by_name(make, wrong, error, message, features):
    given = {"features": features, "rng": 0} if issubclass(make, zoo.NeuralLinearAgent) else {}
    with pytest.raises(error, match=message):
        make(**(given | wrong))


@pytest.mark.parametrize("training", [zoo.Frozen(), zoo.Replay(every=5, batch_size=2)])
@pytest.mark.parametrize("window", [3, 1000])
@pytest.mark.parametrize("batch_shape", [(), (2,)])
def test_a_click_that_is_refused_leaves_fresh_evidence_as_it_was(training, window, batch_shape):
    rng_of = [0, 1] if batch_shape else 0
    agent, twin = (
        zoo.NeuralLinearAgent(
            zoo.ContextSpace(3, 4, batch_shape), training=training, memory=zoo.Fresh(window), rng=rng_of, d_emb=4
        )
        for _ in range(2)
    )
    arms = np.zeros(batch_shape, dtype=int) if batch_shape else 0
    for t, x in enumerate(np.random.default_rng(0).normal(size=(20, *batch_shape, 3))):
        if t == 7:
            with pytest.raises(ValueError, match="scale them"):
                agent.learn(x * 1e10, arms, np.ones(batch_shape))
        for one in (agent, twin):
            one.learn(x, arms, np.ones(batch_shape))
    assert np.array_equal(agent.evidence.A, twin.evidence.A)
    assert np.array_equal(agent.evidence.theta, twin.evidence.theta)
