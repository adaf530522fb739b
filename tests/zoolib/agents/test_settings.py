"""Alpha may be changed on a living agent; any exploration goes with any linear agent."""

import numpy as np
import pytest

import zoolib as zoo
from zoolab.long.conformance import play
from zoolab.rivals import Delayed, EpsilonGreedyAgent
from zoolib.agents import argmax

SMALL = {"d_emb": 4, "hidden_dim": 6, "rng": 0}
REPLAY = zoo.Replay(capacity=80, batch_size=8, every=10)


def shop(seed=5):
    return zoo.ZooplusSimulator(n_products=10, n_users=40, seed=seed)


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
        for user in range(12):
            users = np.full(sim.batch_shape, user) if sim.batch_shape else user
            X, arms = agent.candidates(users, sim)
            scores = agent.payoff(X) + alpha * agent.uncertainty(X)
            np.testing.assert_allclose(agent.score(X), scores, atol=1e-12)
            assert np.array_equal(agent.predict(users, sim), arms[(*sim.worlds, argmax(scores))])
    assert agent.alpha == 1.0


def test_epsilon_counts_at_the_next_choice():
    sim = shop()
    agent = EpsilonGreedyAgent(zoo.FeatureEngineer(sim), epsilon=0.0, training=REPLAY, **SMALL)
    play(agent, sim, 40)
    assert len(set(play(agent, sim, 30).tolist())) < 6
    agent.epsilon = 1.0
    assert len(set(play(agent, sim, 100).tolist())) == 10


@pytest.mark.parametrize("exploration", [zoo.Thompson(), zoo.ArmThompson(), zoo.EpsilonGreedy(0.2)])
@pytest.mark.parametrize("kind", [zoo.LinUCBAgent, zoo.SharedLinUCBAgent])
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


def test_only_a_shared_agent_that_remembers_everything_starts_from_a_log():
    space = zoo.ContextSpace(3, 4)
    with pytest.raises(TypeError, match="remembers everything"):
        zoo.SharedLinUCBAgent(space, window=5).warm(np.ones((2, 3)), np.ones(2))
    assert not callable(zoo.LinUCBAgent(space).warm)
