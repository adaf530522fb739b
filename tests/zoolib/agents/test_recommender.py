"""The batched baseline: it learns from a log, and what is read from a file is a sound model or an error."""

import numpy as np
import pandas as pd
import pytest
import torch
from refused import each

from zoolab.rivals import MLPRecommender, StaticMLPAgent, random_log, train_recommender
from zoolib import ContextSpace, FeatureEngineer, Turnover, ZooplusSimulator, run


@pytest.fixture(scope="module")
def shop():
    return ZooplusSimulator(n_products=15, n_users=60, seed=1)


@pytest.fixture(scope="module")
def trained(shop):
    log = random_log(shop, 60_000, rng=2)
    return train_recommender(log, 60, 15, rng=3)


def weights(model):
    return {name: w.detach().numpy().copy() for name, w in model.named_parameters()}


def assert_same(a, b):
    assert a.sizes == b.sizes
    a, b = weights(a), weights(b)
    assert a.keys() == b.keys()
    assert all(np.array_equal(a[name], b[name]) for name in a)


# ---- the log ---------------------------------------------------------------------------------------------


def test_a_random_log_shows_every_product_to_every_user_and_clicks_as_the_shop_would(shop):
    n, before = 200_000, shop.copy()
    log = random_log(shop, n, rng=5)
    assert list(log.columns) == ["user", "product", "click"]
    assert len(log) == n
    for column, size in (("user", 60), ("product", 15)):
        counts = np.bincount(log[column], minlength=size)
        assert len(counts) == size
        assert abs(counts - n / size).max() < 5 * np.sqrt(n / size)
    p = shop.click_probability(log["user"].to_numpy(), log["product"].to_numpy())
    assert abs(log["click"].mean() - p.mean()) < 4 * np.sqrt(p.mean() / n)
    for low, high in ((0, 0.03), (0.03, 0.3), (0.3, 1)):
        some = (p > low) & (p <= high)
        assert abs(log["click"][some].mean() - p[some].mean()) < 4 * np.sqrt(0.25 / some.sum())
    # and the shop's own luck is as it was
    assert [shop.get_reward(0, 0) for _ in range(20)] == [before.get_reward(0, 0) for _ in range(20)]


def test_a_log_follows_from_its_generator(shop):
    assert random_log(shop, 100, rng=5).equals(random_log(shop, 100, rng=np.random.default_rng(5)))
    assert not random_log(shop, 100, rng=5).equals(random_log(shop, 100, rng=6))


# ---- the model and its training --------------------------------------------------------------------------


def test_the_model_is_the_network_of_the_text():
    model = MLPRecommender(1000, 50, rng=0)
    assert {name: w.shape for name, w in weights(model).items()} == {
        "user.weight": (1000, 32),
        "product.weight": (50, 32),
        "hidden.weight": (32, 64),
        "hidden.bias": (32,),
        "head.weight": (1, 32),
        "head.bias": (1,),
    }
    assert all(w.dtype == np.float64 for w in weights(model).values())
    w = weights(model)
    x = np.concatenate([w["user.weight"][17], w["product.weight"][4]])
    h = np.maximum(w["hidden.weight"] @ x + w["hidden.bias"], 0)
    logit = (w["head.weight"] @ h + w["head.bias"])[0]
    assert model.table()[17, 4] == pytest.approx(1 / (1 + np.exp(-logit)))
    assert model.table().shape == (1000, 50)


def test_training_on_a_random_log_earns_nine_tenths_of_the_oracle(shop, trained):
    model, history = trained
    users = np.random.default_rng(0).integers(60, size=2000)
    results = run({"Static MLP": StaticMLPAgent(FeatureEngineer(shop), model)}, shop, 2000, users=users)
    assert results.expected.mean() >= 0.9 * results.oracle.mean()
    assert history["validation"].min() < history["validation"][0]


def test_the_weights_kept_are_those_that_were_best_on_clicks_held_out(shop):
    log = random_log(shop, 1000, rng=2)  # so few that it soon fits noise
    model, history = train_recommender(log, 60, 15, rng=3, lr=0.1, epochs=12)
    best = int(history["validation"].argmin())
    assert best < len(history) - 1
    assert len(history) == best + 3  # two epochs without progress end it
    same, shorter = train_recommender(log, 60, 15, rng=3, lr=0.1, epochs=best + 1)
    assert_same(model, same)
    assert shorter["validation"].tolist() == history["validation"][: best + 1].tolist()


def test_training_follows_from_its_generator_alone(shop):
    log = random_log(shop, 2000, rng=2)
    torch.manual_seed(1)
    first, _ = train_recommender(log, 60, 15, rng=3, epochs=2)
    torch.manual_seed(99)
    np.random.seed(5)  # noqa: NPY002
    again, _ = train_recommender(log, 60, 15, rng=np.random.default_rng(3), epochs=2)
    other, _ = train_recommender(log, 60, 15, rng=4, epochs=2)
    assert_same(first, again)
    assert not np.array_equal(first.table(), other.table())


