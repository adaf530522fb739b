"""NeuralUCB against its literal versions: one in torch that knows nothing of zoolib, one that is an agent of it."""

import numpy as np
import pytest
from refused import each

import zoolib as zoo
from zoolab.literal.linear import LiteralShop
from zoolab.literal.neural import LiteralDiagonalNeuralUCB, LiteralNeuralUCB
from zoolab.literal.neural_ucb import LiteralNeuralUCBAgent
from zoolab.rivals import DiagonalNeuralUCBAgent, NeuralTSAgent
from zoolib.evidence import DiagonalEvidence


def shown_by(agent_of, n_products, n_steps, shocks):
    """The categories that an agent of zoolib shows in a shop of this size."""
    sim = zoo.ZooplusSimulator(n_products=n_products, n_users=200, seed=5)
    users = np.random.default_rng(1).integers(0, 200, n_steps)
    return (
        zoo.run({"agent": agent_of(zoo.FeatureEngineer(sim))}, sim, n_steps, shocks, users=users)
        .category[0, 0]
        .tolist()
    )


def shown_by_literal(literal, n_products, n_steps, shocks):
    """The same of a literal agent in the literal shop."""
    shop = LiteralShop(zoo.CLICK_TABLE, list(zoo.CATEGORIES), n_products, 200, seed=5)
    categories = []
    for t, user in enumerate(np.random.default_rng(1).integers(0, 200, n_steps)):
        for persona, row in shocks[t].changes.items() if t in shocks else ():
            shop.table[persona].update(row)
        X = shop.contexts(user)
        arm = literal.select(X)
        literal.learn(X[arm], arm, shop.reward(user, arm))
        categories.append(zoo.CATEGORIES.index(shop.product[arm]))
    return categories


# Number of products, number of steps, shocks: every part of an agent has had its turn by then.
SETTING = 5, 1500, {500: zoo.SHOCK_FISH, 1000: zoo.SHOCK_DOG_TOY}
LONG = 5, 10_000, {3000: zoo.SHOCK_FISH, 6000: zoo.SHOCK_DOG_TOY}


def test_every_choice_equals_the_literal_version_with_a_small_network():
    # An inverse of 705 x 705 at each of 1,500 decisions takes minutes; 8 hidden units do all that 64 do.
    literal = LiteralNeuralUCB(9, alpha=0.3, lr=0.01, hidden_dim=8, rng=np.random.default_rng(7))
    shown = shown_by(lambda f: zoo.NeuralUCBAgent(f, alpha=0.3, lr=0.01, hidden_dim=8, rng=7), *SETTING)
    assert literal.p == 89
    assert shown == shown_by_literal(literal, *SETTING)


@pytest.mark.slow
def test_the_first_choices_of_the_timed_run_equal_those_of_both_literal_versions():
    literal = LiteralNeuralUCB(9, alpha=0.1, lr=0.001, hidden_dim=64, rng=np.random.default_rng(7))
    assert literal.p == 705
    shown = shown_by(lambda f: zoo.NeuralUCBAgent(f, rng=7), 5, 120, {})
    assert shown == shown_by_literal(literal, 5, 120, {})
    assert shown[:60] == shown_by(lambda f: LiteralNeuralUCBAgent(f, rng=7), 5, 60, {})


def test_the_literal_agent_chooses_alike_among_fifty_products():
    kinds = (zoo.NeuralUCBAgent, LiteralNeuralUCBAgent)
    fast, literal = (shown_by(lambda f, kind=kind: kind(f, rng=3), 50, 25, {}) for kind in kinds)
    assert fast == literal


def test_every_choice_equals_the_literal_version_on_the_diagonal():
    literal = LiteralDiagonalNeuralUCB(9, alpha=0.1, lr=0.001, hidden_dim=64, rng=np.random.default_rng(7))
    shown = shown_by(lambda f: zoo.NeuralUCBAgent(f, evidence=DiagonalEvidence, rng=7), *SETTING)
    assert shown == shown_by_literal(literal, *SETTING)


def test_b_is_never_read():
    agent, twin = (zoo.NeuralUCBAgent(zoo.ContextSpace(4, 3), hidden_dim=5, lr=0.1, rng=0) for _ in range(2))
    rng = np.random.default_rng(0)
    for _ in range(100):
        X = rng.normal(size=(3, 4))
        assert agent.select(X) == twin.select(X)
        arm, r = agent.select(X), rng.normal()
        agent.learn(X[arm], arm, r)
        twin.learn(X[arm], arm, r)
        twin.evidence.b[...] = rng.normal(size=31)


@pytest.mark.parametrize(("settings", "error", "message"), [
    *each(ValueError, alpha=[-1.0, float("nan")], lr=[0.0, float("inf")], hidden_dim=[0], ridge=[0.0], rng=[[1, 2]]),
    *each(TypeError, hidden_dim=[2.0], rng=[None], evidence=[1]),
])  # fmt: skip
def test_settings_that_make_no_sense_are_refused_by_name(settings, error, message, features):
    with pytest.raises(error, match=message):
        zoo.NeuralUCBAgent(features, **{"rng": 0} | settings)


def test_the_literal_agent_is_for_one_world():
    with pytest.raises(ValueError, match="one world"):
        LiteralNeuralUCBAgent(zoo.ContextSpace(4, 3, (2,)), rng=0)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16])
@pytest.mark.parametrize("make", [zoo.NeuralUCBAgent, DiagonalNeuralUCBAgent, NeuralTSAgent])
def test_contexts_of_short_whole_numbers_do_not_overflow(make, kind, rng):
    agent, X = make(zoo.ContextSpace(4, 3), rng=0), rng.integers(0, 127, (3, 4))
    for asked in (agent.payoff, agent.uncertainty):
        np.testing.assert_array_equal(asked(X.astype(kind)), asked(X.astype(float)))
