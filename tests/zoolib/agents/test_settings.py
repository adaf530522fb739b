"""Alpha may be changed on a living agent; any exploration goes with any linear agent."""

import inspect

import numpy as np
import pytest

import zoolib as zoo
from zoolab.long.conformance import play

SMALL = {"d_emb": 4, "hidden_dim": 6, "rng": 0}
REPLAY = zoo.Replay(capacity=80, batch_size=8, every=10)


def shop(seed=5):
    return zoo.ZooplusSimulator(n_products=10, n_users=40, seed=seed)


@pytest.mark.parametrize("make", [
    lambda f: zoo.LinUCBAgent(f, alpha=0.1), lambda f: zoo.LinUCBAgent(f, alpha=0.1, window=30),
    lambda f: zoo.LinUCBAgent(f, alpha=0.1, gamma=0.97), lambda f: zoo.SharedLinUCBAgent(f, alpha=0.1),
    lambda f: zoo.NeuralUCBAgent(f, hidden_dim=4, rng=0), lambda f: zoo.NeuralLinearAgent(f, training=REPLAY, **SMALL),
], ids=["LinUCB", "window", "discount", "shared", "NeuralUCB", "Neural-Linear"])  # fmt: skip
def test_alpha_counts_at_the_next_choice(make):
    sim = shop()
    agent = make(zoo.FeatureEngineer(sim))
    play(agent, sim, 80)
    for alpha in (5.0, 0.0, 1.0):
        agent.alpha = alpha
        for user in range(12):
            X, _ = agent.candidates(user, sim)
            np.testing.assert_allclose(agent.score(X), agent.payoff(X) + alpha * agent.uncertainty(X), atol=1e-12)


def test_a_signature_shows_the_default():
    assert repr(inspect.signature(zoo.EpsilonGreedy).parameters["epsilon"].default) == "0.1"
    with pytest.raises(ValueError, match="epsilon"):
        zoo.EpsilonGreedy(1.5)


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
