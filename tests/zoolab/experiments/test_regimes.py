"""The table of chapter 8 is what its experiment gives, fairly tuned, complete and current."""

import importlib.util
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from built_book import missing
from stored_numbers import compares_stored_numbers

from figures.regimes import unpacked
from zoolab import columns
from zoolab.columns import FeatureShop, Projected, RandomFourier, Screened, Segments, Unmixed, WithProduct
from zoolab.experiments import regime_runs, regimes
from zoolab.experiments.contest import Choice, search
from zoolab.long import cluster, store
from zoolib.experiment import stored
from zoolib.randomness import shifted

SEEDS = [7, 61]
SPOT = [
    ("base", 0, "network"), ("base", 0, "clusters"), ("base", 0, "per product"),
    ("AND", 1, "linear"), ("AND", 1, "pairs"), ("AND", 1, "network"), ("AND", 0, "linear"), ("rotated", 1, "network"),
    ("AND rotated", 2, "network"), ("AND rotated", 2, "waves"), ("log", 1000, "clusters"),
]  # fmt: skip
TINY = regimes.Point(
    "tiny", 0, shop={"n_steps": 40, "n_log": 200, "n_products": 30}, families=("linear", "per product"), plain=True
)


@pytest.fixture(scope="module")
def table():
    return stored(regimes.TABLE)


@pytest.fixture(scope="module")
def runs(table):
    return unpacked(table)


def point(dial, value):
    return next(p for p in regimes.POINTS if (p.dial, p.value) == (dial, value))


# ---- the table -------------------------------------------------------------------------------------------------------


@pytest.mark.many
@compares_stored_numbers
@pytest.mark.parametrize(("dial", "value", "agent"), SPOT)
def test_replications_come_out_again_digit_for_digit(runs, dial, value, agent):
    mine = runs[(runs.dial == dial) & (runs.value == value) & (runs.agent == agent) & (runs.role == "tested")]
    family, setting = agent.removesuffix(", plain"), regimes.read(mine["setting"].iloc[0])
    again = regime_runs.play(family=family, setting=setting, seeds=SEEDS, **point(dial, value).world)
    kept = mine.set_index("replication").loc[SEEDS, "earned"]
    assert [again[seed] for seed in SEEDS] == kept.tolist()


@pytest.mark.slow
@compares_stored_numbers
def test_a_network_whose_training_magnifies_last_bits_comes_out_again_in_the_mean(runs):
    """A wide one on all columns: another processor's last bits become other choices, some worlds a hundredth apart."""
    mine = runs[(runs.dial == "base") & (runs.agent == "network, plain") & (runs.role == "tested")]
    seeds = range(0, 100, 20)
    again = regime_runs.play(
        family="network", setting=regimes.read(mine["setting"].iloc[0]), seeds=seeds, **point("base", 0).world
    )
    kept = mine.set_index("replication").loc[seeds, "earned"]
    assert kept.std() > 0.01  # from world to world
    assert np.mean(list(again.values())) == pytest.approx(kept.mean(), abs=0.008)
    np.testing.assert_allclose(list(again.values()), kept, atol=0.03)


@compares_stored_numbers
def test_an_agent_of_the_ablation_comes_out_again_digit_for_digit(runs):
    mine = runs[(runs.role == "ablation") & (runs.agent == "stale evidence")].set_index("replication")
    setting = regimes.read(mine["setting"].iloc[0])
    again = regime_runs.play(family="network", setting=setting, seeds=SEEDS, **point("base", 0).world)
    assert [again[seed] for seed in SEEDS] == mine.loc[SEEDS, "earned"].tolist()


