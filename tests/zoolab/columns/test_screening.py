"""Columns and directions that matter are found, and a map of what is left is the map of those alone."""

import numpy as np
import pytest
from small_agents import held

from zoolab import columns as maps
from zoolib import ContextSpace


def mattering(layout):
    kept = np.zeros(layout.d, dtype=bool)
    kept[[0, layout.user.start, layout.user.start + 1, layout.product.start, layout.product.start + 1]] = True
    return kept


@pytest.mark.parametrize("nuisances", [0, 5, 10])
def test_the_columns_that_matter_are_found_in_a_log_and_hardly_any_other(nuisances):
    shop = maps.FeatureShop(maps.Segments(nuisances=nuisances), seed=range(20), n_steps=1)
    kept = np.array([maps.screen(X, r, shop.layout) for X, r in zip(shop.log_x, shop.log_r, strict=True)])
    matter = mattering(shop.layout)
    assert (kept[:, matter]).mean() > 0.97
    assert (kept[:, ~matter]).mean() < 0.05  # records of one product share its columns, and are no independent draws


def test_clicks_that_nothing_explains_keep_every_column_nineteen_times_in_twenty_and_more():
    layout, rng, false = maps.Layout(4, 2, 3), np.random.default_rng(0), 0
    for _ in range(100):
        X = rng.normal(size=(2000, layout.d))
        X[:, layout.nominal] = np.eye(2)[rng.integers(0, 2, 2000)]
        false += not maps.screen(X, (rng.random(2000) < 0.3) * 1.0, layout).all()
    assert false <= 5  # at the level of .01, one is expected


def test_an_interaction_without_any_effect_of_either_column_is_found():
    layout, rng = maps.Layout(3, 2, 3), np.random.default_rng(1)
    X = rng.normal(size=(4000, layout.d))
    X[:, layout.nominal] = np.eye(2)[rng.integers(0, 2, 4000)]
    u, p = layout.user.start + 1, layout.product.start + 2
    r = (rng.random(4000) < np.where(X[:, u] * X[:, p] > 0, 0.4, 0.1)) * 1.0
    assert np.flatnonzero(maps.screen(X, r, layout)).tolist() == [0, u, p]


@pytest.mark.parametrize("shop", [{"n_log": 1000}, {"n_products": 100, "quality": 1.0}, {"tail": 1.0}])
def test_columns_that_are_chosen_together_are_those_that_matter_where_a_test_does_not_find_them(shop):
    shop = maps.FeatureShop(maps.Segments(), seed=range(5), n_steps=1, **shop)
    logs = list(zip(shop.log_x, shop.log_r, strict=True))
    right = mattering(shop.layout)
    assert all(np.array_equal(maps.chosen_together(X, r, shop.layout), right) for X, r in logs)
    assert not any(np.array_equal(maps.screen(X, r, shop.layout), right) for X, r in logs)


def test_where_there_is_too_little_to_choose_from_all_columns_stay_and_a_map_asks_whom_it_is_told():
    layout, rng = maps.Layout(3, 1, 3), np.random.default_rng(0)
    X = rng.normal(size=(40, layout.d))
    assert maps.chosen_together(X[:7], np.ones(7), layout).all()
    X[:, 0] = rng.integers(0, 9, 40)
    assert maps.chosen_together(X, np.ones(40), layout).all()  # nine products
    assert maps.chosen_together(
        X, X[:, 2] > 0, maps.Layout(1, 1, 5), 4, 4
    ).all()  # nothing to choose between, on one side
    asked = maps.Screened(layout, of=maps.RandomFourier(layout, n=3), by=lambda X, r, at: np.arange(at.d) < 2)
    map = asked.start(layout.d, (), [rng])
    map.fit(X, np.ones(40))
    assert map.kept.tolist() == [True, True, *[False] * 6]


@pytest.mark.parametrize("r", [np.zeros(50), np.ones(50)])
def test_where_every_click_is_the_same_all_columns_stay(r):
    layout = maps.Layout(2, 2, 2)
    assert maps.screen(np.random.default_rng(0).normal(size=(50, layout.d)), r, layout).all()
    assert maps.screen(np.empty((0, layout.d)), np.empty(0), layout).all()


def test_the_waves_of_screened_columns_are_those_of_the_columns_alone():
    layout, rng = maps.Layout(3, 2, 3), np.random.default_rng(2)
    map = maps.Screened(layout, of=maps.RandomFourier(layout, n=7)).start(layout.d, (), [np.random.default_rng(3)])
    plain = maps.RandomFourier(layout, n=7).start(layout.d, (), [np.random.default_rng(3)])
    X, other = rng.normal(size=(2, 20, layout.d))
    map.kept[:] = mattering(layout)
    other[:, map.kept] = X[:, map.kept]
    assert np.array_equal(map(X), map(other))
    X[:, ~map.kept] = 0
    assert np.array_equal(map(X), plain(X))


