"""The shops of chapter 8 are what the chapter says of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoolab import columns as maps
from zoolab.columns.tastes import APART, prototypes
from zoolib.world import TABLE


def small(taste=None, seed=0, **shop):
    return maps.FeatureShop(
        taste or maps.Segments(), seed=seed, **{"n_log": 300, "n_steps": 200, "n_products": 40} | shop
    )


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 16), dim=st.integers(1, 3), seed=st.integers(0, 10**6))
def test_prototypes_keep_their_distance_and_stay_in_their_square(n, dim, seed):
    if dim == 1 and n > 2:
        return  # on a line there is no room for more
    points = prototypes(np.random.default_rng(seed), n, dim)
    assert points.shape == (n, dim)
    distance = np.linalg.norm(points[:, None] - points, axis=-1) + 10 * np.eye(n)
    assert distance.min() >= APART
    assert np.abs(points).max() <= 1.5 * max(1, (n / 10) ** (1.3 / dim))


@settings(max_examples=15, deadline=None)
@given(clusters=st.integers(1, 3), nuisances=st.integers(0, 4), seed=st.integers(0, 10**6))
def test_click_probabilities_are_entries_of_the_table_and_niches_are_balanced(clusters, nuisances, seed):
    shop = small(maps.Segments(clusters=clusters, nuisances=nuisances), seed)
    assert np.array_equal(shop.probability, TABLE[shop.who[:, None], shop.kind[shop.shelf]])
    counts = np.bincount(shop.kind, minlength=5)
    assert counts.max() - counts.min() <= 1
    assert shop.contexts(7).shape == (40, shop.layout.d)
    assert shop.layout.d == 1 + 2 * (2 + nuisances) + 5


def test_who_comes_is_uniform_and_the_nominal_category_says_nothing():
    shop = small(seed=range(40), n_products=500)
    assert np.allclose(np.bincount(shop.who.ravel()) / shop.who.size, 0.25, atol=0.02)
    nominal = shop.product_x[..., :5].argmax(-1)
    joint = np.histogram2d(nominal.ravel(), shop.kind.ravel(), bins=5)[0] / nominal.size
    assert np.allclose(joint, 0.04, atol=0.005)


def test_what_matters_lies_in_clusters_and_the_rest_is_noise():
    shop = small(seed=2, n_steps=5000)
    centres = shop.worlds[0]["users"]
    X = shop.user_x[:, :2]
    nearest = np.linalg.norm(X[:, None, None] - centres, axis=-1).min((1, 2))
    assert np.quantile(nearest, 0.95) < 0.25 * 2.6
    assert np.allclose(shop.user_x[:, 2:].mean(0), 0, atol=0.06)
    assert np.allclose(shop.user_x[:, 2:].std(0), 1, atol=0.06)


def test_a_rotation_keeps_lengths_and_hides_the_columns():
    plain, turned = small(seed=2), small(maps.Segments(rotated=True), seed=2)
    for side in ("users", "products"):
        turn = turned.worlds[0]["turn " + side]
        assert np.allclose(turn @ turn.T, np.eye(7))
    assert plain.layout == turned.layout


def test_the_log_is_random_and_its_clicks_follow_the_table():
    shop = small(seed=range(30), n_log=4000)
    assert abs(shop.log_r.mean() - TABLE.mean()) < 0.01
    counts = np.bincount(shop.log_x[0, :, 0].astype(int), minlength=40)
    assert counts.min() > 50


LITERAL = {  # what a condition compares, and its degree
    "at most": lambda u, p: (2 + u - p) / 4,
    "at least": lambda u, p: (2 + p - u) / 4,
    "about as much": lambda u, p: 1 - (u - p) ** 2 / 4,
    "alike": lambda u, p: (1 + u * p) / 2,
}


@pytest.mark.parametrize("seed", range(4))
def test_conditions_are_a_sum_at_one_end_and_an_and_at_the_other(seed):
    rng = np.random.default_rng(seed)
    world, (u, p) = maps.Conditions().draw(rng), rng.uniform(-1, 1, (2, 1000, 4))
    degree = np.column_stack(
        [LITERAL[maps.KINDS[kind]](u[:, i], p[:, world["pair"][i]]) for i, kind in enumerate(world["kind"])]
    )
    assert ((degree >= 0) & (degree <= 1)).all()
    met = (degree >= world["bound"]).all(-1)
    assert np.allclose(maps.Conditions(dial=1.0).probability(world, u, p), 0.02 + 0.58 * met)
    assert np.allclose(maps.Conditions(dial=0.0).probability(world, u, p), 0.02 + 0.58 * degree.mean(-1))


def test_each_world_has_conditions_of_its_own_which_between_45_and_75_pairs_of_a_hundred_meet():
    worlds, rng = [maps.Conditions().draw(np.random.default_rng(seed)) for seed in range(60)], np.random.default_rng(0)
    assert len({(*w["kind"], *w["pair"]) for w in worlds}) > 50
    wants, are = rng.uniform(-1, 1, (2, 4000, 4))
    shares = np.array([(maps.Conditions().degrees(w, wants, are) >= w["bound"]).mean(0) for w in worlds])
    assert ((shares > 0.41) & (shares < 0.79)).all()
    assert shares.min() < 0.5
    assert shares.max() > 0.7


def test_the_sum_is_a_quadratic_function_of_what_is_seen():
    shop = maps.FeatureShop(maps.Conditions(dial=0.0, nuisances=0), seed=1, n_log=500, n_steps=20)
    x = np.column_stack([np.ones(500), shop.log_x[:, 1:5], shop.log_x[:, -4:]])
    Z = np.array([np.outer(one, one)[np.triu_indices(9)] for one in x])
    product = shop.log_x[:, 0].astype(int)
    p = maps.Conditions(dial=0.0).probability(shop.worlds[0], shop.log_x[:, 1:5] / 1.7, shop.kind[product])
    assert np.allclose(Z @ np.linalg.lstsq(Z, p, rcond=None)[0], p)


def test_normal_columns_hold_what_the_others_hold_and_look_like_noise():
    plain, normal = (
        maps.FeatureShop(maps.Conditions(normal=which), seed=2, n_log=20_000, n_steps=20) for which in (False, True)
    )
    users = normal.log_x[:, normal.layout.user]
    assert np.array_equal(plain.log_r, normal.log_r)
    assert [np.argsort(users[:, c]).tolist() for c in range(4)] == [
        np.argsort(plain.log_x[:, 1 + c]).tolist() for c in range(4)
    ]
    assert np.abs(np.cov(users.T) - np.eye(9)).max() < 0.05
    assert np.abs((users**4).mean(0) - 3).max() < 0.2


def test_a_rotation_changes_what_is_seen_and_nothing_else():
    plain, turned = (
        maps.FeatureShop(maps.Conditions(rotated=which), seed=2, n_log=500, n_steps=20) for which in (False, True)
    )
    assert not np.allclose(plain.user_x, turned.user_x)
    world = turned.worlds[0]
    assert np.allclose(world["turn users"] @ world["turn users"].T, np.eye(9))
    wants = (turned.user_x @ world["turn users"].T)[:, :4] / 1.7
    assert np.allclose(turned.taste.probability(world, wants[:, None], turned.kind[turned.shelf]), turned.probability)


def test_a_picture_is_of_a_digit_that_means_the_persona_or_the_niche():
    from sklearn.datasets import load_digits

    pixels, digit = load_digits(return_X_y=True)
    known = {picture.tobytes(): number for picture, number in zip(pixels / 16, digit, strict=True)}
    shop = maps.FeatureShop(maps.Pictures(), seed=[3, 4], n_products=60, n_log=200, n_steps=100)
    for i, world in enumerate(shop.worlds):
        assert [np.bincount(world[side]).tolist() for side in ("users", "products")] == [[3, 3, 2, 2], [2] * 5]
        users = [known[picture.tobytes()] for picture in shop.user_x[i]]
        products = [known[np.ascontiguousarray(picture[5:]).tobytes()] for picture in shop.product_x[i]]
        assert (world["users"][users] == shop.who[i]).all()
        assert (world["products"][products] == shop.kind[i]).all()
    assert np.array_equal(shop.probability, TABLE[shop.who[..., None], np.take_along_axis(
        shop.kind[:, None], shop.shelf.reshape(2, 1, -1), -1
    ).reshape(shop.shelf.shape)])  # fmt: skip


# ---- what shops of this kind may lack --------------------------------------------------------------------------------


def test_clicks_may_be_rare():
    assert np.allclose(small(rarity=0.02).probability, 0.02 * small().probability)


def test_a_product_has_a_quality_that_is_the_same_to_everybody_and_in_no_column():
    plain, good = small(n_steps=400), small(n_steps=400, quality=0.8)
    assert np.array_equal(plain.product_x, good.product_x)
    shift = np.log(good.probability / (1 - good.probability)) - np.log(plain.probability / (1 - plain.probability))
    own = [shift[good.shelf == k] for k in np.unique(good.shelf)]
    assert max(np.ptp(one) for one in own) < 1e-9
    assert 0.5 < np.std([one[0] for one in own]) < 1.1
    assert abs(good.log_r.mean() - plain.log_r.mean()) < 0.1


def test_in_a_long_tail_a_product_is_as_frequent_as_its_number_says():
    shop = maps.FeatureShop(maps.Segments(), seed=0, n_products=100, n_log=50_000, n_steps=200, tail=1.0)
    expected = 1 / np.arange(1, 101) / (1 / np.arange(1, 101)).sum()
    for numbers in (shop.log_x[:, 0].astype(int), shop.shelf.ravel()):
        seen = np.bincount(numbers, minlength=100) / numbers.size
        assert np.abs(seen - expected).max() < 0.01


def test_a_confounded_log_makes_the_first_column_look_better_than_it_is():
    plain, odd = (maps.FeatureShop(maps.Segments(), range(20), n_log=4000, n_steps=5, confounded=c) for c in (0.0, 0.9))
    slopes = [
        [np.cov(X[:, s.layout.product.start], r)[0, 1] for X, r in zip(s.log_x, s.log_r, strict=True)]
        for s in (plain, odd)
    ]
    gain = np.subtract(*slopes[::-1])
    assert gain.mean() > 4 * gain.std() / np.sqrt(20)
    assert np.array_equal(plain.probability, odd.probability)  # nobody is in a mood when it counts


def test_the_oracle_is_the_best_on_the_shelf_and_random_is_the_mean():
    shop = small(seed=[1, 2])
    results = maps.serve({"raw": maps.MappedAgent(shop.space, map=maps.Identity(shop.layout), rng=0)}, shop)
    assert np.array_equal(results.oracle, shop.probability.max(-1))
    assert (results.expected <= results.oracle).all()
    assert np.allclose(maps.random_value(shop), shop.probability.mean((-1, -2)))
    shown = np.take_along_axis(shop.kind, results.arm[0], -1)
    assert np.array_equal(results.category[0], shown)
    assert np.array_equal(results.expected[0], TABLE[results.persona, results.category[0]])


def test_the_shop_is_drawn_from_its_seed_alone():
    batch, one = small(seed=[5, 9]), small(seed=9)
    for name in ("product_x", "user_x", "shelf", "probability", "luck", "log_x", "log_r"):
        assert np.array_equal(getattr(batch, name)[1], getattr(one, name)), name
    assert np.array_equal(batch.contexts(3)[1], one.contexts(3))


@pytest.mark.parametrize(("kind", "bad", "message"), [
    *((maps.FeatureShop, bad, next(iter(bad))) for bad in (
        {"taste": "segments"}, {"n_products": 0}, {"shown": 0}, {"n_log": -1}, {"n_steps": 0}, {"seed": -1},
        {"rarity": 0.0}, {"quality": -1.0}, {"tail": -1.0}, {"confounded": 2.0},
    )),
    (maps.FeatureShop, {"seed": [1, 1]}, "none twice"), (maps.FeatureShop, {"seed": []}, "at least one"),
    (maps.FeatureShop, {"confounded": 0.5, "n_products": 1}, "confounded needs a log of two"),
    (maps.Segments, {"clusters": 0}, "clusters"), (maps.Segments, {"clusters": 1.5}, "clusters"),
    (maps.Segments, {"nuisances": -1}, "nuisances"), (maps.Conditions, {"nuisances": -1}, "nuisances"),
    (maps.Conditions, {"dial": 1.1}, "dial"), (maps.Conditions, {"dial": float("nan")}, "dial"),
])  # fmt: skip
def test_a_shop_or_a_taste_that_cannot_be_is_refused_by_name(kind, bad, message):
    with pytest.raises((ValueError, TypeError), match=message):
        kind(**({"taste": maps.Segments()} if kind is maps.FeatureShop else {}) | bad)


def test_a_contest_that_could_not_be_fair_is_refused():
    shop = small(n_steps=5)
    agent = maps.MappedAgent(shop.space, map=maps.Identity(shop.layout), rng=0)
    with pytest.raises(ValueError, match="one object each"):
        maps.serve({"a": agent, "b": agent}, shop)
    with pytest.raises(ValueError, match="at least one agent"):
        maps.serve({}, shop)
    with pytest.raises(TypeError, match="select and learn"):
        maps.serve({"a": object()}, shop)
    with pytest.raises(TypeError, match=r"problem must have .* got str"):
        maps.serve({"a": agent}, "shop")
    with pytest.raises(ValueError, match="worlds"):
        maps.serve({"a": agent}, small(seed=[1, 2]))