def test_the_table_holds_every_point_and_the_search_that_the_module_describes_today(table):
    """Each search is done over again on the scores that are stored: it asks for the settings there, in their order."""
    best, rows = {}, iter(table.itertuples(index=False))
    for where in regimes.POINTS:
        tests = [("yardstick", "oracle", ""), ("yardstick", "random", "")]

        def searched(name, dials, start, where=where, tests=tests):
            def score(some):
                means = []
                for setting in some:
                    row = next(rows)
                    assert row[:5] == (where.dial, where.value, name, regimes.said(setting), "tuned")
                    assert row.first == regimes.TUNING[0]
                    earned = [float(v) for v in row.earned.split()]
                    assert len(earned) == len(regimes.TUNING)
                    means.append(float(np.mean(earned)))
                return means

            found = search(score, dials, where.budget, start)
            assert len(found.tried) <= where.budget
            tests.append(("tested", name, regimes.said(found.best)))
            best[where.name, name] = found.best
            return found

        for family in () if where.ablate else where.families:
            dials = where.dials(family)
            found = searched(family, dials, best.get((where.like, family)))
            if where.plain and "prep" in dials:
                plain = max((pair for pair in found.tried if pair[0]["prep"] == "plain"), key=lambda pair: pair[1])[0]
                best[where.name, f"{family}, plain"] = plain
                if plain != found.best:
                    searched(f"{family}, plain", dials | {"prep": Choice("plain")}, plain)
        if where.ablate:
            begun = {name: dial.start for name, dial in where.dials("network").items()}
            whole = best.get((where.like, "network"), begun)
            tests = [("ablation", name, regimes.said(whole | regimes.ABLATION[name])) for name in where.ablate]
        for role, name, setting in tests:
            row = next(rows)
            assert (row.dial, row.value, row.agent, row.role) == (where.dial, where.value, name, role)
            assert role == "yardstick" or row.setting == setting
            assert row.first == regimes.SEEDS[0]
            assert len(row.earned.split()) == len(regimes.SEEDS) == 100
    assert next(rows, None) is None


def test_no_world_serves_both_tuning_and_testing(runs):
    tuned = set(runs.loc[runs.role == "tuned", "replication"])
    tested = set(runs.loc[runs.role != "tuned", "replication"])
    assert tuned == set(regimes.TUNING)
    assert tested == set(regimes.SEEDS)
    assert not tuned & tested


def test_every_family_has_the_same_budget_in_one_kind_of_world_and_the_dials_that_all_have():
    for where in regimes.POINTS:
        for family in where.families:
            dials = where.dials(family)
            assert family in ("trees", "per product") or {"prep", "ridge", "alpha"} - set(dials) <= {"ridge"}
            for dial in dials.values():
                assert not isinstance(dial, Choice) or len(set(dial.values)) == len(dial.values) > 0


def test_a_kind_of_world_may_have_dials_of_its_own_and_lack_some():
    assert "own" in point("quality", 1).dials("trees")
    assert "own" not in point("quality", 1).dials("per product")
    pictures = point("pictures", 1)
    assert pictures.dials("linear")["map"] == Choice("raw")
    assert pictures.dials("network")["prep"] == Choice("plain", "screened")
    assert pictures.dials("per product")["crossed"] == Choice(False)


def test_nobody_earns_more_than_the_oracle_or_is_not_finite(runs):
    assert np.isfinite(runs["earned"]).all()
    oracle = runs[runs.agent == "oracle"].set_index(["dial", "value", "replication"])["earned"]
    tested = runs[runs.role == "tested"]
    most = oracle.reindex(pd.MultiIndex.from_frame(tested[["dial", "value", "replication"]]))
    assert (tested["earned"].to_numpy() <= most.to_numpy() + 1e-9).all()


# ---- the experiment --------------------------------------------------------------------------------------------------


def played(cache, **how):
    return regimes.compute([TINY], cache, seeds=range(6), tuning=range(1000, 1002), **how)


@pytest.fixture(scope="module")
def whole():
    return played(None)


