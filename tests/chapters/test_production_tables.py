"""The two tables of chapter 6 are what their experiments give."""

import numpy as np
import pandas as pd
import pytest
from stored_numbers import compares_stored_numbers

from zoolab.experiments import candidates, groups
from zoolib import ZooplusSimulator
from zoolib.experiment import stored


def test_the_candidates_hold_every_agent_in_a_hundred_worlds():
    table = stored(candidates.TABLE).fillna({"start": ""})
    names = [(start, str(m)) for start in candidates.STARTS for m in candidates.CANDIDATES]
    expected = [(seed, *name) for seed in range(100) for name in [*names, ("", "towers"), ("", "oracle")]]
    assert list(table[["replication", "start", "candidates"]].itertuples(index=False, name=None)) == expected
    assert table.drop(columns="alpha").notna().all(axis=None)
    assert (table["alpha"].isna() == (table["start"] == "")).all()


def best_of(tried, which):
    """Return the alpha with which each agent earned most of those that played in all tuning worlds."""
    whole = tried[tried["worlds"] == tried["worlds"].max()] if "worlds" in tried else tried
    return whole.loc[whole.groupby(which)["earned"].idxmax()].set_index(which)["alpha"]


@pytest.mark.parametrize(
    ("experiment", "which"), [(candidates, ["start", "candidates"]), (groups, ["persona", "grouping"])]
)
def test_each_agent_plays_with_the_alpha_that_was_best_in_other_worlds(experiment, which):
    tried, table = stored(experiment.TUNED), stored(experiment.TABLE)
    tried[which] = tried[which].astype(str)
    best = best_of(tried, which)
    assert best.equals(tried[tried["best"]].set_index(which)["alpha"].reindex(best.index))
    assert set(tried["alpha"]) == set(experiment.ALPHAS)
    assert max(experiment.ALPHAS) not in set(best)  # no agent is best at the end; at the other end alpha is 0
    played = table.dropna(subset=["alpha"]).groupby(which)["alpha"].agg(["min", "max"])
    for column in played:
        assert played[column].equals(best.reindex(played.index).rename(column))
    assert not set(experiment.TUNING_WORLDS) & set(experiment.WORLDS)


@compares_stored_numbers
def test_replications_of_the_candidates_come_out_again_digit_for_digit():
    table = stored(candidates.TABLE).fillna({"start": ""})
    kept = table[table["replication"] == 71].reset_index(drop=True)
    agents = [(row.start, int(row.candidates), row.alpha) for row in kept[kept["start"] != ""].itertuples()]
    again = candidates.played([71], agents)
    pd.testing.assert_frame_equal(again, kept, check_exact=True)


@pytest.mark.slow
@compares_stored_numbers
def test_what_an_alpha_earned_in_the_tuning_worlds_comes_out_again(monkeypatch):
    monkeypatch.setattr(candidates, "CANDIDATES", (10, 1000))
    monkeypatch.setattr(candidates, "ALPHAS", (0.03, 1.0))
    again = candidates.tuned(seeds=candidates.TUNING_WORLDS[:2])
    kept = stored(candidates.TUNED)
    kept = kept[kept["candidates"].isin([10, 1000]) & kept["alpha"].isin([0.03, 1.0])]
    assert list(again["start"]) == list(kept["start"])
    np.testing.assert_allclose(again["earned"], kept["earned"], atol=0.02)  # two of its ten worlds


def test_nobody_earns_more_than_the_oracle_and_halves_make_a_whole():
    table = stored(candidates.TABLE).set_index("replication")
    oracle = table.loc[table["candidates"] == "oracle", "all"]
    assert (table["all"] <= oracle.reindex(table.index) + 1e-9).all()
    np.testing.assert_allclose((table["first half"] + table["second half"]) / 2, table["all"], atol=2e-8)


def test_the_groups_hold_every_grouping_in_a_hundred_worlds():
    table = stored(groups.TABLE)
    expected = [
        (persona, grouping, seed)
        for persona in ("known", "hidden")
        for grouping in groups.GROUPINGS
        for seed in range(100)
    ]
    assert list(table[["persona", "grouping", "replication"]].itertuples(index=False, name=None)) == expected
    assert table.notna().all(axis=None)


@pytest.mark.slow
@compares_stored_numbers
def test_replications_of_the_groups_come_out_again_digit_for_digit():
    seeds = [5, 88]
    table = stored(groups.TABLE)
    kept = table[table["replication"].isin(seeds)].reset_index(drop=True)
    asked = kept[["persona", "grouping", "alpha"]].drop_duplicates().itertuples(index=False, name=None)
    pd.testing.assert_frame_equal(groups.played(seeds, list(asked)), kept, check_exact=True)


def test_the_four_best_alphas_of_a_group_are_those_that_play_on(monkeypatch):
    monkeypatch.setattr(groups, "N_STEPS", 200)
    tried = groups.tuned(range(1000, 1004), at_first=2)
    assert set(tried["worlds"]) == {2, 4}
    for _, of in tried.groupby(["persona", "grouping"]):
        assert list(of["alpha"]) == list(groups.ALPHAS)
        assert (of["worlds"] == 4).sum() == groups.LEFT
        assert of["best"].sum() == 1
        assert of.loc[of["best"], "worlds"].item() == 4


def test_a_guessed_segment_is_right_as_often_as_it_says_and_each_user_is_a_group():
    sim = ZooplusSimulator(n_users=2000, seed=range(3))
    grouped = groups.groups(sim)
    right = (grouped["guessed segment"] == sim.user_persona).mean()
    assert right == pytest.approx(groups.RIGHT, abs=0.02)
    assert set(np.unique(grouped["guessed segment"])) == {0, 1, 2, 3}
    assert (grouped["user"] == np.arange(2000)).all()
    assert not grouped["shared"].any()
