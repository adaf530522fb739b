"""The table of what two stages give away: ten catalogs, all arms, and what they do on a small one."""

import numpy as np
import pandas as pd
import pytest

from zoolab import serving as prod
from zoolab.experiments import two_stages
from zoolab.experiments.candidates import World
from zoolib import spawn
from zoolib.agents import top_k
from zoolib.experiment import stored

SMALL = {"n_products": 12_000, "n_log": 4_000, "epochs": 2}


@pytest.fixture(scope="module")
def world():
    return World(3, **two_stages.SIZES | SMALL)


def test_ten_catalogs_have_all_arms():
    table = stored(two_stages.TABLE)
    arms = [*two_stages.arms(None, None, 10), "all"]
    assert table["replication"].tolist() == [seed for seed in two_stages.WORLDS for _ in arms]
    assert table["candidates"].tolist() == arms * len(two_stages.WORLDS)
    assert table["some"].between(0, 1).all()
    assert (table["many"].isna() == (table["candidates"] == "all")).all()
    assert (table.loc[table["candidates"] == "500, all lists", "recall"] == 1).all()


def test_the_best_of_all_are_those_of_the_definition(world):
    ranker, visitors = two_stages.Ranker(world), world.shop.visitors(5, spawn(3, "visitors"))
    everything = np.arange(world.shop.n_products)
    for visitor, found in zip(visitors, ranker.best_of_all(visitors), strict=True):
        X = np.hstack([np.tile(visitor, (len(everything), 1)), world.shop.products])
        Z = world.phi.forward(X, depth=2)[2]
        assert found.tolist() == top_k(Z @ world.evidence("the log").theta, two_stages.SHOWN).tolist()
        some = everything[::7]
        assert ranker.best(visitor, some[::-1]).tolist() == some[top_k(Z[some] @ ranker.theta, 10)].tolist()


def test_candidates_are_as_many_as_they_are_called_and_none_comes_twice(world):
    index = prod.Retriever(world.towers.embed(world.shop.products), "ivf", n_lists=two_stages.N_LISTS, n_probe=64)
    visitor, rng = world.shop.visitors(1, 0), np.random.default_rng(0)
    retold = two_stages.Retold(two_stages.Ranker(world), rng)
    queries = world.towers.query(visitor)[0], retold.query(visitor)[0], retold.query(visitor, two_stages.MANY)[0]
    for name, candidates in two_stages.arms(index, retold, world.shop.n_products).items():
        found = candidates(*queries, rng)
        assert len(np.unique(found)) == len(found)
        wanted = int(name.split()[0].rstrip(",").replace(",", ""))
        assert len(found) == wanted or ("2,500" in name and 2_500 < len(found) <= 2_750), name


def test_a_replication_says_what_the_slates_of_each_arm_are_worth():
    table = pd.DataFrame(two_stages.play(3, **SMALL)).set_index("candidates")
    assert table.loc["500, all lists", "recall"] == 1 > table.loc["500, one list", "recall"]
    assert table["some"].between(0, 1).all()
    assert table.loc["all", "many"] != table.loc["all", "many"]