def test_an_experiment_that_was_stopped_goes_on_where_it_was(whole, tmp_path, monkeypatch):
    seen, serve = [], columns.serve

    def stopping(agents, shop, **how):
        if len(seen) == 5:
            raise KeyboardInterrupt
        seen.append(shop.seeds)
        return serve(agents, shop, **how)

    monkeypatch.setattr(columns, "serve", stopping)
    with pytest.raises(KeyboardInterrupt):
        played(tmp_path)
    monkeypatch.setattr(columns, "serve", lambda *args, **how: seen.append(args[1].seeds) or serve(*args, **how))
    pd.testing.assert_frame_equal(played(tmp_path), whole, check_exact=True)
    jobs = whole[whole["role"] != "yardstick"].assign(agent=whole["agent"].str.removesuffix(", plain"))
    n_jobs = len(jobs.drop_duplicates(["agent", "setting", "role"]))
    assert n_jobs <= len(seen) <= n_jobs + 1  # what was under way may have to be done again, and nothing else
    n_seen = len(seen)
    pd.testing.assert_frame_equal(played(tmp_path), whole, check_exact=True)
    assert len(seen) == n_seen


def test_in_a_fresh_hundred_the_settings_of_the_book_play_and_nothing_is_searched(whole, tmp_path, monkeypatch):
    store(whole, tmp_path / "regimes.csv")
    monkeypatch.setattr(regimes, "TABLE", tmp_path / "regimes.csv")
    with shifted(5_000_000):
        fresh = played(None)
    same = ["dial", "value", "agent", "setting", "role", "first"]
    assert fresh[same].to_dict("list") == whole[same].to_dict("list")
    assert (fresh["earned"] == whole["earned"]).tolist() == (whole["role"] == "tuned").tolist()


def test_a_dask_cluster_of_two_workers_gives_the_numbers_of_one_process(whole, monkeypatch):
    if importlib.util.find_spec("distributed") is None:
        missing("Dask is not installed: pip install -e '.[cluster]'")
    monkeypatch.setenv("PYTHONPATH", str(Path(regimes.__file__).resolve().parent.parent))
    with cluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as client:
        assert len(client.scheduler_info()["workers"]) == 2
        there = played(None)
    pd.testing.assert_frame_equal(there, whole, check_exact=True)


@pytest.mark.slow
def test_two_processes_give_the_numbers_of_one(whole):
    with joblib.parallel_config("loky", n_jobs=2):
        there = played(None)
    pd.testing.assert_frame_equal(there, whole, check_exact=True)


@pytest.mark.parametrize(("prep", "kinds"), [
    ("plain", [RandomFourier]), ("screened", [Screened, RandomFourier]), ("projected 3", [Projected, RandomFourier]),
    ("screened unmixed", [Unmixed, Screened, RandomFourier]),
])  # fmt: skip
def test_what_a_preparation_names_last_is_done_first(prep, kinds):
    shop = FeatureShop(Segments(), seed=[1, 2], n_log=300, n_steps=5, n_products=30)
    agent = regime_runs.make(shop, "waves", {"alpha": 0.2, "prep": prep, "length": 2.0})
    found, map = [], agent.map
    while map is not None:
        found.append(type(map))
        map = getattr(map, "of", None)
    assert found == kinds
    assert agent.alpha == 0.2
    assert getattr(agent.map, "k", 3) == 3


def test_a_preparation_that_nobody_knows_is_refused():
    shop = FeatureShop(Segments(), seed=[1, 2], n_log=30, n_steps=5, n_products=30)
    with pytest.raises(ValueError, match="prep must be of"):
        regime_runs.make(shop, "waves", {"prep": "polished"})


def test_clusters_are_as_many_as_there_are_times_their_size_and_offsets_make_trees_an_agent_of_evidence():
    shop = FeatureShop(Segments(clusters=3), seed=[1, 2], n_log=30, n_steps=5, n_products=30)
    map = regime_runs.make(shop, "clusters", {"size": 0.5}).map
    assert (map.users, map.products) == (6, 8)
    own = regime_runs.make(shop, "trees", {"own": 1.0})
    assert type(own.map) is WithProduct
    assert type(own) is not type(regime_runs.make(shop, "trees", {}))
