"""The table of chapter 8 is what its experiment gives, fairly tuned, complete and current."""

import importlib.util
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from built_book import missing
from stored_numbers import compares_stored_numbers

from experiments import regime_runs, regimes
from figures.regimes import unpacked
from zoolib import FeatureShop, Segments
from zoolib.experiment import cluster, stored

SEEDS = [7, 61]
SPOT = [
    ("base", 0, "network"), ("base", 0, "screened k-means"), ("base", 0, "screened waves"), ("base", 0, "crossed"),
    ("base", 0, "trees"), ("base", 0, "per product, crossed"), ("rotated", 1, "projected waves"),
    ("interaction", 1.0, "network"),
    ("interaction", 1.0, "screened waves"), ("interaction", 0.0, "raw"), ("log", 0, "screened k-means"),
    ("delay", 500, "network"), ("shocks", 2, "crossed"), ("conditions, products", 20_000, "screened crossed"),
]  # fmt: skip
TINY = regimes.Point("tiny", 0, shop={"n_steps": 40, "n_log": 200, "n_products": 30}, families=("raw", "crossed"))


@pytest.fixture(scope="module")
def table():
    return stored(regimes.TABLE)


@pytest.fixture(scope="module")
def runs(table):
    return unpacked(table)


def said(setting):
    return " ".join(f"{key}={value}" for key, value in setting.items()).replace(", ", ",")


def point(dial, value, family):
    return next(p for p in regimes.POINTS if (p.dial, p.value) == (dial, value) and family in p.families)


# ---- the table -------------------------------------------------------------------------------------------------------


@compares_stored_numbers
@pytest.mark.parametrize(("dial", "value", "family"), SPOT)
def test_replications_come_out_again_digit_for_digit(runs, dial, value, family):
    where = point(dial, value, family)
    mine = runs[(runs.dial == dial) & (runs.value == value) & (runs.agent == family) & (runs.role == "tested")]
    (setting,) = (one for one in regimes.settings(where, family) if said(one) == mine["setting"].iloc[0])
    again = regime_runs.play(family=family, setting=setting, seeds=SEEDS, **where.world)
    kept = mine.set_index("replication").loc[SEEDS, "earned"]
    assert [again[seed] for seed in SEEDS] == kept.tolist()


@compares_stored_numbers
def test_an_agent_of_the_ablation_comes_out_again_digit_for_digit(runs):
    mine = runs[(runs.role == "ablation") & (runs.agent == "stale evidence")].set_index("replication")
    best = runs[(runs.dial == "base") & (runs.agent == "network") & (runs.role == "tested")]["setting"].iloc[0]
    (setting,) = (one for one in regimes.AT_BASE["network"] if said(one) == best)
    again = regime_runs.play(
        family="network", setting=setting | regimes.ABLATION["stale evidence"], seeds=SEEDS, **regimes.BASE.world
    )
    assert [again[seed] for seed in SEEDS] == mine.loc[SEEDS, "earned"].tolist()


def test_the_table_holds_every_point_with_every_setting_as_the_module_has_them_today(table):
    rows = iter(table.itertuples(index=False))
    for where in regimes.POINTS:
        best = {}
        for family in () if where.ablate else where.families:
            means = {}
            for setting in regimes.settings(where, family):
                row = next(rows)
                assert row[:6] == (where.dial, where.value, family, said(setting), "tuned", regimes.TUNING[0])
                means[said(setting)] = np.mean([float(v) for v in row.earned.split()])
                assert len(row.earned.split()) == len(regimes.TUNING)
            best[family] = max(means, key=means.get)
        tested = [(name, setting, "tested") for name, setting in best.items()]
        if where.ablate:
            tested = [(name, None, "ablation") for name in regimes.ABLATION]
        elif where is not regimes.OTHERS:
            tested += [(name, None, "yardstick") for name in ("oracle", "random")]
        for name, setting, role in tested:
            row = next(rows)
            assert (row.dial, row.value, row.agent, row.role) == (where.dial, where.value, name, role)
            assert role != "tested" or row.setting == setting
            assert row.first == regimes.SEEDS[0]
            assert len(row.earned.split()) == len(regimes.SEEDS) == 100
    assert next(rows, None) is None


