"""A setting that is changed on a living agent counts from then on, and no score that was kept outlives it."""

import copy
import inspect

import numpy as np
import pytest

import zoolib as zoo
from zoolab.long.conformance import play
from zoolab.rivals import EpsilonGreedyAgent
from zoolib.agents import Delayed, DiagonalNeuralUCBAgent, DisjointLinUCBAgent

SMALL = {"d_emb": 4, "hidden_dim": 6, "rng": 0}
REPLAY = zoo.Replay(capacity=80, batch_size=8, every=10)


def shop(seed=5):
    return zoo.ZooplusSimulator(n_products=10, n_users=40, seed=seed)


def table_of(agent, sim):
    """What an agent says of every product to each of some users, by the contexts as they are."""
    return np.array([agent.score(agent.features.contexts(user, sim)) for user in range(12)])


@pytest.mark.parametrize("make", [
    lambda f: zoo.LinUCBAgent(f, alpha=0.1), lambda f: zoo.LinUCBAgent(f, alpha=0.1, window=30),
    lambda f: zoo.LinUCBAgent(f, alpha=0.1, gamma=0.97), lambda f: zoo.SharedLinUCBAgent(f, alpha=0.1),
    lambda f: zoo.NeuralUCBAgent(f, hidden_dim=4, rng=0), lambda f: zoo.NeuralLinearAgent(f, training=REPLAY, **SMALL),
    lambda f: Delayed(zoo.LinUCBAgent(f, alpha=0.1), delay=1),
], ids=["LinUCB", "window", "discount", "shared", "NeuralUCB", "Neural-Linear", "wrapped"])  # fmt: skip
@pytest.mark.parametrize("seed", [5, [5, 6]])
def test_alpha_counts_at_the_next_choice(make, seed):
    sim = shop(seed)
    agent = make(zoo.FeatureEngineer(sim))
    play(agent, sim, 80)
    for alpha in (5.0, 0.0, 1.0):
        agent.alpha = alpha
        fresh = copy.deepcopy(agent)  # has met no catalog of late, so keeps no score
        fresh.__dict__.get("agent", fresh).__dict__.pop("_catalog", None)
        for user in range(40):
            users = np.full(sim.batch_shape, user) if sim.batch_shape else user
            assert np.array_equal(agent.predict(users, sim), fresh.predict(users, sim))
    assert agent.alpha == 1.0


@pytest.mark.parametrize("kind", [zoo.LinUCBAgent, zoo.SharedLinUCBAgent])
@pytest.mark.parametrize(("before", "change"), [
    ({}, {"ridge": 3.0}), ({"window": 30}, {"ridge": 0.5}), ({"gamma": 0.98}, {"ridge": 2.0}),
    ({"window": 30}, {"window": 12}),
    ({"gamma": 0.98}, {"gamma": 0.9}), ({}, {"gamma": 0.95}), ({"gamma": 0.95}, {"gamma": 1.0}),
])  # fmt: skip
def test_what_linucb_knows_follows_its_settings(kind, before, change):
    sim = shop()
    agent, literal = kind(zoo.FeatureEngineer(sim), **before), None
    play(agent, sim, 100)
    A, b = agent.evidence.A.copy(), agent.evidence.b.copy()
    for name, value in change.items():
        setattr(agent, name, value)
    if "ridge" in change:
        A = A + (change["ridge"] - 1.0) * np.eye(9)
    if "window" not in change:
        np.testing.assert_allclose(agent.evidence.A, A, atol=1e-9)
        np.testing.assert_allclose(agent.evidence.b, b, atol=1e-9)
    else:
        n = 1 if kind is zoo.SharedLinUCBAgent else 10
        assert np.trace(agent.evidence.A.reshape(-1, 9, 9).sum(0)) == pytest.approx(9 * n + 2 * 12)  # x'x = 2
    literal = np.sqrt(np.linalg.inv(agent.evidence.A).diagonal(0, -2, -1))
    assert np.isfinite(literal).all()
    for user in range(12):
        X = agent.features.contexts(user, sim)
        assert agent.predict(user, sim) == agent.select(X)


def test_a_window_cannot_be_asked_of_an_agent_that_did_not_keep_its_clicks():
    agent = zoo.LinUCBAgent(zoo.FeatureEngineer(shop()))
    with pytest.raises(ValueError, match="window cannot be set"):
        agent.window = 10
    assert agent.window is None


@pytest.mark.parametrize("make", [
    lambda f: zoo.NeuralUCBAgent(f, hidden_dim=4, lr=0.1, rng=0),
    lambda f: DiagonalNeuralUCBAgent(f, hidden_dim=4, lr=0.1, training=REPLAY, rng=0),
    lambda f: zoo.NeuralLinearAgent(f, lr=0.1, **SMALL),
    lambda f: zoo.NeuralLinearAgent(f, lr=0.1, training=REPLAY, **SMALL),
])  # fmt: skip
def test_a_tiny_step_size_stops_a_network(make):
    sim = shop()
    agent = make(zoo.FeatureEngineer(sim))
    play(agent, sim, 30)
    agent.lr = 1e-12
    before = agent.network.flat.copy()
    play(agent, sim, 60)
    assert np.abs(agent.network.flat - before).max() < 1e-9


@pytest.mark.parametrize("memory", [zoo.Everything(), zoo.Window(40), zoo.Discount(0.98), zoo.Fresh(50)])
def test_the_ridge_of_an_embedding_can_be_changed(memory):
    sim = shop()
    agent = zoo.NeuralLinearAgent(zoo.FeatureEngineer(sim), training=zoo.Frozen(), memory=memory, **SMALL)
    play(agent, sim, 60)
    A = agent.evidence.A.copy()
    agent.ridge = 2.5
    np.testing.assert_allclose(agent.evidence.A, A + 1.5 * np.eye(4), atol=1e-9)
    X = agent.features.contexts(3, sim)
    assert agent.predict(3, sim) == agent.select(X)


