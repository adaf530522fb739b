"""The fast agents of chapter 7 choose what the plain ones choose, and know what they know."""

import numpy as np
import pytest

import zoolib as zoo
from zoolab.columns import LogisticEvidence
from zoolab.experiments import cells

SHOCKS = {150: zoo.SHOCK_FISH, 300: zoo.SHOCK_DOG_TOY}
FADING = {"alpha": 0.7, "gamma": 0.99, "ridge": 0.4}


class PlainLogistic(zoo.LinUCBAgent):
    """A logistic model for each arm, by its definition."""

    def __init__(self, features, *, gamma=1.0, ridge=1.0, **settings):
        super().__init__(features, ridge=ridge, **settings)
        self.evidence = LogisticEvidence(features.d, self._shape(), ridge, gamma=gamma)


class PlainCrossedLogistic(zoo.SharedLinUCBAgent):
    """A logistic model for all arms, by its definition."""

    def __init__(self, features, *, gamma=1.0, ridge=1.0, **settings):
        super().__init__(features, ridge=ridge, **settings)
        self.evidence = LogisticEvidence(features.d, self._shape(), ridge, gamma=gamma)


PAIRS = {
    "disjoint": (cells.Disjoint, zoo.LinUCBAgent, "onehot", {"alpha": 0.3}),
    "disjoint, window": (cells.Disjoint, zoo.LinUCBAgent, "onehot", {"alpha": 0.3, "window": 120}),
    "disjoint, discount": (cells.Disjoint, zoo.LinUCBAgent, "onehot", FADING),
    "disjoint, logistic": (cells.DisjointLogistic, PlainLogistic, "onehot", {"alpha": 1.0, "ridge": 2.0}),
    "disjoint, logistic, discount": (cells.DisjointLogistic, PlainLogistic, "onehot", FADING),
    "crossed, logistic": (cells.CrossedLogistic, PlainCrossedLogistic, "crossed", {"alpha": 1.0, "ridge": 2.0}),
    "crossed, logistic, discount": (cells.CrossedLogistic, PlainCrossedLogistic, "crossed", FADING),
}


def run(agent, encoding, settings, seeds=(3, 4, 5), n_steps=450):
    def make(features, rng):
        given = settings | ({"rng": rng} if "exploration" in settings else {})
        return agent(features.encoded(encoding), **given)

    return zoo.replicate({"agent": make}, list(seeds) if len(seeds) > 1 else seeds[0], n_steps, SHOCKS)


@pytest.mark.parametrize("pair", PAIRS)
def test_the_fast_agent_chooses_what_the_plain_one_does(pair):
    fast, plain, encoding, settings = PAIRS[pair]
    mine, its = (run(agent, encoding, settings) for agent in (fast, plain))
    assert len(np.unique(its.arm[0])) > 20 or encoding == "crossed"
    np.testing.assert_array_equal(mine.arm[0], its.arm[0])


@pytest.mark.parametrize("pair", ["disjoint, discount", "disjoint, window"])
def test_with_thompson_sampling_it_does_so_too(pair):
    fast, plain, encoding, settings = PAIRS[pair]
    mine, its = (run(agent, encoding, settings | {"exploration": zoo.Thompson()}) for agent in (fast, plain))
    np.testing.assert_array_equal(mine.arm[0], its.arm[0])


@pytest.mark.parametrize("pair", PAIRS)
def test_one_world_is_a_hundred_without_the_axis(pair):
    fast, _, encoding, settings = PAIRS[pair]
    many, one = run(fast, encoding, settings, n_steps=350), run(fast, encoding, settings, (4,), 350)
    np.testing.assert_array_equal(np.squeeze(one.arm), many.arm[0][1])


@pytest.mark.parametrize("memory", [{}, {"window": 60}, {"gamma": 0.99}], ids=["all", "window", "discount"])
def test_hybrid_is_the_ridge_regression_on_what_is_shared_and_what_is_not(memory):
    sim = zoo.ZooplusSimulator(n_products=10, n_users=40, seed=5)
    features = zoo.FeatureEngineer(sim, "crossed")
    fast = cells.Hybrid(features, alpha=0.3, ridge=0.5, **memory)
    whole = zoo.SharedLinUCBAgent(zoo.ContextSpace(60, 10), alpha=0.3, ridge=0.5, **memory)
    rng = np.random.default_rng(2)
    for user in rng.integers(0, 40, 250).tolist():
        X = np.zeros((10, 60))
        X[:, :20] = features.contexts(user, sim)
        X[np.arange(10), 20 + 4 * np.arange(10) + sim.persona(user)] = 1
        mean, width = fast.embed(sim.persona(user))
        np.testing.assert_allclose(mean, whole.payoff(X), atol=1e-9)
        np.testing.assert_allclose(width, whole.uncertainty(X), atol=1e-9)
        arm = fast.predict(user, sim)
        reward = int(rng.random() < 0.4)
        fast.update(user, arm, reward, sim)
        whole.learn(X[arm], arm, reward)


@pytest.mark.parametrize("link", [cells.Disjoint, cells.DisjointLogistic])
def test_what_is_expected_is_said_of_a_product_that_nobody_has_clicked_and_is_the_mean_of_the_prior(link):
    sim = zoo.ZooplusSimulator(n_products=10, n_users=5, seed=1)
    agent = link(zoo.FeatureEngineer(sim), ridge=1.3, expects=-2.0)
    np.testing.assert_array_equal(agent.mean(agent.embed(sim.persona(0))), -2.0)
    agent.update(0, 3, 1, sim)
    mean, width = agent.mean(agent.embed(sim.persona(0))), agent.width(agent.embed(sim.persona(0)))
    if link is cells.Disjoint:  # common and own: a variance of 2 / ridge
        assert mean[3] == pytest.approx(-2 + 3 * (2 / 1.3) / (2 / 1.3 + 1))
    else:
        one = LogisticEvidence(1, ())
        one.put(np.array([[1.3 / 2]]), np.array([-2.0 * 1.3 / 2]))
        one.add(np.ones(1), 1)
        assert mean[3] == pytest.approx(one.b[0] / one.A[0, 0])
        assert width[3] == pytest.approx(1 / np.sqrt(one.A[0, 0]))
    np.testing.assert_allclose(np.delete(mean, 3), -2.0)


@pytest.mark.parametrize("memory", [{}, {"window": 60}, {"gamma": 0.99}])
def test_to_expect_a_payoff_is_to_take_it_off_what_is_learned(memory):
    class Shifted(cells.Disjoint):
        def _learn(self, x, arm, reward):
            super()._learn(x, arm, reward - 0.5)

    settings = {"alpha": 0.3, "ridge": 0.4, **memory}
    mine, its = run(cells.Disjoint, "onehot", settings | {"expects": 0.5}), run(Shifted, "onehot", settings)
    np.testing.assert_array_equal(mine.arm[0], its.arm[0])
    assert (mine.arm[0] != run(cells.Disjoint, "onehot", settings).arm[0]).any()


def test_no_window_is_to_be_had_on_log_odds():
    features = zoo.FeatureEngineer(zoo.ZooplusSimulator(n_products=10, n_users=5, seed=1))
    with pytest.raises(TypeError, match="window"):
        cells.DisjointLogistic(features, window=5)