def test_no_world_serves_both_tuning_and_testing(runs):
    tuned = set(runs.loc[runs.role == "tuned", "replication"])
    tested = set(runs.loc[runs.role != "tuned", "replication"])
    assert tuned == set(regimes.TUNING)
    assert tested == set(regimes.SEEDS)
    assert not tuned & tested


def test_every_family_but_the_forest_has_the_same_number_of_tries_in_one_kind_of_world():
    for dial, value in {(p.dial, p.value) for p in regimes.POINTS if not p.ablate}:
        here = [p for p in regimes.POINTS if (p.dial, p.value) == (dial, value)]
        counts = {f: len(regimes.settings(p, f)) for p in here for f in p.families if f != "trees"}
        assert len(set(counts.values())) == 1, (dial, value, counts)
        for p in here:
            for family in p.families:
                tries = [said(one) for one in regimes.settings(p, family)]
                assert len(tries) == len(set(tries))


def test_nobody_earns_more_than_the_oracle_or_is_not_finite(runs):
    assert np.isfinite(runs["earned"]).all()
    oracle = runs[runs.agent == "oracle"].set_index(["dial", "value", "replication"])["earned"]
    tested = runs[runs.role == "tested"]
    most = oracle.reindex(pd.MultiIndex.from_frame(tested[["dial", "value", "replication"]]))
    assert (tested["earned"].to_numpy() <= most.to_numpy() + 1e-9).all()


# ---- the experiment --------------------------------------------------------------------------------------------------


def played(cache, **how):
    return regimes.compute([TINY], cache, progress=False, seeds=range(6), tuning=range(1000, 1002), **how)


def test_an_experiment_that_was_stopped_goes_on_where_it_was(tmp_path, monkeypatch):
    whole, seen, serve = played(None), [], regime_runs.serve

    def stopping(agents, shop, **how):
        if len(seen) == 5:
            raise KeyboardInterrupt
        seen.append(shop.seeds)
        return serve(agents, shop, **how)

    monkeypatch.setattr(regime_runs, "serve", stopping)
    with pytest.raises(KeyboardInterrupt):
        played(tmp_path)
    monkeypatch.setattr(regime_runs, "serve", lambda *args, **how: seen.append(args[1].seeds) or serve(*args, **how))
    pd.testing.assert_frame_equal(played(tmp_path), whole, check_exact=True)
    n_jobs = sum(len(regimes.settings(TINY, family)) + 1 for family in TINY.families)
    assert n_jobs <= len(seen) <= n_jobs + 1  # what was under way may have to be done again, and nothing else
    n_seen = len(seen)
    pd.testing.assert_frame_equal(played(tmp_path), whole, check_exact=True)
    assert len(seen) == n_seen


def test_a_dask_cluster_of_two_workers_gives_the_numbers_of_one_process(monkeypatch):
    if importlib.util.find_spec("distributed") is None:
        missing("Dask is not installed: pip install -e '.[cluster]'")
    monkeypatch.setenv("PYTHONPATH", str(Path(regimes.__file__).resolve().parent.parent))
    with cluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as client:
        assert len(client.scheduler_info()["workers"]) == 2
        there = played(None)
    pd.testing.assert_frame_equal(there, played(None), check_exact=True)


def test_two_processes_give_the_numbers_of_one():
    with joblib.parallel_config("loky", n_jobs=2):
        there = played(None)
    pd.testing.assert_frame_equal(there, played(None), check_exact=True)


@pytest.mark.parametrize("family", ["screened waves", "projected k-means", "screened network"])
def test_a_prepared_family_is_its_map_on_what_was_chosen(family):
    shop = FeatureShop(Segments(), seed=[1, 2], n_log=300, n_steps=5, n_products=30)
    agent = regime_runs.make(shop, family, {"alpha": 0.2})
    prefix, rest = family.split(" ", 1)
    assert type(agent.map) is regime_runs.PREPARED[prefix]
    assert type(agent.map.of) is regime_runs.MAPS[rest]
    assert agent.alpha == 0.2
    assert agent.map.every == (200 if family == "screened network" else 2000)