def test_parts_have_settings_that_can_be_changed_too():
    sim = shop()
    features = zoo.FeatureEngineer(sim)
    agent = EpsilonGreedyAgent(features, epsilon=0.0, training=REPLAY, **SMALL)
    play(agent, sim, 40)
    assert len(set(play(agent, sim, 30).tolist())) < 6
    agent.epsilon = 1.0
    assert len(set(play(agent, sim, 100).tolist())) == 10
    agent = zoo.NeuralLinearAgent(features, training=zoo.Frozen(), memory=zoo.Discount(0.98), **SMALL)
    agent.memory.gamma = 0.5
    play(agent, sim, 60)
    assert np.trace(agent.evidence.A - np.eye(4)) < 2.5 * np.trace(
        np.atleast_2d((agent.phi(features.cells) ** 2).sum(-1).max())
    )


@pytest.mark.parametrize(("make", "name", "value"), [
    (lambda f: zoo.LinUCBAgent(f), "alpha", -1), (lambda f: zoo.LinUCBAgent(f), "alpha", float("nan")),
    (lambda f: zoo.LinUCBAgent(f), "gamma", 1.5), (lambda f: zoo.LinUCBAgent(f, window=3), "window", 0),
    (lambda f: zoo.LinUCBAgent(f), "ridge", 0.0), (lambda f: zoo.NeuralUCBAgent(f, rng=0), "lr", 0.0),
    (lambda f: EpsilonGreedyAgent(f, rng=0), "epsilon", 2.0),
])  # fmt: skip
def test_a_value_that_cannot_be_is_refused_and_the_old_one_stays(make, name, value):
    agent = make(zoo.FeatureEngineer(shop()))
    before = getattr(agent, name)
    with pytest.raises((ValueError, TypeError), match=name):
        setattr(agent, name, value)
    assert getattr(agent, name) == before


@pytest.mark.parametrize("name", ["d_emb", "hidden_dim"])
def test_a_size_stays_as_it_was_made(name):
    agent = zoo.NeuralLinearAgent(zoo.FeatureEngineer(shop()), **SMALL)
    with pytest.raises(AttributeError, match=f"{name} stays as"):
        setattr(agent, name, 9)
    setattr(agent, name, getattr(agent, name))  # to say again what is so is no change


def test_a_signature_shows_what_is_taken_if_nothing_is_said():
    assert repr(inspect.signature(zoo.EpsilonGreedy).parameters["epsilon"].default) == "0.1"
    assert zoo.EpsilonGreedy().epsilon == 0.1
    with pytest.raises(ValueError, match="epsilon"):
        zoo.EpsilonGreedy(1.5)


# ---- one exploration for all, the definition and what is fast --------------------------------------------------------


@pytest.mark.parametrize("settings", [{}, {"window": 40}, {"gamma": 0.98}])
@pytest.mark.parametrize("seed", [5, [5, 6]])
def test_linucb_in_the_shop_is_its_definition_choice_for_choice(settings, seed):
    arms = []
    for kind in (DisjointLinUCBAgent, zoo.LinUCBAgent):
        sim = shop(seed)
        agent = kind(zoo.FeatureEngineer(sim), alpha=0.3, **settings)
        arms.append(play(agent, sim, 300))
    assert np.array_equal(*arms)


@pytest.mark.parametrize("exploration", [zoo.Thompson(), zoo.ArmThompson(), zoo.EpsilonGreedy(0.2)])
@pytest.mark.parametrize("kind", [zoo.LinUCBAgent, zoo.SharedLinUCBAgent, DisjointLinUCBAgent])
def test_any_exploration_goes_with_any_linear_agent_and_asks_for_a_generator(kind, exploration):
    sim = shop()
    features = zoo.FeatureEngineer(sim)
    with pytest.raises(TypeError, match="rng must be given"):
        kind(features, exploration=exploration)
    agent = kind(features, alpha=0.5, exploration=exploration, rng=1)
    assert len(set(play(agent, sim, 200).tolist())) > 3
    assert exploration == type(exploration)(*([0.2] if isinstance(exploration, zoo.EpsilonGreedy) else []))  # a copy


def test_whole_numbers_in_a_matrix_are_entries_of_contexts_and_not_cells():
    sim = shop()
    for agent in (
        zoo.LinUCBAgent(zoo.FeatureEngineer(sim)),
        zoo.NeuralLinearAgent(zoo.FeatureEngineer(sim), training=REPLAY, **SMALL),
    ):
        play(agent, sim, 30)
        X = agent.features.contexts(3, sim)
        for method in (agent.payoff, agent.uncertainty, agent.score, agent.select):
            assert np.array_equal(method(X.astype(int)), method(X))


def test_a_shared_agent_starts_from_a_log_as_if_it_had_lived_through_it():
    space, rng = zoo.ContextSpace(3, 4), np.random.default_rng(0)
    X, r = rng.normal(size=(40, 3)), rng.normal(size=40)
    warm, lived = zoo.SharedLinUCBAgent(space), zoo.SharedLinUCBAgent(space)
    warm.warm(X, r)
    for x, reward in zip(X, r, strict=True):
        lived.learn(x, 0, reward)
    np.testing.assert_allclose(warm.evidence.theta, lived.evidence.theta, atol=1e-10)
    with pytest.raises(TypeError, match="remembers everything"):
        zoo.SharedLinUCBAgent(space, window=5).warm(X, r)
    assert not callable(zoo.LinUCBAgent(space).warm)
