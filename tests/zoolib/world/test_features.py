"""Contexts against the literal shop, and the shelf of distinct contexts against the whole catalog."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zoolib as zoo
from zoolab.literal.linear import LiteralShop
from zoolib.agents import TIE, argmax

LENGTHS = {"onehot": 9, "crossed": 20, "both": 29}


def test_names_are_sorted_personas_then_sorted_categories(sim):
    assert zoo.FeatureEngineer(sim).names == sorted(zoo.PERSONAS) + sorted(zoo.CATEGORIES)
    pairs = [f"{p} x {c}" for p in sorted(zoo.PERSONAS) for c in sorted(zoo.CATEGORIES)]
    assert zoo.FeatureEngineer(sim, "crossed").names == pairs
    assert zoo.FeatureEngineer(sim, "both").names == sorted(zoo.PERSONAS) + sorted(zoo.CATEGORIES) + pairs


@pytest.mark.parametrize(("encoding", "d"), LENGTHS.items())
def test_an_encoding_is_as_long_as_the_text_says(sim, encoding, d):
    features = zoo.FeatureEngineer(sim, encoding)
    assert features.d == len(features.names) == d
    assert features.table.shape == (4, 5, d)
    assert features.context(0, 0).shape == (d,)
    assert features.contexts(0).shape == (sim.n_products, d)


@settings(max_examples=25, deadline=None)
@given(n_products=st.integers(1, 30), seed=st.integers(0, 2**32))
def test_plain_contexts_equal_the_literal_ones(n_products, seed):
    sim = zoo.ZooplusSimulator(n_products, 12, seed)
    shop = LiteralShop(zoo.CLICK_TABLE, list(zoo.CATEGORIES), n_products, 12, seed)
    features = zoo.FeatureEngineer(sim)
    for user in range(12):
        assert np.array_equal(features.contexts(user), shop.contexts(user))
        assert np.array_equal(features.context(user, n_products - 1), shop.context(user, n_products - 1))


def test_the_crossed_encoding_has_its_one_entry_where_its_name_says(sim):
    features = zoo.FeatureEngineer(sim, "crossed")
    for user in range(sim.n_users):
        for arm in range(sim.n_products):
            x = features.context(user, arm)
            pair = f"{sim.users['persona'][user]} x {sim.products['category'][arm]}"
            assert x.sum() == x[features.names.index(pair)] == 1


def test_both_encodings_are_the_two_one_after_the_other(sim):
    both, parts = zoo.FeatureEngineer(sim, "both"), [zoo.FeatureEngineer(sim, e) for e in ("onehot", "crossed")]
    joined = np.concatenate([part.contexts(3) for part in parts], axis=-1)
    assert np.array_equal(both.contexts(3), joined)
    assert np.array_equal(parts[0].encoded("both").contexts(3), joined)


@settings(max_examples=60, deadline=None)
@given(
    n_products=st.integers(1, 12),
    seed=st.integers(0, 10_000),
    theta=st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=9, max_size=9),
    user=st.integers(0, 9),
    turnover=st.lists(st.sampled_from(zoo.CATEGORIES), max_size=4),
)
def test_the_best_choice_is_the_argmax_over_all_products_for_sale(n_products, seed, theta, user, turnover):
    sim = zoo.ZooplusSimulator(n_products, 10, seed)
    sim.apply_shock(zoo.Turnover(turnover))
    features = zoo.FeatureEngineer(sim)
    X, arms = features.candidates(user)
    scores = np.where(sim.for_sale, features.contexts(user) @ theta, -np.inf)  # many ties, as scores are few
    best = [arm for arm in range(sim.n_products) if scores[arm] >= scores.max() - TIE]
    assert arms[argmax(X @ np.array(theta))] == best[0]


@pytest.mark.parametrize("encoding", LENGTHS)
def test_a_batch_sees_what_its_worlds_see(encoding):
    seeds = [2, 5, 2]
    batch = zoo.FeatureEngineer(zoo.ZooplusSimulator(9, 20, seeds), encoding)
    user, arm = np.array([1, 19, 7]), np.array([0, 8, 3])
    for i, seed in enumerate(seeds):
        single = zoo.FeatureEngineer(zoo.ZooplusSimulator(9, 20, seed), encoding)
        assert np.array_equal(batch.contexts(user)[i], single.contexts(int(user[i])))
        assert np.array_equal(batch.context(user, arm)[i], single.context(int(user[i]), int(arm[i])))
        for got, wanted in zip(batch.candidates(user), single.candidates(int(user[i])), strict=True):
            assert np.array_equal(got[i], wanted)


def test_contexts_follow_the_shop_that_is_asked_about(sim):
    features, grown = zoo.FeatureEngineer(sim), sim.copy()
    grown.apply_shock(zoo.Launch(["Cat Toy"]))
    assert features.contexts(0).shape == (20, 9)
    assert features.contexts(0, grown).shape == (21, 9)
    assert features.context(0, 20, grown)[features.names.index("Cat Toy")] == 1


def test_features_say_nothing_of_click_probabilities(sim):
    features, before = zoo.FeatureEngineer(sim, "both"), zoo.FeatureEngineer(sim, "both").contexts(4).tolist()
    sim.set_click_table(np.zeros((4, 5)))
    assert features.contexts(4).tolist() == before


@pytest.mark.parametrize("give", [
    lambda f: f.context(7, 3), lambda f: f.table, lambda f: f.cells, lambda f: f.candidates(7)[1],
    lambda f: f.sim.category_order,
])  # fmt: skip
def test_nobody_can_write_into_what_all_agents_see(sim, give):
    with pytest.raises(ValueError, match="read-only"):
        give(zoo.FeatureEngineer(sim))[:] = 0


@pytest.mark.parametrize(("call", "message"), [
    (lambda f: f.context(0, 20), "arm"),
    (lambda f: f.context(0, -1), "arm"),
    (lambda f: f.context(0, 1.0), "arm"),
    (lambda f: f.context(50, 0), "user_id"),
    (lambda f: f.contexts(-1), "user_id"),
    (lambda f: f.contexts([0, 1]), "user_id"),
    (lambda f: f.candidates(True), "user_id"),
    (lambda f: f.encoded("dense"), "encoding must be one of onehot, crossed, both"),
    (lambda f: zoo.FeatureEngineer("shop"), "sim"),
    (lambda f: zoo.ContextSpace(0, 3), "d must"),
    (lambda f: zoo.ContextSpace(3, 0), "n_arms"),
    (lambda f: zoo.ContextSpace(3, 2.0), "n_arms"),
    (lambda f: zoo.ContextSpace(3, 2, 4), "batch_shape"),
    (lambda f: zoo.ContextSpace(3, 2, (0,)), "batch_shape"),
    (lambda f: zoo.ContextSpace(3, 2, (4, 4)), "batch_shape"),
])  # fmt: skip
def test_what_does_not_exist_is_refused_by_name(features, call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call(features)


@pytest.mark.parametrize("kind", [zoo.LinUCBAgent, zoo.SharedLinUCBAgent])
def test_a_shop_that_names_its_personas_in_another_order_is_refused(kind):
    mine = zoo.ZooplusSimulator(n_products=10, seed=1)
    other = zoo.ZooplusSimulator(n_products=10, seed=1, click_table=dict(reversed(list(zoo.CLICK_TABLE.items()))))
    features = zoo.FeatureEngineer(mine)
    for ask in (features.cell, features.context):
        with pytest.raises(ValueError, match="personas"):
            ask(0, 3, other)
    with pytest.raises(ValueError, match="personas"):
        features.contexts(0, other)
    agent = kind(features)
    agent.predict(0, mine)
    with pytest.raises(ValueError, match="personas"):
        agent.predict(0, other)