def test_training_prints_nothing_unless_asked(shop, capfd):
    log = random_log(shop, 500, rng=2)
    train_recommender(log, 60, 15, rng=3, epochs=1)
    assert capfd.readouterr() == ("", "")
    train_recommender(log, 60, 15, rng=3, epochs=1, progress=True)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "training" in shown.err


@pytest.mark.parametrize("seed", [1, [1, 2]], ids=["one", "batch"])
def test_where_all_that_it_knows_is_sold_out_the_first_product_for_sale_is_shown(seed):
    sim = ZooplusSimulator(n_products=5, n_users=4, seed=seed)
    models = [MLPRecommender(4, 5, 2, rng=s) for s in sim.seeds]
    agent = StaticMLPAgent(FeatureEngineer(sim), models if sim.batch_shape else models[0])
    sim.set_catalog(np.tile(np.arange(5), (*sim.batch_shape, 1)))
    for gone in (sim.categories[:4], sim.categories[4:]):
        sim.apply_shock(Turnover(list(gone)))
        wanted = 4 if len(gone) == 4 else 5
        assert np.all(agent.predict(np.zeros(sim.batch_shape, int)[()], sim) == wanted)


@pytest.mark.parametrize(("change", "message"), [
    ({"log": pd.DataFrame({"user": [0, 1], "click": [0, 1]})}, "log must have a column 'product'"),
    *((wrong, rf"log\['{name}'\]") for wrong, name in each(
        user=[[0, 60], [0, -1], [0.0, 1.0], ["a", "b"]], product=[[0, 15], [np.nan, 1]],
        click=[[0, 2], [0.5, 1], [np.nan, 1]])),
    *each(validation=[0.0, 1.0, 1.5], epochs=[0], batch_size=[0, 10.0], lr=[0.0, float("nan")], rng=[None]),
    *each(n_users=[0], n_products=[15.0], log=[[(0, 1, 1)]]),
    ({"log": pd.DataFrame({"user": [0], "product": [0], "click": [1]})}, "validation"),
    ({"log": pd.DataFrame({"user": [], "product": [], "click": []}, dtype=int)}, "log"),
])  # fmt: skip
def test_a_log_or_setting_that_makes_no_sense_is_refused_by_name(change, message):
    log = pd.DataFrame({"user": [0, 1], "product": [0, 1], "click": [0, 1]})
    columns = {name: change[name] for name in log if name in change}
    arguments = {"log": log.assign(**columns), "n_users": 60, "n_products": 15, "rng": 0, "validation": 0.5}
    arguments |= {name: value for name, value in change.items() if name not in columns}
    with pytest.raises((ValueError, TypeError), match=message):
        train_recommender(**arguments)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: MLPRecommender(0, 5), "n_users"),
    (lambda: MLPRecommender(5, 2.0), "n_products"),
    (lambda: MLPRecommender(5, 5, 0), "embedding_dim"),
    (lambda: MLPRecommender(5, 5, rng=None), "rng"),
    (lambda: random_log(ZooplusSimulator(5, 5, [1, 2]), 10, rng=0), "sim must be one world"),
    (lambda: random_log(ZooplusSimulator(5, 5, 1), 0, rng=0), "n_clicks"),
    (lambda: random_log(ZooplusSimulator(5, 5, 1), 10, rng=0.5), "rng"),
])  # fmt: skip
def test_a_model_or_a_log_that_makes_no_sense_is_refused_by_name(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


ONE, TWO = ZooplusSimulator(5, 7, 1), ZooplusSimulator(5, 7, [1, 2])
MODEL = MLPRecommender(7, 5, rng=0)


@pytest.mark.parametrize(("features", "model", "message"), [
    (ContextSpace(3, 5), MODEL, "features"),
    (FeatureEngineer(ONE), None, "model"),
    (FeatureEngineer(ONE), [MODEL, MODEL], "model must have a table.. of ratings, one; got 2 models for 1 worlds$"),
    (FeatureEngineer(TWO), MODEL, "model must have a table.. of ratings, a sequence of 2"),
    (FeatureEngineer(TWO), [MODEL], "a sequence of 2, one a world; got 1 models for 2 worlds$"),
    (FeatureEngineer(TWO), [MODEL] * 4, "a sequence of 2, one a world; got 4 models for 2 worlds$"),
    (FeatureEngineer(TWO), [MODEL, "model"], "model must have a table.. of ratings, .*; got list$"),
    (FeatureEngineer(ONE), MLPRecommender(8, 5, rng=0), "model knows 8 users"),
    (FeatureEngineer(ONE), MLPRecommender(7, 6, rng=0), "6 products"),
])  # fmt: skip
def test_an_agent_without_a_fitting_model_is_refused_by_name(features, model, message):
    with pytest.raises((ValueError, TypeError), match=message):
        StaticMLPAgent(features, model)
