"""What holds of every map: the map of one world is that of the batch, and two methods make another map."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoolab import columns as maps
from zoolib import ContextSpace

SHOP = maps.FeatureShop(maps.Segments(nuisances=1), seed=[3, 4], n_products=30, n_log=200, n_steps=1)
AT = SHOP.layout
MAPS = [
    maps.Identity(AT), maps.Crossed(AT), maps.RandomFourier(AT, n=9), maps.KMeans(AT, 3, 4),
    maps.Boosted(AT, n_trees=3), maps.Learned(AT, hidden=(6, 4), batch_size=16, epochs=2),
    maps.Screened(AT, of=maps.KMeans(AT, 3, 4)), maps.Pairs(AT, pairs=3, knots=4, level=0.9),
    maps.Screened(AT, of=maps.Learned(AT, hidden=(6, 4), batch_size=16, epochs=2)),
    maps.Projected(AT, of=maps.RandomFourier(AT, n=9)), maps.Unmixed(AT, of=maps.Crossed(AT)),
    maps.Unmixed(AT, of=maps.Screened(AT, of=maps.Boosted(AT))),
    maps.WithProduct(AT, of=maps.Identity(AT), n_products=30),
]  # fmt: skip


@pytest.mark.parametrize("fitted", [False, True])
@pytest.mark.parametrize("map", MAPS, ids=lambda map: type(map).__name__)
def test_the_map_of_a_world_is_that_of_the_batch_and_of_the_world_alone(map, fitted):
    batch = map.start(AT.d, (2,), [np.random.default_rng(i) for i in range(2)])
    alone = map.start(AT.d, (), [np.random.default_rng(1)])
    if fitted:
        batch.fit(SHOP.log_x, SHOP.log_r)
        alone.fit(SHOP.log_x[1], SHOP.log_r[1])
    X = SHOP.contexts(0)
    Z = batch(X)
    assert Z.shape == (*X.shape[:-1], batch.width)
    np.testing.assert_allclose(batch.of_world(1)(X[1]), Z[1], atol=1e-12)
    np.testing.assert_array_equal(batch.of_world(1)(X[1]), alone(X[1]))
    assert alone.of_world(0) is alone


def test_the_log_is_seen_through_what_is_learned_later_too():
    map = maps.Screened(AT, of=maps.Crossed(AT)).start(AT.d, (2,), [np.random.default_rng(i) for i in range(2)])
    before = map.of_world(0)
    map.kept[0, 3] = False
    assert not before(SHOP.log_x[0]).any(0)[3]  # the crosses of column 3 with the constant


def test_a_map_of_ones_own_takes_two_methods():
    class Bent(maps.FeatureMap):
        def _bind(self, rngs):
            self.width = self._n_seen

        def __call__(self, X):
            return np.tanh(self._seen(X))

    agent = maps.MappedAgent(ContextSpace(3, 4), map=Bent(), rng=0)
    agent.learn(np.ones(3), 0, 1.0)
    assert agent.map(np.zeros((4, 3))).tolist() == [[0, 0, 0]] * 4


def test_what_all_maps_have_in_common_is_no_map():
    with pytest.raises(TypeError, match="abstract"):
        maps.FeatureMap(maps.Layout(1, 1, 1))


@pytest.mark.parametrize(("kind", "setting"), [
    *((maps.Learned, wrong) for wrong in ({"every": 0}, {"lasso": -1}, {"batches": 2.5}, {"lr": 0})),
    *((maps.Boosted, wrong) for wrong in ({"leaf": 0}, {"rate": 0.0})), (maps.KMeans, {"users": 0}),
    *((maps.RandomFourier, wrong) for wrong in ({"n": 0}, {"length": 0.0})), (maps.Projected, {"every": -1}),
    *((maps.Screened, wrong) for wrong in ({"level": 2.0}, {"bins": 1})), (maps.Unmixed, {"every": -1}),
    *((maps.Pairs, wrong) for wrong in ({"pairs": 0}, {"knots": 1})),
])  # fmt: skip
def test_a_setting_that_cannot_be_is_refused_by_name_as_soon_as_a_map_is_made(kind, setting):
    with pytest.raises((ValueError, TypeError), match=next(iter(setting))):
        kind(**setting)


# ---- pairs -----------------------------------------------------------------------------------------------------------

WIDE = maps.Layout(3, 1, 3)


def meeting(n=4000, seed=0):
    """Contexts of which the second column about the user must lie above the third about the product."""
    X = np.random.default_rng(seed).normal(size=(n, WIDE.d))
    return X, (X[:, 2] > X[:, 7]) * 1.0


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=7, unique=True), st.floats(-9, 9))
def test_tents_add_up_to_one_and_interpolate(knots, x):
    at = np.sort(knots)
    if np.diff(at).min() < 1e-6:
        return
    weights = maps.tents(np.array(x), at)
    assert weights.min() >= 0
    assert np.isclose(weights.sum(), 1)
    assert np.isclose(weights @ at, np.clip(x, at[0], at[-1]))


def test_the_pairs_that_act_together_are_found_and_their_columns_are_those_that_are_kept():
    X, r = meeting()
    assert maps.significant_pairs(X, r, WIDE, at_most=5) == [(2, 7)]
    assert np.flatnonzero(maps.screen(X, r, WIDE)).tolist() == [0, 2, 7]
    assert maps.significant_pairs(X, np.ones(len(r)), WIDE, at_most=5) == []
    assert maps.significant_pairs(X[:0], r[:0], WIDE, at_most=5) == []


def test_the_features_of_a_pair_are_the_products_of_its_tents():
    X, r = meeting()
    map = maps.Pairs(WIDE, pairs=2, knots=5).start(WIDE.d, (), [])
    map.fit(X, r)
    u, p = (maps.tents(X[:, c], np.quantile(X[:, c], np.linspace(0, 1, 5))) for c in (2, 7))
    expected = np.array([np.outer(a, b).ravel() for a, b in zip(u, p, strict=True)])
    np.testing.assert_allclose(map(X), np.column_stack([np.ones(len(X)), expected, np.zeros_like(expected)]))


def test_trees_are_given_the_difference_and_the_product_of_what_acts_together():
    X, r = meeting()
    map = maps.Boosted(WIDE, n_trees=5).start(WIDE.d, (), [np.random.default_rng(0)])
    map.fit(X, r)
    seen = map._with_pairs(0, X)
    np.testing.assert_array_equal(seen[:, -2:], np.column_stack([X[:, 2] - X[:, 7], X[:, 2] * X[:, 7]]))
    fresh, truth = meeting(1000, seed=1)
    assert ((map(fresh)[:, 1] > 0) == truth).mean() > 0.98
    map.fit(X, np.zeros(len(r)))  # nothing to learn: what was known stays
    assert ((map(fresh)[:, 1] > 0) == truth).mean() > 0.98


def test_independent_components_undo_a_rotation_but_not_of_normal_columns():
    rng, turn = np.random.default_rng(0), np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]

    def recovered(S):
        X = np.zeros((len(S), WIDE.d))
        X[:, 0], X[:, WIDE.user], X[:, WIDE.product] = np.arange(len(S)), S @ turn, S @ turn
        map = maps.Unmixed(WIDE, of=maps.Identity(WIDE)).start(WIDE.d, (), [np.random.default_rng(2)])
        map.fit(X, np.zeros(len(S)))
        found = map._prepared(X)[:, WIDE.user]
        return np.abs(np.corrcoef(S.T, found.T)[:3, 3:]).max(1).min()

    assert recovered(rng.uniform(-1, 1, (20_000, 3))) > 0.98
    assert recovered(rng.normal(size=(20_000, 3))) < 0.95


def test_a_product_of_its_own_is_one_more_column():
    map = maps.WithProduct(WIDE, of=maps.Identity(WIDE), n_products=4, scale=2.0).start(WIDE.d, (), [])
    X = np.random.default_rng(0).normal(size=(4, WIDE.d))
    X[:, 0] = [3, 0, 0, 2]
    np.testing.assert_array_equal(
        map(X), np.hstack([maps.Identity(WIDE).start(WIDE.d, (), [])(X), 2 * np.eye(4)[[3, 0, 0, 2]]])
    )
    with pytest.raises(TypeError, match="of must be a FeatureMap"):
        maps.WithProduct(WIDE, n_products=4).start(WIDE.d, (), [])