def shared(found, truth):
    """Return how much of the subspace of ``truth`` lies in that of ``found``, 0 to 1."""
    return np.linalg.norm(np.linalg.qr(truth)[0].T @ found) ** 2 / truth.shape[1]


def test_the_directions_of_a_function_of_few_are_found_whichever_way_they_lie():
    rng = np.random.default_rng(0)
    U, P = rng.normal(size=(2, 40_000, 6))
    A, b = rng.normal(size=(6, 2)), rng.normal(size=6)
    hidden, other = U @ A, np.sign(P @ b)
    mean = 0.3 + 0.1 * other * np.tanh(hidden[:, 0]) + 0.1 * np.tanh(hidden[:, 1] ** 2 - 4)
    r = (rng.random(len(U)) < mean) * 1.0
    assert shared(maps.directions(U, P, r, 2), A) > 0.95
    assert shared(maps.directions(P, U, r, 1), b[:, None]) > 0.95


def test_directions_are_orthonormal_point_one_way_and_turn_with_the_columns():
    rng = np.random.default_rng(1)
    U, P = rng.normal(size=(2, 3000, 4))
    r = (rng.random(3000) < 0.3 + 0.2 * np.tanh(U[:, 0] * P[:, 1])) * 1.0
    found = maps.directions(U, P, r, 2)
    np.testing.assert_allclose(found.T @ found, np.eye(2), atol=1e-12)
    assert (found[np.abs(found).argmax(0), [0, 1]] > 0).all()
    Q = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    turned = maps.directions(U @ Q, P, r, 2)
    np.testing.assert_allclose(np.abs(np.diag(turned.T @ Q.T @ found)), 1.0, atol=1e-8)


def test_a_projected_map_sees_the_coordinates_along_the_directions_and_the_product_and_nothing_else():
    layout, rng = maps.Layout(4, 2, 3), np.random.default_rng(2)
    map = maps.Projected(layout, of=maps.RandomFourier(layout, n=7)).start(layout.d, (), [np.random.default_rng(3)])
    plain = maps.RandomFourier(layout, n=7).start(layout.d, (), [np.random.default_rng(3)])
    X = rng.normal(size=(500, layout.d))
    assert np.array_equal(map(X), plain(X))
    r = (X[:, layout.user][:, 0] > 0) * 1.0
    map.fit(X, r)
    seen = np.zeros_like(X)
    seen[:, 0] = X[:, 0]
    for mine, other in ((layout.user, layout.product), (layout.product, layout.user)):
        seen[:, mine.start : mine.start + 2] = X[:, mine] @ maps.directions(X[:, mine], X[:, other], r, 2)
    np.testing.assert_allclose(map(X), plain(seen), atol=1e-9)


def test_what_is_kept_is_renewed_as_clicks_come_in():
    shop = maps.FeatureShop(maps.Segments(nuisances=2), seed=1, n_log=0, n_steps=2400, n_products=60)
    map = maps.Screened(shop.layout, of=maps.Crossed(shop.layout), every=1200)
    agent = maps.MappedAgent(shop.space, map=map, rng=0, alpha=1.0)
    assert agent.map.kept.all()
    maps.serve({"a": agent}, shop)
    assert not agent.map.kept.all()


def screening(kind, n_user, **settings):
    def make(features, rng):
        layout = maps.Layout(n_user, 1, features.d - n_user - 2)
        return maps.MappedAgent(features, map=kind(layout, of=maps.Crossed(layout), **settings), rng=rng)

    return make


TestScreened = held(screening(maps.Screened, 2, every=30), is_random=True)
TestProjected = held(screening(maps.Projected, 1, k=1, every=30), is_random=True)


def test_more_directions_than_there_are_columns_are_refused():
    layout = maps.Layout(2, 2, 2)
    with pytest.raises(ValueError, match="k must"):
        maps.MappedAgent(ContextSpace(layout.d, 5), map=maps.Projected(layout, of=maps.Crossed(layout), k=3), rng=0)


@pytest.mark.parametrize("kind", [maps.Screened, maps.Projected, maps.Unmixed, maps.WithProduct])
def test_a_map_within_a_map_does_not_take_the_products_number_for_a_feature(rng, kind):
    layout, X = maps.Layout(2, 1, 2), rng.random((2, 6))
    X[:, 0], X[1, 1:] = (0, 1), X[0, 1:]
    within = {"of": maps.RandomFourier(n=5)} | ({"n_products": 2} if kind is maps.WithProduct else {})
    z, other = kind(layout, **within).start(6, (), [np.random.default_rng(0)])(X)[:, :6]
    assert (z == other).all()
