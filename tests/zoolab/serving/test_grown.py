"""The shop, grown, and what is learned from its log."""

import numpy as np
import pytest

from zoolab.serving import GrownShop, TwoTowers, train_phi
from zoolab.serving.grown_shop import WIDTH
from zoolib import CATEGORIES, CLICK_TABLE, PERSONAS


@pytest.fixture(scope="module")
def shop():
    return GrownShop(3000, 60, rng=0)


def test_a_product_that_fits_a_taste_is_clicked_as_the_table_says_and_one_far_off_less(shop):
    for product in (0, 17, 2999):
        for persona in range(4):
            x = np.zeros(7)
            x[persona], x[4:] = 1, shop.products[product, 5:]
            level = CLICK_TABLE[PERSONAS[persona]][CATEGORIES[shop.category[product]]]
            assert shop.click_probability(x, product) == pytest.approx(level)
            x[4] += 2 * WIDTH
            assert shop.click_probability(x, product) == pytest.approx(level * np.exp(-2), rel=1e-5)


def test_pairs_and_whole_shelves_agree(shop):
    x = shop.visitors(5, 1)
    whole = np.stack([shop.click_probability(one) for one in x])
    assert whole.shape == (5, 3000)
    ids = np.array([3, 1, 4, 1, 5])
    np.testing.assert_allclose(shop.click_probability(x, ids), whole[np.arange(5), ids])


def test_products_are_one_category_each_and_cluster_by_brand(shop):
    np.testing.assert_array_equal(shop.products[:, :5].sum(1), 1)
    np.testing.assert_array_equal(shop.products[:, :5].argmax(1), shop.category)
    large = np.bincount(shop.brand).argmax()
    assert shop.products[shop.brand == large, 5:].std(0).max() < 0.4 < shop.products[:, 5:].std(0).min()
    assert len(set(shop.category[shop.brand == large].tolist())) == 1


def test_the_log_clicks_as_often_as_the_probabilities_say(shop):
    x, ids, clicks = shop.log(40_000, 2)
    p = shop.click_probability(x, ids)
    assert abs(clicks.mean() - p.mean()) < 4 * np.sqrt((p * (1 - p)).mean() / 40_000)


def test_the_same_seed_gives_the_same_shop():
    a, b, c = (GrownShop(100, 10, rng=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(a.products, b.products)
    assert not np.array_equal(a.products, c.products)


def test_towers_and_phi_learn_whom_to_show_what(shop):
    x, ids, clicks = shop.log(30_000, 3)
    towers = TwoTowers.train(x, shop.products[ids], clicks, 4)
    phi = train_phi(np.hstack([x, shop.products[ids]]), clicks, 5)
    visitors, V = shop.visitors(200, 6), towers.embed(shop.products)
    first = (towers.query(visitors) @ V.T).argmax(1)
    X = [np.hstack([np.tile(v, (3000, 1)), shop.products]) for v in visitors[:50]]
    by_phi = np.array([phi(one)[:, 0].argmax() for one in X])
    best = np.array([shop.click_probability(v).max() for v in visitors]).mean()
    assert shop.click_probability(visitors, first).mean() > 0.75 * best
    assert shop.click_probability(visitors[:50], by_phi).mean() > 0.75 * best
    np.testing.assert_allclose(towers.query(visitors[0]), towers.query(visitors)[0])


@pytest.mark.parametrize("arguments", [{"n_products": 0}, {"n_brands": 0}, {"rng": "x"}])
def test_a_shop_that_cannot_be_is_refused(arguments):
    with pytest.raises((ValueError, TypeError)):
        GrownShop(**({"n_products": 10, "n_brands": 2, "rng": 0} | arguments))
