"""What holds of every map: the map of one world is that of the batch, and two methods make another map."""

import numpy as np
import pytest

from zoolib import ContextSpace, FeatureShop, MappedAgent, Segments
from zoolib.maps import (
    Crossed,
    FeatureMap,
    Forest,
    Identity,
    KMeans,
    Learned,
    PerCategory,
    Projected,
    RandomFourier,
    Screened,
)
from zoolib.world import Layout

SHOP = FeatureShop(Segments(nuisances=1), seed=[3, 4], n_products=30, n_log=200, n_steps=1)
AT = SHOP.layout
MAPS = [
    Identity(AT), Crossed(AT), PerCategory(AT), RandomFourier(AT, n=9), KMeans(AT, 3, 4), Forest(AT, n_trees=3),
    Learned(AT, hidden=(6, 4), batch_size=16, epochs=2), Screened(AT, of=KMeans(AT, 3, 4)),
    Screened(AT, of=Learned(AT, hidden=(6, 4), batch_size=16, epochs=2)), Projected(AT, of=RandomFourier(AT, n=9)),
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
    map = Screened(AT, of=Crossed(AT)).start(AT.d, (2,), [np.random.default_rng(i) for i in range(2)])
    before = map.of_world(0)
    map.kept[0, 3] = False
    assert not before(SHOP.log_x[0]).any(0)[3]  # the crosses of column 3 with the constant


def test_a_map_of_ones_own_takes_two_methods():
    class Bent(FeatureMap):
        def _bind(self, rngs):
            self.width = self._n_seen

        def __call__(self, X):
            return np.tanh(self._seen(X))

    agent = MappedAgent(ContextSpace(3, 4), map=Bent(), rng=0)
    agent.learn(np.ones(3), 0, 1.0)
    assert agent.map(np.zeros((4, 3))).tolist() == [[0, 0, 0]] * 4


def test_what_all_maps_have_in_common_is_no_map():
    with pytest.raises(TypeError, match="abstract"):
        FeatureMap(Layout(1, 1, 1))


@pytest.mark.parametrize(("kind", "setting"), [
    (Learned, {"every": 0}), (Learned, {"lasso": -1}), (Learned, {"batches": 2.5}), (Learned, {"lr": 0}),
    (RandomFourier, {"n": 0}), (RandomFourier, {"length": 0.0}), (KMeans, {"users": 0}), (Forest, {"leaf": 0}),
    (Screened, {"level": 2.0}), (Screened, {"bins": 1}), (Projected, {"every": -1}),
])  # fmt: skip
def test_a_setting_that_cannot_be_is_refused_by_name_as_soon_as_a_map_is_made(kind, setting):
    with pytest.raises((ValueError, TypeError), match=next(iter(setting))):
        kind(**setting)
    map = kind()
    with pytest.raises((ValueError, TypeError), match=next(iter(setting))):
        setattr(map, *next(iter(setting.items())))
